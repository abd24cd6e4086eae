/* SPDX-License-Identifier: Apache-2.0 */
/* heap_test.c -- the collector and the copier on random graphs of every kind of term.
 *
 * Roots are terms in an array and on the stack.  Each has a twin: a copy on a heap that is never
 * collected.  After every collection, of any sort and size, each root must still be the value of
 * its twin, a match context at the same place of the same bytes, and heap_check() content.
 */
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "test/unit/vm_setup.h"
#include "binary/match.h"
#include "code/code.h"
#include "heap/maps.h"
#include "heap/records.h"
#include "term/compare.h"
#include "term/node.h"

enum { ROOTS = 24, ON_STACK = 8, ROUNDS = 400 };

static struct heap heap_, twins_, *const h = &heap_, *const twins = &twins_;
static term root[ROOTS], twin[ROOTS];
static term context; /* a match context, or NIL */
static uint64_t context_left;
static term context_rest; /* what it has left, on the twins' heap */
static struct fun_entry *entry;

static size_t below(size_t n) { return (size_t)(any() % n); }

/* --- random terms ------------------------------------------------------------------------- */

static term any_root(void) { return root[ON_STACK + below(ROOTS - ON_STACK)]; }

static term any_binary(void)
{
    size_t n = any() % 4 ? below(60) : 65 + below(3000);
    term t;
    uint8_t *bytes = binary_new(h, n, &t);
    if (!bytes) exit(2);
    for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)any();
    if (n == 0 || any() % 2) return t;
    size_t at = below(n * 8), size = below(n * 8 - at + 1);
    return binary_part(h, t, at, size);
}

static term any_map(void)
{
    static term pairs[200];
    size_t n = any() % 3 ? below(12) : 33 + below(60);
    for (size_t i = 0; i < n; i++) {
        pairs[2 * i] = i % 3 ? small((int64_t)i) : make_float(h, (double)i);
        pairs[2 * i + 1] = any_root();
    }
    return map_from_pairs(h, pairs, n, false);
}

static term any_fun(void)
{
    term *w = heap_alloc(h, FUN_WORDS(2));
    w[0] = header(FUN_WORDS(2) - 1, KIND_FUN);
    w[1] = term_of((uintptr_t)entry);
    w[2] = pid_term(7);
    w[3] = any_root(), w[4] = any_root();
    return boxed_term(w);
}

static term any_record(void)
{
    term keys[4] = {ATOM(ok), ATOM(error), ATOM(badarg), ATOM(true)};
    size_t n = below(5);
    term r = record_make(h, record_define(h, ATOM(erlang), ATOM(ok), any() % 2, keys, n));
    for (size_t i = 0; i < n; i++) record_values(r)[i] = any_root();
    return r;
}

static term any_list(void)
{
    term t = any() % 8 ? NIL : any_root();
    for (size_t n = below(20); n > 0; n--) t = make_cons(h, any() % 2 ? any_root() : small(1), t);
    return t;
}

static term any_term(void)
{
    switch (below(11)) {
    case 0: return small((int64_t)any() >> 8);
    case 1: return make_unsigned(h, any());
    case 2: return make_float(h, (double)below(1000) / 8);
    case 3: return make_tuple3(h, any_root(), ATOM(ok), any_root());
    case 4: return make_tuple(h, 0, NULL);
    case 5: return any_list();
    case 6: return any_map();
    case 7: return any_fun();
    case 8: return any_record();
    default: return any_binary();
    }
}

/* A graph doubles in size as a tree when it shares: kept small enough to be copied flat. */
static void change_roots(void)
{
    for (size_t n = 1 + below(6); n > 0; n--) {
        size_t i = below(ROOTS);
        term t = any_term();
        root[i] = copy_words(t, true) < 20000 ? t : NIL;
        twin[i] = copy_to_heap(root[i], twins);
    }
}

static void start_match(void)
{
    term t = any_binary();
    size_t bits = binary_bit_size(t);
    context = match_start(h, t);
    size_t skip = below(bits + 1);
    match_set_position(context, small(small_value(match_position(context)) + (int64_t)skip));
    context_left = bits - skip;
    context_rest = copy_to_heap(match_get_rest(h, context, 1), twins);
    context = match_start(h, t); /* taking the rest moved it */
    match_set_position(context, small(small_value(match_position(context)) + (int64_t)skip));
}

/* --- collecting ------------------------------------------------------------------------------ */

static void push_roots(void)
{
    h->stack = h->end - ON_STACK - 1;
    h->stack[0] = term_of(0x1000); /* a return address is skipped */
    memcpy(h->stack + 1, root, ON_STACK * sizeof(term));
}
static void pop_roots(void) { memcpy(root, h->stack + 1, ON_STACK * sizeof(term)); }

static void collect(void)
{
    struct root_range ranges[] = {{root + ON_STACK, ROOTS - ON_STACK}, {&context, 1}};
    struct root_set roots = {.ranges = ranges, .count = 2};
    size_t need = any() % 4 ? below(50) : below(20000);
    pop_roots();
    push_roots();
    heap_collect(h, need, &roots, any() % 5 == 0);
    CHECK((size_t)(h->stack - h->top) >= need);
    CHECK(h->fragments == NULL);
    pop_roots();
    heap_check(h);
}

static void check_values(void)
{
    for (size_t i = 0; i < ROOTS; i++) CHECK(term_same_value(root[i], twin[i]));
    if (is_nil(context)) return;
    CHECK(match_left(context) == context_left);
    term before = match_position(context);
    term rest = match_get_rest(h, context, 1);
    CHECK(term_same_value(rest, context_rest));
    match_set_position(context, before);
}

static void random_graphs(size_t words)
{
    fresh_heap(h, words);
    fresh_heap(twins, 1 << 16);
    for (size_t i = 0; i < ROOTS; i++) root[i] = twin[i] = NIL;
    context = NIL;
    push_roots();
    for (int round = 0; round < ROUNDS; round++) {
        change_roots();
        memcpy(h->stack + 1, root, ON_STACK * sizeof(term));
        if (any() % 4 == 0) start_match();
        if (any() % 16 == 0) context = NIL;
        collect();
        check_values();
    }
}

/* --- limits ------------------------------------------------------------------------------------ */

/* Depth costs the collector and the copier nothing but memory. */
static void depth(void)
{
    enum { DEEP = 1000000 };
    fresh_heap(h, 4096);
    fresh_heap(twins, 4096);
    for (size_t i = 0; i < ROOTS; i++) root[i] = NIL;
    context = NIL;
    push_roots();
    term t = NIL;
    for (int i = 0; i < DEEP; i++) t = make_tuple2(h, small(i), make_cons(h, t, NIL));
    root[ROOTS - 1] = t;
    collect();
    CHECK(copy_words(root[ROOTS - 1], true) == (size_t)DEEP * 5);
    t = copy_to_heap(root[ROOTS - 1], twins);
    CHECK(term_same_value(t, root[ROOTS - 1]));
    root[ROOTS - 1] = NIL;
    for (int i = 0; i < 3; i++) collect();
    CHECK(heap_used_words(h) < 1000 + ON_STACK);
}

/* What is dropped is released; what is shared stays until the last one goes. */
static void off_heap(void)
{
    fresh_heap(h, 4096);
    fresh_heap(twins, 4096);
    for (size_t i = 0; i < ROOTS; i++) root[i] = NIL;
    context = NIL;
    push_roots();
    struct blob *b = blob_make(1000);
    b->references++; /* ours, to look at */
    root[ROOTS - 1] = binary_of_blob(h, b);
    CHECK(b->references == 2);
    term copy = copy_to_heap(root[ROOTS - 1], twins);
    CHECK(b->references == 3 && is_binary(copy));
    collect();
    CHECK(b->references == 3);
    root[ROOTS - 1] = NIL;
    for (int i = 0; i < 3; i++) collect();
    heap_collect(h, 0, &(struct root_set){0}, true);
    CHECK(b->references == 2);
    fresh_heap(twins, 4096);
    CHECK(b->references == 1);
    blob_drop(b);
}

int main(void)
{
    setup_vm();
    node_start();
    code_start();
    static const uint8_t uniq[16] = {1};
    entry = fun_entry_get(ATOM(lists), 1, 0, uniq, 1);
    entry->free_count = 2;
    static const size_t sizes[] = {233, 1000, 30000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) random_graphs(sizes[i]);
    depth();
    off_heap();
    heap_end(h);
    heap_end(twins);
    return check_result();
}
