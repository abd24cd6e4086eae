/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c -- see walk.h. */
#include "fs/walk.h"
#include "fs/archive_tree.h"
#include "fs/memory_tree.h"
#include <string.h>

#define LINKS_MOST 40
#define MOUNT      "/tmp"
#define MOUNT_NAME (&MOUNT[1])
#define MOUNT_N    (sizeof MOUNT - 2)

static struct node root, current;

void walk_start(uint64_t memory_limit)
{
    current = root = archive_root();
    struct node under = archive_node(MOUNT, sizeof MOUNT - 1);
    if (under.tree && node_kind(under) != NODE_FOLDER) under = (struct node){0};
    memory_tree_start(memory_limit, under);
}

struct node walk_current(void) { return current; }

void walk_set_current(struct node folder)
{
    folder.tree->keep(folder.object);
    current.tree->drop(current.object);
    current = folder;
}

/* --- one step ------------------------------------------------------------------------------ */

static bool is_mount(struct node folder, const char *name, size_t n)
{
    return node_same(folder, root) && n == MOUNT_N && memcmp(name, MOUNT_NAME, n) == 0;
}

static enum fs_error step_down(struct node folder, const char *name, size_t n, struct node *out)
{
    if (is_mount(folder, name, n)) {
        *out = memory_root();
        return FS_OK;
    }
    return folder.tree->find(folder.object, name, n, out);
}

/* The root is its own parent; tree NULL: the folder has been removed. */
static struct node step_up(struct node folder)
{
    if (node_same(folder, root) || node_same(folder, memory_root())) return root;
    return folder.tree->parent(folder.object);
}

struct each_state {
    name_visit *visit;
    void *context;
};

static void visit_unless_mount(void *context, const char *name, size_t n)
{
    struct each_state *s = context;
    if (!is_mount(root, name, n)) s->visit(s->context, name, n);
}

void walk_each(struct node folder, name_visit *visit, void *context)
{
    if (!node_same(folder, root)) {
        folder.tree->each(folder.object, visit, context);
        return;
    }
    struct each_state s = {visit, context};
    folder.tree->each(folder.object, visit_unless_mount, &s);
    visit(context, MOUNT_NAME, MOUNT_N);
}

const char *walk_path(struct node folder, char space[PATH_MOST], size_t *n, enum fs_error *wrong)
{
    char *at = space + PATH_MOST;
    *wrong = FS_OK;
    while (!node_same(folder, root)) {
        size_t bytes = MOUNT_N;
        const char *name = MOUNT_NAME;
        if (!node_same(folder, memory_root())) name = folder.tree->name(folder.object, &bytes);
        folder = step_up(folder);
        *wrong = !folder.tree ? FS_ENOENT : (size_t)(at - space) <= bytes ? FS_ENAMETOOLONG : FS_OK;
        if (*wrong) return NULL;
        at -= bytes;
        memcpy(at, name, bytes);
        *--at = '/';
    }
    if (at == space + PATH_MOST) *--at = '/';
    *n = (size_t)(space + PATH_MOST - at);
    return at;
}

/* --- all of a path ----------------------------------------------------------------------------- */

static void set_name(struct found *out, struct node folder, const char *name, size_t n, bool slash)
{
    out->last = LAST_NAME;
    out->folder = folder;
    out->slash = slash;
    out->name_bytes = n;
    memcpy(out->name, name, n);
    out->name[n] = 0;
}

/* True for an absolute path outside the mount without anything that has to be looked at one by one. */
static bool is_plain(const char *path, size_t n)
{
    if (n < 2 || path[0] != '/' || path[n - 1] == '/') return false;
    size_t m = sizeof MOUNT - 1;
    if (n >= m && memcmp(path, MOUNT, m) == 0 && (n == m || path[m] == '/')) return false;
    size_t start = 1;
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/') continue;
        size_t bytes = i - start;
        if (bytes == 0 || bytes > NAME_MOST) return false;
        if (path[start] == '.' && (bytes == 1 || (bytes == 2 && path[start + 1] == '.')))
            return false;
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
 * put in front of it. */
struct walker {
    struct node here; /* a folder */
    const char *at, *end;
    unsigned links;
    char pending[2 * PATH_MOST];
};

static enum fs_error follow(struct walker *w, struct node link, const char *rest)
{
    size_t n;
    const char *target = link.tree->target(link.object, &n);
    if (++w->links > LINKS_MOST) return FS_ELOOP;
    if ((size_t)(rest - w->pending) < n) return FS_ENAMETOOLONG;
    char *to = w->pending + (rest - w->pending) - n;
    memmove(to, target, n);
    w->at = to;
    if (target[0] == '/') w->here = root;
    return FS_OK;
}

static bool is_dots(const char *name, size_t n)
{
    return name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'));
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
    if (is_dots(name, n)) {
        if (n == 2) w->here = step_up(w->here);
        out->node = w->here;
        out->last = n == 1 ? LAST_DOT : LAST_DOTDOT;
        return w->here.tree ? FS_OK : FS_ENOENT;
    }
    struct node child;
    enum fs_error wrong = step_down(w->here, name, n, &child);
    if (wrong) return wrong;
    if (last) set_name(out, w->here, name, n, slash);
    out->node = child;
    if (!child.tree) return last ? FS_OK : FS_ENOENT;
    enum node_kind kind = node_kind(child);
    if (kind == NODE_LINK && (!last || how == WALK_FOLLOW || (how == WALK_FOLLOW_SLASH && slash))) {
        *done = false;
        return follow(w, child, rest);
    }
    if (kind != NODE_FOLDER && (!last || (slash && how != WALK_STAY))) return FS_ENOTDIR;
    if (!last) w->here = child;
    return FS_OK;
}

enum fs_error walk(const char *path, size_t n, enum walk_how how, struct found *out)
{
    static struct walker w; /* too large for the stack, and nothing calls back */
    if (n == 0) return FS_ENOENT;
    if (n >= PATH_MOST) return FS_ENAMETOOLONG;
    if (find_plain(path, n, out)) return FS_OK;
    w.end = w.pending + sizeof w.pending;
    w.at = memcpy(w.pending + sizeof w.pending - n, path, n);
    w.here = path[0] == '/' ? root : current;
    w.links = 0;
    for (bool done = false; !done;) {
        while (w.at < w.end && *w.at == '/') w.at++;
        if (w.at == w.end) { /* nothing but slashes, in the path or in the target of a link */
            out->node = w.here;
            out->last = LAST_ROOT;
            return FS_OK;
        }
        enum fs_error wrong = step(&w, how, out, &done);
        if (wrong) return wrong;
    }
    return FS_OK;
}
