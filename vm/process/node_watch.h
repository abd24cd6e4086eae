/* SPDX-License-Identifier: Apache-2.0 */
/* node_watch.h -- which processes want to hear of nodes that come and go: process_flag({monitor_nodes, Options}, true).
 *
 * There is no other node, so nobody hears of anything; how often each has asked, and for what, is known.
 * Always true: a row's process is alive, and a process has at most one row for each set of options.
 */
#ifndef VM_NODE_WATCH_H
#define VM_NODE_WATCH_H

#include "process/process.h"

enum {
    NODE_WATCH_VISIBLE = 1,
    NODE_WATCH_HIDDEN = 2,
    NODE_WATCH_REASON = 4,
    NODE_WATCH_MAP = 8, /* what is told comes as a map, not as a list */
    NODE_WATCH_CONNECTION = 16
};

struct node_watch {
    struct node_watch *next, *older; /* of the same process; of all processes */
    struct node_watch *younger;
    term pid;
    unsigned options;
    uint64_t count;
};

/* How often p had asked with these options.  false: no memory for a row. */
bool node_watch_add(struct process *p, unsigned options, uint64_t *before);
/* Takes all of these back: how many there were. */
uint64_t node_watch_remove(struct process *p, unsigned options);
/* The process ends. */
void node_watches_end(struct process *p);
/* The oldest row first. */
void node_watch_each(void (*each)(void *context, const struct node_watch *w), void *context);

#endif
