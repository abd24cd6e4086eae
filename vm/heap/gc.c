/* SPDX-License-Identifier: Apache-2.0 */
/* gc.c -- the collector: copying, two generations, one process at a time.
 *
 * A minor collection copies what lives in the block: what lies below `mature` has lived
 * through one before and goes to the old block, the rest to a new block.  Terms are
 * immutable, so nothing old points to anything young, and the old block is not looked at.
 * A full collection copies everything into one new block.
 *
 * A copied object leaves its new address behind: a boxed object in its header word, a
 * cons as (no value, new address).  Copied objects are scanned in order (Cheney), so
 * depth costs nothing.  Literals (low memory) stay where they are.
 */
#include "heap/heap.h"
#include "heap/arena.h"
#include "heap/layout.h"
#include "platform/platform.h"

struct collector {
    const struct heap *heap;
    bool full;
    uintptr_t young, young_bytes; /* the block */
    uintptr_t mature_bytes;       /* of it, from its start: goes to the old block (minor) */
    uintptr_t old, old_bytes;     /* the old block: stays (minor) */
    term *top;                    /* of the new block */
    term *old_top;
};

/* --- moving one object ------------------------------------------------------------ */

static inline term *room(struct collector *c, const term *from, size_t words)
{
    if (!c->full && (uintptr_t)from - c->young < c->mature_bytes) {
        term *to = c->old_top;
        c->old_top += words;
        return to;
    }
    term *to = c->top;
    c->top += words;
    return to;
}

static inline bool stays(const struct collector *c, const term *from)
{
    if ((uintptr_t)from - c->young < c->young_bytes) return false;
    if (arena_is_low(from)) return true;
    return !c->full && (uintptr_t)from - c->old < c->old_bytes;
}

static inline size_t total_words(const term *p)
{
    term h = *p;
    if (header_kind(h) != KIND_MAP) return header_arity(h) + 1;
    return boxed_total_words(p);
}

static inline void move_boxed(struct collector *c, term *slot)
{
    term *from = boxed_words(*slot);
    term h = *from;
    if (!is_header(h)) { /* moved already */
        *slot = h;
        return;
    }
    if (stays(c, from)) return;
    size_t words = total_words(from);
    term *to = room(c, from, words);
    memcpy(to, from, words * sizeof(term));
    *slot = boxed_term(to);
    from[0] = *slot;
}

static inline void move_cons(struct collector *c, term *slot)
{
    term *from = cons_words(*slot);
    if (is_no_value(from[0])) {
        *slot = from[1];
        return;
    }
    if (stays(c, from)) return;
    term *to = room(c, from, 2);
    to[0] = from[0];
    to[1] = from[1];
    *slot = cons_term(to);
    from[0] = NO_VALUE;
    from[1] = *slot;
}

static inline void move(struct collector *c, term *slot)
{
    if (is_boxed(*slot))
        move_boxed(c, slot);
    else if (is_cons(*slot))
        move_cons(c, slot);
}

static void visit(void *collector, term *slot) { move(collector, slot); }

/* --- scanning copies --------------------------------------------------------------------- */

static void fix_match_base(term *p)
{
    term *original = boxed_words(p[1]);
    p[2] = header_kind(original[0]) == KIND_HEAP_BINARY ? term_of((uintptr_t)(original + 2))
                                                        : original[3];
}

static inline term *scan_word(struct collector *c, term *p)
{
    term t = *p;
    switch (t.bits & TAG_MASK) {
    case TAG_BOXED: move_boxed(c, p); return p + 1;
    case TAG_CONS: move_cons(c, p); return p + 1;
    case TAG_HEADER: {
        term *lone, *after = layout_after_header(p, &lone);
        if (lone) {
            move(c, lone);
            if (header_kind(t) == KIND_MATCH) fix_match_base(p);
        }
        return after;
    }
    default: return p + 1;
    }
}

static void scan(struct collector *c, term *young_from, term *old_from)
{
    while (young_from < c->top || old_from < c->old_top) {
        while (young_from < c->top) young_from = scan_word(c, young_from);
        while (old_from < c->old_top) old_from = scan_word(c, old_from);
    }
}

static void move_roots(struct collector *c, term *stack, const term *end,
                       const struct root_set *roots)
{
    for (term *p = stack; p < end; p++) move(c, p);
    for (size_t i = 0; i < roots->count; i++)
        for (size_t k = 0; k < roots->ranges[i].count; k++) move(c, &roots->ranges[i].first[k]);
    if (roots->walk) roots->walk(roots->owner, visit, c);
}

/* --- off-heap objects ------------------------------------------------------------------------ */

/* Keeps those that were moved or stay, drops the others.  Order is kept. */
static void sweep_off_heap(const struct collector *c, struct off_heap *list)
{
    term *object = list->first;
    term *last = NULL;
    size_t bytes = 0;
    list->first = NULL;
    while (object) {
        term *next = off_heap_next(object);
        term *kept = NULL;
        if (!is_header(*object))
            kept = boxed_words(*object);
        else if (stays(c, object))
            kept = object;
        if (kept) {
            kept[1] = NO_VALUE;
            if (last)
                last[1] = term_of((uintptr_t)kept);
            else
                list->first = kept;
            last = kept;
            if (header_kind(*kept) == KIND_REFC_BINARY) bytes += kept[4].bits;
        } else {
            off_heap_drop(object);
        }
        object = next;
    }
    list->bytes = 0;
    list->limit = bytes * 2 > c->heap->min_binary_bytes ? bytes * 2 : c->heap->min_binary_bytes;
}

/* --- blocks --------------------------------------------------------------------------------------- */

static size_t young_words(const struct heap *h) { return (size_t)(h->top - h->start); }
static size_t stack_words(const struct heap *h) { return (size_t)(h->end - h->stack); }

static void free_fragments(struct heap *h)
{
    while (h->fragments) {
        struct fragment *f = h->fragments;
        h->fragments = f->next;
        arena_free(f);
    }
    h->fragment_words = 0;
}

static term *block_or_exhausted(struct heap *h, size_t words)
{
    if (h->max_size && h->over_limit && words + (size_t)(h->old_end - h->old_start) > h->max_size)
        h->over_limit(h, words);
    term *block = words > SIZE_MAX / 16 ? NULL : arena_malloc(words * sizeof(term));
    if (!block) h->exhausted(h);
    return block;
}

/* The new block becomes the block: the stack moves to its end. */
static void adopt_block(struct heap *h, struct collector *c, term *block, size_t words)
{
    size_t stack = stack_words(h);
    term *new_stack = block + words - stack;
    memcpy(new_stack, h->stack, stack * sizeof(term));
    arena_free(h->start);
    h->start = block;
    h->top = c->top;
    h->end = block + words;
    h->stack = new_stack;
    h->mature = h->top;
}

#define OLD_PER_YOUNG 8

/* After a collection: a block that is mostly empty gives back its end.  What is left stays in proportion to the old
 * generation, as in stock: whoever keeps that much alive has roots in proportion (a long message queue, say), and
 * walks them each time that the young block is full. */
static void fit_block(struct heap *h, size_t need)
{
    size_t words = (size_t)(h->end - h->start);
    size_t live = young_words(h) + stack_words(h) + need;
    h->grow = live > words / 4 * 3;
    if (live >= words / 4 || words <= h->min_size * 2 || words <= h->floor * 2) return;
    size_t least = (size_t)(h->old_end - h->old_start) / OLD_PER_YOUNG;
    if (least < h->min_size) least = h->min_size;
    size_t wanted = heap_next_size(live * 2 > least ? live * 2 : least);
    if (wanted * 2 > words) return;
    size_t stack = stack_words(h);
    term *new_end = h->start + wanted;
    memmove(new_end - stack, h->stack, stack * sizeof(term));
    h->end = new_end;
    h->stack = new_end - stack;
    size_t left = arena_shrink(h->start, wanted * sizeof(term)) / sizeof(term);
    (void)left;
}

/* --- collections ----------------------------------------------------------------------------------- */

static size_t wanted_size(const struct heap *h, size_t live_at_most, size_t need)
{
    size_t words = live_at_most + need;
    if (h->grow) words += words / 2;
    if (words < h->min_size) words = h->min_size;
    if (words < h->floor) words = h->floor;
    return heap_next_size(words);
}

static void collect_full(struct heap *h, size_t need, const struct root_set *roots)
{
    size_t live_at_most =
        young_words(h) + (size_t)(h->old_top - h->old_start) + h->fragment_words + stack_words(h);
    size_t words = wanted_size(h, live_at_most, need);
    term *block = block_or_exhausted(h, words);
    struct collector c = {.heap = h, .full = true, .top = block};
    c.young = (uintptr_t)h->start;
    c.young_bytes = (uintptr_t)h->end - c.young;
    move_roots(&c, h->stack, h->end, roots);
    scan(&c, block, NULL);
    sweep_off_heap(&c, &h->off_heap);
    adopt_block(h, &c, block, words);
    arena_free(h->old_start);
    h->old_start = h->old_top = h->old_end = NULL;
    free_fragments(h);
    h->minors = 0;
    h->words_reclaimed += live_at_most - young_words(h) - stack_words(h);
    fit_block(h, need);
}

/* false: the old block has no room for what is promoted, so a full collection is due. */
static bool collect_minor(struct heap *h, size_t need, const struct root_set *roots)
{
    size_t promoted = (size_t)(h->mature - h->start);
    if (promoted && !h->old_start) {
        size_t old_words = heap_next_size(promoted * 2);
        h->old_start = h->old_top = block_or_exhausted(h, old_words);
        h->old_end = h->old_start + old_words;
    }
    if ((size_t)(h->old_end - h->old_top) < promoted) return false;
    size_t live_at_most = young_words(h) + h->fragment_words + stack_words(h);
    size_t words = wanted_size(h, live_at_most - promoted, need);
    if (words < (size_t)(h->end - h->start)) words = (size_t)(h->end - h->start);
    term *block = block_or_exhausted(h, words);
    struct collector c = {.heap = h, .top = block, .old_top = h->old_top};
    c.young = (uintptr_t)h->start;
    c.young_bytes = (uintptr_t)h->end - c.young;
    c.mature_bytes = promoted * sizeof(term);
    c.old = (uintptr_t)h->old_start;
    c.old_bytes = (uintptr_t)h->old_end - c.old;
    term *old_from = h->old_top;
    move_roots(&c, h->stack, h->end, roots);
    scan(&c, block, old_from);
    sweep_off_heap(&c, &h->off_heap);
    size_t promoted_now = (size_t)(c.old_top - old_from);
    h->old_top = c.old_top;
    adopt_block(h, &c, block, words);
    free_fragments(h);
    h->minors++;
    h->words_reclaimed += live_at_most - promoted_now - young_words(h) - stack_words(h);
    fit_block(h, need);
    return true;
}

uint32_t heap_epoch;

#define BURST       4  /* collections in one slice that ask for a larger block */
#define QUIET       16 /* slices without one that take it back, by half */
#define FLOOR_LEAST 1024
#define FLOOR_MOST  (16 * 1024) /* words: 128 KiB, still in the cache */

static void note_rhythm(struct heap *h)
{
    if (h->max_size) { /* as much room as stock has, and no more */
        h->floor = 0;
        return;
    }
    if (h->epoch == heap_epoch) {
        if (++h->burst % BURST == 0 && h->floor < FLOOR_MOST)
            h->floor = h->floor ? h->floor * 2 : FLOOR_LEAST;
        return;
    }
    if (heap_epoch - h->epoch > QUIET) h->floor = h->floor > FLOOR_LEAST ? h->floor / 2 : 0;
    h->epoch = heap_epoch;
    h->burst = 1;
}

/* The block that heap_start_lazily() has spared.  Nothing has been collected yet, so nothing is mature.  false: that
 * would not have been enough. */
static bool takes_whole_block(struct heap *h, size_t need, const struct root_set *roots)
{
    h->is_first = false;
    if (young_words(h) + h->fragment_words + stack_words(h) + need > h->min_size) return false;
    size_t reclaimed = h->words_reclaimed;
    collect_full(h, need, roots);
    h->words_reclaimed = reclaimed;
    h->mature = h->start;
    return true;
}

void heap_collect(struct heap *h, size_t need, const struct root_set *roots, bool full)
{
    if (h->is_first && takes_whole_block(h, need, roots) && !full) return;
    h->collections++;
    if (!STRESS_HEAP) note_rhythm(h);
    if (h->minors >= h->fullsweep_after) full = true;
    if (full || !collect_minor(h, need, roots)) collect_full(h, need, roots);
    if (STRESS_HEAP) heap_check(h);
}

/* Directly after a full collection. */
static void move_to_block(struct heap *h, const struct root_set *roots, size_t words)
{
    term *block = arena_malloc(words * sizeof(term));
    if (!block) return;
    struct collector c = {.heap = h, .full = true, .top = block};
    c.young = (uintptr_t)h->start;
    c.young_bytes = (uintptr_t)h->end - c.young;
    move_roots(&c, h->stack, h->end, roots);
    scan(&c, block, NULL);
    sweep_off_heap(&c, &h->off_heap);
    adopt_block(h, &c, block, words);
}

void heap_shrink_to_fit(struct heap *h, const struct root_set *roots)
{
    h->is_first = false;
    heap_collect(h, 0, roots, true);
    move_to_block(h, roots, young_words(h) + stack_words(h) + 1);
}

void heap_tighten(struct heap *h, const struct root_set *roots)
{
    if (h->is_first) return;
    heap_collect(h, 0, roots, true);
    size_t live = young_words(h) + stack_words(h), words = heap_next_size(live + live / 2);
    if (words < (size_t)(h->end - h->start)) move_to_block(h, roots, words);
}

/* --- walking --------------------------------------------------------------------------------------------- */

static void words_each_term(term *from, const term *to, void (*each)(void *context, term *t),
                            void *context)
{
    while (from < to) {
        if (is_header(*from)) {
            term *lone;
            from = layout_after_header(from, &lone);
            if (lone) each(context, lone);
        } else {
            each(context, from++);
        }
    }
}

/* Only directly after a full collection, when everything in the block is whole. */
static void heap_each_term(struct heap *h, void (*each)(void *context, term *t), void *context)
{
    words_each_term(h->start, h->top, each, context);
    for (term *p = h->stack; p < h->end; p++)
        if (!is_header(*p)) each(context, p);
}

#define COPIES 64

struct area_search {
    struct heap *heap;
    uintptr_t area, bytes;
    struct {
        term of, copy;
    } copies[COPIES]; /* the latest: a long message queue has the same literal again and again */
};

static bool in_area(const struct area_search *s, term t)
{
    if (is_cons(t)) return (uintptr_t)cons_words(t) - s->area < s->bytes;
    return is_boxed(t) && (uintptr_t)boxed_words(t) - s->area < s->bytes;
}

static void each_root(struct heap *h, const struct root_set *roots,
                      void (*each)(void *context, term *t), void *context)
{
    heap_each_term(h, each, context);
    for (size_t i = 0; i < roots->count; i++)
        for (size_t k = 0; k < roots->ranges[i].count; k++)
            each(context, &roots->ranges[i].first[k]);
    if (roots->walk) roots->walk(roots->owner, each, context);
}

static void copy_in(void *search, term *t)
{
    struct area_search *s = search;
    if (!in_area(s, *t)) return;
    size_t at = (t->bits / sizeof(term)) % COPIES;
    if (s->copies[at].of.bits != t->bits) {
        struct fragment *f;
        s->copies[at].of = *t;
        if (!copy_to_fragment(*t, &f, &s->copies[at].copy, false)) s->heap->exhausted(s->heap);
        if (f) heap_adopt(s->heap, f);
    }
    *t = s->copies[at].copy;
}

void heap_collect_area(struct heap *h, const struct root_set *roots, const void *area, size_t bytes)
{
    heap_collect(h, 0, roots, true);
    struct area_search s = {.heap = h, .area = (uintptr_t)area, .bytes = bytes};
    each_root(h, roots, copy_in, &s);
    /* What is mature must not point to younger objects: once more, everything into one block. */
    if (h->fragments) heap_collect(h, 0, roots, true);
}

/* --- checking ---------------------------------------------------------------------------------------------- */

static void check_term(void *heap, term *t)
{
    const struct heap *h = heap;
    const term *p;
    if (is_cons(*t))
        p = cons_words(*t);
    else if (is_boxed(*t))
        p = boxed_words(*t);
    else
        return;
    require(arena_is_low(p) || heap_contains(h, p));
    require(is_cons(*t) || is_header(*p));
}

/* Nothing old points to anything young. */
static void check_old_term(void *heap, term *t)
{
    const struct heap *h = heap;
    const term *p = is_cons(*t) ? cons_words(*t) : is_boxed(*t) ? boxed_words(*t) : NULL;
    require(!p || arena_is_low(p) || (p >= h->old_start && p < h->old_top));
}

void heap_check(const struct heap *h)
{
    heap_each_term((struct heap *)h, check_term, (void *)h);
    if (h->old_start) words_each_term(h->old_start, h->old_top, check_old_term, (void *)h);
}

#if STRESS_HEAP
#define STRESS_SMALL 4096 /* words: heaps below are moved at every chance */
#define STRESS_WORDS 256  /* of a larger one, so many words at each chance, on average */

bool heap_stress(const struct heap *h)
{
    static size_t credit;
    size_t price = heap_used_words(h);
    if (credit < price * 2) credit += STRESS_WORDS;
    if (price < STRESS_SMALL) return true;
    if (price > credit) return false;
    credit -= price;
    return true;
}
#endif
