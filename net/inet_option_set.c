/* SPDX-License-Identifier: Apache-2.0 */
/* inet_option_set.c -- inet:setopts: a number for an option, four bytes of a value, and for some more than that. */
#include "net/inet.h"
#include "binary/bits.h"
#include "net/inet_option.h"

/* The request, as far as it is not read yet. */
struct reader {
    const uint8_t *at;
    size_t left;
};

enum result { BAD, GOOD };

static bool take(struct reader *r, size_t n, const uint8_t **bytes)
{
    if (r->left < n) return false;
    *bytes = r->at;
    r->at += n;
    r->left -= n;
    return true;
}

static bool take_number(struct reader *r, uint32_t *value)
{
    const uint8_t *bytes;
    if (!take(r, 4, &bytes)) return false;
    *value = load_u32(bytes);
    return true;
}

/* --- the port's own --------------------------------------------------------------------------------- */

static enum result set_active(struct inet *i, uint32_t value, struct reader *r)
{
    if (value > INET_MULTI) return BAD;
    if (value == INET_MULTI) {
        const uint8_t *bytes;
        if (!take(r, 2, &bytes)) return BAD;
        int count = i->active_count + (int16_t)load_u16(bytes);
        i->active = INET_MULTI;
        if (count > INT16_MAX || count < INT16_MIN) return BAD;
        i->active_count = (int16_t)(count < 0 ? 0 : count);
        if (i->active_count == 0) {
            i->active = INET_PASSIVE;
            inet_tell_passive(i);
        }
    } else {
        i->active = (uint8_t)value;
        i->active_count = 0;
    }
    if (!i->stream || !i->active || i->state != INET_CLOSED) return GOOD;
    /* The connection is over, which nobody has been told. */
    if (i->late_reset) inet_tell_error(i, ATOM(econnreset));
    i->late_reset = false;
    inet_tell_closed(i);
    if (i->exit_on_close && i->port) port_exit(i->port, ATOM(normal));
    return GOOD;
}

static void set_watermarks(struct inet *i, bool high, uint32_t value)
{
    if ((int32_t)value < 0) value = 0;
    if (high) {
        i->high = value;
        if (i->low > value) i->low = value;
    } else {
        i->low = value;
        if (i->high < value) i->high = value;
    }
}

/* true: the option is one of a stream. */
static bool set_stream(struct inet *i, unsigned option, uint32_t value)
{
    switch (option) {
    case INET_LOPT_TCP_HIWTRMRK: set_watermarks(i, true, value); return true;
    case INET_LOPT_TCP_LOWTRMRK: set_watermarks(i, false, value); return true;
    case INET_LOPT_TCP_SEND_TIMEOUT: i->send_timeout = value; return true;
    case INET_LOPT_TCP_SEND_TIMEOUT_CLOSE: i->send_timeout_close = value; return true;
    case INET_LOPT_TCP_DELAY_SEND: i->delay_send = value; return true;
    case INET_LOPT_TCP_SHOW_ECONNRESET: i->show_reset = value; return true;
    default: return false;
    }
}

static enum result set_own(struct inet *i, unsigned option, uint32_t value, struct reader *r)
{
    const uint8_t *skipped;
    static struct inet nobody; /* streams' options of a datagram port go nowhere */
    if (set_stream(i->stream ? i : &nobody, option, value)) return GOOD;
    switch (option) {
    case INET_LOPT_ACTIVE: return set_active(i, value, r);
    case INET_LOPT_HEADER: i->header = value; return GOOD;
    case INET_LOPT_MODE: i->mode = value == INET_MODE_BINARY; return GOOD;
    case INET_LOPT_DELIVER: i->deliver = value == INET_DELIVER_TERM; return GOOD;
    case INET_LOPT_BUFFER:
        i->buffer = (int32_t)value < 1 ? 1 : value;
        i->buffer_set = true;
        return GOOD;
    case INET_LOPT_PACKET: i->packet = value; return value <= INET_HTTPH_BIN ? GOOD : BAD;
    case INET_LOPT_PACKET_SIZE: i->packet_size = value; return GOOD;
    case INET_LOPT_EXITONCLOSE: i->exit_on_close = value; return GOOD;
    case INET_LOPT_LINE_DELIM: i->delimiter = (uint8_t)value; return GOOD;
    case INET_OPT_DEBUG: i->debug = value; return GOOD;
    case INET_LOPT_READ_PACKETS:
        if (i->stream) return GOOD;
        if ((int32_t)value <= 0) return BAD;
        i->read_packets = value;
        return GOOD;
    case INET_LOPT_MSGQ_HIWTRMRK:
    case INET_LOPT_MSGQ_LOWTRMRK:
        if ((int32_t)value < 1) return BAD;
        if (option == INET_LOPT_MSGQ_HIWTRMRK) {
            i->high_queue = value;
            if (i->low_queue > value) i->low_queue = value;
        } else {
            i->low_queue = value;
            if (i->high_queue < value) i->high_queue = value;
        }
        return GOOD;
    case INET_LOPT_NETNS: take(r, value, &skipped); return BAD; /* there are no name spaces here */
    default: return BAD;
    }
}

/* --- the socket's --------------------------------------------------------------------------------------- */

static int set_socket(struct inet *i, int level, int option, const void *value, size_t n)
{
    return i->socket ? socket_set(i->socket, level, option, value, n) : NET_EBADF;
}

static void fit_buffer(struct inet *i, uint32_t receive_room)
{
    if (i->buffer_set || (int32_t)receive_room < 0) return;
    if (!i->stream && receive_room > 65536)
        i->buffer = 65536;
    else if (receive_room > i->buffer)
        i->buffer = receive_room;
}

static enum result set_linger(struct inet *i, uint32_t on, struct reader *r)
{
    uint32_t seconds;
    if (!take_number(r, &seconds)) return BAD;
    const int32_t parts[2] = {(int32_t)on, (int32_t)seconds};
    if (i->stream) i->linger_zero = on && seconds == 0;
    set_socket(i, NET_SOL_SOCKET, OPTION_LINGER, parts, sizeof parts);
    return GOOD;
}

/* The family, the number of an interface, the group and, of IPv4, an address of an interface. */
static enum result set_membership(struct inet *i, bool join, uint32_t family, struct reader *r)
{
    uint32_t number;
    const uint8_t *bytes;
    bool six = family == INET_AF_INET6;
    if ((!six && family != INET_AF_INET) || !take_number(r, &number)) return BAD;
    if (!take(r, six ? 16 : 8, &bytes) || (i->family == NET_INET6) != six) return BAD;
    uint8_t value[20];
    memcpy(value, bytes, six ? 16 : 8);
    memcpy(value + (six ? 16 : 8), &number, 4);
    int option = six ? (join ? OPTION_IPV6_ADD_MEMBERSHIP : OPTION_IPV6_DROP_MEMBERSHIP)
                     : (join ? OPTION_IP_ADD_MEMBERSHIP : OPTION_IP_DROP_MEMBERSHIP);
    set_socket(i, six ? NET_IPPROTO_IPV6 : NET_IPPROTO_IP, option, value, six ? 20 : 12);
    return GOOD;
}

static enum result set_multicast_link(struct inet *i, uint32_t value)
{
    bool six = i->family == NET_INET6;
    if (!i->family) return BAD;
    uint32_t there = __builtin_bswap32(value);
    set_socket(i, six ? NET_IPPROTO_IPV6 : NET_IPPROTO_IP,
               six ? OPTION_IPV6_MULTICAST_IF : OPTION_IP_MULTICAST_IF, six ? &value : &there, 4);
    return GOOD;
}

/* The level, the option, how long the value is, and the value. */
static enum result set_raw(struct inet *i, uint32_t level, struct reader *r)
{
    uint32_t option, n;
    const uint8_t *value;
    if (!take_number(r, &option) || !take_number(r, &n) || !take(r, n, &value)) return BAD;
    set_socket(i, (int)level, (int)option, value, n);
    return GOOD;
}

static enum result set_device(struct inet *i, uint32_t n, struct reader *r)
{
    const uint8_t *name;
    if (n > 16 || !take(r, n, &name)) return BAD;
    return set_socket(i, NET_SOL_SOCKET, OPTION_BINDTODEVICE, name, n) ? BAD : GOOD;
}

static enum result set_one(struct inet *i, unsigned option, uint32_t value, struct reader *r)
{
    switch (option) {
    case INET_OPT_LINGER: return set_linger(i, value, r);
    case INET_OPT_RAW: return set_raw(i, value, r);
    case INET_OPT_BIND_TO_DEVICE: return set_device(i, value, r);
    case UDP_OPT_ADD_MEMBERSHIP: return set_membership(i, true, value, r);
    case UDP_OPT_DROP_MEMBERSHIP: return set_membership(i, false, value, r);
    case UDP_OPT_MULTICAST_IF: return set_multicast_link(i, value);
#define OPTION(name, level, socket_option, matters)                                                \
    case name: {                                                                                   \
        if (option == INET_OPT_RCVBUF) fit_buffer(i, value);                                       \
        int error = set_socket(i, level, socket_option, &value, sizeof value);                     \
        return error && (matters) ? BAD : GOOD;                                                    \
    }
        INET_PLAIN_OPTIONS(OPTION)
#undef OPTION
    default: return set_own(i, option, value, r);
    }
}

int inet_set_options(struct inet *i, const uint8_t *bytes, size_t n)
{
    struct reader r = {bytes, n};
    bool was_active = i->active;
    uint32_t old_packet = i->packet;
    while (r.left >= 5) {
        const uint8_t *one;
        take(&r, 5, &one);
        if (set_one(i, one[0], load_u32(one + 1), &r) == BAD) return -1;
        if (!i->port) return 0;
    }
    if (!i->stream || !(i->state & INET_F_ACTIVE)) return 0;
    bool same = i->packet == old_packet;
    if (!was_active && (i->active == INET_ONCE || i->active == INET_MULTI) && same) return 2;
    return i->active && (!was_active || !same) ? 1 : 0;
}
