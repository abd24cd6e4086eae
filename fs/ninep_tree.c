/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_tree.c -- names and folders of a tree over 9P; see ninep_tree.h. */
#include "fs/ninep_tree.h"
#include "fs/waiting.h"
#include "heap/arena.h"
#include <string.h>

/* --- nodes ------------------------------------------------------------------------------------ */

static struct node node_of(struct ninep_node *n) { return (struct node){&ninep_tree, n}; }

struct ninep_node *ninep_node_make(struct ninep_mount *m, struct ninep_node *parent,
                                   const char *name, size_t n, uint8_t kind, uint32_t fid)
{
    struct ninep_node *node = arena_malloc(sizeof *node + n);
    if (!node) return NULL;
    *node = (struct ninep_node){
        .holders = 1, .mount = m, .parent = parent, .fid = fid, .kind = kind, .bytes = n};
    memcpy(node->name, name, n);
    if (parent) parent->holders++;
    return node;
}

struct node ninep_tree_start(struct ninep_mount *m, uint64_t device, uint32_t root)
{
    m->device = device;
    m->root = ninep_node_make(m, NULL, "", 0, NINEP_IS_FOLDER, root);
    return m->root ? node_of(m->root) : (struct node){0};
}

static void keep(void *object) { ((struct ninep_node *)object)->holders++; }

static void drop(void *object)
{
    struct ninep_node *n = object;
    while (n && --n->holders == 0) {
        struct ninep_node *up = n->parent;
        if (n->fid != NINEP_NO_FID) ninep_clunk(&n->mount->client, n->fid);
        arena_free(n);
        n = up;
    }
}

static enum node_kind kind(void *object)
{
    const struct ninep_node *n = object;
    return n->kind & NINEP_IS_FOLDER ? NODE_FOLDER
           : n->kind & NINEP_IS_LINK ? NODE_LINK
                                     : NODE_FILE;
}

static struct node parent(void *folder)
{
    struct ninep_node *n = folder;
    if (!n->parent) return (struct node){0};
    n->parent->holders++;
    return node_of(n->parent);
}

static const char *name(void *folder, size_t *n)
{
    const struct ninep_node *node = folder;
    *n = node->bytes;
    return node->name;
}

/* --- walking ---------------------------------------------------------------------------------- */

/* One walk from a fid; `fresh` is the server's number for the end if it comes there, with *got == count. */
static enum fs_error walk_names(struct ninep_client *c, uint32_t from, uint32_t fresh,
                                const char *const *names, const size_t *bytes, unsigned count,
                                uint8_t kinds[NINEP_NAMES_MOST], unsigned *got)
{
    enum fs_error wrong;
    struct ninep_rpc *q = ninep_new(c, NINEP_WALK, count > 1 ? NINEP_LARGE : NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, from);
    ninep_put32(&q->w, fresh);
    ninep_put16(&q->w, (uint16_t)count);
    for (unsigned i = 0; i < count; i++) ninep_put_string(&q->w, names[i], bytes[i]);
    q->fid = fresh;
    wrong = ninep_call(q);
    *got = wrong ? 0 : ninep_get16(&q->r);
    if (*got > count) wrong = FS_EIO;
    for (unsigned i = 0; !wrong && i < *got; i++) kinds[i] = ninep_get_qid(&q->r).kind;
    if (!wrong && (q->r.bad || (count && !*got))) wrong = FS_EIO;
    bool there = q->state == RPC_DONE && !wrong && *got == count;
    if (q->state == RPC_DONE && !there) ninep_fid_unused(c, fresh);
    ninep_free(q); /* if it is still under way, the fid is its own affair */
    return wrong;
}

/* Names from a node upward to one that has a fid; at most as many as one walk takes. */
static unsigned names_up(struct ninep_node *n, struct ninep_node **from,
                         const char *names[NINEP_NAMES_MOST], size_t bytes[NINEP_NAMES_MOST])
{
    unsigned depth = 0;
    struct ninep_node *up = n;
    for (; up->fid == NINEP_NO_FID && up->parent && depth < NINEP_NAMES_MOST; up = up->parent)
        depth++;
    *from = up;
    up = n;
    for (unsigned i = depth; i-- > 0; up = up->parent) names[i] = up->name, bytes[i] = up->bytes;
    return depth;
}

/* Somebody else is at it. */
static enum fs_error wait_for_attach(struct ninep_mount *m)
{
    if (m->waiters_n == sizeof m->waiters / sizeof *m->waiters || !process_running)
        return FS_EAGAIN;
    m->waiters[m->waiters_n++] = process_running->pid;
    while (m->attaching)
        if (!wait_for(NULL)) return FS_EINTR;
    return FS_OK;
}

static enum fs_error root_fid(struct ninep_node *root)
{
    struct ninep_mount *m = root->mount;
    while (root->fid == NINEP_NO_FID) {
        enum fs_error wrong;
        if (m->attaching) {
            wrong = wait_for_attach(m);
        } else if (m->attach) {
            m->attaching = true;
            wrong = m->attach(m, &root->fid);
            if (wrong) root->fid = NINEP_NO_FID;
            m->attaching = false;
            while (m->waiters_n) {
                struct process *p = process_find(m->waiters[--m->waiters_n]);
                if (p) process_wake(p);
            }
        } else {
            wrong = FS_EIO;
        }
        if (wrong) return wrong;
    }
    return FS_OK;
}

enum fs_error ninep_fid_of(struct ninep_node *n, uint32_t *fid)
{
    const char *names[NINEP_NAMES_MOST];
    size_t bytes[NINEP_NAMES_MOST];
    uint8_t kinds[NINEP_NAMES_MOST];
    struct ninep_node *from;
    struct ninep_client *c = &n->mount->client;
    if (!n->parent) {
        enum fs_error wrong = root_fid(n);
        *fid = n->fid;
        return wrong;
    }
    while (n->fid == NINEP_NO_FID) {
        unsigned got, count = names_up(n, &from, names, bytes);
        uint32_t up = from->fid, fresh;
        enum fs_error wrong = up == NINEP_NO_FID ? ninep_fid_of(from, &up) : FS_OK;
        if (wrong) return wrong;
        fresh = ninep_fid_new(c);
        keep(from);
        wrong = walk_names(c, up, fresh, names, bytes, count, kinds, &got);
        drop(from);
        if (wrong) return wrong;
        if (got < count) return FS_ENOENT;
        if (n->fid == NINEP_NO_FID)
            n->fid = fresh;
        else
            ninep_clunk(c, fresh); /* somebody was faster */
    }
    *fid = n->fid;
    return FS_OK;
}

enum fs_error ninep_fid_copy(struct ninep_node *n, uint32_t *fid)
{
    uint32_t from;
    unsigned got;
    enum fs_error wrong = ninep_fid_of(n, &from);
    if (wrong) return wrong;
    *fid = ninep_fid_new(&n->mount->client);
    return walk_names(&n->mount->client, from, *fid, NULL, NULL, 0, NULL, &got);
}

static enum fs_error find_ahead(void *folder, const char *const *names, const size_t *bytes,
                                unsigned count, struct node *out, unsigned *found)
{
    struct ninep_node *up = folder;
    struct ninep_client *c = &up->mount->client;
    uint8_t kinds[NINEP_NAMES_MOST];
    uint32_t from, fresh;
    unsigned got;
    *found = 0;
    enum fs_error wrong = ninep_fid_of(up, &from);
    if (wrong) return wrong;
    if (count > NINEP_NAMES_MOST) count = NINEP_NAMES_MOST;
    fresh = ninep_fid_new(c);
    wrong = walk_names(c, from, fresh, names, bytes, count, kinds, &got);
    for (unsigned i = 0; !wrong && i < got; i++) {
        bool is_end = i + 1 == count;
        struct ninep_node *n = ninep_node_make(up->mount, up, names[i], bytes[i], kinds[i],
                                               is_end ? fresh : NINEP_NO_FID);
        if (!n) {
            wrong = FS_ENOMEM;
            if (got == count) ninep_clunk(c, fresh);
            break;
        }
        out[i] = node_of(up = n);
        *found = i + 1;
    }
    if (!wrong) return FS_OK;
    while (*found) node_drop(&out[--*found]);
    return wrong;
}

static enum fs_error find(void *folder, const char *called, size_t n, struct node *out)
{
    unsigned found;
    *out = (struct node){0};
    enum fs_error wrong = find_ahead(folder, &called, &n, 1, out, &found);
    return wrong == FS_ENOENT ? FS_OK : wrong;
}

/* --- looking ------------------------------------------------------------------------------------ */

static bool is_dots(struct bytes name)
{
    return name.n > 0 && name.at[0] == '.' && (name.n == 1 || (name.n == 2 && name.at[1] == '.'));
}

/* The entries of one reply; *at: where the next begins.  What cannot be a name is left out. */
static enum fs_error visit_entries(struct bytes reply, name_visit *visit, void *context,
                                   uint64_t *at)
{
    struct ninep_reader r = {.at = reply.at, .left = reply.n};
    while (r.left) {
        ninep_get_qid(&r);
        uint64_t next = ninep_get64(&r);
        ninep_get8(&r);
        struct bytes called = ninep_get_string(&r);
        if (r.bad) return FS_EIO;
        *at = next;
        if (!called.n || called.n > NAME_MOST || is_dots(called)) continue;
        if (memchr(called.at, '/', called.n) || memchr(called.at, 0, called.n)) continue;
        visit(context, (const char *)called.at, called.n);
    }
    return FS_OK;
}

static enum fs_error read_entries(struct ninep_client *c, uint32_t fid, uint8_t *room, size_t bytes,
                                  name_visit *visit, void *context)
{
    enum fs_error wrong;
    for (uint64_t at = 0;;) {
        struct ninep_rpc *q = ninep_new(c, NINEP_READDIR, NINEP_SMALL, &wrong);
        if (!q) return wrong;
        ninep_put32(&q->w, fid);
        ninep_put64(&q->w, at);
        ninep_put32(&q->w, (uint32_t)bytes);
        q->into = room;
        q->into_room = bytes;
        wrong = ninep_call(q);
        size_t got = q->got;
        ninep_free(q);
        if (!wrong && !got) return FS_OK;
        uint64_t before = at;
        if (!wrong) wrong = visit_entries((struct bytes){room, got}, visit, context, &at);
        if (!wrong && at == before) wrong = FS_EIO; /* it would never end */
        if (wrong) return wrong;
    }
}

static enum fs_error open_fid(struct ninep_client *c, uint32_t fid, uint32_t flags)
{
    enum fs_error wrong;
    struct ninep_rpc *q = ninep_new(c, NINEP_OPEN, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, fid);
    ninep_put32(&q->w, flags);
    wrong = ninep_call(q);
    ninep_free(q);
    return wrong;
}

static enum fs_error each(void *folder, name_visit *visit, void *context)
{
    enum { ROOM = 32768 };
    struct ninep_node *n = folder;
    struct ninep_client *c = &n->mount->client;
    uint32_t fid;
    enum fs_error wrong = ninep_fid_copy(n, &fid);
    if (wrong) return wrong;
    size_t bytes = ninep_most(c) < ROOM ? ninep_most(c) : ROOM;
    uint8_t *room = arena_malloc(bytes);
    wrong = room ? open_fid(c, fid, NINEP_DIRECTORY) : FS_ENOMEM;
    if (!wrong) wrong = read_entries(c, fid, room, bytes, visit, context);
    arena_free(room);
    ninep_clunk(c, fid);
    return wrong;
}

static enum fs_error target(void *link, char to[PATH_MOST], size_t *bytes)
{
    struct ninep_node *n = link;
    uint32_t fid;
    enum fs_error wrong = ninep_fid_of(n, &fid);
    struct ninep_rpc *q =
        wrong ? NULL : ninep_new(&n->mount->client, NINEP_READLINK, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, fid);
    q->into = to;
    q->into_room = PATH_MOST;
    wrong = ninep_call(q);
    *bytes = q->got;
    ninep_free(q);
    return wrong;
}

static enum fs_error path(void *folder, char to[PATH_MOST], size_t *bytes)
{
    struct ninep_node *n = folder;
    uint32_t fid;
    if (!n->mount->client.is_ours) return FS_ENOTSUP;
    enum fs_error wrong = ninep_fid_of(n, &fid);
    struct ninep_rpc *q =
        wrong ? NULL : ninep_new(&n->mount->client, NINEP_PATH, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, fid);
    q->into = to;
    q->into_room = PATH_MOST;
    wrong = ninep_call(q);
    *bytes = q->got;
    if (!wrong && *bytes && to[0] != '/') wrong = FS_EIO;
    ninep_free(q);
    return wrong;
}

/* --- changing --------------------------------------------------------------------------------------- */

/* A request about a name in a folder, begun. */
static struct ninep_rpc *about_name(struct ninep_node *folder, unsigned type, const char *called,
                                    size_t n, size_t room, enum fs_error *wrong)
{
    uint32_t fid;
    *wrong = ninep_fid_of(folder, &fid);
    struct ninep_rpc *q = *wrong ? NULL : ninep_new(&folder->mount->client, type, room, wrong);
    if (!q) return NULL;
    ninep_put32(&q->w, fid);
    ninep_put_string(&q->w, called, n);
    return q;
}

static enum fs_error finish_name(struct ninep_rpc *q)
{
    enum fs_error wrong = ninep_call(q);
    ninep_free(q);
    return wrong;
}

/* A file is made and opened in one; a fid of the folder becomes that of the file. */
static enum fs_error make_file(struct ninep_node *folder, const char *called, size_t n,
                               unsigned modes, struct node *out)
{
    struct ninep_client *c = &folder->mount->client;
    uint32_t fid;
    enum fs_error wrong = ninep_fid_copy(folder, &fid);
    if (wrong) return wrong;
    struct ninep_rpc *q = ninep_new(c, NINEP_CREATE, NINEP_SMALL, &wrong);
    struct ninep_node *made = q ? ninep_node_make(folder->mount, folder, called, n, 0, fid) : NULL;
    if (!made) {
        if (q) ninep_free(q);
        ninep_clunk(c, fid);
        return q ? FS_ENOMEM : wrong;
    }
    made->is_open = true;
    made->appends = modes & OPEN_APPEND;
    ninep_put32(&q->w, fid);
    ninep_put_string(&q->w, called, n);
    ninep_put32(&q->w, ninep_file_flags(modes) | NINEP_MAKE);
    ninep_put32(&q->w, 0666);
    ninep_put32(&q->w, 0);
    wrong = finish_name(q);
    *out = node_of(made);
    if (wrong) node_drop(out);
    return wrong;
}

static enum fs_error make(void *folder, const char *called, size_t n, enum node_kind what,
                          const char *to, size_t to_bytes, unsigned modes, struct node *out)
{
    struct ninep_node *f = folder;
    enum fs_error wrong;
    if (what == NODE_FILE) return make_file(f, called, n, modes, out);
    bool is_link = what == NODE_LINK;
    struct ninep_rpc *q = about_name(f, is_link ? NINEP_SYMLINK : NINEP_MKDIR, called, n,
                                     is_link ? NINEP_LARGE : NINEP_SMALL, &wrong);
    if (!q) return wrong;
    if (is_link)
        ninep_put_string(&q->w, to, to_bytes);
    else
        ninep_put32(&q->w, 0777);
    ninep_put32(&q->w, 0);
    wrong = finish_name(q);
    if (wrong) return wrong;
    struct ninep_node *made = ninep_node_make(
        f->mount, f, called, n, is_link ? NINEP_IS_LINK : NINEP_IS_FOLDER, NINEP_NO_FID);
    *out = made ? node_of(made) : (struct node){0};
    return FS_OK;
}

static enum fs_error link(void *folder, const char *called, size_t n, void *object)
{
    struct ninep_node *f = folder, *old = object;
    uint32_t fid, from;
    if (f->mount != old->mount) return FS_EXDEV;
    enum fs_error wrong = ninep_fid_of(f, &fid);
    if (!wrong) wrong = ninep_fid_of(old, &from);
    struct ninep_rpc *q =
        wrong ? NULL : ninep_new(&f->mount->client, NINEP_LINK, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, fid);
    ninep_put32(&q->w, from);
    ninep_put_string(&q->w, called, n);
    return finish_name(q);
}

/* Where the server has only the older request: a fid of the file, which is gone then in any case. */
static enum fs_error remove_by_fid(struct ninep_node *folder, const char *called, size_t n)
{
    struct node found;
    uint32_t fid;
    enum fs_error wrong = find(folder, called, n, &found);
    if (wrong || !found.tree) return wrong ? wrong : FS_ENOENT;
    wrong = ninep_fid_copy(found.object, &fid);
    node_drop(&found);
    struct ninep_rpc *q =
        wrong ? NULL : ninep_new(&folder->mount->client, NINEP_REMOVE, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, fid);
    return finish_name(q);
}

static enum fs_error rename_by_fid(struct ninep_node *folder, const char *called, size_t n,
                                   struct ninep_node *into, const char *to_called, size_t to_n)
{
    struct node found;
    uint32_t fid, to;
    enum fs_error wrong = find(folder, called, n, &found);
    if (wrong || !found.tree) return wrong ? wrong : FS_ENOENT;
    wrong = ninep_fid_of(found.object, &fid);
    if (!wrong) wrong = ninep_fid_of(into, &to);
    struct ninep_rpc *q =
        wrong ? NULL : ninep_new(&folder->mount->client, NINEP_RENAME, NINEP_SMALL, &wrong);
    if (q) {
        ninep_put32(&q->w, fid);
        ninep_put32(&q->w, to);
        ninep_put_string(&q->w, to_called, to_n);
        wrong = finish_name(q);
    }
    node_drop(&found);
    return wrong;
}

static enum fs_error remove(void *folder, const char *called, size_t n, bool is_folder)
{
    enum fs_error wrong;
    struct ninep_rpc *q = about_name(folder, NINEP_UNLINKAT, called, n, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, is_folder ? NINEP_UNLINK_FOLDER : 0);
    wrong = finish_name(q);
    return wrong == FS_ENOTSUP ? remove_by_fid(folder, called, n) : wrong;
}

static enum fs_error rename(void *folder, const char *called, size_t n, void *to_folder,
                            const char *to_called, size_t to_n)
{
    struct ninep_node *into = to_folder;
    uint32_t to;
    if (((struct ninep_node *)folder)->mount != into->mount) return FS_EXDEV;
    enum fs_error wrong = ninep_fid_of(into, &to);
    struct ninep_rpc *q =
        wrong ? NULL : about_name(folder, NINEP_RENAMEAT, called, n, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, to);
    ninep_put_string(&q->w, to_called, to_n);
    wrong = finish_name(q);
    return wrong == FS_ENOTSUP ? rename_by_fid(folder, called, n, into, to_called, to_n) : wrong;
}

const struct tree ninep_tree = {.kind = kind,
                                .info = ninep_file_info,
                                .keep = keep,
                                .drop = drop,
                                .find = find,
                                .find_ahead = find_ahead,
                                .each = each,
                                .parent = parent,
                                .name = name,
                                .path = path,
                                .open = ninep_file_open,
                                .read = ninep_file_read,
                                .target = target,
                                .write = ninep_file_write,
                                .cut = ninep_file_cut,
                                .reserve = ninep_file_reserve,
                                .sync = ninep_file_sync,
                                .make = make,
                                .link = link,
                                .remove = remove,
                                .rename = rename,
                                .set = ninep_file_set};
