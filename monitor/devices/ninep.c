/* SPDX-License-Identifier: Apache-2.0 */
/* ninep.c -- the messages of the 9P server; see ninep.h for what it promises. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor/devices/ninep_private.h"

struct ninep_server *ninep_server_make(const struct ninep_options *options)
{
    struct ninep_server *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->options = *options;
    s->msize = options->msize;
    s->fids = mmap(NULL, FIDS_MOST * sizeof *s->fids, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    s->listing = malloc(options->msize);
    if (s->fids != MAP_FAILED && s->listing) {
        syncs_start(s);
        return s;
    }
    if (s->fids != MAP_FAILED) munmap(s->fids, FIDS_MOST * sizeof *s->fids);
    free(s->listing);
    free(s);
    return NULL;
}

void ninep_server_free(struct ninep_server *s)
{
    syncs_end(s);
    fid_drop_all(s);
    munmap(s->fids, FIDS_MOST * sizeof *s->fids);
    close(s->options.folder);
    free(s->listing);
    free(s);
}

/* --- messages about the connection --------------------------------------------------------- */

/* All that the client had is forgotten. */
static int op_version(struct ninep_call *c)
{
    uint32_t msize = ninep_get32(&c->r);
    struct bytes version = ninep_get_string(&c->r);
    if (c->r.bad || msize < NINEP_MSIZE_LEAST) return EINVAL;
    fid_drop_all(c->s);
    syncs_forget(c->s, -1);
    c->s->msize = msize < c->s->options.msize ? msize : c->s->options.msize;
    bool ours = version.n == sizeof NINEP_VERSION - 1 &&
                memcmp(version.at, NINEP_VERSION, sizeof NINEP_VERSION - 1) == 0;
    const char *answer = ours ? NINEP_VERSION : "unknown";
    ninep_put32(&c->w, c->s->msize);
    ninep_put_string(&c->w, answer, strlen(answer));
    return 0;
}

/* Whatever it was about has been answered, unless it is being synced. */
static int op_flush(struct ninep_call *c)
{
    uint16_t tag = ninep_get16(&c->r);
    if (c->r.bad) return EINVAL;
    syncs_forget(c->s, tag);
    return 0;
}

static int op_refused(struct ninep_call *c)
{
    (void)c;
    return EOPNOTSUPP;
}

/* --- which is which ---------------------------------------------------------------------------- */

static ninep_operation *operation_of(unsigned type)
{
    switch (type) {
    case NINEP_HELLO: return op_version;
    case NINEP_ATTACH: return op_attach;
    case NINEP_FLUSH: return op_flush;
    case NINEP_WALK: return op_walk;
    case NINEP_CLUNK: return op_clunk;
    case NINEP_REMOVE: return op_remove;
    case NINEP_OPEN: return op_open;
    case NINEP_READ: return op_read;
    case NINEP_WRITE: return op_write;
    case NINEP_FSYNC: return op_fsync;
    case NINEP_ALLOCATE: return op_allocate;
    case NINEP_GETATTR: return op_getattr;
    case NINEP_SETATTR: return op_setattr;
    case NINEP_READDIR: return op_readdir;
    case NINEP_READLINK: return op_readlink;
    case NINEP_STATFS: return op_statfs;
    case NINEP_PATH: return op_path;
    case NINEP_CREATE: return op_create;
    case NINEP_MKDIR: return op_mkdir;
    case NINEP_SYMLINK: return op_symlink;
    case NINEP_LINK: return op_link;
    case NINEP_MKNOD: return op_mknod;
    case NINEP_RENAMEAT: return op_renameat;
    case NINEP_UNLINKAT: return op_unlinkat;
    default: return op_refused; /* of the protocol, or not */
    }
}

static void answer_error(struct ninep_call *c, uint16_t tag, int code)
{
    c->reply->payload = 0;
    ninep_begin(&c->w, NINEP_ERROR + 1, tag);
    ninep_put32(&c->w, (uint32_t)code);
    ninep_end(&c->w, 0);
}

void ninep_serve(struct ninep_server *s, const struct ninep_request *request,
                 struct ninep_reply *reply)
{
    struct ninep_call c = {.s = s,
                           .r = {.at = request->bytes, .left = request->n},
                           .w = {.bytes = reply->bytes, .room = sizeof reply->bytes},
                           .request = request,
                           .reply = reply};
    ninep_get32(&c.r);
    unsigned type = ninep_get8(&c.r);
    uint16_t tag = c.tag = ninep_get16(&c.r);
    reply->payload = 0;
    ninep_begin(&c.w, type + 1, tag);
    int code = c.r.bad ? EINVAL : operation_of(type)(&c);
    if (!code && (c.r.bad || !ninep_end(&c.w, reply->payload))) code = EINVAL;
    if (code) answer_error(&c, tag, code);
    reply->n = c.later ? 0 : (uint32_t)c.w.used;
}
