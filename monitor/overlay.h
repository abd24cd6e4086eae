/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.h -- a checkpoint of a mote that ran: the pages in which its memory differs from what it was started from.
 *
 *   struct overlay_header, struct snapshot_range [ranges]   in the first OVERLAY_HEAD bytes
 *   the pages of the ranges, one after the other
 *
 * A file in memory: the agent makes it, with room for as much as the mote may have, the mote's monitor fills it in while the guest
 * stands still (overlay_write.c, at the agent's request, copy.h), and the agent seals it: nobody changes it any more.  Those that go on from it
 * map it privately over the snapshot below (from_snapshot), or over memory that is zero.  It lies neither on a disk nor in the
 * hands of others than this program's of the same run: it has no version.
 */
#ifndef MONITOR_OVERLAY_H
#define MONITOR_OVERLAY_H

#include "abi/layout.h"
#include "monitor/snapshot.h"

#define OVERLAY_MAGIC 0x3159414c5245564full /* the bytes "OVERLAY1" */

struct overlay_header {
    uint64_t magic;
    uint64_t bytes;      /* of the whole */
    uint64_t heap_bytes; /* of the machine that stood still */
    uint64_t archive_bytes;
    uint32_t ranges;
    /* 1: what is in no range is as in the snapshot that it was started from; 0: zero. */
    uint32_t from_snapshot;
};

enum {
    OVERLAY_RANGES_MOST = SNAPSHOT_RANGES_MOST,
    OVERLAY_HEAD = (sizeof(struct overlay_header) +
                    OVERLAY_RANGES_MOST * sizeof(struct snapshot_range) + LAYOUT_PAGE - 1) &
                   ~(LAYOUT_PAGE - 1),
};

/* --- overlay.c: who goes on from it ---------------------------------------------------------------------- */

/* The one that options->overlay names, checked as a snapshot is; after the snapshot.  Nothing to do without one. */
struct overlay {
    const struct overlay_header *header; /* NULL: there is none */
    const struct snapshot_range *range;
};
int overlay_open(struct overlay *o, const struct machine *m, struct error *e);

/* A page that is in it.  Without one: none. */
bool overlay_has(const struct overlay *o, uint64_t address);
/* One of these pages is. */
bool overlay_has_any(const struct overlay *o, uint64_t address, uint64_t bytes);

/* Maps its pages over those of the areas, or of the window (window.c), private, after the snapshot's. */
int overlay_map(const struct overlay *o, const struct snapshot *s, const struct areas *p,
                const struct monitor_file *file, struct error *e);
/* Backs what is read of it: who goes on needs much of what was changed last. */
void overlay_populate(const struct overlay *o, const struct snapshot *s, const struct areas *p);

/* --- overlay_write.c: who stands still ------------------------------------------------------------------------ */

struct copier;

/* Writes one of this copier's guest to an empty file `fd`, *bytes: of the whole; what the file
 * has behind them is nothing.  -1, and *bytes is UINT64_MAX: it is too small, and does not grow. */
int overlay_write(const struct copier *c, int fd, uint64_t *bytes, struct error *e);

#endif
