/* SPDX-License-Identifier: Apache-2.0 */
/* ets_walk.c -- ets: from key to key. */
#include "bif/ets_table.h"
#include "term/compare.h"

static term key_on_heap(struct process *p, const struct ets_table *t, const struct object *o)
{
    term key = object_key(o, t->keypos);
    return is_immediate(key) ? key : copy_to_heap(key, &p->heap);
}

static term node_key(struct process *p, const struct ets_table *t, const struct hash_node *n)
{
    return n ? key_on_heap(p, t, &n->object) : ATOM(dollar_end_of_table);
}

static term tree_key(struct process *p, const struct ets_table *t, const struct tree_node *n)
{
    return n ? key_on_heap(p, t, &n->object) : ATOM(dollar_end_of_table);
}

/* --- ends --------------------------------------------------------------------------------------- */

static term first(struct process *p, const term *arg, bool last)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    if (table_is_tree(t)) return tree_key(p, t, last ? tree_last(&t->tree) : tree_first(&t->tree));
    uint32_t bucket = 0;
    return node_key(p, t, hash_live_from(&t->hash, t->hash.buckets[0], &bucket));
}

term bif_ets_first_1(struct process *p, const term *arg) { return first(p, arg, false); }
term bif_ets_last_1(struct process *p, const term *arg) { return first(p, arg, true); }

/* --- neighbours ------------------------------------------------------------------------------------ */

/* The first live object behind all those with the key; *known: the key is there, dead or alive. */
static struct hash_node *after_key(const struct hash_table *t, term key, bool *known)
{
    struct hash_node *n = hash_find_any(t, key);
    *known = n;
    if (!n) return NULL;
    uint32_t hash = node_hash(n), bucket = hash_bucket(t, hash);
    struct hash_node *next = hash_live_from(t, n->next, &bucket);
    if (!t->bag) return next;
    while (next && node_hash(next) == hash &&
           term_same_value(key, object_key(&next->object, t->keypos)))
        next = hash_live_from(t, next->next, &bucket);
    return next;
}

static term next(struct process *p, const term *arg, bool back)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    /* It is what there is behind the last key, not a key to go on from. */
    if (term_same(arg[1], ATOM(dollar_end_of_table))) return raise_badarg(p);
    if (table_is_tree(t))
        return tree_key(p, t, back ? tree_before(&t->tree, arg[1]) : tree_after(&t->tree, arg[1]));
    bool known;
    struct hash_node *n = after_key(&t->hash, arg[1], &known);
    return known ? node_key(p, t, n) : raise_badarg(p);
}

term bif_ets_next_2(struct process *p, const term *arg) { return next(p, arg, false); }
term bif_ets_prev_2(struct process *p, const term *arg) { return next(p, arg, true); }

/* --- with the objects that they have --------------------------------------------------------------- */

/* {Key, Objects} for a key that first, last, next or prev gave. */
static term with_objects(struct process *p, term table, term key)
{
    if (is_no_value(key) || term_same(key, ATOM(dollar_end_of_table))) return key;
    struct ets_table *t = ets_get(p, table, ETS_READ);
    return make_tuple2(&p->heap, key, ets_objects(p, t, key));
}

term bif_ets_first_lookup_1(struct process *p, const term *arg)
{
    return with_objects(p, arg[0], first(p, arg, false));
}

term bif_ets_last_lookup_1(struct process *p, const term *arg)
{
    return with_objects(p, arg[0], first(p, arg, true));
}

term bif_ets_next_lookup_2(struct process *p, const term *arg)
{
    return with_objects(p, arg[0], next(p, arg, false));
}

term bif_ets_prev_lookup_2(struct process *p, const term *arg)
{
    return with_objects(p, arg[0], next(p, arg, true));
}

/* --- places ----------------------------------------------------------------------------------------- */

static term slot_of_tree(struct process *p, struct ets_table *t, size_t place)
{
    if (place > t->tree.count) return raise_badarg(p);
    if (place == t->tree.count) return ATOM(dollar_end_of_table);
    struct tree_walk w;
    struct tree_node *n = tree_walk_from(&w, &t->tree, false, NULL, NULL);
    bump(p, (int64_t)place / 50);
    while (place--) n = tree_walk_next(&w);
    term copy = object_copy(&n->object, &p->heap);
    return make_cons(&p->heap, copy, NIL);
}

term bif_ets_slot_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    if (!is_small(arg[1]) || small_value(arg[1]) < 0) return raise_badarg(p);
    size_t place = (size_t)small_value(arg[1]);
    if (table_is_tree(t)) return slot_of_tree(p, t, place);
    if (place > t->hash.active) return raise_badarg(p);
    if (place == t->hash.active) return ATOM(dollar_end_of_table);
    term list = NIL;
    for (struct hash_node *n = t->hash.buckets[place]; n; n = n->next) {
        if (node_is_dead(n)) continue;
        term copy = object_copy(&n->object, &p->heap);
        list = make_cons(&p->heap, copy, list);
    }
    return list;
}

/* --- erts_internal: dead objects too ---------------------------------------------------------------------- */

static struct hash_node *any_from(const struct hash_table *t, struct hash_node *n, uint32_t bucket)
{
    while (!n) {
        bucket = hash_next_bucket(t, bucket);
        if (bucket == 0) return NULL;
        n = t->buckets[bucket];
    }
    return n;
}

term bif_erts_internal_ets_raw_first_1(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    if (table_is_tree(t)) return tree_key(p, t, tree_first(&t->tree));
    return node_key(p, t, any_from(&t->hash, t->hash.buckets[0], 0));
}

term bif_erts_internal_ets_raw_next_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    if (table_is_tree(t)) return tree_key(p, t, tree_after(&t->tree, arg[1]));
    struct hash_node *n = hash_find_any(&t->hash, arg[1]);
    if (!n) return raise_badarg(p);
    uint32_t hash = node_hash(n), bucket = hash_bucket(&t->hash, hash);
    do
        n = any_from(&t->hash, n->next, bucket),
        bucket = n ? hash_bucket(&t->hash, node_hash(n)) : 0;
    while (n && node_hash(n) == hash && term_same_value(arg[1], object_key(&n->object, t->keypos)));
    return node_key(p, t, n);
}
