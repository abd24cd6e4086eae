/* SPDX-License-Identifier: Apache-2.0 */
/* needs.h -- what an application says that it needs, in its own resource file (NAME.app):
 *
 *   {env, [{mote, [{memory, "256M"}, {network, none}, {mounts, ["/data", "/etc/app:ro"]}]}]}
 *
 *   memory   heap of the guest, unless the user says otherwise: as -m has it, or a number of bytes
 *   network  none: no interface unless the user gives one; any: there has to be one
 *   mounts   folders that have to be given with -v; ":ro" where reading is enough
 *
 * `mote build` puts what all applications of an image need (but for OTP's; of memory the most) into its manifest, and `mote run` sees
 * to it before anything starts.
 */
#ifndef CLI_NEEDS_H
#define CLI_NEEDS_H

#include <stdint.h>

#include "cli/apps.h"
#include "cli/term_text.h"

enum needs_network { NEEDS_NOTHING_SAID, NEEDS_NO_NETWORK, NEEDS_NETWORK };

struct needs {
    uint64_t memory_bytes; /* 0: not said */
    enum needs_network network;
    struct names mounts; /* absolute paths, some with ":ro" behind them */
};

/* Adds what the value of `mote` in the env of the file at `path` says; NULL: nothing. */
int needs_add(struct needs *n, const struct text_term *said, const char *path, struct error *e);

/* The words of `network`, in resource files and in manifests; NULL where nothing was said. */
const char *needs_network_text(enum needs_network network);
enum needs_network needs_network_read(const char *text);

/* Holds what an image needs against what the user gave; an image that needs no network has none unless the user gave it one.
 * -1 after fail() with what to say to `mote run`. */
struct launch;
int needs_meet(const struct needs *n, struct launch *l, struct error *e);

#endif
