/* SPDX-License-Identifier: Apache-2.0 */
/* channels.h -- the channels of one mote, whoever serves them: abi/channel.h.
 *
 * Each lies in memory that its server shares with the guest.  The platforms bring them to CHANNEL_MEMORY, in the order
 * in which they were added.  When a server that is a child of ours ends, the guest reads the end of its channel.
 */
#ifndef MONITOR_CHANNELS_H
#define MONITOR_CHANNELS_H

#include <sys/types.h>

#include "abi/channel.h"
#include "monitor/error.h"

struct channels {
    unsigned n;
    struct channel *at[CHANNELS_MOST];    /* as we see them */
    const char *names[CHANNELS_MOST + 1]; /* for the boot record */
    int doorbell[CHANNELS_MOST];          /* eventfds: guest to server */
};

/* `wake` is the eventfd that wakes the guest.  From now on SIGCHLD is ours. */
int channels_start(int wake, struct error *e);

/* One more, with its memory (CHANNEL_STRIDE) and its doorbell.  -1: there are too many. */
int channels_add(struct channels *c, struct channel *memory, const char *name, int doorbell,
                 struct error *e);
/* The last one that was added is served by this child. */
void channels_served_by(const struct channels *c, pid_t pid);

static inline uint64_t channels_bytes(const struct channels *c) { return c->n * CHANNEL_STRIDE; }

/* Moves the memory of this one to `to`, over whatever is mapped there. */
int channels_move(struct channels *c, unsigned number, void *to, struct error *e);

#endif
