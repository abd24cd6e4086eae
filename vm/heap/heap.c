/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c -- making, growing by fragments, and ending a heap; small constructors. */
#include "heap/heap.h"
#include "base/utf8.h"
#include "heap/arena.h"
#include "platform/platform.h"

/* --- block sizes -------------------------------------------------------------------
 * Like Fibonacci numbers up to a million words, then a fifth more each: growth that is
 * neither timid for a busy process nor wasteful for a large one. */

#define SIZES 80
static size_t sizes[SIZES];

static void fill_sizes(void)
{
    sizes[0] = 12;
    sizes[1] = 38;
    unsigned i = 2;
    for (; i < 23; i++) sizes[i] = sizes[i - 1] + sizes[i - 2] + 1;
    for (; i < SIZES; i++) sizes[i] = sizes[i - 1] + sizes[i - 1] / 5;
}

size_t heap_next_size(size_t words)
{
    if (!sizes[0]) fill_sizes();
    unsigned low = 0, high = SIZES - 1;
    if (words > sizes[high]) return words + words / 5;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (sizes[middle] < words)
            low = middle + 1;
        else
            high = middle;
    }
    return sizes[low];
}

/* --- fragments ------------------------------------------------------------------------ */

struct fragment *fragment_make(size_t words)
{
    if (words > SIZE_MAX / 16) return NULL;
    struct fragment *f = arena_malloc(sizeof *f + words * sizeof(term));
    if (f) *f = (struct fragment){.words = words};
    return f;
}

void fragment_free(struct fragment *f)
{
    if (!f) return;
    off_heap_drop_all(&f->off_heap);
    arena_free(f);
}

/* --- life ------------------------------------------------------------------------------- */

#define MIN_BINARY_BYTES (46422 * sizeof(term)) /* stock's default for min_bin_vheap_size */

#define FIRST_WORDS                                                                                \
    61 /* of what a process gets that asked for nothing special: most live with that */

static bool start(struct heap *h, size_t words, size_t min_size)
{
    term *block = arena_malloc(words * sizeof(term));
    if (!block) return false;
    h->start = h->top = h->mature = block;
    h->end = h->stack = block + words;
    h->off_heap = (struct off_heap){.limit = MIN_BINARY_BYTES};
    h->fragments = NULL;
    h->fragment_words = 0;
    h->old_start = h->old_top = h->old_end = NULL;
    h->min_size = min_size;
    h->is_first = words < min_size;
    if (!h->min_binary_bytes) h->min_binary_bytes = MIN_BINARY_BYTES;
    h->off_heap.limit = h->min_binary_bytes;
    h->minors = 0;
    h->grow = false;
    h->floor = 0;
    h->burst = 0;
    return true;
}

bool heap_start(struct heap *h, size_t min_size)
{
    size_t words = heap_next_size(min_size);
    return start(h, words, words);
}

bool heap_start_lazily(struct heap *h, size_t words, size_t min_size)
{
    size_t all = heap_next_size(min_size);
    size_t first = words + FIRST_WORDS / 2 < FIRST_WORDS ? FIRST_WORDS : words + FIRST_WORDS / 2;
    return start(h, first < all && !STRESS_HEAP ? first : all, all);
}

void heap_end(struct heap *h)
{
    off_heap_drop_all(&h->off_heap);
    while (h->fragments) {
        struct fragment *f = h->fragments;
        h->fragments = f->next;
        arena_free(f);
    }
    arena_free(h->start);
    arena_free(h->old_start);
    h->start = h->top = h->mature = h->end = h->stack = NULL;
    h->old_start = h->old_top = h->old_end = NULL;
}

/* --- allocation ------------------------------------------------------------------------------ */

term *heap_alloc_slow(struct heap *h, size_t words)
{
    struct fragment *f = h->fragments;
    if (f && f->words - f->used >= words) {
        term *p = f->memory + f->used;
        f->used += words;
        h->fragment_words += words;
        return p;
    }
    size_t room = words < 128 ? 128 : words;
    if (words >= 128 && words < 65536) room += words / 4;
    f = fragment_make(room);
    if (!f) h->exhausted(h);
    f->next = h->fragments;
    f->used = words;
    h->fragments = f;
    h->fragment_words += words;
    return f->memory;
}

void heap_trim(struct heap *h, term *end_of_used, size_t unused)
{
    if (unused == 0) return;
    if (end_of_used + unused == h->top) {
        h->top = end_of_used;
        return;
    }
    struct fragment *f = h->fragments;
    if (f && end_of_used + unused == f->memory + f->used) {
        f->used -= unused;
        h->fragment_words -= unused;
        return;
    }
    for (size_t i = 0; i < unused; i++) end_of_used[i] = NIL;
}

void heap_adopt(struct heap *h, struct fragment *f)
{
    off_heap_move(&h->off_heap, &f->off_heap);
    f->used = f->words;
    f->next = h->fragments;
    h->fragments = f;
    h->fragment_words += f->words;
}

size_t heap_used_words(const struct heap *h)
{
    return (size_t)(h->top - h->start) + (size_t)(h->end - h->stack) +
           (size_t)(h->old_top - h->old_start) + h->fragment_words;
}

size_t heap_total_words(const struct heap *h)
{
    return (size_t)(h->end - h->start) + (size_t)(h->old_end - h->old_start) + h->fragment_words;
}

bool heap_contains(const struct heap *h, const term *p)
{
    if (p >= h->start && p < h->top) return true;
    if (p >= h->old_start && p < h->old_top) return true;
    for (const struct fragment *f = h->fragments; f; f = f->next)
        if (p >= f->memory && p < f->memory + f->words) return true;
    return false;
}

/* --- constructors -------------------------------------------------------------------------------- */

term make_tuple(struct heap *h, size_t n, const term *elements)
{
    term *p = heap_alloc(h, TUPLE_WORDS(n));
    p[0] = header(n, KIND_TUPLE);
    if (elements) memcpy(p + 1, elements, n * sizeof(term));
    return boxed_term(p);
}

term make_integer(struct heap *h, int64_t v)
{
    if (fits_small(v)) return small(v);
    term *p = heap_alloc(h, 2);
    p[0] = header(1, v < 0 ? KIND_BIG_NEGATIVE : KIND_BIG_POSITIVE);
    p[1] = term_of(v < 0 ? -(uint64_t)v : (uint64_t)v);
    return boxed_term(p);
}

term make_unsigned(struct heap *h, uint64_t v)
{
    if (v <= (uint64_t)SMALL_MAX) return small((int64_t)v);
    term *p = heap_alloc(h, 2);
    p[0] = header(1, KIND_BIG_POSITIVE);
    p[1] = term_of(v);
    return boxed_term(p);
}

term make_list(struct heap *h, size_t n, const term *elements, term end)
{
    if (n == 0) return end;
    term *p = heap_alloc(h, n * CONS_WORDS);
    for (size_t i = 0; i < n; i++) {
        p[2 * i] = elements[i];
        p[2 * i + 1] = i + 1 < n ? cons_term(p + 2 * i + 2) : end;
    }
    return cons_term(p);
}

term make_string(struct heap *h, const char *latin1, size_t bytes)
{
    term list = NIL;
    if (bytes == 0) return list;
    term *p = heap_alloc(h, bytes * CONS_WORDS);
    for (size_t i = bytes; i-- > 0;) {
        p[2 * i] = small((unsigned char)latin1[i]);
        p[2 * i + 1] = list;
        list = cons_term(p + 2 * i);
    }
    return list;
}

term make_string_utf8(struct heap *h, const char *utf8, size_t bytes)
{
    const uint8_t *at = (const uint8_t *)utf8, *end = at + bytes;
    size_t count = 0;
    for (const uint8_t *s = at; s < end; s += utf8_length(*s)) count++;
    if (count == 0) return NIL;
    term *p = heap_alloc(h, count * CONS_WORDS);
    term list = cons_term(p);
    for (; at < end; p += 2) {
        p[0] = small(utf8_read(&at));
        p[1] = at < end ? cons_term(p + 2) : NIL;
    }
    return list;
}

ptrdiff_t list_length(term list)
{
    ptrdiff_t n = 0;
    for (; is_cons(list); list = tail(list)) n++;
    return is_nil(list) ? n : -1;
}
