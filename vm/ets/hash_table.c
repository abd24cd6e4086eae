/* SPDX-License-Identifier: Apache-2.0 */
/* hash_table.c -- see hash_table.h. */
#include "ets/hash_table.h"
#include "heap/arena.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/hash.h"

#define FIRST_BUCKETS 256
#define MORE_BUCKETS  2048
#define STEPS         5 /* of growing or shrinking in one call */

uint32_t key_hash(term key)
{
    uint32_t hash = is_atom(key) ? atom_text(key)->hash : term_internal_hash(key, 0);
    return hash & 0x7FFFFFFF;
}

bool hash_start(struct hash_table *t, uint32_t keypos, bool bag, bool duplicates, uint32_t stride)
{
    /* A walk in strides needs as many buckets: stock has one for each lock at least. */
    uint32_t active = FIRST_BUCKETS, mask = FIRST_BUCKETS - 1;
    while (active < stride) active += MORE_BUCKETS;
    while (mask < active - 1) mask = mask << 1 | 1;
    *t = (struct hash_table){.active = active,
                             .room = active,
                             .counted = active,
                             .mask = mask,
                             .stride = stride,
                             .keypos = keypos,
                             .bag = bag,
                             .duplicates = duplicates};
    t->buckets = arena_calloc(active * sizeof *t->buckets);
    return t->buckets;
}

/* --- finding ------------------------------------------------------------------------------- */

static inline bool has_key(const struct hash_table *t, const struct hash_node *n, term key,
                           uint32_t hash)
{
    return node_hash(n) == hash && term_same_value(key, object_key(&n->object, t->keypos));
}

struct hash_node *hash_find(const struct hash_table *t, term key)
{
    uint32_t hash = key_hash(key);
    for (struct hash_node *n = t->buckets[hash_bucket(t, hash)]; n; n = n->next)
        if (n->object.mark == hash << 1 && has_key(t, n, key, hash)) return n;
    return NULL;
}

struct hash_node *hash_find_any(const struct hash_table *t, term key)
{
    uint32_t hash = key_hash(key);
    struct hash_node *n = t->buckets[hash_bucket(t, hash)];
    while (n && !has_key(t, n, key, hash)) n = n->next;
    return n;
}

struct hash_node *hash_next_same(const struct hash_table *t, const struct hash_node *n, term key)
{
    uint32_t hash = node_hash(n);
    for (struct hash_node *next = n->next; next && has_key(t, next, key, hash); next = next->next)
        if (!node_is_dead(next)) return next;
    return NULL;
}

struct hash_node *hash_live_from(const struct hash_table *t, struct hash_node *n, uint32_t *bucket)
{
    for (;;) {
        for (; n; n = n->next)
            if (!node_is_dead(n)) return n;
        *bucket = hash_next_bucket(t, *bucket);
        if (*bucket == 0) return NULL;
        n = t->buckets[*bucket];
    }
}

/* --- growing and shrinking -------------------------------------------------------------------- */

/* Sends each object of a bucket where it belongs with one bucket more, keeping the order. */
static void split(struct hash_table *t, uint32_t from, uint32_t to)
{
    struct hash_node **at_from = &t->buckets[from], **at_to = &t->buckets[to];
    for (struct hash_node *n = *at_from; n; n = n->next) {
        if ((node_hash(n) & t->mask) == from)
            *at_from = n, at_from = &n->next;
        else
            *at_to = n, at_to = &n->next;
    }
    *at_from = *at_to = NULL;
}

static bool add_room(struct hash_table *t)
{
    uint32_t room = t->room < 4 * MORE_BUCKETS ? t->room * 2 : t->room + t->room / 2;
    struct hash_node **more = arena_realloc(t->buckets, room * sizeof *more);
    if (!more) return false;
    t->buckets = more;
    t->room = room;
    return true;
}

static void grow(struct hash_table *t)
{
    for (int i = 0; i < STEPS && t->count > t->active; i++) {
        if (t->active == t->room && !add_room(t)) return;
        if (t->active == t->counted) t->counted += MORE_BUCKETS;
        if (t->active > t->mask) t->mask = t->mask << 1 | 1;
        uint32_t to = t->active++;
        split(t, to & (t->mask >> 1), to);
    }
}

/* So that a table one segment smaller would still be less than half full. */
static size_t shrink_limit(const struct hash_table *t)
{
    uint32_t least =
        t->stride > FIRST_BUCKETS ? t->stride + MORE_BUCKETS : FIRST_BUCKETS + 2 * MORE_BUCKETS;
    if (least < FIRST_BUCKETS + 2 * MORE_BUCKETS) least = FIRST_BUCKETS + 2 * MORE_BUCKETS;
    return t->counted >= least ? (t->counted - MORE_BUCKETS) / 2 : 0;
}

static void release_room(struct hash_table *t)
{
    if (t->room < 4 * t->active) return;
    struct hash_node **less = arena_realloc(t->buckets, 2 * t->active * sizeof *less);
    if (!less) return;
    t->buckets = less;
    t->room = 2 * t->active;
}

void hash_shrink(struct hash_table *t)
{
    for (int i = 0; i < STEPS && t->count < shrink_limit(t); i++) {
        uint32_t from = t->active - 1, to = from & (t->mask >> 1);
        struct hash_node *first = t->buckets[from];
        if (first) {
            struct hash_node *last = first;
            while (last->next) last = last->next;
            last->next = t->buckets[to];
            t->buckets[to] = first;
        }
        t->active = from;
        if (to == 0) t->mask >>= 1;
        if (t->counted - from >= MORE_BUCKETS) t->counted -= MORE_BUCKETS;
    }
    release_room(t);
}

/* --- changing ----------------------------------------------------------------------------------- */

struct hash_node *hash_node_make(const struct hash_table *t, term tuple)
{
    return object_make(NODE_PREFIX, tuple, t->compressed ? t->keypos : 0);
}

static struct hash_node *make_node(struct hash_table *t, term tuple, uint32_t hash)
{
    struct hash_node *n = hash_node_make(t, tuple);
    if (!n) return NULL;
    n->object.mark = hash << 1;
    t->bytes += NODE_PREFIX + object_bytes(&n->object);
    return n;
}

static void free_node(struct hash_table *t, struct hash_node *n)
{
    t->bytes -= NODE_PREFIX + object_bytes(&n->object);
    object_free(&n->object, NODE_PREFIX);
}

static void revive(struct hash_table *t, struct hash_node *n)
{
    if (!node_is_dead(n)) return;
    n->object.mark &= ~1u;
    t->count++;
}

static enum put_result replace(struct hash_table *t, struct hash_node **link, term tuple)
{
    struct hash_node *old = *link;
    struct hash_node *fresh = make_node(t, tuple, node_hash(old));
    if (!fresh) return PUT_NO_MEMORY;
    if (node_is_dead(old)) t->count++;
    fresh->next = old->next;
    *link = fresh;
    free_node(t, old);
    return PUT_OK;
}

/* Is there an equal object among those with the key, from *first on?  It is live after this. */
static bool find_in_bag(struct hash_table *t, struct hash_node **first, term tuple, term key,
                        uint32_t hash, size_t *work)
{
    for (struct hash_node **link = first; *link && has_key(t, *link, key, hash);
         link = &(*link)->next) {
        struct hash_node *n = *link;
        ++*work;
        if (!term_same_value(tuple, object_term(object_plain(&n->object)))) continue;
        if (node_is_dead(n)) {
            revive(t, n);
            if (link != first) { /* as if it were inserted now: newest first */
                *link = n->next;
                n->next = *first;
                *first = n;
            }
        }
        return true;
    }
    return false;
}

static bool has_live(const struct hash_table *t, const struct hash_node *n, term key, uint32_t hash)
{
    for (; n && has_key(t, n, key, hash); n = n->next)
        if (!node_is_dead(n)) return true;
    return false;
}

enum put_result hash_put(struct hash_table *t, term tuple, bool only_new, bool fixed, size_t *work)
{
    term key = element(tuple, t->keypos - 1);
    uint32_t hash = key_hash(key);
    struct hash_node **link = &t->buckets[hash_bucket(t, hash)];
    while (*link && !has_key(t, *link, key, hash)) link = &(*link)->next;

    if (*link) {
        if (only_new) {
            if (has_live(t, *link, key, hash)) return PUT_EXISTS;
            if (!t->bag) return replace(t, link, tuple);
        } else if (!t->bag) {
            return replace(t, link, tuple);
        } else if (!t->duplicates && find_in_bag(t, link, tuple, key, hash, work)) {
            return PUT_OK;
        }
    }
    struct hash_node *fresh = make_node(t, tuple, hash);
    if (!fresh) return PUT_NO_MEMORY;
    fresh->next = *link;
    *link = fresh;
    t->count++;
    if (t->count > t->active && !fixed) grow(t);
    return PUT_OK;
}

void hash_replace(struct hash_table *t, struct hash_node *old, struct hash_node *fresh)
{
    struct hash_node **link = &t->buckets[hash_bucket(t, node_hash(old))];
    while (*link != old) link = &(*link)->next;
    fresh->object.mark = old->object.mark;
    fresh->next = old->next;
    *link = fresh;
    t->bytes += object_bytes(&fresh->object);
    t->bytes -= object_bytes(&old->object);
    object_free(&old->object, NODE_PREFIX);
}

/* --- deleting ---------------------------------------------------------------------------------- */

static void remember_dead(struct hash_table *t, uint32_t bucket)
{
    if (t->dead_all || (t->dead_count && t->dead[t->dead_count - 1] == bucket)) return;
    if (t->dead_count == t->dead_room) {
        uint32_t room = t->dead_room ? t->dead_room * 2 : 16;
        uint32_t *more = arena_realloc(t->dead, room * sizeof *more);
        if (!more) {
            t->dead_all = true;
            return;
        }
        t->dead = more;
        t->dead_room = room;
    }
    t->dead[t->dead_count++] = bucket;
}

bool hash_delete_at(struct hash_table *t, uint32_t bucket, struct hash_node **link, bool fixed)
{
    struct hash_node *n = *link;
    t->count--;
    if (fixed) {
        n->object.mark |= 1;
        remember_dead(t, bucket);
        return false;
    }
    *link = n->next;
    free_node(t, n);
    return true;
}

void hash_delete(struct hash_table *t, term key, bool fixed)
{
    uint32_t hash = key_hash(key), bucket = hash_bucket(t, hash);
    struct hash_node **link = &t->buckets[bucket];
    while (*link && !has_key(t, *link, key, hash)) link = &(*link)->next;
    if (!*link) return;
    /* The key may be part of what is freed, so the last one goes last. */
    struct hash_node *kept = NULL;
    while (*link && has_key(t, *link, key, hash)) {
        struct hash_node *n = *link;
        if (node_is_dead(n)) {
            link = &n->next;
            continue;
        }
        t->count--;
        if (fixed) {
            n->object.mark |= 1;
            remember_dead(t, bucket);
            link = &n->next;
        } else {
            *link = n->next;
            n->next = kept;
            kept = n;
        }
        if (!t->bag) break;
    }
    while (kept) {
        struct hash_node *next = kept->next;
        free_node(t, kept);
        kept = next;
    }
    if (!fixed) hash_shrink(t);
}

void hash_delete_object(struct hash_table *t, term tuple, bool fixed)
{
    term key = element(tuple, t->keypos - 1);
    uint32_t hash = key_hash(key), bucket = hash_bucket(t, hash);
    struct hash_node **link = &t->buckets[bucket];
    while (*link && !has_key(t, *link, key, hash)) link = &(*link)->next;
    while (*link && has_key(t, *link, key, hash)) {
        bool gone = false;
        if (!node_is_dead(*link) &&
            term_same_value(tuple, object_term(object_plain(&(*link)->object)))) {
            gone = hash_delete_at(t, bucket, link, fixed);
            if (!t->duplicates) break;
        }
        if (!gone) link = &(*link)->next;
    }
    if (!fixed) hash_shrink(t);
}

void hash_mark_all_dead(struct hash_table *t)
{
    for (uint32_t i = 0; i < t->active; i++)
        for (struct hash_node *n = t->buckets[i]; n; n = n->next) n->object.mark |= 1;
    t->dead_all = true;
    t->count = 0;
}

static void bury_bucket(struct hash_table *t, uint32_t bucket)
{
    struct hash_node **link = &t->buckets[bucket], *n;
    while ((n = *link)) {
        if (node_is_dead(n)) {
            *link = n->next;
            free_node(t, n);
        } else {
            link = &n->next;
        }
    }
}

void hash_bury(struct hash_table *t)
{
    if (t->dead_all) {
        for (uint32_t i = 0; i < t->active; i++) bury_bucket(t, i);
    } else {
        for (uint32_t i = 0; i < t->dead_count; i++) bury_bucket(t, t->dead[i]);
    }
    arena_free(t->dead);
    t->dead = NULL;
    t->dead_count = t->dead_room = 0;
    t->dead_all = false;
}

bool hash_free_some(struct hash_table *t, size_t limit)
{
    while (t->active) {
        struct hash_node *n = t->buckets[t->active - 1];
        while (n && limit) {
            struct hash_node *next = n->next;
            object_free(&n->object, NODE_PREFIX);
            n = next;
            limit--;
        }
        t->buckets[t->active - 1] = n;
        if (n) return false;
        t->active--;
    }
    arena_free(t->buckets);
    arena_free(t->dead);
    t->buckets = NULL;
    t->dead = NULL;
    return true;
}
