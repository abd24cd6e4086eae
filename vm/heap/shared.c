/* SPDX-License-Identifier: Apache-2.0 */
/* shared.c -- see shared.h.
 *
 * Objects that have been met are kept in a hash table by address, with where their copy is.  The walk
 * is a scan over the copies themselves, or, when only measuring, over the table's order of entry.
 */
#include "heap/shared.h"
#include "heap/arena.h"
#include "heap/layout.h"

struct met {
    term original; /* the term, with its tag; none: a free place */
    uint32_t order;
    term copy;
};

static bool walk_start(struct shared_copy *w, bool keep_literals)
{
    *w = (struct shared_copy){.mask = 255, .queue_room = 256, .keep_literals = keep_literals};
    w->table = arena_calloc((w->mask + 1) * sizeof *w->table);
    w->queue = arena_malloc(w->queue_room * sizeof *w->queue);
    return w->table && w->queue;
}

/* The queue and the table of what walk_start() got. */
static void walk_end(struct shared_copy *w)
{
    arena_free(w->table);
    arena_free(w->queue);
}

static struct met *place(const struct shared_copy *w, term t)
{
    size_t i = (size_t)((t.bits >> 3) * UINT64_C(0x9E3779B97F4A7C15) >> 20) & w->mask;
    while (is_value(w->table[i].original) && !term_same(w->table[i].original, t))
        i = (i + 1) & w->mask;
    return &w->table[i];
}

static bool grow(struct shared_copy *w)
{
    struct shared_copy larger = *w;
    larger.mask = w->mask * 2 + 1;
    larger.table = arena_calloc((larger.mask + 1) * sizeof *larger.table);
    if (!larger.table) return false;
    for (size_t i = 0; i <= w->mask; i++)
        if (is_value(w->table[i].original)) *place(&larger, w->table[i].original) = w->table[i];
    arena_free(w->table);
    w->table = larger.table;
    w->mask = larger.mask;
    if (w->queue_room > w->mask) return true;
    term *queue = arena_realloc(w->queue, (w->mask + 1) * sizeof *queue);
    if (!queue) return false;
    w->queue = queue;
    w->queue_room = w->mask + 1;
    return true;
}

static bool is_kept(const struct shared_copy *w, term t)
{
    if (is_immediate(t)) return true;
    const void *at = is_cons(t) ? cons_words(t) : boxed_words(t);
    return w->keep_literals && arena_is_low(at);
}

/* false: no memory. */
static bool meet(struct shared_copy *w, term t)
{
    if (is_kept(w, t)) return true;
    struct met *m = place(w, t);
    if (is_value(m->original)) return true;
    *m = (struct met){.original = t, .order = (uint32_t)w->count};
    w->queue[w->count++] = t;
    return w->count * 2 <= w->mask || grow(w);
}

static size_t words_of(term t)
{
    return is_cons(t) ? CONS_WORDS : boxed_total_words(boxed_words(t));
}

/* Meets what lies inside; false: no memory. */
static bool meet_parts(struct shared_copy *w, term t)
{
    if (is_cons(t)) return meet(w, head(t)) && meet(w, tail(t));
    term *words = boxed_words(t), *lone;
    term *from = layout_after_header(words, &lone), *end = words + boxed_total_words(words);
    if (lone && !meet(w, *lone)) return false;
    for (; from < end; from++)
        if (!meet(w, *from)) return false;
    return true;
}

/* Meets everything; *words: what it takes; *more: what stock counts beside that. */
static bool walk_all(struct shared_copy *w, term t, size_t *words, int64_t *more)
{
    *words = 0;
    *more = 0;
    if (!meet(w, t)) return false;
    for (size_t i = 0; i < w->count; i++) {
        term at = w->queue[i];
        *words += words_of(at);
        if (!is_cons(at)) *more += copy_reported_more(boxed_words(at));
        if (!meet_parts(w, at)) return false;
    }
    return true;
}

bool shared_words(term t, bool keep_literals, size_t *words)
{
    struct shared_copy w;
    int64_t more;
    bool ok = walk_start(&w, keep_literals) && walk_all(&w, t, words, &more);
    walk_end(&w);
    if (ok) *words += (size_t)more; /* as copy_words_reported() */
    return ok;
}

static term copied(const struct shared_copy *w, term t)
{
    return is_kept(w, t) ? t : place(w, t)->copy;
}

/* Lays out the copy of one object; its parts are still the originals. */
static term *lay_out(struct shared_copy *w, term t, term *to, struct off_heap *list)
{
    size_t words = words_of(t);
    memcpy(to, is_cons(t) ? cons_words(t) : boxed_words(t), words * sizeof *to);
    place(w, t)->copy = is_cons(t) ? cons_term(to) : boxed_term(to);
    if (!is_cons(t) && is_off_heap_header(*to)) {
        off_heap_keep(to);
        off_heap_link(list, to);
        if (header_kind(*to) == KIND_REFC_BINARY) list->bytes += to[4].bits;
    }
    return to + words;
}

static void redirect(const struct shared_copy *w, term t)
{
    term copy = place(w, t)->copy;
    if (is_cons(copy)) {
        term *cell = cons_words(copy);
        cell[0] = copied(w, cell[0]);
        cell[1] = copied(w, cell[1]);
        return;
    }
    term *words = boxed_words(copy), *lone;
    term *from = layout_after_header(words, &lone), *end = words + boxed_total_words(words);
    if (lone) *lone = copied(w, *lone);
    for (; from < end; from++) *from = copied(w, *from);
}

bool shared_copy_start(struct shared_copy *w, term t, bool keep_literals, size_t *words)
{
    int64_t more;
    return walk_start(w, keep_literals) && walk_all(w, t, words, &more);
}

term shared_copy_finish(struct shared_copy *w, term t, term **to, struct off_heap *list)
{
    for (size_t i = 0; i < w->count; i++) *to = lay_out(w, w->queue[i], *to, list);
    for (size_t i = 0; i < w->count; i++) redirect(w, w->queue[i]);
    return copied(w, t);
}

void shared_copy_end(struct shared_copy *w) { walk_end(w); }

term copy_shared(term t, struct heap *h, bool keep_literals)
{
    struct shared_copy w;
    size_t words;
    term result = NO_VALUE;
    if (shared_copy_start(&w, t, keep_literals, &words)) {
        term *to = heap_alloc(h, words);
        result = shared_copy_finish(&w, t, &to, &h->off_heap);
    }
    walk_end(&w);
    return result;
}
