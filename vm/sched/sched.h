/* SPDX-License-Identifier: Apache-2.0 */
/* sched.h -- the main loop: runs processes, fires timers, sleeps when there is nothing to do. */
#ifndef VM_SCHED_H
#define VM_SCHED_H

#include "platform/platform.h"
#include "process/process.h"

#define SLICE_REDUCTIONS 4000

/* Runs for ever. */
void sched_loop(void) __attribute__((__noreturn__));

/* Bytes of the C stack that are still free here, of the 2 MiB that every platform gives. */
int64_t sched_stack_left(void);

/* `ready` is called from the loop, outside of any process, when one of the bits of `mask` is ready.
 * A later watcher of the same bit takes its place; NULL removes.  Console and stop are bits too. */
void sched_watch(plat_ready mask, void (*ready)(plat_ready which));

/* Work to be done before the next process runs, outside of any.  Embed it in what is to be worked on. */
struct soon {
    struct soon *next;
    void (*run)(struct soon *s); /* may ask for itself again: that is for the next time */
    bool waits;
};
void sched_soon(struct soon *s, void (*run)(struct soon *s));

/* Waits as plat_wait() until the next timer, and gives memory back when that is long (idle.c). */
plat_ready sched_idle(void);

struct sched_totals {
    uint64_t context_switches;
    uint64_t reductions; /* of slices that are over */
};
extern struct sched_totals sched_totals;

/* The request from outside to stop, as the signal sigterm to a stock node; the second time it is
 * obeyed at once, and so it is while the system boots, and nothing is there that could be shut down: init would fail. */
void sched_stop(plat_ready which);
/* init has cleared the system away and is about to begin it anew, init:restart/0: a mote that was asked to stop ends here, for
 * init drops that request when it is restarting already. */
void sched_restarts(void);
/* This is another mote from now on, which nobody has asked. */
void sched_stop_forget(void);
/* The request for a copy of this machine: it is made before the next process runs (copy.c). */
void sched_copy(plat_ready which);

#endif
