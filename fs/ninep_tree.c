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

/* A walk from a fid to where it has the number `fresh`, sent. */
static struct ninep_rpc *walk_begin(struct ninep_client *c, uint32_t from, uint32_t fresh,
                                    const char *const *names, const size_t *bytes, unsigned count,
                                    enum fs_error *wrong)
{
    struct ninep_rpc *q = ninep_new(c, NINEP_WALK, count > 1 ? NINEP_LARGE : NINEP_SMALL, wrong);
    if (!q) {
        ninep_fid_unused(c, fresh);
        return NULL;
    }
    ninep_put32(&q->w, from);
    ninep_put32(&q->w, fresh);
    ninep_put16(&q->w, (uint16_t)count);
    for (unsigned i = 0; i < count; i++) ninep_put_string(&q->w, names[i], bytes[i]);
    q->fid = fresh;
    ninep_begin_sending(q);
    return q;
}

/* Its end; the server has the number if it came there, with *got == count. */
static enum fs_error walk_end(struct ninep_rpc *q, unsigned count, uint8_t kinds[NINEP_NAMES_MOST],
                              unsigned *got)
{
    struct ninep_client *c = q->client;
    uint32_t fresh = q->fid;
    enum fs_error wrong = ninep_wait(q);
    *got = wrong ? 0 : ninep_get16(&q->r);
    if (*got > count) wrong = FS_EIO;
    for (unsigned i = 0; !wrong && i < *got; i++) kinds[i] = ninep_get_qid(&q->r).kind;
    if (!wrong && (q->r.bad || (count && !*got))) wrong = FS_EIO;
    bool there = q->state == RPC_DONE && !wrong && *got == count;
    if (q->state == RPC_DONE && !there) ninep_fid_unused(c, fresh);
    ninep_free(q); /* if it is still under way, the fid is its own affair */
    return wrong;
}

/* Both. */
static enum fs_error walk_names(struct ninep_client *c, uint32_t from, uint32_t fresh,
                                const char *const *names, const size_t *bytes, unsigned count,
                                uint8_t kinds[NINEP_NAMES_MOST], unsigned *got)
{
    enum fs_error wrong;
    struct ninep_rpc *q = walk_begin(c, from, fresh, names, bytes, count, &wrong);
    *got = 0;
    return q ? walk_end(q, count, kinds, got) : wrong;
}

/* What follows a request builds on it. */
static void let_follow(struct ninep_rpc *q)
{
    if (!q->client->is_ours) (void)ninep_wait(q);
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

struct ninep_rpc *ninep_copy_begin(struct ninep_node *n, uint32_t *fid, enum fs_error *wrong)
{
    uint32_t from;
    *wrong = ninep_fid_of(n, &from);
    if (*wrong) return NULL;
    *fid = ninep_fid_new(&n->mount->client);
    struct ninep_rpc *q = walk_begin(&n->mount->client, from, *fid, NULL, NULL, 0, wrong);
    if (q) let_follow(q);
    return q;
}

enum fs_error ninep_copy_end(struct ninep_rpc *q)
{
    unsigned got;
    return walk_end(q, 0, NULL, &got);
}

enum fs_error ninep_fid_copy(struct ninep_node *n, uint32_t *fid)
{
    enum fs_error wrong;
    struct ninep_rpc *q = ninep_copy_begin(n, fid, &wrong);
    return q ? ninep_copy_end(q) : wrong;
}

/* --- looking for names -------------------------------------------------------------------------- */

/* Names that are looked for in one go: those up to the folder of the last, and the last; or all of them together. */
struct search {
    struct ninep_mount *mount;
    struct ninep_client *c;
    unsigned count, ups; /* of them all; of those with a walk of their own */
    uint32_t fid, up_fid;
    struct ninep_rpc *up, *last, *open, *info;
    uint8_t kinds[NINEP_NAMES_MOST];
    unsigned got;
};

/* In the order in which the server has to do it. */
static enum fs_error search_begin(struct search *s, uint32_t from, const char *const *names,
                                  const size_t *bytes, enum find_next next)
{
    enum fs_error wrong, ignored;
    if (next == NEXT_CHANGE && s->count > 1) {
        s->up_fid = ninep_fid_new(s->c);
        s->up = walk_begin(s->c, from, s->up_fid, names, bytes, s->count - 1, &wrong);
        if (!s->up) return wrong;
        let_follow(s->up);
        s->ups = s->count - 1;
        from = s->up_fid;
    }
    s->fid = ninep_fid_new(s->c);
    s->last =
        walk_begin(s->c, from, s->fid, names + s->ups, bytes + s->ups, s->count - s->ups, &wrong);
    if (!s->last || !s->c->is_ours) return s->last ? FS_OK : wrong;
    if (next == NEXT_READ) s->open = ninep_ask_open(s->c, s->fid, 0, &ignored);
    if (s->open) ninep_begin_sending(s->open);
    if (next == NEXT_READ || next == NEXT_INFO) s->info = ninep_ask_info(s->c, s->fid, &ignored);
    if (s->info) ninep_begin_sending(s->info);
    return FS_OK;
}

/* How far it got: s->got names, of which the last and the one before have fids. */
static enum fs_error search_end(struct search *s)
{
    enum fs_error wrong = FS_OK, last_wrong;
    unsigned got;
    if (s->up) wrong = walk_end(s->up, s->ups, s->kinds, &s->got);
    bool arrived = s->got == s->ups && !wrong;
    if (s->up && !arrived) s->up_fid = NINEP_NO_FID;
    if (!s->last) return wrong;
    last_wrong = walk_end(s->last, s->count - s->ups, s->kinds + s->ups, &got);
    if (!arrived) return wrong;
    s->got += got;
    return last_wrong;
}

/* What came along with the last. */
static void search_more(struct search *s, struct ninep_node *n)
{
    bool is_open = s->open && ninep_wait(s->open) == FS_OK;
    if (s->open) ninep_free(s->open);
    struct node_info info;
    bool knows = s->info && ninep_take_info(s->mount, s->info, &info) == FS_OK;
    if (!n) return;
    n->is_open = n->ahead = is_open;
    n->knows = knows;
    if (knows) n->info = info;
}

static enum fs_error find_ahead(void *folder, const char *const *names, const size_t *bytes,
                                unsigned count, enum find_next next, struct node *out,
                                unsigned *found)
{
    struct ninep_node *up = folder, *end = NULL;
    uint32_t from;
    *found = 0;
    enum fs_error wrong = ninep_fid_of(up, &from), no_memory = FS_OK;
    if (wrong) return wrong;
    if (count > NINEP_NAMES_MOST) count = NINEP_NAMES_MOST, next = NEXT_ANY;
    struct search s = {.mount = up->mount,
                       .c = &up->mount->client,
                       .count = count,
                       .fid = NINEP_NO_FID,
                       .up_fid = NINEP_NO_FID};
    keep(folder);
    wrong = search_begin(&s, from, names, bytes, next);
    enum fs_error end_wrong = search_end(&s);
    if (!wrong) wrong = end_wrong;
    if (s.got < count) s.fid = NINEP_NO_FID;
    for (unsigned i = 0; i < s.got && !no_memory; i++) {
        uint32_t *fid = i + 1 == count ? &s.fid : i + 1 == s.ups ? &s.up_fid : NULL;
        struct ninep_node *n = ninep_node_make(up->mount, up, names[i], bytes[i], s.kinds[i],
                                               fid ? *fid : NINEP_NO_FID);
        if (!n) no_memory = FS_ENOMEM;
        if (!n) break;
        if (fid) *fid = NINEP_NO_FID;
        if (i + 1 == count) end = n;
        out[i] = node_of(up = n);
        *found = i + 1;
    }
    search_more(&s, end);
    if (s.fid != NINEP_NO_FID) ninep_clunk(s.c, s.fid);
    if (s.up_fid != NINEP_NO_FID) ninep_clunk(s.c, s.up_fid);
    drop(folder);
    if (!no_memory) return wrong;
    while (*found) node_drop(&out[--*found]);
    return no_memory;
}

static enum fs_error find(void *folder, const char *called, size_t n, struct node *out)
{
    unsigned found;
    *out = (struct node){0};
    enum fs_error wrong = find_ahead(folder, &called, &n, 1, NEXT_ANY, out, &found);
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

/* A request for entries from `at` on, sent. */
static struct ninep_rpc *entries_begin(struct ninep_client *c, uint32_t fid, uint64_t at,
                                       uint8_t *room, size_t bytes, enum fs_error *wrong)
{
    struct ninep_rpc *q = ninep_new(c, NINEP_READDIR, NINEP_SMALL, wrong);
    if (!q) return NULL;
    ninep_put32(&q->w, fid);
    ninep_put64(&q->w, at);
    ninep_put32(&q->w, (uint32_t)bytes);
    q->into = room;
    q->into_room = bytes;
    ninep_begin_sending(q);
    return q;
}

/* `q` asks for the first of them.  Our server fills a reply as long as there are entries. */
static enum fs_error read_entries(struct ninep_rpc *q, uint32_t fid, uint8_t *room, size_t bytes,
                                  name_visit *visit, void *context)
{
    struct ninep_client *c = q->client;
    for (uint64_t at = 0;;) {
        enum fs_error wrong = ninep_wait(q);
        size_t got = q->got;
        ninep_free(q);
        if (!wrong && !got) return FS_OK;
        uint64_t before = at;
        if (!wrong) wrong = visit_entries((struct bytes){room, got}, visit, context, &at);
        if (!wrong && at == before) wrong = FS_EIO; /* it would never end */
        if (wrong || (c->is_ours && got + NINEP_ENTRY_MOST < bytes)) return wrong;
        q = entries_begin(c, fid, at, room, bytes, &wrong);
        if (!q) return wrong;
    }
}

/* Opened and asked for its first entries in one go. */
static enum fs_error open_and_read(struct ninep_node *n, uint32_t *fid, uint8_t *room, size_t bytes,
                                   name_visit *visit, void *context)
{
    struct ninep_client *c = &n->mount->client;
    enum fs_error wrong, open_wrong, copy_wrong;
    struct ninep_rpc *first = NULL, *copy = ninep_copy_begin(n, fid, &wrong);
    if (!copy) return wrong;
    struct ninep_rpc *open = ninep_ask_open(c, *fid, NINEP_DIRECTORY, &open_wrong);
    if (open) {
        ninep_begin_sending(open);
        let_follow(open);
        first = entries_begin(c, *fid, 0, room, bytes, &wrong);
        open_wrong = ninep_wait(open);
        ninep_free(open);
    }
    copy_wrong = ninep_copy_end(copy);
    if (copy_wrong) *fid = NINEP_NO_FID;
    if (copy_wrong || open_wrong) {
        if (first) ninep_free(first);
        return copy_wrong ? copy_wrong : open_wrong;
    }
    return first ? read_entries(first, *fid, room, bytes, visit, context) : wrong;
}

static enum fs_error each(void *folder, name_visit *visit, void *context)
{
    struct ninep_node *n = folder;
    struct ninep_client *c = &n->mount->client;
    uint32_t fid = NINEP_NO_FID, root;
    enum fs_error wrong = ninep_fid_of(n, &root); /* how long a message may be is known then */
    if (wrong) return wrong;
    size_t bytes = ninep_most(c);
    uint8_t *room = arena_malloc(bytes);
    wrong = room ? open_and_read(n, &fid, room, bytes, visit, context) : FS_ENOMEM;
    if (fid != NINEP_NO_FID) ninep_clunk(c, fid);
    arena_free(room);
    return wrong;
}

/* The text that answers a request about a node. */
static enum fs_error ask_text(struct ninep_node *n, unsigned type, char to[PATH_MOST],
                              size_t *bytes)
{
    uint32_t fid;
    enum fs_error wrong = ninep_fid_of(n, &fid);
    struct ninep_rpc *q = wrong ? NULL : ninep_new(&n->mount->client, type, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, fid);
    q->into = to;
    q->into_room = PATH_MOST;
    wrong = ninep_call(q);
    *bytes = q->got;
    ninep_free(q);
    return wrong;
}

static enum fs_error target(void *link, char to[PATH_MOST], size_t *bytes)
{
    return ask_text(link, NINEP_READLINK, to, bytes);
}

static enum fs_error path(void *folder, char to[PATH_MOST], size_t *bytes)
{
    struct ninep_node *n = folder;
    if (!n->mount->client.is_ours) return FS_ENOTSUP;
    enum fs_error wrong = ask_text(n, NINEP_PATH, to, bytes);
    return !wrong && *bytes && to[0] != '/' ? FS_EIO : wrong;
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
    enum fs_error wrong, copy_wrong;
    struct ninep_rpc *copy = ninep_copy_begin(folder, &fid, &wrong);
    if (!copy) return wrong;
    struct ninep_rpc *q = ninep_new(c, NINEP_CREATE, NINEP_SMALL, &wrong);
    struct ninep_node *made = q ? ninep_node_make(folder->mount, folder, called, n, 0, fid) : NULL;
    if (!made) {
        if (q) ninep_free(q);
        if (!ninep_copy_end(copy)) ninep_clunk(c, fid);
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
    copy_wrong = ninep_copy_end(copy);
    if (copy_wrong) made->fid = NINEP_NO_FID;
    *out = node_of(made);
    if (wrong || copy_wrong) node_drop(out);
    return copy_wrong ? copy_wrong : wrong;
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
