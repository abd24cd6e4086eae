/* SPDX-License-Identifier: Apache-2.0 */
/* prim_file.c -- open files: the natives of prim_file that take a handle.
 *
 * A handle is a magic reference.  It belongs to the process that opened the file: when that has ended the
 * file counts as closed for everybody else, and what it holds is given back when the last
 * reference to it has been collected.
 *
 * Where files are elsewhere (tree.h) a native waits: its body runs by waiting(), and the file stays open until
 * the last body is done with it, whoever closes it meanwhile.
 *
 * The bytes of a file in the archive are never copied: a binary refers to them where they lie in the image,
 * through one blob that is never freed.
 */
#include "big/big.h"
#include "binary/binary.h"
#include "fs/answer.h"
#include "fs/archive_tree.h"
#include "fs/fs.h"
#include "fs/file_port.h"
#include "fs/memory_tree.h"
#include "fs/mount.h"
#include "fs/trace_file.h"
#include "fs/waiting.h"
#include "port/port.h"
#include "sched/start.h"
#include "heap/arena.h"

#define BIF NATIVE_BODY
#include "fs/prim_file.def"
#undef BIF

static const struct native rows[] = {
#define BIF NATIVE_ROW
#include "fs/prim_file.def"
#undef BIF
};
const struct native_table fs_natives = {rows, sizeof rows / sizeof *rows};

/* /tmp may take this part of the memory. */
#define MEMORY_SHARE 4

/* MOTE_TMP_LIMIT is a number of bytes, which the command line made of --tmp. */
static uint64_t tmp_limit(const struct plat_boot *boot)
{
    static const char name[] = "MOTE_TMP_LIMIT=";
    for (const char *const *e = boot->environment; e && *e; e++) {
        uint64_t n = 0;
        if (strncmp(*e, name, sizeof name - 1) != 0) continue;
        for (const char *at = *e + sizeof name - 1; *at >= '0' && *at <= '9'; at++)
            if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *at - '0', &n))
                return UINT64_MAX;
        return n;
    }
    return boot->heap_bytes / MEMORY_SHARE;
}

/* What comes from outside: folders, and the current one. */
static void take_boot(const struct plat_boot *boot)
{
    mount_all(boot);
    if (resumes_running) return; /* it is where it was */
    for (const char *const *e = boot->environment; e && *e; e++) {
        struct found f;
        if (strncmp(*e, "PWD=", 4) != 0) continue;
        if (walk(*e + 4, strlen(*e + 4), WALK_FOLLOW, NEXT_ANY, &f)) continue;
        if (f.node.tree && node_kind(f.node) == NODE_FOLDER) walk_set_current(f.node);
        found_drop(&f);
    }
}

void fs_start(const struct plat_boot *boot)
{
    const char *wrong = archive_tree_start(boot->image, boot->image_bytes);
    if (wrong) plat_panic(__FILE__, __LINE__, wrong);
    walk_start(tmp_limit(boot));
    port_file_driver = &file_port_driver;
    port_driver_add(&trace_file_driver);
    take_boot(boot);
}

void fs_resume(const struct plat_boot *boot)
{
    memory_tree_limit(tmp_limit(boot));
    take_boot(boot);
}

/* --- reading ------------------------------------------------------------------------------ */

/* What binaries over the archive say they refer to. */
static struct blob archive_blob = {.references = UINT64_C(1) << 62};

static term binary_in_place(struct heap *h, const uint8_t *bytes, size_t n)
{
    term *w = heap_alloc(h, REFC_BINARY_WORDS);
    w[0] = header(4, KIND_REFC_BINARY);
    w[2] = term_of((uintptr_t)&archive_blob);
    w[3] = term_of((uintptr_t)bytes);
    w[4] = term_of(n);
    archive_blob.references++;
    off_heap_link(&h->off_heap, w);
    return boxed_term(w);
}

term answer_bytes(struct process *p, struct node file, uint64_t at, uint64_t n, uint64_t *got)
{
    const uint8_t *all = file.tree->bytes ? file.tree->bytes(file.object) : NULL;
    *got = n;
    if (all && n > HEAP_BINARY_LIMIT) return answer_ok(p, binary_in_place(&p->heap, all + at, n));
    term out;
    size_t there;
    uint8_t *to = binary_new(&p->heap, n, &out);
    *got = 0;
    if (!to) return answer_error(p, FS_ENOMEM);
    enum fs_error wrong = file.tree->read(file.object, at, to, n, &there);
    if (wrong) return answer_error(p, wrong);
    *got = there;
    bump(p, (int64_t)(there / 512));
    if (there < n) out = binary_make(&p->heap, to, there);
    return term_same(out, NO_VALUE) ? answer_error(p, FS_ENOMEM) : answer_ok(p, out);
}

/* --- handles --------------------------------------------------------------------------------- */

enum mode {
    MODE_READ = 1,
    MODE_WRITE = 2,
    MODE_APPEND = 4,
    MODE_EXCLUSIVE = 8,
    MODE_FOLDER = 16,
    MODE_ANY_KIND = 32,
    MODE_SYNC = 64
};

struct file {
    struct resource resource;
    struct node node; /* held; tree NULL: closed */
    uint64_t position;
    unsigned modes;
    unsigned users;       /* bodies at work on it */
    bool closing;         /* closed, for everybody but those */
    bool position_is_end; /* something was appended: the position is where the file ends */
    term owner;
};

static void file_close(struct file *f)
{
    f->closing = true;
    if (!f->users) node_drop(&f->node);
}

static void file_release(void *resource)
{
    file_close(resource);
    arena_free(resource);
}
static const struct resource_type file_type = {.name = "file", .release = file_release};

/* The open file behind the reference; NULL with the answer in *result. */
static struct file *open_file(struct process *p, term ref, term *result)
{
    struct file *f = resource_of(ref, &file_type);
    if (!f) {
        *result = raise_badarg(p);
        return NULL;
    }
    if (!term_same(f->owner, p->pid) && !process_find(f->owner)) file_close(f);
    if (!f->node.tree || f->closing) {
        *result = answer_error(p, FS_EINVAL);
        return NULL;
    }
    return f;
}

static term with_file(struct process *p, const term *arg,
                      term (*work)(struct process *p, struct file *f, const term *arg))
{
    term result = NO_VALUE;
    struct file *f = open_file(p, arg[0], &result);
    if (!f) return result;
    f->users++;
    result = work(p, f, arg);
    f->users--;
    if (f->closing) file_close(f);
    return result;
}

/* Begins a native that takes a handle: its body, which is called with the open file. */
#define FILE_NATIVE(name, arity)                                                                   \
    static term name##_work(struct process *p, struct file *f, const term *arg);                   \
    static term name##_body(struct process *p, const term *arg)                                    \
    {                                                                                              \
        return with_file(p, arg, name##_work);                                                     \
    }                                                                                              \
    term bif_prim_file_##name##_nif_##arity(struct process *p, const term *arg)                    \
    {                                                                                              \
        return waiting(p, name##_body, arity, arg);                                                \
    }                                                                                              \
    static term name##_work(struct process *p, struct file *f, const term *arg)

static enum fs_error file_bytes(const struct file *f, uint64_t *bytes)
{
    struct node_info i;
    enum fs_error wrong = f->node.tree->info(f->node.object, &i);
    *bytes = wrong ? 0 : i.bytes;
    return wrong;
}

/* Where the file is read or written next. */
static enum fs_error file_position(struct file *f)
{
    if (!f->position_is_end) return FS_OK;
    enum fs_error wrong = file_bytes(f, &f->position);
    f->position_is_end = wrong != FS_OK;
    return wrong;
}

static unsigned modes_of(term list)
{
    unsigned modes = 0;
    for (; is_cons(list); list = tail(list)) {
        term m = head(list);
        if (!is_atom(m)) continue;
        switch (atom_index(m)) {
        case ATOM_read: modes |= MODE_READ; break;
        case ATOM_write: modes |= MODE_WRITE; break;
        case ATOM_append: modes |= MODE_APPEND | MODE_WRITE; break;
        case ATOM_exclusive: modes |= MODE_EXCLUSIVE | MODE_WRITE; break;
        case ATOM_directory: modes |= MODE_FOLDER; break;
        case ATOM_skip_type_check: modes |= MODE_ANY_KIND; break;
        case ATOM_sync: modes |= MODE_SYNC; break;
        default: break; /* raw, delayed_write and the like are for the layers above */
        }
    }
    return modes & (MODE_READ | MODE_WRITE) ? modes : modes | MODE_READ;
}

static unsigned open_modes(unsigned modes)
{
    unsigned result = 0;
    if (modes & MODE_READ) result |= OPEN_READ;
    if (modes & MODE_WRITE) result |= OPEN_WRITE;
    if (modes & MODE_APPEND) result |= OPEN_APPEND;
    if (modes & MODE_EXCLUSIVE) result |= OPEN_EXCLUSIVE;
    if (modes & MODE_SYNC) result |= OPEN_SYNC;
    if (modes & MODE_WRITE && !(modes & (MODE_READ | MODE_APPEND))) result |= OPEN_CUT;
    return result;
}

/* A new file where there is none.  In each of these the file is in *out, held. */
static enum fs_error create(struct found *f, unsigned modes, struct node *out)
{
    if (f->slash) return FS_EISDIR; /* from the target of a link */
    if (modes & MODE_FOLDER) return FS_EINVAL;
    if (node_is_read_only(f->folder)) return FS_EROFS;
    return f->folder.tree->make(f->folder.object, f->name, f->name_bytes, NODE_FILE, NULL, 0,
                                open_modes(modes), out);
}

static enum fs_error open_node(struct found *f, unsigned modes, struct node *out)
{
    const struct tree *t = f->node.tree;
    unsigned how = open_modes(modes);
    node_drop(&f->folder);
    if (t->open) return t->open(f->node.object, how, out);
    *out = f->node;
    node_keep(*out);
    return how & OPEN_CUT ? t->cut(f->node.object, 0) : FS_OK;
}

static enum fs_error open_for_writing(struct found *f, unsigned modes, struct node *out)
{
    if (!f->node.tree) return create(f, modes, out);
    if (modes & MODE_EXCLUSIVE) return FS_EEXIST;
    if (modes & MODE_FOLDER) return FS_EINVAL;
    if (node_kind(f->node) == NODE_FOLDER) return FS_EISDIR;
    if (node_is_read_only(f->node)) return FS_EROFS;
    return open_node(f, modes, out);
}

static enum fs_error open_for_reading(struct found *f, unsigned modes, struct node *out)
{
    if (!f->node.tree) return FS_ENOENT;
    bool folder = node_kind(f->node) == NODE_FOLDER;
    if (!folder && (modes & MODE_FOLDER)) return FS_ENOTDIR;
    if (folder && !(modes & (MODE_FOLDER | MODE_ANY_KIND))) return FS_EISDIR;
    return open_node(f, modes, out);
}

/* Such a name is that of a folder, which is never written to, whatever is there. */
static bool ends_in_slash(term path)
{
    const char *name;
    size_t n;
    return path_of(path, &name, &n) == FS_OK && n > 0 && name[n - 1] == '/';
}

static enum fs_error open_name(term path, unsigned modes, struct node *out)
{
    struct found found;
    bool stay = (modes & MODE_WRITE) && ends_in_slash(path);
    enum find_next next = modes & MODE_WRITE ? NEXT_CHANGE : NEXT_READ;
    enum fs_error wrong =
        find_name(path, stay || (modes & MODE_EXCLUSIVE) ? WALK_STAY : WALK_FOLLOW, next, &found);
    if (wrong) return wrong;
    wrong = stay                 ? FS_EISDIR
            : modes & MODE_WRITE ? open_for_writing(&found, modes, out)
                                 : open_for_reading(&found, modes, out);
    found_drop(&found);
    return wrong;
}

static term open_body(struct process *p, const term *arg)
{
    struct node node;
    unsigned modes = modes_of(arg[1]);
    enum fs_error wrong = open_name(arg[0], modes, &node);
    if (wrong) return answer_error(p, wrong);
    struct file *f = arena_malloc(sizeof *f);
    if (!f) {
        node_drop(&node);
        return answer_error(p, FS_ENOMEM);
    }
    *f = (struct file){.resource = {.references = 1, .type = &file_type},
                       .node = node,
                       .modes = modes,
                       .owner = p->pid};
    ref_new_ids(f->resource.ids);
    return answer_ok(p, make_magic_ref(&p->heap, &f->resource));
}

term bif_prim_file_open_nif_2(struct process *p, const term *arg)
{
    if (!is_cons(arg[1]) && !is_nil(arg[1])) return raise_badarg(p);
    return waiting(p, open_body, 2, arg);
}

FILE_NATIVE(close, 1)
{
    (void)p, (void)arg;
    f->closing = true;
    return ATOM(ok);
}

term bif_prim_file_delayed_close_nif_1(struct process *p, const term *arg)
{
    struct file *f = resource_of(arg[0], &file_type);
    if (!f) return raise_badarg(p);
    file_close(f);
    return ATOM(ok);
}

/* --- reading ------------------------------------------------------------------------------------ */

/* A number that is not negative and fits; anything else is einval, or badarg when it is no number. */
static bool offset_of(term t, uint64_t *out)
{
    int64_t v;
    if (!is_integer(t) || !integer_to_int64(t, &v) || v < 0) return false;
    *out = (uint64_t)v;
    return true;
}

/* Where a tree does not know the length without asking, no more is made room for at first. */
#define READ_AT_ONCE (UINT64_C(1) << 20)

/* Up to `size` bytes at `at`, of a file that is elsewhere: who asks for much has to know its length. */
static term read_elsewhere(struct process *p, const struct file *f, uint64_t at, uint64_t size,
                           uint64_t *got)
{
    uint64_t n = size, bytes;
    if (size > READ_AT_ONCE) {
        enum fs_error wrong = file_bytes(f, &bytes);
        if (wrong) return answer_error(p, wrong);
        if (at >= bytes) return ATOM(eof);
        if (n > bytes - at) n = bytes - at;
    }
    term result = answer_bytes(p, f->node, at, n, got);
    bool is_ok = is_tuple_of(result, 2) && term_same(element(result, 0), ATOM(ok));
    return is_ok && *got == 0 ? ATOM(eof) : result;
}

/* Up to `size` bytes at `at`. */
static term read_at(struct process *p, const struct file *f, uint64_t at, uint64_t size,
                    uint64_t *got)
{
    *got = 0;
    if (!(f->modes & MODE_READ)) return answer_error(p, FS_EBADF);
    if (node_kind(f->node) == NODE_FOLDER) return answer_error(p, FS_EISDIR);
    if (size == 0) return ATOM(eof);
    if (f->node.tree->open) return read_elsewhere(p, f, at, size, got);
    uint64_t bytes;
    enum fs_error wrong = file_bytes(f, &bytes);
    if (wrong) return answer_error(p, wrong);
    if (at >= bytes) return ATOM(eof);
    return answer_bytes(p, f->node, at, size < bytes - at ? size : bytes - at, got);
}

FILE_NATIVE(read, 2)
{
    uint64_t size, got;
    if (!is_number(arg[1])) return raise_badarg(p);
    if (!offset_of(arg[1], &size)) return answer_error(p, FS_EINVAL);
    enum fs_error wrong = file_position(f);
    if (wrong) return answer_error(p, wrong);
    term result = read_at(p, f, f->position, size, &got);
    f->position += got;
    return result;
}

FILE_NATIVE(pread, 3)
{
    uint64_t at, size, got;
    if (!is_number(arg[1]) || !is_number(arg[2])) return raise_badarg(p);
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &size)) return answer_error(p, FS_EINVAL);
    return read_at(p, f, at, size, &got);
}

/* At Offset stands the size (32 bits) and the place (32 bits) of what is wanted: dets. */
FILE_NATIVE(ipread_s32bu_p32bu, 3)
{
    uint64_t at, most, got;
    if (!is_number(arg[1]) || !is_number(arg[2])) return raise_badarg(p);
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &most) || most > INT32_MAX)
        return answer_error(p, FS_EINVAL);
    if (!(f->modes & MODE_READ)) return answer_error(p, FS_EBADF);
    if (node_kind(f->node) == NODE_FOLDER) return answer_error(p, FS_EISDIR);
    uint8_t block[8];
    size_t there;
    enum fs_error wrong = f->node.tree->read(f->node.object, at, block, sizeof block, &there);
    if (wrong) return answer_error(p, wrong);
    if (there < sizeof block) return ATOM(eof);
    uint32_t size = load_u32(block), place = load_u32(block + 4);
    if (size > most) return ATOM(eof);
    term data = read_at(p, f, place, size, &got);
    if (got == 0 && !term_same(data, ATOM(eof))) return data;
    term value = got > 0 ? element(data, 1) : ATOM(eof);
    return answer_ok(p, make_tuple3(&p->heap, small(size), small(place), value));
}

FILE_NATIVE(seek, 3)
{
    int64_t by, from, to;
    if (!is_integer(arg[2]) || !integer_to_int64(arg[2], &by)) return raise_badarg(p);
    enum fs_error wrong = FS_OK;
    uint64_t place = 0;
    if (term_same(arg[1], ATOM(cur))) {
        wrong = file_position(f);
        place = f->position;
    } else if (term_same(arg[1], ATOM(eof))) {
        wrong = file_bytes(f, &place);
    } else if (!term_same(arg[1], ATOM(bof))) {
        return raise_badarg(p);
    }
    if (wrong) return answer_error(p, wrong);
    from = (int64_t)place;
    if (__builtin_add_overflow(from, by, &to) || to < 0) return answer_error(p, FS_EINVAL);
    f->position = (uint64_t)to;
    f->position_is_end = false;
    return answer_ok(p, make_integer(&p->heap, to));
}

/* --- writing --------------------------------------------------------------------------------------- */

/* Binaries that are written before other processes may run. */
#define WRITE_AT_ONCE 64

/* Bytes at *at.  What there was room for has been written when it fails. */
static enum fs_error write_bytes(struct process *p, struct file *f, const uint8_t *b, size_t n,
                                 uint64_t *at)
{
    const struct tree *t = f->node.tree;
    enum fs_error wrong = FS_OK;
    if ((f->modes & MODE_APPEND) && !t->open) wrong = file_bytes(f, at);
    if (wrong) return wrong;
    uint64_t most = (uint64_t)INT64_MAX - *at;
    size_t part = n < most ? n : most, done;
    wrong = t->write(f->node.object, *at, b, part, &done);
    bump(p, (int64_t)(done / 512));
    *at += done;
    return wrong ? wrong : part < n ? FS_EFBIG : FS_OK;
}

static enum fs_error write_one(struct process *p, struct file *f, term binary, uint64_t *at)
{
    size_t n;
    uint8_t *copy;
    const uint8_t *b = binary_bytes_or_copy(binary, &n, &copy);
    if (!b) return FS_ENOMEM;
    enum fs_error wrong = n ? write_bytes(p, f, b, n, at) : FS_OK;
    if (copy) arena_free(copy);
    return wrong;
}

/* Where each write is a message, small binaries go together in one. */
#define GATHER_MOST  ((size_t)64 << 10)
#define GATHER_SMALL ((size_t)16 << 10)

/* As many of the list as fit, before `end`; *next is behind them.  0: there are no two that would. */
static size_t gather(term list, term end, uint8_t *to, term *next)
{
    size_t used = 0, n;
    unsigned count = 0;
    for (*next = list; !term_same(*next, end); *next = tail(*next), count++) {
        uint8_t *copy;
        if (binary_size(head(*next)) > GATHER_SMALL) break;
        const uint8_t *b = binary_bytes_or_copy(head(*next), &n, &copy);
        if (b && used + n <= GATHER_MOST && n) memcpy(to + used, b, n);
        if (copy) arena_free(copy);
        if (!b || used + n > GATHER_MOST) break;
        used += n;
    }
    return count > 1 ? used : 0;
}

/* All of the list before `end`; *list is what has not been written. */
static enum fs_error write_list(struct process *p, struct file *f, term *list, term end,
                                uint64_t *at)
{
    bool several = is_cons(*list) && !term_same(tail(*list), end);
    uint8_t *room = f->node.tree->open && several ? arena_malloc(GATHER_MOST) : NULL;
    enum fs_error wrong = FS_OK;
    while (!wrong && !term_same(*list, end)) {
        term next;
        size_t n = room ? gather(*list, end, room, &next) : 0;
        if (n) {
            wrong = write_bytes(p, f, room, n, at);
        } else {
            wrong = write_one(p, f, head(*list), at);
            next = tail(*list);
        }
        *list = next;
    }
    arena_free(room);
    return wrong;
}

/* Some of a list of binaries, from *at on.  NO_VALUE when it is bad; else ok, {error, Atom} or, in *rest,
 * what has not been written yet. */
static term write_some(struct process *p, struct file *f, term list, uint64_t *at, term *rest)
{
    unsigned count = 0;
    term t = list;
    for (; is_cons(t) && count < WRITE_AT_ONCE; t = tail(t), count++)
        if (!is_binary(head(t))) return raise_badarg(p);
    if (!is_cons(t) && !is_nil(t)) return raise_badarg(p);
    if (!(f->modes & MODE_WRITE) && is_cons(list)) return answer_error(p, FS_EBADF);
    *rest = list;
    enum fs_error wrong = write_list(p, f, rest, t, at);
    return wrong ? answer_error(p, wrong) : ATOM(ok);
}

/* Where the end is, is asked for when somebody wants to know. */
static bool appends_elsewhere(const struct file *f)
{
    return (f->modes & MODE_APPEND) && f->node.tree->open;
}

FILE_NATIVE(write, 2)
{
    term rest = NIL;
    term result = write_some(p, f, arg[1], &f->position, &rest);
    if (appends_elsewhere(f) && is_cons(arg[1])) f->position_is_end = true;
    if (!term_same(result, ATOM(ok)) || is_nil(rest)) return result;
    return make_tuple2(&p->heap, ATOM(continue), rest);
}

/* A file that was opened with append appends here, too: as on Linux. */
FILE_NATIVE(pwrite, 3)
{
    uint64_t at;
    if (!is_number(arg[1]) || (!is_cons(arg[2]) && !is_nil(arg[2]))) return raise_badarg(p);
    if (!offset_of(arg[1], &at)) return answer_error(p, FS_EINVAL);
    enum fs_error wrong = appends_elsewhere(f) ? file_position(f) : FS_OK;
    if (wrong) return answer_error(p, wrong);
    uint64_t bytes = 0;
    term rest = NIL;
    term result = write_some(p, f, arg[2], &at, &rest);
    if (!term_same(result, ATOM(ok)) || is_nil(rest)) return result;
    for (term t = arg[2]; !term_same(t, rest); t = tail(t)) bytes += binary_size(head(t));
    return make_tuple3(&p->heap, ATOM(continue), make_unsigned(&p->heap, bytes), rest);
}

FILE_NATIVE(truncate, 1)
{
    (void)arg;
    if (!(f->modes & MODE_WRITE)) return answer_error(p, FS_EINVAL);
    enum fs_error wrong = file_position(f);
    return answer(p, wrong ? wrong : f->node.tree->cut(f->node.object, f->position));
}

FILE_NATIVE(allocate, 3)
{
    uint64_t at, n;
    if (!is_number(arg[1]) || !is_number(arg[2])) return raise_badarg(p);
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &n)) return answer_error(p, FS_EINVAL);
    if (n == 0) return answer_error(p, FS_EINVAL);
    if (!(f->modes & MODE_WRITE)) return answer_error(p, FS_EBADF);
    if (n > (uint64_t)INT64_MAX - at) return answer_error(p, FS_EFBIG);
    return answer(p, f->node.tree->reserve(f->node.object, at, n));
}

FILE_NATIVE(sync, 2)
{
    const struct tree *t = f->node.tree;
    if (!is_small(arg[1])) return raise_badarg(p);
    if (!t->sync || node_kind(f->node) == NODE_FOLDER) return ATOM(ok);
    return answer(p, t->sync(f->node.object, small_value(arg[1]) != 0));
}

FILE_NATIVE(advise, 4)
{
    (void)f;
    uint64_t at, size;
    if (!is_number(arg[1]) || !is_number(arg[2])) return raise_badarg(p);
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &size) || !is_atom(arg[3]))
        return answer_error(p, FS_EINVAL);
    switch (atom_index(arg[3])) {
    case ATOM_normal:
    case ATOM_random:
    case ATOM_sequential:
    case ATOM_will_need:
    case ATOM_dont_need:
    case ATOM_no_reuse: return ATOM(ok);
    default: return answer_error(p, FS_EINVAL);
    }
}

/* --- about handles ----------------------------------------------------------------------------------- */

FILE_NATIVE(read_handle_info, 1)
{
    (void)arg;
    return answer_info(p, f->node, false);
}

FILE_NATIVE(get_handle, 1)
{
    (void)f, (void)arg;
    return binary_make(&p->heap, "\xff\xff\xff\xff", 4);
}

term bif_prim_file_file_desc_to_ref_nif_1(struct process *p, const term *arg)
{
    (void)arg;
    return answer_error(p, FS_ENOTSUP);
}
