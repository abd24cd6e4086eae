/* SPDX-License-Identifier: Apache-2.0 */
/* ets_select_walk.c -- the walks of select over both kinds of table. */
#include "bif/ets_select.h"
#include "heap/arena.h"
#include "term/compare.h"

/* --- hash tables -------------------------------------------------------------------------------- */

static bool add_bucket(struct select *s, uint32_t bucket, size_t clauses)
{
    for (size_t i = 0; i < s->bucket_count; i++)
        if (s->buckets[i] == bucket) return true;
    if (s->bucket_count == FEW_BUCKETS && s->buckets == s->few_buckets) {
        s->buckets = arena_malloc(clauses * sizeof *s->buckets);
        if (!s->buckets) {
            s->buckets = s->few_buckets;
            return false;
        }
        memcpy(s->buckets, s->few_buckets, sizeof s->few_buckets);
    }
    s->buckets[s->bucket_count++] = bucket;
    return true;
}

bool select_plan_hash(struct select *s)
{
    size_t clauses = match_clauses(s->program);
    const struct hash_table *t = &s->table->hash;
    bool possible = false;
    s->keys_given = true;
    for (size_t i = 0; i < clauses; i++) {
        term key = match_key(s->program, i, s->table->keypos);
        if (is_no_value(key)) continue;
        if (pattern_has_variable(key) || !s->keys_given) {
            s->keys_given = false;
            possible = true;
            continue;
        }
        struct hash_node *n = hash_find_any(t, key);
        if (!n) continue;
        possible = true;
        /* Without the memory for a list of buckets, all are looked at. */
        if (!add_bucket(s, hash_bucket(t, node_hash(n)), clauses)) s->keys_given = false;
    }
    if (possible && s->keys_given) s->bucket = s->buckets[s->next_bucket++];
    return possible;
}

static bool replace_at(struct select *s, struct hash_node **link, term tuple)
{
    struct hash_table *t = &s->table->hash;
    struct hash_node *old = *link, *fresh = hash_node_make(t, tuple);
    if (!fresh) return false;
    fresh->object.mark = old->object.mark;
    fresh->next = old->next;
    t->bytes += object_bytes(&fresh->object);
    t->bytes -= object_bytes(&old->object);
    *link = fresh;
    object_free(&old->object, NODE_PREFIX);
    return true;
}

/* All objects of one bucket. */
static void select_bucket(struct select *s, uint32_t bucket)
{
    struct hash_node **link = &s->table->hash.buckets[bucket];
    while (*link) {
        term result;
        bool gone = false;
        if (!node_is_dead(*link) && select_object(s, &(*link)->object, &result)) {
            if (s->action == SELECT_DELETE)
                gone = hash_delete_at(&s->table->hash, bucket, link, table_is_fixed(s->table));
            else if (s->action == SELECT_REPLACE && !replace_at(s, link, result))
                s->failed = true;
        }
        if (!gone) link = &(*link)->next;
    }
}

static void next_bucket(struct select *s)
{
    if (s->keys_given) {
        s->bucket = -1;
        if (s->next_bucket < s->bucket_count) s->bucket = s->buckets[s->next_bucket++];
        return;
    }
    s->bucket = hash_next_bucket(&s->table->hash, (uint32_t)s->bucket);
    if (s->bucket == 0) s->bucket = -1;
}

bool select_hash(struct select *s)
{
    while (s->bucket >= 0 && !s->failed) {
        select_bucket(s, (uint32_t)s->bucket);
        next_bucket(s);
        if (s->bucket < 0 || s->keys_given) continue;
        if (s->limit && s->got >= s->limit) return true;
        if (s->left <= 0) {
            s->left = SELECT_ROUND;
            s->continued = true;
            if (out_of_reductions(s->p)) return false;
        }
    }
    return true;
}

/* --- trees ------------------------------------------------------------------------------------------ */

/* The key, when all heads that a tuple can match have the same one without variables. */
static term only_key(const struct select *s)
{
    term only = NO_VALUE;
    for (size_t i = 0; i < match_clauses(s->program); i++) {
        term key = match_key(s->program, i, s->table->keypos);
        if (is_no_value(key)) continue;
        if (pattern_has_variable(key)) return NO_VALUE;
        if (is_value(only) && !term_same_value(only, key)) return NO_VALUE;
        only = key;
    }
    return only;
}

bool select_plan_tree(struct select *s)
{
    bool possible = false;
    s->in_range = true;
    for (size_t i = 0; i < match_clauses(s->program); i++) {
        term key = match_key(s->program, i, s->table->keypos);
        if (is_no_value(key)) continue;
        possible = true;
        if (term_same(key, ATOM(underscore)) || match_variable(key) >= 0) s->in_range = false;
    }
    s->only_key = s->in_range ? only_key(s) : NO_VALUE;
    return possible;
}

/* Where the key lies as seen from all keys that some head can match. */
static int place_of_heads(const void *context, term key)
{
    const struct select *s = context;
    int least = 1, most = -1;
    for (size_t i = 0; i < match_clauses(s->program); i++) {
        term pattern = match_key(s->program, i, s->table->keypos);
        if (is_no_value(pattern)) continue;
        int c = pattern_place(pattern, key);
        c = c < 0 ? -1 : c > 0;
        if (c < least) least = c;
        if (c > most) most = c;
    }
    return least > 0 ? 1 : most < 0 ? -1 : 0;
}

/* The last key itself lies outside, on the side that has been walked. */
static int place_of_last(const void *context, term key)
{
    const struct select *s = context;
    int c = term_compare(key, s->last_key);
    return c == 0 ? (s->backwards ? 1 : -1) : c;
}

static struct tree_node *start_walk(struct select *s, struct tree_walk *w)
{
    const struct tree *t = &s->table->tree;
    if (is_value(s->last_key)) return tree_walk_from(w, t, s->backwards, place_of_last, s);
    return tree_walk_from(w, t, s->backwards, s->in_range ? place_of_heads : NULL, s);
}

/* While objects are deleted the walk goes from key to key: its path would not stay true. */
static struct tree_node *step(struct select *s, struct tree_walk *w, struct tree_node *n)
{
    if (s->action != SELECT_DELETE) return tree_walk_next(w);
    return tree_after(&s->table->tree, object_key(&n->object, s->table->keypos));
}

/* Does with n what the result asks for: the node after it. */
static struct tree_node *act(struct select *s, struct tree_walk *w, struct tree_node *n,
                             term result)
{
    struct tree *t = &s->table->tree;
    if (s->action == SELECT_DELETE) {
        struct tree_node *next = step(s, w, n);
        tree_delete(t, object_key(&n->object, t->keypos));
        return next;
    }
    if (s->action == SELECT_REPLACE) {
        struct tree_node *fresh = tree_node_make(t, result);
        if (!fresh) {
            s->failed = true;
            return NULL;
        }
        tree_replace(t, n, fresh);
        w->path[w->depth] = fresh;
    }
    return tree_walk_next(w);
}

static void remember_key(struct select *s, const struct tree_node *n)
{
    term key = object_key(&n->object, s->table->keypos);
    s->last_key = is_immediate(key) ? key : copy_to_heap(key, &s->p->heap);
}

static void select_only_key(struct select *s)
{
    struct tree_node *n = tree_find(&s->table->tree, s->only_key);
    struct tree_walk w = {.depth = 0};
    w.path[0] = n;
    term result;
    if (n && select_object(s, &n->object, &result)) act(s, &w, n, result);
}

bool select_tree(struct select *s)
{
    if (is_value(s->only_key)) {
        select_only_key(s);
        return true;
    }
    struct tree_walk w;
    struct tree_node *n = start_walk(s, &w);
    while (n) {
        if (s->in_range) {
            int c = place_of_heads(s, object_key(&n->object, s->table->keypos));
            if (s->backwards ? c < 0 : c > 0) break;
        }
        term result;
        bool hit = select_object(s, &n->object, &result);
        bool enough = s->limit && s->got == s->limit;
        bool pause = out_of_reductions(s->p);
        if (enough || pause) remember_key(s, n);
        n = hit ? act(s, &w, n, result) : step(s, &w, n);
        if (s->failed || enough) return true;
        if (pause && n) return false;
    }
    s->last_key = NO_VALUE;
    return true;
}
