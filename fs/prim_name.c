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
#include "fs/waiting.h"

#define BIF NATIVE_BODY
#include "fs/prim_file.def"
#undef BIF

term error_reason(enum fs_error e)
{
    switch (e) {
#define FS_ERROR(name, number, atom)                                                               \
    case FS_##name:                                                                                \
        return atom;
#include "fs/errors.def"
#undef FS_ERROR
    case FS_OK: break;
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

enum fs_error find_name(term t, enum walk_how how, enum find_next next, struct found *out)
{
    const char *name;
    size_t n;
    enum fs_error wrong = path_of(t, &name, &n);
    return wrong ? wrong : walk(name, n, how, next, out);
}

enum fs_error find_node(term t, enum walk_how how, enum find_next next, struct node *out)
{
    struct found f;
    enum fs_error wrong = find_name(t, how, next, &f);
    if (wrong) return wrong;
    node_drop(&f.folder);
    *out = f.node;
    return f.node.tree ? FS_OK : FS_ENOENT;
}

/* A name for something new: nothing is there, and its folder can be written to. */
static enum fs_error find_free(term t, struct found *out)
{
    enum fs_error wrong = find_name(t, WALK_STAY, NEXT_CHANGE, out);
    if (wrong || !out->node.tree) return wrong;
    found_drop(out);
    return FS_EEXIST;
}

/* --- information -------------------------------------------------------------------------------- */

static term kind_atom(enum node_kind k)
{
    switch (k) {
    case NODE_FILE: return ATOM(regular);
    case NODE_FOLDER: return ATOM(directory);
    case NODE_LINK: return ATOM(symlink);
    case NODE_DEVICE: return ATOM(device);
    case NODE_OTHER: break;
    }
    return ATOM(other);
}

static term access_atom(unsigned rights)
{
    return rights == 6   ? ATOM(read_write)
           : rights == 4 ? ATOM(read)
           : rights == 2 ? ATOM(write)
                         : ATOM(none);
}

static term info_tuple(struct process *p, const struct node_info *i, unsigned rights)
{
    static const unsigned type[] = {[NODE_FILE] = 0100000,
                                    [NODE_FOLDER] = 0040000,
                                    [NODE_LINK] = 0120000,
                                    [NODE_DEVICE] = 0020000,
                                    [NODE_OTHER] = 0010000};
    struct heap *h = &p->heap;
    term fields[] = {ATOM(file_info),
                     make_unsigned(h, i->bytes),
                     kind_atom(i->kind),
                     access_atom(rights),
                     make_integer(h, i->accessed),
                     make_integer(h, i->modified),
                     make_integer(h, i->changed),
                     small(type[i->kind] | i->mode),
                     small(i->links),
                     make_unsigned(h, i->device),
                     make_unsigned(h, i->minor),
                     make_unsigned(h, i->inode),
                     small(i->user),
                     small(i->group)};
    return make_tuple(h, sizeof fields / sizeof *fields, fields);
}

term answer_info(struct process *p, struct node n, bool by_name)
{
    struct node_info i;
    enum fs_error wrong = n.tree->info(n.object, &i);
    if (wrong) return answer_error(p, wrong);
    unsigned rights = by_name ? i.rights : i.handle_rights;
    return info_tuple(p, &i, node_is_read_only(n) ? rights & 4 : rights);
}

/* Access is that of what a link points to; none when that is nothing. */
static term link_info(struct process *p, term path, struct node link)
{
    struct node to;
    struct node_info i;
    term info = answer_info(p, link, true);
    if (is_tuple_of(info, 2)) return info;
    enum fs_error wrong = find_node(path, WALK_FOLLOW, NEXT_INFO, &to);
    bool read_only = !wrong && node_is_read_only(to);
    if (!wrong) {
        wrong = to.tree->info(to.object, &i);
        node_drop(&to);
    }
    boxed_words(info)[1 + 3] =
        wrong ? ATOM(none) : access_atom(read_only ? i.rights & 4 : i.rights);
    return info;
}

static term read_info(struct process *p, const term *arg)
{
    bool follow = small_value(arg[1]) != 0;
    struct node n;
    enum walk_how how = follow ? WALK_FOLLOW : WALK_FOLLOW_SLASH;
    enum fs_error wrong = find_node(arg[0], how, NEXT_INFO, &n);
    if (wrong) return answer_error(p, wrong);
    term info = node_kind(n) == NODE_LINK ? link_info(p, arg[0], n) : answer_info(p, n, true);
    node_drop(&n);
    return info;
}

term bif_prim_file_read_info_nif_2(struct process *p, const term *arg)
{
    return is_small(arg[1]) ? waiting(p, read_info, 2, arg) : raise_badarg(p);
}

static enum fs_error open_to_read(struct node found, struct node *open)
{
    if (node_kind(found) == NODE_FOLDER) return FS_EISDIR;
    if (found.tree->open) return found.tree->open(found.object, OPEN_READ | OPEN_INFO, open);
    *open = found;
    node_keep(found);
    return FS_OK;
}

static term read_file(struct process *p, const term *arg)
{
    struct node n, open = {0};
    struct node_info i = {0};
    uint64_t got;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW, NEXT_READ, &n);
    if (wrong) return answer_error(p, wrong);
    wrong = open_to_read(n, &open);
    if (!wrong) wrong = open.tree->info(open.object, &i);
    term result = wrong ? answer_error(p, wrong) : answer_bytes(p, open, 0, i.bytes, &got);
    node_drop(&open);
    node_drop(&n);
    return result;
}

term bif_prim_file_read_file_nif_1(struct process *p, const term *arg)
{
    return waiting(p, read_file, 1, arg);
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

static term list_dir(struct process *p, const term *arg)
{
    struct node n;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW, NEXT_ANY, &n);
    if (wrong) return answer_error(p, wrong);
    struct listing l = {p, NIL};
    wrong = node_kind(n) == NODE_FOLDER ? walk_each(n, list_name, &l) : FS_ENOTDIR;
    node_drop(&n);
    return wrong ? answer_error(p, wrong) : answer_ok(p, l.list);
}

term bif_prim_file_list_dir_nif_1(struct process *p, const term *arg)
{
    return waiting(p, list_dir, 1, arg);
}

static term read_link(struct process *p, const term *arg)
{
    struct node link;
    char target[PATH_MOST];
    size_t n = 0;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW_SLASH, NEXT_ANY, &link);
    if (wrong) return answer_error(p, wrong);
    wrong = node_kind(link) == NODE_LINK ? link.tree->target(link.object, target, &n) : FS_EINVAL;
    node_drop(&link);
    if (wrong) return answer_error(p, wrong);
    term name = binary_make(&p->heap, target, n);
    return term_same(name, NO_VALUE) ? answer_error(p, FS_ENOMEM) : answer_ok(p, name);
}

term bif_prim_file_read_link_nif_1(struct process *p, const term *arg)
{
    return waiting(p, read_link, 1, arg);
}

term bif_prim_file_altname_nif_1(struct process *p, const term *arg)
{
    (void)arg;
    return answer_error(p, FS_ENOTSUP);
}

/* --- the current folder ---------------------------------------------------------------------------------- */

static term get_cwd(struct process *p, const term *arg)
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

term bif_prim_file_get_cwd_nif_0(struct process *p, const term *arg)
{
    return waiting(p, get_cwd, 0, arg);
}

term bif_prim_file_get_device_cwd_nif_1(struct process *p, const term *arg)
{
    return is_small(arg[0]) ? answer_error(p, FS_ENOTSUP) : raise_badarg(p);
}

/* It is asked for what is known of it, so that where it is elsewhere that side knows it from now on. */
static term set_cwd(struct process *p, const term *arg)
{
    struct node n;
    struct node_info i;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW, NEXT_INFO, &n);
    if (wrong) return answer_error(p, wrong);
    wrong = node_kind(n) == NODE_FOLDER ? n.tree->info(n.object, &i) : FS_ENOTDIR;
    if (!wrong) walk_set_current(n);
    node_drop(&n);
    return answer(p, wrong);
}

term bif_prim_file_set_cwd_nif_1(struct process *p, const term *arg)
{
    return waiting(p, set_cwd, 1, arg);
}

/* --- new names ---------------------------------------------------------------------------------------- */

/* Gives back what was found. */
static enum fs_error make(struct found *f, enum node_kind kind, const char *target, size_t bytes)
{
    struct node made = {0};
    enum fs_error wrong = node_is_read_only(f->folder)
                              ? FS_EROFS
                              : f->folder.tree->make(f->folder.object, f->name, f->name_bytes, kind,
                                                     target, bytes, 0, &made);
    if (!wrong) node_drop(&made);
    found_drop(f);
    return wrong;
}

static term make_dir(struct process *p, const term *arg)
{
    struct found f;
    enum fs_error wrong = find_free(arg[0], &f);
    return answer(p, wrong ? wrong : make(&f, NODE_FOLDER, NULL, 0));
}

term bif_prim_file_make_dir_nif_1(struct process *p, const term *arg)
{
    return waiting(p, make_dir, 1, arg);
}

/* The same for what is no folder: a name with a '/' behind it is none. */
static enum fs_error find_free_file(term t, struct found *out)
{
    enum fs_error wrong = find_free(t, out);
    if (wrong || !out->slash) return wrong;
    found_drop(out);
    return FS_ENOENT;
}

static term make_soft_link(struct process *p, const term *arg)
{
    const char *target;
    size_t n;
    struct found f;
    enum fs_error wrong = path_of(arg[0], &target, &n);
    if (!wrong && n == 0) wrong = FS_ENOENT;
    if (!wrong && n >= PATH_MOST) wrong = FS_ENAMETOOLONG;
    if (!wrong) wrong = find_free_file(arg[1], &f);
    return answer(p, wrong ? wrong : make(&f, NODE_LINK, target, n));
}

term bif_prim_file_make_soft_link_nif_2(struct process *p, const term *arg)
{
    return waiting(p, make_soft_link, 2, arg);
}

static enum fs_error hard_link(struct node old, const struct found *f)
{
    if (old.tree != f->folder.tree) return FS_EXDEV;
    if (node_is_read_only(old)) return FS_EROFS;
    if (node_kind(old) == NODE_FOLDER) return FS_EPERM;
    return f->folder.tree->link(f->folder.object, f->name, f->name_bytes, old.object);
}

static term make_hard_link(struct process *p, const term *arg)
{
    struct node old;
    struct found f;
    enum fs_error wrong = find_node(arg[0], WALK_FOLLOW_SLASH, NEXT_ANY, &old);
    if (wrong) return answer_error(p, wrong);
    wrong = find_free_file(arg[1], &f);
    if (!wrong) {
        wrong = hard_link(old, &f);
        found_drop(&f);
    }
    node_drop(&old);
    return answer(p, wrong);
}

term bif_prim_file_make_hard_link_nif_2(struct process *p, const term *arg)
{
    return waiting(p, make_hard_link, 2, arg);
}

/* --- names that go ---------------------------------------------------------------------------------------- */

static enum fs_error delete_file(const struct found *f)
{
    if (f->last != LAST_NAME) return FS_EPERM;
    if (!f->node.tree) return FS_ENOENT;
    if (node_is_read_only(f->node)) return FS_EROFS;
    if (node_kind(f->node) == NODE_FOLDER) return FS_EPERM;
    if (f->slash) return FS_ENOTDIR;
    return f->folder.tree->remove(f->folder.object, f->name, f->name_bytes, false);
}

static term del_file(struct process *p, const term *arg)
{
    struct found f;
    enum fs_error wrong = find_name(arg[0], WALK_STAY, NEXT_CHANGE, &f);
    if (wrong) return answer_error(p, wrong);
    wrong = delete_file(&f);
    found_drop(&f);
    return answer(p, wrong);
}

term bif_prim_file_del_file_nif_1(struct process *p, const term *arg)
{
    return waiting(p, del_file, 1, arg);
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
    return f->folder.tree->remove(f->folder.object, f->name, f->name_bytes, true);
}

/* Nodes of the same folder need not be the same: of what is elsewhere there can be several. */
static bool is_current(struct node folder)
{
    struct node_info a, b;
    struct node current = walk_current();
    if (node_same(folder, current)) return true;
    if (folder.tree != current.tree || !folder.tree->open) return false;
    return !folder.tree->info(folder.object, &a) && !current.tree->info(current.object, &b) &&
           a.device == b.device && a.inode == b.inode;
}

/* Not empty is eexist here, and einval for the current folder: as prim_file of stock has it. */
static term del_dir(struct process *p, const term *arg)
{
    struct found f;
    enum fs_error wrong = find_name(arg[0], WALK_STAY, NEXT_CHANGE, &f);
    if (wrong) return answer_error(p, wrong);
    wrong = delete_folder(&f);
    if (wrong == FS_ENOTEMPTY) wrong = is_current(f.node) ? FS_EINVAL : FS_EEXIST;
    found_drop(&f);
    return answer(p, wrong);
}

term bif_prim_file_del_dir_nif_1(struct process *p, const term *arg)
{
    return waiting(p, del_dir, 1, arg);
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

static term rename(struct process *p, const term *arg)
{
    struct found from, to;
    enum fs_error wrong = find_name(arg[0], WALK_STAY, NEXT_CHANGE, &from);
    if (wrong) return answer_error(p, wrong);
    wrong = find_name(arg[1], WALK_STAY, NEXT_CHANGE, &to);
    if (!wrong) {
        wrong = from.last == LAST_ROOT ? FS_EINVAL : move(&from, &to);
        found_drop(&to);
    }
    found_drop(&from);
    return answer(p, wrong == FS_ENOTEMPTY ? FS_EEXIST : wrong);
}

term bif_prim_file_rename_nif_2(struct process *p, const term *arg)
{
    return waiting(p, rename, 2, arg);
}

/* --- what is known of a file ------------------------------------------------------------------------------ */

static term change(struct process *p, term name, const struct node_change *c)
{
    struct node n;
    enum fs_error wrong = find_node(name, WALK_FOLLOW, NEXT_ANY, &n);
    if (wrong) return answer_error(p, wrong);
    wrong = node_is_read_only(n) ? FS_EROFS : n.tree->set(n.object, c);
    node_drop(&n);
    return answer(p, wrong);
}

static term set_permissions(struct process *p, const term *arg)
{
    if (!is_small(arg[1]) || small_value(arg[1]) < 0 || small_value(arg[1]) > UINT32_MAX)
        return raise_badarg(p);
    return change(p, arg[0],
                  &(struct node_change){.mode = true, .to.mode = small_value(arg[1]) & 06777});
}

term bif_prim_file_set_permissions_nif_2(struct process *p, const term *arg)
{
    return waiting(p, set_permissions, 2, arg);
}

static bool owner_of(term t, bool *set, uint32_t *out)
{
    if (!is_small(t) || small_value(t) < INT32_MIN || small_value(t) > INT32_MAX) return false;
    *set = small_value(t) != -1; /* that leaves it as it is */
    *out = (uint32_t)small_value(t);
    return true;
}

static term set_owner(struct process *p, const term *arg)
{
    struct node_change c = {0};
    if (!owner_of(arg[1], &c.user, &c.to.user) || !owner_of(arg[2], &c.group, &c.to.group))
        return raise_badarg(p);
    return change(p, arg[0], &c);
}

term bif_prim_file_set_owner_nif_3(struct process *p, const term *arg)
{
    return waiting(p, set_owner, 3, arg);
}

static term set_time(struct process *p, const term *arg)
{
    struct node_change c = {.times = true};
    int64_t *to[] = {&c.to.accessed, &c.to.modified, &c.to.changed};
    for (int i = 0; i < 3; i++)
        if (!is_integer(arg[i + 1]) || !integer_to_int64(arg[i + 1], to[i])) return raise_badarg(p);
    return change(p, arg[0], &c);
}

term bif_prim_file_set_time_nif_4(struct process *p, const term *arg)
{
    return waiting(p, set_time, 4, arg);
}
