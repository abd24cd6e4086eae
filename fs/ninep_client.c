/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_client.c -- see ninep_client.h.
 *
 * A fid whose number is used again must be gone at the server: it is given out again when the reply to its clunk
 * has come.
 */
#include "fs/ninep_client.h"
#include "fs/waiting.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/process.h"
#include <string.h>

/* The client that pump_one() is for, while somebody waits who cannot be set aside. */
static struct ninep_client *waited_for;

void ninep_start(struct ninep_client *c, const struct ninep_stream *stream, uint32_t msize)
{
    *c = (struct ninep_client){.stream = *stream, .msize = msize, .head_wanted = NINEP_HEADER};
    c->last = &c->first;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void release(struct ninep_rpc *q)
{
    arena_free(q->own_data);
    arena_free(q);
}

static void finish(struct ninep_rpc *q, enum fs_error result)
{
    struct ninep_client *c = q->client;
    c->tags[q->tag] = NULL;
    c->in_flight--;
    q->state = RPC_DONE;
    q->result = result;
    if (q->abandoned) {
        if (q->fid != NINEP_NO_FID && (result || q->type == NINEP_CLUNK))
            ninep_fid_unused(c, q->fid);
        else if (q->fid != NINEP_NO_FID)
            ninep_clunk(c, q->fid);
        release(q);
        return;
    }
    struct process *p = is_nil(q->pid) ? NULL : process_find(q->pid);
    if (p) process_wake(p);
}

void ninep_break(struct ninep_client *c)
{
    c->broken = true;
    c->current = NULL;
    c->first = NULL;
    c->last = &c->first;
    for (unsigned i = 0; i < NINEP_TAGS; i++)
        if (c->tags[i]) finish(c->tags[i], FS_EIO);
}

/* --- fids --------------------------------------------------------------------------------------- */

uint32_t ninep_fid_new(struct ninep_client *c)
{
    if (c->fid_free_n) return c->fid_free[--c->fid_free_n];
    return c->fid_next++;
}

/* Without memory for that its number is just not used again. */
void ninep_fid_unused(struct ninep_client *c, uint32_t fid)
{
    if (c->fid_free_n == c->fid_free_room) {
        uint32_t room = c->fid_free_room ? 2 * c->fid_free_room : 64;
        uint32_t *larger = arena_realloc(c->fid_free, room * sizeof *larger);
        if (!larger) return;
        c->fid_free = larger;
        c->fid_free_room = room;
    }
    c->fid_free[c->fid_free_n++] = fid;
}

/* There is no hurry: most times another request takes it along. */
#define SOON_NS 2000000

static void send_at_last(struct timer *t)
{
    ninep_pump((struct ninep_client *)((char *)t - offsetof(struct ninep_client, soon)));
}

void ninep_clunk(struct ninep_client *c, uint32_t fid)
{
    enum fs_error wrong;
    struct ninep_rpc *q = ninep_new(c, NINEP_CLUNK, 16, &wrong);
    if (!q) return; /* without memory the server keeps it */
    ninep_put32(&q->w, fid);
    q->pid = NIL;
    q->fid = fid;
    ninep_begin_sending(q);
    ninep_free(q);
    if (!timer_is_set(&c->soon)) timer_set(&c->soon, plat_monotonic_ns() + SOON_NS, send_at_last);
}

/* --- requests ------------------------------------------------------------------------------------- */

struct ninep_rpc *ninep_new(struct ninep_client *c, unsigned type, size_t room,
                            enum fs_error *wrong)
{
    enum { REPLY = 256 }; /* but for what goes elsewhere, no reply is longer */
    *wrong = c->broken ? FS_EIO : c->in_flight >= NINEP_TAGS ? FS_EAGAIN : FS_ENOMEM;
    if (*wrong != FS_ENOMEM) return NULL;
    struct ninep_rpc *q = arena_malloc(sizeof *q + room + REPLY);
    if (!q) return NULL;
    *q = (struct ninep_rpc){.client = c,
                            .type = (uint8_t)type,
                            .pid = process_running ? process_running->pid : NIL,
                            .fid = NINEP_NO_FID,
                            .room = room,
                            .reply_room = REPLY};
    q->w = (struct ninep_writer){.bytes = q->bytes, .room = room};
    ninep_begin(&q->w, type, 0);
    *wrong = FS_OK;
    return q;
}

void ninep_begin_sending(struct ninep_rpc *q)
{
    struct ninep_client *c = q->client;
    if (c->broken || c->in_flight >= NINEP_TAGS || !ninep_end(&q->w, q->data_bytes)) {
        q->state = RPC_DONE;
        q->result = c->broken ? FS_EIO : q->w.bad ? FS_ENAMETOOLONG : FS_EAGAIN;
        return;
    }
    while (c->tags[c->tag_hint % NINEP_TAGS]) c->tag_hint++;
    q->tag = (uint16_t)(c->tag_hint++ % NINEP_TAGS);
    bool is_hello = q->type == NINEP_HELLO;
    if (is_hello) c->hello_tag = q->tag;
    uint16_t tag = is_hello ? NINEP_NO_TAG : q->tag;
    memcpy(q->bytes + 5, &tag, sizeof tag);
    c->tags[q->tag] = q;
    c->in_flight++;
    q->state = RPC_QUEUED;
    q->next = NULL;
    *c->last = q;
    c->last = &q->next;
}

static bool is_error_reply(const struct ninep_client *c) { return c->head[4] == NINEP_ERROR + 1; }

/* Replies whose bytes go where the request says, behind a number of this many bytes that counts them. */
static unsigned counted(uint8_t type)
{
    return type == NINEP_READ || type == NINEP_READDIR    ? 4
           : type == NINEP_READLINK || type == NINEP_PATH ? 2
                                                          : 0;
}

/* What nobody waits for any more: what the server still has to be sent is ours to keep. */
static void abandon(struct ninep_rpc *q)
{
    struct ninep_client *c = q->client;
    q->abandoned = true;
    q->into = NULL;
    if (c->current == q && counted(q->type) && !is_error_reply(c)) c->skip = true;
    if (q->state != RPC_QUEUED || !q->data_bytes) return;
    if (q->sent == 0) { /* not even begun: it never was */
        struct ninep_rpc **at = &c->first;
        while (*at != q) at = &(*at)->next;
        *at = q->next;
        if (!q->next) c->last = at;
        finish(q, FS_EINTR);
        return;
    }
    q->own_data = arena_malloc(q->data_bytes);
    if (!q->own_data) {
        ninep_break(c);
        return;
    }
    memcpy(q->own_data, q->data, q->data_bytes);
    q->data = q->own_data;
}

void ninep_free(struct ninep_rpc *q)
{
    if (q->state == RPC_QUEUED || q->state == RPC_SENT)
        abandon(q);
    else
        release(q);
}

static void pump_one(void) { ninep_pump(waited_for); }

enum fs_error ninep_wait(struct ninep_rpc *q)
{
    struct ninep_client *c = q->client;
    if (q->state == RPC_QUEUED) ninep_pump(c);
    while (q->state != RPC_DONE) {
        waited_for = c;
        bool wanted = wait_for(c->stream.needs_others ? NULL : pump_one);
        /* The reply may have come just before the end of who waited: then what it says holds. */
        if (!wanted && q->state != RPC_DONE) return FS_EINTR;
    }
    return q->result;
}

enum fs_error ninep_call(struct ninep_rpc *q)
{
    ninep_begin_sending(q);
    return ninep_wait(q);
}

/* --- out -------------------------------------------------------------------------------------------- */

/* false: no more can be sent now. */
static bool send_some(struct ninep_client *c, struct ninep_rpc *q)
{
    size_t head = q->w.used, total = head + q->data_bytes, n;
    while (q->sent < total) {
        bool in_head = q->sent < head;
        const uint8_t *from =
            in_head ? q->bytes + q->sent : (const uint8_t *)q->data + (q->sent - head);
        size_t left = in_head ? head - q->sent : total - q->sent;
        switch (c->stream.send(c->stream.context, from, left, &n)) {
        case NINEP_MOVED: q->sent += n; break;
        case NINEP_LATER: return false;
        case NINEP_GONE: ninep_break(c); return false;
        }
    }
    return true;
}

static void pump_out(struct ninep_client *c)
{
    struct ninep_rpc *q;
    bool some = c->first != NULL;
    while ((q = c->first) && send_some(c, q)) {
        c->first = q->next;
        if (!c->first) c->last = &c->first;
        q->state = RPC_SENT;
    }
    if (some && !c->broken) c->stream.flush(c->stream.context);
}

/* --- in ---------------------------------------------------------------------------------------------- */

static enum fs_error error_of(uint32_t number)
{
    switch (number) {
#define FS_ERROR(name, linux_number, atom)                                                         \
    case linux_number:                                                                             \
        return FS_##name;
#include "fs/errors.def"
#undef FS_ERROR
    default: return FS_EIO;
    }
}

/* The head is there: what follows?  false: nonsense. */
static bool begin_reply(struct ninep_client *c)
{
    uint32_t size = load_le32(c->head);
    uint16_t tag = (uint16_t)(c->head[5] | c->head[6] << 8);
    if (tag == NINEP_NO_TAG) tag = c->hello_tag;
    struct ninep_rpc *q = tag < NINEP_TAGS ? c->tags[tag] : NULL;
    if (size < NINEP_HEADER || size > c->msize || !q || q->state != RPC_SENT) return false;
    bool is_error = is_error_reply(c);
    if (!is_error && c->head[4] != q->type + 1) return false;
    unsigned more = is_error ? 0 : counted(q->type);
    if (c->head_wanted < NINEP_HEADER + more) { /* there is a count, too */
        c->head_wanted = NINEP_HEADER + more;
        return size >= c->head_wanted;
    }
    c->body_left = size - (uint32_t)c->head_wanted;
    c->body_got = 0;
    if (more) {
        uint32_t count = 0;
        memcpy(&count, c->head + NINEP_HEADER, more);
        if (count != c->body_left || (!q->abandoned && count > q->into_room)) return false;
        c->skip = q->abandoned;
    } else {
        if (c->body_left > q->reply_room) return false;
        c->skip = false;
    }
    c->current = q;
    return true;
}

/* All of it is there. */
static void end_reply(struct ninep_client *c)
{
    struct ninep_rpc *q = c->current;
    uint8_t *reply = q->bytes + q->room;
    bool is_error = is_error_reply(c);
    c->current = NULL;
    c->head_got = 0;
    c->head_wanted = NINEP_HEADER;
    q->got = !is_error && counted(q->type) ? c->body_got : 0;
    q->r =
        (struct ninep_reader){.at = reply, .left = counted(q->type) && !is_error ? 0 : c->body_got};
    if (!is_error) {
        finish(q, FS_OK);
        return;
    }
    uint32_t number = ninep_get32(&q->r);
    finish(q, q->r.bad || !number ? FS_EIO : error_of(number));
}

/* Where the next bytes of the current reply go; *n: how many. */
static uint8_t *place_of_body(struct ninep_client *c, size_t *n)
{
    static uint8_t nowhere[4096];
    struct ninep_rpc *q = c->current;
    *n = c->body_left;
    if (c->skip) {
        if (*n > sizeof nowhere) *n = sizeof nowhere;
        return nowhere;
    }
    bool elsewhere = !is_error_reply(c) && counted(q->type);
    return (elsewhere ? (uint8_t *)q->into : q->bytes + q->room) + c->body_got;
}

static bool receive(struct ninep_client *c, void *to, size_t room, size_t *n)
{
    enum ninep_sent how = c->stream.receive(c->stream.context, to, room, n);
    if (how == NINEP_GONE) ninep_break(c);
    return how == NINEP_MOVED;
}

static void pump_in(struct ninep_client *c)
{
    size_t n, want;
    while (!c->broken) {
        if (!c->current) {
            if (!receive(c, c->head + c->head_got, c->head_wanted - c->head_got, &n)) return;
            c->head_got += n;
            if (c->head_got < c->head_wanted) continue;
            size_t wanted = c->head_wanted;
            if (!begin_reply(c)) {
                ninep_break(c);
                return;
            }
            if (!c->current && c->head_wanted > wanted) continue;
        }
        if (c->body_left) {
            uint8_t *to = place_of_body(c, &want);
            if (!receive(c, to, want, &n)) return;
            c->body_left -= (uint32_t)n;
            c->body_got += (uint32_t)n;
        }
        if (!c->body_left) end_reply(c);
    }
}

void ninep_pump(struct ninep_client *c)
{
    if (c->broken) return;
    pump_in(c);
    if (!c->broken) pump_out(c);
}

/* --- hello -------------------------------------------------------------------------------------------- */

static enum fs_error say_hello(struct ninep_client *c)
{
    enum fs_error wrong;
    struct ninep_rpc *q = ninep_new(c, NINEP_HELLO, NINEP_SMALL, &wrong);
    if (!q) return wrong;
    ninep_put32(&q->w, c->msize);
    ninep_put_string(&q->w, NINEP_VERSION, sizeof NINEP_VERSION - 1);
    wrong = ninep_call(q);
    if (!wrong) {
        uint32_t msize = ninep_get32(&q->r);
        struct bytes version = ninep_get_string(&q->r);
        if (q->r.bad || msize < NINEP_MSIZE_LEAST || msize > c->msize ||
            version.n != sizeof NINEP_VERSION - 1 ||
            memcmp(version.at, NINEP_VERSION, version.n) != 0)
            wrong = FS_EIO;
        else
            c->msize = msize;
    }
    ninep_free(q);
    return wrong;
}

enum fs_error ninep_attach(struct ninep_client *c, const char *name, const char *user,
                           uint32_t *root, struct ninep_qid *qid)
{
    enum fs_error wrong = say_hello(c);
    struct ninep_rpc *q = wrong ? NULL : ninep_new(c, NINEP_ATTACH, NINEP_LARGE, &wrong);
    if (!q) return wrong;
    *root = ninep_fid_new(c);
    ninep_put32(&q->w, *root);
    ninep_put32(&q->w, NINEP_NO_FID);
    ninep_put_string(&q->w, user, strlen(user));
    ninep_put_string(&q->w, name, strlen(name));
    ninep_put32(&q->w, NINEP_NO_FID); /* no number: they are known by name */
    wrong = ninep_call(q);
    if (!wrong) {
        *qid = ninep_get_qid(&q->r);
        if (q->r.bad) wrong = FS_EIO;
    }
    ninep_free(q);
    return wrong;
}
