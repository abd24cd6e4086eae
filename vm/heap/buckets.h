/* SPDX-License-Identifier: Apache-2.0 */
/* buckets.h -- hash tables whose items are chained through a field of their own.
 *
 *     BUCKETS(link_, struct link, next_hash, link_hash(item->who), 64)
 *
 * makes, in the file that says so: link_buckets, the chains, NULL until something was reserved; link_mask, their number
 * (a power of two) less one; link_total, which the file counts itself; and link_reserve(), to be called before an item
 * is added.  The number of buckets doubles when there are more items; when there is no memory for that, chains
 * get longer.  link_reserve() is false when there are no buckets at all.
 */
#ifndef MOTE_HEAP_BUCKETS_H
#define MOTE_HEAP_BUCKETS_H

#include "heap/arena.h"

#define BUCKETS(prefix, type, chain, hash, first)                                                  \
    static type **prefix##buckets;                                                                 \
    static size_t prefix##mask, prefix##total;                                                     \
    static bool prefix##reserve(void)                                                              \
    {                                                                                              \
        if (prefix##buckets && prefix##total <= prefix##mask) return true;                         \
        size_t room = prefix##buckets ? (prefix##mask + 1) * 2 : (first);                          \
        type **fresh = arena_calloc(room * sizeof *fresh);                                         \
        if (!fresh) return prefix##buckets != NULL;                                                \
        for (size_t i = 0; prefix##buckets && i <= prefix##mask; i++)                              \
            for (type *item = prefix##buckets[i], *next; item; item = next) {                      \
                next = item->chain;                                                                \
                type **at = &fresh[(hash) & (room - 1)];                                           \
                item->chain = *at;                                                                 \
                *at = item;                                                                        \
            }                                                                                      \
        arena_free(prefix##buckets);                                                               \
        prefix##buckets = fresh;                                                                   \
        prefix##mask = room - 1;                                                                   \
        return true;                                                                               \
    }

#endif
