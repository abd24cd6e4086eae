/* SPDX-License-Identifier: Apache-2.0 */
/* node.h -- names of Erlang nodes, interned so that the same node is the same pointer.
 *
 * A node is its name and its creation (which run of that name).  Entries are never freed.
 * External pids, ports and references point to one; local ones mean `node_this`.
 */
#ifndef VM_NODE_H
#define VM_NODE_H

#include "term/atom.h"

struct node {
    term name; /* atom */
    uint32_t creation;
    struct node *next; /* node.c's */
};

/* This machine: nonode@nohost, creation 0. */
extern struct node *node_this;

/* Once, after atom_start(). */
void node_start(void);
/* The entry for this name and creation, made when it is new.  NULL: no memory. */
struct node *node_make(term name, uint32_t creation);
static inline bool node_is_alive(void)
{
    return !term_same(node_this->name, ATOM(nonode_at_nohost));
}

/* The order of nodes: name, then creation. */
int node_compare(const struct node *a, const struct node *b);
/* The node of a pid, port or reference, local or external. */
struct node *node_of(term id);

#endif
