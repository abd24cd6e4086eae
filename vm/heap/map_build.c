/* SPDX-License-Identifier: Apache-2.0 */
/* map_build.c -- maps from many pairs: lists, external terms, merges, updates of several keys.
 *
 * A tree is built from entries sorted by hash, its first nibble (that of the root) first:
 * then each node's entries lie side by side.
 */
#include "heap/map_build.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "term/effort.h"

struct entry {
    uint32_t order; /* the hash at this depth, first nibble highest */
    uint32_t index; /* of the pair */
};

static uint32_t reverse_nibbles(uint32_t x)
{
    x = __builtin_bswap32(x);
    return (x & 0x0F0F0F0F) << 4 | (x >> 4 & 0x0F0F0F0F);
}

/* By order, stable: four rounds of counting, one for each byte. */
static void sort_entries(struct entry *e, struct entry *spare, size_t n)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t place[257] = {0};
        for (size_t i = 0; i < n; i++) place[1 + (e[i].order >> shift & 255)]++;
        for (unsigned i = 0; i < 256; i++) place[i + 1] += place[i];
        for (size_t i = 0; i < n; i++) {
            spare[place[e[i].order >> shift & 255]++] = e[i];
            effort(2);
        }
        struct entry *swap = e;
        e = spare, spare = swap;
    }
}

/* Few entries: not worth counting. */
static void sort_few(struct entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct entry x = e[i];
        size_t at = i;
        for (; at > 0 && e[at - 1].order > x.order; at--) e[at] = e[at - 1];
        e[at] = x;
    }
}

/* Of entries with the same key the last one stays, in the place of the first.  Returns how many are
 * left; with `unique`, 0 when any key occurred twice. */
static size_t drop_repeated(struct entry *e, size_t n, const term *pairs, bool unique)
{
    size_t kept = 0, first = 0; /* first: where the entries of this hash begin */
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || e[i].order != e[kept - 1].order) first = kept;
        size_t j = first;
        while (j < kept && !term_same_value(pairs[2 * e[j].index], pairs[2 * e[i].index])) j++;
        effort(1);
        if (j < kept && unique) return 0;
        e[j] = e[i];
        if (j == kept) kept++;
    }
    return kept;
}

struct build {
    struct heap *heap;
    const term *pairs;
    term *leaves; /* room for conses */
};

static term make_leaf(struct build *b, const struct entry *e)
{
    term *p = b->leaves;
    b->leaves += CONS_WORDS;
    p[0] = b->pairs[2 * e->index], p[1] = b->pairs[2 * e->index + 1];
    return cons_term(p);
}

/* The node for n entries at `level`; recursion ends at MAP_LEVELS. */
static term build_node(struct build *b, struct entry *e, size_t n, unsigned level, size_t root_size)
{
    if (level && level % 8 == 0) { /* the whole hash was the same: another one */
        arena_must(level < MAP_LEVELS ? b : NULL);
        for (size_t i = 0; i < n; i++)
            e[i].order = reverse_nibbles(map_hash_at(b->pairs[2 * e[i].index], level / 8));
        sort_few(e, n);
    }
    unsigned shift = 28 - 4 * (level % 8);
    term child[16];
    uint32_t bitmap = 0;
    size_t children = 0;
    effort(8);
    for (size_t i = 0, j; i < n; i = j) {
        uint32_t nibble = e[i].order >> shift & 15;
        for (j = i + 1; j < n && (e[j].order >> shift & 15) == nibble; j++) {}
        bitmap |= 1u << nibble;
        child[children++] =
            j == i + 1 ? make_leaf(b, e + i) : build_node(b, e + i, j - i, level + 1, 0);
    }
    term *p = heap_alloc(b->heap, 1 + (root_size != 0) + children), *to = p;
    *to++ = map_header(root_size ? MAP_HASH_ROOT : MAP_HASH_NODE, bitmap);
    if (root_size) *to++ = term_of(root_size);
    memcpy(to, child, children * sizeof *to);
    return boxed_term(p);
}

static term flat_from_entries(struct heap *h, const struct entry *e, size_t n, const term *pairs)
{
    term keys[MAP_FLAT_LIMIT], values[MAP_FLAT_LIMIT];
    for (size_t i = 0; i < n; i++) {
        keys[i] = pairs[2 * e[i].index];
        values[i] = pairs[2 * e[i].index + 1];
    }
    return map_flat_from_unsorted(h, n, keys, values);
}

static term many_from_pairs(struct heap *h, const term *pairs, size_t n, bool unique)
{
    struct entry *e = arena_malloc(2 * n * sizeof *e);
    if (!e) h->exhausted(h);
    for (size_t i = 0; i < n; i++) {
        e[i] = (struct entry){reverse_nibbles(map_hash(pairs[2 * i])), (uint32_t)i};
        effort(4);
    }
    sort_entries(e, e + n, n);
    size_t kept = drop_repeated(e, n, pairs, unique);
    term map = NO_VALUE;
    if (kept > MAP_FLAT_LIMIT) {
        struct build b = {h, pairs, heap_alloc(h, CONS_WORDS * kept)};
        map = build_node(&b, e, kept, 0, kept);
    } else if (kept) {
        map = flat_from_entries(h, e, kept, pairs);
    }
    arena_free(e);
    return map;
}

/* Sorts into keys[] and values[], which have room; n is at most 32.  Returns how many are left. */
static size_t sort_pairs(const term *pairs, size_t n, term *keys, term *values, bool unique)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        term key = pairs[2 * i], value = pairs[2 * i + 1];
        size_t at = kept;
        int r = 1;
        while (at > 0 && (r = term_compare_exact(key, keys[at - 1])) < 0) at--;
        if (at > 0 && r == 0) {
            if (unique) return SIZE_MAX;
            keys[at - 1] = key, values[at - 1] = value;
            continue;
        }
        memmove(keys + at + 1, keys + at, (kept - at) * sizeof *keys);
        memmove(values + at + 1, values + at, (kept - at) * sizeof *values);
        keys[at] = key, values[at] = value;
        kept++;
    }
    return kept;
}

/* A flat map with its own tuple of keys. */
static term flat_from_sorted(struct heap *h, const term *keys, const term *values, size_t n)
{
    term *p = heap_alloc(h, TUPLE_WORDS(n) + FLAT_MAP_WORDS(n));
    term *m = p + TUPLE_WORDS(n);
    p[0] = header(n, KIND_TUPLE);
    memcpy(p + 1, keys, n * sizeof *p);
    m[0] = map_header(MAP_FLAT, 0);
    m[1] = term_of(n);
    m[2] = boxed_term(p);
    memcpy(m + 3, values, n * sizeof *m);
    return boxed_term(m);
}

term map_from_pairs(struct heap *h, const term *pairs, size_t n, bool unique)
{
    if (n > MAP_FLAT_LIMIT) return many_from_pairs(h, pairs, n, unique);
    term keys[MAP_FLAT_LIMIT], values[MAP_FLAT_LIMIT];
    size_t kept = sort_pairs(pairs, n, keys, values, unique);
    if (kept == SIZE_MAX) return NO_VALUE;
    return flat_from_sorted(h, keys, values, kept);
}

/* --- several keys at once ----------------------------------------------------------------------- */

static term put_each(struct heap *h, term map, const term *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) map = map_put(h, map, pairs[2 * i], pairs[2 * i + 1]);
    return map;
}

/* All pairs of a flat map and n more, then as from a list. */
static term rebuild_with(struct heap *h, term map, const term *pairs, size_t n)
{
    size_t old = map_size(map);
    term few[4 * MAP_FLAT_LIMIT];
    term *all = few;
    if (old + n > 2 * MAP_FLAT_LIMIT) all = arena_malloc((old + n) * 2 * sizeof *all);
    if (!all) h->exhausted(h);
    for (size_t i = 0; i < old; i++) {
        all[2 * i] = flat_map_key_array(map)[i];
        all[2 * i + 1] = flat_map_values(map)[i];
    }
    memcpy(all + 2 * old, pairs, 2 * n * sizeof *all);
    term result = map_from_pairs(h, all, old + n, false);
    if (all != few) arena_free(all);
    return result;
}

static ptrdiff_t find_from(const term *keys, size_t n, size_t hint, term key)
{
    bool immediate = is_immediate(key);
    for (size_t i = 0; i < n; i++) {
        size_t at = hint + i < n ? hint + i : hint + i - n;
        if (immediate ? term_same(keys[at], key) : term_same_value(keys[at], key))
            return (ptrdiff_t)at;
    }
    return -1;
}

/* New values for keys that are all there; the map itself when they are the old ones, NO_VALUE when a key is not there. */
static term replace_values(struct heap *h, term map, const term *pairs, size_t n)
{
    size_t size = map_size(map), hint = 0;
    const term *keys = flat_map_key_array(map);
    term values[MAP_FLAT_LIMIT];
    memcpy(values, flat_map_values(map), size * sizeof *values);
    bool changed = false;
    for (size_t i = 0; i < n; i++) {
        ptrdiff_t at = find_from(keys, size, hint, pairs[2 * i]);
        if (at < 0) return NO_VALUE;
        changed |= !term_same(values[at], pairs[2 * i + 1]);
        values[at] = pairs[2 * i + 1];
        hint = (size_t)at + 1 < size ? (size_t)at + 1 : 0;
    }
    return changed ? map_flat(h, flat_map_keys(map), values) : map;
}

term map_put_all(struct heap *h, term map, const term *pairs, size_t n)
{
    if (!is_flat_map(map)) return put_each(h, map, pairs, n);
    if (map_size(map) == 0) return map_from_pairs(h, pairs, n, false);
    if (n == 1) return map_put(h, map, pairs[0], pairs[1]);
    term result = replace_values(h, map, pairs, n);
    return is_value(result) ? result : rebuild_with(h, map, pairs, n);
}

/* Stock's code goes through the keys in their order. */
static term first_missing(term map, const term *pairs, size_t n)
{
    term first = NO_VALUE;
    for (size_t i = 0; i < n; i++) {
        term key = pairs[2 * i];
        if (is_value(map_get(map, key))) continue;
        if (is_no_value(first) || term_compare_exact(key, first) < 0) first = key;
    }
    return first;
}

term map_put_all_exact(struct heap *h, term map, const term *pairs, size_t n, term *missing)
{
    term changed = map;
    if (is_flat_map(map))
        changed = replace_values(h, map, pairs, n);
    else
        for (size_t i = 0; i < n && is_value(changed); i++)
            changed = map_update(h, changed, pairs[2 * i], pairs[2 * i + 1]);
    if (is_no_value(changed)) *missing = first_missing(map, pairs, n);
    return changed;
}

/* --- merging ---------------------------------------------------------------------------------------- */

/* Of two maps with the same keys one takes over the other's tuple of keys when that is a literal: what is merged into a
 * default again and again then has one tuple.  As stock does since OTP 26. */
static void share_literal_keys(term from, term to)
{
    term keys = flat_map_keys(from);
    if (arena_is_low(boxed_words(keys)) && !arena_is_low(boxed_words(to)))
        boxed_words(to)[2] = keys;
}

static term merge_flat(struct heap *h, term a, term b)
{
    size_t n = map_size(a), m = map_size(b), i = 0, j = 0, count = 0;
    term keys[2 * MAP_FLAT_LIMIT], values[2 * MAP_FLAT_LIMIT];
    const term *ak = flat_map_key_array(a), *bk = flat_map_key_array(b);
    while (i < n || j < m) {
        int r = i == n ? 1 : j == m ? -1 : term_compare_exact(ak[i], bk[j]);
        keys[count] = r < 0 ? ak[i] : bk[j];
        values[count++] = r < 0 ? flat_map_values(a)[i] : flat_map_values(b)[j];
        i += r <= 0, j += r >= 0;
    }
    if (count == n && count == m) share_literal_keys(a, b);
    if (count == m) return b;
    if (count == n) return map_flat(h, flat_map_keys(a), values);
    if (count <= MAP_FLAT_LIMIT) return flat_from_sorted(h, keys, values, count);
    term pairs[4 * MAP_FLAT_LIMIT];
    for (i = 0; i < count; i++) pairs[2 * i] = keys[i], pairs[2 * i + 1] = values[i];
    return many_from_pairs(h, pairs, count, false);
}

struct merge {
    struct heap *heap;
    size_t repeated; /* keys that both have */
};

static uint32_t nibble_bit(term leaf, unsigned level)
{
    return 1u << (map_hash_at(head(leaf), level / 8) >> (4 * (level % 8)) & 15);
}

static term merge_child(struct merge *m, term a, term b, unsigned level);

/* A node with the children of both; a NULL child list ends early.  The node of a or b itself when
 * nothing is new. */
static term merge_nodes(struct merge *m, const term *x, uint32_t xbits, const term *y,
                        uint32_t ybits, unsigned level, term whole_x, term whole_y)
{
    term child[16];
    size_t n = 0;
    bool same_x = true, same_y = true;
    effort(8);
    for (uint32_t left = xbits | ybits; left; left &= left - 1) {
        uint32_t bit = left & -left;
        if (!(ybits & bit))
            child[n] = *x;
        else if (!(xbits & bit))
            child[n] = *y;
        else
            child[n] = merge_child(m, *x, *y, level + 1);
        if (xbits & bit) same_x &= term_same(child[n], *x++);
        if (ybits & bit) same_y &= term_same(child[n], *y++);
        n++;
    }
    if (same_y && ybits == (xbits | ybits) && is_boxed(whole_y)) return whole_y;
    if (same_x && xbits == (xbits | ybits) && is_boxed(whole_x)) return whole_x;
    term *p = heap_alloc(m->heap, 1 + n);
    p[0] = map_header(MAP_HASH_NODE, xbits | ybits);
    memcpy(p + 1, child, n * sizeof *p);
    return boxed_term(p);
}

/* Two children that stand in the same place, one level above `level`; recursion ends at MAP_LEVELS. */
static term merge_child(struct merge *m, term a, term b, unsigned level)
{
    if (term_same(a, b) && is_cons(a)) {
        m->repeated++;
        return b;
    }
    if (is_cons(a) && is_cons(b)) {
        if (!term_same_value(head(a), head(b))) return map_split_leaves(m->heap, level, a, b);
        m->repeated++;
        return b;
    }
    const term *x = &a, *y = &b;
    uint32_t xbits, ybits;
    if (is_cons(a)) {
        xbits = nibble_bit(a, level);
    } else {
        xbits = map_bitmap(*boxed_words(a));
        x = boxed_words(a) + 1;
    }
    if (is_cons(b)) {
        ybits = nibble_bit(b, level);
    } else {
        ybits = map_bitmap(*boxed_words(b));
        y = boxed_words(b) + 1;
    }
    return merge_nodes(m, x, xbits, y, ybits, level, a, b);
}

static term merge_trees(struct heap *h, term a, term b)
{
    struct merge m = {h, 0};
    const term *x = boxed_words(a), *y = boxed_words(b);
    term node = merge_nodes(&m, x + 2, map_bitmap(*x), y + 2, map_bitmap(*y), 0, NIL, NIL);
    const term *words = boxed_words(node);
    size_t n = map_node_count(*words);
    term *p = heap_alloc(h, 2 + n);
    p[0] = map_header(MAP_HASH_ROOT, map_bitmap(*words));
    p[1] = term_of(map_size(a) + map_size(b) - m.repeated);
    memcpy(p + 2, words + 1, n * sizeof *p);
    return boxed_term(p);
}

term map_merge(struct heap *h, term a, term b)
{
    if (term_same(a, b) || map_size(a) == 0) return b;
    if (map_size(b) == 0) return a;
    bool a_flat = is_flat_map(a), b_flat = is_flat_map(b);
    if (a_flat && b_flat) return merge_flat(h, a, b);
    if (!a_flat && !b_flat) return merge_trees(h, a, b);
    struct map_iterator it;
    term result = a_flat ? b : a;
    map_iterator_start(&it, a_flat ? a : b);
    while (map_iterator_next(&it) && effort(16))
        if (b_flat || is_no_value(map_get(b, it.key)))
            result = map_put(h, result, it.key, it.value);
    return result;
}
