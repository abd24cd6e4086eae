/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_fid.c -- fids of the 9P server, and how it gets from a name to a descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/devices/ninep_private.h"

/* --- the table -------------------------------------------------------------------------------- */

struct fid *fid_find(struct ninep_server *s, uint32_t number)
{
    uint32_t at = s->buckets[number % FID_BUCKETS];
    while (at && s->fids[at - 1].number != number) at = s->fids[at - 1].next;
    return at ? &s->fids[at - 1] : NULL;
}

struct fid *fid_take(struct ninep_call *c)
{
    uint32_t number = ninep_get32(&c->r);
    return c->r.bad ? NULL : fid_find(c->s, number);
}

int fid_make(struct ninep_server *s, uint32_t number, int path, mode_t mode, struct fid **out)
{
    uint32_t index = s->free ? s->free : s->used < FIDS_MOST ? s->used + 1 : 0;
    int code = number == NINEP_NO_FID || fid_find(s, number) ? EINVAL : !index ? ENFILE : 0;
    if (code) {
        close(path);
        return code;
    }
    struct fid *f = &s->fids[index - 1];
    if (s->free)
        s->free = f->next;
    else
        s->used++;
    uint32_t *bucket = &s->buckets[number % FID_BUCKETS];
    *f = (struct fid){
        .number = number, .next = *bucket, .path = path, .io = -1, .mode = mode & S_IFMT};
    *bucket = index;
    *out = f;
    return 0;
}

void fid_drop(struct ninep_server *s, struct fid *f)
{
    uint32_t index = (uint32_t)(f - s->fids) + 1;
    uint32_t *at = &s->buckets[f->number % FID_BUCKETS];
    while (*at != index) at = &s->fids[*at - 1].next;
    *at = f->next;
    close(f->path);
    if (f->io >= 0) close(f->io);
    *f = (struct fid){.path = -1, .io = -1, .next = s->free};
    s->free = index;
}

void fid_drop_all(struct ninep_server *s)
{
    for (unsigned i = 0; i < FID_BUCKETS; i++)
        while (s->buckets[i]) fid_drop(s, &s->fids[s->buckets[i] - 1]);
}

/* --- names ---------------------------------------------------------------------------------------- */

int name_take(struct ninep_call *c, char name[NINEP_NAME_MOST + 1])
{
    struct bytes b = ninep_get_string(&c->r);
    if (c->r.bad) return EINVAL;
    if (b.n > NINEP_NAME_MOST) return ENAMETOOLONG;
    if (b.n == 0) return ENOENT;
    if (memchr(b.at, '/', b.n) || memchr(b.at, 0, b.n)) return EINVAL;
    if (b.at[0] == '.' && (b.n == 1 || (b.n == 2 && b.at[1] == '.'))) return EINVAL;
    memcpy(name, b.at, b.n);
    name[b.n] = 0;
    return 0;
}

int step(const struct ninep_server *s, int folder, const char *name)
{
    if (s->options.plain_walk) return openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS};
    return (int)syscall(SYS_openat2, folder, name, &how, sizeof how);
}

struct proc_name proc_name(int fd)
{
    struct proc_name p;
    snprintf(p.text, sizeof p.text, "%d", fd);
    return p;
}

/* By way of /proc a descriptor leads to what it is of, whatever has become of its name. */
int reopen(const struct ninep_server *s, const struct fid *f, int flags)
{
    if (S_ISDIR(f->mode)) flags = O_RDONLY | O_DIRECTORY;
    if (S_ISREG(f->mode) || S_ISDIR(f->mode))
        return openat(s->options.proc, proc_name(f->path).text, flags | O_CLOEXEC | O_NOCTTY);
    errno = S_ISLNK(f->mode) ? ELOOP : EACCES;
    return -1;
}

struct ninep_qid qid_of(const struct stat *st)
{
    return (struct ninep_qid){.kind = S_ISDIR(st->st_mode)   ? NINEP_IS_FOLDER
                                      : S_ISLNK(st->st_mode) ? NINEP_IS_LINK
                                                             : NINEP_IS_FILE,
                              .path = st->st_ino};
}

/* --- the messages ------------------------------------------------------------------------------------ */

int op_attach(struct ninep_call *c)
{
    uint32_t number = ninep_get32(&c->r), auth = ninep_get32(&c->r);
    ninep_get_string(&c->r); /* the user and the tree that are wished for: there is one of each */
    ninep_get_string(&c->r);
    if (c->r.bad) return EINVAL;
    if (auth != NINEP_NO_FID) return EOPNOTSUPP;
    struct stat st;
    struct fid *f;
    int path = fcntl(c->s->options.folder, F_DUPFD_CLOEXEC, 0);
    if (path < 0) return errno;
    if (fstat(path, &st) < 0) {
        int code = errno;
        close(path);
        return code;
    }
    int code = fid_make(c->s, number, path, st.st_mode, &f);
    if (!code) ninep_put_qid(&c->w, qid_of(&st));
    return code;
}

/* From *path on to the name, whose descriptor takes its place. */
static int walk_on(struct ninep_call *c, int *path, const char *name, struct stat *st)
{
    int next = step(c->s, *path, name);
    if (next < 0) return errno;
    int code = fstat(next, st) < 0 ? errno : 0;
    int over = code ? next : *path;
    if (!code) *path = next;
    close(over);
    return code;
}

/* Up to where it gets; a new fid only when that is the end. */
int op_walk(struct ninep_call *c)
{
    struct fid *f = fid_take(c), *made;
    uint32_t number = ninep_get32(&c->r);
    unsigned names = ninep_get16(&c->r), done = 0;
    if (c->r.bad || names > NINEP_NAMES_MOST) return EINVAL;
    if (!f || f->io >= 0) return EBADF;
    if (number != f->number && fid_find(c->s, number)) return EINVAL;
    struct stat st = {.st_mode = f->mode};
    int path = fcntl(f->path, F_DUPFD_CLOEXEC, 0), code = path < 0 ? errno : 0;
    ninep_put16(&c->w, 0);
    for (; !code && done < names; done++) {
        char name[NINEP_NAME_MOST + 1];
        code = name_take(c, name);
        if (!code && !S_ISDIR(st.st_mode)) code = ENOTDIR;
        if (!code) code = walk_on(c, &path, name, &st);
        if (code) break;
        ninep_put_qid(&c->w, qid_of(&st));
    }
    if (code) {
        if (path >= 0) close(path);
        if (c->r.bad || !done) return code;
        memcpy(c->w.bytes + NINEP_HEADER, &(uint16_t){(uint16_t)done}, 2);
        return 0;
    }
    if (number == f->number) fid_drop(c->s, f);
    code = fid_make(c->s, number, path, st.st_mode, &made);
    memcpy(c->w.bytes + NINEP_HEADER, &(uint16_t){(uint16_t)done}, 2);
    return code;
}

int op_clunk(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    if (!f) return c->r.bad ? EINVAL : EBADF;
    fid_drop(c->s, f);
    return 0;
}

/* A fid does not know its name here: unlinkat does what this would. */
int op_remove(struct ninep_call *c)
{
    int code = op_clunk(c);
    return code ? code : EOPNOTSUPP;
}
