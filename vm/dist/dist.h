/* SPDX-License-Identifier: Apache-2.0 */
/* dist.h -- distribution as a whole: its start, and what other folders lend to it. */
#ifndef VM_DIST_H
#define VM_DIST_H

#include "dist/peer.h"

struct plat_boot;
struct incoming;

/* Once, at start: hooks into process/. */
void dist_start(const struct plat_boot *boot);
/* The memory is out of a snapshot: of a node that is alive this is another run, as its creation says. */
void dist_resume(const struct plat_boot *boot);

/* bif/: does a SPAWN_REQUEST whose parts are of the right kinds.  token: a sequential trace token, or NIL.
 * false: its options are no list. */
extern bool (*dist_spawn)(struct incoming *m, term token);

/* setnode/2.  false: no net_kernel, or alive already. */
bool dist_set_node(term name, uint32_t creation);

#endif
