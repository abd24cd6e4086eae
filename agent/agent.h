/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h -- the process that starts, watches and ends the instances of one `mote run`; doc/agent.md.
 *
 * There is one for a whole tree of motes.  It is forked before the first monitor locks itself down, and it forks the
 * monitors of all instances, without an exec: everything that they need was opened and checked before.  Each mote of the
 * tree has one channel to it (abi/agent.h).
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "monitor/monitor.h"

enum { AGENT_IMAGES_MOST = 16, AGENT_INSTANCES_MOST = 20000 };

/* An image that instances may be started from: all of what they have in common. */
struct agent_image {
    const char *name; /* NULL: the first mote's own */
    struct monitor_options options;
};

/* What a user allows a tree of motes; the images are the agent's from agent_start() on. */
struct agent_grant {
    unsigned instances;    /* alive at once, in the whole tree below the first mote */
    uint64_t memory_bytes; /* of their guests together; 0: as if all had the first one's */
    struct agent_image *image;
    unsigned images; /* the first is "self" */
};

/* Starts the agent for a first mote that is about to run with `o` in this process; `*link` is for its options and lives as
 * long as it does.  0, or -1 with `e`. */
int agent_start(const struct monitor_options *o, const struct agent_grant *grant,
                const struct monitor_link **link, struct error *e);

/* When the first mote has ended: returns once all instances and the agent have.  Without an agent: at once. */
void agent_finish(void);

#endif
