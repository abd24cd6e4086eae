/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_name.c -- what the 9P server does to names in a folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/devices/ninep_private.h"

/* A fid that is a folder, and a name in it.  0 or an errno value. */
static int take_place(struct ninep_call *c, struct fid **folder, char name[NINEP_NAME_MOST + 1])
{
    *folder = fid_take(c);
    int code = name_take(c, name);
    if (code) return code;
    if (!*folder) return EBADF;
    return S_ISDIR((*folder)->mode) ? 0 : ENOTDIR;
}

/* The same for something new. */
static int may_change(const struct ninep_call *c)
{
    return c->r.bad ? EINVAL : c->s->options.read_only ? EROFS : 0;
}

/* Ends what makes something: its qid is the reply. */
static int answer_new(struct ninep_call *c, int folder, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return errno;
    ninep_put_qid(&c->w, qid_of(&st));
    return 0;
}

/* --- new files ------------------------------------------------------------------------------------ */

/* Opens what has the name already, with the care that walk and open take. */
static int open_existing(struct ninep_call *c, int folder, const char *name, int flags, int *io)
{
    struct stat st;
    struct fid f = {.path = step(c->s, folder, name)};
    if (f.path < 0) return errno;
    int code = fstat(f.path, &st) < 0 ? errno : 0;
    f.mode = st.st_mode & S_IFMT;
    if (!code && S_ISDIR(f.mode)) code = EISDIR;
    if (!code && (*io = reopen(c->s, &f, flags)) < 0) code = errno;
    close(f.path);
    return code;
}

/* The fid of the folder becomes that of the file, open.  What is made here is a regular file. */
int op_create(struct ninep_call *c)
{
    struct fid *f = fid_take(c), *made;
    char name[NINEP_NAME_MOST + 1];
    int code = name_take(c, name), io = -1, path;
    uint32_t flags = ninep_get32(&c->r), mode = ninep_get32(&c->r);
    struct stat st;
    ninep_get32(&c->r); /* the group */
    if (code || (code = may_change(c))) return code;
    if (!f || f->io >= 0) return EBADF;
    if (!S_ISDIR(f->mode)) return ENOTDIR;
    int how = open_flags(flags);
    io = openat(f->path, name, how | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0777);
    if (io < 0) {
        if (errno != EEXIST || flags & NINEP_EXCLUSIVE) return errno;
        code = open_existing(c, f->path, name, how, &io);
        if (code) return code;
    }
    /* A descriptor for its path, too, of the file that is open. */
    path = openat(c->s->options.proc, proc_name(io).text, O_PATH | O_CLOEXEC);
    if (path < 0 || fstat(io, &st) < 0) {
        code = errno;
        if (path >= 0) close(path);
        close(io);
        return code;
    }
    uint32_t number = f->number;
    fid_drop(c->s, f);
    code = fid_make(c->s, number, path, st.st_mode, &made);
    if (code) {
        close(io);
        return code;
    }
    made->io = io;
    made->writes = (flags & NINEP_ACCESS) != 0;
    ninep_put_qid(&c->w, qid_of(&st));
    ninep_put32(&c->w, 0);
    return 0;
}

int op_mkdir(struct ninep_call *c)
{
    struct fid *f;
    char name[NINEP_NAME_MOST + 1];
    int code = take_place(c, &f, name);
    uint32_t mode = ninep_get32(&c->r);
    ninep_get32(&c->r);
    if (code || (code = may_change(c))) return code;
    if (mkdirat(f->path, name, mode & 01777) < 0) return errno;
    return answer_new(c, f->path, name);
}

/* It may say what it likes: nobody follows it on this side. */
int op_symlink(struct ninep_call *c)
{
    struct fid *f;
    char name[NINEP_NAME_MOST + 1], target[4096];
    int code = take_place(c, &f, name);
    struct bytes to = ninep_get_string(&c->r);
    ninep_get32(&c->r);
    if (code || (code = may_change(c))) return code;
    if (to.n == 0 || memchr(to.at, 0, to.n)) return to.n ? EINVAL : ENOENT;
    if (to.n >= sizeof target) return ENAMETOOLONG;
    memcpy(target, to.at, to.n);
    target[to.n] = 0;
    if (symlinkat(target, f->path, name) < 0) return errno;
    return answer_new(c, f->path, name);
}

int op_link(struct ninep_call *c)
{
    struct fid *folder = fid_take(c), *f = fid_take(c);
    char name[NINEP_NAME_MOST + 1];
    int code = name_take(c, name);
    if (code || (code = may_change(c))) return code;
    if (!folder || !f) return EBADF;
    if (S_ISDIR(f->mode)) return EPERM;
    return linkat(c->s->options.proc, proc_name(f->path).text, folder->path, name,
                  AT_SYMLINK_FOLLOW) < 0
               ? errno
               : 0;
}

int op_mknod(struct ninep_call *c) { return c->s->options.read_only ? EROFS : EPERM; }

/* --- names that go -------------------------------------------------------------------------------- */

int op_renameat(struct ninep_call *c)
{
    struct fid *from, *to;
    char name[NINEP_NAME_MOST + 1], to_name[NINEP_NAME_MOST + 1];
    int code = take_place(c, &from, name), to_code = code ? code : take_place(c, &to, to_name);
    if (to_code || (to_code = may_change(c))) return to_code;
    return renameat(from->path, name, to->path, to_name) < 0 ? errno : 0;
}

int op_unlinkat(struct ninep_call *c)
{
    struct fid *f;
    char name[NINEP_NAME_MOST + 1];
    int code = take_place(c, &f, name);
    uint32_t flags = ninep_get32(&c->r);
    if (code || (code = may_change(c))) return code;
    return unlinkat(f->path, name, flags & NINEP_UNLINK_FOLDER ? AT_REMOVEDIR : 0) < 0 ? errno : 0;
}
