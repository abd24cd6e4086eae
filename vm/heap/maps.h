/* SPDX-License-Identifier: Apache-2.0 */
/* maps.h -- making and changing maps on a heap.  Looking into them: term/map.h.
 *
 * True for every function: `map` is a map; results share what they can with their
 * arguments; nothing is collected; memory runs out as in heap_alloc().
 */
#ifndef VM_MAPS_H
#define VM_MAPS_H

#include "heap/heap.h"
#include "term/map.h"

term map_empty(struct heap *h);

/* `map` with key => value, new or in place of the old one.  The same map when nothing changes. */
term map_put(struct heap *h, term map, term key, term value);
/* The same when the key is there, else NO_VALUE. */
term map_update(struct heap *h, term map, term key, term value);
/* `map` without key; the same map when it is not there.  *value (if not NULL): what it had, or NO_VALUE. */
term map_remove(struct heap *h, term map, term key, term *value);

/* A map of n pairs: pairs[0] => pairs[1], pairs[2] => pairs[3] ...  Of equal keys the last one counts.
 * With `unique` set, equal keys give NO_VALUE instead (external terms). */
term map_from_pairs(struct heap *h, const term *pairs, size_t n, bool unique);
/* A flat map from a tuple of at most 32 keys, sorted and different; values are copied, or, when NULL,
 * the caller fills flat_map_values() at once.  For literals and code that makes many maps alike. */
term map_flat(struct heap *h, term keys, const term *values);

/* All of both; what is in `b` counts. */
term map_merge(struct heap *h, term a, term b);

/* The instructions put_map_assoc and put_map_exact: n pairs, in order.  map_put_all_exact gives
 * NO_VALUE and *missing when a key is not there. */
term map_put_all(struct heap *h, term map, const term *pairs, size_t n);
term map_put_all_exact(struct heap *h, term map, const term *pairs, size_t n, term *missing);

/* Lists; of a tree in the order of stock's maps:keys/1 and maps:values/1. */
term map_keys_list(struct heap *h, term map);
term map_values_list(struct heap *h, term map);

/* Maps of a few known pairs, for C code. */
static inline term map_of1(struct heap *h, term k, term v)
{
    return map_from_pairs(h, (const term[]){k, v}, 1, false);
}
static inline term map_of2(struct heap *h, term k1, term v1, term k2, term v2)
{
    return map_from_pairs(h, (const term[]){k1, v1, k2, v2}, 2, false);
}

#endif
