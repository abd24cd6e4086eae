/* SPDX-License-Identifier: Apache-2.0 */
/* cold.h -- the compressed chunks of a snapshot (abi/snapshot.h): found, and inflated.
 *
 * Used by the monitor (kvm), and by the guest itself (process).  No memory is asked for, and nothing is written but the pages
 * that a chunk says it has, whatever its bytes are.
 */
#ifndef BASE_COLD_H
#define BASE_COLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ranges.h"

/* Where the chunks of a snapshot lie in it: behind ranges and what is touched. */
static inline const struct snapshot_chunk *cold_chunks(const struct snapshot_header *h)
{
    return (const struct snapshot_chunk *)(touched_of(h) + h->touched);
}

static inline uint64_t cold_end(const struct snapshot_chunk *c)
{
    return c->address + c->pages * LAYOUT_PAGE;
}

/* The first of `n` chunks that ends behind `address`: which is in it, or before it.  `n`: there is none. */
uint32_t cold_find(const struct snapshot_chunk *chunk, uint32_t n, uint64_t address);

/* Any of these bytes is in one of them. */
static inline bool cold_has(const struct snapshot_chunk *chunk, uint32_t n, uint64_t address,
                            uint64_t bytes)
{
    uint32_t i = cold_find(chunk, n, address);
    return i < n && chunk[i].address < address + bytes;
}

/* NULL when the `n` chunks are in order, of possible sizes, and their bytes lie one after the other from `at` to the last page
 * of the snapshot, which has `bytes`; else what is wrong.  Where their pages lie is the caller's matter. */
const char *cold_check(const struct snapshot_chunk *chunk, uint32_t n, uint64_t at, uint64_t bytes);

/* Writes the words of a chunk, whose pages begin at `address`, in this form, in place: what is to be deflated. */
void cold_write(enum snapshot_form form, uint64_t address, uint32_t *word, size_t words);

/* Inflates c, whose bytes are at `from`, to its pages at `to`, which is aligned to 8 bytes.  false: they are damaged;
 * the pages hold anything then. */
bool cold_inflate(const struct snapshot_chunk *c, const void *from, void *to);

#endif
