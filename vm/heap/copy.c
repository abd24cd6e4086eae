/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c -- copying a term to another heap.
 *
 * Sharing inside the term is not kept (as in stock): a subterm that is referred to twice
 * is copied twice.  The copy is laid out and scanned in one contiguous run, so depth
 * costs no stack; a list's cells lie side by side.
 */
#include "heap/heap.h"
#include "heap/arena.h"
#include "heap/layout.h"

/* --- measuring ---------------------------------------------------------------------- */

/* Terms still to be measured; grows, never shrinks (one mote, one thread).  The first ones lie on the page with what each start writes to
 * (image/runtime.ld). */
enum { FIRST = 32 };
static struct {
    term *items;
    size_t used, room;
    term first[FIRST];
} pending;

static bool push(term t)
{
    if (pending.used == pending.room) {
        size_t more = pending.room ? pending.room * 2 : FIRST;
        if (!pending.items) {
            pending.items = pending.first;
        } else {
            term *grown = pending.items == pending.first
                              ? arena_malloc(more * sizeof(term))
                              : arena_realloc(pending.items, more * sizeof(term));
            if (!grown) return false;
            if (pending.items == pending.first) memcpy(grown, pending.first, sizeof pending.first);
            pending.items = grown;
        }
        pending.room = more;
    }
    pending.items[pending.used++] = t;
    return true;
}

static void forget_large_stack(void)
{
    if (pending.room <= 65536) return;
    arena_free(pending.items);
    pending.items = NULL;
    pending.room = 0;
}

static inline bool is_kept(const term *p, bool keep_literals)
{
    return keep_literals && arena_is_low(p);
}

/* What stock would count more or less for the objects that the last copy_words() has met: its funs are two
 * or three words larger, its large binaries and foreign pids and ports one; its parts of binaries are one
 * smaller, its references to native things two; an empty tuple takes nothing. */
static int64_t difference;

int64_t copy_reported_more(const term *p)
{
    static const int8_t more[16] = {
        [KIND_FUN] = 2,           [KIND_EXPORT] = 3,      [KIND_EXTERNAL_PID] = 1,
        [KIND_EXTERNAL_PORT] = 1, [KIND_REFC_BINARY] = 1, [KIND_SUB_BINARY] = -1};
    if (unlikely(p->bits == header(0, KIND_TUPLE).bits)) return -1;
    if (unlikely(p->bits == header(4, KIND_REF).bits)) return -2;
    return more[header_kind(*p)];
}

/* Pushes the terms inside a boxed object; returns its words. */
static size_t measure_boxed(term t, bool *ok)
{
    term *p = boxed_words(t);
    size_t words = boxed_total_words(p);
    difference += copy_reported_more(p);
    term *lone, *from = layout_after_header(p, &lone);
    if (lone) *ok &= push(*lone);
    for (term *end = p + words; from < end; from++)
        if (!is_immediate(*from)) *ok &= push(*from);
    return words;
}

size_t copy_words(term t, bool keep_literals)
{
    size_t words = 0;
    bool ok = true;
    if (is_immediate(t)) return 0;
    pending.used = 0;
    difference = 0;
    for (;;) {
        while (is_cons(t)) {
            term *p = cons_words(t);
            if (is_kept(p, keep_literals)) break;
            words += CONS_WORDS;
            if (!is_immediate(p[0])) ok &= push(p[0]);
            t = p[1];
        }
        if (is_boxed(t) && !is_kept(boxed_words(t), keep_literals)) words += measure_boxed(t, &ok);
        if (!ok) {
            forget_large_stack();
            return SIZE_MAX / 8;
        }
        if (pending.used == 0) break;
        t = pending.items[--pending.used];
    }
    forget_large_stack();
    return words;
}

size_t copy_words_reported(term t)
{
    if (is_immediate(t)) return 0;
    size_t words = copy_words(t, false);
    return words + (size_t)difference;
}

/* --- copying ---------------------------------------------------------------------------- */

static term copy_boxed(term *p, term **to, struct off_heap *list)
{
    size_t words = boxed_total_words(p);
    term *copy = *to;
    memcpy(copy, p, words * sizeof(term));
    *to += words;
    if (is_off_heap_header(*copy)) {
        off_heap_keep(copy);
        off_heap_link(list, copy);
        if (header_kind(*copy) == KIND_REFC_BINARY) list->bytes += copy[4].bits;
    }
    return boxed_term(copy);
}

static term copy_spine(term t, term **to, bool keep_literals)
{
    term *first = *to, *p = first;
    for (;;) {
        term *from = cons_words(t);
        p[0] = from[0];
        t = from[1];
        p += 2;
        if (!is_cons(t) || is_kept(cons_words(t), keep_literals)) {
            p[-1] = t;
            break;
        }
        p[-1] = cons_term(p);
    }
    *to = p;
    return cons_term(first);
}

/* `scanned` tells a cell of this very copy, which is no term of the source. */
static inline void copy_slot(term *slot, term **to, struct off_heap *list, bool keep_literals,
                             const term *copy_start)
{
    term t = *slot;
    if (is_immediate(t)) return;
    term *p = is_cons(t) ? cons_words(t) : boxed_words(t);
    if (is_kept(p, keep_literals)) return;
    if (p >= copy_start && p < *to) return;
    *slot = is_cons(t) ? copy_spine(t, to, keep_literals) : copy_boxed(p, to, list);
}

term copy_term(term t, term **to, struct off_heap *list, bool keep_literals)
{
    term *start = *to, *scan = start, *lone;
    term result = t;
    copy_slot(&result, to, list, keep_literals, start);
    while (scan < *to) {
        if (is_header(*scan)) {
            term *object = scan;
            scan = layout_after_header(scan, &lone);
            if (!lone) continue;
            copy_slot(lone, to, list, keep_literals, start);
            if (header_kind(*object) == KIND_MATCH) {
                term *original = boxed_words(*lone);
                object[2] = header_kind(*original) == KIND_HEAP_BINARY
                                ? term_of((uintptr_t)(original + 2))
                                : original[3];
            }
        } else {
            copy_slot(scan++, to, list, keep_literals, start);
        }
    }
    return result;
}

term copy_to_heap(term t, struct heap *h)
{
    if (is_immediate(t)) return t;
    size_t words = copy_words(t, true);
    term *to = heap_alloc(h, words);
    return copy_term(t, &to, &h->off_heap, true);
}

bool copy_to_fragment(term t, struct fragment **fragment, term *out_term, bool keep_literals)
{
    size_t words = copy_words(t, keep_literals);
    *fragment = NULL;
    *out_term = t;
    if (words == 0) return true;
    struct fragment *f = fragment_make(words);
    if (!f) return false;
    term *to = f->memory;
    *out_term = copy_term(t, &to, &f->off_heap, keep_literals);
    f->used = (size_t)(to - f->memory);
    *fragment = f;
    return true;
}
