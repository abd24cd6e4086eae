/* SPDX-License-Identifier: Apache-2.0 */
/* inet_control.c -- a port of inet's memory, and the requests that streams and datagrams have in common. */
#include "net/inet.h"
#include "binary/bits.h"
#include "heap/arena.h"
#include "net/socket_option.h"
#include "platform/platform.h"

/* --- life ------------------------------------------------------------------------------------------ */

struct inet *inet_make(struct port *p, bool stream)
{
    struct inet *i = arena_calloc(sizeof *i);
    if (!i) return NULL;
    i->port = p;
    i->id = p->id;
    i->stream = stream;
    i->buffer = INET_BUFFER;
    i->deliver = INET_DELIVER_TERM;
    i->exit_on_close = true;
    i->delimiter = '\n';
    i->high = i->high_queue = INET_HIGH;
    i->low = i->low_queue = INET_LOW;
    i->send_timeout = INET_INFINITY;
    i->read_packets = 5;
    i->busy_caller = NIL;
    i->last_operation = &i->operations;
    i->last_block = &i->first_block;
    return i;
}

void inet_free(struct inet *i)
{
    if (i->uses || i->drains) return;
    inet_clear_input(i);
    if (i->socket) socket_close(i->socket);
    while (i->operations) inet_operation_drop(i, i->operations);
    while (i->first_block) {
        struct inet_block *b = i->first_block;
        i->first_block = b->next;
        arena_free(b->block);
        arena_free(b);
    }
    while (i->subscribers) {
        struct inet_subscriber *s = i->subscribers;
        i->subscribers = s->next;
        arena_free(s);
    }
    timer_cancel(&i->send_timer);
    timer_cancel(&i->delay_timer);
    arena_free(i);
}

/* What the socket is to tell of. */
static unsigned interest(const struct inet *i)
{
    if (i->drains) return NET_WRITE;
    if (!i->stream) return i->active || i->operations ? NET_READ : 0;
    if (i->state & INET_F_LISTEN) return i->operations ? NET_READ : 0;
    if (i->state & INET_F_CON) return NET_WRITE;
    if (!(i->state & INET_F_ACTIVE)) return 0;
    bool reads = (i->active || i->operations) && !i->read_over;
    bool writes = i->first_block && !timer_is_set(&i->delay_timer);
    return (reads ? NET_READ : 0) | (writes ? NET_WRITE : 0);
}

void inet_leave(struct inet *i)
{
    i->uses--;
    if (!i->port && !i->drains)
        inet_free(i);
    else if (i->socket)
        socket_watch(i->socket, interest(i));
}

/* --- answers ---------------------------------------------------------------------------------------- */

static bool answer(struct port_answer *out, uint8_t code, const void *bytes, size_t n)
{
    out->bytes = arena_malloc(n + 1);
    if (!out->bytes) return false;
    out->bytes[0] = code;
    if (bytes) memcpy(out->bytes + 1, bytes, n);
    out->size = n + 1;
    return true;
}

bool inet_reply(struct port_answer *out, const void *bytes, size_t n)
{
    return answer(out, INET_REP_OK, bytes, n);
}

bool inet_reply_text(struct port_answer *out, const char *reason)
{
    return answer(out, INET_REP_ERROR, reason, strlen(reason));
}

bool inet_reply_error(struct port_answer *out, int error)
{
    return inet_reply_text(out, net_error_text(error));
}

/* --- addresses ----------------------------------------------------------------------------------------- */

/* Without its port: any or loopback of the socket's family, and plain ones. */
static const char *read_host(const struct inet *i, uint8_t tag, const uint8_t *bytes, size_t n,
                             struct net_address *a, size_t *used)
{
    bool six = tag == INET_AF_INET6 || (tag != INET_AF_INET && i->family == NET_INET6);
    a->family = six ? NET_INET6 : NET_INET;
    *used = 0;
    if (tag == INET_AF_ANY) return NULL;
    if (tag == INET_AF_LOOPBACK) {
        if (!six) a->bytes[0] = 127;
        a->bytes[six ? 15 : 3] = 1;
        return NULL;
    }
    size_t size = six ? 16 : 4;
    if (n < size) return "einval";
    memcpy(a->bytes, bytes, size);
    *used = size;
    if (!six) return NULL;
    if (n < size + 8) return "einval"; /* what flow it belongs to, and which interface */
    a->scope = load_u32(bytes + size + 4);
    *used += 8;
    return NULL;
}

const char *inet_read_address(const struct inet *i, const uint8_t *bytes, size_t n,
                              struct net_address *a, size_t *used)
{
    *a = (struct net_address){0};
    if (n < 1) return "einval";
    if (bytes[0] == INET_AF_UNSPEC || bytes[0] > INET_AF_LOOPBACK) return "eafnosupport";
    if (n < 3) return "einval";
    a->port = load_u16(bytes + 1);
    const char *wrong = read_host(i, bytes[0], bytes + 3, n - 3, a, used);
    *used += 3;
    return wrong;
}

size_t inet_put_address(uint8_t *to, const struct net_address *a)
{
    size_t size = a->family == NET_INET6 ? 16 : 4;
    to[0] = a->family == NET_INET6 ? INET_AF_INET6 : INET_AF_INET;
    store_u16(to + 1, a->port);
    memcpy(to + 3, a->bytes, size);
    return 3 + size;
}

static bool reply_address(struct port_answer *out, int error, const struct net_address *a)
{
    uint8_t text[32];
    return error ? inet_reply_error(out, error) : inet_reply(out, text, inet_put_address(text, a));
}

static bool get_peer(struct inet *i, struct port_answer *out)
{
    struct net_address a;
    if (!(i->state & INET_F_ACTIVE)) return inet_reply_error(out, NET_ENOTCONN);
    if (i->has_peer) return reply_address(out, NET_OK, &i->peer);
    int error = i->socket ? socket_peer(i->socket, &a) : NET_EBADF;
    return reply_address(out, error, &a);
}

static bool get_name(struct inet *i, struct port_answer *out)
{
    struct net_address a;
    if (i->has_name) return reply_address(out, NET_OK, &i->name);
    int error = i->socket ? socket_name(i->socket, &a) : NET_EBADF;
    return reply_address(out, error, &a);
}

/* What the port is to say it is called. */
static bool set_fake(const struct inet *i, struct net_address *a, bool *has, const uint8_t *bytes,
                     size_t n, struct port_answer *out)
{
    size_t used;
    *has = false;
    if (n == 0) return inet_reply(out, NULL, 0);
    const char *wrong = n < 2 ? "einval" : inet_read_address(i, bytes, n, a, &used);
    if (wrong) return inet_reply_text(out, wrong);
    *has = true;
    return inet_reply(out, NULL, 0);
}

/* All names of it, or of its peer: there is one. */
static bool get_addresses(struct inet *i, bool peer, size_t n, struct port_answer *out)
{
    struct net_address a;
    if (n != 4) return inet_reply_error(out, NET_EINVAL);
    if (!(i->state & INET_F_OPEN)) return inet_reply_text(out, "exbadport");
    return reply_address(out, peer ? socket_peer(i->socket, &a) : socket_name(i->socket, &a), &a);
}

/* --- opening, binding ------------------------------------------------------------------------------------ */

/* Newer releases say which protocol is meant, though the driver's name has said so: 4 is the one that has no driver. */
static bool is_protocol(const struct inet *i, uint8_t protocol)
{
    return protocol == INET_PROTO_DEFAULT ||
           protocol == (i->stream ? INET_PROTO_TCP : INET_PROTO_UDP);
}

bool inet_open(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (n != 2 && n != 3) return inet_reply_error(out, NET_EINVAL);
    if (n == 3 && !is_protocol(i, bytes[2])) return inet_reply_error(out, NET_EPROTONOSUPPORT);
    if (bytes[0] != INET_AF_INET && bytes[0] != INET_AF_INET6)
        return inet_reply_text(out, "eafnosupport");
    if (bytes[1] != (i->stream ? INET_TYPE_STREAM : INET_TYPE_DGRAM))
        return inet_reply_error(out, NET_EINVAL);
    if (i->state != INET_CLOSED) return inet_reply_text(out, "exbadseq");
    i->family = bytes[0] == INET_AF_INET6 ? NET_INET6 : NET_INET;
    i->socket = socket_open(i->family, i->stream);
    if (!i->socket) return inet_reply_error(out, NET_ENOBUFS);
    socket_own(i->socket, i, inet_ready);
    i->state = INET_F_OPEN;
    return inet_reply(out, NULL, 0);
}

static bool bind(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    struct net_address a;
    size_t used;
    if (n < 2) return inet_reply_error(out, NET_EINVAL);
    if (i->state != INET_F_OPEN) return inet_reply_text(out, "exbadport");
    const char *wrong = inet_read_address(i, bytes, n, &a, &used);
    if (wrong) return inet_reply_text(out, wrong);
    int error = socket_bind(i->socket, &a);
    if (error) return inet_reply_error(out, error);
    if (a.port == 0) socket_name(i->socket, &a);
    uint8_t port[2];
    store_u16(port, a.port);
    return inet_reply(out, port, sizeof port);
}

/* --- counting ---------------------------------------------------------------------------------------------- */

void inet_count_output(struct inet *i, size_t n)
{
    i->sent_count++;
    i->sent_bytes += n;
    if (n > i->sent_most) i->sent_most = n;
    i->sent_average += ((double)n - i->sent_average) / (double)i->sent_count;
}

void inet_count_input(struct inet *i, size_t n)
{
    i->received_count++;
    i->received_bytes += n;
    if (n > i->received_most) i->received_most = n;
    double count = (double)i->received_count, size = (double)n;
    i->received_average += (size - i->received_average) / count;
    i->received_deviation += (size - i->received_average - i->received_deviation) / count;
}

enum {
    RECV_CNT = 1,
    RECV_MAX,
    RECV_AVG,
    RECV_DVI,
    SEND_CNT,
    SEND_MAX,
    SEND_AVG,
    SEND_PEND,
    RECV_OCT,
    SEND_OCT
};

static bool statistic(const struct inet *i, uint8_t which, uint64_t *value)
{
    double deviation = i->received_deviation < 0 ? -i->received_deviation : i->received_deviation;
    switch (which) {
    case RECV_CNT: *value = i->received_count; return true;
    case RECV_MAX: *value = i->received_most; return true;
    case RECV_AVG: *value = (uint64_t)i->received_average; return true;
    case RECV_DVI: *value = (uint64_t)deviation; return true;
    case SEND_CNT: *value = i->sent_count; return true;
    case SEND_MAX: *value = i->sent_most; return true;
    case SEND_AVG: *value = (uint64_t)i->sent_average; return true;
    case SEND_PEND: *value = i->queued; return true;
    case RECV_OCT: *value = i->received_bytes; return true;
    case SEND_OCT: *value = i->sent_bytes; return true;
    default: return false;
    }
}

static bool get_statistics(const struct inet *i, const uint8_t *bytes, size_t n,
                           struct port_answer *out)
{
    uint64_t value;
    if (n > INET_MOST_OPTION / 9 || !inet_reply(out, NULL, 9 * n)) return false;
    uint8_t *to = out->bytes + 1;
    for (size_t k = 0; k < n; k++) {
        if (!statistic(i, bytes[k], &value)) {
            arena_free(out->bytes);
            return inet_reply_error(out, NET_EINVAL);
        }
        *to++ = bytes[k];
        if (bytes[k] >= RECV_OCT) store_u32(to, (uint32_t)(value >> 32)), to += 4;
        store_u32(to, (uint32_t)value);
        to += 4;
    }
    out->size = (size_t)(to - out->bytes);
    return true;
}

/* The caller hears when everything has gone out. */
static bool subscribe(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (n > INET_MOST_OPTION / 5 || !inet_reply(out, NULL, 5 * n)) return false;
    uint8_t *to = out->bytes + 1;
    for (size_t k = 0; k < n; k++, to += 5) {
        struct inet_subscriber *s = i->queued && bytes[k] == 1 ? arena_malloc(sizeof *s) : NULL;
        if (bytes[k] != 1 || (i->queued && !s)) {
            arena_free(out->bytes);
            return bytes[k] == 1 ? false : inet_reply_error(out, NET_EINVAL);
        }
        if (s) {
            *s = (struct inet_subscriber){i->subscribers, port_caller};
            i->subscribers = s;
        }
        to[0] = bytes[k];
        store_u32(to + 1, (uint32_t)i->queued);
    }
    return true;
}

/* --- requests ------------------------------------------------------------------------------------------------ */

static bool set_options(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    switch (inet_set_options(i, bytes, n)) {
    case -1: return inet_reply_error(out, NET_EINVAL);
    case 1: inet_deliver(i, 0); break;
    case 2: inet_receive(i, 0); break;
    default: break;
    }
    return inet_reply(out, NULL, 0);
}

static bool get_type(const struct inet *i, struct port_answer *out)
{
    uint8_t reply[8];
    if (!i->family) return inet_reply_error(out, NET_EINVAL);
    store_u32(reply, i->family == NET_INET6 ? INET_AF_INET6 : INET_AF_INET);
    store_u32(reply + 4, i->stream ? INET_TYPE_STREAM : INET_TYPE_DGRAM);
    return inet_reply(out, reply, sizeof reply);
}

static bool get_status(struct inet *i, struct port_answer *out)
{
    uint8_t reply[4];
    unsigned state = i->state;
    if ((state & INET_F_LISTEN) && inet_first_living(i)) state |= INET_F_ACC;
    store_u32(reply, state);
    return inet_reply(out, reply, sizeof reply);
}

static bool get_host_name(size_t n, struct port_answer *out)
{
    struct plat_names names;
    if (n) return inet_reply_error(out, NET_EINVAL);
    plat_names(&names);
    const char *name = names.host[0] ? names.host : "mote";
    return inet_reply(out, name, strlen(name));
}

bool inet_control(struct inet *i, unsigned request, const uint8_t *bytes, size_t n,
                  struct port_answer *out)
{
    switch (request) {
    case INET_REQ_OPEN: return inet_open(i, bytes, n, out);
    case INET_REQ_FDOPEN: return inet_reply_error(out, NET_EBADF); /* nothing has a number here */
    case INET_REQ_GETFD: return inet_reply_error(out, i->socket ? NET_ENOTSUP : NET_EINVAL);
    case INET_REQ_IGNOREFD: return inet_reply_error(out, NET_ENOTSUP);
    case INET_REQ_CLOSE: inet_close_socket(i); return inet_reply(out, NULL, 0);
    case INET_REQ_BIND: return bind(i, bytes, n, out);
    case INET_REQ_PEER: return get_peer(i, out);
    case INET_REQ_NAME: return get_name(i, out);
    case INET_REQ_SETPEER: return set_fake(i, &i->peer, &i->has_peer, bytes, n, out);
    case INET_REQ_SETNAME: return set_fake(i, &i->name, &i->has_name, bytes, n, out);
    case INET_REQ_GETPADDRS: return get_addresses(i, true, n, out);
    case INET_REQ_GETLADDRS: return get_addresses(i, false, n, out);
    case INET_REQ_SETOPTS: return set_options(i, bytes, n, out);
    case INET_REQ_GETOPTS: return inet_get_options(i, bytes, n, out);
    case INET_REQ_GETSTAT: return get_statistics(i, bytes, n, out);
    case INET_REQ_SUBSCRIBE: return subscribe(i, bytes, n, out);
    case INET_REQ_GETSTATUS: return get_status(i, out);
    case INET_REQ_GETTYPE: return get_type(i, out);
    case INET_REQ_GETHOSTNAME: return get_host_name(n, out);
    case INET_REQ_GETSERVBYNAME: return inet_service_by_name(bytes, n, out);
    case INET_REQ_GETSERVBYPORT: return inet_service_by_port(bytes, n, out);
    case INET_REQ_GETIFLIST:
    case INET_REQ_GETIFADDRS:
    case INET_REQ_IFGET:
    case INET_REQ_IFSET:
        if (!(i->state & INET_F_OPEN)) return inet_reply_text(out, "exbadport");
        return inet_interfaces(i, request, bytes, n, out);
    default: return inet_reply_text(out, "exbadport");
    }
}
