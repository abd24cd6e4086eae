/* SPDX-License-Identifier: Apache-2.0 */
/* ets_object.c -- ets: objects by their key. */
#include "bif/ets_table.h"
#include "heap/arena.h"
#include "process/pause.h"
#include "term/compare.h"
#include "term/release.h"

enum {
    STEPS_TO_PUT = 64,
    LONG = 33
}; /* of effort(), for one object; objects of a list that may pause */

/* --- what all tables can --------------------------------------------------------------------- */

enum put_result ets_put(struct process *p, struct ets_table *t, term tuple, bool only_new)
{
    if (table_is_tree(t)) return tree_put(&t->tree, tuple, only_new);
    size_t work = 0;
    enum put_result r = hash_put(&t->hash, tuple, only_new, table_is_fixed(t), &work);
    bump(p, (int64_t)(work / 8));
    return r;
}

bool ets_replace(struct ets_table *t, struct object *old, term tuple)
{
    if (table_is_tree(t)) {
        struct tree_node *fresh = tree_node_make(&t->tree, tuple);
        if (!fresh) return false;
        tree_replace(&t->tree, (struct tree_node *)((char *)old - TREE_PREFIX), fresh);
    } else {
        struct hash_node *fresh = hash_node_make(&t->hash, tuple);
        if (!fresh) return false;
        hash_replace(&t->hash, (struct hash_node *)((char *)old - NODE_PREFIX), fresh);
    }
    return true;
}

void ets_delete_key(struct ets_table *t, term key)
{
    if (table_is_tree(t))
        tree_delete(&t->tree, key);
    else
        hash_delete(&t->hash, key, table_is_fixed(t));
}

term ets_objects(struct process *p, struct ets_table *t, term key)
{
    struct heap *h = &p->heap;
    if (t->kind == TABLE_SET || t->kind == TABLE_ORDERED_SET) {
        struct object *o = ets_object(t, key);
        if (!o) return NIL;
        term *w = heap_alloc(h, object_words(o) + CONS_WORDS);
        w[0] = object_copy_to(o, w + CONS_WORDS, &h->off_heap);
        w[1] = NIL;
        return cons_term(w);
    }
    term list = NIL;
    int64_t n = 0;
    struct hash_node *node = hash_find(&t->hash, key);
    for (; node; node = hash_next_same(&t->hash, node, key), n++) {
        term copy = object_copy(&node->object, h);
        list = make_cons(h, copy, list);
    }
    bump(p, n / 16);
    return list;
}

/* --- inserting --------------------------------------------------------------------------------- */

static bool is_there(struct ets_table *t, term tuple)
{
    return ets_object(t, element(tuple, t->keypos - 1));
}

static bool are_objects(const struct ets_table *t, term list)
{
    for (; is_cons(list); list = tail(list))
        if (!ets_is_object(t, head(list))) return false;
    return is_nil(list);
}

/* Stock puts the objects of a list into a bag from the last to the first, and lookup/2 shows it. */
static bool insert_backwards(struct process *p, struct ets_table *t, term list)
{
    size_t n = (size_t)list_length(list);
    term *objects = arena_malloc(n * sizeof *objects);
    if (!objects) return false;
    for (size_t i = 0; i < n; i++, list = tail(list)) objects[i] = head(list);
    bool ok = true;
    for (; ok && n > 0; effort(STEPS_TO_PUT))
        ok = ets_put(p, t, objects[--n], false) != PUT_NO_MEMORY;
    arena_free(objects);
    return ok;
}

static bool insert_in_order(struct process *p, struct ets_table *t, term list)
{
    for (; is_cons(list); list = tail(list), effort(STEPS_TO_PUT))
        if (ets_put(p, t, head(list), false) == PUT_NO_MEMORY) return false;
    return true;
}

/* It goes on to its end whatever becomes of p: all of them are put, or none. */
static term insert_list(struct process *p, struct ets_table *t, term list, bool only_new)
{
    if (!are_objects(t, list)) return raise_badarg(p);
    if (only_new)
        for (term l = list; is_cons(l); l = tail(l))
            if (is_there(t, head(l))) return ATOM(false);
    bool backwards = t->kind == TABLE_BAG && is_cons(list) && otp_release < 27;
    t->insertion = pause_state();
    bool ok = backwards ? insert_backwards(p, t, list) : insert_in_order(p, t, list);
    t->insertion = NULL;
    return ok ? ATOM(true) : ets_no_memory(p);
}

static term insert(struct process *p, const term *arg, bool only_new)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    if (is_list(arg[1])) return insert_list(p, t, arg[1], only_new);
    if (!ets_is_object(t, arg[1])) return raise_badarg(p);
    switch (ets_put(p, t, arg[1], only_new)) {
    case PUT_OK: return ATOM(true);
    case PUT_EXISTS: return ATOM(false);
    default: return ets_no_memory(p);
    }
}

static term insert_any(struct process *p, const term *arg) { return insert(p, arg, false); }
static term insert_new(struct process *p, const term *arg) { return insert(p, arg, true); }

term bif_ets_insert_2(struct process *p, const term *arg)
{
    return list_cells(arg[1], LONG) == LONG ? pausing(p, insert_any, 2, arg) : insert_any(p, arg);
}
term bif_ets_insert_new_2(struct process *p, const term *arg)
{
    return list_cells(arg[1], LONG) == LONG ? pausing(p, insert_new, 2, arg) : insert_new(p, arg);
}

/* --- looking ------------------------------------------------------------------------------------- */

term bif_ets_lookup_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    return t ? ets_objects(p, t, arg[1]) : NO_VALUE;
}

term bif_ets_member_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    return atom_bool(ets_object(t, arg[1]));
}

static term elements_of_bag(struct process *p, struct ets_table *t, term key, size_t position)
{
    struct hash_node *first = hash_find(&t->hash, key), *n;
    for (n = first; n; n = hash_next_same(&t->hash, n, key))
        if (object_arity(&n->object) < position) return raise_badarg(p);
    term list = NIL;
    for (n = first; n; n = hash_next_same(&t->hash, n, key)) {
        term part = object_element(&n->object, position, &p->heap);
        list = make_cons(&p->heap, part, list);
    }
    return list;
}

/* `otherwise`: for a key that is not there; NO_VALUE: badarg. */
static term lookup_element(struct process *p, const term *arg, term otherwise)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    if (!is_small(arg[2]) || small_value(arg[2]) < 1) return raise_badarg(p);
    size_t position = (size_t)small_value(arg[2]);
    struct object *o = ets_object(t, arg[1]);
    if (!o) return is_value(otherwise) ? otherwise : ets_badarg(p, ATOM(badkey));
    if (t->kind == TABLE_BAG || t->kind == TABLE_DUPLICATE_BAG)
        return elements_of_bag(p, t, arg[1], position);
    if (object_arity(o) < position) return raise_badarg(p);
    return object_element(o, position, &p->heap);
}

term bif_ets_lookup_element_3(struct process *p, const term *arg)
{
    return lookup_element(p, arg, NO_VALUE);
}

term bif_ets_lookup_element_4(struct process *p, const term *arg)
{
    return lookup_element(p, arg, arg[3]);
}

/* --- deleting -------------------------------------------------------------------------------------- */

term bif_ets_take_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    term list = ets_objects(p, t, arg[1]);
    if (!is_nil(list)) ets_delete_key(t, arg[1]);
    return list;
}

term bif_ets_delete_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    ets_delete_key(t, arg[1]);
    return ATOM(true);
}

term bif_ets_delete_object_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    if (!ets_is_object(t, arg[1])) return raise_badarg(p);
    if (!table_is_tree(t)) {
        hash_delete_object(&t->hash, arg[1], table_is_fixed(t));
        return ATOM(true);
    }
    struct tree_node *n = tree_find(&t->tree, element(arg[1], t->keypos - 1));
    if (n && term_same_value(object_term(object_plain(&n->object)), arg[1]))
        tree_delete(&t->tree, object_key(&n->object, t->keypos));
    return ATOM(true);
}

/* --- erts_internal ------------------------------------------------------------------------------------ */

/* [{Id, Bytes, References}] of the off-heap binaries in one object. */
static term binaries_of(struct heap *h, const struct object *o, term list)
{
    for (term *w = o->off_heap; w; w = off_heap_next(w)) {
        if (header_kind(*w) != KIND_REFC_BINARY) continue;
        struct blob *b = refc_blob(w);
        term id = make_unsigned(h, (uintptr_t)b), size = make_unsigned(h, b->bytes);
        term row = make_tuple3(h, id, size, make_unsigned(h, b->references));
        list = make_cons(h, row, list);
    }
    return list;
}

term bif_erts_internal_ets_lookup_binary_info_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    term list = NIL;
    if (table_is_tree(t)) {
        struct tree_node *n = tree_find(&t->tree, arg[1]);
        if (!n) return raise_badarg(p);
        return binaries_of(&p->heap, &n->object, NIL);
    }
    struct hash_node *n = hash_find_any(&t->hash, arg[1]);
    if (!n) return raise_badarg(p);
    list = binaries_of(&p->heap, &n->object, list);
    while ((n = hash_next_same(&t->hash, n, arg[1])))
        list = binaries_of(&p->heap, &n->object, list);
    return list;
}
