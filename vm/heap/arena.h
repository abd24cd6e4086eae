/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h -- the mote's one region of memory, and everything cut from it.
 *
 * Code and literals grow from the bottom, so that their addresses fit 32 bits and one
 * comparison tells a literal (arena_is_low); everything else comes from the top.
 * Page runs are first fit; small blocks come from size classes over page runs.
 * Freed page runs are handed back to the host when the mote grows elsewhere, and when it is idle.
 *
 * True for every function: never blocks, never collects; NULL when there is no room.
 */
#ifndef VM_ARENA_H
#define VM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_PAGE 4096

/* Takes over [base, base + bytes), page aligned and zeroed.  Once. */
void arena_start(void *base, size_t bytes);

/* The region is larger now, or of what it has only so much may be in use, less than at its start: after a snapshot, for
 * another machine.  Memory that is not in use need not be backed any more. */
void arena_resize(size_t bytes);

/* Whole pages, `bytes` rounded up, not zeroed. */
void *arena_pages(size_t bytes);
void arena_pages_free(void *page, size_t bytes);

/* Pages for a large table that is touched here and there: zeroed, and no memory until they are
 * written to.  Only before anything else is taken; later it is zeroed memory like any other. */
void *arena_sparse(size_t bytes);

/* Low memory for code, literals and what 32-bit operands point to; 16-byte aligned, not zeroed. */
void *arena_low(size_t bytes);
void arena_low_free(void *block, size_t bytes);
extern uintptr_t arena_low_start, arena_low_end;
static inline bool arena_is_low(const void *p)
{
    return (uintptr_t)p - arena_low_start < arena_low_end - arena_low_start;
}

/* General blocks, 16-byte aligned, not zeroed. */
void *arena_malloc(size_t bytes);
void *arena_calloc(size_t bytes); /* zeroed */
void *arena_realloc(void *block, size_t bytes);
void arena_free(void *block); /* NULL is fine */
/* Gives back what lies behind the first `bytes` of a block where that is possible without moving it.
 * Returns the room that is left: at least `bytes`. */
size_t arena_shrink(void *block, size_t bytes);

/* Right before the checkpoint of a boot: the first blocks from now on lie close together, for each page that is written to is copied
 * then.  Nothing, the next time. */
void arena_nursery_start(void);

/* Gives the memory behind large free runs back to the host; for an idle moment. */
void arena_trim(void);

/* Checks that start-up got its memory: a mote that did not ends with "out of memory". Only
 * for tables without which nothing runs. */
void *arena_must(void *block);

/* Test hook: counts down at each allocation, and the one that reaches zero fails. */
extern int64_t arena_fail_countdown;

struct arena_usage {
    size_t total, low, high,
        free; /* bytes: region, from the bottom, from the top, never or no longer used */
};
struct arena_usage arena_usage(void);

/* Somebody has asked for memory in vain. */
extern bool arena_has_refused;

#endif
