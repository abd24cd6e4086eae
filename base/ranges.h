/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h -- the lists at the beginning of a snapshot (abi/snapshot.h): where they lie in it, and what of them is at an address.
 *
 * Each is in order of address, and what it has does not overlap.  Of chunks: cold.h.
 */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/layout.h"
#include "abi/snapshot.h"

static inline const struct snapshot_range *ranges_of(const struct snapshot_header *h)
{
    return (const struct snapshot_range *)(h + 1);
}

static inline const struct snapshot_touched *touched_of(const struct snapshot_header *h)
{
    return (const struct snapshot_touched *)(ranges_of(h) + h->ranges);
}

/* Of the header and all lists: what stands before the pages. */
static inline uint64_t ranges_head_bytes(const struct snapshot_header *h)
{
    return sizeof *h + h->ranges * sizeof(struct snapshot_range) +
           h->touched * sizeof(struct snapshot_touched) + h->chunks * sizeof(struct snapshot_chunk);
}

/* The first of the `n` entries of such a list that ends behind `address`: which is there, or behind it.  `n`: there is none.
 * end(list, i): where entry i ends. */
static inline uint32_t ranges_find(const void *list, uint32_t n,
                                   uint64_t (*end)(const void *list, uint32_t i), uint64_t address)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (end(list, middle) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline uint64_t range_end(const void *list, uint32_t i)
{
    const struct snapshot_range *r = (const struct snapshot_range *)list + i;
    return r->address + r->bytes;
}

/* Any of these bytes is in one of `n` ranges. */
static inline bool ranges_have(const struct snapshot_range *range, uint32_t n, uint64_t address,
                               uint64_t bytes)
{
    uint32_t i = ranges_find(range, n, range_end, address);
    return i < n && range[i].address < address + bytes;
}

static inline uint64_t touched_end(const void *list, uint32_t i)
{
    const struct snapshot_touched *t = (const struct snapshot_touched *)list + i;
    return t->address + t->pages * LAYOUT_PAGE;
}

#endif
