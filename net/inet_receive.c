/* SPDX-License-Identifier: Apache-2.0 */
/* inet_receive.c -- what comes over a connection, cut into packets and handed to processes.
 *
 * Bytes are read into a blob of the size that the option `buffer` says, or that the packet at hand has.  What fills
 * most of the blob becomes a binary where it lies; small parts are copied out of it.
 */
#include "net/inet.h"
#include "binary/binary.h"
#include "binary/bits.h"
#include "binary/http_packet.h"
#include "heap/arena.h"

#define READS 16 /* at a time, of an active port */

/* --- the buffer ------------------------------------------------------------------------------------ */

void inet_clear_input(struct inet *i)
{
    if (i->input) blob_drop(i->input);
    i->input = NULL;
    i->from = i->to = i->size = i->remains = 0;
}

static bool make_buffer(struct inet *i, size_t size)
{
    i->input = blob_make(size);
    if (!i->input) return false;
    i->from = i->to = i->remains = 0;
    i->size = size;
    return true;
}

/* A new blob with what is left, and room for `size` bytes; the old one may belong to binaries. */
static bool move_buffer(struct inet *i, size_t size)
{
    struct blob *old = i->input;
    size_t from = i->from, left = i->to - i->from, remains = i->remains;
    if (size < left) size = left;
    if (!make_buffer(i, size)) {
        i->input = old;
        return false;
    }
    memcpy(i->input->data, old->data + from, left);
    i->to = left;
    i->remains = remains;
    blob_drop(old);
    return true;
}

/* Room for a packet of so many bytes from `from` on. */
static bool expand(struct inet *i, size_t n) { return i->from + n <= i->size || move_buffer(i, n); }

static void move_to_front(struct inet *i)
{
    size_t left = i->to - i->from;
    memmove(i->input->data, i->input->data + i->from, left);
    i->from = 0;
    i->to = left;
}

bool inet_push_input(struct inet *i, const uint8_t *bytes, size_t n)
{
    i->remains = 0;
    if (!i->input) {
        if (!make_buffer(i, n ? n : 1)) return false;
        memcpy(i->input->data, bytes, n);
        i->to = n;
        return true;
    }
    if (n > i->from || i->input->references != 1) { /* before it there may be somebody's binary */
        size_t left = i->to - i->from;
        struct blob *fresh = blob_make(i->size + n);
        if (!fresh) return false;
        memcpy(fresh->data + n, i->input->data + i->from, left);
        blob_drop(i->input);
        i->input = fresh;
        i->size += n;
        i->from = n;
        i->to = n + left;
    }
    i->from -= n;
    memcpy(i->input->data + i->from, bytes, n);
    return true;
}

/* --- packets ------------------------------------------------------------------------------------------ */

static enum packet_type type_of(const struct inet *i)
{
    switch (i->packet) {
    case INET_HTTP_BIN: return PACKET_HTTP;
    case INET_HTTPH_BIN: return PACKET_HTTPH;
    default: return (enum packet_type)i->packet;
    }
}

enum { WHOLE, LACKS, BROKEN };

/* WHOLE: *n bytes are the first packet.  LACKS: *n more are needed, 0: nobody knows how many. */
static int look(struct inet *i, size_t *n)
{
    size_t filled = i->to - i->from, room = i->size - i->to;
    const struct packet_options o = {i->packet_size, (uint32_t)i->size, i->delimiter};
    *n = 0;
    if (i->packet == PACKET_RAW) {
        *n = filled;
        return filled ? WHOLE : LACKS;
    }
    int64_t length = packet_length(type_of(i), i->input->data + i->from, filled, &o, &i->in_header);
    if (length < 0) return BROKEN;
    if (length > 0 && (size_t)length <= filled) {
        *n = (size_t)length;
        return WHOLE;
    }
    if (length > 0) {
        *n = (size_t)length - filled;
        return expand(i, (size_t)length) ? LACKS : BROKEN;
    }
    if (room > 0) return LACKS;
    if (i->from > 0) {
        if (i->input->references == 1)
            move_to_front(i);
        else if (!move_buffer(i, i->size))
            return BROKEN;
        return LACKS;
    }
    return i->packet_size > filled && expand(i, i->packet_size) ? LACKS : BROKEN;
}

/* --- handing on ---------------------------------------------------------------------------------------- */

static bool hand_to_port(struct inet *i, const uint8_t *bytes, size_t n)
{
    size_t head = i->header;
    if (i->mode == INET_MODE_LIST || head > n) return port_reply(i->port, bytes, n, NULL, 0);
    return port_reply(i->port, bytes, head, bytes + head, n - head);
}

/* The whole packet as what an active port sends in a tuple of its own kind, or plain data. */
static term packet_term(struct inet *i, struct heap *h, struct blob *whole, const uint8_t *bytes,
                        size_t n, term *tag)
{
    *tag = ATOM(tcp);
    if (i->packet == PACKET_SSL_TLS) {
        *tag = NO_VALUE;
        return packet_ssl_term(h, i->id, bytes, n);
    }
    if (i->packet == PACKET_HTTP || i->packet == PACKET_HTTPH || i->packet > PACKET_SSL_TLS) {
        *tag = ATOM(http);
        return http_packet_term(h, bytes, n, i->packet > PACKET_SSL_TLS, &i->in_header);
    }
    packet_body(type_of(i), &bytes, &n);
    return inet_data(i, h, whole, bytes, n, i->header);
}

static bool tell_packet(struct inet *i, struct blob *whole, const uint8_t *bytes, size_t n)
{
    /* Of HTTP, all of it may become lists. */
    size_t words = i->packet >= PACKET_HTTP ? 2 * n : inet_data_words(i, n, i->header);
    struct heap *h = inet_heap(words + 320);
    term tag;
    if (!h) return false;
    term data = packet_term(i, h, whole, bytes, n, &tag);
    if (is_no_value(data)) {
        inet_heap_drop(h);
        return false;
    }
    if (i->active == INET_PASSIVE) {
        inet_async_done(i, NULL, h, make_tuple2(h, ATOM(ok), data));
        return true;
    }
    term message = is_value(tag) ? make_tuple3(h, tag, i->id, data) : data;
    if (!inet_send(i, h, i->port->connected, message)) return false;
    inet_count_active(i);
    return true;
}

/* false: no memory, the port has ended. */
static bool hand_on(struct inet *i, size_t n)
{
    const uint8_t *bytes = i->input->data + i->from;
    bool most = n * 4 >= i->input->capacity * 3;
    inet_count_input(i, n);
    bool good;
    if (i->deliver == INET_DELIVER_PORT && i->active != INET_PASSIVE) {
        const uint8_t *body = bytes;
        size_t size = n;
        packet_body(type_of(i), &body, &size);
        if (i->port->carrier) {
            port_carry(i->port, body, size);
            return i->port; /* the carrier may have ended it */
        }
        good = hand_to_port(i, body, size);
        if (good) inet_count_active(i);
    } else {
        good = tell_packet(i, most ? i->input : NULL, bytes, n);
    }
    if (!good && i->port) port_close(i->port, ATOM(enomem), false);
    return good && i->port;
}

/* The packet is done with. */
static void step_over(struct inet *i, size_t n)
{
    if (!i->input) return;
    i->from += n;
    i->remains = 0;
    if (i->from == i->to) inet_clear_input(i);
}

/* --- the end of input ------------------------------------------------------------------------------------ */

/* The connection has ended, without or with an error. */
static int at_end(struct inet *i, term reason)
{
    bool closed = term_same(reason, ATOM(closed));
    bool waited = i->state & INET_F_BUSY;
    if (waited) {
        inet_clear_output(i);
        inet_end_busy(i, ATOM(closed));
    }
    if (closed && !waited) i->late_closed_send = true;
    inet_clear_input(i);
    if (i->active == INET_PASSIVE) {
        if (i->exit_on_close)
            inet_close_socket(i);
        else
            i->read_over = true;
        inet_async_error_all(i, reason);
        return -1;
    }
    if (!closed) inet_tell_error(i, reason);
    inet_tell_closed(i);
    i->read_over = true;
    if (i->exit_on_close && i->port) port_exit(i->port, closed ? ATOM(normal) : reason);
    return -1;
}

static int failed(struct inet *i, int error)
{
    if (error == NET_ECONNRESET && !i->show_reset) return at_end(i, ATOM(closed));
    return at_end(i, net_error_atom(error));
}

/* --- reading ------------------------------------------------------------------------------------------------ */

int inet_deliver(struct inet *i, size_t n)
{
    int count = 0;
    if (n == 0) {
        if (!i->input || i->remains > 0) return 0;
        int found = look(i, &n);
        if (found == BROKEN) return failed(i, NET_EMSGSIZE);
        if (found == LACKS) {
            i->remains = n;
            return 0;
        }
    }
    while (n > 0) {
        /* A process that gets the data may be the last to hold it: the buffer is looked at first. */
        if (!hand_on(i, n)) return -1;
        step_over(i, n);
        count++;
        n = 0;
        if (!i->active || !i->input) continue;
        int found = look(i, &n);
        if (found == BROKEN) return failed(i, NET_EMSGSIZE);
        if (found == LACKS) i->remains = n, n = 0;
    }
    return count;
}

/* How much is to be read, and where to.  0: no memory or a broken packet; -1: a packet of *n bytes is there. */
static int64_t prepare(struct inet *i, size_t wanted, size_t *n)
{
    if (!i->input) {
        size_t size = wanted ? wanted : i->buffer, there = socket_received(i->socket);
        if (i->packet == PACKET_RAW && !wanted && there && there < size) size = there;
        if (!make_buffer(i, size)) return 0;
        i->remains = wanted;
        return (int64_t)size;
    }
    size_t filled = i->to - i->from;
    if (wanted) {
        *n = wanted;
        if (filled >= wanted) return -1;
        if (!expand(i, wanted)) return 0;
        return (int64_t)(i->remains = wanted - filled);
    }
    if (i->remains == 0) {
        int found = look(i, n);
        if (found == BROKEN) return 0;
        if (found == WHOLE) return -1;
        i->remains = *n;
    }
    return (int64_t)(i->remains ? i->remains : i->size - i->to);
}

static int read_once(struct inet *i, size_t wanted)
{
    size_t n = 0;
    /* Nothing is there: no memory is taken for it. */
    if (!i->input && socket_received(i->socket) == 0) {
        int64_t result = socket_receive(i->socket, NULL, 0);
        if (result == -NET_EAGAIN) {
            if (!wanted) return 0;
        } else {
            return result < 0 ? failed(i, (int)-result) : at_end(i, ATOM(closed));
        }
    }
    int64_t size = prepare(i, wanted, &n);
    if (size < 0) return inet_deliver(i, n);
    if (size == 0) return failed(i, i->input ? NET_EMSGSIZE : NET_ENOMEM);
    if ((size_t)size > i->size - i->to) size = (int64_t)(i->size - i->to);
    int64_t result = socket_receive(i->socket, i->input->data + i->to, (size_t)size);
    if (result == -NET_EAGAIN) return 0;
    if (result <= 0) return result < 0 ? failed(i, (int)-result) : at_end(i, ATOM(closed));
    i->to += (size_t)result;
    if (i->remains) {
        i->remains -= (size_t)result;
        return i->remains ? 0 : inet_deliver(i, i->to - i->from);
    }
    int found = look(i, &n);
    if (found == BROKEN) return failed(i, NET_EMSGSIZE);
    if (found == WHOLE) return inet_deliver(i, n);
    i->remains = n;
    return 0;
}

int inet_receive(struct inet *i, size_t wanted)
{
    int result = 0;
    for (int reads = 0; reads < READS; reads++) {
        if (!i->socket || !i->port || i->read_over) return -1;
        result = read_once(i, wanted);
        /* A passive port goes on while what it waits for is not there. */
        bool goes_on = i->active ? true : i->operations != NULL;
        if (result < 0 || !i->port || !i->socket || !goes_on) break;
        if (socket_received(i->socket) == 0) break;
        wanted = 0;
    }
    return result;
}
