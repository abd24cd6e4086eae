/* SPDX-License-Identifier: Apache-2.0 */
/* memory_tree.c -- see memory_tree.h.
 *
 * A name (struct entry) hangs in two chains: its folder's, and that of its hash in one table for
 * the whole tree, by which it is found.  A node counts the names that it has and who holds it, and is
 * freed when both are none.
 *
 * Folders of the tree below get a node here when they are first found, so that every folder that can
 * be reached below the root is one of this tree.
 */
#include "fs/memory_tree.h"
#include "fs/contents.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include <string.h>

struct entry;
struct memory_node {
    uint64_t holders;
    struct node_info info;    /* bytes of a file and links of a folder are made by info() */
    struct contents contents; /* of a file */
    /* of a folder */
    struct entry *first;
    struct entry *self; /* its name; NULL: the root, or removed */
    struct node under;
    uint32_t folders; /* in it */
    /* of a link */
    size_t target_bytes;
    char target[];
};

struct entry {
    struct entry *hash_next;
    struct entry *next, **link; /* in the folder */
    struct memory_node *folder, *node;
    uint32_t hash, bytes;
    char name[];
};

static struct room room;
static struct memory_node root;
static struct entry **table;
static size_t table_size, entries;
static uint64_t last_inode;

static int64_t now(void) { return (int64_t)(plat_wall_ns() / 1000000000u); }

static struct node node_of(struct memory_node *m) { return (struct node){&memory_tree, m}; }

void memory_tree_limit(uint64_t limit) { room.limit = limit; }

void memory_tree_start(uint64_t limit, struct node under)
{
    room = (struct room){.limit = limit};
    int64_t t = now();
    root = (struct memory_node){.holders = 1,
                                .info = {.inode = ++last_inode,
                                         .accessed = t,
                                         .modified = t,
                                         .changed = t,
                                         .kind = NODE_FOLDER,
                                         .mode = 01777,
                                         .links = 1},
                                .under = under};
}

struct node memory_root(void) { return node_of(&root); }

/* --- nodes ------------------------------------------------------------------------------- */

static size_t node_bytes(const struct memory_node *m) { return sizeof *m + m->target_bytes; }

static struct memory_node *node_make(enum node_kind kind, const char *target, size_t target_bytes)
{
    size_t bytes = sizeof(struct memory_node) + target_bytes;
    if (!room_take(&room, bytes)) return NULL;
    struct memory_node *m = arena_malloc(bytes);
    if (!m) {
        room_give(&room, bytes);
        return NULL;
    }
    int64_t t = now();
    uint32_t mode = kind == NODE_FOLDER ? 0755 : kind == NODE_LINK ? 0777 : 0644;
    *m = (struct memory_node){.info = {.inode = ++last_inode,
                                       .accessed = t,
                                       .modified = t,
                                       .changed = t,
                                       .kind = kind,
                                       .mode = mode},
                              .target_bytes = target_bytes};
    if (target_bytes) memcpy(m->target, target, target_bytes);
    return m;
}

static void free_unused(struct memory_node *m)
{
    if (m->holders > 0 || m->info.links > 0) return;
    contents_cut(&m->contents, &room, 0);
    room_give(&room, node_bytes(m));
    arena_free(m);
}

static void keep(void *object) { ((struct memory_node *)object)->holders++; }

static void drop(void *object)
{
    struct memory_node *m = object;
    m->holders--;
    free_unused(m);
}

/* --- names ------------------------------------------------------------------------------------- */

static uint32_t hash_name(const struct memory_node *folder, const char *name, size_t n)
{
    uint32_t h = (uint32_t)folder->info.inode * 2654435761u;
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)name[i]) * 16777619u;
    return h ^ h >> 15;
}

/* Doubles the table; without memory for that the chains get longer.  false: there is none at all. */
static bool table_grow(void)
{
    size_t size = table_size ? table_size * 2 : 64;
    struct entry **bigger = arena_calloc(size * sizeof *bigger);
    if (!bigger) return table != NULL;
    for (size_t i = 0; i < table_size; i++)
        for (struct entry *e = table[i], *next; e; e = next) {
            next = e->hash_next;
            e->hash_next = bigger[e->hash % size];
            bigger[e->hash % size] = e;
        }
    arena_free(table);
    table = bigger;
    table_size = size;
    return true;
}

static struct entry *entry_find(const struct memory_node *folder, const char *name, size_t n)
{
    if (!table) return NULL;
    uint32_t h = hash_name(folder, name, n);
    for (struct entry *e = table[h % table_size]; e; e = e->hash_next)
        if (e->hash == h && e->folder == folder && e->bytes == n && memcmp(e->name, name, n) == 0)
            return e;
    return NULL;
}

/* The node gets one name more.  Times are the caller's. */
static struct entry *entry_make(struct memory_node *folder, const char *name, size_t n,
                                struct memory_node *node)
{
    size_t bytes = sizeof(struct entry) + n;
    if (entries >= table_size && !table_grow()) return NULL;
    if (!room_take(&room, bytes)) return NULL;
    struct entry *e = arena_malloc(bytes);
    if (!e) {
        room_give(&room, bytes);
        return NULL;
    }
    uint32_t h = hash_name(folder, name, n);
    *e = (struct entry){.hash_next = table[h % table_size],
                        .next = folder->first,
                        .link = &folder->first,
                        .folder = folder,
                        .node = node,
                        .hash = h,
                        .bytes = (uint32_t)n};
    memcpy(e->name, name, n);
    table[h % table_size] = e;
    if (e->next) e->next->link = &e->next;
    folder->first = e;
    entries++;
    node->info.links++;
    if (node->info.kind == NODE_FOLDER) {
        node->self = e;
        folder->folders++;
    }
    return e;
}

static void entry_remove(struct entry *e)
{
    struct memory_node *node = e->node;
    struct entry **at = &table[e->hash % table_size];
    while (*at != e) at = &(*at)->hash_next;
    *at = e->hash_next;
    *e->link = e->next;
    if (e->next) e->next->link = e->link;
    entries--;
    if (node->info.kind == NODE_FOLDER) {
        e->folder->folders--;
        if (node->self == e) node->self = NULL;
    }
    node->info.links--;
    node->info.changed = now();
    free_unused(node);
    room_give(&room, sizeof *e + e->bytes);
    arena_free(e);
}

static void touch_folder(struct memory_node *folder)
{
    folder->info.modified = folder->info.changed = now();
}

/* --- looking --------------------------------------------------------------------------------------- */

static enum node_kind kind(void *object) { return ((struct memory_node *)object)->info.kind; }

static enum fs_error info(void *object, struct node_info *out)
{
    const struct memory_node *m = object;
    *out = m->info;
    out->device = 1;
    out->bytes = m->info.kind == NODE_FILE     ? m->contents.bytes
                 : m->info.kind == NODE_FOLDER ? ARENA_PAGE
                                               : m->target_bytes;
    if (m->info.kind == NODE_FOLDER && m->info.links) out->links = 2 + m->folders;
    out->rights = 6;
    out->handle_rights = m->info.mode >> (m->info.user == 0 ? 6 : m->info.group == 0 ? 3 : 0) & 6;
    return FS_OK;
}

/* A folder of this tree that stands for one of the tree below.  It is not counted against the limit:
 * looking for a module works when /tmp is full. */
static enum fs_error stand_in(struct memory_node *folder, const char *name, size_t n,
                              struct node under, struct node *out)
{
    uint64_t limit = room.limit;
    room.limit = UINT64_MAX;
    struct memory_node *m = node_make(NODE_FOLDER, NULL, 0);
    struct entry *e = m ? entry_make(folder, name, n, m) : NULL;
    if (m && !e) free_unused(m);
    if (!e) {
        room.limit = limit;
        return FS_ENOMEM;
    }
    uint64_t extra = node_bytes(m) + sizeof *e + n;
    room.limit = limit + extra;
    struct node_info was;
    under.tree->info(under.object, &was);
    m->info.accessed = was.accessed, m->info.modified = was.modified;
    m->info.changed = was.changed;
    m->under = under;
    *out = node_of(m);
    keep(m);
    return FS_OK;
}

static enum fs_error find(void *folder, const char *name, size_t n, struct node *out)
{
    struct memory_node *f = folder;
    struct entry *e = entry_find(f, name, n);
    *out = e ? node_of(e->node) : (struct node){0};
    if (e) keep(e->node);
    if (e || !f->under.tree) return FS_OK;
    enum fs_error wrong = f->under.tree->find(f->under.object, name, n, out);
    if (wrong || !out->tree || node_kind(*out) != NODE_FOLDER) return wrong;
    struct node under = *out;
    *out = (struct node){0};
    return stand_in(f, name, n, under, out);
}

struct both {
    struct memory_node *folder;
    name_visit *visit;
    void *context;
};

/* A name of the tree below, unless it is here too. */
static void each_under(void *context, const char *name, size_t n)
{
    struct both *b = context;
    if (!entry_find(b->folder, name, n)) b->visit(b->context, name, n);
}

static enum fs_error each(void *folder, name_visit *visit, void *context)
{
    struct memory_node *f = folder;
    for (struct entry *e = f->first; e; e = e->next) visit(context, e->name, e->bytes);
    struct both b = {f, visit, context};
    return f->under.tree ? f->under.tree->each(f->under.object, each_under, &b) : FS_OK;
}

static void count_name(void *context, const char *name, size_t n)
{
    (void)name;
    (void)n;
    ++*(size_t *)context;
}

static bool is_empty(struct memory_node *f)
{
    size_t names = f->first != NULL;
    if (f->under.tree) f->under.tree->each(f->under.object, count_name, &names);
    return names == 0;
}

static struct node parent(void *folder)
{
    const struct memory_node *f = folder;
    if (f->self) keep(f->self->folder);
    return f->self ? node_of(f->self->folder) : (struct node){0};
}

static const char *name(void *folder, size_t *n)
{
    const struct memory_node *f = folder;
    *n = f->self ? f->self->bytes : 0;
    return f->self ? f->self->name : "";
}

static enum fs_error target(void *link, char to[PATH_MOST], size_t *n)
{
    const struct memory_node *m = link;
    *n = m->target_bytes;
    memcpy(to, m->target, m->target_bytes);
    return FS_OK;
}

static const uint8_t *bytes(void *file)
{
    (void)file;
    return NULL;
}

/* The time of access moves as with Linux's relatime: when the file has changed since. */
static enum fs_error read(void *file, uint64_t at, void *to, size_t n, size_t *got)
{
    struct memory_node *m = file;
    uint64_t left = at < m->contents.bytes ? m->contents.bytes - at : 0;
    *got = n < left ? n : (size_t)left;
    if (m->info.accessed <= m->info.modified) m->info.accessed = now();
    contents_read(&m->contents, at, to, *got);
    return FS_OK;
}

/* --- changing ------------------------------------------------------------------------------------- */

static enum fs_error write(void *file, uint64_t at, const void *from, size_t n, size_t *done)
{
    struct memory_node *m = file;
    m->info.modified = m->info.changed = now();
    *done = contents_write(&m->contents, &room, at, from, n);
    return *done < n ? FS_ENOSPC : FS_OK;
}

static enum fs_error cut(void *file, uint64_t size)
{
    struct memory_node *m = file;
    m->info.modified = m->info.changed = now();
    contents_cut(&m->contents, &room, size);
    return FS_OK;
}

static enum fs_error reserve(void *file, uint64_t at, uint64_t n)
{
    struct memory_node *m = file;
    if (!contents_reserve(&m->contents, &room, at, n)) return FS_ENOSPC;
    if (at + n > m->contents.bytes) cut(m, at + n);
    return FS_OK;
}

/* A folder that has been removed but is somebody's current one takes nothing new. */
static bool is_removed(const struct memory_node *f) { return f != &root && !f->self; }

static enum fs_error make(void *folder, const char *called, size_t n, enum node_kind what,
                          const char *to, size_t to_bytes, unsigned modes, struct node *out)
{
    struct memory_node *f = folder;
    (void)modes;
    if (is_removed(f)) return FS_ENOENT;
    struct memory_node *m = node_make(what, to, to_bytes);
    if (!m) return FS_ENOSPC;
    if (!entry_make(f, called, n, m)) {
        free_unused(m);
        return FS_ENOSPC;
    }
    touch_folder(f);
    *out = node_of(m);
    keep(m);
    return FS_OK;
}

static enum fs_error link(void *folder, const char *called, size_t n, void *object)
{
    struct memory_node *f = folder, *m = object;
    if (is_removed(f)) return FS_ENOENT;
    if (!entry_make(f, called, n, m)) return FS_ENOSPC;
    m->info.changed = now();
    touch_folder(f);
    return FS_OK;
}

static enum fs_error remove(void *folder, const char *called, size_t n, bool is_folder)
{
    (void)is_folder;
    struct entry *e = entry_find(folder, called, n);
    if (!e) return FS_ENOENT;
    if (e->node->info.kind == NODE_FOLDER) {
        if (!is_empty(e->node)) return FS_ENOTEMPTY;
        if (e->node->under.tree) return FS_EROFS;
    }
    entry_remove(e);
    touch_folder(folder);
    return FS_OK;
}

static bool is_inside(const struct memory_node *folder, const struct memory_node *outer)
{
    while (folder && folder != outer) folder = folder->self ? folder->self->folder : NULL;
    return folder == outer;
}

/* May `to` be replaced by `from`? */
static enum fs_error may_replace(struct memory_node *from, struct memory_node *to)
{
    bool from_folder = from->info.kind == NODE_FOLDER, to_folder = to->info.kind == NODE_FOLDER;
    if (from_folder && !to_folder) return FS_ENOTDIR;
    if (!from_folder && to_folder) return FS_EISDIR;
    if (to_folder && !is_empty(to)) return FS_ENOTEMPTY;
    return to_folder && to->under.tree ? FS_EROFS : FS_OK;
}

static enum fs_error rename(void *folder, const char *called, size_t n, void *to_folder,
                            const char *to_called, size_t to_n)
{
    struct memory_node *into = to_folder;
    struct entry *e = entry_find(folder, called, n), *old = entry_find(into, to_called, to_n);
    if (!e || is_removed(into)) return FS_ENOENT;
    struct memory_node *m = e->node;
    if (old && old->node == m) return FS_OK;
    if (m->info.kind == NODE_FOLDER && is_inside(into, m)) return FS_EINVAL;
    enum fs_error wrong = old ? may_replace(m, old->node) : FS_OK;
    if (wrong) return wrong;
    if (m->info.kind == NODE_FOLDER && m->under.tree) return FS_EROFS;
    struct entry *fresh = entry_make(into, to_called, to_n, m);
    if (!fresh) return FS_ENOSPC;
    if (old) entry_remove(old);
    entry_remove(e);
    touch_folder(folder);
    touch_folder(into);
    return FS_OK;
}

static enum fs_error set(void *object, const struct node_change *change)
{
    struct node_info *i = &((struct memory_node *)object)->info;
    if (change->mode) i->mode = change->to.mode;
    if (change->user) i->user = change->to.user;
    if (change->group) i->group = change->to.group;
    if (change->times) i->accessed = change->to.accessed, i->modified = change->to.modified;
    i->changed = now();
    return FS_OK;
}

const struct tree memory_tree = {.kind = kind,
                                 .info = info,
                                 .keep = keep,
                                 .drop = drop,
                                 .find = find,
                                 .each = each,
                                 .parent = parent,
                                 .name = name,
                                 .bytes = bytes,
                                 .read = read,
                                 .target = target,
                                 .write = write,
                                 .cut = cut,
                                 .reserve = reserve,
                                 .make = make,
                                 .link = link,
                                 .remove = remove,
                                 .rename = rename,
                                 .set = set};
