/* SPDX-License-Identifier: Apache-2.0 */
/* inet_message.c -- what processes hear of a port of inet. */
#include "net/inet.h"
#include "binary/binary.h"
#include "binary/bits.h"
#include "etf/etf.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "port/port_trace.h"
#include "term/release.h"

#define NS_IN_MS UINT64_C(1000000)

/* --- heaps for messages ---------------------------------------------------------------------------- */

#define SCRATCH_WORDS 512

static void heap_full(struct heap *h) __attribute__((__noreturn__));
static void heap_full(struct heap *h)
{
    (void)h;
    plat_panic(__FILE__, __LINE__, "out of memory for a message of a socket");
}

/* The usual message is small: its heap is kept. */
static struct heap scratch, large;
static bool scratch_started, scratch_taken;

struct heap *inet_heap(size_t words)
{
    if (words <= SCRATCH_WORDS - 64 && !scratch_taken) {
        if (!scratch_started) {
            scratch = (struct heap){.exhausted = heap_full};
            if (!heap_start(&scratch, SCRATCH_WORDS)) return NULL;
            scratch_started = true;
        }
        scratch_taken = true;
        return &scratch;
    }
    large = (struct heap){.exhausted = heap_full};
    return heap_start(&large, words + 64) ? &large : NULL;
}

void inet_heap_drop(struct heap *h)
{
    if (h != &scratch) {
        heap_end(h);
        return;
    }
    scratch_taken = false;
    if (h->fragments) {
        heap_end(h);
        scratch_started = false;
        return;
    }
    off_heap_drop_all(&h->off_heap);
    h->off_heap.bytes = 0;
    h->top = h->start;
}

bool inet_send(const struct inet *i, struct heap *h, term to, term message)
{
    struct process *q = process_find(to);
    if (i->port) port_trace_sent(i->port, message, to);
    bool sent = !q || mailbox_send(NULL, q, message);
    inet_heap_drop(h);
    return sent;
}

/* Somebody waits for what could not be sent: the port's end tells him. */
static void give_up(struct inet *i)
{
    if (i->port) port_close(i->port, ATOM(enomem), false);
}

static term owner_of(const struct inet *i) { return i->port ? i->port->connected : NIL; }

/* --- operations ---------------------------------------------------------------------------------------- */

struct inet_operation *inet_operation_add(struct inet *i, uint32_t timeout,
                                          void (*late)(struct timer *t))
{
    struct inet_operation *o = arena_calloc(sizeof *o);
    if (!o) return NULL;
    o->inet = i;
    o->caller = port_caller;
    o->id = i->next_id++;
    *i->last_operation = o;
    i->last_operation = &o->next;
    if (late) inet_operation_limit(o, timeout, late);
    return o;
}

void inet_operation_limit(struct inet_operation *o, uint32_t timeout, void (*late)(struct timer *t))
{
    if (timeout != INET_INFINITY)
        timer_set(&o->timer, plat_monotonic_ns() + timeout * NS_IN_MS, late);
}

void inet_operation_late(struct timer *t)
{
    struct inet_operation *o = inet_operation_of(t);
    struct inet *i = o->inet;
    inet_enter(i);
    inet_async_error(i, o, ATOM(timeout));
    inet_leave(i);
}

void inet_operation_drop(struct inet *i, struct inet_operation *o)
{
    struct inet_operation **at = &i->operations;
    while (*at != o) at = &(*at)->next;
    *at = o->next;
    if (!o->next) i->last_operation = at;
    timer_cancel(&o->timer);
    arena_free(o);
}

struct inet_operation *inet_first_living(struct inet *i)
{
    while (i->operations && !process_find(i->operations->caller))
        inet_operation_drop(i, i->operations);
    return i->operations;
}

bool inet_reply_id(struct port_answer *out, uint16_t id)
{
    return inet_reply(out, (const uint8_t[]){(uint8_t)(id >> 8), (uint8_t)id}, 2);
}

void inet_async_done(struct inet *i, struct inet_operation *o, struct heap *h, term result)
{
    if (!o) o = i->operations;
    if (!o) {
        inet_heap_drop(h);
        return;
    }
    term caller = o->caller,
         message = make_tuple4(h, ATOM(inet_async), i->id, small(o->id), result);
    inet_operation_drop(i, o);
    if (!inet_send(i, h, caller, message)) give_up(i);
}

void inet_async_ok(struct inet *i)
{
    struct heap *h = inet_heap(8);
    if (h)
        inet_async_done(i, NULL, h, ATOM(ok));
    else
        give_up(i);
}

void inet_async_error(struct inet *i, struct inet_operation *o, term reason)
{
    struct heap *h = inet_heap(16);
    if (h)
        inet_async_done(i, o, h, make_tuple2(h, ATOM(error), reason));
    else
        give_up(i);
}

void inet_async_error_all(struct inet *i, term reason)
{
    while (i->operations) {
        struct heap *h = inet_heap(16);
        if (!h) {
            inet_operation_drop(i, i->operations);
            continue;
        }
        struct inet_operation *o = i->operations;
        inet_async_done(i, o, h, make_tuple2(h, ATOM(error), reason));
    }
}

/* --- plain messages ------------------------------------------------------------------------------------- */

static void tell_owner2(struct inet *i, term tag)
{
    struct heap *h = inet_heap(8);
    if (!h || !inet_send(i, h, owner_of(i), make_tuple2(h, tag, i->id))) give_up(i);
}

bool inet_take_caller_ref(struct inet *i, const uint8_t **bytes, size_t *n)
{
    i->caller_ref.size = 0;
    if (otp_release < 26 || is_nil(port_caller)) return true;
    size_t size = *n < 2 ? SIZE_MAX : load_u16(*bytes);
    if (size > INET_CALLER_REF_MOST || size > *n - 2) {
        port_close(i->port, ATOM(einval), false);
        return false;
    }
    memcpy(i->caller_ref.bytes, *bytes + 2, size);
    i->caller_ref.size = (uint8_t)size;
    *bytes += 2 + size;
    *n -= 2 + size;
    return true;
}

void inet_told(struct inet *i, term caller, term reason)
{
    struct heap *h = inet_heap(32);
    struct inet_caller_ref *r = &i->caller_ref;
    if (h) {
        term result = term_same(reason, ATOM(ok)) ? reason : make_tuple2(h, ATOM(error), reason);
        term parts[4] = {ATOM(inet_reply), i->id, result, ATOM(undefined)};
        size_t count = r->size ? 4 : 3;
        term ref = r->size ? etf_decode_versioned(h, r->bytes, r->size, 0, NULL) : NO_VALUE;
        if (is_value(ref)) parts[3] = ref;
        r->size = 0;
        if (inet_send(i, h, caller, make_tuple(h, count, parts))) return;
    }
    give_up(i);
}

void inet_tell_closed(struct inet *i)
{
    if (i->close_told) return;
    i->close_told = true;
    tell_owner2(i, ATOM(tcp_closed));
}

void inet_tell_error(struct inet *i, term reason)
{
    struct heap *h = inet_heap(8);
    term tag = i->stream ? ATOM(tcp_error) : ATOM(udp_error);
    if (!h || !inet_send(i, h, owner_of(i), make_tuple3(h, tag, i->id, reason))) give_up(i);
}

void inet_tell_passive(struct inet *i)
{
    tell_owner2(i, i->stream ? ATOM(tcp_passive) : ATOM(udp_passive));
}

void inet_tell_drained(struct inet *i)
{
    while (i->subscribers) {
        struct inet_subscriber *s = i->subscribers;
        struct heap *h = inet_heap(8);
        i->subscribers = s->next;
        if (h) inet_send(i, h, s->pid, make_tuple2(h, ATOM(empty_out_q), i->id));
        arena_free(s);
    }
}

void inet_count_active(struct inet *i)
{
    if (i->active == INET_ONCE) i->active = INET_PASSIVE;
    if (i->active != INET_MULTI || --i->active_count > 0) return;
    i->active = INET_PASSIVE;
    inet_tell_passive(i);
}

/* --- data ------------------------------------------------------------------------------------------------- */

static bool as_list(const struct inet *i, size_t n, size_t listed)
{
    return i->mode == INET_MODE_LIST || listed > n;
}

size_t inet_data_words(const struct inet *i, size_t n, size_t listed)
{
    return as_list(i, n, listed) ? 2 * n : 2 * listed + 32;
}

term inet_data(const struct inet *i, struct heap *h, struct blob *whole, const uint8_t *bytes,
               size_t n, size_t listed)
{
    if (as_list(i, n, listed)) return make_string(h, (const char *)bytes, n);
    const uint8_t *rest = bytes + listed;
    size_t left = n - listed;
    term data;
    if (whole && left > HEAP_BINARY_LIMIT) {
        whole->references++;
        data = binary_of_blob_part(h, whole, (size_t)(rest - whole->data), left);
    } else {
        data = binary_make(h, rest, left);
    }
    for (size_t k = listed; is_value(data) && k-- > 0;) data = make_cons(h, small(bytes[k]), data);
    return data;
}
