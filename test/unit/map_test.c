/* SPDX-License-Identifier: Apache-2.0 */
/* map_test.c -- maps changed one key at a time against maps made at once, with keys whose hashes
 * collide, and walks from any place.  Against the stock machine: term_test.c.
 */
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "test/unit/vm_setup.h"
#include "heap/maps.h"
#include "term/node.h"

enum { MOST = 3000 };

static struct heap heap_, *const h = &heap_;
static term value_of[MOST]; /* the model: NO_VALUE when the key is not in the map */
static term key_of[MOST];

/* Pairs of the model in any order, some twice. */
static size_t model_pairs(term *pairs, size_t keys)
{
    size_t n = 0, start = any() % keys;
    for (size_t k = 0; k < keys; k++) {
        size_t i = (start + k) % keys;
        if (is_no_value(value_of[i])) continue;
        if (any() % 8 == 0) pairs[2 * n] = key_of[i], pairs[2 * n++ + 1] = ATOM(error);
        pairs[2 * n] = key_of[i], pairs[2 * n++ + 1] = value_of[i];
    }
    return n;
}

static size_t model_size(size_t keys)
{
    size_t n = 0;
    for (size_t i = 0; i < keys; i++) n += is_value(value_of[i]);
    return n;
}

static void check_against_model(term map, size_t keys)
{
    static term pairs[4 * MOST];
    size_t n = model_pairs(pairs, keys);
    term built = map_from_pairs(h, pairs, n, false);
    CHECK(map_size(map) == model_size(keys));
    CHECK(is_flat_map(map) == (map_size(map) <= MAP_FLAT_LIMIT));
    CHECK(term_same_value(map, built));
    CHECK(term_compare_exact(map, built) == 0);
    for (size_t i = 0; i < keys; i++) CHECK(term_same(map_get(map, key_of[i]), value_of[i]));
}

static void check_changes(size_t keys, size_t steps)
{
    term map = map_empty(h);
    for (size_t i = 0; i < keys; i++) value_of[i] = NO_VALUE;
    for (size_t s = 0; s < steps; s++) {
        size_t i = any() % keys;
        term value = small((int64_t)(any() % 1000)), had;
        switch (any() % 4) {
        case 0:
            map = map_remove(h, map, key_of[i], &had);
            CHECK(term_same(had, value_of[i]));
            value_of[i] = NO_VALUE;
            break;
        case 1:
            had = map_update(h, map, key_of[i], value);
            CHECK(is_value(had) == is_value(value_of[i]));
            if (is_value(had)) map = had, value_of[i] = value;
            break;
        default: map = map_put(h, map, key_of[i], value); value_of[i] = value;
        }
        if (s % 97 == 0) check_against_model(map, keys);
    }
    while (map_size(map)) { /* down to nothing, through 32 */
        struct map_iterator it;
        map_iterator_start(&it, map);
        for (uint64_t skip = any() % map_size(map) + 1; skip; skip--) map_iterator_next(&it);
        for (size_t i = 0; i < keys; i++)
            if (term_same(key_of[i], it.key)) value_of[i] = NO_VALUE;
        map = map_remove(h, map, it.key, NULL);
        if (any() % 31 == 0 || map_size(map) < 36) check_against_model(map, keys);
    }
}

static term random_map(size_t keys, size_t most)
{
    term map = map_empty(h);
    for (uint64_t n = any() % (most + 1); n; n--)
        map = map_put(h, map, key_of[any() % keys], small((int64_t)n));
    return map;
}

static void check_merges(size_t keys)
{
    static const size_t sizes[] = {0, 1, 20, 33, 60, 400};
    for (int round = 0; round < 100; round++) {
        term a = random_map(keys, sizes[any() % 6]), b = random_map(keys, sizes[any() % 6]),
             one = a;
        struct map_iterator it;
        map_iterator_start(&it, b);
        while (map_iterator_next(&it)) one = map_put(h, one, it.key, it.value);
        term merged = map_merge(h, a, b);
        CHECK(term_same_value(merged, one) && map_size(merged) == map_size(one));
    }
}

static void check_put_all(size_t keys)
{
    for (int round = 0; round < 200; round++) {
        term map = random_map(keys, 60), one = map, pairs[80], missing = NO_VALUE;
        size_t n = 1 + any() % 40;
        bool all_there = true;
        for (size_t i = 0; i < n; i++) {
            pairs[2 * i] = key_of[any() % keys], pairs[2 * i + 1] = small((int64_t)i + 5000);
            all_there &= is_value(map_get(map, pairs[2 * i]));
            one = map_put(h, one, pairs[2 * i], pairs[2 * i + 1]);
        }
        CHECK(term_same_value(map_put_all(h, map, pairs, n), one));
        term exact = map_put_all_exact(h, map, pairs, n, &missing);
        CHECK(is_value(exact) == all_there);
        if (all_there)
            CHECK(term_same_value(exact, one));
        else
            CHECK(is_no_value(map_get(map, missing)));
    }
}

/* Walking in pieces, by paths, visits what one walk visits. */
static void check_paths(term tree)
{
    struct map_iterator whole, piece;
    uint64_t path = 0;
    map_iterator_start(&whole, tree);
    CHECK(map_iterator_seek(&piece, tree, 0));
    while (map_iterator_next(&whole)) {
        CHECK(map_iterator_next(&piece) && term_same(piece.key, whole.key));
        if (any() % 3 || !map_iterator_path(&piece, &path)) continue;
        CHECK(map_iterator_seek(&piece, tree, path));
    }
    CHECK(!map_iterator_next(&piece));
    for (int i = 0; i < 1000; i++) map_iterator_seek(&piece, tree, any() >> any() % 60);
}

static void run(size_t keys)
{
    check_changes(keys, 3000);
    check_merges(keys);
    check_put_all(keys);
    term map = map_empty(h);
    for (size_t i = 0; i < keys; i++) map = map_put(h, map, key_of[i], NIL);
    if (!is_flat_map(map)) check_paths(map);
}

int main(void)
{
    setup_vm();
    node_start();
    static const size_t counts[] = {5, 33, 40, 200, MOST};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        fresh_heap(h, 4096);
        for (size_t i = 0; i < counts[c]; i++) key_of[i] = small((int64_t)i);
        run(counts[c]);
        fresh_heap(h, 4096);
        for (size_t i = 0; i < counts[c]; i++)
            key_of[i] = i % 2 ? make_float(h, (double)i) : make_tuple2(h, small((int64_t)i), NIL);
        run(counts[c]);
    }
    heap_end(h);
    return check_result();
}
