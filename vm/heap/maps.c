/* SPDX-License-Identifier: Apache-2.0 */
/* maps.c -- maps changed by one key, flat and hashed; see maps.h.
 *
 * A changed tree shares all nodes that are not on the path from the root to the key.
 * path[] remembers that path while the new nodes are built from the leaf up.
 * Making maps from many pairs at once: map_build.c.
 */
#include "heap/maps.h"
#include "heap/map_build.h"
#include "heap/arena.h"
#include "term/effort.h"

static term empty_tuple(struct heap *h)
{
    term *p = heap_alloc(h, 1);
    p[0] = header(0, KIND_TUPLE);
    return boxed_term(p);
}

term map_flat(struct heap *h, term keys, const term *values)
{
    size_t n = tuple_size(keys);
    term *p = heap_alloc(h, FLAT_MAP_WORDS(n));
    p[0] = map_header(MAP_FLAT, 0);
    p[1] = term_of(n);
    p[2] = keys;
    if (values) memcpy(p + 3, values, n * sizeof *values);
    return boxed_term(p);
}

term map_empty(struct heap *h) { return map_flat(h, empty_tuple(h), NULL); }

/* --- flat ------------------------------------------------------------------------------------ */

static term flat_replace(struct heap *h, term map, size_t at, term value)
{
    if (term_same(flat_map_values(map)[at], value)) return map;
    term changed = map_flat(h, flat_map_keys(map), flat_map_values(map));
    flat_map_values(changed)[at] = value;
    return changed;
}

/* Copies n words with one more, `extra`, at place `at`. */
static void copy_inserting(term *to, const term *from, size_t n, size_t at, term extra)
{
    memcpy(to, from, at * sizeof *to);
    to[at] = extra;
    memcpy(to + at + 1, from + at, (n - at) * sizeof *to);
}

static void copy_removing(term *to, const term *from, size_t n, size_t at)
{
    memcpy(to, from, at * sizeof *to);
    memcpy(to + at, from + at + 1, (n - at - 1) * sizeof *to);
}

static term flat_insert(struct heap *h, term map, term key, term value)
{
    size_t n = map_size(map), at = 0;
    const term *keys = flat_map_key_array(map);
    while (at < n && term_compare_exact(keys[at], key) < 0) at++;
    term *p = heap_alloc(h, TUPLE_WORDS(n + 1) + FLAT_MAP_WORDS(n + 1));
    p[0] = header(n + 1, KIND_TUPLE);
    copy_inserting(p + 1, keys, n, at, key);
    term *m = p + TUPLE_WORDS(n + 1);
    m[0] = map_header(MAP_FLAT, 0);
    m[1] = term_of(n + 1);
    m[2] = boxed_term(p);
    copy_inserting(m + 3, flat_map_values(map), n, at, value);
    return boxed_term(m);
}

static term flat_remove(struct heap *h, term map, size_t at)
{
    size_t n = map_size(map);
    if (n == 1) return map_empty(h);
    term *p = heap_alloc(h, TUPLE_WORDS(n - 1) + FLAT_MAP_WORDS(n - 1));
    p[0] = header(n - 1, KIND_TUPLE);
    copy_removing(p + 1, flat_map_key_array(map), n, at);
    term *m = p + TUPLE_WORDS(n - 1);
    m[0] = map_header(MAP_FLAT, 0);
    m[1] = term_of(n - 1);
    m[2] = boxed_term(p);
    copy_removing(m + 3, flat_map_values(map), n, at);
    return boxed_term(m);
}

/* The 33rd key: from now on a tree. */
static term flat_to_hashed(struct heap *h, term map, term key, term value)
{
    term pairs[2 * (MAP_FLAT_LIMIT + 1)];
    size_t n = map_size(map);
    for (size_t i = 0; i < n; i++) {
        pairs[2 * i] = flat_map_key_array(map)[i];
        pairs[2 * i + 1] = flat_map_values(map)[i];
    }
    pairs[2 * n] = key, pairs[2 * n + 1] = value;
    return map_from_pairs(h, pairs, n + 1, false);
}

/* Insertion sort: n is at most 32. */
term map_flat_from_unsorted(struct heap *h, size_t n, const term *keys, const term *values)
{
    if (n == 0) return map_empty(h);
    term *p = heap_alloc(h, TUPLE_WORDS(n) + FLAT_MAP_WORDS(n));
    term *m = p + TUPLE_WORDS(n);
    p[0] = header(n, KIND_TUPLE);
    m[0] = map_header(MAP_FLAT, 0);
    m[1] = term_of(n);
    m[2] = boxed_term(p);
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && term_compare_exact(keys[i], p[at]) < 0; at--) {
            p[1 + at] = p[at];
            m[3 + at] = m[2 + at];
        }
        p[1 + at] = keys[i];
        m[3 + at] = values[i];
    }
    return boxed_term(m);
}

/* --- trees: the way down ------------------------------------------------------------------------ */

struct step {
    const term *node;
    uint32_t bit;  /* of the child that the path takes */
    unsigned slot; /* its place among the children */
};
struct path {
    struct step step[MAP_LEVELS];
    unsigned depth;
    term leaf; /* the cons where the path ends; NO_VALUE: an empty slot of the last node */
};

static uint32_t deeper_hash(uint32_t hash, term key, unsigned level)
{
    return level % 8 ? hash >> 4 : map_hash_at(key, level / 8);
}

static void find_path(struct path *path, term map, term key)
{
    const term *node = boxed_words(map);
    uint32_t hash = map_hash(key);
    path->depth = 0;
    for (;;) {
        struct step *s = &path->step[path->depth++];
        s->node = node;
        s->bit = 1u << (hash & 15);
        s->slot = (unsigned)__builtin_popcount(map_bitmap(*node) & (s->bit - 1));
        path->leaf = NO_VALUE;
        if (!(map_bitmap(*node) & s->bit)) break;
        path->leaf = node[(map_form(*node) == MAP_HASH_ROOT ? 2 : 1) + s->slot];
        hash = deeper_hash(hash, key, path->depth);
        if (is_cons(path->leaf)) break;
        node = boxed_words(path->leaf);
    }
}

static bool path_has(const struct path *path, term key)
{
    return is_value(path->leaf) && term_same_value(head(path->leaf), key);
}

/* --- trees: the way up ----------------------------------------------------------------------------- */

/* Copies head words (header, and the size of a root plus `growth`); where the children go. */
static term *copy_head(term *to, const term *node, uint32_t bitmap, int growth)
{
    to[0] = map_header(map_form(*node), bitmap);
    if (map_form(*node) != MAP_HASH_ROOT) return to + 1;
    to[1] = term_of(node[1].bits + (uint64_t)(int64_t)growth);
    return to + 2;
}

/* The node of a step with another child there, or one more. */
static term with_child(struct heap *h, const struct step *s, term child, int growth)
{
    uint32_t bitmap = map_bitmap(*s->node);
    size_t n = map_node_count(*s->node);
    bool is_new = !(bitmap & s->bit);
    term *p = heap_alloc(h, map_object_words(s->node) + is_new);
    term *to = copy_head(p, s->node, bitmap | s->bit, growth);
    const term *from = s->node + (to - p);
    if (is_new) {
        copy_inserting(to, from, n, s->slot, child);
    } else {
        memcpy(to, from, n * sizeof *to);
        to[s->slot] = child;
    }
    return boxed_term(p);
}

static term without_child(struct heap *h, const struct step *s)
{
    size_t n = map_node_count(*s->node);
    term *p = heap_alloc(h, map_object_words(s->node) - 1);
    term *to = copy_head(p, s->node, map_bitmap(*s->node) ^ s->bit, -1);
    copy_removing(to, s->node + (to - p), n, s->slot);
    return boxed_term(p);
}

static term one_child_node(struct heap *h, uint32_t bit, term child)
{
    term *p = heap_alloc(h, 2);
    p[0] = map_header(MAP_HASH_NODE, bit);
    p[1] = child;
    return boxed_term(p);
}

/* Nodes that tell two leaves apart whose hashes agree above this level. */
term map_split_leaves(struct heap *h, unsigned level, term old, term fresh)
{
    uint32_t bits[MAP_LEVELS];
    unsigned n = 0;
    uint32_t a = map_hash_at(head(fresh), level / 8) >> (4 * (level % 8));
    uint32_t b = map_hash_at(head(old), level / 8) >> (4 * (level % 8));
    while ((a & 15) == (b & 15)) {
        arena_must(level + 1 < MAP_LEVELS ? bits : NULL); /* 256 equal bits of hash do not happen */
        bits[n++] = 1u << (a & 15);
        level++;
        a = deeper_hash(a, head(fresh), level);
        b = deeper_hash(b, head(old), level);
    }
    term *p = heap_alloc(h, 3);
    bool first = (a & 15) < (b & 15);
    p[0] = map_header(MAP_HASH_NODE, 1u << (a & 15) | 1u << (b & 15));
    p[1] = first ? fresh : old;
    p[2] = first ? old : fresh;
    term t = boxed_term(p);
    while (n) t = one_child_node(h, bits[--n], t);
    return t;
}

static term hashed_put(struct heap *h, const struct path *path, term key, term value)
{
    int growth = 1;
    term fresh = make_cons(h, key, value);
    if (is_value(path->leaf)) {
        if (term_same_value(head(path->leaf), key))
            growth = 0;
        else
            fresh = map_split_leaves(h, path->depth, path->leaf, fresh);
    }

    for (unsigned i = path->depth; i--;) fresh = with_child(h, &path->step[i], fresh, growth);
    return fresh;
}

/* Back to a flat map of 32 keys. */
static term hashed_to_flat(struct heap *h, term map, term without)
{
    term keys[MAP_FLAT_LIMIT + 1], values[MAP_FLAT_LIMIT + 1];
    size_t n = 0;
    struct map_iterator it;
    map_iterator_start(&it, map);
    while (map_iterator_next(&it)) {
        if (term_same(it.key, without)) continue;
        keys[n] = it.key;
        values[n++] = it.value;
    }
    return map_flat_from_unsorted(h, n, keys, values);
}

/* A node that keeps only one leaf gives it to its parent, so that the form stays the only one. */
static term hashed_remove(struct heap *h, term map, const struct path *path)
{
    if (map_size(map) - 1 <= MAP_FLAT_LIMIT) return hashed_to_flat(h, map, head(path->leaf));
    term left = NO_VALUE; /* what takes the place of the path below; none: the slot goes too */
    for (unsigned i = path->depth; i--;) {
        const struct step *s = &path->step[i];
        bool is_root = i == 0;
        size_t n = map_node_count(*s->node);
        if (is_value(left)) {
            if (!is_root && n == 1 && is_cons(left)) continue;
            left = with_child(h, s, left, -1);
        } else if (!is_root && n == 1) {
            continue;
        } else if (!is_root && n == 2 && is_cons(s->node[2 - s->slot])) {
            left = s->node[2 - s->slot];
        } else {
            left = without_child(h, s);
        }
    }
    return left;
}

/* --- one key ------------------------------------------------------------------------------------------- */

static ptrdiff_t find_in_flat(term map, term key)
{
    if (!is_immediate(key)) return flat_map_find(map, key);
    size_t n = map_size(map);
    const term *keys = flat_map_key_array(map);
    for (size_t i = 0; i < n; i++)
        if (term_same(keys[i], key)) return (ptrdiff_t)i;
    return -1;
}

term map_put(struct heap *h, term map, term key, term value)
{
    if (is_flat_map(map)) {
        ptrdiff_t at = find_in_flat(map, key);
        if (at >= 0) return flat_replace(h, map, (size_t)at, value);
        if (map_size(map) == MAP_FLAT_LIMIT) return flat_to_hashed(h, map, key, value);
        return flat_insert(h, map, key, value);
    }
    struct path path;
    find_path(&path, map, key);
    if (path_has(&path, key) && term_same(tail(path.leaf), value)) return map;
    return hashed_put(h, &path, key, value);
}

term map_update(struct heap *h, term map, term key, term value)
{
    if (is_flat_map(map)) {
        ptrdiff_t at = find_in_flat(map, key);
        return at < 0 ? NO_VALUE : flat_replace(h, map, (size_t)at, value);
    }
    struct path path;
    find_path(&path, map, key);
    if (!path_has(&path, key)) return NO_VALUE;
    if (term_same(tail(path.leaf), value)) return map;
    return hashed_put(h, &path, key, value);
}

term map_remove(struct heap *h, term map, term key, term *value)
{
    term dropped;
    if (!value) value = &dropped;
    *value = NO_VALUE;
    if (is_flat_map(map)) {
        ptrdiff_t at = find_in_flat(map, key);
        if (at < 0) return map;
        *value = flat_map_values(map)[at];
        return flat_remove(h, map, (size_t)at);
    }
    struct path path;
    find_path(&path, map, key);
    if (!path_has(&path, key)) return map;
    *value = tail(path.leaf);
    return hashed_remove(h, map, &path);
}

/* --- lists ------------------------------------------------------------------------------------------------ */

static term list_of(struct heap *h, const term *from, size_t n)
{
    term list = NIL;
    term *p = heap_alloc(h, CONS_WORDS * n);
    while (n--) {
        p[0] = from[n], p[1] = list;
        list = cons_term(p);
        p += CONS_WORDS;
    }
    return list;
}

static term list_of_tree(struct heap *h, term map, bool keys)
{
    term list = NIL;
    term *p = heap_alloc(h, CONS_WORDS * map_size(map));
    struct map_iterator it;
    map_iterator_start(&it, map);
    while (map_iterator_next(&it)) {
        p[0] = keys ? it.key : it.value, p[1] = list;
        list = cons_term(p);
        p += CONS_WORDS;
        effort(2);
    }
    return list;
}

term map_keys_list(struct heap *h, term map)
{
    if (!is_flat_map(map)) return list_of_tree(h, map, true);
    return list_of(h, flat_map_key_array(map), map_size(map));
}

term map_values_list(struct heap *h, term map)
{
    if (!is_flat_map(map)) return list_of_tree(h, map, false);
    return list_of(h, flat_map_values(map), map_size(map));
}
