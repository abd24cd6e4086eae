/* SPDX-License-Identifier: Apache-2.0 */
/* suspend.h -- suspend_process/2 and resume_process/1. */
#ifndef VM_SUSPEND_H
#define VM_SUSPEND_H

#include "process/process.h"

/* One more suspension of `target` by p.  With `once`, only when p has none of it.  *added: whether it
 * counts.  false: no memory. */
bool suspend(struct process *p, struct process *target, bool once, bool *added);
/* The same by the machine itself, until process_go_on(); p may be the one that runs. */
void process_stop(struct process *p);
void process_go_on(struct process *p);
/* Takes one back; false when p has none of this process. */
bool resume(struct process *p, term target);
/* p ends: everybody goes on whom it suspended. */
void suspensions_end(struct process *p);
void suspensions_each(const struct process *p,
                      void (*each)(void *context, term target, unsigned count), void *context);

#endif
