/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_client.h -- a client of 9P2000.L over any stream of bytes.
 *
 *   struct ninep_rpc *q = ninep_new(c, NINEP_GETATTR, NINEP_SMALL);
 *   ninep_put32(&q->w, fid); ...
 *   wrong = ninep_call(q);                  waits; other processes run meanwhile
 *   if (!wrong) ... ninep_get64(&q->r) ...
 *   ninep_free(q);
 *
 * Several may be started before the first is waited for; the server answers them in order, or not.  A request that
 * is freed before its answer came (its process has ended) stays known by its tag until then, and what it was to
 * fill is not touched any more.
 *
 * What a server says is checked; one that breaks the rules of the protocol, or hangs up, ends the client: from then
 * on everything is FS_EIO.
 */
#ifndef FS_NINEP_CLIENT_H
#define FS_NINEP_CLIENT_H

#include "base/ninep.h"
#include "fs/tree.h"
#include "process/timer.h"
#include "term/term.h"

/* The stream.  As plat_channel_*: all return at once. */
struct ninep_stream {
    void *context;
    enum ninep_sent {
        NINEP_MOVED,
        NINEP_LATER,
        NINEP_GONE
    } (*send)(void *context, const void *bytes, size_t n, size_t *sent);
    void (*flush)(void *context);
    enum ninep_sent (*receive)(void *context, void *bytes, size_t room, size_t *n);
    bool
        needs_others; /* it moves only while processes run: who cannot be set aside does not wait for it */
};

enum { NINEP_TAGS = 2048, NINEP_SMALL = 640, NINEP_LARGE = 4800 };

struct ninep_client;

struct ninep_rpc {
    struct ninep_client *client;
    struct ninep_writer w; /* the request, before it is started */
    struct ninep_reader r; /* the reply, after it has come */

    /* To write: bytes that follow the request; they stay until the reply has come. */
    const void *data;
    size_t data_bytes;
    /* To read: where the bytes of the reply go, and how many came. */
    void *into;
    size_t into_room, got;

    /* The client's. */
    struct ninep_rpc *next; /* to be sent */
    enum { RPC_NEW, RPC_QUEUED, RPC_SENT, RPC_DONE } state;
    enum fs_error result;
    bool abandoned;
    uint8_t type;
    uint16_t tag;
    term pid;     /* to be woken; NIL: nobody */
    uint32_t fid; /* that the server will know if it succeeds, or NINEP_NO_FID */
    size_t sent;
    void *own_data;
    size_t room, reply_room;
    uint8_t bytes[]; /* the request, then the reply */
};

struct ninep_client {
    struct ninep_stream stream;
    bool is_ours; /* the server is the mote's own monitor: it knows NINEP_ALLOCATE */
    bool broken;
    uint32_t msize;
    struct ninep_rpc *tags[NINEP_TAGS];
    unsigned tag_hint, in_flight;
    uint16_t hello_tag;
    struct timer soon;               /* what nobody waits for goes out then */
    struct ninep_rpc *first, **last; /* to be sent */
    /* The reply that is coming in. */
    uint8_t head[NINEP_READ_HEADER];
    size_t head_got, head_wanted;
    struct ninep_rpc *current;
    uint32_t body_left, body_got;
    bool skip; /* nobody wants it */
    /* Fids. */
    uint32_t fid_next, fid_free_n, fid_free_room;
    uint32_t *fid_free;
};

/* A client of a stream; `msize`: the largest message that it will take. */
void ninep_start(struct ninep_client *c, const struct ninep_stream *stream, uint32_t msize);

/* Says hello and attaches to the tree `name` as `user`; *root is the fid of its root then.  Waits. */
enum fs_error ninep_attach(struct ninep_client *c, const char *name, const char *user,
                           uint32_t *root, struct ninep_qid *qid);

/* From now on nothing works; what is under way has failed with FS_EIO. */
void ninep_break(struct ninep_client *c);

/* Moves what can be moved.  Call it when the stream may take or has something. */
void ninep_pump(struct ninep_client *c);

/* A request with room for its own bytes.  NULL: no memory, or the client is broken; then *wrong says so. */
struct ninep_rpc *ninep_new(struct ninep_client *c, unsigned type, size_t room,
                            enum fs_error *wrong);
void ninep_begin_sending(struct ninep_rpc *q);
/* FS_EINTR: the process has ended. */
enum fs_error ninep_wait(struct ninep_rpc *q);
enum fs_error ninep_call(struct ninep_rpc *q);
void ninep_free(struct ninep_rpc *q);

/* A number that the server does not know, and one that it need not know any more (it is told, and nobody waits). */
uint32_t ninep_fid_new(struct ninep_client *c);
void ninep_fid_unused(struct ninep_client *c, uint32_t fid);
void ninep_clunk(struct ninep_client *c, uint32_t fid);

/* Most bytes in one read or write. */
static inline size_t ninep_most(const struct ninep_client *c)
{
    return c->msize - NINEP_WRITE_HEADER - 1;
}

#endif
