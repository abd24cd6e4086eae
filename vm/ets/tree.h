/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h -- the objects of an ordered_set: a balanced search tree in the order of ==.
 *
 * An AVL tree without pointers to parents: the height of each node is in its object's mark.
 * Finding, inserting, deleting, and the next or previous key take time that grows with the logarithm of
 * the size.  A walk from neighbour to neighbour takes constant time for each: struct tree_walk.
 */
#ifndef VM_TREE_H
#define VM_TREE_H

#include "ets/hash_table.h"
#include "ets/object.h"

enum { TREE_PREFIX = offsetof(struct tree_node, object), TREE_DEPTH = 64 };

struct tree {
    struct tree_node *root;
    uint32_t keypos;
    bool compressed; /* objects may be packed */
    size_t count, bytes;
};

struct tree_node *tree_find(const struct tree *t, term key);
enum put_result tree_put(struct tree *t, term tuple, bool only_new);
/* A node with a copy of this tuple, for tree_replace(), which counts it; NULL: no memory. */
struct tree_node *tree_node_make(const struct tree *t, term tuple);
/* `fresh` takes the place of `old` (equal key). */
void tree_replace(struct tree *t, struct tree_node *old, struct tree_node *fresh);
/* false: no such key.  The key may be part of the object. */
bool tree_delete(struct tree *t, term key);
struct tree_node *tree_first(const struct tree *t);
struct tree_node *tree_last(const struct tree *t);
/* The neighbour of this key, which need not be in the tree. */
struct tree_node *tree_after(const struct tree *t, term key);
struct tree_node *tree_before(const struct tree *t, term key);
/* Frees up to `limit` objects; true when all are gone. */
bool tree_free_some(struct tree *t, size_t limit);

/* --- walking while nothing is inserted or deleted ---------------------------------------------
 *   for (n = tree_walk_from(&w, t, backwards, place, context); n; n = tree_walk_next(&w)) ... */

struct tree_walk {
    struct tree_node *path[TREE_DEPTH]; /* those still to come, and whose far side is */
    int depth;
    bool backwards;
};
/* Starts at the first node in this direction that is not before the place: place(context, key) is
 * negative for keys below it, positive above it.  place NULL: from the end. */
struct tree_node *tree_walk_from(struct tree_walk *w, const struct tree *t, bool backwards,
                                 int (*place)(const void *context, term key), const void *context);
struct tree_node *tree_walk_next(struct tree_walk *w);

#endif
