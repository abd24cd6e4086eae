/* SPDX-License-Identifier: Apache-2.0 */
/* join_tree.c -- see join_tree.h. */
#include "fs/join_tree.h"
#include "heap/arena.h"
#include <string.h>

struct join_node {
    struct join_node *next, *first, *parent; /* the next beside it; the first in it */
    struct node mounted;                     /* tree NULL: it is a folder of this tree */
    struct node under;
    size_t bytes;
    char name[];
};

static struct join_node root;

static struct node node_of(struct join_node *j)
{
    return j->mounted.tree ? j->mounted : (struct node){&join_tree, j};
}

void join_start(struct node under) { root = (struct join_node){.under = under}; }

struct node join_root(void) { return node_of(&root); }

static struct join_node *child_of(struct join_node *folder, const char *name, size_t n)
{
    struct join_node *c = folder->first;
    while (c && (c->bytes != n || memcmp(c->name, name, n) != 0)) c = c->next;
    return c;
}

static struct join_node *make_child(struct join_node *folder, const char *name, size_t n)
{
    struct node under = {0};
    if (folder->under.tree && (folder->under.tree->find(folder->under.object, name, n, &under) ||
                               (under.tree && node_kind(under) != NODE_FOLDER)))
        return NULL;
    struct join_node *c = arena_calloc(sizeof *c + n);
    if (!c) return NULL;
    *c = (struct join_node){.next = folder->first, .parent = folder, .under = under, .bytes = n};
    memcpy(c->name, name, n);
    folder->first = c;
    return c;
}

bool join_mount(const char *path, size_t n, struct node what)
{
    struct join_node *at = &root;
    const char *end = path + n;
    if (n < 2 || *path++ != '/') return false;
    while (path < end) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t bytes = (size_t)((slash ? slash : end) - path);
        if (bytes == 0 || bytes > NAME_MOST || at->mounted.tree) return false;
        struct join_node *next = child_of(at, path, bytes);
        if (!next && !(next = make_child(at, path, bytes))) return false;
        at = next;
        path += bytes + 1;
    }
    if (at->first) return false;
    at->mounted = what;
    return true;
}

/* --- from a folder up ----------------------------------------------------------------------- */

/* The next one in an order that visits all. */
static struct join_node *after(struct join_node *j)
{
    if (j->first) return j->first;
    while (j && !j->next) j = j->parent;
    return j ? j->next : NULL;
}

struct node join_above(struct node mounted, const char **name, size_t *n)
{
    for (struct join_node *j = root.first; j; j = after(j)) {
        if (!j->mounted.tree || !node_same(j->mounted, mounted)) continue;
        *name = j->name, *n = j->bytes;
        return node_of(j->parent);
    }
    return (struct node){0};
}

struct node join_over(struct node folder)
{
    for (struct join_node *j = &root; j; j = after(j))
        if (!j->mounted.tree && node_same(j->under, folder)) return node_of(j);
    return folder;
}

bool join_may_hold(const char *path, size_t n)
{
    const char *slash = memchr(path + 1, '/', n - 1);
    return child_of(&root, path + 1, slash ? (size_t)(slash - path) - 1 : n - 1) != NULL;
}

/* --- the operations --------------------------------------------------------------------------- */

static enum node_kind kind(void *object)
{
    (void)object;
    return NODE_FOLDER;
}

static enum fs_error info(void *object, struct node_info *out)
{
    const struct join_node *j = object;
    if (j->under.tree) return j->under.tree->info(j->under.object, out);
    enum fs_error wrong = root.under.tree->info(root.under.object, out);
    out->inode = (uintptr_t)j; /* no other has that */
    return wrong;
}

static void stays(void *object) { (void)object; }

static enum fs_error find(void *folder, const char *name, size_t n, struct node *out)
{
    struct join_node *j = folder, *c = child_of(j, name, n);
    *out = c ? node_of(c) : (struct node){0};
    node_keep(*out);
    if (c || !j->under.tree) return FS_OK;
    return j->under.tree->find(j->under.object, name, n, out);
}

struct each_state {
    struct join_node *folder;
    name_visit *visit;
    void *context;
};

static void visit_under(void *context, const char *name, size_t n)
{
    struct each_state *s = context;
    if (!child_of(s->folder, name, n)) s->visit(s->context, name, n);
}

static enum fs_error each(void *folder, name_visit *visit, void *context)
{
    struct join_node *j = folder;
    struct each_state s = {j, visit, context};
    for (struct join_node *c = j->first; c; c = c->next) visit(context, c->name, c->bytes);
    return j->under.tree ? j->under.tree->each(j->under.object, visit_under, &s) : FS_OK;
}

static struct node parent(void *folder)
{
    const struct join_node *j = folder;
    return j->parent ? node_of(j->parent) : (struct node){0};
}

static const char *name(void *folder, size_t *n)
{
    const struct join_node *j = folder;
    *n = j->bytes;
    return j->name;
}

const struct tree join_tree = {.kind = kind,
                               .info = info,
                               .keep = stays,
                               .drop = stays,
                               .find = find,
                               .each = each,
                               .parent = parent,
                               .name = name};
