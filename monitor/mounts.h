/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.h -- folders of the host that a guest sees, each served by a process of its own.
 *
 * Such a process is made before the monitor gives up its identity: it keeps the user's, for files are read and
 * written with the user's rights, and has nothing else: one descriptor of the folder, the memory of one channel, two
 * eventfds, and the system calls of role FILES in sandbox.def.  Neither the guest nor the monitor can name a file.
 *
 * It ends with the monitor's process (whose signal at its end may not reach it: root's servers have a monitor that is
 * nobody, and so there is a pipe as well).  When it ends before, the guest reads the end of the channel.
 */
#ifndef MONITOR_MOUNTS_H
#define MONITOR_MOUNTS_H

#include "monitor/channels.h"
#include "monitor/monitor.h"

struct mounts {
    unsigned n;
    int alive; /* a pipe that nobody writes to: we have this end, servers the other */
};

/* Starts the servers, and adds their channels; `wake` is the eventfd that wakes the guest.  Nothing when there are no
 * mounts. */
int mounts_start(struct mounts *m, struct channels *c, const struct monitor_options *o, int wake,
                 struct error *e);

#endif
