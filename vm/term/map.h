/* SPDX-License-Identifier: Apache-2.0 */
/* map.h -- looking into maps.  Making and changing them: heap/maps.h.
 *
 * A map of up to 32 keys is flat: a tuple of keys in term_compare_exact order, shared by the
 * maps that were made from one another, and an array of values.  A larger one is a
 * tree of nodes with up to 16 children, chosen by 4 bits of map_hash(key) for each
 * level; a child is a node or a cons [Key|Value].  After 8 levels the key is hashed
 * anew with another salt.  Form and order of walking are those of OTP 25.
 *
 * Always true: a map of at most 32 keys is flat, one of more is a tree, so that equal maps
 * have equal form.
 */
#ifndef VM_MAP_H
#define VM_MAP_H

#include "term/compare.h"
#include "term/hash.h"

static inline term flat_map_keys(term map) { return boxed_words(map)[2]; } /* a tuple */
static inline term *flat_map_key_array(term map) { return tuple_elements(boxed_words(map)[2]); }
static inline term *flat_map_values(term map) { return boxed_words(map) + 3; }
#define FLAT_MAP_WORDS(n) (3 + (n)) /* without the tuple of keys */

/* Children of a tree node or root, and how many there are. */
static inline unsigned map_node_count(term h)
{
    return (unsigned)__builtin_popcount(map_bitmap(h));
}
static inline term *map_node_children(term *node)
{
    return node + (map_form(*node) == MAP_HASH_ROOT ? 2 : 1);
}

/* Words of the boxed object of a map: flat without its keys, root, or node. */
static inline size_t map_object_words(const term *words)
{
    switch (map_form(*words)) {
    case MAP_FLAT: return FLAT_MAP_WORDS(words[1].bits);
    case MAP_HASH_ROOT: return 2 + map_node_count(*words);
    default: return 1 + map_node_count(*words);
    }
}

/* The value of `key`, or NO_VALUE. */
term map_get_flat(term map, term key);                  /* key is not an immediate */
term map_get_hashed(term map, term key, uint32_t hash); /* hash: map_hash(key) */
static inline term map_get(term map, term key)
{
    term *words = boxed_words(map);
    if (likely(words->bits == map_header(MAP_FLAT, 0).bits)) {
        if (is_immediate(key)) {
            size_t n = words[1].bits;
            const term *keys = tuple_elements(words[2]);
            for (size_t i = 0; i < n; i++)
                if (keys[i].bits == key.bits) return words[3 + i];
            return NO_VALUE;
        }
        return map_get_flat(map, key);
    }
    return map_get_hashed(map, key, map_hash(key));
}

/* Place of `key` among the keys of a flat map, -1 when absent. */
ptrdiff_t flat_map_find(term map, term key);

/* --- walking -------------------------------------------------------------------------
 *   struct map_iterator it;
 *   map_iterator_start(&it, map);
 *   while (map_iterator_next(&it)) use(it.key, it.value);
 *
 * In the order of stock: flat maps by key, trees by hash.  The map must not move. */

#define MAP_LEVELS 64 /* eight independent 32-bit hashes */

struct map_iterator {
    term key, value;
    const term *pair; /* the cons of a tree; NULL in a flat map */
    /* map.c's */
    const term *keys, *values;
    size_t left;
    int depth;
    struct {
        const term *first, *next, *end;
    } level[MAP_LEVELS];
};

void map_iterator_start(struct map_iterator *it, term map);
bool map_iterator_next(struct map_iterator *it);

/* A place in a tree as a number: from the low end, 4 bits for each level, the place among that node's
 * children.  seek: the next one is the pair there (0: the first); false when there is no such place.
 * path: where the next one is; false when there is none, or when the number would be no small integer. */
bool map_iterator_seek(struct map_iterator *it, term tree, uint64_t path);
bool map_iterator_path(const struct map_iterator *it, uint64_t *path);

/* The place of keys in a tree: which of two different keys is walked first (<0: a). */
int map_key_order(term a, term b);

#endif
