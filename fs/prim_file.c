/* SPDX-License-Identifier: Apache-2.0 */
/* prim_file.c -- open files: the natives of prim_file that take a handle.
 *
 * A handle is a magic reference.  It belongs to the process that opened the file: when that has ended the
 * file counts as closed for everybody else, and what it holds is given back when the last
 * reference to it has been collected.
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
#include "fs/trace_file.h"
#include "port/port.h"
#include "heap/arena.h"

#define BIF(module, function, arity, flags, meaning)                                               \
    native_function bif_##module##_##function##_##arity;
#include "fs/prim_file.def"
#undef BIF

static const struct native rows[] = {
#define BIF(module, function, arity, flags, meaning)                                               \
    {#module, #function, arity, flags, bif_##module##_##function##_##arity},
#include "fs/prim_file.def"
#undef BIF
};
const struct native_table fs_natives = {rows, sizeof rows / sizeof *rows};

/* /tmp may take this part of the memory. */
#define MEMORY_SHARE 4

void fs_start(const struct plat_boot *boot)
{
    const char *wrong = archive_tree_start(boot->image, boot->image_bytes);
    if (wrong) plat_panic(__FILE__, __LINE__, wrong);
    walk_start(boot->heap_bytes / MEMORY_SHARE);
    port_file_driver = &file_port_driver;
    port_driver_add(&trace_file_driver);
    for (const char *const *e = boot->environment; e && *e; e++) {
        struct found f;
        if (strncmp(*e, "PWD=", 4) != 0 || walk(*e + 4, strlen(*e + 4), WALK_FOLLOW, &f)) continue;
        if (f.node.tree && node_kind(f.node) == NODE_FOLDER) walk_set_current(f.node);
    }
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

term answer_bytes(struct process *p, struct node file, uint64_t at, uint64_t n)
{
    const uint8_t *all = file.tree->bytes(file.object);
    if (all && n > HEAP_BINARY_LIMIT) return answer_ok(p, binary_in_place(&p->heap, all + at, n));
    term out;
    uint8_t *to = binary_new(&p->heap, n, &out);
    if (!to) return answer_error(p, FS_ENOMEM);
    file.tree->read(file.object, at, to, n);
    bump(p, (int64_t)(n / 512));
    return answer_ok(p, out);
}

/* --- handles --------------------------------------------------------------------------------- */

enum mode {
    MODE_READ = 1,
    MODE_WRITE = 2,
    MODE_APPEND = 4,
    MODE_EXCLUSIVE = 8,
    MODE_FOLDER = 16,
    MODE_ANY_KIND = 32
};

struct file {
    struct resource resource;
    struct node node; /* held; tree NULL: closed */
    uint64_t position;
    unsigned modes;
    term owner;
};

static void file_close(struct file *f)
{
    if (f->node.tree) f->node.tree->drop(f->node.object);
    f->node = (struct node){0};
}

static void file_release(void *resource)
{
    file_close(resource);
    arena_free(resource);
}
static const struct resource_type file_type = {"file", file_release};

/* The open file behind the reference; NULL with the answer in *result. */
static struct file *open_file(struct process *p, term ref, term *result)
{
    struct file *f = resource_of(ref, &file_type);
    if (!f) {
        *result = raise_badarg(p);
        return NULL;
    }
    if (!term_same(f->owner, p->pid) && !process_find(f->owner)) file_close(f);
    if (!f->node.tree) {
        *result = answer_error(p, FS_EINVAL);
        return NULL;
    }
    return f;
}
#define FILE_OR_RETURN(f)                                                                          \
    term instead = NO_VALUE;                                                                       \
    struct file *f = open_file(p, arg[0], &instead);                                               \
    if (!f) return instead

static uint64_t file_bytes(const struct file *f)
{
    struct node_info i;
    f->node.tree->info(f->node.object, &i);
    return i.bytes;
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
        default: break; /* raw, delayed_write and the like are for the layers above */
        }
    }
    return modes & (MODE_READ | MODE_WRITE) ? modes : modes | MODE_READ;
}

/* A new file where there is none. */
static enum fs_error create(struct found *f, unsigned modes)
{
    if (f->slash) return FS_EISDIR; /* from the target of a link */
    if (modes & MODE_FOLDER) return FS_EINVAL;
    if (node_is_read_only(f->folder)) return FS_EROFS;
    return f->folder.tree->make(f->folder.object, f->name, f->name_bytes, NODE_FILE, NULL, 0,
                                &f->node);
}

static enum fs_error open_for_writing(struct found *f, unsigned modes)
{
    if (!f->node.tree) return create(f, modes);
    if (modes & MODE_EXCLUSIVE) return FS_EEXIST;
    if (modes & MODE_FOLDER) return FS_EINVAL;
    if (node_kind(f->node) == NODE_FOLDER) return FS_EISDIR;
    if (node_is_read_only(f->node)) return FS_EROFS;
    if (!(modes & (MODE_READ | MODE_APPEND))) f->node.tree->cut(f->node.object, 0);
    return FS_OK;
}

static enum fs_error open_for_reading(struct found *f, unsigned modes)
{
    if (!f->node.tree) return FS_ENOENT;
    bool folder = node_kind(f->node) == NODE_FOLDER;
    if (!folder && (modes & MODE_FOLDER)) return FS_ENOTDIR;
    return folder && !(modes & (MODE_FOLDER | MODE_ANY_KIND)) ? FS_EISDIR : FS_OK;
}

/* Such a name is that of a folder, which is never written to, whatever is there. */
static bool ends_in_slash(term path)
{
    const char *name;
    size_t n;
    return path_of(path, &name, &n) == FS_OK && n > 0 && name[n - 1] == '/';
}

term bif_prim_file_open_nif_2(struct process *p, const term *arg)
{
    if (!is_cons(arg[1]) && !is_nil(arg[1])) return raise_badarg(p);
    unsigned modes = modes_of(arg[1]);
    struct found found;
    bool stay = (modes & MODE_WRITE) && ends_in_slash(arg[0]);
    enum fs_error wrong =
        find_name(arg[0], stay || (modes & MODE_EXCLUSIVE) ? WALK_STAY : WALK_FOLLOW, &found);
    if (!wrong && stay) wrong = FS_EISDIR;
    if (wrong) return answer_error(p, wrong);
    struct file *f = arena_malloc(sizeof *f);
    if (!f) return answer_error(p, FS_ENOMEM);
    wrong = modes & MODE_WRITE ? open_for_writing(&found, modes) : open_for_reading(&found, modes);
    if (wrong) {
        arena_free(f);
        return answer_error(p, wrong);
    }
    *f = (struct file){.resource = {.references = 1, .type = &file_type},
                       .node = found.node,
                       .modes = modes,
                       .owner = p->pid};
    f->node.tree->keep(f->node.object);
    ref_new_ids(f->resource.ids);
    return answer_ok(p, make_magic_ref(&p->heap, &f->resource));
}

term bif_prim_file_close_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    file_close(f);
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

/* Up to `size` bytes at `at`. */
static term read_at(struct process *p, const struct file *f, uint64_t at, uint64_t size,
                    uint64_t *got)
{
    *got = 0;
    if (!(f->modes & MODE_READ)) return answer_error(p, FS_EBADF);
    if (node_kind(f->node) == NODE_FOLDER) return answer_error(p, FS_EISDIR);
    uint64_t bytes = file_bytes(f);
    if (at >= bytes || size == 0) return ATOM(eof);
    uint64_t n = size < bytes - at ? size : bytes - at;
    term result = answer_bytes(p, f->node, at, n);
    if (is_tuple_of(result, 2) && term_same(element(result, 0), ATOM(ok))) *got = n;
    return result;
}

term bif_prim_file_read_nif_2(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t size, got;
    if (!is_number(arg[1])) return raise_badarg(p);
    if (!offset_of(arg[1], &size)) return answer_error(p, FS_EINVAL);
    term result = read_at(p, f, f->position, size, &got);
    f->position += got;
    return result;
}

term bif_prim_file_pread_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t at, size, got;
    if (!is_number(arg[1]) || !is_number(arg[2])) return raise_badarg(p);
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &size)) return answer_error(p, FS_EINVAL);
    return read_at(p, f, at, size, &got);
}

/* At Offset stands the size (32 bits) and the place (32 bits) of what is wanted: dets. */
term bif_prim_file_ipread_s32bu_p32bu_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t at, most, got;
    if (!is_number(arg[1]) || !is_number(arg[2])) return raise_badarg(p);
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &most) || most > INT32_MAX)
        return answer_error(p, FS_EINVAL);
    if (!(f->modes & MODE_READ)) return answer_error(p, FS_EBADF);
    if (node_kind(f->node) == NODE_FOLDER) return answer_error(p, FS_EISDIR);
    uint64_t bytes = file_bytes(f);
    if (at > bytes || bytes - at < 8) return ATOM(eof);
    uint8_t block[8];
    f->node.tree->read(f->node.object, at, block, sizeof block);
    uint32_t size = load_u32(block), place = load_u32(block + 4);
    if (size > most) return ATOM(eof);
    term data = read_at(p, f, place, size, &got);
    if (got == 0 && !term_same(data, ATOM(eof))) return data;
    term value = got > 0 ? element(data, 1) : ATOM(eof);
    return answer_ok(p, make_tuple3(&p->heap, small(size), small(place), value));
}

term bif_prim_file_seek_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    int64_t by, from, to;
    if (!is_integer(arg[2]) || !integer_to_int64(arg[2], &by)) return raise_badarg(p);
    if (term_same(arg[1], ATOM(bof)))
        from = 0;
    else if (term_same(arg[1], ATOM(cur)))
        from = (int64_t)f->position;
    else if (term_same(arg[1], ATOM(eof)))
        from = (int64_t)file_bytes(f);
    else
        return raise_badarg(p);
    if (__builtin_add_overflow(from, by, &to) || to < 0) return answer_error(p, FS_EINVAL);
    f->position = (uint64_t)to;
    return answer_ok(p, make_integer(&p->heap, to));
}

/* --- writing --------------------------------------------------------------------------------------- */

/* Binaries that are written before other processes may run. */
#define WRITE_AT_ONCE 64

/* One binary at *at.  false: *wrong says why, and what there was room for has been written. */
static bool write_one(struct process *p, struct file *f, term binary, uint64_t *at,
                      enum fs_error *wrong)
{
    size_t n;
    uint8_t *copy;
    const uint8_t *b = binary_bytes_or_copy(binary, &n, &copy);
    *wrong = FS_ENOMEM;
    if (!b) return false;
    if (f->modes & MODE_APPEND) *at = file_bytes(f);
    uint64_t most = (uint64_t)INT64_MAX - *at;
    size_t part = n < most ? n : most;
    size_t done = f->node.tree->write(f->node.object, *at, b, part);
    if (copy) arena_free(copy);
    bump(p, (int64_t)(done / 512));
    *at += done;
    *wrong = done < part ? FS_ENOSPC : done < n ? FS_EFBIG : FS_OK;
    return !*wrong;
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
    enum fs_error wrong = FS_OK;
    for (*rest = list; !term_same(*rest, t); *rest = tail(*rest)) {
        if (binary_bit_size(head(*rest)) == 0) continue;
        if (!write_one(p, f, head(*rest), at, &wrong)) return answer_error(p, wrong);
    }
    return ATOM(ok);
}

term bif_prim_file_write_nif_2(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    term rest = NIL;
    term result = write_some(p, f, arg[1], &f->position, &rest);
    if (!term_same(result, ATOM(ok)) || is_nil(rest)) return result;
    return make_tuple2(&p->heap, ATOM(continue), rest);
}

/* A file that was opened with append appends here, too: as on Linux. */
term bif_prim_file_pwrite_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t at;
    if (!is_number(arg[1]) || (!is_cons(arg[2]) && !is_nil(arg[2]))) return raise_badarg(p);
    if (!offset_of(arg[1], &at)) return answer_error(p, FS_EINVAL);
    uint64_t bytes = 0;
    term rest = NIL;
    term result = write_some(p, f, arg[2], &at, &rest);
    if (!term_same(result, ATOM(ok)) || is_nil(rest)) return result;
    for (term t = arg[2]; !term_same(t, rest); t = tail(t)) bytes += binary_size(head(t));
    return make_tuple3(&p->heap, ATOM(continue), make_unsigned(&p->heap, bytes), rest);
}

term bif_prim_file_truncate_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    if (!(f->modes & MODE_WRITE)) return answer_error(p, FS_EINVAL);
    f->node.tree->cut(f->node.object, f->position);
    return ATOM(ok);
}

term bif_prim_file_allocate_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t at, n;
    if (!is_number(arg[1]) || !is_number(arg[2])) return raise_badarg(p);
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &n)) return answer_error(p, FS_EINVAL);
    if (n == 0) return answer_error(p, FS_EINVAL);
    if (!(f->modes & MODE_WRITE)) return answer_error(p, FS_EBADF);
    if (n > (uint64_t)INT64_MAX - at) return answer_error(p, FS_EFBIG);
    return answer(p, f->node.tree->reserve(f->node.object, at, n));
}

term bif_prim_file_sync_nif_2(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    (void)f;
    return is_small(arg[1]) ? ATOM(ok) : raise_badarg(p);
}

term bif_prim_file_advise_nif_4(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
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

term bif_prim_file_read_handle_info_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    return answer_info(p, f->node, false);
}

term bif_prim_file_get_handle_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    (void)f;
    return answer_error(p, FS_ENOTSUP);
}

term bif_prim_file_file_desc_to_ref_nif_1(struct process *p, const term *arg)
{
    (void)arg;
    return answer_error(p, FS_ENOTSUP);
}
