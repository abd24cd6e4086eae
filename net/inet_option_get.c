/* SPDX-License-Identifier: Apache-2.0 */
/* inet_option_get.c -- inet:getopts: a list of numbers of options, and their values.  What has none is left out. */
#include "net/inet.h"
#include "binary/bits.h"
#include "heap/arena.h"
#include "net/inet_option.h"

struct writer {
    uint8_t *bytes;
    size_t n, room;
};

/* Room for so many more; NULL: there is none. */
static uint8_t *put(struct writer *w, size_t n)
{
    if (w->n + n > INET_MOST_OPTION) return NULL;
    if (w->n + n > w->room) {
        size_t room = 2 * (w->n + n) + 64;
        uint8_t *bytes = arena_realloc(w->bytes, room);
        if (!bytes) return NULL;
        w->bytes = bytes;
        w->room = room;
    }
    uint8_t *at = w->bytes + w->n;
    w->n += n;
    return at;
}

static bool put_number(struct writer *w, unsigned option, uint32_t value)
{
    uint8_t *at = put(w, 5);
    if (!at) return false;
    at[0] = (uint8_t)option;
    store_u32(at + 1, value);
    return true;
}

/* --- the port's own --------------------------------------------------------------------------------- */

static bool put_active(const struct inet *i, struct writer *w)
{
    if (!put_number(w, INET_LOPT_ACTIVE, i->active)) return false;
    if (i->active != INET_MULTI) return true;
    uint8_t *at = put(w, 2);
    if (at) store_u16(at, (uint16_t)i->active_count);
    return at;
}

/* true: the option has this value. */
static bool own_value(const struct inet *i, unsigned option, uint32_t *value)
{
    switch (option) {
    case INET_LOPT_BUFFER: *value = i->buffer; return true;
    case INET_LOPT_HEADER: *value = i->header; return true;
    case INET_LOPT_MODE: *value = i->mode; return true;
    case INET_LOPT_DELIVER: *value = i->deliver; return true;
    case INET_LOPT_PACKET: *value = i->packet; return true;
    case INET_LOPT_PACKET_SIZE: *value = i->packet_size; return true;
    case INET_LOPT_EXITONCLOSE: *value = i->exit_on_close; return true;
    case INET_LOPT_MSGQ_HIWTRMRK: *value = i->high_queue; return true;
    case INET_LOPT_MSGQ_LOWTRMRK: *value = i->low_queue; return true;
    case INET_OPT_DEBUG: *value = i->debug; return true;
    case INET_LOPT_TCP_HIWTRMRK: *value = i->high; return i->stream;
    case INET_LOPT_TCP_LOWTRMRK: *value = i->low; return i->stream;
    case INET_LOPT_TCP_SEND_TIMEOUT: *value = i->send_timeout; return i->stream;
    case INET_LOPT_TCP_SEND_TIMEOUT_CLOSE: *value = i->send_timeout_close; return i->stream;
    case INET_LOPT_TCP_DELAY_SEND: *value = i->delay_send; return i->stream;
    case INET_LOPT_TCP_SHOW_ECONNRESET: *value = i->show_reset; return i->stream;
    case INET_LOPT_READ_PACKETS: *value = i->read_packets; return !i->stream;
    default: return false;
    }
}

static bool is_own(unsigned option)
{
    return (option >= INET_LOPT_BUFFER && option <= INET_LOPT_READ_PACKETS && option != 29) ||
           (option >= INET_LOPT_TCP_SEND_TIMEOUT_CLOSE &&
            option <= INET_LOPT_TCP_SHOW_ECONNRESET) ||
           option == INET_OPT_DEBUG;
}

/* --- the socket's --------------------------------------------------------------------------------------- */

static int get_socket(struct inet *i, int level, int option, void *value, size_t *n)
{
    return i->socket ? socket_get(i->socket, level, option, value, n) : NET_EBADF;
}

static bool put_plain(struct inet *i, struct writer *w, unsigned option, int level, int number)
{
    uint32_t value = 0;
    size_t n = sizeof value;
    if (get_socket(i, level, number, &value, &n)) return true;
    return put_number(w, option, value);
}

static bool put_linger(struct inet *i, struct writer *w)
{
    uint32_t parts[2];
    size_t n = sizeof parts;
    if (get_socket(i, NET_SOL_SOCKET, OPTION_LINGER, parts, &n)) return true;
    if (!put_number(w, INET_OPT_LINGER, parts[0])) return false;
    uint8_t *at = put(w, 4);
    if (at) store_u32(at, parts[1]);
    return at;
}

/* The address's or number's bytes as the socket has them, and the family behind those. */
static bool put_multicast_link(struct inet *i, struct writer *w)
{
    bool six = i->family == NET_INET6;
    uint32_t value = 0;
    size_t n = sizeof value;
    if (!i->family) return false;
    if (get_socket(i, six ? NET_IPPROTO_IPV6 : NET_IPPROTO_IP,
                   six ? OPTION_IPV6_MULTICAST_IF : OPTION_IP_MULTICAST_IF, &value, &n))
        return true;
    uint8_t *at = put(w, 9);
    if (!at) return false;
    at[0] = UDP_OPT_MULTICAST_IF;
    if (six)
        store_u32(at + 1, value);
    else
        memcpy(at + 1, &value, 4);
    store_u32(at + 5, six ? INET_AF_INET6 : INET_AF_INET);
    return true;
}

/* Level, option, whether bytes to begin with follow, how many there is room for.  How many bytes of the request it takes, 0:
 * it is none. */
static size_t put_raw(struct inet *i, struct writer *w, const uint8_t *bytes, size_t n)
{
    if (n < 13) return 0;
    int level = (int)load_u32(bytes), option = (int)load_u32(bytes + 4);
    bool given = bytes[8];
    size_t size = load_u32(bytes + 9), used = 13 + (given ? size : 0), start = w->n;
    if (size > INET_MOST_OPTION || used > n) return 0;
    uint8_t *at = put(w, 13 + size);
    if (!at) return 0;
    memset(at + 13, 0, size);
    if (given) memcpy(at + 13, bytes + 13, size);
    if (get_socket(i, level, option, at + 13, &size)) {
        w->n = start;
        return used;
    }
    at[0] = INET_OPT_RAW;
    store_u32(at + 1, (uint32_t)level);
    store_u32(at + 5, (uint32_t)option);
    store_u32(at + 9, (uint32_t)size);
    w->n = start + 13 + size;
    return used;
}

/* What came with the last packet: a stream keeps none of it. */
static bool put_packet_options(struct inet *i, struct writer *w)
{
    return i->family && put_number(w, INET_OPT_PKTOPTIONS, 0);
}

/* How many bytes of the request an option took; 0: it is none, or there is no room. */
static size_t put_one(struct inet *i, struct writer *w, unsigned option, const uint8_t *more,
                      size_t left)
{
    uint32_t value;
    if (option == INET_LOPT_ACTIVE) return put_active(i, w);
    if (option == INET_LOPT_NETNS) return 1;
    if (own_value(i, option, &value)) return put_number(w, option, value);
    if (option == INET_OPT_RAW) {
        size_t used = put_raw(i, w, more, left);
        return used ? 1 + used : 0;
    }
    if (is_own(option)) return 1;
    switch (option) {
    case INET_OPT_LINGER: return put_linger(i, w);
    case UDP_OPT_MULTICAST_IF: return put_multicast_link(i, w);
    case INET_OPT_BIND_TO_DEVICE: return put_number(w, option, 0);
    case INET_OPT_PKTOPTIONS: return put_packet_options(i, w);
#define OPTION(name, level, number, matters)                                                       \
    case name: return put_plain(i, w, option, level, number);
        INET_PLAIN_OPTIONS(OPTION)
#undef OPTION
    default: return 0;
    }
}

bool inet_get_options(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out)
{
    struct writer w = {0};
    uint8_t *code = put(&w, 1);
    if (!code) return false;
    *code = INET_REP_OK;
    for (size_t at = 0; at < n;) {
        size_t used = put_one(i, &w, bytes[at], bytes + at + 1, n - at - 1);
        if (used == 0) {
            arena_free(w.bytes);
            return inet_reply_error(out, NET_EINVAL);
        }
        at += used;
    }
    *out = (struct port_answer){w.bytes, w.n};
    return true;
}
