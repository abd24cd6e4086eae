/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_pack.h -- makes a snapshot small: what a start does not touch is compressed; abi/snapshot.h. */
#ifndef CLI_SNAPSHOT_PACK_H
#define CLI_SNAPSHOT_PACK_H

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/memory.h"

/* Appends to *out, which ends on a page, the snapshot `plain`, which the monitor has written: it is trusted, has no chunks, and begins on a
 * page.  What trial starts of it have touched stands in `first` and in `second`, which are the same otherwise; n is 0 when one failed.
 * When both did, all is stored as it is. */
void snapshot_pack(struct bytes plain, struct bytes first, struct bytes second, struct buffer *out);

/* Appends what both have touched, and what only others have, behind a header and the ranges that the second has written to: what the
 * next boot is told.  Nothing, when both failed. */
void snapshot_touched(struct bytes first, struct bytes second, struct bytes seldom,
                      struct bytes seldom_too, struct buffer *out);

/* What a snapshot, which may be damaged, says of itself. */
struct snapshot_sizes {
    uint64_t pages;    /* bytes that are stored as pages */
    uint64_t packed;   /* of chunks, as they are stored */
    uint64_t unpacked; /* the same, inflated */
    uint32_t ranges, chunks;
};
bool snapshot_sizes(struct bytes snapshot, struct snapshot_sizes *out);

#endif
