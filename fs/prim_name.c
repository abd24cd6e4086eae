/* SPDX-License-Identifier: Apache-2.0 */
/* prim_name.c -- the natives of prim_file that take the name of a file.
 *
 * What has to exist is looked for before anything is said about a tree that is read only: deleting
 * what is not there is enoent everywhere.
 */
#include "big/big.h"
#include "binary/binary.h"
#include "fs/answer.h"
#include "fs/fs.h"

#define BIF(module, function, arity, flags, meaning)                                               \
    native_function bif_##module##_##function##_##arity;
#include "fs/prim_file.def"
#undef BIF

term error_reason(enum fs_error e)
{
    switch (e) {
    case FS_EBADF: return ATOM(ebadf);
    case FS_EBUSY: return ATOM(ebusy);
    case FS_EEXIST: return ATOM(eexist);
    case FS_EFBIG: return ATOM(efbig);
    case FS_EISDIR: return ATOM(eisdir);
    case FS_ELOOP: return ATOM(eloop);
    case FS_ENAMETOOLONG: return ATOM(enametoolong);
    case FS_ENOENT: return ATOM(enoent);
    case FS_ENOMEM: return ATOM(enomem);
    case FS_ENOSPC: return ATOM(enospc);
    case FS_ENOTDIR: return ATOM(enotdir);
    case FS_ENOTEMPTY: return ATOM(enotempty);
    case FS_ENOTSUP: return ATOM(enotsup);
    case FS_EPERM: return ATOM(eperm);
    case FS_EROFS: return ATOM(erofs);
    case FS_EXDEV: return ATOM(exdev);
    case FS_OK:
    case FS_EINVAL: break;
    }
    return ATOM(einval);
}

term answer_error(struct process *p, enum fs_error e)
{
    return make_tuple2(&p->heap, ATOM(error), error_reason(e));
}

/* --- names ---------------------------------------------------------------------------------- */

enum fs_error path_of(term t, const char **name, size_t *bytes)
{
    size_t n;
    const uint8_t *b = binary_bytes(t, &n);
    if (!b || n == 0 || b[n - 1] != 0) return FS_EINVAL;
    while (n > 0 && b[n - 1] == 0) n--; /* a name may come with a zero of its own */
    if (memchr(b, 0, n)) return FS_EINVAL;
    *name = (const char *)b;
    *bytes = n;
    return FS_OK;
}

enum fs_error find_name(term t, enum walk_how how, struct found *out)
{
    const char *name;
    size_t n;
    enum fs_error wrong = path_of(t, &name, &n);
    return wrong ? wrong : walk(name, n, how, out);
}

enum fs_error find_node(term t, enum walk_how how, struct node *out)
{
    struct found f;
    enum fs_error wrong = find_name(t, how, &f);
    if (wrong) return wrong;
    *out = f.node;
    return f.node.tree ? FS_OK : FS_ENOENT;
}

/* A name for something new: nothing is there, and its folder can be written to. */
static enum fs_error find_free(term t, struct found *out)
{
    enum fs_error wrong = find_name(t, WALK_STAY, out);
    if (wrong) return wrong;
    if (out->node.tree) return FS_EEXIST;
    return FS_OK;
}

/* --- information -------------------------------------------------------------------------------- */

static term kind_atom(enum node_kind k)
{
    return k == NODE_FILE ? ATOM(regular) : k == NODE_FOLDER ? ATOM(directory) : ATOM(symlink);
}

static term access_atom(unsigned rights)
{
    return rights == 6   ? ATOM(read_write)
           : rights == 4 ? ATOM(read)
           : rights == 2 ? ATOM(write)
                         : ATOM(none);
}

term answer_info(struct process *p, struct node n, bool by_name)
{
    struct node_info i;
    n.tree->info(n.object, &i);
    static const unsigned type[] = {0100000, 0040000, 0120000};
    unsigned shift = i.user == 0 ? 6 : i.group == 0 ? 3 : 0;
    unsigned rights = by_name ? 6 : i.mode >> shift & 6;
    if (node_is_read_only(n)) rights &= 4;
    struct heap *h = &p->heap;
    term fields[] = {ATOM(file_info),
                     make_unsigned(h, i.bytes),
                     kind_atom(i.kind),
                     access_atom(rights),
                     make_integer(h, i.accessed),
                     make_integer(h, i.modified),
                     make_integer(h, i.changed),
                     small(type[i.kind] | i.mode),
                     small(i.links),
                     small(i.device),
                     small(0),
                     make_unsigned(h, i.inode),
                     small(i.user),
                     small(i.group)};
    return make_tuple(h, sizeof fields / sizeof *fields, fields);
}

term bif_prim_file_read_info_nif_2(struct process *p, const term *arg)
{
    if (!is_small(arg[1])) return raise_badarg(p);
    bool follow = small_value(arg[1]) != 0;
    struct node n;
    enum fs_error wrong = find_node(arg[0], follow ? WALK_FOLLOW : WALK_FOLLOW_SLASH, &n);
    if (wrong) return answer_error(p, wrong);
    /* Access is that of what a link points to; none when that is nothing. */
    if (node_kind(n) != NODE_LINK) return answer_info(p, n, true);
    struct node to;
    term info = answer_info(p, n, true);
    term *fields = boxed_words(info) + 1;
    if (find_node(arg[0], WALK_FOLLOW, &to))
        fields[3] = ATOM(none);
    else if (node_is_read_only(to))
        fields[3] = ATOM(read);
    return info;
}

term bif_prim_file_read_file_nif_1(struct process *p, const term *arg)
{
    struct node n;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW, &n);
    if (!wrong && node_kind(n) == NODE_FOLDER) wrong = FS_EISDIR;
    if (wrong) return answer_error(p, wrong);
    struct node_info i;
    n.tree->info(n.object, &i);
    return answer_bytes(p, n, 0, i.bytes);
}

struct listing {
    struct process *p;
    term list;
};

static void list_name(void *context, const char *name, size_t n)
{
    struct listing *l = context;
    struct heap *h = &l->p->heap;
    l->list = make_cons(h, binary_make(h, name, n), l->list);
    bump(l->p, 1);
}

term bif_prim_file_list_dir_nif_1(struct process *p, const term *arg)
{
    struct node n;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW, &n);
    if (!wrong && node_kind(n) != NODE_FOLDER) wrong = FS_ENOTDIR;
    if (wrong) return answer_error(p, wrong);
    struct listing l = {p, NIL};
    walk_each(n, list_name, &l);
    return answer_ok(p, l.list);
}

term bif_prim_file_read_link_nif_1(struct process *p, const term *arg)
{
    struct node link;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW_SLASH, &link);
    if (!wrong && node_kind(link) != NODE_LINK) wrong = FS_EINVAL;
    if (wrong) return answer_error(p, wrong);
    size_t n;
    const char *target = link.tree->target(link.object, &n);
    term name = binary_make(&p->heap, target, n);
    return term_same(name, NO_VALUE) ? answer_error(p, FS_ENOMEM) : answer_ok(p, name);
}

term bif_prim_file_altname_nif_1(struct process *p, const term *arg)
{
    (void)arg;
    return answer_error(p, FS_ENOTSUP);
}

/* --- the current folder ---------------------------------------------------------------------------------- */

term bif_prim_file_get_cwd_nif_0(struct process *p, const term *arg)
{
    (void)arg;
    char room[PATH_MOST];
    size_t n;
    enum fs_error wrong;
    const char *path = walk_path(walk_current(), room, &n, &wrong);
    if (!path) return answer_error(p, wrong);
    term name = binary_make(&p->heap, path, n);
    return term_same(name, NO_VALUE) ? answer_error(p, FS_ENOMEM) : answer_ok(p, name);
}

term bif_prim_file_get_device_cwd_nif_1(struct process *p, const term *arg)
{
    return is_small(arg[0]) ? answer_error(p, FS_ENOTSUP) : raise_badarg(p);
}

term bif_prim_file_set_cwd_nif_1(struct process *p, const term *arg)
{
    struct node n;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW, &n);
    if (!wrong && node_kind(n) != NODE_FOLDER) wrong = FS_ENOTDIR;
    if (!wrong) walk_set_current(n);
    return answer(p, wrong);
}

/* --- new names ---------------------------------------------------------------------------------------- */

static enum fs_error make(struct found *f, enum node_kind kind, const char *target, size_t bytes)
{
    struct node made;
    if (node_is_read_only(f->folder)) return FS_EROFS;
    return f->folder.tree->make(f->folder.object, f->name, f->name_bytes, kind, target, bytes,
                                &made);
}

term bif_prim_file_make_dir_nif_1(struct process *p, const term *arg)
{
    struct found f;
    enum fs_error wrong = find_free(arg[0], &f);
    if (!wrong) wrong = make(&f, NODE_FOLDER, NULL, 0);
    return answer(p, wrong);
}

term bif_prim_file_make_soft_link_nif_2(struct process *p, const term *arg)
{
    const char *target;
    size_t n;
    struct found f;
    enum fs_error wrong = path_of(arg[0], &target, &n);
    if (!wrong && n == 0) wrong = FS_ENOENT;
    if (!wrong && n >= PATH_MOST) wrong = FS_ENAMETOOLONG;
    if (!wrong) wrong = find_free(arg[1], &f);
    if (!wrong && f.slash) wrong = FS_ENOENT;
    if (!wrong) wrong = make(&f, NODE_LINK, target, n);
    return answer(p, wrong);
}

term bif_prim_file_make_hard_link_nif_2(struct process *p, const term *arg)
{
    struct node old;
    struct found f;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW_SLASH, &old);
    if (!wrong) wrong = find_free(arg[1], &f);
    if (!wrong && f.slash) wrong = FS_ENOENT;
    if (!wrong && old.tree != f.folder.tree) wrong = FS_EXDEV;
    if (!wrong && node_is_read_only(old)) wrong = FS_EROFS;
    if (!wrong && node_kind(old) == NODE_FOLDER) wrong = FS_EPERM;
    if (!wrong) wrong = f.folder.tree->link(f.folder.object, f.name, f.name_bytes, old.object);
    return answer(p, wrong);
}

/* --- names that go ---------------------------------------------------------------------------------------- */

term bif_prim_file_del_file_nif_1(struct process *p, const term *arg)
{
    struct found f;
    enum fs_error wrong = find_name(arg[0], WALK_STAY, &f);
    if (wrong) return answer_error(p, wrong);
    if (f.last != LAST_NAME) return answer_error(p, FS_EPERM);
    if (!f.node.tree) return answer_error(p, FS_ENOENT);
    if (node_is_read_only(f.node)) return answer_error(p, FS_EROFS);
    if (node_kind(f.node) == NODE_FOLDER) return answer_error(p, FS_EPERM);
    if (f.slash) return answer_error(p, FS_ENOTDIR);
    return answer(p, f.folder.tree->remove(f.folder.object, f.name, f.name_bytes));
}

static enum fs_error delete_folder(const struct found *f)
{
    switch (f->last) {
    case LAST_ROOT: return FS_EBUSY;
    case LAST_DOT: return FS_EINVAL;
    case LAST_DOTDOT: return FS_ENOTEMPTY;
    case LAST_NAME: break;
    }
    if (!f->node.tree) return FS_ENOENT;
    if (node_kind(f->node) != NODE_FOLDER) return FS_ENOTDIR;
    if (node_is_read_only(f->node)) return FS_EROFS;
    if (f->node.tree != f->folder.tree) return FS_EBUSY; /* something is mounted there */
    return f->folder.tree->remove(f->folder.object, f->name, f->name_bytes);
}

/* Not empty is eexist here, and einval for the current folder: as prim_file of stock has it. */
term bif_prim_file_del_dir_nif_1(struct process *p, const term *arg)
{
    struct found f;
    enum fs_error wrong = find_name(arg[0], WALK_STAY, &f);
    if (!wrong) wrong = delete_folder(&f);
    if (wrong == FS_ENOTEMPTY) wrong = node_same(f.node, walk_current()) ? FS_EINVAL : FS_EEXIST;
    return answer(p, wrong);
}

static enum fs_error move(const struct found *from, const struct found *to)
{
    if (from->last != LAST_NAME || to->last != LAST_NAME) return FS_EBUSY;
    if (!from->node.tree) return FS_ENOENT;
    if (from->folder.tree != to->folder.tree) return FS_EXDEV;
    if (node_kind(from->node) != NODE_FOLDER && (from->slash || to->slash)) return FS_ENOTDIR;
    if (node_is_read_only(from->node) || node_is_read_only(to->folder)) return FS_EROFS;
    if (to->node.tree && node_is_read_only(to->node)) return FS_EROFS;
    return from->folder.tree->rename(from->folder.object, from->name, from->name_bytes,
                                     to->folder.object, to->name, to->name_bytes);
}

term bif_prim_file_rename_nif_2(struct process *p, const term *arg)
{
    struct found from, to;
    enum fs_error wrong = find_name(arg[0], WALK_STAY, &from);
    if (!wrong) wrong = find_name(arg[1], WALK_STAY, &to);
    if (!wrong && from.last == LAST_ROOT) wrong = FS_EINVAL;
    if (!wrong) wrong = move(&from, &to);
    return answer(p, wrong == FS_ENOTEMPTY ? FS_EEXIST : wrong);
}

/* --- what is known of a file ------------------------------------------------------------------------------ */

static term change(struct process *p, term name, const struct node_change *c)
{
    struct node n;
    enum fs_error wrong = find_node(name, WALK_FOLLOW, &n);
    if (!wrong && node_is_read_only(n)) wrong = FS_EROFS;
    if (!wrong) n.tree->set(n.object, c);
    return answer(p, wrong);
}

term bif_prim_file_set_permissions_nif_2(struct process *p, const term *arg)
{
    if (!is_small(arg[1]) || small_value(arg[1]) < 0 || small_value(arg[1]) > UINT32_MAX)
        return raise_badarg(p);
    return change(p, arg[0],
                  &(struct node_change){.mode = true, .to.mode = small_value(arg[1]) & 06777});
}

static bool owner_of(term t, bool *set, uint32_t *out)
{
    if (!is_small(t) || small_value(t) < INT32_MIN || small_value(t) > INT32_MAX) return false;
    *set = small_value(t) != -1; /* that leaves it as it is */
    *out = (uint32_t)small_value(t);
    return true;
}

term bif_prim_file_set_owner_nif_3(struct process *p, const term *arg)
{
    struct node_change c = {0};
    if (!owner_of(arg[1], &c.user, &c.to.user) || !owner_of(arg[2], &c.group, &c.to.group))
        return raise_badarg(p);
    return change(p, arg[0], &c);
}

term bif_prim_file_set_time_nif_4(struct process *p, const term *arg)
{
    struct node_change c = {.times = true};
    int64_t *to[] = {&c.to.accessed, &c.to.modified, &c.to.changed};
    for (int i = 0; i < 3; i++)
        if (!is_integer(arg[i + 1]) || !integer_to_int64(arg[i + 1], to[i])) return raise_badarg(p);
    return change(p, arg[0], &c);
}
