/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_file.c -- what the 9P server does to a file that it has. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/devices/ninep_private.h"

/* Of a fid that is missing. */
static int no_fid(const struct ninep_call *c) { return c->r.bad ? EINVAL : EBADF; }

/* --- open, read, write -------------------------------------------------------------------------- */

int open_flags(uint32_t flags)
{
    static const struct {
        uint32_t theirs;
        int ours;
    } known[] = {{NINEP_TRUNCATE, O_TRUNC},
                 {NINEP_APPEND, O_APPEND},
                 {NINEP_DATA_SYNC, O_DSYNC},
                 {NINEP_SYNC, O_SYNC}};
    int result = (flags & NINEP_ACCESS) == NINEP_WRITE_ONLY ? O_WRONLY
                 : (flags & NINEP_ACCESS)                   ? O_RDWR
                                                            : O_RDONLY;
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (flags & known[i].theirs) result |= known[i].ours;
    return result;
}

int op_open(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    uint32_t flags = ninep_get32(&c->r);
    struct stat st;
    if (c->r.bad) return EINVAL;
    if (!f || f->io >= 0) return EBADF;
    bool writes = (flags & NINEP_ACCESS) || (flags & NINEP_TRUNCATE);
    if (writes && S_ISDIR(f->mode)) return EISDIR;
    if (writes && c->s->options.read_only) return EROFS;
    int io = reopen(c->s, f, open_flags(flags));
    if (io < 0) return errno;
    if (fstat(io, &st) < 0) {
        close(io);
        return EIO;
    }
    f->io = io;
    f->writes = (flags & NINEP_ACCESS) != 0;
    ninep_put_qid(&c->w, qid_of(&st));
    ninep_put32(&c->w, 0);
    return 0;
}

int op_read(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    uint64_t at = ninep_get64(&c->r);
    uint32_t count = ninep_get32(&c->r);
    if (c->r.bad) return EINVAL;
    if (!f || f->io < 0) return EBADF;
    if (S_ISDIR(f->mode)) return EISDIR;
    uint32_t most = c->s->msize - NINEP_READ_HEADER;
    if (most > c->reply->room_bytes) most = c->reply->room_bytes;
    if (count > most) count = most;
    struct iovec *part = c->reply->room;
    if (part[0].iov_len > count) part[0].iov_len = count;
    if (part[1].iov_len > count - part[0].iov_len) part[1].iov_len = count - part[0].iov_len;
    if (at > INT64_MAX - (uint64_t)count) return EINVAL;
    ssize_t n = preadv(f->io, part, 2, (off_t)at);
    if (n < 0) return errno;
    ninep_put32(&c->w, (uint32_t)n);
    c->reply->payload = (uint32_t)n;
    return 0;
}

int op_write(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    uint64_t at = ninep_get64(&c->r);
    uint32_t count = ninep_get32(&c->r);
    if (c->r.bad || count != c->request->data_bytes) return EINVAL;
    if (!f || f->io < 0 || !f->writes) return EBADF;
    if (at > INT64_MAX - (uint64_t)count) return EFBIG;
    ssize_t n = pwritev(f->io, c->request->data, 2, (off_t)at);
    if (n < 0) return errno;
    ninep_put32(&c->w, (uint32_t)n);
    return 0;
}

/* Not every file system can: then each block is written to, with what it has already. */
static int allocate(int fd, off_t at, off_t bytes)
{
    enum { BLOCK = 512 };
    int code = posix_fallocate(fd, at, bytes);
    if (code != EOPNOTSUPP) return code;
    for (off_t end = at + bytes; at < end;
         at = at + BLOCK < end || at == end - 1 ? at + BLOCK : end - 1) {
        char byte = 0;
        if (pread(fd, &byte, 1, at) < 0 || pwrite(fd, &byte, 1, at) < 0) return errno;
    }
    return 0;
}

int op_allocate(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    uint64_t at = ninep_get64(&c->r), bytes = ninep_get64(&c->r);
    if (c->r.bad) return EINVAL;
    if (!f || f->io < 0 || !f->writes) return EBADF;
    if (at > INT64_MAX || bytes > INT64_MAX - at) return EFBIG;
    return allocate(f->io, (off_t)at, (off_t)bytes);
}

/* --- what is known of it ------------------------------------------------------------------------- */

static void put_time(struct ninep_writer *w, struct timespec t)
{
    ninep_put64(w, (uint64_t)t.tv_sec);
    ninep_put64(w, (uint64_t)t.tv_nsec);
}

static uint64_t access_by_mode(const struct stat *st)
{
    unsigned shift = st->st_uid == geteuid() ? 6 : st->st_gid == getegid() ? 3 : 0;
    return st->st_mode >> shift & 6;
}

/* What access(2) says of it to this process.  The C library would ask by another call first. */
static uint64_t access_of(const struct ninep_server *s, const struct fid *f)
{
    struct proc_name name = proc_name(f->path);
    uint64_t rights = 0;
    if (S_ISLNK(f->mode)) return 6;
    if (syscall(SYS_faccessat, s->options.proc, name.text, R_OK) == 0) rights |= 4;
    if (!s->options.read_only && syscall(SYS_faccessat, s->options.proc, name.text, W_OK) == 0)
        rights |= 2;
    return rights;
}

int op_getattr(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    uint64_t mask = ninep_get64(&c->r) & NINEP_GETATTR_ACCESS;
    struct stat st;
    if (c->r.bad || !f) return no_fid(c);
    if (fstat(f->path, &st) < 0) return errno;
    struct ninep_writer *w = &c->w;
    ninep_put64(w, NINEP_GETATTR_BASIC | mask);
    ninep_put_qid(w, qid_of(&st));
    ninep_put32(w, st.st_mode);
    ninep_put32(w, st.st_uid);
    ninep_put32(w, st.st_gid);
    ninep_put64(w, st.st_nlink);
    ninep_put64(w, st.st_rdev);
    ninep_put64(w, (uint64_t)st.st_size);
    ninep_put64(w, (uint64_t)st.st_blksize);
    ninep_put64(w, (uint64_t)st.st_blocks);
    put_time(w, st.st_atim);
    put_time(w, st.st_mtim);
    put_time(w, st.st_ctim);
    put_time(w, (struct timespec){0});
    ninep_put64(w, 0);
    ninep_put64(w, mask ? access_of(c->s, f) | access_by_mode(&st) << 4 : 0);
    return 0;
}

struct change {
    uint32_t what, mode, user, group;
    uint64_t size;
    struct timespec times[2];
};

static struct timespec take_time(struct ninep_reader *r, bool set, bool to)
{
    struct timespec t = {.tv_sec = (time_t)ninep_get64(r), .tv_nsec = (long)ninep_get64(r)};
    if (!set)
        t.tv_nsec = UTIME_OMIT;
    else if (!to)
        t.tv_nsec = UTIME_NOW;
    else if (t.tv_nsec < 0 || t.tv_nsec > 999999999)
        t.tv_nsec = 0;
    return t;
}

static int set_size(const struct ninep_server *s, const struct fid *f, uint64_t size)
{
    if (size > INT64_MAX) return EFBIG;
    if (f->io >= 0 && f->writes) return ftruncate(f->io, (off_t)size) < 0 ? errno : 0;
    if (S_ISDIR(f->mode)) return EISDIR;
    int io = reopen(s, f, O_WRONLY);
    if (io < 0) return errno;
    int code = ftruncate(io, (off_t)size) < 0 ? errno : 0;
    close(io);
    return code;
}

/* A change of the owner takes the bits away that change ids, so it comes before the mode. */
static int apply(const struct ninep_server *s, const struct fid *f, const struct change *to)
{
    struct proc_name name = proc_name(f->path);
    if (to->what & (NINEP_SET_USER | NINEP_SET_GROUP)) {
        uid_t user = to->what & NINEP_SET_USER ? to->user : (uid_t)-1;
        gid_t group = to->what & NINEP_SET_GROUP ? to->group : (gid_t)-1;
        if (fchownat(f->path, "", user, group, AT_EMPTY_PATH) < 0) return errno;
    }
    if (to->what & NINEP_SET_MODE) {
        if (S_ISLNK(f->mode)) return EOPNOTSUPP;
        mode_t bits = S_ISDIR(f->mode) ? 01777 : 0777;
        if (syscall(SYS_fchmodat, s->options.proc, name.text, to->mode & bits) < 0) return errno;
    }
    if (to->what & NINEP_SET_SIZE) {
        int code = set_size(s, f, to->size);
        if (code) return code;
    }
    if (!(to->what & (NINEP_SET_ATIME | NINEP_SET_MTIME))) return 0;
    return utimensat(s->options.proc, name.text, to->times, 0) < 0 ? errno : 0;
}

int op_setattr(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    struct change to = {.what = ninep_get32(&c->r)};
    to.mode = ninep_get32(&c->r);
    to.user = ninep_get32(&c->r);
    to.group = ninep_get32(&c->r);
    to.size = ninep_get64(&c->r);
    to.times[0] = take_time(&c->r, to.what & NINEP_SET_ATIME, to.what & NINEP_SET_ATIME_TO);
    to.times[1] = take_time(&c->r, to.what & NINEP_SET_MTIME, to.what & NINEP_SET_MTIME_TO);
    if (c->r.bad || !f) return no_fid(c);
    return c->s->options.read_only ? EROFS : apply(c->s, f, &to);
}

int op_statfs(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    struct statfs st;
    if (!f) return no_fid(c);
    if (fstatfs(f->path, &st) < 0) return errno;
    ninep_put32(&c->w, (uint32_t)st.f_type);
    ninep_put32(&c->w, (uint32_t)st.f_bsize);
    ninep_put64(&c->w, st.f_blocks);
    ninep_put64(&c->w, st.f_bfree);
    ninep_put64(&c->w, st.f_bavail);
    ninep_put64(&c->w, st.f_files);
    ninep_put64(&c->w, st.f_ffree);
    ninep_put64(&c->w, 0);
    ninep_put32(&c->w, (uint32_t)st.f_namelen);
    return 0;
}

int op_readlink(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    char target[4096];
    if (!f) return no_fid(c);
    if (!S_ISLNK(f->mode)) return EINVAL;
    ssize_t n = readlinkat(f->path, "", target, sizeof target);
    if (n < 0) return errno;
    ninep_put_string(&c->w, target, (size_t)n);
    return 0;
}

/* Where a descriptor leads, as the kernel has it; what has been removed leads nowhere. */
static ssize_t path_of(const struct ninep_server *s, int fd, char to[4096])
{
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_nlink == 0) return -1;
    return readlinkat(s->options.proc, proc_name(fd).text, to, 4096);
}

int op_path(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    char root[4096], path[4096];
    if (!f) return no_fid(c);
    ssize_t n = path_of(c->s, c->s->options.folder, root), m = path_of(c->s, f->path, path);
    if (n == 1) n = 0; /* the host's own root */
    if (n < 0 || m < n || memcmp(path, root, (size_t)n) != 0 || (m > n && path[n] != '/'))
        return ENOENT; /* it has been moved out of the folder */
    ninep_put_string(&c->w, path + n, (size_t)(m - n));
    return 0;
}

/* --- folders ---------------------------------------------------------------------------------------- */

struct linux_dirent {
    uint64_t inode;
    int64_t offset;
    uint16_t bytes;
    uint8_t kind;
    char name[];
};

static bool put_entry(struct ninep_writer *w, const struct linux_dirent *d)
{
    size_t before = w->used;
    ninep_put_qid(w, (struct ninep_qid){.kind = d->kind == DT_DIR   ? NINEP_IS_FOLDER
                                                : d->kind == DT_LNK ? NINEP_IS_LINK
                                                                    : NINEP_IS_FILE,
                                        .path = d->inode});
    ninep_put64(w, (uint64_t)d->offset);
    ninep_put8(w, d->kind);
    ninep_put_string(w, d->name, strlen(d->name));
    if (w->bad) w->used = before;
    return !w->bad;
}

static void copy_out(struct ninep_reply *reply, const uint8_t *from, size_t n)
{
    size_t first = reply->room[0].iov_len < n ? reply->room[0].iov_len : n;
    memcpy(reply->room[0].iov_base, from, first);
    memcpy(reply->room[1].iov_base, from + first, n - first);
    reply->payload = (uint32_t)n;
}

/* As many entries from here on as fit into `room` bytes; 0: there are no more.  Negative: an errno value.
 * An entry takes at most 7/6 of the room in the reply that it has from the kernel. */
static long more_entries(struct ninep_server *s, int io, struct ninep_writer *w, size_t room)
{
    size_t most = room / 7 * 6;
    long got = syscall(SYS_getdents64, io, s->entries,
                       most < sizeof s->entries ? most : sizeof s->entries);
    if (got < 0) return errno == ENOENT ? 0 : -errno; /* it has been removed, and so is empty */
    for (long i = 0; i < got;) {
        const struct linux_dirent *d = (const struct linux_dirent *)(s->entries + i);
        if (!put_entry(w, d)) break;
        i += d->bytes;
    }
    return got;
}

/* A reply is filled until there is no room for the longest of entries, or no entry. */
int op_readdir(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    uint64_t at = ninep_get64(&c->r);
    uint32_t count = ninep_get32(&c->r);
    if (c->r.bad) return EINVAL;
    if (!f || f->io < 0) return EBADF;
    if (!S_ISDIR(f->mode)) return ENOTDIR;
    if (count > c->s->msize - NINEP_READ_HEADER) count = c->s->msize - NINEP_READ_HEADER;
    if (count > c->reply->room_bytes) count = c->reply->room_bytes;
    if (lseek(f->io, (off_t)at, SEEK_SET) < 0) return errno;
    struct ninep_writer w = {.bytes = c->s->listing, .room = count};
    long got = more_entries(c->s, f->io, &w, count);
    if (got < 0) return (int)-got;
    if (got > 0 && w.used == 0) return EINVAL; /* not even one fits */
    while (got > 0 && !w.bad && count - w.used >= NINEP_ENTRY_MOST)
        got = more_entries(c->s, f->io, &w, count - w.used);
    if (got < 0) return (int)-got;
    ninep_put32(&c->w, (uint32_t)w.used);
    copy_out(c->reply, c->s->listing, w.used);
    return 0;
}
