/* SPDX-License-Identifier: Apache-2.0 */
/* ets_table.h -- what the ets BIFs share: from a table's name to the table, or to badarg. */
#ifndef VM_ETS_BIF_H
#define VM_ETS_BIF_H

#include "bif/bif.h"
#include "ets/table.h"

enum ets_access { ETS_READ, ETS_WRITE, ETS_INFO };

/* The table, when p may use it so; else NULL, and badarg is raised with its cause. */
struct ets_table *ets_get(struct process *p, term id, enum ets_access access);

static inline term ets_no_memory(struct process *p) { return raise(p, ATOM(system_limit)); }
static inline term ets_badarg(struct process *p, term cause)
{
    return raise_cause(p, ATOM(badarg), cause);
}

/* The object with this key in a set or ordered_set; NULL: none. */
static inline struct object *ets_object(struct ets_table *t, term key)
{
    if (table_is_tree(t)) {
        struct tree_node *n = tree_find(&t->tree, key);
        return n ? &n->object : NULL;
    }
    struct hash_node *n = hash_find(&t->hash, key);
    return n ? &n->object : NULL;
}
static inline bool ets_is_object(const struct ets_table *t, term tuple)
{
    return is_tuple(tuple) && tuple_size(tuple) >= t->keypos;
}
enum put_result ets_put(struct process *p, struct ets_table *t, term tuple, bool only_new);
/* A tuple with an equal key takes the place of the object.  false: no memory. */
bool ets_replace(struct ets_table *t, struct object *old, term tuple);
void ets_delete_key(struct ets_table *t, term key);
/* A list of copies of the objects with this key. */
term ets_objects(struct process *p, struct ets_table *t, term key);

#endif
