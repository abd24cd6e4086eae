/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c -- see tree.h. */
#include "ets/tree.h"
#include "heap/arena.h"
#include "term/compare.h"

static inline term key_of(const struct tree *t, const struct tree_node *n)
{
    return object_key(&n->object, t->keypos);
}

struct tree_node *tree_find(const struct tree *t, term key)
{
    struct tree_node *n = t->root;
    while (n) {
        int c = term_compare(key, key_of(t, n));
        if (c == 0) return n;
        n = c < 0 ? n->left : n->right;
    }
    return NULL;
}

struct tree_node *tree_first(const struct tree *t)
{
    struct tree_node *n = t->root;
    while (n && n->left) n = n->left;
    return n;
}

struct tree_node *tree_last(const struct tree *t)
{
    struct tree_node *n = t->root;
    while (n && n->right) n = n->right;
    return n;
}

struct tree_node *tree_after(const struct tree *t, term key)
{
    struct tree_node *n = t->root, *best = NULL;
    while (n) {
        if (term_compare(key, key_of(t, n)) < 0)
            best = n, n = n->left;
        else
            n = n->right;
    }
    return best;
}

struct tree_node *tree_before(const struct tree *t, term key)
{
    struct tree_node *n = t->root, *best = NULL;
    while (n) {
        if (term_compare(key, key_of(t, n)) > 0)
            best = n, n = n->right;
        else
            n = n->left;
    }
    return best;
}

/* --- balance ----------------------------------------------------------------------------------- */

static inline uint32_t height(const struct tree_node *n) { return n ? n->object.mark : 0; }

static inline void measure(struct tree_node *n)
{
    uint32_t l = height(n->left), r = height(n->right);
    n->object.mark = (l > r ? l : r) + 1;
}

static struct tree_node *rotate_right(struct tree_node *n)
{
    struct tree_node *up = n->left;
    n->left = up->right;
    up->right = n;
    measure(n);
    measure(up);
    return up;
}

static struct tree_node *rotate_left(struct tree_node *n)
{
    struct tree_node *up = n->right;
    n->right = up->left;
    up->left = n;
    measure(n);
    measure(up);
    return up;
}

/* The root of this subtree after its sides differ by at most one level again. */
static struct tree_node *balance(struct tree_node *n)
{
    uint32_t l = height(n->left), r = height(n->right);
    if (l > r + 1) {
        if (height(n->left->left) < height(n->left->right)) n->left = rotate_left(n->left);
        return rotate_right(n);
    }
    if (r > l + 1) {
        if (height(n->right->right) < height(n->right->left)) n->right = rotate_right(n->right);
        return rotate_left(n);
    }
    measure(n);
    return n;
}

/* Balances from the deepest changed link upwards, as far as heights change. */
static void balance_path(struct tree_node ***path, int depth)
{
    while (depth-- > 0) {
        struct tree_node **link = path[depth];
        uint32_t before = (*link)->object.mark;
        *link = balance(*link);
        if ((*link)->object.mark == before) break;
    }
}

/* --- changing ------------------------------------------------------------------------------------ */

static size_t node_bytes(const struct tree_node *n)
{
    return TREE_PREFIX + object_bytes(&n->object);
}

static void free_node(struct tree *t, struct tree_node *n)
{
    t->bytes -= node_bytes(n);
    object_free(&n->object, TREE_PREFIX);
}

struct tree_node *tree_node_make(const struct tree *t, term tuple)
{
    return object_make(TREE_PREFIX, tuple, t->compressed ? t->keypos : 0);
}

static void take_place(struct tree *t, struct tree_node **link, struct tree_node *fresh)
{
    struct tree_node *old = *link;
    fresh->left = old->left;
    fresh->right = old->right;
    fresh->object.mark = old->object.mark;
    *link = fresh;
    t->bytes += node_bytes(fresh);
    free_node(t, old);
}

enum put_result tree_put(struct tree *t, term tuple, bool only_new)
{
    struct tree_node **path[TREE_DEPTH], **link = &t->root;
    int depth = 0;
    term key = element(tuple, t->keypos - 1);
    while (*link) {
        int c = term_compare(key, key_of(t, *link));
        if (c == 0 && only_new) return PUT_EXISTS;
        if (c == 0) break;
        path[depth++] = link;
        link = c < 0 ? &(*link)->left : &(*link)->right;
    }
    struct tree_node *fresh = tree_node_make(t, tuple);
    if (!fresh) return PUT_NO_MEMORY;
    if (*link) {
        take_place(t, link, fresh);
        return PUT_OK;
    }
    fresh->left = fresh->right = NULL;
    fresh->object.mark = 1;
    *link = fresh;
    t->count++;
    t->bytes += node_bytes(fresh);
    balance_path(path, depth);
    return PUT_OK;
}

void tree_replace(struct tree *t, struct tree_node *old, struct tree_node *fresh)
{
    term key = key_of(t, old);
    struct tree_node **link = &t->root;
    while (*link != old)
        link = term_compare(key, key_of(t, *link)) < 0 ? &(*link)->left : &(*link)->right;
    take_place(t, link, fresh);
}

bool tree_delete(struct tree *t, term key)
{
    struct tree_node **path[TREE_DEPTH], **link = &t->root;
    int depth = 0;
    for (;;) {
        if (!*link) return false;
        int c = term_compare(key, key_of(t, *link));
        path[depth++] = link;
        if (c == 0) break;
        link = c < 0 ? &(*link)->left : &(*link)->right;
    }
    struct tree_node *gone = *link;
    if (!gone->left || !gone->right) {
        *link = gone->left ? gone->left : gone->right;
        depth--;
    } else { /* its neighbour on the right takes its place */
        int at = depth;
        struct tree_node **next = &gone->right;
        while ((*next)->left) path[depth++] = next, next = &(*next)->left;
        struct tree_node *up = *next;
        *next = up->right;
        up->left = gone->left;
        up->right = gone->right;
        up->object.mark = gone->object.mark;
        *link = up;
        if (depth > at) path[at] = &up->right; /* that link moved */
    }
    balance_path(path, depth);
    t->count--;
    free_node(t, gone);
    return true;
}

bool tree_free_some(struct tree *t, size_t limit)
{
    struct tree_node *n = t->root;
    while (n && limit) {
        if (n->left) { /* turn the tree into a list as we go: no stack is needed */
            struct tree_node *up = n->left;
            n->left = up->right;
            up->right = n;
            n = up;
            continue;
        }
        struct tree_node *next = n->right;
        object_free(&n->object, TREE_PREFIX);
        n = next;
        limit--;
    }
    t->root = n;
    return !n;
}

/* --- walking ------------------------------------------------------------------------------------------ */

static inline struct tree_node *near(const struct tree_walk *w, const struct tree_node *n)
{
    return w->backwards ? n->right : n->left;
}
static inline struct tree_node *far(const struct tree_walk *w, const struct tree_node *n)
{
    return w->backwards ? n->left : n->right;
}

static struct tree_node *pop(struct tree_walk *w) { return w->depth ? w->path[--w->depth] : NULL; }

struct tree_node *tree_walk_from(struct tree_walk *w, const struct tree *t, bool backwards,
                                 int (*place)(const void *context, term key), const void *context)
{
    w->depth = 0;
    w->backwards = backwards;
    struct tree_node *n = t->root;
    while (n) {
        int c = place ? place(context, key_of(t, n)) : 0;
        if (backwards ? c > 0 : c < 0) {
            n = far(w, n);
        } else {
            w->path[w->depth++] = n;
            n = near(w, n);
        }
    }
    return pop(w);
}

struct tree_node *tree_walk_next(struct tree_walk *w)
{
    /* path[depth] still holds the node that was given last. */
    struct tree_node *n = far(w, w->path[w->depth]);
    for (; n; n = near(w, n)) w->path[w->depth++] = n;
    return pop(w);
}
