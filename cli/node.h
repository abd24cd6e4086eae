/* SPDX-License-Identifier: Apache-2.0 */
/* node.h -- a mote as a node of the distribution: what its name and its cookie are, and how `mote attach` gets there.
 *
 * What a mote of `mote run --node` leaves in the state folder (state.h) for `mote attach`:
 *
 *   node    NAME@HOST
 *   cookie  the node's
 *   reach   user PORT                     port PORT of the host's loopback is forwarded to the node
 *           switch ADDRESS/BITS OWN NAME  on that switch; OWN is 1 when the address was given by hand
 *           address ADDRESS               the host has a way there
 */
#ifndef CLI_NODE_H
#define CLI_NODE_H

#include "cli/launch.h"

/* Where the node in a mote listens, as in otp/src/mote_epmd.erl. */
enum { NODE_PORT = 4370 };

/* Rows of a command's table: X(name, option, letter, value, meaning). */
#define NODE_OPTIONS(X)                                                                            \
    X(NODE, "--node", NULL, "NAME[@HOST]",                                                         \
      "start the distribution under this name; HOST is the\nguest's own unless it is given")       \
    X(COOKIE, "--cookie", NULL, "COOKIE|@FILE",                                                    \
      "with --node: the nodes' cookie, or a file with it\n(default: a new one, for `mote attach` " \
      "alone)")

struct node {
    const char *name, *cookie; /* NULL: not given; node_prepare() completes both */
    bool is_kept;              /* in the memory that the mote goes on with */
    int forward;               /* number of its forwarded port, or -1 */
};

/* NAME or NAME@HOST; a cookie, or @ and the path of a file with it.  0, or -1 with `e`. */
int node_set_name(struct node *n, const char *text, struct error *e);
int node_set_cookie(struct node *n, const char *text, struct error *e);

/* Of an image that `mote snapshot` made, which goes on as the node that it was: no other can be asked for.  0, or -1 with
 * `e`; `path` is for that. */
int node_keep(struct node *n, const struct launch *l, const char *path, struct error *e);

/* Once all options are read: adds the node's arguments to the guest's, and when `attach` is wanted and there is an
 * interface in user mode, a forwarded port for it.  Without a node: nothing. */
int node_prepare(struct node *n, struct launch *l, bool attach, struct error *e);

/* The lines above. */
const char *node_lines(const struct node *n, const struct network *network,
                       const struct monitor_opened *opened);

/* Names with a host like this are long ones (-name). */
bool node_host_is_long(const char *host);

/* A new cookie, as OTP makes them. */
const char *node_new_cookie(struct error *e);

/* The cookie of this host's user, ~/.erlang.cookie, at `*path`: 1, 0: there is none and `make` is false, -1 with `e`.
 * When it is to be made it gets OTP's form. */
int node_user_cookie(bool make, const char **path, struct error *e);

/* What is in a file with a cookie. */
const char *node_read_cookie(const char *path, struct error *e);

#endif
