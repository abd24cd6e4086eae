/* SPDX-License-Identifier: Apache-2.0 */
/* node.c -- the table of nodes: one list, newest first; there are few. */
#include "term/node.h"
#include "heap/arena.h"

struct node *node_this;
static struct node *all_nodes;

void node_start(void)
{
    all_nodes = NULL;
    node_this = arena_must(node_make(ATOM(nonode_at_nohost), 0));
}

struct node *node_make(term name, uint32_t creation)
{
    for (struct node *n = all_nodes; n; n = n->next)
        if (term_same(n->name, name) && n->creation == creation) return n;
    struct node *n = arena_malloc(sizeof *n);
    if (!n) return NULL;
    *n = (struct node){.name = name, .creation = creation, .next = all_nodes};
    all_nodes = n;
    return n;
}

int node_compare(const struct node *a, const struct node *b)
{
    if (a == b) return 0;
    if (!term_same(a->name, b->name)) return atom_compare(a->name, b->name);
    return a->creation < b->creation ? -1 : 1;
}

struct node *node_of(term id)
{
    if (is_local_pid(id) || is_local_port(id) || is_local_ref(id)) return node_this;
    return external_node(id);
}
