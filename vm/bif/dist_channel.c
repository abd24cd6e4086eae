/* SPDX-License-Identifier: Apache-2.0 */
/* dist_channel.c -- what carriers of the distribution call: connections, their controllers and their data. */
#include "bif/bif.h"
#include "big/big.h"
#include "binary/binary.h"
#include "code/code.h"
#include "dist/dist.h"
#include "dist/input.h"
#include "dist/output.h"
#include "dist/port_channel.h"
#include "heap/arena.h"
#include "process/log.h"
#include "process/message.h"
#include "process/pause.h"
#include "process/registry.h"
#include "term/node.h"

/* --- making connections -------------------------------------------------------------------------- */

term bif_erts_internal_new_connection_1(struct process *p, const term *arg)
{
    if (!is_node_name(arg[0]) || term_same(arg[0], node_this->name)) return raise_badarg(p);
    struct peer *peer = peer_make(arg[0]);
    if (!peer || (peer->state == PEER_IDLE && !peer_begin(peer)))
        return raise(p, ATOM(system_limit));
    return peer_handle(&p->heap, peer);
}

term bif_erts_internal_abort_pending_connection_2(struct process *p, const term *arg)
{
    uint32_t connection;
    struct peer *peer = is_atom(arg[0]) ? peer_of_handle(arg[1], &connection) : NULL;
    if (!peer || !term_same(peer->name, arg[0])) return raise_badarg(p);
    if (peer->connection != connection) return ATOM(true);
    if (peer->state == PEER_CONNECTED) return ATOM(false);
    peer_down(peer, ATOM(undefined));
    return p->state == PROCESS_EXITING ? bif_again(p) : ATOM(true);
}

static void tell_not_capable(struct process *p, term node)
{
    const term args[] = {p->pid, node};
    log_terms(ATOM(error), p->group_leader,
              "~w attempted to enable connection to node ~w which does not support all mandatory "
              "capabilities.~n",
              args, 2);
}

/* q, not a controller yet, becomes that of peer. */
static bool open_process(struct peer *peer, struct process *q, uint64_t flags, uint32_t creation)
{
    for (const struct peer *other = peers; other; other = other->next)
        if (other->state == PEER_CONNECTED && term_same(other->controller, q->pid)) return false;
    if (!peer_connected(peer, q->pid, flags, creation)) return false;
    q->serves_distance = true;
    return true;
}

/* {message, Ref}: the answer, which comes in a message, {Ref, Handle or badarg}. */
static term answer_by_message(struct process *p, struct peer *peer, bool good)
{
    struct heap *h = &p->heap;
    term ref = make_ref(h);
    term handle = good ? peer_handle(h, peer) : ATOM(badarg);
    mailbox_send(NULL, p, make_tuple2(h, ref, handle));
    return make_tuple2(h, ATOM(message), ref);
}

/* Node, controller, {Flags, Creation} */
term bif_erts_internal_create_dist_channel_3(struct process *p, const term *arg)
{
    uint64_t flags, creation;
    if (!dist_alive || !is_node_name(arg[0]) || !is_tuple_of(arg[2], 2)) return ATOM(badarg);
    if (!integer_to_uint64(element(arg[2], 0), &flags) ||
        !integer_to_uint64(element(arg[2], 1), &creation) || creation > UINT32_MAX)
        return ATOM(badarg);
    if (~flags & DIST_MANDATORY_25) {
        tell_not_capable(p, arg[0]);
        return ATOM(badarg);
    }
    struct peer *peer = peer_find(arg[0]);
    if (is_local_port(arg[1])) {
        if (!peer || peer->state != PEER_PENDING ||
            !port_channel_open(peer, arg[1], flags, (uint32_t)creation))
            return ATOM(badarg);
        return make_tuple2(&p->heap, ATOM(ok), peer_handle(&p->heap, peer));
    }
    struct process *q = process_find(arg[1]);
    if (!q) return ATOM(badarg);
    const bool good =
        peer && peer->state == PEER_PENDING && open_process(peer, q, flags, (uint32_t)creation);
    if (q != p) return answer_by_message(p, peer, good);
    return good ? make_tuple2(&p->heap, ATOM(ok), peer_handle(&p->heap, peer)) : ATOM(badarg);
}

/* --- data ------------------------------------------------------------------------------------------- */

/* The connection that p is the controller of, whose handle this is; NULL after a fault. */
static struct peer *own_channel(struct process *p, term handle)
{
    struct peer *own = NULL;
    uint32_t connection;
    for (struct peer *i = peers; p->serves_distance && i && !own; i = i->next)
        if (i->state == PEER_CONNECTED && term_same(i->controller, p->pid)) own = i;
    if (!own) {
        raise(p, ATOM(notsup));
        return NULL;
    }
    if (peer_of_handle(handle, &connection) == own && connection == own->connection) return own;
    raise_badarg(p);
    return NULL;
}

term bif_erlang_dist_ctrl_input_handler_2(struct process *p, const term *arg)
{
    struct peer *peer = own_channel(p, arg[0]);
    if (!peer) return NO_VALUE;
    if (!is_local_pid(arg[1])) return raise_badarg(p);
    peer->input_handler = arg[1];
    return ATOM(ok);
}

term bif_erlang_dist_ctrl_get_data_notification_1(struct process *p, const term *arg)
{
    struct peer *peer = own_channel(p, arg[0]);
    if (!peer) return NO_VALUE;
    if (peer->wants_notice) return ATOM(ok);
    if (peer->first)
        mailbox_deliver(p, ATOM(dist_data), NULL);
    else
        peer->wants_notice = true;
    return ATOM(ok);
}

/* Its bytes as a list of binaries. */
static term packet_term(struct heap *h, struct packet *k)
{
    k->blob->references++;
    term body = binary_of_blob_part(h, k->blob, (size_t)(k->bytes - k->blob->data), k->size);
    term list = make_cons(h, body, NIL);
    return k->head_size ? make_cons(h, binary_make(h, k->head, k->head_size), list) : list;
}

term bif_erlang_dist_ctrl_get_data_1(struct process *p, const term *arg)
{
    struct peer *peer = own_channel(p, arg[0]);
    if (!peer) return NO_VALUE;
    struct packet *k = peer->exiting ? NULL : output_take(peer);
    if (!k) return ATOM(none);
    const size_t size = k->head_size + k->size;
    term data = packet_term(&p->heap, k);
    packet_free(k);
    output_eased(peer);
    bump(p, 1);
    return peer->get_size ? make_tuple2(&p->heap, make_unsigned(&p->heap, size), data) : data;
}

/* The reader of the connection puts in a packet; arg[1] is a binary. */
static term put_data(struct process *p, const term *arg)
{
    uint32_t connection;
    size_t n;
    uint8_t *copy;
    struct peer *peer = peer_of_handle(arg[0], &connection);
    const uint8_t *bytes = binary_bytes_or_copy(arg[1], &n, &copy);
    if (!bytes) return raise(p, ATOM(system_limit));
    if (peer->connection == connection) input_packet(peer, bytes, n);
    arena_free(copy);
    bump(p, 5);
    return p->state == PROCESS_EXITING ? bif_again(p) : ATOM(ok);
}

term bif_erlang_dist_ctrl_put_data_2(struct process *p, const term *arg)
{
    uint32_t connection;
    size_t n = 0;
    if (p->bif_state) return pausing(p, put_data, 2, arg);
    if (!is_binary(arg[1]) && !is_list(arg[1])) return raise_badarg(p);
    if (is_cons(arg[1]))
        return bif_trap(p, export_get(ATOM(erts_internal), ATOM(dist_ctrl_put_data), 2), 2, arg);
    struct peer *peer = peer_of_handle(arg[0], &connection);
    if (!peer) return raise_badarg(p);
    if (!term_same(peer->input_handler, p->pid)) return raise(p, ATOM(notsup));
    peer->received++;
    if (is_nil(arg[1]) || (n = binary_size(arg[1])) == 0) return ATOM(ok);
    const uint8_t *bytes = binary_bytes(arg[1], &n);
    const bool is_long = !bytes || input_takes_long(bytes, n);
    return is_long ? pausing(p, put_data, 2, arg) : put_data(p, arg);
}

term bif_erlang_dist_ctrl_set_opt_3(struct process *p, const term *arg)
{
    struct peer *peer = own_channel(p, arg[0]);
    if (!peer) return NO_VALUE;
    if (!term_same(arg[1], ATOM(get_size)) || !is_bool(arg[2])) return raise_badarg(p);
    const bool old = peer->get_size;
    peer->get_size = term_same(arg[2], ATOM(true));
    return atom_bool(old);
}

term bif_erlang_dist_ctrl_get_opt_2(struct process *p, const term *arg)
{
    const struct peer *peer = own_channel(p, arg[0]);
    if (!peer) return NO_VALUE;
    return term_same(arg[1], ATOM(get_size)) ? atom_bool(peer->get_size) : raise_badarg(p);
}

/* {ok, Received, Sent, Waiting} */
term bif_erlang_dist_get_stat_1(struct process *p, const term *arg)
{
    uint32_t connection;
    const struct peer *peer = peer_of_handle(arg[0], &connection);
    if (!peer || peer->connection != connection || peer->state != PEER_CONNECTED)
        return raise_badarg(p);
    struct heap *h = &p->heap;
    return make_tuple4(h, ATOM(ok), make_unsigned(h, peer->received), make_unsigned(h, peer->sent),
                       make_unsigned(h, peer->waiting));
}
