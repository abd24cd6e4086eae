/* SPDX-License-Identifier: Apache-2.0 */
/* ets_test.c -- hash tables and trees of ets/ against a plain array, and copying objects. */
#include "check.h"
#include "vm_setup.h"

#include "ets/hash_table.h"
#include "ets/tree.h"
#include "term/compare.h"

#define KEYS 500

static uint32_t seed = 1;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 8) % n;
}

static term pair_words[3];
static term pair(int64_t key, int64_t value)
{
    pair_words[0] = header(2, KIND_TUPLE), pair_words[1] = small(key), pair_words[2] = small(value);
    return boxed_term(pair_words);
}

/* The height of a subtree whose every node is in order and in balance; -1: it is not. */
static int sound(const struct tree_node *n, term low, term high)
{
    if (!n) return 0;
    term key = object_key(&n->object, 1);
    if (is_value(low) && term_compare(key, low) <= 0) return -1;
    if (is_value(high) && term_compare(key, high) >= 0) return -1;
    int l = sound(n->left, low, key), r = sound(n->right, key, high);
    if (l < 0 || r < 0 || l - r > 1 || r - l > 1) return -1;
    int h = (l > r ? l : r) + 1;
    return h == (int)n->object.mark ? h : -1;
}

static void test_tree(void)
{
    struct tree t = {.keypos = 1};
    int64_t model[KEYS];
    size_t count = 0;
    for (int i = 0; i < KEYS; i++) model[i] = -1;
    for (int round = 0; round < 20000; round++) {
        uint32_t key = rnd(KEYS);
        bool was = model[key] >= 0;
        if (rnd(2)) {
            CHECK(tree_put(&t, pair(key, round), false) == PUT_OK);
            CHECK(tree_put(&t, pair(key, 0), true) == PUT_EXISTS);
            model[key] = round;
            count += !was;
        } else {
            CHECK(tree_delete(&t, small(key)) == was);
            model[key] = -1;
            count -= was;
        }
        CHECK(t.count == count);
        if (round % 100 == 0) CHECK(sound(t.root, NO_VALUE, NO_VALUE) >= 0);
    }
    struct tree_walk w;
    struct tree_node *n = tree_walk_from(&w, &t, false, NULL, NULL);
    for (int i = 0; i < KEYS; i++) {
        struct tree_node *found = tree_find(&t, small(i));
        CHECK(!found == (model[i] < 0));
        if (model[i] < 0) continue;
        CHECK(n == found && small_value(n->object.tuple[2]) == model[i]);
        CHECK(tree_before(&t, small(i + 1)) == n && tree_after(&t, small(i - 1)) == n);
        n = tree_walk_next(&w);
    }
    CHECK(!n);
    while (!tree_free_some(&t, 7)) continue;
    CHECK(!t.root);
}

static size_t live_objects(const struct hash_table *t)
{
    size_t n = 0;
    uint32_t bucket = 0;
    struct hash_node *node = hash_live_from(t, t->buckets[0], &bucket);
    for (; node; node = hash_live_from(t, node->next, &bucket)) n++;
    return n;
}

static void test_set(uint32_t stride)
{
    struct hash_table t;
    CHECK(hash_start(&t, 1, false, false, stride));
    enum { MANY = 20000 };
    size_t work = 0, count = 0;
    static bool there[MANY];
    memset(there, 0, sizeof there);
    for (int round = 0; round < 200000; round++) {
        uint32_t key = rnd(MANY);
        bool fixed = round / 10000 % 4 == 3, add = round < 100000 ? rnd(4) != 0 : rnd(8) == 0;
        if (!fixed && t.dead_count) hash_bury(&t);
        if (add) {
            CHECK(hash_put(&t, pair(key, round), false, fixed, &work) == PUT_OK);
            count += !there[key];
        } else {
            hash_delete(&t, small(key), fixed);
            count -= there[key];
        }
        there[key] = add;
        CHECK(t.count == count);
        if (round % 20000 == 0) CHECK(live_objects(&t) == count);
    }
    for (int i = 0; i < MANY; i++) CHECK(!hash_find(&t, small(i)) == !there[i]);
    CHECK(live_objects(&t) == count);
    while (!hash_free_some(&t, 1000)) continue;
}

static void test_bag(void)
{
    struct hash_table t;
    CHECK(hash_start(&t, 1, true, false, 1));
    size_t work = 0;
    for (int i = 0; i < 3; i++) {
        hash_put(&t, pair(1, i), false, false, &work);
        hash_put(&t, pair(1, i), false, false, &work);
        hash_put(&t, pair(2, i), false, false, &work);
    }
    CHECK(t.count == 6);
    CHECK(hash_put(&t, pair(1, 9), true, false, &work) == PUT_EXISTS);
    hash_delete_object(&t, pair(1, 1), false);
    struct hash_node *n = hash_find(&t, small(1));
    CHECK(n && small_value(n->object.tuple[2]) == 2);
    n = hash_next_same(&t, n, small(1));
    CHECK(n && small_value(n->object.tuple[2]) == 0);
    CHECK(!hash_next_same(&t, n, small(1)));
    hash_delete(&t, small(1), false);
    CHECK(!hash_find(&t, small(1)) && t.count == 3);
    hash_mark_all_dead(&t);
    CHECK(t.count == 0 && !hash_find(&t, small(2)) && hash_find_any(&t, small(2)));
    hash_bury(&t);
    CHECK(!hash_find_any(&t, small(2)));
    while (!hash_free_some(&t, 1)) continue;
}

/* A term with everything that moves comes out equal, and an off-heap binary is shared. */
/* packed_key: 0, or the position of the key in an object of a compressed table. */
static void test_objects(uint32_t packed_key)
{
    struct heap h = {0};
    CHECK(heap_start(&h, 1000));
    struct blob *b = blob_make(100);
    memset(b->data, 7, 100);
    term *w = heap_alloc(&h, REFC_BINARY_WORDS);
    w[0] = header(4, KIND_REFC_BINARY), w[2] = term_of((uintptr_t)b);
    w[3] = term_of((uintptr_t)b->data), w[4] = term_of(100);
    off_heap_link(&h.off_heap, w);
    term binary = boxed_term(w);
    w = heap_alloc(&h, SUB_BINARY_WORDS);
    w[0] = header(5, KIND_SUB_BINARY), w[1] = binary, w[2] = term_of(3), w[3] = term_of(50);
    w[4] = term_of(0), w[5] = term_of(0);
    term parts[] = {small(1),
                    make_string(&h, "text", 4),
                    binary,
                    boxed_term(w),
                    make_float(&h, 1.5),
                    make_unsigned(&h, UINT64_MAX),
                    NIL};
    term tuple = make_tuple(&h, 7, parts);
    struct hash_node *n = object_make(NODE_PREFIX, tuple, packed_key);
    CHECK(n && b->references == 3); /* the binary, and once more below the part of it */
    CHECK(object_is_packed(&n->object) == (packed_key != 0));
    CHECK(term_same_value(tuple, object_term(object_plain(&n->object))));
    CHECK(b->references == 3);
    term copy = object_copy(&n->object, &h);
    CHECK(b->references == 5 && term_same_value(tuple, copy));
    object_free(&n->object, NODE_PREFIX);
    CHECK(b->references == 3);
    heap_end(&h);
}

int main(void)
{
    setup_vm();
    test_tree();
    test_set(1);
    test_set(64);
    test_bag();
    test_objects(0);
    test_objects(1);
    return check_result();
}
