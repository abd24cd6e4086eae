/* SPDX-License-Identifier: Apache-2.0 */
/* contents.h -- the bytes of a file in memory: pages under a tree of tables that grows with the file.
 *
 * Pages that were never written to are not there and read as zeros, so a file may be far longer than
 * what it takes.  Always true: bytes behind the end of the file, in its last page, are zero.
 */
#ifndef FS_CONTENTS_H
#define FS_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much memory all files together may take, and what they do. */
struct room {
    uint64_t used, limit;
};
/* Counts n bytes more; false: that is over the limit. */
static inline bool room_take(struct room *r, uint64_t n)
{
    if (n > r->limit - r->used) return false;
    r->used += n;
    return true;
}
static inline void room_give(struct room *r, uint64_t n) { r->used -= n; }

struct contents {
    void *root;      /* a page, or a table of pages or tables; NULL: nothing */
    unsigned height; /* tables above the pages */
    uint64_t bytes;  /* length of the file; at most INT64_MAX */
};

/* The range lies inside the file. */
void contents_read(const struct contents *c, uint64_t at, void *to, size_t n);
/* Returns how many bytes were written: fewer than n when there is no more room. at + n <= INT64_MAX. */
size_t contents_write(struct contents *c, struct room *r, uint64_t at, const void *from, size_t n);
/* Sets the length: cuts off, or appends zeros that take no memory.  0 frees all. */
void contents_cut(struct contents *c, struct room *r, uint64_t bytes);
/* Makes pages for the range; the length does not change.  false: no room for all of them. */
bool contents_reserve(struct contents *c, struct room *r, uint64_t at, uint64_t n);

#endif
