/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.h -- the options about files of `run` and `erl`: -v HOSTDIR:GUESTPATH[:ro] and --tmp SIZE. */
#ifndef CLI_MOUNTS_H
#define CLI_MOUNTS_H

#include "cli/launch.h"

/* Adds a folder of the host to what the guest will see. */
int mounts_add(struct launch *l, const char *text, struct error *e);

/* The most that files in the guest's /tmp may take. */
int mounts_limit_tmp(struct launch *l, const char *text, struct error *e);

/* Their rows in a command's list of options. */
#define MOUNT_OPTIONS(ROW)                                                                         \
    ROW(MOUNT, "--volume", "-v", "HOSTDIR:PATH[:ro]",                                              \
        "show the guest a folder of the host at PATH;\nro: it cannot change anything there.  "     \
        "Also\n9p://ADDRESS[:PORT][/TREE]:PATH, by its network")                                   \
    ROW(TMP, "--tmp", NULL, "SIZE",                                                                \
        "memory that files in /tmp may take (default: a\nquarter of the heap)")

#endif
