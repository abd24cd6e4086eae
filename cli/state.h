/* SPDX-License-Identifier: Apache-2.0 */
/* state.h -- what is known on this host of a user's motes that have a name.
 *
 * The state folder is $MOTE_STATE, $XDG_RUNTIME_DIR/mote, $XDG_STATE_HOME/mote or ~/.local/state/mote.  A mote
 * has a folder in it that is called as it is:
 *
 *   lock     the mote's own process has a lock (flock) on it as long as it lives: nothing else says that it runs
 *   info     lines "key value": pid, started (seconds since 1970), platform, what; of nodes more (node.h)
 *   log      what it wrote to its console, when it runs in the background
 *   status   its exit status, once it has ended by itself
 *   control  a socket: whoever connects may ask for a copy of it (monitor/copy.h)
 *
 * Always true: whoever makes or removes such a folder holds its lock.  What is there without a lock has ended, with
 * the status or without one (killed, or the host went down), and may be replaced by a new mote of that name.
 */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "monitor/error.h"

/* A mote that is about to run: the descriptors stay open in its process. */
struct state_own {
    const char *name, *folder;
    int lock, status;
};

/* Takes a name: `wished`, or when that is NULL one that begins as `what` does.  0, or -1 after fail(). */
int state_take(struct state_own *s, const char *wished, const char *what, struct error *e);
/* Says which process it is; `more` are further lines. */
int state_write(const struct state_own *s, pid_t pid, const char *platform, const char *what,
                const char *more, struct error *e);
/* It has ended with this exit status.  Only write(): the sandbox allows no more. */
void state_ended(const struct state_own *s, int status);

/* --- others ------------------------------------------------------------------------------------ */

struct state_mote {
    const char *name;
    bool runs;
    pid_t pid;
    int64_t started_s;
    const char *platform, *what;
    const char *node, *cookie, *reach; /* node.h; "": none */
    int status;                        /* -1: not known */
};

/* All that the folder knows, by name. */
int state_list(struct state_mote **motes, size_t *count, struct error *e);
/* One of them; -1 after fail() when there is none. */
int state_find(const char *name, struct state_mote *out, struct error *e);
const char *state_log(const char *name);

/* Sends a signal to its process if it still runs: 1, 0: it does not, -1 after fail(). */
int state_signal(const struct state_mote *m, int number, struct error *e);
/* Waits until it does not run: 1, or 0 after so many milliseconds (negative: for ever). */
int state_wait(const char *name, int64_t milliseconds);

/* --- sockets: state_socket.c -------------------------------------------------------------------- */

/* Where a mote of ours is asked for a copy: a descriptor that listens, or -1 when the folder's file system has no sockets. */
int state_listen(const struct state_own *s);
/* To that of another; -1 after fail(). */
int state_connect(const struct state_mote *m, struct error *e);
/* The folder of a name. */
const char *state_folder_of(const char *name);

#endif
