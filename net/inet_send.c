/* SPDX-License-Identifier: Apache-2.0 */
/* inet_send.c -- what processes write to a connection.
 *
 * A write goes to the socket at once.  What that does not take waits in a queue; who makes the queue longer than the high watermark
 * waits too, and so does, by the port being busy, everybody else, until it is as short as the low one.
 */
#include "net/inet.h"
#include "binary/bits.h"
#include "heap/arena.h"
#include "platform/platform.h"

#define NS_IN_MS UINT64_C(1000000)

/* --- the queue -------------------------------------------------------------------------------------- */

static bool enqueue(struct inet *i, uint8_t *block, uint8_t *at, size_t n)
{
    struct inet_block *b = arena_malloc(sizeof *b);
    if (!b) return false;
    *b = (struct inet_block){NULL, block, at, n};
    *i->last_block = b;
    i->last_block = &b->next;
    i->queued += n;
    return true;
}

static void drop_first(struct inet *i)
{
    struct inet_block *b = i->first_block;
    i->queued -= b->size;
    i->first_block = b->next;
    if (!i->first_block) i->last_block = &i->first_block;
    arena_free(b->block);
    arena_free(b);
}

void inet_clear_output(struct inet *i)
{
    while (i->first_block) drop_first(i);
    timer_cancel(&i->delay_timer);
    inet_tell_drained(i);
}

/* --- waiting writers ------------------------------------------------------------------------------------ */

void inet_end_busy(struct inet *i, term reason)
{
    term caller = i->busy_caller;
    if (!(i->state & INET_F_BUSY)) return;
    i->state &= ~(unsigned)INET_F_BUSY;
    i->busy_caller = NIL;
    timer_cancel(&i->send_timer);
    if (i->port) port_set_busy(i->port, false);
    i->caller_ref = i->busy_ref;
    inet_told(i, caller, reason);
}

static void send_late(struct timer *t)
{
    struct inet *i = (struct inet *)((char *)t - offsetof(struct inet, send_timer));
    inet_enter(i);
    inet_end_busy(i, ATOM(timeout));
    if (i->send_timeout_close && i->port) inet_close_socket(i);
    inet_leave(i);
}

static void make_busy(struct inet *i)
{
    i->state |= INET_F_BUSY;
    i->busy_caller = port_caller;
    i->busy_ref = i->caller_ref;
    port_set_busy(i->port, true);
    if (i->send_timeout != INET_INFINITY)
        timer_set(&i->send_timer, plat_monotonic_ns() + i->send_timeout * NS_IN_MS, send_late);
}

/* --- errors ------------------------------------------------------------------------------------------------ */

/* caller NIL: nobody waits for an answer to this. */
static void failed(struct inet *i, int error, term caller)
{
    if (error == NET_EPIPE && !i->shut_down) error = NET_ECONNRESET;
    bool shows = error == NET_ECONNRESET && i->show_reset;
    term reason = shows ? ATOM(econnreset) : ATOM(closed);
    if (i->state & INET_F_BUSY) {
        caller = i->busy_caller;
        i->busy_caller = NIL;
        i->caller_ref = i->busy_ref;
        i->state &= ~(unsigned)INET_F_BUSY;
        timer_cancel(&i->send_timer);
        if (i->port) port_set_busy(i->port, false);
    }
    if (i->active) {
        if (shows) inet_tell_error(i, reason);
        inet_tell_closed(i);
        if (!is_nil(caller)) inet_told(i, caller, reason);
        if (!i->port) return;
        if (i->exit_on_close)
            port_exit(i->port, ATOM(normal));
        else
            inet_close_socket(i);
        return;
    }
    inet_end_operations(i);
    if (is_nil(caller))
        i->late_closed_send = true;
    else
        inet_told(i, caller, reason);
    inet_close_socket(i);
    i->late_closed_receive = true;
    if (shows) i->late_reset = true;
}

/* --- sending -------------------------------------------------------------------------------------------------- */

static void delayed(struct timer *t)
{
    struct inet *i = (struct inet *)((char *)t - offsetof(struct inet, delay_timer));
    inet_enter(i);
    inet_send_more(i);
    inet_leave(i);
}

/* The length in front of the bytes, where the packet mode has one. */
static size_t put_head(const struct inet *i, uint8_t *bytes, size_t n)
{
    switch (i->packet) {
    case PACKET_1: bytes[-1] = (uint8_t)n; return 1;
    case PACKET_2: store_u16(bytes - 2, (uint16_t)n); return 2;
    case PACKET_4: store_u32(bytes - 4, (uint32_t)n); return 4;
    default: return 0;
    }
}

/* What is left of it waits in the queue, which owns the block then. */
static bool keep(struct inet *i, uint8_t *block, uint8_t *at, size_t n)
{
    if (enqueue(i, block, at, n)) return true;
    arena_free(block);
    port_close(i->port, ATOM(enomem), false);
    return false;
}

/* true: the caller is to hear that it is done. */
static bool write_behind(struct inet *i, uint8_t *block, uint8_t *at, size_t n)
{
    if (!keep(i, block, at, n)) return false;
    if (i->queued < i->high) return true;
    if (i->send_timeout == 0) {
        inet_told(i, port_caller, ATOM(timeout));
        return false;
    }
    make_busy(i);
    return false;
}

static bool write_now(struct inet *i, uint8_t *block, uint8_t *at, size_t n)
{
    if (i->delay_send) {
        if (!keep(i, block, at, n)) return false;
        timer_set(&i->delay_timer, 0, delayed);
        return true;
    }
    int64_t sent = n ? socket_send(i->socket, at, n) : 0;
    if (sent < 0 && sent != -NET_EAGAIN) {
        arena_free(block);
        failed(i, (int)-sent, port_caller);
        return false;
    }
    if (sent < 0) sent = 0;
    if ((size_t)sent < n) return keep(i, block, at + sent, n - (size_t)sent);
    arena_free(block);
    return true;
}

/* The port is connected no more: why. */
static void refuse(struct inet *i)
{
    if (!i->late_closed_send) {
        inet_told(i, port_caller, ATOM(enotconn));
        return;
    }
    i->late_closed_send = false;
    inet_told(i, port_caller, i->late_reset ? ATOM(econnreset) : ATOM(closed));
}

void inet_tcp_output(struct port *p, const uint8_t *bytes, size_t n)
{
    struct inet *i = p->state;
    uint8_t *at = (uint8_t *)(uintptr_t)bytes, *block = at - p->driver->room;
    term caller = port_caller;
    inet_enter(i);
    if (!inet_take_caller_ref(i, &bytes, &n)) {
        arena_free(block);
        inet_leave(i);
        return;
    }
    at = (uint8_t *)(uintptr_t)bytes;
    if (!(i->state & INET_F_ACTIVE)) {
        arena_free(block);
        refuse(i);
    } else if (i->shutdown_waits) {
        arena_free(block);
        failed(i, NET_EPIPE, caller);
    } else {
        size_t head = put_head(i, at, n);
        inet_count_output(i, n + head);
        bool good = i->first_block ? write_behind(i, block, at - head, n + head)
                                   : write_now(i, block, at - head, n + head);
        if (good) inet_told(i, caller, ATOM(ok));
    }
    inet_leave(i);
}

/* The queue is empty. */
static void drained(struct inet *i)
{
    inet_tell_drained(i);
    if (i->drains) {
        i->drains = false;
        return;
    }
    if (!i->shutdown_waits) return;
    enum net_shutdown how = (enum net_shutdown)(i->shutdown_waits - 1);
    i->shutdown_waits = 0;
    int error = socket_shutdown(i->socket, how);
    if (error)
        failed(i, error, NIL);
    else
        i->shut_down = true;
}

void inet_send_more(struct inet *i)
{
    while (i->first_block && i->socket) {
        struct inet_block *b = i->first_block;
        int64_t sent = b->size ? socket_send(i->socket, b->at, b->size) : 0;
        if (sent == -NET_EAGAIN) return;
        if (sent < 0) {
            inet_clear_output(i);
            if (i->drains)
                i->drains = false;
            else
                failed(i, (int)-sent, NIL);
            return;
        }
        b->at += sent;
        b->size -= (size_t)sent;
        i->queued -= (size_t)sent;
        if (b->size == 0) drop_first(i);
        if (i->queued <= i->low) inet_end_busy(i, ATOM(ok));
    }
    if (!i->first_block) drained(i);
}
