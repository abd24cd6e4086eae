/* SPDX-License-Identifier: Apache-2.0 */
/* hash_table.h -- the objects of a set, bag or duplicate_bag.
 *
 * Linear hashing: the bucket array grows and shrinks one bucket at a time, so no call takes
 * long.  Objects with the same key lie side by side in their chain, newest first.  Hash, load
 * and order in a chain are those of OTP 25, so tables are walked in the same order.
 *
 * While a table is fixed it keeps its number of buckets, and an object that is deleted stays in
 * its chain, marked dead, so that a walk can go on from it.
 *
 * Always true: a dead object is there only in a fixed table.
 */
#ifndef VM_HASH_TABLE_H
#define VM_HASH_TABLE_H

#include "ets/object.h"

enum { NODE_PREFIX = offsetof(struct hash_node, object) };

struct hash_table {
    struct hash_node **buckets;
    uint32_t active;  /* buckets in use */
    uint32_t room;    /* of the array */
    uint32_t counted; /* what stock would have allocated: decides when to shrink */
    uint32_t mask;    /* 2^n - 1, the least with active <= mask + 1 */
    uint32_t stride;  /* walks go over buckets in steps of this */
    uint32_t keypos;
    bool bag, duplicates;
    bool compressed; /* objects may be packed */
    size_t count;    /* live objects */
    size_t bytes;    /* of all objects, as ets:info(T, memory) counts them */
    /* Buckets that hold dead objects; `dead_all`: the list had no memory, look at every one. */
    uint32_t *dead;
    uint32_t dead_count, dead_room;
    bool dead_all;
};

enum put_result { PUT_OK, PUT_EXISTS, PUT_NO_MEMORY };

/* The hash of a key: 31 bits. */
uint32_t key_hash(term key);
static inline bool node_is_dead(const struct hash_node *n) { return n->object.mark & 1; }
static inline uint32_t node_hash(const struct hash_node *n) { return n->object.mark >> 1; }
static inline uint32_t hash_bucket(const struct hash_table *t, uint32_t hash)
{
    uint32_t i = hash & t->mask;
    return i >= t->active ? i & (t->mask >> 1) : i;
}

/* A node with a copy of this tuple, for hash_replace(), which counts it; NULL: no memory. */
struct hash_node *hash_node_make(const struct hash_table *t, term tuple);
/* false: no memory. */
bool hash_start(struct hash_table *t, uint32_t keypos, bool bag, bool duplicates, uint32_t stride);

/* The first live object with the key; NULL: none.  In a bag the others follow it: hash_next_same(). */
struct hash_node *hash_find(const struct hash_table *t, term key);
/* The first one, dead or live: where a walk stands. */
struct hash_node *hash_find_any(const struct hash_table *t, term key);
struct hash_node *hash_next_same(const struct hash_table *t, const struct hash_node *n, term key);

/* `only_new`: nothing is changed when the key is there. *work counts objects looked at. */
enum put_result hash_put(struct hash_table *t, term tuple, bool only_new, bool fixed, size_t *work);
/* `fresh` takes the place of `old` (same key).  *link is the place of a node that hash_find() gave. */
void hash_replace(struct hash_table *t, struct hash_node *old, struct hash_node *fresh);
/* Deletes all objects with the key. */
void hash_delete(struct hash_table *t, term key, bool fixed);
/* Deletes the objects that are equal to this tuple. */
void hash_delete_object(struct hash_table *t, term tuple, bool fixed);
/* Deletes the object at *link; true when it is gone and *link is the one after it. */
bool hash_delete_at(struct hash_table *t, uint32_t bucket, struct hash_node **link, bool fixed);
/* After hash_delete_at(): fewer buckets, perhaps. */
void hash_shrink(struct hash_table *t);
/* All objects; those of a fixed table are marked dead. */
void hash_mark_all_dead(struct hash_table *t);
/* The table is no longer fixed: frees the dead. */
void hash_bury(struct hash_table *t);

/* Frees up to `limit` objects from the end; true when all are gone, and the array too. */
bool hash_free_some(struct hash_table *t, size_t limit);

/* The next bucket of a walk; 0: that was the last. */
static inline uint32_t hash_next_bucket(const struct hash_table *t, uint32_t bucket)
{
    bucket += t->stride;
    if (bucket < t->active) return bucket;
    return (bucket + 1) & (t->stride - 1);
}
/* The first live object at `n` or behind it; *bucket is where.  NULL: none. */
struct hash_node *hash_live_from(const struct hash_table *t, struct hash_node *n, uint32_t *bucket);

#endif
