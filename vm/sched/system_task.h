/* SPDX-License-Identifier: Apache-2.0 */
/* system_task.h -- what one process asks to be done to another: a collection, a look for old code.
 *
 * A task has a priority.  One that is at least as urgent as who asks is done at once, as everybody
 * else stands still; the others wait until nobody is ready who goes before them.
 */
#ifndef VM_SYSTEM_TASK_H
#define VM_SYSTEM_TASK_H

#include "process/process.h"

/* Does a task to q, which is NULL when it is dead: the result for the reply, or NO_VALUE: there is no such
 * task.  live: how many registers of the running process live, should it be q. */
term system_task_perform(struct process *q, term type, term argument, unsigned live);

/* Has the task done to `of` later; `to` hears {Type, Id, Result}.  The terms are copied; type and argument are
 * atoms.  false: no memory. */
bool system_task_defer(term of, term to, enum priority priority, term type, term id, term argument);

/* Anything to do? */
extern bool system_tasks_wait;
/* From the loop: does those tasks that may go before every process that is ready. */
void system_tasks_do(void);

#endif
