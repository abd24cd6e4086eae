/* SPDX-License-Identifier: Apache-2.0 */
/* detach.h -- a mote with a name, in front or in the background. */
#ifndef CLI_DETACH_H
#define CLI_DETACH_H

#include "cli/node.h"

/* Runs the guest to its end under a name (NULL: one is made up from `what`).  In the background: returns when the
 * guest runs, after printing the name; its console is the log of that name, and its input is empty.  `node` is what
 * node_prepare() has prepared. */
int detach_run(struct launch *l, const struct node *node, bool background, const char *name,
               const char *what, struct error *e);

#endif
