/* SPDX-License-Identifier: Apache-2.0 */
/* map.c -- finding keys in maps and walking them. */
#include "term/map.h"

ptrdiff_t flat_map_find(term map, term key)
{
    size_t n = map_size(map);
    const term *keys = flat_map_key_array(map);
    for (size_t i = 0; i < n; i++)
        if (term_same_value(keys[i], key)) return (ptrdiff_t)i;
    return -1;
}

term map_get_flat(term map, term key)
{
    ptrdiff_t i = flat_map_find(map, key);
    return i < 0 ? NO_VALUE : flat_map_values(map)[i];
}

term map_get_hashed(term map, term key, uint32_t hash)
{
    term *node = boxed_words(map);
    const term *children = node + 2;
    for (unsigned level = 0;;) {
        uint32_t bit = 1u << (hash & 15), bitmap = map_bitmap(*node);
        if (!(bitmap & bit)) return NO_VALUE;
        term child = children[__builtin_popcount(bitmap & (bit - 1))];
        if (is_cons(child)) return term_same_value(head(child), key) ? tail(child) : NO_VALUE;
        node = boxed_words(child);
        children = node + 1;
        hash = ++level % 8 ? hash >> 4 : map_hash_at(key, level / 8);
    }
}

static void enter(struct map_iterator *it, const term *children, size_t n)
{
    it->level[it->depth].first = it->level[it->depth].next = children;
    it->level[it->depth].end = children + n;
}

void map_iterator_start(struct map_iterator *it, term map)
{
    term *words = boxed_words(map);
    it->pair = NULL;
    if (is_flat_map(map)) {
        it->depth = -1;
        it->left = map_size(map);
        it->keys = tuple_elements(words[2]);
        it->values = words + 3;
        return;
    }
    it->depth = 0;
    enter(it, words + 2, map_node_count(*words));
}

bool map_iterator_next(struct map_iterator *it)
{
    if (it->depth < 0) {
        if (it->left == 0) return false;
        it->left--;
        it->key = *it->keys++;
        it->value = *it->values++;
        return true;
    }
    for (;;) {
        while (it->level[it->depth].next == it->level[it->depth].end)
            if (it->depth-- == 0) {
                it->depth = 0;
                return false;
            }
        term child = *it->level[it->depth].next++;
        if (is_cons(child)) {
            it->pair = cons_words(child);
            it->key = it->pair[0];
            it->value = it->pair[1];
            return true;
        }
        const term *node = boxed_words(child);
        it->depth++;
        enter(it, node + 1, map_node_count(*node));
    }
}

bool map_iterator_seek(struct map_iterator *it, term tree, uint64_t path)
{
    map_iterator_start(it, tree);
    for (;;) {
        size_t at = path & 15;
        if (at >= (size_t)(it->level[it->depth].end - it->level[it->depth].first)) return false;
        it->level[it->depth].next += at;
        path >>= 4;
        if (path == 0) return true; /* the first ones of all levels below */
        term child = *it->level[it->depth].next++;
        if (is_cons(child)) return false;
        const term *node = boxed_words(child);
        it->depth++;
        enter(it, node + 1, map_node_count(*node));
    }
}

enum { PATH_LEVELS = 14 };

bool map_iterator_path(const struct map_iterator *it, uint64_t *path)
{
    int depth = it->depth;
    while (depth >= 0 && it->level[depth].next == it->level[depth].end) depth--;
    if (depth < 0 || depth >= PATH_LEVELS) return false;
    *path = 0;
    for (int i = depth; i >= 0; i--) {
        size_t at = (size_t)(it->level[i].next - it->level[i].first);
        *path = *path << 4 | (i < depth ? at - 1 : at);
    }
    return true;
}

int map_key_order(term a, term b)
{
    for (unsigned i = 0; i < MAP_LEVELS / 8; i++) {
        uint32_t x = map_hash_at(a, i), y = map_hash_at(b, i);
        if (x == y) continue;
        uint32_t lowest = (x ^ y) & -(x ^ y); /* in the first nibble that differs */
        unsigned shift = (unsigned)__builtin_ctz(lowest) & ~3u;
        return (x >> shift & 15) < (y >> shift & 15) ? -1 : 1;
    }
    return 0;
}
