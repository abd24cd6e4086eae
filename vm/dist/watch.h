/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h -- monitors with an end on another node: theirs of processes here, and spawn requests of ours. */
#ifndef VM_DIST_WATCH_H
#define VM_DIST_WATCH_H

#include "dist/peer.h"

/* The resource of a monitor of kind MONITOR_DISTANT, which a process of another node has made. */
struct watch {
    struct watch *next;
    struct peer *peer;
    struct monitor *monitor;
    struct fragment *memory;
    term ref;
    term name; /* of the watched process, when it was given by name; else NIL */
};

/* `watcher`, a pid of p, watches q from now on.  The reference may be on any heap.  false: no memory. */
bool watch_add(struct peer *p, term watcher, struct process *q, term name, term ref);
/* NULL: there is none (any more). */
struct watch *watch_find(const struct peer *p, term ref);
/* Its monitor is being freed. */
void watch_free(struct watch *w);

/* The resource of a monitor of kind MONITOR_SPAWN. */
struct spawn_wait {
    struct peer *peer;
    struct fragment *memory;
    term tag;                    /* of the answer, in memory */
    bool link, monitor;          /* what was asked for */
    bool on_success, on_failure; /* is there an answer? */
    bool abandoned;
    bool answered; /* the monitor goes on as another one, or is over */
};
/* The answer, to the process that asked. */
void spawn_wait_answer(const struct spawn_wait *w, const struct monitor *m, term result,
                       term value);
void spawn_wait_free(struct spawn_wait *w);

/* A process has ended before it knew what it had asked for: when the answer comes, the new process is told of the
 * end.  With the connection they are forgotten. */
void orphan_add(const struct monitor *m, const struct spawn_wait *w, term parent, term reason);
/* true: the answer was for one of them, and is dealt with. */
bool orphan_answered(struct peer *p, term ref, term child);
void orphans_drop(const struct peer *p);

/* distance.h */
void watch_monitor_gone(struct monitor *m);
void watch_monitor_fired(struct monitor *m, term reason);

#endif
