/* SPDX-License-Identifier: Apache-2.0 */
/* prim_file.c -- the natives behind file, filelib and the code server: reading the archive.
 *
 * The bytes of a file are never copied: a binary refers to them where they lie in the image,
 * through one blob that is never freed.
 */
#include "base/archive.h"
#include "big/big.h"
#include "binary/binary.h"
#include "fs/fs.h"
#include "fs/path.h"
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

static struct archive archive;

/* What binaries over the archive say they refer to. */
static struct blob archive_blob = {.references = UINT64_C(1) << 62};

/* The folder that PWD names, when there is one in the archive. */
static void start_in(const char *name)
{
    struct path path;
    if (!path_resolve(&path, name, strlen(name))) return;
    const struct archive_entry *e = archive_find(&archive, path.text, path.bytes);
    if (e && e->kind == ARCHIVE_FOLDER) path_set_current(&path);
}

void fs_start(const struct plat_boot *boot)
{
    const char *wrong = archive_check(boot->image, boot->image_bytes, &archive);
    if (wrong) plat_panic(__FILE__, __LINE__, wrong);
    for (const char *const *e = boot->environment; e && *e; e++)
        if (strncmp(*e, "PWD=", 4) == 0) start_in(*e + 4);
}

/* --- results --------------------------------------------------------------------------- */

static term error(struct process *p, term reason)
{
    return make_tuple2(&p->heap, ATOM(error), reason);
}
static term ok(struct process *p, term value) { return make_tuple2(&p->heap, ATOM(ok), value); }

/* Bytes of the archive as a binary. */
static term archive_binary(struct heap *h, const uint8_t *bytes, size_t n)
{
    if (n <= HEAP_BINARY_LIMIT) return binary_make(h, bytes, n);
    term *w = heap_alloc(h, REFC_BINARY_WORDS);
    w[0] = header(4, KIND_REFC_BINARY);
    w[2] = term_of((uintptr_t)&archive_blob);
    w[3] = term_of((uintptr_t)bytes);
    w[4] = term_of(n);
    archive_blob.references++;
    off_heap_link(&h->off_heap, w);
    return boxed_term(w);
}

/* --- finding ------------------------------------------------------------------------------ */

/* The name in a zero-terminated binary, as made by internal_name2native; false: badarg. */
static bool native_name(term t, const char **name, size_t *bytes)
{
    size_t n;
    const uint8_t *b = binary_bytes(t, &n);
    if (!b || n == 0 || b[n - 1] != 0 || memchr(b, 0, n - 1)) return false;
    *name = (const char *)b;
    *bytes = n - 1;
    return true;
}

/* The entry that the term names, or NULL with *why an error atom (badarg: raise it). */
static const struct archive_entry *find(term name_term, term *why)
{
    struct path path;
    const char *name;
    size_t n;
    *why = ATOM(badarg);
    if (!native_name(name_term, &name, &n)) return NULL;
    *why = n == 0 ? ATOM(enoent) : ATOM(enametoolong);
    if (n == 0 || !path_resolve(&path, name, n)) return NULL;
    const struct archive_entry *e = archive_find(&archive, path.text, path.bytes);
    if (e && path.wants_folder && e->kind != ARCHIVE_FOLDER) {
        *why = ATOM(enotdir);
        return NULL;
    }
    if (e) return e;
    /* A file where a folder should be is another error than nothing at all. */
    *why = ATOM(enoent);
    for (size_t at = path.bytes; at-- > 1;) {
        if (path.text[at] != '/') continue;
        const struct archive_entry *parent = archive_find(&archive, path.text, at);
        if (parent && parent->kind != ARCHIVE_FOLDER) *why = ATOM(enotdir);
        if (parent) break;
    }
    return NULL;
}

static term failed(struct process *p, term why)
{
    return term_same(why, ATOM(badarg)) ? raise_badarg(p) : error(p, why);
}

/* --- open files -------------------------------------------------------------------------------- */

struct file {
    struct resource resource;
    const struct archive_entry *entry; /* NULL: closed */
    uint64_t position;
    term owner; /* the process that opened it: others get not_on_controlling_process */
};

static void file_release(void *resource) { arena_free(resource); }
static const struct resource_type file_type = {"file", file_release};

/* The open file behind the reference; NULL with the answer in *result. */
static struct file *open_file(struct process *p, term ref, term *result)
{
    struct file *f = resource_of(ref, &file_type);
    if (!f) {
        *result = raise_badarg(p);
        return NULL;
    }
    if (!term_same(f->owner, p->pid)) {
        *result = raise(p, ATOM(not_on_controlling_process));
        return NULL;
    }
    if (!f->entry) {
        *result = error(p, ATOM(einval));
        return NULL;
    }
    return f;
}
#define FILE_OR_RETURN(f)                                                                          \
    term answer = NO_VALUE;                                                                        \
    struct file *f = open_file(p, arg[0], &answer);                                                \
    if (!f) return answer

enum mode { MODE_READ = 1, MODE_WRITE = 2, MODE_FOLDER = 4 };

static unsigned modes_of(term list)
{
    unsigned modes = 0;
    for (; is_cons(list); list = tail(list)) {
        term m = head(list);
        if (term_same(m, ATOM(read))) modes |= MODE_READ;
        if (term_same(m, ATOM(write)) || term_same(m, ATOM(append)) ||
            term_same(m, ATOM(exclusive)))
            modes |= MODE_WRITE;
        if (term_same(m, ATOM(directory))) modes |= MODE_FOLDER;
    }
    return modes;
}

term bif_prim_file_open_nif_2(struct process *p, const term *arg)
{
    if (list_length(arg[1]) < 0) return raise_badarg(p);
    unsigned modes = modes_of(arg[1]);
    term why;
    const struct archive_entry *e = find(arg[0], &why);
    if (modes & MODE_WRITE)
        return term_same(why, ATOM(badarg)) && !e ? raise_badarg(p) : error(p, ATOM(erofs));
    if (!e) return failed(p, why);
    if (e->kind == ARCHIVE_FOLDER && !(modes & MODE_FOLDER)) return error(p, ATOM(eisdir));
    if (e->kind != ARCHIVE_FOLDER && (modes & MODE_FOLDER)) return error(p, ATOM(enotdir));
    struct file *f = arena_malloc(sizeof *f);
    if (!f) return error(p, ATOM(enomem));
    *f = (struct file){
        .resource = {.references = 1, .type = &file_type}, .entry = e, .owner = p->pid};
    ref_new_ids(f->resource.ids);
    return ok(p, make_magic_ref(&p->heap, &f->resource));
}

term bif_prim_file_close_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    f->entry = NULL;
    return ATOM(ok);
}

term bif_prim_file_delayed_close_nif_1(struct process *p, const term *arg)
{
    struct file *f = resource_of(arg[0], &file_type);
    if (!f) return raise_badarg(p);
    f->entry = NULL;
    return ATOM(ok);
}

/* Up to `size` bytes at `at`. */
static term read_at(struct process *p, const struct file *f, uint64_t at, uint64_t size,
                    uint64_t *got)
{
    *got = 0;
    if (f->entry->kind == ARCHIVE_FOLDER) return error(p, ATOM(eisdir));
    if (at >= f->entry->bytes) return size == 0 ? ok(p, binary_make(&p->heap, "", 0)) : ATOM(eof);
    uint64_t left = f->entry->bytes - at;
    *got = size < left ? size : left;
    return ok(p, archive_binary(&p->heap, archive_content(&archive, f->entry) + at, *got));
}

static bool offset_of(term t, uint64_t *out)
{
    int64_t v;
    if (!integer_to_int64(t, &v) || v < 0) return false;
    *out = (uint64_t)v;
    return true;
}

term bif_prim_file_read_nif_2(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t size, got;
    if (!offset_of(arg[1], &size)) return raise_badarg(p);
    term result = read_at(p, f, f->position, size, &got);
    f->position += got;
    return result;
}

term bif_prim_file_pread_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t at, size, got;
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &size)) return raise_badarg(p);
    return read_at(p, f, at, size, &got);
}

term bif_prim_file_seek_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    int64_t by;
    if (!integer_to_int64(arg[2], &by)) return raise_badarg(p);
    int64_t from;
    if (term_same(arg[1], ATOM(bof)))
        from = 0;
    else if (term_same(arg[1], ATOM(cur)))
        from = (int64_t)f->position;
    else if (term_same(arg[1], ATOM(eof)))
        from = (int64_t)f->entry->bytes;
    else
        return raise_badarg(p);
    int64_t to;
    if (__builtin_add_overflow(from, by, &to) || to < 0) return error(p, ATOM(einval));
    f->position = (uint64_t)to;
    return ok(p, make_integer(&p->heap, to));
}

/* At Offset stands the size (32 bits) and the place (32 bits) of what is wanted: dets. */
term bif_prim_file_ipread_s32bu_p32bu_nif_3(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    uint64_t at, most, got;
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &most)) return raise_badarg(p);
    if (f->entry->kind == ARCHIVE_FOLDER) return error(p, ATOM(eisdir));
    if (at > f->entry->bytes || f->entry->bytes - at < 8) return ATOM(eof);
    const uint8_t *b = archive_content(&archive, f->entry) + at;
    uint32_t size = load_u32(b), place = load_u32(b + 4);
    if (size > most) return ATOM(eof);
    term data = read_at(p, f, place, size, &got);
    term value = is_tuple_of(data, 2) && term_same(element(data, 0), ATOM(ok)) ? element(data, 1)
                                                                               : ATOM(eof);
    return ok(p, make_tuple3(&p->heap, small(size), small(place), value));
}

term bif_prim_file_read_file_nif_1(struct process *p, const term *arg)
{
    term why;
    const struct archive_entry *e = find(arg[0], &why);
    if (!e) return failed(p, why);
    if (e->kind == ARCHIVE_FOLDER) return error(p, ATOM(eisdir));
    return ok(p, archive_binary(&p->heap, archive_content(&archive, e), e->bytes));
}

/* --- information ------------------------------------------------------------------------------------ */

static term file_info(struct process *p, const struct archive_entry *e)
{
    bool folder = e->kind == ARCHIVE_FOLDER;
    term time = make_integer(&p->heap, e->modified_s);
    term fields[] = {ATOM(file_info),
                     make_unsigned(&p->heap, e->bytes),
                     folder ? ATOM(directory) : ATOM(regular),
                     ATOM(read),
                     time,
                     time,
                     time,
                     small((folder ? 0040000 : 0100000) | (e->mode & 0777 & ~0222u)),
                     small(1),
                     small(0),
                     small(0),
                     small((int64_t)(e - archive.entries) + 1),
                     small(0),
                     small(0)};
    return make_tuple(&p->heap, sizeof fields / sizeof *fields, fields);
}

term bif_prim_file_read_info_nif_2(struct process *p, const term *arg)
{
    term why;
    const struct archive_entry *e = find(arg[0], &why);
    return e ? file_info(p, e) : failed(p, why);
}

term bif_prim_file_read_handle_info_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    return file_info(p, f->entry);
}

term bif_prim_file_list_dir_nif_1(struct process *p, const term *arg)
{
    term why;
    const struct archive_entry *folder = find(arg[0], &why);
    if (!folder) return failed(p, why);
    if (folder->kind != ARCHIVE_FOLDER) return error(p, ATOM(enotdir));
    term list = NIL;
    const struct archive_entry *child = NULL;
    while ((child = archive_next_child(&archive, folder, child))) {
        size_t n;
        const char *name = archive_name(&archive, child, &n);
        list = make_cons(&p->heap, binary_make(&p->heap, name, n), list);
        bump(p, 1);
    }
    return ok(p, list);
}

/* What the name means is told from whether it exists: einval for what is no link. */
static term not_a_link(struct process *p, const term *arg, term reason)
{
    term why;
    return find(arg[0], &why) ? error(p, reason) : failed(p, why);
}
term bif_prim_file_read_link_nif_1(struct process *p, const term *arg)
{
    return not_a_link(p, arg, ATOM(einval));
}
term bif_prim_file_altname_nif_1(struct process *p, const term *arg)
{
    return not_a_link(p, arg, ATOM(enotsup));
}

/* --- the current folder ---------------------------------------------------------------------------------- */

term bif_prim_file_get_cwd_nif_0(struct process *p, const term *arg)
{
    (void)arg;
    const struct path *cwd = path_current();
    return ok(p, binary_make(&p->heap, cwd->text, cwd->bytes));
}

term bif_prim_file_get_device_cwd_nif_1(struct process *p, const term *arg)
{
    (void)arg;
    return error(p, ATOM(enotsup));
}

term bif_prim_file_set_cwd_nif_1(struct process *p, const term *arg)
{
    term why;
    struct path path;
    const struct archive_entry *e = find(arg[0], &why);
    if (!e) return failed(p, why);
    if (e->kind != ARCHIVE_FOLDER) return error(p, ATOM(enotdir));
    const char *name;
    size_t n;
    if (native_name(arg[0], &name, &n) && path_resolve(&path, name, n)) path_set_current(&path);
    return ATOM(ok);
}

/* --- what would change something ------------------------------------------------------------------------------ */

/* By handle: the file is open for reading, so writing is ebadf as on any system. */
static term not_writable(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    (void)f;
    return error(p, ATOM(ebadf));
}
term bif_prim_file_write_nif_2(struct process *p, const term *arg) { return not_writable(p, arg); }
term bif_prim_file_pwrite_nif_3(struct process *p, const term *arg) { return not_writable(p, arg); }
term bif_prim_file_allocate_nif_3(struct process *p, const term *arg)
{
    return not_writable(p, arg);
}

term bif_prim_file_truncate_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    (void)f;
    return error(p, ATOM(einval));
}
term bif_prim_file_sync_nif_2(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    (void)f;
    return ATOM(ok);
}
term bif_prim_file_advise_nif_4(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    (void)f;
    uint64_t at, size;
    if (!offset_of(arg[1], &at) || !offset_of(arg[2], &size) || !is_atom(arg[3]))
        return raise_badarg(p);
    switch (atom_index(arg[3])) {
    case ATOM_normal:
    case ATOM_random:
    case ATOM_sequential:
    case ATOM_will_need:
    case ATOM_dont_need:
    case ATOM_no_reuse: return ATOM(ok);
    default: return raise_badarg(p);
    }
}
term bif_prim_file_get_handle_nif_1(struct process *p, const term *arg)
{
    FILE_OR_RETURN(f);
    (void)f;
    return error(p, ATOM(enotsup));
}
term bif_prim_file_file_desc_to_ref_nif_1(struct process *p, const term *arg)
{
    (void)arg;
    return error(p, ATOM(enotsup));
}

/* By name: what must exist is looked for first, as the errors of a read-only file system go. */
static term read_only(struct process *p, const term *arg, bool must_exist)
{
    term why;
    const struct archive_entry *e = find(arg[0], &why);
    if (!e && term_same(why, ATOM(badarg))) return raise_badarg(p);
    if (!e && must_exist) return error(p, why);
    if (e && !must_exist) return error(p, ATOM(eexist));
    return error(p, term_same(why, ATOM(enotdir)) && !e ? why : ATOM(erofs));
}
term bif_prim_file_make_dir_nif_1(struct process *p, const term *arg)
{
    return read_only(p, arg, false);
}
term bif_prim_file_make_soft_link_nif_2(struct process *p, const term *arg)
{
    return read_only(p, arg + 1, false);
}
term bif_prim_file_make_hard_link_nif_2(struct process *p, const term *arg)
{
    return read_only(p, arg, true);
}
term bif_prim_file_rename_nif_2(struct process *p, const term *arg)
{
    return read_only(p, arg, true);
}
term bif_prim_file_del_file_nif_1(struct process *p, const term *arg)
{
    return read_only(p, arg, true);
}
term bif_prim_file_del_dir_nif_1(struct process *p, const term *arg)
{
    return read_only(p, arg, true);
}
term bif_prim_file_set_permissions_nif_2(struct process *p, const term *arg)
{
    return read_only(p, arg, true);
}
term bif_prim_file_set_owner_nif_3(struct process *p, const term *arg)
{
    return read_only(p, arg, true);
}
term bif_prim_file_set_time_nif_4(struct process *p, const term *arg)
{
    return read_only(p, arg, true);
}
