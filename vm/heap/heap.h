/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h -- one process's memory for terms, and the collector over it.
 *
 * A heap is one block with the young generation growing up and the stack growing down,
 * an old generation block, and a list of fragments.  heap_alloc() never collects and
 * never moves anything: when the block is full it opens a fragment.  So C code may hold
 * terms in variables as long as it likes; the engine collects between instructions
 * (heap_collect), which empties the fragments into the block.
 *
 *     start            top        stack              end
 *       | young terms   | -> free <- | frames, oldest last |
 *            ^mature: below it, terms have lived through one collection
 *
 * Always true outside the collector: a term in the heap points only to older or newer
 * terms of the same heap (block, old block, fragments) or to literals (arena_is_low).
 */
#ifndef VM_HEAP_H
#define VM_HEAP_H

#include "term/term.h"
#include "heap/off_heap.h"

/* A block of terms outside any process block: overflow of a heap, or a message on its way. */
struct fragment {
    struct fragment *next;
    struct off_heap off_heap; /* only while it is not linked to a heap */
    size_t words;             /* room */
    size_t used;
    term memory[];
};

/* NULL when out of memory.  fragment_free also releases what its off_heap list holds. */
struct fragment *fragment_make(size_t words);
void fragment_free(struct fragment *f);

struct heap {
    /* The engine keeps top and stack in registers while a process runs. */
    term *top;
    term *stack;
    term *start, *end;
    term *mature;
    struct off_heap off_heap;

    struct fragment *fragments; /* newest first */
    size_t fragment_words;

    term *old_start, *old_top, *old_end;

    /* Policy, in words; see spawn_opt/5 in erlang(3). */
    size_t min_size, max_size; /* max_size 0: no limit */
    size_t min_binary_bytes;
    uint16_t minors, fullsweep_after;
    bool max_size_kill, max_size_log;

    uint64_t collections, words_reclaimed;

    /* Called when there is no memory; does not return (process/process.h). */
    void (*exhausted)(struct heap *h) __attribute__((__noreturn__));
    /* Called when a collection would make the heap larger than max_size words; ends the process, or
     * returns when it may go on.  NULL: no such limit. */
    void (*over_limit)(struct heap *h, size_t words);
    bool is_first; /* heap_start_lazily(): the block is smaller than min_size */
    bool grow;     /* the last collection left little room: take a larger block next time */

    /* A heap that collects several times in one slice gets a block of at least floor words, and loses it
     * again when it is quiet: what dies young then dies before it is copied. */
    size_t floor;
    uint32_t epoch, burst; /* slice of the last collection, and how many there were in it */
};

/* The roots of a collection besides the stack: terms outside the heap, updated in place. */
struct root_range {
    term *first;
    size_t count;
};
struct root_set {
    const struct root_range *ranges;
    size_t count;
    /* Calls visit(collector, &t) for each further root t (messages in a queue); may be NULL. */
    void (*walk)(void *owner, void (*visit)(void *collector, term *t), void *collector);
    void *owner;
};

/* Goes up by one with each slice that a process runs. */
extern uint32_t heap_epoch;

/* Makes an empty heap with a block of at least min_size words.  false: no memory. */
bool heap_start(struct heap *h, size_t min_size);
/* The same with room for `words` now, and not much more: the rest comes with the first collection, which does not
 * count as one.  A process that only waits never takes it. */
bool heap_start_lazily(struct heap *h, size_t words, size_t min_size);
/* Words of the block as its owner sees it: what it may fill before a collection that counts. */
static inline size_t heap_block_words(const struct heap *h)
{
    return h->is_first ? h->min_size : (size_t)(h->end - h->start);
}
/* Frees all memory and releases all off-heap objects. */
void heap_end(struct heap *h);

/* `words` words for boxed objects or cells, never NULL, never moves anything: ends the process
 * through h->exhausted when there is no memory. Fill all of it before the next collection. */
term *heap_alloc_slow(struct heap *h, size_t words);
static inline term *heap_alloc(struct heap *h, size_t words)
{
    term *p = h->top;
    if (likely((size_t)(h->stack - p) >= words)) {
        h->top = p + words;
        return p;
    }
    return heap_alloc_slow(h, words);
}
/* Gives back the tail of the *latest* heap_alloc: `unused` words after `end_of_used`.
 * What cannot be given back is filled so that the heap stays walkable. */
void heap_trim(struct heap *h, term *end_of_used, size_t unused);

/* Collects so that `need` words are free between top and stack.  Roots: the stack and `roots`.
 * Minor or full as policy says; `full` forces a full sweep.  Ends the process through
 * h->exhausted when memory or max_size does not allow it. */
void heap_collect(struct heap *h, size_t need, const struct root_set *roots, bool full);
/* As a full heap_collect, and copies in every term that lies in [area, area + bytes):
 * a literal area that is about to be freed. */
void heap_collect_area(struct heap *h, const struct root_set *roots, const void *area,
                       size_t bytes);
/* A full collection into the smallest block that holds what lives (hibernate); the stack is empty. */
void heap_shrink_to_fit(struct heap *h, const struct root_set *roots);
/* A full collection into a block with room for half as much again as lives, where that is smaller than what there is. */
void heap_tighten(struct heap *h, const struct root_set *roots);

/* Links a fragment (a received message) to the heap; its off-heap objects become the heap's. */
void heap_adopt(struct heap *h, struct fragment *f);
/* In the stress build (STRESS_HEAP, mk/hosted.mk): shall a collection move everything now, though there is
 * no need?  Yes at every chance for a small heap, more rarely for a large one.  Then every collection
 * also ends in heap_check(). */
#ifndef STRESS_HEAP
#define STRESS_HEAP 0
#endif
#if STRESS_HEAP
bool heap_stress(const struct heap *h);
#else
static inline bool heap_stress(const struct heap *h)
{
    (void)h;
    return false;
}
#endif
/* True when fragments or off-heap bytes ask for a collection at the next chance. */
static inline bool heap_wants_collection(const struct heap *h)
{
    return h->fragment_words > 4096 / 8 || h->off_heap.bytes > h->off_heap.limit || heap_stress(h);
}
/* Is p in the generations or fragments?  The stack does not count. */
bool heap_contains(const struct heap *h, const term *p);
/* Is this the address of an object of the heap?  Its stack is not looked at. */
/* Words in use in block, old block and fragments. */
size_t heap_used_words(const struct heap *h);
size_t heap_total_words(const struct heap *h);
/* The block sizes that heaps grow through: smallest one of at least `words`. */
size_t heap_next_size(size_t words);

/* Directly after a collection: walks everything and stops at the first word that is wrong. */
void heap_check(const struct heap *h);

/* --- copying between heaps (heap/copy.c) ------------------------------------------------- */

/* Words that a flat copy of `t` takes: shared subterms are counted each time, literals not at all
 * when `keep_literals` (they are not copied between processes of one mote). */
size_t copy_words(term t, bool keep_literals);
/* The same as stock counts it for the user: some objects have another size there, and an empty tuple, also
 * the one that is the keys of an empty map, takes nothing. */
int64_t copy_reported_more(const term *boxed);
size_t copy_words_reported(term t);
/* Copies `t` to *to, advancing it; off-heap objects are linked to `list`, one reference each.
 * Room for copy_words(t, keep_literals) words has been made.  Cannot fail; deep terms are no problem. */
term copy_term(term t, term **to, struct off_heap *list, bool keep_literals);
/* Both in one, to a heap: through heap_alloc. */
term copy_to_heap(term t, struct heap *h);
/* Into a new fragment; *out_term is the copy (fragment NULL when t is an immediate or literal).
 * false: no memory. */
bool copy_to_fragment(term t, struct fragment **fragment, term *out_term, bool keep_literals);

/* --- building --------------------------------------------------------------------------------- */

static inline term make_cons(struct heap *h, term hd, term tl)
{
    term *p = heap_alloc(h, CONS_WORDS);
    p[0] = hd;
    p[1] = tl;
    return cons_term(p);
}
static inline term make_float(struct heap *h, double d)
{
    term *p = heap_alloc(h, FLOAT_WORDS);
    p[0] = header(1, KIND_FLOAT);
    memcpy(p + 1, &d, sizeof d);
    return boxed_term(p);
}
/* A tuple of `n` elements; with elements NULL the caller fills them in at once. */
term make_tuple(struct heap *h, size_t n, const term *elements);
static inline term make_tuple2(struct heap *h, term a, term b)
{
    term *p = heap_alloc(h, 3);
    p[0] = header(2, KIND_TUPLE), p[1] = a, p[2] = b;
    return boxed_term(p);
}
static inline term make_tuple3(struct heap *h, term a, term b, term c)
{
    term *p = heap_alloc(h, 4);
    p[0] = header(3, KIND_TUPLE), p[1] = a, p[2] = b, p[3] = c;
    return boxed_term(p);
}
static inline term make_tuple4(struct heap *h, term a, term b, term c, term d)
{
    term *p = heap_alloc(h, 5);
    p[0] = header(4, KIND_TUPLE), p[1] = a, p[2] = b, p[3] = c, p[4] = d;
    return boxed_term(p);
}
/* An integer of any size from a machine word: small, or one limb. */
term make_integer(struct heap *h, int64_t v);
term make_unsigned(struct heap *h, uint64_t v);
/* A list of the `n` terms, ending in `end`. */
term make_list(struct heap *h, size_t n, const term *elements, term end);
/* A list of character codes from Latin-1 bytes / of code points from valid UTF-8. */
term make_string(struct heap *h, const char *latin1, size_t bytes);
term make_string_utf8(struct heap *h, const char *utf8, size_t bytes);

/* Length of a proper list, -1 when improper. */
ptrdiff_t list_length(term list);
/* How many cells it has, proper or not, counted up to `most`. */
static inline size_t list_cells(term list, size_t most)
{
    size_t n = 0;
    for (; is_cons(list) && n < most; list = tail(list)) n++;
    return n;
}

#endif
