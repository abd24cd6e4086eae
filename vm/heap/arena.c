/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c -- page runs from the top, low blocks from the bottom, size classes over runs.
 *
 * A table with one row for each page stands at the very top of the region, and is touched only
 * as far as pages are used.  The rows of the first and the last page of a run know its length,
 * so neighbours are found and merged when one is freed.  Free runs hang in lists by size (bins), newest first: memory that was just
 * freed is still in the cache.
 *
 * A slab is a run cut into equal objects: free ones are chained, those never handed out are
 * not touched.  Which slab an address belongs to stands in the rows of its pages.  What is known of a slab lies with that of the
 * others, not in its pages: a mote that goes on from a snapshot has copies of the pages that it writes to, and of no more.
 *
 * For the same reason the first blocks that such a mote takes, and those that each start writes to, come from one run, one
 * after the other: nursery.h.
 *
 * Always true: no two free runs are neighbours; no free run touches `frontier`, the lowest
 * page in use by runs.  Between arena_low_end and frontier nothing has been handed out.
 */
#include "heap/arena.h"
#include "heap/nursery.h"
#include "platform/platform.h"
#include <string.h>

#ifndef ARENA_LIBC_BLOCKS
#define ARENA_LIBC_BLOCKS 0 /* 1: small blocks come from libc, so that ASan watches each */
#endif
#if ARENA_LIBC_BLOCKS
void *fake_malloc(size_t bytes); /* platform/fake */
void *fake_realloc(void *block, size_t bytes);
void fake_free(void *block);
#endif

/* PAGE_CLEAN: free as well, and the host has most of what lies behind it. */
enum page_kind { PAGE_NONE, PAGE_FREE, PAGE_CLEAN, PAGE_RUN, PAGE_SLAB, PAGE_NURSERY };
static bool is_free(uint32_t kind) { return kind == PAGE_FREE || kind == PAGE_CLEAN; }
struct page_row {
    union {
        struct {
            uint32_t next, prev; /* free: neighbours in the bin, NO_PAGE at the ends */
        };
        struct slab *slab; /* whose page it is */
    };
    uint32_t pages; /* length of the run, at its first and last page */
    uint32_t kind;
};
#define NO_PAGE 0xFFFFFFFFu
#define BINS    40

/* Memory is announced to the platform in steps of this many bytes. */
#define STEP        (256 * 1024)
/* What is larger than this many pages may never be written to its end, and is not announced: then
 * the host gives large pages one by one (monitor/heap.c), and that is as fast. */
#define MUCH        (512 * 1024 / ARENA_PAGE)
#define LARGE_PAGES ((size_t)2048 * 1024 / ARENA_PAGE)
/* But both ends at once up to the first boundary of this size: every boot needs that much, and it
 * may be one large page of the host. */
#define FIRST_STEP  (2048 * 1024)

uintptr_t arena_low_start, arena_low_end;
static uintptr_t low_announced;
static size_t low_free_bytes;
static uint8_t *region;
static size_t region_pages;
static size_t frontier;  /* page index */
static size_t announced; /* page index: pages from here up are announced */
static size_t top;       /* what `announced` was before anything but sparse tables was taken */
static size_t free_run_pages;
static size_t whole_pages; /* of the region with its table */
static size_t
    withheld;       /* pages between low_end and frontier that may not be used: arena_resize() */
static size_t debt; /* pages taken from the host, and none given back for them: pay_back() */
static struct page_row *rows;
static uint32_t bins[BINS];

/* Test hook: counts down at each allocation, and the one that reaches zero fails; from zero, that is none. */
int64_t arena_fail_countdown;
bool arena_has_refused;
static bool must_fail(void)
{
    if (--arena_fail_countdown != 0) return false;
    return arena_has_refused = true;
}

static uint8_t *page_address(size_t page) { return region + page * ARENA_PAGE; }
static size_t page_index(const void *p)
{
    return (size_t)((const uint8_t *)p - region) / ARENA_PAGE;
}

static unsigned bin_of(size_t pages)
{
    if (pages <= 8) return (unsigned)pages - 1;
    unsigned log = 63 - (unsigned)__builtin_clzll(pages);
    unsigned bin = 8 + (log - 3) * 2 + ((pages >> (log - 1)) & 1);
    return bin < BINS ? bin : BINS - 1;
}

/* --- page runs ----------------------------------------------------------------- */

static void set_run(size_t page, size_t pages, enum page_kind kind)
{
    rows[page].pages = rows[page + pages - 1].pages = (uint32_t)pages;
    rows[page].kind = rows[page + pages - 1].kind = kind;
}

static void bin_insert(size_t page, size_t pages, enum page_kind kind)
{
    set_run(page, pages, kind);
    uint32_t *first = &bins[bin_of(pages)];
    rows[page].prev = NO_PAGE;
    rows[page].next = *first;
    if (*first != NO_PAGE) rows[*first].prev = (uint32_t)page;
    *first = (uint32_t)page;
    free_run_pages += pages;
}

static void bin_remove(size_t page)
{
    struct page_row *r = &rows[page];
    if (r->prev != NO_PAGE)
        rows[r->prev].next = r->next;
    else
        bins[bin_of(r->pages)] = r->next;
    if (r->next != NO_PAGE) rows[r->next].prev = r->prev;
    free_run_pages -= r->pages;
}

static size_t take_from_bins(size_t pages)
{
    for (unsigned bin = bin_of(pages); bin < BINS; bin++)
        for (uint32_t page = bins[bin]; page != NO_PAGE; page = rows[page].next) {
            size_t room = rows[page].pages;
            if (room < pages) continue;
            enum page_kind kind = (enum page_kind)rows[page].kind;
            bin_remove(page);
            if (kind == PAGE_CLEAN) debt += pages;
            /* The upper part is handed out, so that what is left stays near the frontier. */
            if (room > pages) bin_insert(page, room - pages, kind);
            return page + room - pages;
        }
    return NO_PAGE;
}

/* What was never handed out and may be: from low_pages() up to fresh_end(), gap_pages().  In a mote that went on in a
 * smaller machine, what is in use may leave nothing. */
static size_t low_pages(void)
{
    return (arena_low_end - (uintptr_t)region + ARENA_PAGE - 1) / ARENA_PAGE;
}
static size_t fresh_end(void) { return frontier > withheld ? frontier - withheld : 0; }
static size_t gap_pages(void)
{
    size_t low = low_pages(), end = fresh_end();
    return end > low ? end - low : 0;
}

static size_t take_fresh(size_t pages)
{
    if (gap_pages() < pages) return NO_PAGE;
    frontier -= pages;
    if (frontier >= announced) return frontier;
    debt += announced - frontier;
    if (pages >= MUCH) {
        announced = frontier;
    } else {
        size_t step = announced == top ? FIRST_STEP : STEP;
        size_t to = frontier & ~(step / ARENA_PAGE - 1);
        if (to < low_pages()) to = low_pages();
        plat_will_use(page_address(to), (announced - to) * ARENA_PAGE);
        announced = to;
    }
    return frontier;
}

/* A mote that grows gives back what it has left behind, as much as it takes: so it is as large as
 * what it uses, and one that does not grow asks for nothing.  Whole large pages only; those that
 * were split would be slow for ever. */
static void pay_back(void)
{
    if (debt < LARGE_PAGES) return;
    if (frontier - announced >= LARGE_PAGES) {
        plat_unused(page_address(announced), (frontier - announced) * ARENA_PAGE);
        debt -= debt < frontier - announced ? debt : frontier - announced;
        announced = frontier;
    }
    for (unsigned bin = BINS; debt && bin-- > bin_of(LARGE_PAGES);)
        for (uint32_t page = bins[bin]; debt && page != NO_PAGE; page = rows[page].next) {
            if (rows[page].kind != PAGE_FREE) continue;
            size_t from = (page + LARGE_PAGES - 1) & ~(LARGE_PAGES - 1);
            size_t to = (page + rows[page].pages) & ~(LARGE_PAGES - 1);
            if (to <= from) continue;
            plat_unused(page_address(from), (to - from) * ARENA_PAGE);
            set_run(page, rows[page].pages, PAGE_CLEAN);
            debt = debt > to - from ? debt - (to - from) : 0;
        }
    debt = 0;
}

static size_t take_run(size_t pages, enum page_kind kind)
{
    if (must_fail()) return NO_PAGE;
    size_t page = take_from_bins(pages);
    if (page == NO_PAGE) page = take_fresh(pages);
    pay_back();
    if (page != NO_PAGE)
        set_run(page, pages, kind);
    else
        arena_has_refused = true;
    return page;
}

static void give_run(size_t page)
{
    size_t pages = rows[page].pages;
    size_t after = page + pages;
    if (after < region_pages && is_free(rows[after].kind)) {
        bin_remove(after);
        pages += rows[after].pages;
    }
    if (page > frontier && is_free(rows[page - 1].kind)) {
        size_t before = page - rows[page - 1].pages;
        bin_remove(before);
        pages += rows[before].pages;
        page = before;
    }
    if (page == frontier) {
        set_run(page, pages, PAGE_NONE);
        frontier += pages;
        return;
    }
    bin_insert(page, pages, PAGE_FREE);
}

void *arena_pages(size_t bytes)
{
    size_t page = take_run((bytes + ARENA_PAGE - 1) / ARENA_PAGE, PAGE_RUN);
    return page == NO_PAGE ? NULL : page_address(page);
}

void arena_pages_free(void *page, size_t bytes)
{
    (void)bytes;
    if (page) give_run(page_index(page));
}

void *arena_sparse(size_t bytes)
{
    size_t pages = (bytes + ARENA_PAGE - 1) / ARENA_PAGE;
    if (frontier == announced && gap_pages() >= pages && !must_fail()) {
        frontier = announced = top = frontier - pages;
        set_run(frontier, pages, PAGE_RUN);
        return page_address(frontier);
    }
    void *block = arena_pages(bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

static void trim_runs(void)
{
    size_t least =
        plat_wants_checkpoint() ? 1 : STEP / ARENA_PAGE / 4; /* in a snapshot each page counts */
    for (unsigned bin = 0; bin < BINS; bin++)
        for (uint32_t page = bins[bin]; page != NO_PAGE; page = rows[page].next)
            if (rows[page].pages >= least)
                plat_unused(page_address(page), (size_t)rows[page].pages * ARENA_PAGE);
    if (frontier - announced >= STEP / ARENA_PAGE) {
        plat_unused(page_address(announced), (frontier - announced) * ARENA_PAGE);
        announced = frontier;
    }
}

/* --- start ------------------------------------------------------------------------ */

void arena_start(void *base, size_t bytes)
{
    region = base;
    size_t total = bytes / ARENA_PAGE;
    size_t table_pages = (total * sizeof(struct page_row) + ARENA_PAGE - 1) / ARENA_PAGE;
    require(total > table_pages + 16);
    whole_pages = total;
    withheld = 0;
    region_pages = total - table_pages;
    rows = (struct page_row *)page_address(region_pages);
    frontier = announced = top = region_pages;
    arena_low_start = arena_low_end = low_announced = (uintptr_t)region;
    for (unsigned i = 0; i < BINS; i++) bins[i] = NO_PAGE;
}

/* The table of rows moves to the new end; what was the old one, and all behind it, becomes a free run. */
static void grow_to(size_t total)
{
    size_t table_pages = (total * sizeof(struct page_row) + ARENA_PAGE - 1) / ARENA_PAGE;
    size_t before = region_pages, after = total - table_pages;
    if (after <= whole_pages) return; /* hardly more than there is */
    struct page_row *table = (struct page_row *)page_address(after);
    memcpy(table + frontier, rows + frontier, (before - frontier) * sizeof *rows);
    rows = table;
    region_pages = after;
    whole_pages = total;
    set_run(before, after - before, PAGE_RUN);
    give_run(before);
}

void arena_resize(size_t bytes)
{
    size_t total = bytes / ARENA_PAGE;
    withheld = total < whole_pages ? whole_pages - total : 0;
    if (total > whole_pages) grow_to(total);
    announced = frontier;
    low_announced = (arena_low_end + ARENA_PAGE - 1) & ~(uintptr_t)(ARENA_PAGE - 1);
}

void *arena_must(void *block)
{
    if (!block) plat_panic(__FILE__, __LINE__, "out of memory at start");
    return block;
}

struct arena_usage arena_usage(void)
{
    struct arena_usage u = {.total = (region_pages - withheld) * ARENA_PAGE,
                            .low = arena_low_end - arena_low_start - low_free_bytes,
                            .high = (region_pages - frontier - free_run_pages) * ARENA_PAGE};
    u.free = u.total > u.low + u.high ? u.total - u.low - u.high : 0;
    return u;
}

/* --- low blocks: bump, and a list of freed blocks in order of address ----------------- */

struct low_block {
    size_t bytes;
    struct low_block *next;
};
static struct low_block *low_free;

void *arena_low(size_t bytes)
{
    if (must_fail()) return NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes == 0) bytes = 16;
    for (struct low_block **link = &low_free; *link; link = &(*link)->next) {
        struct low_block *b = *link;
        if (b->bytes < bytes) continue;
        low_free_bytes -= bytes;
        if (b->bytes == bytes) {
            *link = b->next;
            return b;
        }
        b->bytes -= bytes; /* its end: the block before it, on another page, is not written to */
        return (uint8_t *)b + b->bytes;
    }
    uintptr_t limit = (uintptr_t)page_address(fresh_end());
    if (limit > UINT32_MAX) limit = UINT32_MAX & ~(uintptr_t)0xFFF;
    if (arena_low_end > limit || limit - arena_low_end < bytes) {
        arena_has_refused = true;
        return NULL;
    }
    void *block = (void *)arena_low_end;
    arena_low_end += bytes;
    if (arena_low_end > low_announced) {
        uintptr_t step = low_announced == arena_low_start ? FIRST_STEP : STEP / 2;
        uintptr_t to = (arena_low_end + step - 1) & ~(step - 1);
        if (to > (uintptr_t)page_address(frontier)) to = (uintptr_t)page_address(frontier);
        if (bytes < MUCH * ARENA_PAGE) plat_will_use((void *)low_announced, to - low_announced);
        low_announced = to;
    }
    return block;
}

void arena_low_free(void *block, size_t bytes)
{
    if (!block) return;
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes == 0) bytes = 16;
    struct low_block *b = block;
    struct low_block *before = NULL, *after = low_free;
    while (after && after < b) before = after, after = after->next;
    b->bytes = bytes;
    b->next = after;
    low_free_bytes += bytes;
    if (after && (uint8_t *)b + b->bytes == (uint8_t *)after) {
        b->bytes += after->bytes;
        b->next = after->next;
    }
    if (!before) {
        low_free = b;
    } else if ((uint8_t *)before + before->bytes == (uint8_t *)b) {
        before->bytes += b->bytes;
        before->next = b->next;
    } else {
        before->next = b;
    }
}

#if ARENA_LIBC_BLOCKS

void arena_nursery_start(void) {}
void arena_trim(void) { trim_runs(); }
size_t arena_shrink(void *block, size_t bytes)
{
    (void)block;
    return bytes;
}
void *arena_malloc(size_t bytes) { return must_fail() ? NULL : fake_malloc(bytes ? bytes : 1); }
void arena_free(void *block) { fake_free(block); }
void *arena_realloc(void *block, size_t bytes)
{
    return must_fail() ? NULL : fake_realloc(block, bytes ? bytes : 1);
}

#else

/* --- size classes ------------------------------------------------------------------------ */

struct slab {
    struct slab *next,
        *prev; /* in the list of its class, while it has room; next: of those that are none now */
    uint8_t *memory;
    void *free; /* chained through their first word */
    uint32_t class_, used, fresh, room;
};
#define CLASS_LIMIT 8192

static struct slab *no_slabs; /* descriptors to be used */
static struct slab *partial[SIZE_CLASSES];

static unsigned class_of(size_t bytes)
{
    if (bytes <= 128) return bytes ? (unsigned)(bytes - 1) / 16 : 0;
    unsigned log = 63 - (unsigned)__builtin_clzll(bytes - 1);
    return 8 + (log - 7) * 4 + (unsigned)(((bytes - 1) >> (log - 2)) & 3);
}

static size_t class_bytes(unsigned class_)
{
    if (class_ < 8) return (class_ + 1) * 16;
    unsigned log = 7 + (class_ - 8) / 4;
    return ((size_t)1 << log) + (((size_t)(class_ - 8) % 4 + 1) << (log - 2));
}

/* A page of descriptors stays one. */
static struct slab *take_descriptor(void)
{
    struct slab *s = no_slabs;
    if (!s) {
        size_t page = take_run(1, PAGE_RUN);
        if (page == NO_PAGE) return NULL;
        s = (struct slab *)page_address(page);
        memset(s, 0, ARENA_PAGE);
        for (size_t i = 0; i + 1 < ARENA_PAGE / sizeof *s; i++) s[i].next = &s[i + 1];
    }
    no_slabs = s->next;
    return s;
}

static void give_descriptor(struct slab *s)
{
    *s = (struct slab){.next = no_slabs};
    no_slabs = s;
}

/* nursery.h.  In the boots for a snapshot it is taken with the first slab: in both from the same place. */
static void nursery_reserve(void)
{
    enum { PAGES = NURSERY_BYTES / ARENA_PAGE };
    size_t page = take_run(PAGES, PAGE_NURSERY);
    if (page == NO_PAGE) return;
    for (size_t i = 0; i < PAGES; i++) rows[page + i].kind = PAGE_NURSERY;
    nursery_start(memset(page_address(page), 0, NURSERY_BYTES));
}

static struct slab *slab_make(unsigned class_)
{
    if (!nursery_is_started() && plat_layout() != PLAT_LAYOUT_USUAL) nursery_reserve();
    size_t bytes = class_bytes(class_) * 16;
    if (bytes < 8 * 1024) bytes = 8 * 1024;
    if (bytes > 64 * 1024) bytes = 64 * 1024;
    size_t pages = (bytes + ARENA_PAGE - 1) / ARENA_PAGE;
    struct slab *s = take_descriptor();
    if (!s) return NULL;
    size_t page = take_run(pages, PAGE_SLAB);
    if (page == NO_PAGE) {
        give_descriptor(s);
        return NULL;
    }
    for (size_t i = 0; i < pages; i++) {
        rows[page + i].slab = s;
        if (i > 0 && i + 1 < pages) rows[page + i].kind = PAGE_SLAB;
    }
    *s = (struct slab){.memory = page_address(page),
                       .class_ = class_,
                       .room = (uint32_t)(pages * ARENA_PAGE / class_bytes(class_))};
    return s;
}

static void slab_link(struct slab *s)
{
    s->prev = NULL;
    s->next = partial[s->class_];
    if (s->next) s->next->prev = s;
    partial[s->class_] = s;
}

static void slab_unlink(struct slab *s)
{
    if (s->prev)
        s->prev->next = s->next;
    else
        partial[s->class_] = s->next;
    if (s->next) s->next->prev = s->prev;
}

static void *slab_take(unsigned class_)
{
    if (must_fail()) return NULL;
    struct slab *s = partial[class_];
    if (!s) {
        s = slab_make(class_);
        if (!s) return NULL;
        slab_link(s);
    }
    void *object = s->free;
    if (object)
        memcpy(&s->free, object, sizeof s->free);
    else
        object = s->memory + s->fresh++ * class_bytes(class_);
    if (++s->used == s->room) slab_unlink(s);
    return object;
}

static void slab_end(struct slab *s)
{
    slab_unlink(s);
    size_t page = page_index(s->memory);
    size_t pages = rows[page].pages;
    for (size_t i = 1; i + 1 < pages; i++) rows[page + i].kind = PAGE_NONE;
    give_run(page);
    give_descriptor(s);
}

static void slab_give(struct slab *s, void *object)
{
    if (s->used == s->room) slab_link(s);
    memcpy(object, &s->free, sizeof s->free);
    s->free = object;
    if (--s->used > 0) return;
    if (partial[s->class_] == s && !s->next) return; /* keep the last one: likely used again */
    slab_end(s);
}

/* --- the nursery -------------------------------------------------------------------------- */

static void give_place(void *place) { slab_give(rows[page_index(place)].slab, place); }

void arena_nursery_start(void)
{
    if (nursery_is_open) return;
    if (!nursery_is_started()) nursery_reserve();
    if (nursery_is_started()) nursery_open(give_place);
}

/* --- blocks ----------------------------------------------------------------------------------- */

void *arena_malloc(size_t bytes)
{
    if (bytes > CLASS_LIMIT) return arena_pages(bytes);
    unsigned class_ = class_of(bytes);
    void *block = nursery_is_open ? nursery_take(class_, class_bytes(class_)) : NULL;
    if (!block) {
        block = slab_take(class_);
        return nursery_has_homes && block ? nursery_home(block, class_, class_bytes(class_))
                                          : block;
    }
    if (!must_fail()) return block;
    nursery_give(block);
    return NULL;
}

void arena_free(void *block)
{
    if (!block) return;
    size_t page = page_index(block);
    if (rows[page].kind == PAGE_SLAB)
        slab_give(rows[page].slab, block);
    else if (rows[page].kind != PAGE_NURSERY)
        give_run(page);
    else if (nursery_has_homes)
        give_place(nursery_leave(block));
    else
        nursery_give(block);
}

/* In a snapshot what nobody uses is zero: pages of nothing else are not in it. */
static void wipe_unused(void)
{
    for (struct low_block *b = low_free; b; b = b->next) memset(b + 1, 0, b->bytes - sizeof *b);
    for (unsigned class_ = 0; class_ < SIZE_CLASSES; class_++)
        for (struct slab *s = partial[class_]; s; s = s->next) {
            size_t bytes = class_bytes(class_);
            uint8_t *fresh = s->memory + s->fresh * bytes;
            memset(fresh, 0, (s->room - s->fresh) * bytes);
            for (void *object = s->free, *next; object; object = next) {
                memcpy(&next, object, sizeof next);
                memset((uint8_t *)object + sizeof next, 0, bytes - sizeof next);
            }
        }
}

/* Also the slabs that were kept although they are empty. */
void arena_trim(void)
{
    if (plat_wants_checkpoint()) wipe_unused();
    for (unsigned class_ = 0; class_ < SIZE_CLASSES; class_++)
        for (struct slab *s = partial[class_], *next; s; s = next) {
            next = s->next;
            if (s->used == 0) slab_end(s);
        }
    trim_runs();
}

static size_t block_room(void *block)
{
    size_t page = page_index(block);
    if (rows[page].kind == PAGE_SLAB) return class_bytes(rows[page].slab->class_);
    if (rows[page].kind == PAGE_NURSERY) return class_bytes(nursery_class(block));
    return (size_t)rows[page].pages * ARENA_PAGE;
}

size_t arena_shrink(void *block, size_t bytes)
{
    size_t page = page_index(block);
    if (rows[page].kind == PAGE_SLAB || rows[page].kind == PAGE_NURSERY) return block_room(block);
    size_t pages = rows[page].pages, keep = (bytes + ARENA_PAGE - 1) / ARENA_PAGE;
    if (keep == 0) keep = 1;
    if (keep < pages) {
        set_run(page, keep, PAGE_RUN);
        set_run(page + keep, pages - keep, PAGE_RUN);
        give_run(page + keep);
        pages = keep;
    }
    return pages * ARENA_PAGE;
}

void *arena_realloc(void *block, size_t bytes)
{
    if (!block) return arena_malloc(bytes);
    size_t room = block_room(block);
    if (bytes <= room && bytes >= room / 2) return block;
    void *bigger = arena_malloc(bytes);
    if (!bigger) return bytes <= room ? block : NULL;
    memcpy(bigger, block, bytes < room ? bytes : room);
    arena_free(block);
    return bigger;
}

#endif

void *arena_calloc(size_t bytes)
{
    void *block = arena_malloc(bytes);
    if (block) memset(block, 0, bytes);
    return block;
}
