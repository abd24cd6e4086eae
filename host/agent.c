/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c -- see agent.h: frames out and in, and who is told when there is room, or something to read.
 *
 *     mote_agent:put(Kind, Flags, Iodata)    ok | again | closed
 *     mote_agent:get()                       [{Kind, Flags, Binary}] | again | closed | restored
 *
 * One process, the owner, calls these.  After `again` it gets the message mote_agent, once, when it is worth while to ask again.
 * A frame that was taken goes out whole: what the ring has no room for waits in `rest`, and as long as it does no other frame is
 * taken.  So neither side ever has more than one frame here.  Large ones are only taken when the ring has room for all of them, and RESERVE is
 * left: what is for the agent itself gets into the ring although messages wait in it.
 *
 * Always true: `rest` is NULL when nothing waits; `body` is NULL unless a frame's head has come and not yet all of it.
 */
#include "host/agent.h"
#include "abi/agent.h"
#include "bif/bif.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/log.h"
#include "process/mailbox.h"
#include "sched/sched.h"

#include <string.h>

#define BIF NATIVE_BODY
#include "host/agent.def"
#undef BIF

static const struct native rows[] = {
#define BIF NATIVE_ROW
#include "host/agent.def"
#undef BIF
};
const struct native_table agent_natives = {rows, sizeof rows / sizeof *rows};

/* As many bytes as one call of get/0 gives, about. */
#define GET_MOST      (2 * AGENT_FRAME_MOST)
/* Bytes moved for one reduction. */
#define BYTES_FOR_ONE 512

#define RESERVE 0x2000

static struct {
    bool opened, closed;
    bool owned;    /* there is an owner, or was one */
    bool restored; /* this memory is out of a snapshot, and the owner has not heard of it */
    unsigned handle;
    term owner;
    bool wants_input, wants_room;

    uint8_t *rest; /* of a frame that was taken, from rest_at */
    size_t rest_at, rest_bytes;

    union {
        struct agent_frame frame;
        uint8_t bytes[sizeof(struct agent_frame)];
    } head;
    size_t head_bytes; /* of the head that have come */
    struct blob *body;
    size_t body_bytes; /* of the body that have come */
} agent;

/* --- who is told ---------------------------------------------------------------------------------- */

static void tell(bool *wants)
{
    struct process *p = process_find(agent.owner);
    if (*wants && p && mailbox_send(NULL, p, ATOM(mote_agent))) *wants = false;
}

static void drop_rest(void)
{
    arena_free(agent.rest);
    agent.rest = NULL;
}

static void push_rest(void)
{
    while (agent.rest) {
        size_t sent;
        enum plat_result r = plat_channel_send(agent.handle, agent.rest + agent.rest_at,
                                               agent.rest_bytes - agent.rest_at, &sent);
        if (r == PLAT_AGAIN) return;
        if (r == PLAT_OK) agent.rest_at += sent;
        if (r != PLAT_OK || agent.rest_at == agent.rest_bytes) drop_rest();
    }
    plat_channel_flush(agent.handle);
}

/* Nobody reads any more: the bytes are taken, for the bit is said again and again while there are some.  Not for ever: more
 * may come all the time. */
static void discard(void)
{
    uint8_t bytes[512];
    size_t n;
    for (unsigned i = 0; i < GET_MOST / sizeof bytes; i++)
        if (plat_channel_receive(agent.handle, bytes, sizeof bytes, &n) != PLAT_OK) return;
}

static void ready(plat_ready which)
{
    (void)which;
    push_rest();
    if (!process_find(agent.owner)) discard();
    if (!agent.rest) {
        tell(&agent.wants_room);
        plat_channel_room(agent.handle, 0); /* who was told asks anew, and need not be till then */
    }
    tell(&agent.wants_input);
}

/* The agent that was spoken with is another mote's; what was under way is lost. */
void agent_resume(const struct plat_boot *boot)
{
    (void)boot;
    agent.opened = false;
    if (!agent.owned) return;
    drop_rest();
    if (agent.body) blob_drop(agent.body);
    agent.body = NULL;
    agent.head_bytes = 0;
    agent.closed = agent.wants_room = false;
    agent.restored = agent.wants_input = true;
    tell(&agent.wants_input);
}

/* --- natives --------------------------------------------------------------------------------------- */

term bif_mote_main_has_agent_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    if (!agent.opened) agent.opened = plat_channel_open(AGENT_CHANNEL, &agent.handle) == PLAT_OK;
    return agent.opened ? ATOM(true) : ATOM(false);
}

term bif_mote_agent_open_0(struct process *p, const term *arg)
{
    if (!term_same(bif_mote_main_has_agent_0(p, arg), ATOM(true))) return ATOM(false);
    agent.owner = p->pid;
    agent.owned = true;
    sched_watch(UINT64_C(1) << agent.handle, ready);
    return ATOM(true);
}

/* A byte, from a term. */
static bool byte_of(term t, uint8_t *out)
{
    if (!is_small(t) || small_value(t) < 0 || small_value(t) > 255) return false;
    *out = (uint8_t)small_value(t);
    return true;
}

static bool is_large(uint8_t kind) { return kind == AGENT_SEND || kind == AGENT_SPAWN; }

/* ok, or why it was not taken. */
static term make_frame(struct process *p, const term *arg)
{
    struct agent_frame head = {0};
    size_t n;
    if (!byte_of(arg[0], &head.kind) || !byte_of(arg[1], &head.flags) ||
        iodata_size(arg[2], &n) != IODATA_OK || n > AGENT_FRAME_MOST - sizeof head)
        return raise_badarg(p);
    head.bytes = (uint32_t)n;
    if (is_large(head.kind)) {
        enum plat_result r = plat_channel_room(agent.handle, sizeof head + n + RESERVE);
        if (r == PLAT_AGAIN) agent.wants_room = true;
        if (r != PLAT_OK) return r == PLAT_AGAIN ? ATOM(again) : ATOM(closed);
    }
    agent.rest = arena_malloc(sizeof head + n);
    if (!agent.rest) return raise(p, ATOM(system_limit));
    memcpy(agent.rest, &head, sizeof head);
    iodata_copy(arg[2], agent.rest + sizeof head);
    agent.rest_at = 0;
    agent.rest_bytes = sizeof head + n;
    bump(p, (int64_t)(n / BYTES_FOR_ONE));
    return ATOM(ok);
}

term bif_mote_agent_put_3(struct process *p, const term *arg)
{
    if (agent.restored) return ATOM(again); /* the message that says so is on its way */
    if (!agent.opened) return raise_badarg(p);
    if (agent.closed) return ATOM(closed);
    push_rest();
    if (agent.rest) {
        agent.wants_room = true;
        return ATOM(again);
    }
    term result = make_frame(p, arg);
    if (agent.rest) push_rest();
    return result;
}

term bif_mote_agent_is_out_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    if (agent.opened) push_rest();
    agent.wants_room = agent.rest != NULL;
    return agent.rest ? ATOM(false) : ATOM(true);
}

/* Bytes of the frame that is under way, until it is whole: PLAT_OK. */
static enum plat_result take(void)
{
    size_t n;
    while (agent.head_bytes < sizeof agent.head) {
        enum plat_result r = plat_channel_receive(agent.handle, agent.head.bytes + agent.head_bytes,
                                                  sizeof agent.head - agent.head_bytes, &n);
        if (r != PLAT_OK) return r;
        agent.head_bytes += n;
    }
    if (agent.head.frame.bytes > AGENT_FRAME_MOST) return PLAT_INVALID;
    if (!agent.body) {
        agent.body = blob_make(agent.head.frame.bytes);
        agent.body_bytes = 0;
        if (!agent.body) return PLAT_FAILED;
    }
    while (agent.body_bytes < agent.body->bytes) {
        enum plat_result r = plat_channel_receive(agent.handle, agent.body->data + agent.body_bytes,
                                                  agent.body->bytes - agent.body_bytes, &n);
        if (r != PLAT_OK) return r;
        agent.body_bytes += n;
    }
    return PLAT_OK;
}

/* {Kind, Flags, Binary} */
static term frame_term(struct heap *h)
{
    struct blob *b = agent.body;
    term binary;
    if (b->bytes > HEAP_BINARY_LIMIT) {
        binary = binary_of_blob(h, b);
    } else {
        binary = binary_make(h, b->data, b->bytes);
        blob_drop(b);
    }
    agent.body = NULL;
    agent.head_bytes = 0;
    return make_tuple3(h, small(agent.head.frame.kind), small(agent.head.frame.flags), binary);
}

static term in_order(struct heap *h, term backwards)
{
    term list = NIL;
    for (; is_cons(backwards); backwards = tail(backwards))
        list = make_cons(h, head(backwards), list);
    return list;
}

term bif_mote_agent_get_0(struct process *p, const term *arg)
{
    (void)arg;
    if (agent.restored) {
        agent.restored = false;
        return ATOM(restored);
    }
    if (!agent.opened) return agent.owned ? ATOM(closed) : raise_badarg(p);
    term got = NIL;
    size_t bytes = 0;
    enum plat_result r = agent.closed ? PLAT_CLOSED : PLAT_OK;
    while (bytes < GET_MOST && r == PLAT_OK) {
        r = take();
        if (r != PLAT_OK) break;
        bytes += sizeof agent.head + agent.body->bytes;
        got = make_cons(&p->heap, frame_term(&p->heap), got);
    }
    bump(p, (int64_t)(bytes / BYTES_FOR_ONE));
    if (!is_nil(got)) return in_order(&p->heap, got);
    if (r == PLAT_FAILED) return raise(p, ATOM(system_limit));
    if (r == PLAT_AGAIN) {
        agent.wants_input = true;
        return ATOM(again);
    }
    agent.closed = true; /* also when what came is no frame: there is no going on behind it */
    return ATOM(closed);
}

term bif_mote_agent_exhausted_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_unsigned(&p->heap, log_exhausted);
}
