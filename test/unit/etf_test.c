/* SPDX-License-Identifier: Apache-2.0 */
/* etf_test.c -- the external term decoder against input that is cut, flipped or lies, and against
 * depth.  What it answers for good input: term_test.c.
 */
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "test/unit/vm_setup.h"
#include "binary/binary.h"
#include "etf/etf.h"
#include "heap/maps.h"
#include "heap/records.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/node.h"

static struct heap heap_, *const h = &heap_;

/* With names in term order, and not. */
static term record(bool in_order)
{
    term keys[3] = {ATOM(badarg), ATOM(error), ATOM(ok)}, swap = keys[0];
    if (!in_order) keys[0] = keys[2], keys[2] = swap;
    term r = record_make(h, record_define(h, ATOM(erlang), ATOM(true), in_order, keys, 3));
    for (int i = 0; i < 3; i++) record_values(r)[i] = make_tuple2(h, small(i), NIL);
    return r;
}

static void check_records(void)
{
    struct etf_options o = {0};
    uint8_t bytes[200];
    for (int order = 0; order < 2; order++) {
        term r = record(order), back;
        uint8_t *end = etf_encode(bytes, r, &o);
        CHECK((size_t)(end - bytes) == etf_size(r, &o));
        back = etf_decode(h, bytes, (size_t)(end - bytes), 0, NULL);
        CHECK(is_value(back) && is_record(back) && term_same_value(back, r));
        CHECK(term_compare(back, r) == 0 && term_phash2(back) == term_phash2(r));
        CHECK(copy_words(r, false) == 18 + 9); /* record, definition and order; three pairs */
        term fields[] = {ATOM(error), small(5)}, none = NIL;
        term changed = record_update(h, r, fields, 1, &none);
        CHECK(record_get(changed, ATOM(error)).bits == small(5).bits);
        CHECK(term_compare(changed, r) < 0); /* a number before a tuple */
        fields[0] = ATOM(exit);
        CHECK(is_no_value(record_update(h, r, fields, 1, &none)) && term_same(none, ATOM(exit)));
    }
    CHECK(term_compare(record(false), record(true)) < 0); /* false is not exported */
    term twice[] = {ATOM(ok), ATOM(error), ATOM(ok)};
    CHECK(is_no_value(record_define(h, ATOM(ok), ATOM(ok), true, twice, 3)));
}

/* A term with one of everything but funs. */
static term sample(void)
{
    term pairs[80];
    for (int i = 0; i < 40; i++) pairs[2 * i] = small(i * i), pairs[2 * i + 1] = make_float(h, i);
    uint8_t bytes[200] = {1, 2, 3};
    term big[2];
    big[0] = make_unsigned(h, UINT64_MAX), big[1] = make_integer(h, INT64_MIN);
    const term parts[] = {ATOM(ok),
                          atom_make("\xe2\x82\xac", 3),
                          small(7),
                          small(-70000),
                          small(SMALL_MAX),
                          big[0],
                          big[1],
                          make_float(h, 1.5),
                          NIL,
                          make_string(h, "text", 4),
                          make_list(h, 2, big, ATOM(error)),
                          binary_make(h, bytes, 3),
                          binary_make(h, bytes, 200),
                          binary_from_bits(h, (struct bits){bytes, 3, 77}),
                          pid_term(5),
                          port_term(6),
                          map_from_pairs(h, pairs, 5, false),
                          map_from_pairs(h, pairs, 40, false),
                          record(false),
                          record(true),
                          make_tuple(h, 80, pairs)};
    return make_tuple(h, sizeof parts / sizeof *parts, parts);
}

static void try_bytes(const uint8_t *bytes, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1); /* so that a byte too far is seen */
    size_t used;
    memcpy(exact, bytes, n);
    term t = etf_decode_versioned(h, exact, n, 0, &used);
    CHECK(used <= n);
    if (is_value(t)) {
        struct etf_options o = {0};
        CHECK(etf_size(t, &o) < 100000);
        term_phash2(t);
    }
    free(exact);
}

static void check_mutations(const uint8_t *good, size_t n)
{
    uint8_t *bytes = malloc(n);
    for (int i = 0; i < 10000; i++) {
        if (i % 100 == 0) fresh_heap(h, 4096);
        memcpy(bytes, good, n);
        for (uint64_t k = 1 + any() % 4; k; k--) bytes[any() % n] ^= (uint8_t)(1u << any() % 8);
        try_bytes(bytes, any() % 4 ? n : any() % n);
    }
    free(bytes);
}

static void check_cuts(const uint8_t *good, size_t n)
{
    size_t used;
    for (size_t i = 0; i < n; i++) {
        uint8_t *cut = malloc(i ? i : 1);
        memcpy(cut, good, i);
        CHECK(is_no_value(etf_decode_versioned(h, cut, i, 0, &used)));
        free(cut);
    }
    CHECK(is_value(etf_decode_versioned(h, good, n, 0, &used)) && used == n);
}

/* Claims of a size that is not there must cost next to nothing. */
static void check_claims(void)
{
    static const uint8_t lies[][12] = {
        {131, 105, 255, 255, 255, 255, 97, 1}, {131, 108, 255, 255, 255, 255, 97, 1},
        {131, 116, 255, 255, 255, 255, 97, 1}, {131, 109, 255, 255, 255, 255, 97, 1},
        {131, 111, 255, 255, 255, 255, 0, 1},  {131, 80, 255, 255, 255, 255, 120, 156},
        {131, 77, 255, 255, 255, 255, 3, 1},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        size_t before = heap_total_words(h);
        CHECK(is_no_value(etf_decode_versioned(h, lies[i], sizeof lies[i], 0, NULL)));
        CHECK(heap_total_words(h) - before < 10000);
    }
    /* A tuple in a tuple in a tuple, each claiming all that is left. */
    size_t n = 100000, at = 0;
    uint8_t *nested = malloc(n);
    while (at + 5 <= n) {
        nested[at] = 105;
        store_u32(nested + at + 1, (uint32_t)(n - at - 5));
        at += 5;
    }
    size_t before = heap_total_words(h);
    CHECK(is_no_value(etf_decode(h, nested, n, 0, NULL)));
    CHECK(heap_total_words(h) - before < 4 * n);
    free(nested);
}

/* [[[[...]]]] and {{{{...}}}}: no recursion in decoding, comparing, hashing, encoding. */
static void check_depth(void)
{
    enum { DEPTH = 1000000 };
    struct etf_options o = {0};
    fresh_heap(h, 4096);
    term lists = NIL, tuples = NIL;
    for (int i = 0; i < DEPTH; i++) {
        lists = make_cons(h, lists, NIL);
        tuples = make_tuple(h, 1, &tuples);
    }
    term both = make_tuple2(h, lists, tuples), binary;
    CHECK(etf_encode_versioned(h, both, &o, 0, &binary) == ETF_OK);
    size_t n, used;
    const uint8_t *bytes = binary_bytes(binary, &n);
    term again = etf_decode_versioned(h, bytes, n, 0, &used);
    CHECK(is_value(again) && used == n);
    CHECK(term_same_value(both, again) && term_compare(both, again) == 0);
    CHECK(term_phash2(both) == term_phash2(again));
    CHECK(term_internal_hash(both, 0) == term_internal_hash(again, 0));
}

int main(void)
{
    setup_vm();
    node_start();
    fresh_heap(h, 4096);
    struct etf_options o = {0};
    for (int level = 0; level < 2; level++) {
        term binary;
        fresh_heap(h, 4096);
        CHECK(etf_encode_versioned(h, sample(), &o, level, &binary) == ETF_OK);
        size_t n;
        const uint8_t *inside = binary_bytes(binary, &n);
        uint8_t *good = malloc(n);
        memcpy(good, inside, n);
        check_cuts(good, n);
        check_mutations(good, n);
        free(good);
    }
    check_records();
    check_claims();
    check_depth();
    heap_end(h);
    return check_result();
}
