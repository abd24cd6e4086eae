/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket_receive.c -- recv, recvfrom and recvmsg of prim_socket.
 *
 * The binary that a program gets is made as long as what is there, not as long as the room it asked for.
 */
#include "net/prim_socket.h"
#include "big/big.h"
#include "binary/binary.h"
#include "heap/maps.h"

/* --- what was received ------------------------------------------------------------------------------- */

struct received {
    int64_t n; /* bytes, or an error as a negative number */
    term data;
    bool has_from;
    struct net_address from;
    struct net_ancillary with;
};

static void fetch(struct process *p, struct handle *h, size_t room, unsigned flags,
                  struct received *r)
{
    bool peek = flags & MESSAGE_PEEK;
    size_t there = socket_received(h->socket);
    *r = (struct received){.with = {-1, -1, -1, -1, false}};
    if (flags & MESSAGE_OOB) r->n = h->type == TYPE_STREAM ? -NET_EINVAL : -NET_ENOTSUP;
    if (flags & MESSAGE_ERRQUEUE) r->n = -NET_EAGAIN; /* nobody puts anything there */
    if (r->n) return;
    uint8_t *to = binary_new(&p->heap, there < room ? there : room, &r->data), none;
    size_t n = there < room ? there : room;
    if (!to) {
        r->n = -NET_ENOMEM;
        return;
    }
    if (h->type != TYPE_STREAM) {
        r->has_from = true;
        r->n =
            (peek ? socket_peek_from : socket_receive_from)(h->socket, to, n, &r->from, &r->with);
    } else if (n == 0) {
        r->n = socket_peek(h->socket, &none, 1); /* why there is nothing */
    } else {
        r->n = (peek ? socket_peek : socket_receive)(h->socket, to, n);
    }
    bump(p, (int64_t)(n / 1024));
}

/* --- what comes of it ------------------------------------------------------------------------------------ */

static void count_packet(struct handle *h)
{
    h->counters[READ_PKG]++;
    if (h->receiving_bytes > h->counters[READ_PKG_MAX])
        h->counters[READ_PKG_MAX] = h->receiving_bytes;
    h->receiving_bytes = 0;
}

/* He waits, being the first in line now. */
static term wait(struct process *p, struct handle *h, term ref, term result)
{
    if (!line_join(h, &h->in, p, ref)) return socket_errno(p, NET_ENOMEM);
    line_ask(h, &h->in);
    return result;
}

static term failed(struct process *p, struct handle *h, int error, term ref)
{
    if (error == NET_EAGAIN) {
        if (!is_ref(ref)) return ATOM(ok);
        h->received_count = 0;
        return wait(p, h, ref, ATOM(select));
    }
    h->counters[READ_FAILS]++;
    term reason = net_error_atom(error);
    if (line_is_first(&h->in, p)) line_fail(h, &h->in, reason);
    return socket_error(p, reason);
}

static term at_end(struct process *p, struct handle *h)
{
    h->counters[READ_FAILS]++;
    if (line_is_first(&h->in, p)) line_fail(h, &h->in, ATOM(closed));
    return socket_closed(p);
}

static term complete(struct process *p, struct handle *h, term result)
{
    count_packet(h);
    if (line_is_first(&h->in, p)) line_next(h, &h->in);
    return socket_ok(p, result);
}

/* false: *result.  poll: he does not want to wait. */
static bool may_receive(struct process *p, struct handle *h, term ref, term *result)
{
    if (!handle_is_open(h)) {
        *result = socket_closed(p);
        return false;
    }
    if (h->in.first && h->in.other) {
        *result = socket_error_invalid(p, ATOM(state));
        return false;
    }
    return line_turn(p, h, &h->in, ref, !is_ref(ref), result);
}

static bool is_ref_or_zero(term t) { return is_ref(t) || term_same(t, ATOM(zero)); }

/* A length as programs say it; false: *result. */
static bool length_of(struct process *p, term t, size_t *n, term *result)
{
    uint64_t value;
    if (is_integer(t) && integer_to_uint64(t, &value) && value <= INT64_MAX) {
        *n = value;
        return true;
    }
    *result = number_fault(p, t);
    return false;
}

/* --- recv ----------------------------------------------------------------------------------------------------- */

/* As much as there was room for, and he did not say how much he wants: perhaps there is more. */
static term maybe_more(struct process *p, struct handle *h, term data, term ref)
{
    if (++h->received_count >= h->receive_count) {
        h->received_count = 0;
        return complete(p, h, data);
    }
    if (!line_join(h, &h->in, p, ref)) return socket_errno(p, NET_ENOMEM);
    return make_tuple2(&p->heap, ATOM(more), data);
}

term bif_prim_socket_nif_recv_4(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    struct received r;
    size_t length;
    int flags;
    term result, ref = arg[3];
    if (!h || !is_ref_or_zero(ref) || !is_integer(arg[1]) || !is_integer(arg[2]))
        return raise_badarg(p);
    if (!length_of(p, arg[1], &length, &result)) return result;
    if (!int_of(arg[2], &flags)) return number_fault(p, arg[2]);
    if (!may_receive(p, h, ref, &result)) return result;
    h->counters[READ_TRIES]++;
    size_t room = length ? length : h->receive_room;
    bool stream = h->type == TYPE_STREAM;
    fetch(p, h, room, (unsigned)flags, &r);
    if (r.n < 0) return failed(p, h, (int)-r.n, ref);
    if (r.n == 0 && stream) return at_end(p, h);
    h->counters[READ_BYTE] += (uint64_t)r.n;
    bool part = length && stream && is_ref(ref) && (size_t)r.n < room;
    if (part) return wait(p, h, ref, make_tuple2(&p->heap, ATOM(select), r.data));
    h->receiving_bytes += (uint64_t)r.n;
    if ((size_t)r.n == room)
        return length == 0 && stream ? maybe_more(p, h, r.data, ref) : complete(p, h, r.data);
    h->received_count = 0;
    return complete(p, h, r.data);
}

/* --- recvfrom, recvmsg ------------------------------------------------------------------------------------------- */

/* One message; NULL: *result. */
static struct handle *receive_message(struct process *p, const term *arg, term ref, size_t room,
                                      int flags, struct received *r, term *result)
{
    struct handle *h = handle_of(arg[0]);
    if (!may_receive(p, h, ref, result)) return NULL;
    h->counters[READ_TRIES]++;
    fetch(p, h, room ? room : h->receive_room, (unsigned)flags, r);
    if (r->n == 0 && h->type == TYPE_STREAM) {
        h->counters[READ_FAILS]++;
        *result = socket_closed(p);
        return NULL;
    }
    if (r->n < 0) {
        *result = failed(p, h, (int)-r->n, ref);
        return NULL;
    }
    h->counters[READ_PKG]++;
    h->counters[READ_BYTE] += (uint64_t)r->n;
    if (line_is_first(&h->in, p)) line_next(h, &h->in);
    return h;
}

term bif_prim_socket_nif_recvfrom_4(struct process *p, const term *arg)
{
    struct received r;
    size_t length;
    int flags;
    term result;
    if (!handle_of(arg[0]) || !is_ref_or_zero(arg[3]) || !is_integer(arg[1]) || !is_integer(arg[2]))
        return raise_badarg(p);
    if (!length_of(p, arg[1], &length, &result)) return result;
    if (!int_of(arg[2], &flags)) return number_fault(p, arg[2]);
    if (!receive_message(p, arg, arg[3], length, flags, &r, &result)) return result;
    term from = sockaddr_term(&p->heap, &r.from);
    return socket_ok(p, make_tuple2(&p->heap, from, r.data));
}

term bif_prim_socket_nif_recvmsg_5(struct process *p, const term *arg)
{
    struct received r;
    size_t length, control_length;
    int flags;
    term result;
    if (!handle_of(arg[0]) || !is_ref_or_zero(arg[4]) || !is_integer(arg[1]) ||
        !is_integer(arg[2]) || !is_integer(arg[3]))
        return raise_badarg(p);
    if (!length_of(p, arg[1], &length, &result)) return result;
    if (!length_of(p, arg[2], &control_length, &result)) return result;
    if (!int_of(arg[3], &flags)) return number_fault(p, arg[3]);
    const struct handle *h = receive_message(p, arg, arg[4], length, flags, &r, &result);
    if (!h) return result;
    struct heap *heap = &p->heap;
    unsigned told = r.with.cut ? MESSAGE_TRUNC : 0;
    term iov = make_cons(heap, r.data, NIL);
    size_t room = control_length ? control_length : h->control_receive_room;
    term control = control_term(heap, &r.with, room, &told);
    term pairs[8] = {ATOM(iov),  iov,         ATOM(ctrl),
                     control,    ATOM(flags), message_flags_term(heap, told),
                     ATOM(addr), NIL};
    if (r.has_from) pairs[7] = sockaddr_term(heap, &r.from);
    return socket_ok(p, map_from_pairs(heap, pairs, r.has_from ? 4 : 3, false));
}
