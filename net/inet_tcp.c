/* SPDX-License-Identifier: Apache-2.0 */
/* inet_tcp.c -- the port "tcp_inet": connections, from open to close. */
#include "net/inet.h"
#include "binary/bits.h"
#include "heap/arena.h"
#include "platform/platform.h"

#define HEAD_ROOM 4 /* before what is written: for the length of a packet */

/* --- ends ------------------------------------------------------------------------------------------ */

void inet_close_socket(struct inet *i)
{
    inet_clear_input(i);
    inet_clear_output(i);
    if (i->socket) socket_close(i->socket);
    i->socket = NULL;
    i->state = INET_CLOSED;
}

void inet_end_operations(struct inet *i) { inet_async_error_all(i, ATOM(closed)); }

static const char *start(struct port *p)
{
    p->state = inet_make(p, true);
    return p->state ? NULL : "enomem";
}

static void drain_late(struct timer *t)
{
    struct inet *i = (struct inet *)((char *)t - offsetof(struct inet, delay_timer));
    inet_enter(i);
    inet_send_more(i);
    inet_leave(i);
}

#define PATIENCE_NS (120 * UINT64_C(1000000000))

/* A peer that takes nothing more of what a closed port has left is not waited for forever. */
static void drain_checked(struct timer *t)
{
    struct inet *i = (struct inet *)((char *)t - offsetof(struct inet, send_timer));
    inet_enter(i);
    if (i->queued < i->left_queued) {
        i->left_queued = i->queued;
        timer_set(t, plat_monotonic_ns() + PATIENCE_NS, drain_checked);
    } else {
        i->drains = false;
    }
    inet_leave(i);
}

/* The port ends.  What was written goes out all the same, but for a linger of no time. */
static void stop(struct port *p)
{
    struct inet *i = p->state;
    inet_enter(i);
    inet_end_operations(i);
    i->port = NULL;
    timer_cancel(&i->send_timer);
    i->state &= ~(unsigned)INET_F_BUSY;
    i->busy_caller = NIL;
    i->drains = i->first_block && i->socket && (i->state & INET_F_ACTIVE) && !i->linger_zero;
    i->left_queued = i->queued;
    if (i->drains) timer_set(&i->send_timer, plat_monotonic_ns() + PATIENCE_NS, drain_checked);
    if (i->drains && timer_is_set(&i->delay_timer)) timer_set(&i->delay_timer, 0, drain_late);
    inet_leave(i);
}

/* --- listening ---------------------------------------------------------------------------------------- */

static bool listen(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (!(i->state & INET_F_OPEN)) return inet_reply_text(out, "exbadport");
    if (n != 2) return inet_reply_error(out, NET_EINVAL);
    int error = socket_listen(i->socket, (int16_t)load_u16(bytes));
    if (error) return inet_reply_error(out, error);
    i->state = INET_LISTENING;
    return inet_reply(out, NULL, 0);
}

/* What a connection has from the port that accepted it. */
static void inherit(struct inet *to, const struct inet *from)
{
    to->family = from->family;
    to->mode = from->mode;
    to->exit_on_close = from->exit_on_close;
    to->deliver = from->deliver;
    to->packet = from->packet;
    to->packet_size = from->packet_size;
    to->delimiter = from->delimiter;
    to->header = from->header;
    to->buffer = from->buffer;
    to->high = from->high;
    to->low = from->low;
    to->high_queue = from->high_queue;
    to->low_queue = from->low_queue;
    to->send_timeout = from->send_timeout;
    to->send_timeout_close = from->send_timeout_close;
    to->show_reset = from->show_reset;
    to->linger_zero = from->linger_zero;
    to->state = INET_CONNECTED;
}

/* A port of the caller's own for a connection; NULL with the reason. */
static struct port *make_accepted(const struct inet *i, struct process *caller,
                                  struct net_socket *connection, const char **why)
{
    const struct port_settings settings = {.in = true, .out = true, .in_fd = -1, .out_fd = -1};
    struct port *p = port_open(caller, &inet_tcp_driver, "tcp_inet", &settings, why);
    if (!p) {
        socket_close(connection);
        return NULL;
    }
    struct inet *fresh = p->state;
    inherit(fresh, i);
    fresh->socket = connection;
    socket_own(connection, fresh, inet_ready);
    return p;
}

static void accept_waiting(struct inet *i)
{
    struct inet_operation *o;
    struct net_socket *connection;
    while (i->port && i->socket && (o = inet_first_living(i)) &&
           socket_accept(i->socket, &connection) == NET_OK) {
        const char *why;
        struct port *p = make_accepted(i, process_find(o->caller), connection, &why);
        struct heap *h = inet_heap(16);
        if (!h) {
            if (p) port_close(p, ATOM(enomem), false);
            inet_operation_drop(i, o);
            continue;
        }
        term result = p ? make_tuple2(h, ATOM(ok), p->id)
                        : make_tuple2(h, ATOM(error), atom_make(why, strlen(why)));
        inet_async_done(i, o, h, result);
    }
}

static bool accept(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (!(i->state & INET_F_LISTEN) || n != 4) return inet_reply_error(out, NET_EINVAL);
    struct inet_operation *o = inet_operation_add(i, load_u32(bytes), inet_operation_late);
    if (!o) return inet_reply_error(out, NET_ENOMEM);
    uint16_t id = o->id;
    accept_waiting(i);
    return inet_reply_id(out, id);
}

/* --- connecting ------------------------------------------------------------------------------------------ */

static void connect_late(struct timer *t)
{
    struct inet *i = inet_operation_of(t)->inet;
    inet_enter(i);
    inet_close_socket(i);
    inet_operation_late(t);
    inet_leave(i);
}

static bool connect(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    size_t used;
    if (!(i->state & INET_F_OPEN)) return inet_reply_text(out, "exbadport");
    if (i->state & INET_F_ACTIVE) return inet_reply_error(out, NET_EISCONN);
    if ((i->state & INET_F_CON) || n < 6) return inet_reply_error(out, NET_EINVAL);
    const char *wrong = inet_read_address(i, bytes + 4, n - 4, &i->remote, &used);
    if (wrong) return inet_reply_text(out, wrong);
    int error = socket_connect(i->socket, &i->remote);
    if (error && error != NET_EINPROGRESS) return inet_reply_error(out, error);
    struct inet_operation *o = inet_operation_add(i, load_u32(bytes), connect_late);
    if (!o) {
        inet_close_socket(i);
        return inet_reply_error(out, NET_ENOMEM);
    }
    i->state = INET_CONNECTING;
    return inet_reply_id(out, o->id);
}

static void connect_ended(struct inet *i)
{
    int error = socket_take_error(i->socket);
    if (error) {
        i->state = INET_F_OPEN;
        inet_async_error(i, NULL, net_error_atom(error));
        return;
    }
    i->state = INET_CONNECTED;
    inet_async_ok(i);
}

/* --- receiving --------------------------------------------------------------------------------------------- */

static void receive_late(struct timer *t)
{
    struct inet *i = inet_operation_of(t)->inet;
    inet_enter(i);
    i->remains = 0;
    inet_operation_late(t);
    inet_leave(i);
}

/* The connection is over; who asks first hears how. */
static bool refuse_receive(struct inet *i, struct port_answer *out)
{
    if (!i->late_closed_receive) return inet_reply_error(out, NET_ENOTCONN);
    bool reset = i->late_reset;
    i->late_closed_receive = i->late_closed_send = i->late_reset = false;
    return inet_reply_text(out, reset ? "econnreset" : "closed");
}

static bool receive(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (!(i->state & INET_F_ACTIVE)) return refuse_receive(i, out);
    if (i->active || n != 8) return inet_reply_error(out, NET_EINVAL);
    uint32_t timeout = load_u32(bytes), wanted = load_u32(bytes + 4);
    if (i->packet != PACKET_RAW && wanted) return inet_reply_error(out, NET_EINVAL);
    if (wanted > INET_MOST_PACKET) return inet_reply_error(out, NET_ENOMEM);
    if (i->operations) return inet_reply_error(out, NET_EALREADY);
    struct inet_operation *o = inet_operation_add(i, INET_INFINITY, NULL);
    if (!o) return inet_reply_error(out, NET_ENOMEM);
    uint16_t id = o->id;
    if (i->read_over)
        inet_async_error_all(i, ATOM(closed));
    else
        inet_receive(i, wanted);
    if (i->port && i->operations && timeout == 0)
        receive_late(&i->operations->timer);
    else if (i->port && i->operations)
        inet_operation_limit(i->operations, timeout, receive_late);
    return inet_reply_id(out, id);
}

static bool unreceive(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (!(i->state & INET_F_ACTIVE)) return inet_reply_error(out, NET_ENOTCONN);
    if (!inet_push_input(i, bytes, n)) return inet_reply_error(out, NET_ENOMEM);
    if (i->active) inet_deliver(i, 0);
    return inet_reply(out, NULL, 0);
}

/* --- shutting down ------------------------------------------------------------------------------------------- */

static bool shut_down(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (!(i->state & INET_F_ACTIVE)) return inet_reply_error(out, NET_ENOTCONN);
    if (n != 1 || bytes[0] > NET_SHUT_BOTH) return inet_reply_error(out, NET_EINVAL);
    enum net_shutdown how = bytes[0];
    if (how != NET_SHUT_READ && i->queued) {
        i->shutdown_waits = (uint8_t)(1 + how);
        return inet_reply(out, NULL, 0);
    }
    int error = socket_shutdown(i->socket, how);
    if (how != NET_SHUT_READ && error) i->shut_down = true;
    return error ? inet_reply_error(out, error) : inet_reply(out, NULL, 0);
}

/* --- the driver -------------------------------------------------------------------------------------------------- */

static bool request(struct inet *i, unsigned what, const uint8_t *bytes, size_t n,
                    struct port_answer *out)
{
    switch (what) {
    case INET_REQ_LISTEN: return listen(i, bytes, n, out);
    case INET_REQ_CONNECT: return connect(i, bytes, n, out);
    case INET_REQ_ACCEPT: return accept(i, bytes, n, out);
    case INET_REQ_CLOSE:
        inet_end_operations(i);
        inet_close_socket(i);
        return inet_reply(out, NULL, 0);
    case TCP_REQ_RECV: return receive(i, bytes, n, out);
    case TCP_REQ_UNRECV: return unreceive(i, bytes, n, out);
    case TCP_REQ_SHUTDOWN: return shut_down(i, bytes, n, out);
    case TCP_REQ_SENDFILE:
        return inet_reply_error(out, NET_ENOTSUP); /* file reads and sends, then */
    default: return inet_control(i, what, bytes, n, out);
    }
}

static bool control(struct port *p, unsigned op, const uint8_t *bytes, size_t n,
                    struct port_answer *out)
{
    struct inet *i = p->state;
    inet_enter(i);
    bool good = request(i, op - INET_MAGIC, bytes, n, out);
    inet_leave(i);
    return good;
}

static void connection_ready(struct inet *i, unsigned what)
{
    if (what & NET_WRITE) inet_send_more(i);
    if ((what & NET_READ) && i->port && i->socket) inet_receive(i, 0);
}

void inet_ready(void *owner, unsigned what)
{
    struct inet *i = owner;
    inet_enter(i);
    if (!i->stream)
        inet_udp_receive(i);
    else if (i->state & INET_F_LISTEN)
        accept_waiting(i);
    else if (i->state & INET_F_CON)
        connect_ended(i);
    else
        connection_ready(i, what);
    inet_leave(i);
}

static size_t queued(const struct port *p)
{
    const struct inet *i = p->state;
    return i->queued;
}

const struct port_driver inet_tcp_driver = {
    .name = "tcp_inet",
    .carries = true,
    .start = start,
    .stop = stop,
    .output = inet_tcp_output,
    .room = HEAD_ROOM,
    .keeps = true,
    .queued = queued,
    .control = control,
};

/* --- SCTP: as a machine without it ---------------------------------------------------------------------------- */

static const char *refuse(struct port *p)
{
    (void)p;
    return "badarg";
}
const struct port_driver inet_sctp_driver = {.name = "sctp_inet", .start = refuse};
