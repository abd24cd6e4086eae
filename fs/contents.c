/* SPDX-License-Identifier: Apache-2.0 */
/* contents.c -- see contents.h. */
#include "fs/contents.h"
#include "heap/arena.h"
#include <string.h>

#define PAGE       ((size_t)ARENA_PAGE)
#define TABLE_BITS 9
#define TABLE      (1u << TABLE_BITS)
_Static_assert(TABLE * sizeof(void *) == ARENA_PAGE, "tables are pages too");

/* Pages below something of this height.  6 tables reach over INT64_MAX bytes. */
static uint64_t pages_under(unsigned height) { return UINT64_C(1) << (TABLE_BITS * height); }

static void *take_page(struct room *r)
{
    if (!room_take(r, PAGE)) return NULL;
    void *page = arena_pages(PAGE);
    if (!page) {
        room_give(r, PAGE);
        return NULL;
    }
    return memset(page, 0, PAGE);
}

static void give_page(struct room *r, void *page)
{
    arena_pages_free(page, PAGE);
    room_give(r, PAGE);
}

static size_t slot_of(uint64_t index, unsigned height)
{
    return (size_t)(index >> (TABLE_BITS * (height - 1))) % TABLE;
}

/* NULL: a hole. */
static uint8_t *page_at(const struct contents *c, uint64_t index)
{
    if (index >= pages_under(c->height)) return NULL;
    void *p = c->root;
    for (unsigned h = c->height; h > 0 && p; h--) p = ((void **)p)[slot_of(index, h)];
    return p;
}

/* The page, made when it is a hole.  Tables that are left over when there is no room for the page
 * are freed with the file. */
static uint8_t *page_make(struct contents *c, struct room *r, uint64_t index)
{
    for (; index >= pages_under(c->height); c->height++) {
        if (!c->root) continue;
        void **up = take_page(r);
        if (!up) return NULL;
        up[0] = c->root;
        c->root = up;
    }
    void **slot = &c->root;
    for (unsigned h = c->height;; h--) {
        if (!*slot && !(*slot = take_page(r))) return NULL;
        if (h == 0) return *slot;
        slot = (void **)*slot + slot_of(index, h);
    }
}

/* Frees the pages from `first` on below *slot, and *slot itself when nothing is before them. */
static void prune(void **slot, unsigned height, uint64_t first, struct room *r)
{
    if (!*slot || first >= pages_under(height)) return;
    if (height > 0) {
        uint64_t span = pages_under(height - 1), from = first / span;
        void **table = *slot;
        prune(&table[from], height - 1, first % span, r);
        for (uint64_t i = from + 1; i < TABLE; i++) prune(&table[i], height - 1, 0, r);
    }
    if (first > 0) return;
    give_page(r, *slot);
    *slot = NULL;
}

void contents_cut(struct contents *c, struct room *r, uint64_t bytes)
{
    if (bytes < c->bytes) {
        size_t inside = bytes % PAGE;
        uint8_t *last = inside ? page_at(c, bytes / PAGE) : NULL;
        if (last) memset(last + inside, 0, PAGE - inside);
    }
    /* Also when it grows: what contents_reserve() made behind the end is zero already. */
    if (bytes <= c->bytes) prune(&c->root, c->height, (bytes + PAGE - 1) / PAGE, r);
    if (!c->root) c->height = 0;
    c->bytes = bytes;
}

void contents_read(const struct contents *c, uint64_t at, void *to, size_t n)
{
    for (uint8_t *out = to; n > 0;) {
        size_t inside = at % PAGE, part = PAGE - inside < n ? PAGE - inside : n;
        const uint8_t *page = page_at(c, at / PAGE);
        if (page)
            memcpy(out, page + inside, part);
        else
            memset(out, 0, part);
        at += part, out += part, n -= part;
    }
}

size_t contents_write(struct contents *c, struct room *r, uint64_t at, const void *from, size_t n)
{
    size_t done = 0;
    while (done < n) {
        size_t inside = at % PAGE, part = PAGE - inside < n - done ? PAGE - inside : n - done;
        uint8_t *page = page_make(c, r, at / PAGE);
        if (!page) break;
        memcpy(page + inside, (const uint8_t *)from + done, part);
        at += part, done += part;
    }
    if (done > 0 && at > c->bytes) c->bytes = at;
    return done;
}

bool contents_reserve(struct contents *c, struct room *r, uint64_t at, uint64_t n)
{
    /* Tables come on top of that, but a file that does not fit at all fails at once. */
    if (n > r->limit) return false;
    for (uint64_t i = at / PAGE; n > 0 && i <= (at + n - 1) / PAGE; i++)
        if (!page_make(c, r, i)) return false;
    return true;
}
