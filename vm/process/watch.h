/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h -- system_monitor/2 and system_profile/2: one process each that hears of slow and large
 * processes, and of who becomes ready to run.
 */
#ifndef VM_WATCH_H
#define VM_WATCH_H

#include "process/process.h"

/* --- system_monitor ----------------------------------------------------------------------- */

struct system_monitor {
    term pid;                        /* NIL: nobody */
    uint64_t long_gc, long_schedule; /* milliseconds, 0: off */
    uint64_t large_heap;             /* words, 0: off */
    bool busy_port, busy_dist_port;
};
extern struct system_monitor system_monitor;

/* After a collection of p that took so long. */
void watch_collection(struct process *p, uint64_t ns);
/* p has run from one function to another without a pause. */
void watch_slice(struct process *p, uint64_t ns, const term in[3], const term out[3]);
/* p has to wait before it may write to this port. */
void watch_busy_port(struct process *p, term port);
void watch_off(void);

/* --- system_profile ------------------------------------------------------------------------- */

struct system_profile {
    term pid; /* or port; NIL: nobody */
    bool scheduler, runnable_procs, runnable_ports, exclusive;
    uint32_t stamp; /* TRACE_NOW .. */
};
extern struct system_profile system_profile;
extern bool watch_runnable; /* system_profile.runnable_procs, and somebody listens */

/* {profile, Pid, active | inactive, {M, F, A} | 0, Time} */
void watch_process(struct process *p, term state);
/* {profile, Port, active | inactive, 0, Time} */
void watch_port(term port, term state);
/* {profile, scheduler, 1, active | inactive, Active, Time} */
void watch_scheduler(term state);
void watch_profile_off(void);

/* A process has ended: it watches no more. */
void watch_ended(term pid);

#endif
