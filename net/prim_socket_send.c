/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket_send.c -- send, sendto and sendmsg of prim_socket. */
#include "net/prim_socket.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "term/map.h"

#define MOST_PIECES 1024  /* binaries that one sendmsg takes */
#define GATHERED    65536 /* bytes of small ones that go to the stack together */

/* --- what comes of it ------------------------------------------------------------------------------ */

static term sent(struct process *p, struct handle *h, uint64_t n)
{
    h->counters[WRITE_PKG]++;
    h->counters[WRITE_BYTE] += n;
    h->sending_bytes += n;
    if (h->sending_bytes > h->counters[WRITE_PKG_MAX])
        h->counters[WRITE_PKG_MAX] = h->sending_bytes;
    h->sending_bytes = 0;
    line_next(h, &h->out);
    bump(p, (int64_t)(n / 1024));
    return ATOM(ok);
}

/* What was wrong with the arguments harms nobody else. */
static term failed(struct process *p, struct handle *h, int error)
{
    term reason = net_error_atom(error);
    h->counters[WRITE_FAILS]++;
    if (error != NET_EINVAL && h->out.first) line_fail(h, &h->out, reason);
    return socket_error(p, reason);
}

/* Not all, or nothing, could be sent: he is to come again.  done: -1 is nothing. */
static term retry(struct process *p, struct handle *h, int64_t done, term ref, bool more)
{
    if (done >= 0) h->sending_bytes += (uint64_t)done;
    if (!line_join(h, &h->out, p, ref)) return socket_errno(p, NET_ENOMEM);
    if (more) return make_tuple2(&p->heap, ATOM(iov), small(done));
    line_ask(h, &h->out);
    h->counters[WRITE_WAITS]++;
    return done >= 0 ? make_tuple2(&p->heap, ATOM(select), small(done)) : ATOM(select);
}

/* more: there is more to send than was looked at. */
static term finish(struct process *p, struct handle *h, int64_t done, size_t wanted, bool more,
                   term ref)
{
    if (done == -NET_EAGAIN) return retry(p, h, -1, ref, false);
    if (done < 0) return failed(p, h, (int)-done);
    if ((size_t)done < wanted) return retry(p, h, done, ref, false);
    return more ? retry(p, h, done, ref, true) : sent(p, h, (uint64_t)done);
}

/* false: *result. */
static bool may_send(struct process *p, struct handle *h, term ref, term *result)
{
    if (!handle_is_open(h)) {
        *result = socket_closed(p);
        return false;
    }
    if (h->out.first && h->out.other) {
        *result = socket_error_invalid(p, ATOM(state));
        return false;
    }
    return line_turn(p, h, &h->out, ref, false, result);
}

/* --- send, sendto ------------------------------------------------------------------------------------ */

static int64_t put(struct handle *h, const uint8_t *bytes, size_t n, unsigned flags,
                   const struct net_address *to, const struct net_ancillary *with)
{
    if (flags & MESSAGE_OOB) return -NET_ENOTSUP; /* the stack knows of nothing urgent */
    return h->type == TYPE_STREAM ? socket_send(h->socket, bytes, n)
                                  : socket_send_to(h->socket, bytes, n, to, with);
}

static term send_binary(struct process *p, struct handle *h, term data, unsigned flags,
                        const struct net_address *to, term ref)
{
    term result;
    size_t n;
    uint8_t *copy;
    if (!may_send(p, h, ref, &result)) return result;
    const uint8_t *bytes = binary_bytes_or_copy(data, &n, &copy);
    if (!bytes) return socket_errno(p, NET_ENOMEM);
    h->counters[WRITE_TRIES]++;
    int64_t done = put(h, bytes, n, flags, to, NULL);
    arena_free(copy);
    return finish(p, h, done, n, false, ref);
}

term bif_prim_socket_nif_send_4(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    int flags;
    if (!h || !is_ref(arg[3]) || !is_binary(arg[1])) return raise_badarg(p);
    if (!int_of(arg[2], &flags)) return number_fault(p, arg[2]);
    return send_binary(p, h, arg[1], (unsigned)flags, NULL, arg[3]);
}

term bif_prim_socket_nif_sendto_5(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    struct net_address to;
    int flags;
    if (!h || !is_ref(arg[4]) || !is_binary(arg[1])) return raise_badarg(p);
    if (!int_of(arg[3], &flags)) return number_fault(p, arg[3]);
    if (!sockaddr_of(arg[2], &to)) return socket_invalid(p, ATOM(sockaddr));
    return send_binary(p, h, arg[1], (unsigned)flags, &to, arg[4]);
}

/* --- sendmsg ------------------------------------------------------------------------------------------- */

/* How many binaries, of which so many bytes, and what is left of the list.  false: something else is in it. */
static bool measure(term list, size_t *count, size_t *bytes, term *rest)
{
    *count = *bytes = 0;
    for (; is_cons(list) && *count < MOST_PIECES; list = tail(list), ++*count) {
        if (!is_binary(head(list))) return false;
        *bytes += binary_size(head(list));
    }
    if (!is_cons(list) && !is_nil(list)) return false;
    while (is_cons(list) && is_binary(head(list)) && binary_size(head(list)) == 0)
        list = tail(list);
    *rest = list;
    return true;
}

/* Where in the list it is, while it is copied. */
struct reader {
    term list;
    size_t count, offset;
};

static size_t gather(struct reader *r, uint8_t *to, size_t room)
{
    size_t done = 0;
    while (r->count && done < room) {
        struct bits b = binary_bits(head(r->list));
        size_t n = bits_bytes(b.size), left = n - r->offset;
        if (left > room - done) left = room - done;
        bits_copy(to + done, 0, b.base, b.offset + 8 * r->offset, 8 * left);
        done += left;
        r->offset += left;
        if (r->offset < n) break;
        r->offset = 0, r->count--, r->list = tail(r->list);
    }
    return done;
}

static int64_t send_stream(struct handle *h, term list, size_t count, size_t bytes, unsigned flags)
{
    size_t room = bytes < GATHERED ? bytes : GATHERED;
    uint8_t *block = arena_malloc(room + 1);
    struct reader r = {list, count, 0};
    int64_t done = 0, n = 0;
    if (!block) return -NET_ENOMEM;
    do {
        size_t piece = gather(&r, block, room);
        n = put(h, block, piece, flags, NULL, NULL);
        if (n > 0) done += n;
        if (n != (int64_t)piece) break;
    } while ((size_t)done < bytes);
    arena_free(block);
    return done ? done : n;
}

static int64_t send_datagram(struct handle *h, term list, size_t count, size_t bytes,
                             unsigned flags, const struct net_address *to,
                             const struct net_ancillary *with)
{
    uint8_t *block = arena_malloc(bytes + 1);
    struct reader r = {list, count, 0};
    if (!block) return -NET_ENOBUFS;
    gather(&r, block, bytes);
    int64_t n = put(h, block, bytes, flags, to, with);
    arena_free(block);
    return n;
}

term bif_prim_socket_nif_sendmsg_5(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    struct net_ancillary with = {.tos = -1, .ttl = -1, .traffic_class = -1, .hops = -1};
    struct net_address to;
    size_t count, bytes;
    int flags, error = NET_OK;
    term result, rest;
    if (!h || !is_ref(arg[3]) || !is_map(arg[1])) return raise_badarg(p);
    if (!int_of(arg[2], &flags)) return number_fault(p, arg[2]);
    if (!may_send(p, h, arg[3], &result)) return result;
    term address = map_get(arg[1], ATOM(addr)), control = map_get(arg[1], ATOM(ctrl));
    if (is_value(address) && !sockaddr_of(address, &to)) return socket_invalid(p, ATOM(addr));
    bool stream = h->type == TYPE_STREAM;
    if (!measure(arg[4], &count, &bytes, &rest) || (!stream && !is_nil(rest)))
        return socket_invalid(p, ATOM(iov));
    if (is_value(control) && !control_of(control, h->control_send_room, &with, &error))
        return socket_invalid(p, ATOM(ctrl));
    h->counters[WRITE_TRIES]++;
    int64_t done = error    ? -error
                   : stream ? send_stream(h, arg[4], count, bytes, (unsigned)flags)
                            : send_datagram(h, arg[4], count, bytes, (unsigned)flags,
                                            is_value(address) ? &to : NULL, &with);
    return finish(p, h, done, bytes, !is_nil(rest), arg[3]);
}

/* --- sendfile: files are nothing that the stack could read -------------------------------------------------- */

term bif_prim_socket_nif_sendfile_1(struct process *p, const term *arg)
{
    (void)arg;
    return raise(p, ATOM(notsup));
}
term bif_prim_socket_nif_sendfile_4(struct process *p, const term *arg)
{
    return bif_prim_socket_nif_sendfile_1(p, arg);
}
term bif_prim_socket_nif_sendfile_5(struct process *p, const term *arg)
{
    return bif_prim_socket_nif_sendfile_1(p, arg);
}
