/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_private.h -- what the files of the 9P server share.
 *
 *   ninep.c       messages in and out      ninep_fid.c   fids, and the confined walk
 *   ninep_file.c  what is done to a file   ninep_name.c  what is done to names in a folder
 *   ninep_sync.c  onto the disk
 *
 * An operation reads its request, writes what its reply says behind the header, and returns 0 or an errno value;
 * it looks at nothing of a request that is `bad`.
 */
#ifndef MONITOR_NINEP_PRIVATE_H
#define MONITOR_NINEP_PRIVATE_H

#include <sys/stat.h>

#include "base/ninep.h"
#include "monitor/devices/ninep.h"

enum { FIDS_MOST = 1 << 16, FID_BUCKETS = 4096, SYNCS_MOST = 64 };

struct fid {
    uint32_t number, next; /* in its bucket; an index + 1, 0 ends */
    int path;              /* what it stands for, by O_PATH; -1: a free one */
    int io;                /* the same opened; -1: not opened */
    mode_t mode;           /* its kind: S_IFMT of st_mode */
    bool writes;           /* `io` may */
};

struct sync {
    bool under_way, forgotten; /* forgotten: its client does not wait for the reply any more */
    uint16_t tag;
};

struct ninep_server {
    struct ninep_options options;
    uint32_t msize; /* as the client agreed */
    uint32_t buckets[FID_BUCKETS];
    uint32_t free, used; /* list of free ones; how many of `fids` have ever been used */
    struct fid *fids;    /* FIDS_MOST */
    unsigned long syncs; /* the kernel's aio_context_t; 0: none */
    unsigned syncing;    /* how many are under way */
    struct sync sync[SYNCS_MOST];
    _Alignas(8) uint8_t entries[32768]; /* as the kernel gives them */
    uint8_t *listing;                   /* as they go out: options.msize bytes */
};

struct ninep_call {
    struct ninep_server *s;
    struct ninep_reader r;
    struct ninep_writer w;
    const struct ninep_request *request;
    struct ninep_reply *reply;
    uint16_t tag;
    bool later; /* the reply comes from ninep_finished() */
};
typedef int ninep_operation(struct ninep_call *c);

/* --- ninep_fid.c ------------------------------------------------------------------------------- */

struct fid *fid_find(struct ninep_server *s, uint32_t number);
/* The fid of the next number in the request; NULL: the request is bad or there is none, which is EBADF. */
struct fid *fid_take(struct ninep_call *c);
/* A new one for what `path` is a descriptor of, which it owns from then on.  0 or an errno value, and then
 * the descriptor has been closed. */
int fid_make(struct ninep_server *s, uint32_t number, int path, mode_t mode, struct fid **out);
void fid_drop(struct ninep_server *s, struct fid *f);
void fid_drop_all(struct ninep_server *s);

/* Takes a string and makes a name of it that means one component.  0 or an errno value. */
int name_take(struct ninep_call *c, char name[NINEP_NAME_MOST + 1]);
/* The thing of this name in the folder, as a descriptor with O_PATH; links are not followed.  -1 with errno. */
int step(const struct ninep_server *s, int folder, const char *name);
/* The same thing once more, opened for its contents; -1 with errno. */
int reopen(const struct ninep_server *s, const struct fid *f, int flags);
/* The name of a descriptor below options.proc. */
struct proc_name {
    char text[12];
};
struct proc_name proc_name(int fd);

struct ninep_qid qid_of(const struct stat *st);

ninep_operation op_attach, op_walk, op_clunk, op_remove;

/* --- ninep_file.c ------------------------------------------------------------------------------ */

/* For Linux, what of these flags of the protocol may be. */
int open_flags(uint32_t flags);
ninep_operation op_open, op_read, op_write, op_allocate, op_getattr, op_setattr, op_readdir,
    op_statfs, op_readlink, op_path;

/* --- ninep_sync.c ------------------------------------------------------------------------------- */

void syncs_start(struct ninep_server *s);
void syncs_end(struct ninep_server *s);
/* No reply to the request with this tag is wanted; -1: to any. */
void syncs_forget(struct ninep_server *s, int tag);
ninep_operation op_fsync;

/* --- ninep_name.c -------------------------------------------------------------------------------- */

ninep_operation op_create, op_mkdir, op_symlink, op_link, op_renameat, op_unlinkat, op_mknod;

#endif
