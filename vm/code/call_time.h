/* SPDX-License-Identifier: Apache-2.0 */
/* call_time.h -- call_time tracing: how often each process called a function, and its own time in it.
 *
 * A process that calls such functions has a clock, which runs for the one called last.
 */
#ifndef VM_CALL_TIME_H
#define VM_CALL_TIME_H

#include "code/code.h"

struct call_time {
    term pid;
    uint64_t count, ns;
};
struct call_times {
    struct call_time *rows;
    uint32_t used, room; /* open addressing; room is a power of two */
};
void call_times_free(struct call_times *t);

struct breakpoint;
/* p calls the function of b.  The function whose time ran until now; NULL: none. */
struct export *call_clock_enter(struct process *p, struct breakpoint *b);
/* ... and returns: time runs for `back` again. */
void call_clock_leave(struct process *p, struct export *back);
/* p stops running, and runs again. */
void call_clock_stop(struct process *p);
void call_clock_go_on(struct process *p);

#endif
