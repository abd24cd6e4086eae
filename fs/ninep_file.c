/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_file.c -- what is asked of a file of a tree over 9P; see ninep_tree.h.
 *
 * What is longer than one message goes in several, of which a few are under way at a time.
 */
#include "fs/ninep_tree.h"

enum { AT_ONCE = 4 };

uint32_t ninep_file_flags(unsigned modes)
{
    uint32_t flags = !(modes & OPEN_WRITE) ? 0
                     : (modes & OPEN_READ) ? NINEP_READ_WRITE
                                           : NINEP_WRITE_ONLY;
    if (modes & OPEN_APPEND) flags |= NINEP_APPEND;
    if (modes & OPEN_EXCLUSIVE) flags |= NINEP_EXCLUSIVE;
    if (modes & OPEN_CUT) flags |= NINEP_TRUNCATE;
    if (modes & OPEN_SYNC) flags |= NINEP_SYNC;
    return flags;
}

/* A request about a file, begun; NULL with *wrong. */
static struct ninep_rpc *about(struct ninep_node *n, unsigned type, enum fs_error *wrong)
{
    uint32_t fid;
    *wrong = ninep_fid_of(n, &fid);
    struct ninep_rpc *q = *wrong ? NULL : ninep_new(&n->mount->client, type, NINEP_SMALL, wrong);
    if (q) ninep_put32(&q->w, fid);
    return q;
}

static enum fs_error call_and_free(struct ninep_rpc *q)
{
    enum fs_error wrong = ninep_call(q);
    ninep_free(q);
    return wrong;
}

struct ninep_rpc *ninep_ask_open(struct ninep_client *c, uint32_t fid, uint32_t flags,
                                 enum fs_error *wrong)
{
    struct ninep_rpc *q = ninep_new(c, NINEP_OPEN, NINEP_SMALL, wrong);
    if (!q) return NULL;
    ninep_put32(&q->w, fid);
    ninep_put32(&q->w, flags);
    return q;
}

/* The node that was just found is nobody else's: it becomes the open file.  That may have been done with the search. */
enum fs_error ninep_file_open(void *file, unsigned modes, struct node *out)
{
    struct ninep_node *n = file;
    enum fs_error wrong;
    uint32_t fid;
    bool plain = !(modes & OPEN_WRITE), mine = n->holders == 1;
    n->knows = n->knows && mine && (modes & OPEN_INFO);
    if ((n->kind & NINEP_IS_FOLDER) || (n->ahead && plain && mine)) {
        n->ahead = false;
        n->holders++; /* a folder can be looked at, and that needs nothing opened */
        *out = (struct node){&ninep_tree, n};
        return FS_OK;
    }
    if (mine && !n->is_open) {
        n->holders++;
    } else {
        wrong = ninep_fid_copy(n, &fid);
        if (wrong) return wrong;
        struct ninep_node *copy =
            ninep_node_make(n->mount, n->parent, n->name, n->bytes, n->kind, fid);
        if (!copy) ninep_clunk(&n->mount->client, fid);
        if (!copy) return FS_ENOMEM;
        n = copy;
    }
    *out = (struct node){&ninep_tree, n};
    wrong = ninep_fid_of(n, &fid);
    struct ninep_rpc *q =
        wrong ? NULL : ninep_ask_open(&n->mount->client, fid, ninep_file_flags(modes), &wrong);
    if (q) wrong = call_and_free(q);
    if (wrong) node_drop(out);
    if (!wrong) n->is_open = true, n->knows = false, n->appends = modes & OPEN_APPEND;
    return wrong;
}

/* --- bytes -------------------------------------------------------------------------------------- */

/* Pieces under way, oldest first. */
struct window {
    struct ninep_rpc *at[AT_ONCE];
    size_t asked[AT_ONCE];
    unsigned first, count;
};

static void window_drop(struct window *w)
{
    for (; w->count; w->count--) ninep_free(w->at[w->first++ % AT_ONCE]);
}

static void window_add(struct window *w, struct ninep_rpc *q, size_t asked)
{
    unsigned i = (w->first + w->count++) % AT_ONCE;
    w->at[i] = q;
    w->asked[i] = asked;
    ninep_begin_sending(q);
}

static enum fs_error ask_piece(struct ninep_node *n, struct window *w, unsigned type, uint64_t at,
                               const void *from, void *to, size_t bytes)
{
    enum fs_error wrong;
    struct ninep_rpc *q = about(n, type, &wrong);
    if (!q) return wrong;
    ninep_put64(&q->w, at);
    ninep_put32(&q->w, (uint32_t)bytes);
    if (from) q->data = from, q->data_bytes = bytes;
    if (to) q->into = to, q->into_room = bytes;
    window_add(w, q, bytes);
    return FS_OK;
}

/* Waits for the oldest: *n bytes were moved; *whole: as many as were asked for. */
static enum fs_error take_piece(struct window *w, size_t *n, bool *whole)
{
    struct ninep_rpc *q = w->at[w->first % AT_ONCE];
    enum fs_error wrong = ninep_wait(q);
    *n = wrong ? 0 : q->into ? q->got : ninep_get32(&q->r);
    if (!wrong && (q->r.bad || *n > w->asked[w->first % AT_ONCE])) wrong = FS_EIO, *n = 0;
    *whole = *n == w->asked[w->first % AT_ONCE];
    ninep_free(q);
    w->first++;
    w->count--;
    return wrong;
}

enum fs_error ninep_file_read(void *file, uint64_t at, void *to, size_t n, size_t *got)
{
    struct ninep_node *f = file;
    struct window w = {0};
    size_t most = ninep_most(&f->mount->client), asked = 0, piece;
    enum fs_error wrong = FS_OK;
    *got = 0;
    for (bool whole = true; whole && !wrong && *got < n;) {
        while (!wrong && w.count < AT_ONCE && asked < n) {
            size_t part = n - asked < most ? n - asked : most;
            wrong = ask_piece(f, &w, NINEP_READ, at + asked, NULL, (uint8_t *)to + asked, part);
            if (!wrong) asked += part;
        }
        if (!wrong) wrong = take_piece(&w, &piece, &whole);
        if (!wrong) *got += piece;
    }
    window_drop(&w);
    return wrong;
}

/* To a file that is appended to, one piece at a time: their order is that of their arrival. */
enum fs_error ninep_file_write(void *file, uint64_t at, const void *from, size_t n, size_t *done)
{
    struct ninep_node *f = file;
    struct window w = {0};
    size_t most = ninep_most(&f->mount->client), asked = 0, piece;
    unsigned at_once = f->appends ? 1 : AT_ONCE;
    enum fs_error wrong = FS_OK;
    *done = 0;
    for (bool whole = true; !wrong && *done < n;) {
        while (!wrong && w.count < at_once && asked < n) {
            size_t part = n - asked < most ? n - asked : most;
            wrong = ask_piece(f, &w, NINEP_WRITE, at + asked, (const uint8_t *)from + asked, NULL,
                              part);
            if (!wrong) asked += part;
        }
        if (!wrong) wrong = take_piece(&w, &piece, &whole);
        if (!wrong) *done += piece;
        if (!wrong && !whole) { /* what follows is written again, behind what was */
            if (!piece) wrong = FS_ENOSPC;
            while (w.count) (void)take_piece(&w, &piece, &whole);
            asked = *done;
        }
    }
    window_drop(&w);
    return wrong;
}

enum fs_error ninep_file_reserve(void *file, uint64_t at, uint64_t bytes)
{
    struct ninep_node *n = file;
    enum fs_error wrong;
    if (!n->mount->client.is_ours) return FS_ENOTSUP;
    struct ninep_rpc *q = about(n, NINEP_ALLOCATE, &wrong);
    if (!q) return wrong;
    ninep_put64(&q->w, at);
    ninep_put64(&q->w, bytes);
    return call_and_free(q);
}

enum fs_error ninep_file_sync(void *file, bool data_only)
{
    enum fs_error wrong;
    struct ninep_rpc *q = about(file, NINEP_FSYNC, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, data_only);
    return call_and_free(q);
}

/* --- what is known of it ---------------------------------------------------------------------------- */

struct attributes {
    uint32_t valid, mode, user, group;
    uint64_t size, accessed, modified;
};

static enum fs_error set_attributes(struct ninep_node *n, const struct attributes *a)
{
    enum fs_error wrong;
    struct ninep_rpc *q = about(n, NINEP_SETATTR, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, a->valid);
    ninep_put32(&q->w, a->mode);
    ninep_put32(&q->w, a->user);
    ninep_put32(&q->w, a->group);
    ninep_put64(&q->w, a->size);
    ninep_put64(&q->w, a->accessed);
    ninep_put64(&q->w, 0);
    ninep_put64(&q->w, a->modified);
    ninep_put64(&q->w, 0);
    return call_and_free(q);
}

enum fs_error ninep_file_cut(void *file, uint64_t bytes)
{
    return set_attributes(file, &(struct attributes){.valid = NINEP_SET_SIZE, .size = bytes});
}

enum fs_error ninep_file_set(void *object, const struct node_change *change)
{
    struct attributes a = {.mode = change->to.mode,
                           .user = change->to.user,
                           .group = change->to.group,
                           .accessed = (uint64_t)change->to.accessed,
                           .modified = (uint64_t)change->to.modified};
    if (change->mode) a.valid |= NINEP_SET_MODE;
    if (change->user) a.valid |= NINEP_SET_USER;
    if (change->group) a.valid |= NINEP_SET_GROUP;
    if (change->times)
        a.valid |= NINEP_SET_ATIME | NINEP_SET_ATIME_TO | NINEP_SET_MTIME | NINEP_SET_MTIME_TO;
    return set_attributes(object, &a);
}

static enum node_kind kind_of(uint32_t mode)
{
    switch (mode & 0170000) {
    case 0040000: return NODE_FOLDER;
    case 0120000: return NODE_LINK;
    case 0020000:
    case 0060000: return NODE_DEVICE;
    case 0100000: return NODE_FILE;
    default: return NODE_OTHER;
    }
}

static void take_info(struct ninep_reader *r, struct node_info *out)
{
    uint64_t valid = ninep_get64(r);
    out->inode = ninep_get_qid(r).path;
    uint32_t mode = ninep_get32(r);
    out->kind = kind_of(mode);
    out->mode = mode & 07777;
    out->user = ninep_get32(r);
    out->group = ninep_get32(r);
    out->links = (uint32_t)ninep_get64(r);
    out->minor = ninep_get64(r);
    out->bytes = ninep_get64(r);
    ninep_get64(r); /* of a block, and how many */
    ninep_get64(r);
    int64_t *times[] = {&out->accessed, &out->modified, &out->changed};
    for (int i = 0; i < 3; i++) {
        *times[i] = (int64_t)ninep_get64(r);
        ninep_get64(r);
    }
    ninep_get64(r); /* when it was made, and its generation */
    ninep_get64(r);
    ninep_get64(r);
    uint64_t rights = ninep_get64(r);
    bool known = (valid & NINEP_GETATTR_ACCESS) != 0;
    out->rights = known ? rights & 6 : mode >> 6 & 6;
    out->handle_rights = known ? rights >> 4 & 6 : mode >> 6 & 6;
}

struct ninep_rpc *ninep_ask_info(struct ninep_client *c, uint32_t fid, enum fs_error *wrong)
{
    struct ninep_rpc *q = ninep_new(c, NINEP_GETATTR, NINEP_SMALL, wrong);
    if (!q) return NULL;
    ninep_put32(&q->w, fid);
    ninep_put64(&q->w, NINEP_GETATTR_BASIC | (c->is_ours ? NINEP_GETATTR_ACCESS : 0));
    return q;
}

enum fs_error ninep_take_info(struct ninep_mount *m, struct ninep_rpc *q, struct node_info *out)
{
    enum fs_error wrong = ninep_wait(q);
    *out = (struct node_info){.device = m->device};
    if (!wrong) take_info(&q->r, out);
    if (!wrong && (q->r.bad || out->bytes > INT64_MAX)) wrong = FS_EIO;
    ninep_free(q);
    return wrong;
}

enum fs_error ninep_file_info(void *object, struct node_info *out)
{
    struct ninep_node *n = object;
    uint32_t fid;
    if (n->knows) {
        n->knows = false;
        *out = n->info;
        return FS_OK;
    }
    enum fs_error wrong = ninep_fid_of(n, &fid);
    struct ninep_rpc *q = wrong ? NULL : ninep_ask_info(&n->mount->client, fid, &wrong);
    if (!q) return wrong;
    ninep_begin_sending(q);
    return ninep_take_info(n->mount, q, out);
}
