/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c -- see walk.h. */
#include "fs/walk.h"
#include "fs/archive_tree.h"
#include "fs/join_tree.h"
#include "fs/memory_tree.h"
#include <string.h>

#define LINKS_MOST 40
#define AHEAD_MOST 16
#define MEMORY     "/tmp"

static struct node current;

void walk_start(uint64_t memory_limit)
{
    join_start(archive_root());
    current = join_root();
    struct node under = archive_node(MEMORY, sizeof MEMORY - 1);
    if (under.tree && node_kind(under) != NODE_FOLDER) under = (struct node){0};
    memory_tree_start(memory_limit, under);
    join_mount(MEMORY, sizeof MEMORY - 1, memory_root());
}

struct node walk_current(void) { return current; }

void walk_set_current(struct node folder)
{
    node_keep(folder);
    node_drop(&current);
    current = folder;
}

enum fs_error walk_each(struct node folder, name_visit *visit, void *context)
{
    return folder.tree->each(folder.object, visit, context);
}

/* --- one step up ---------------------------------------------------------------------------- */

/* Held.  The root is its own parent; tree NULL: the folder has been removed. */
static struct node step_up(struct node folder)
{
    const char *name;
    size_t n;
    if (node_same(folder, join_root())) return folder;
    struct node up = folder.tree->parent(folder.object);
    if (!up.tree) return join_above(folder, &name, &n);
    return up.tree == &archive_tree ? join_over(up) : up;
}

/* The part of the path that the folder's tree knows, at the end of `space`; *folder is the root of that tree then. */
static char *path_in_tree(struct node *folder, char space[PATH_MOST], enum fs_error *wrong)
{
    char path[PATH_MOST], *end = space + PATH_MOST;
    size_t n;
    *wrong = folder->tree->path ? folder->tree->path(folder->object, path, &n) : FS_ENOTSUP;
    if (*wrong) {
        if (*wrong == FS_ENOTSUP) *wrong = FS_OK;
        return end;
    }
    for (;;) {
        struct node up = folder->tree->parent(folder->object);
        if (!up.tree) return memcpy(end - n, path, n);
        node_drop(folder);
        *folder = up;
    }
}

const char *walk_path(struct node folder, char space[PATH_MOST], size_t *n, enum fs_error *wrong)
{
    node_keep(folder);
    char *at = path_in_tree(&folder, space, wrong);
    while (!*wrong && !node_same(folder, join_root())) {
        size_t bytes;
        const char *name = NULL;
        struct node up = folder.tree->parent(folder.object);
        if (up.tree)
            name = folder.tree->name(folder.object, &bytes);
        else
            up = join_above(folder, &name, &bytes);
        if (up.tree == &archive_tree) up = join_over(up);
        *wrong = !up.tree ? FS_ENOENT : (size_t)(at - space) <= bytes ? FS_ENAMETOOLONG : FS_OK;
        if (!*wrong) {
            at -= bytes;
            memcpy(at, name, bytes);
            *--at = '/';
        }
        node_drop(&folder);
        folder = up;
    }
    node_drop(&folder);
    if (*wrong) return NULL;
    if (at == space + PATH_MOST) *--at = '/';
    *n = (size_t)(space + PATH_MOST - at);
    return at;
}

/* --- all of a path ----------------------------------------------------------------------------- */

static void set_name(struct found *out, struct node folder, const char *name, size_t n, bool slash)
{
    out->last = LAST_NAME;
    out->folder = folder;
    node_keep(folder);
    out->slash = slash;
    out->name_bytes = n;
    memcpy(out->name, name, n);
    out->name[n] = 0;
}

static bool is_dots(const char *name, size_t n)
{
    return name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'));
}

/* True for an absolute path outside the mounts without anything that has to be looked at one by one. */
static bool is_plain(const char *path, size_t n)
{
    if (n < 2 || path[0] != '/' || path[n - 1] == '/' || join_may_hold(path, n)) return false;
    size_t start = 1;
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/') continue;
        size_t bytes = i - start;
        if (bytes == 0 || bytes > NAME_MOST || is_dots(path + start, bytes)) return false;
        start = i + 1;
    }
    return true;
}

/* Nearly all names are of the archive, which has no links: two searches and not one for each
 * component.  false: walk it. */
static bool find_plain(const char *path, size_t n, struct found *out)
{
    if (!is_plain(path, n)) return false;
    size_t base = n;
    while (path[base - 1] != '/') base--;
    struct node folder = archive_node(path, base > 1 ? base - 1 : 1);
    if (!folder.tree || node_kind(folder) != NODE_FOLDER) return false;
    out->node = archive_node(path, n);
    set_name(out, folder, path + base, n - base, false);
    return true;
}

/* What has still to be walked lies at the end of `pending`, so that the target of a link can be
 * put in front of it.  Nodes that were found ahead belong to the next components. */
struct walker {
    struct node here; /* a folder, held */
    const char *at, *end;
    enum find_next next;
    unsigned links, ahead_at, ahead_n;
    enum fs_error ahead_wrong; /* of the name behind those */
    struct node ahead[AHEAD_MOST];
    char pending[2 * PATH_MOST];
};

static void forget_ahead(struct walker *w)
{
    while (w->ahead_at < w->ahead_n) node_drop(&w->ahead[w->ahead_at++]);
    w->ahead_at = w->ahead_n = 0;
    w->ahead_wrong = FS_OK;
}

/* How many names stand from `at` on that can be looked up in one request; *all: there are no others. */
static unsigned plain_names(const char *at, const char *end, const char *names[AHEAD_MOST],
                            size_t bytes[AHEAD_MOST], bool *all)
{
    unsigned count = 0;
    while (at < end && count < AHEAD_MOST) {
        const char *rest = memchr(at, '/', (size_t)(end - at));
        if (!rest) rest = end;
        size_t n = (size_t)(rest - at);
        if (n > NAME_MOST || is_dots(at, n)) break;
        names[count] = at;
        bytes[count++] = n;
        for (at = rest; at < end && *at == '/';) at++;
    }
    *all = at == end;
    return count;
}

/* The node of the name that stands at `name`, held; tree NULL: there is none. */
static enum fs_error step_down(struct walker *w, const char *name, size_t n, struct node *out)
{
    const char *names[AHEAD_MOST];
    size_t bytes[AHEAD_MOST];
    bool all;
    if (w->ahead_at == w->ahead_n && !w->ahead_wrong) {
        const struct tree *t = w->here.tree;
        unsigned count = t->find_ahead ? plain_names(name, w->end, names, bytes, &all) : 0;
        if (!count) return t->find(w->here.object, name, n, out);
        w->ahead_at = w->ahead_n = 0;
        w->ahead_wrong = t->find_ahead(w->here.object, names, bytes, count,
                                       all ? w->next : NEXT_ANY, w->ahead, &w->ahead_n);
    }
    *out = (struct node){0};
    if (w->ahead_at < w->ahead_n) {
        *out = w->ahead[w->ahead_at++];
        return FS_OK;
    }
    enum fs_error wrong = w->ahead_wrong;
    w->ahead_wrong = FS_OK;
    return wrong == FS_ENOENT ? FS_OK : wrong;
}

static enum fs_error follow(struct walker *w, struct node link, const char *rest)
{
    char target[PATH_MOST];
    size_t n;
    forget_ahead(w);
    if (++w->links > LINKS_MOST) return FS_ELOOP;
    enum fs_error wrong = link.tree->target(link.object, target, &n);
    if (wrong) return wrong;
    if (n == 0) return FS_ENOENT;
    if ((size_t)(rest - w->pending) < n) return FS_ENAMETOOLONG;
    char *to = w->pending + (rest - w->pending) - n;
    memcpy(to, target, n);
    w->at = to;
    if (target[0] != '/') return FS_OK;
    node_drop(&w->here);
    w->here = join_root();
    return FS_OK;
}

/* "." or "..": where we are then. */
static enum fs_error step_dots(struct walker *w, size_t n, bool last, struct found *out)
{
    forget_ahead(w);
    if (n == 2) {
        struct node up = step_up(w->here);
        node_drop(&w->here);
        w->here = up;
    }
    if (!w->here.tree) return FS_ENOENT;
    out->last = n == 1 ? LAST_DOT : LAST_DOTDOT;
    if (!last) return FS_OK;
    out->node = w->here;
    node_keep(out->node);
    return FS_OK;
}

/* Takes one component.  *done: *out is filled in. */
static enum fs_error step(struct walker *w, enum walk_how how, struct found *out, bool *done)
{
    const char *name = w->at, *rest = memchr(name, '/', (size_t)(w->end - name));
    if (!rest) rest = w->end;
    size_t n = (size_t)(rest - name);
    const char *next = rest;
    while (next < w->end && *next == '/') next++;
    bool slash = next > rest, last = next == w->end;
    if (n > NAME_MOST) return FS_ENAMETOOLONG;
    *done = last;
    w->at = next;
    if (is_dots(name, n)) return step_dots(w, n, last, out);
    struct node child;
    enum fs_error wrong = step_down(w, name, n, &child);
    if (wrong) return wrong;
    if (!child.tree) {
        if (!last) return FS_ENOENT;
        set_name(out, w->here, name, n, slash);
        return FS_OK;
    }
    enum node_kind kind = node_kind(child);
    if (kind == NODE_LINK && (!last || how == WALK_FOLLOW || (how == WALK_FOLLOW_SLASH && slash))) {
        *done = false;
        wrong = follow(w, child, rest);
        node_drop(&child);
        return wrong;
    }
    if (kind != NODE_FOLDER && (!last || (slash && how != WALK_STAY))) {
        node_drop(&child);
        return FS_ENOTDIR;
    }
    if (last) {
        set_name(out, w->here, name, n, slash);
        out->node = child;
        return FS_OK;
    }
    node_drop(&w->here);
    w->here = child;
    return FS_OK;
}

/* From here to the end of what is pending. */
static enum fs_error walk_pending(struct walker *w, enum walk_how how, struct found *out)
{
    for (bool done = false; !done;) {
        while (w->at < w->end && *w->at == '/') w->at++;
        if (w->at == w->end) { /* nothing but slashes, in the path or in the target of a link */
            out->node = w->here;
            node_keep(out->node);
            out->last = LAST_ROOT;
            return FS_OK;
        }
        enum fs_error wrong = step(w, how, out, &done);
        if (wrong) return wrong;
    }
    return FS_OK;
}

/* Apart from walk(), for the walker is large: the pages of it are those of a mote that needs one. */
__attribute__((noinline)) static enum fs_error
walk_all(const char *path, size_t n, enum walk_how how, enum find_next next, struct found *out)
{
    struct walker w; /* on the stack: others may walk while this one waits */
    w.end = w.pending + sizeof w.pending;
    w.at = memcpy(w.pending + sizeof w.pending - n, path, n);
    w.here = path[0] == '/' ? join_root() : current;
    node_keep(w.here);
    w.next = next;
    w.links = w.ahead_at = w.ahead_n = 0;
    w.ahead_wrong = FS_OK;
    enum fs_error wrong = walk_pending(&w, how, out);
    forget_ahead(&w);
    node_drop(&w.here);
    if (wrong) found_drop(out);
    return wrong;
}

/* The root, as each start asks for it: PWD. */
static bool find_root(const char *path, size_t n, struct found *out)
{
    if (n != 1 || path[0] != '/') return false;
    out->node = join_root();
    node_keep(out->node);
    out->last = LAST_ROOT;
    return true;
}

enum fs_error walk(const char *path, size_t n, enum walk_how how, enum find_next next,
                   struct found *out)
{
    out->node = out->folder = (struct node){0};
    if (n == 0) return FS_ENOENT;
    if (n >= PATH_MOST) return FS_ENAMETOOLONG;
    if (find_root(path, n, out) || find_plain(path, n, out)) return FS_OK;
    return walk_all(path, n, how, next, out);
}
