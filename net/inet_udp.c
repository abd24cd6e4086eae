/* SPDX-License-Identifier: Apache-2.0 */
/* inet_udp.c -- the port "udp_inet": datagrams. */
#include "net/inet.h"
#include "binary/binary.h"
#include "binary/bits.h"
#include "heap/arena.h"
#include "net/inet_option.h"
#include "platform/platform.h"

#define ADDRESS_ROOM 32
#define READS        16 /* at a time, of an active port */

static const char *start(struct port *p)
{
    p->state = inet_make(p, false);
    return p->state ? NULL : "enomem";
}

static void stop(struct port *p)
{
    struct inet *i = p->state;
    inet_enter(i);
    inet_end_operations(i);
    i->port = NULL;
    inet_leave(i);
}

/* --- receiving ------------------------------------------------------------------------------------- */

static term host_term(struct heap *h, const struct net_address *a)
{
    term parts[8];
    bool six = a->family == NET_INET6;
    for (int k = 0; k < (six ? 8 : 4); k++)
        parts[k] = small(six ? load_u16(a->bytes + 2 * k) : a->bytes[k]);
    return make_tuple(h, six ? 8 : 4, parts);
}

static term with_term(struct heap *h, const struct net_ancillary *with)
{
    term list = NIL;
    if (with->ttl >= 0) list = make_cons(h, make_tuple2(h, ATOM(ttl), small(with->ttl)), list);
    if (with->tos >= 0) list = make_cons(h, make_tuple2(h, ATOM(tos), small(with->tos)), list);
    if (with->traffic_class >= 0)
        list = make_cons(h, make_tuple2(h, ATOM(tclass), small(with->traffic_class)), list);
    return list;
}

/* The options are on that ask for it. */
static bool wants_ancillary(const struct inet *i)
{
    static const int options[3][2] = {{NET_IPPROTO_IP, OPTION_IP_RECVTOS},
                                      {NET_IPPROTO_IP, OPTION_IP_RECVTTL},
                                      {NET_IPPROTO_IPV6, OPTION_IPV6_RECVTCLASS}};
    for (int k = 0; k < 3; k++) {
        int value = 0;
        size_t n = sizeof value;
        if (!socket_get(i->socket, options[k][0], options[k][1], &value, &n) && value) return true;
    }
    return false;
}

/* {udp, Port, Address, Number, Data}, with what came beside it before the data. */
static bool tell_active(struct inet *i, struct heap *h, const struct net_address *from,
                        const struct net_ancillary *with, struct blob *whole, size_t n)
{
    term data = inet_data(i, h, whole, whole->data + ADDRESS_ROOM, n, i->header);
    if (is_no_value(data)) {
        inet_heap_drop(h);
        return false;
    }
    term parts[6] = {ATOM(udp), i->id, host_term(h, from), small(from->port)};
    size_t count = 4;
    if (wants_ancillary(i)) parts[count++] = with_term(h, with);
    parts[count++] = data;
    if (!inet_send(i, h, i->port->connected, make_tuple(h, count, parts))) return false;
    inet_count_active(i);
    return true;
}

/* {inet_async, Port, Id, {ok, [Address.. | Data]}} */
static bool tell_waiting(struct inet *i, struct heap *h, const struct net_address *from,
                         const struct net_ancillary *with, struct blob *whole, size_t n)
{
    uint8_t address[ADDRESS_ROOM];
    size_t head = inet_put_address(address, from);
    uint8_t *bytes = whole->data + ADDRESS_ROOM - head;
    memcpy(bytes, address, head);
    term data = inet_data(i, h, whole, bytes, n + head, i->header + head);
    if (is_no_value(data)) {
        inet_heap_drop(h);
        return false;
    }
    if (wants_ancillary(i)) data = make_tuple2(h, data, with_term(h, with));
    inet_async_done(i, NULL, h, make_tuple2(h, ATOM(ok), data));
    return true;
}

static void tell_error(struct inet *i, int error)
{
    if (i->active)
        inet_tell_error(i, net_error_atom(error));
    else
        inet_async_error_all(i, net_error_atom(error));
}

/* 1: one was there. */
static int receive_one(struct inet *i)
{
    struct net_address from;
    struct net_ancillary with;
    struct blob *whole;
    size_t room = i->buffer, there = socket_received(i->socket);
    if (there == 0 && room > 16) room = 16; /* there is an error at most */
    if (room > 65536) room = 65536;
    whole = blob_make(ADDRESS_ROOM + room);
    int64_t n = whole
                    ? socket_receive_from(i->socket, whole->data + ADDRESS_ROOM, room, &from, &with)
                    : -NET_ENOMEM;
    if (n < 0) {
        if (whole) blob_drop(whole);
        if (n != -NET_EAGAIN) tell_error(i, (int)-n);
        return 0;
    }
    inet_count_input(i, (size_t)n);
    /* A small one does not keep the large buffer. */
    bool stays = (size_t)n * 4 >= room * 3;
    struct heap *h =
        inet_heap(inet_data_words(i, (size_t)n + ADDRESS_ROOM, i->header + ADDRESS_ROOM) +
                  2 * ADDRESS_ROOM + 64);
    bool good = h != NULL;
    if (h && !stays) {
        struct blob *exact = blob_make(ADDRESS_ROOM + (size_t)n);
        if (exact) {
            memcpy(exact->data + ADDRESS_ROOM, whole->data + ADDRESS_ROOM, (size_t)n);
            blob_drop(whole);
            whole = exact;
        }
    }
    if (h)
        good = i->active ? tell_active(i, h, &from, &with, whole, (size_t)n)
                         : tell_waiting(i, h, &from, &with, whole, (size_t)n);
    blob_drop(whole);
    if (!good && i->port) port_close(i->port, ATOM(enomem), false);
    return 1;
}

int inet_udp_receive(struct inet *i)
{
    int count = 0;
    while (i->port && i->socket && (i->active || i->operations) && count < READS) {
        if (!receive_one(i)) break;
        count++;
        if (socket_received(i->socket) == 0) break;
    }
    return count;
}

static bool receive(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (!(i->state & INET_F_OPEN)) return inet_reply_text(out, "exbadport");
    if (i->active || n != 8) return inet_reply_error(out, NET_EINVAL);
    if (i->operations) return inet_reply_error(out, NET_EALREADY);
    struct inet_operation *o = inet_operation_add(i, INET_INFINITY, NULL);
    if (!o) return inet_reply_error(out, NET_ENOMEM);
    uint16_t id = o->id;
    uint32_t timeout = load_u32(bytes);
    inet_udp_receive(i);
    if (i->port && i->operations) inet_operation_limit(i->operations, timeout, inet_operation_late);
    return inet_reply_id(out, id);
}

/* --- sending ----------------------------------------------------------------------------------------- */

/* An option's number and four bytes each. */
static bool read_ancillary(const uint8_t *bytes, size_t n, struct net_ancillary *with)
{
    for (; n >= 5; bytes += 5, n -= 5) {
        int value = (int)load_u32(bytes + 1);
        switch (bytes[0]) {
        case INET_OPT_TOS: with->tos = value; break;
        case INET_OPT_TTL: with->ttl = value; break;
        case INET_OPT_TCLASS: with->traffic_class = value; break;
        default: return false;
        }
    }
    return n == 0;
}

/* Where to, how much comes beside it, that, and the data. */
static term send(struct inet *i, const uint8_t *bytes, size_t n)
{
    struct net_address to;
    struct net_ancillary with = {.tos = -1, .ttl = -1, .traffic_class = -1, .hops = -1};
    size_t used;
    if (!(i->state & INET_F_OPEN)) return ATOM(einval);
    const char *wrong = inet_read_address(i, bytes, n, &to, &used);
    if (wrong) return atom_make(wrong, strlen(wrong));
    if (n - used < 4) return ATOM(einval);
    size_t beside = load_u32(bytes + used);
    used += 4;
    if (n - used < beside || !read_ancillary(bytes + used, beside, &with)) return ATOM(einval);
    used += beside;
    inet_count_output(i, n - used);
    int64_t sent = socket_send_to(i->socket, bytes + used, n - used,
                                  i->state & INET_F_ACTIVE ? NULL : &to, &with);
    return sent < 0 ? net_error_atom((int)-sent) : ATOM(ok);
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    struct inet *i = p->state;
    term caller = port_caller;
    inet_enter(i);
    if (inet_take_caller_ref(i, &bytes, &n)) inet_told(i, caller, send(i, bytes, n));
    inet_leave(i);
}

/* --- the driver --------------------------------------------------------------------------------------- */

static bool connect(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    size_t used;
    if (!(i->state & INET_F_OPEN)) return inet_reply_text(out, "exbadport");
    if (n && n < 6) return inet_reply_error(out, NET_EINVAL);
    i->state &= ~(unsigned)INET_F_ACTIVE;
    if (n) {
        const char *wrong = inet_read_address(i, bytes + 4, n - 4, &i->remote, &used);
        if (wrong) return inet_reply_text(out, wrong);
        int error = socket_connect(i->socket, &i->remote);
        if (error) return inet_reply_error(out, error);
        i->state |= INET_F_ACTIVE;
    } else {
        socket_connect(i->socket, NULL);
    }
    struct inet_operation *o = inet_operation_add(i, INET_INFINITY, NULL);
    if (!o) return inet_reply_error(out, NET_ENOMEM);
    uint16_t id = o->id;
    struct heap *h = inet_heap(8);
    if (!h) {
        inet_operation_drop(i, o);
        return inet_reply_error(out, NET_ENOMEM);
    }
    inet_async_done(i, o, h, ATOM(ok));
    return inet_reply_id(out, id);
}

static bool control(struct port *p, unsigned op, const uint8_t *bytes, size_t n,
                    struct port_answer *out)
{
    struct inet *i = p->state;
    bool good;
    inet_enter(i);
    switch (op - INET_MAGIC) {
    case INET_REQ_CONNECT: good = connect(i, bytes, n, out); break;
    case PACKET_REQ_RECV: good = receive(i, bytes, n, out); break;
    default: good = inet_control(i, op - INET_MAGIC, bytes, n, out); break;
    }
    inet_leave(i);
    return good;
}

const struct port_driver inet_udp_driver = {
    .name = "udp_inet", .start = start, .stop = stop, .output = output, .control = control};
