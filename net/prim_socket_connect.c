/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket_connect.c -- the natives of prim_socket about addresses and connections. */
#include "net/prim_socket.h"
#include "term/compare.h"

/* --- bind, names, listen ------------------------------------------------------------------------ */

/* An address of another family is too short before it is anything else. */
static int unfit(const struct handle *h, const struct net_address *a)
{
    if (a->family == NET_INET || a->family == NET_INET6) return NET_OK;
    return a->scope < (h->domain == NET_INET ? 16 : 24) ? NET_EINVAL : NET_EAFNOSUPPORT;
}

term bif_prim_socket_nif_bind_2(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    struct net_address a;
    if (!h) return raise_badarg(p);
    if (!sockaddr_of(arg[1], &a)) return socket_invalid(p, ATOM(sockaddr));
    if (!handle_is_open(h)) return socket_closed(p);
    int error = unfit(h, &a);
    if (!error) error = socket_bind(h->socket, &a);
    if (error) return socket_errno(p, error);
    h->read_state |= HANDLE_BOUND;
    return ATOM(ok);
}

static term name(struct process *p, term t,
                 int (*of)(const struct net_socket *s, struct net_address *a))
{
    struct handle *h = handle_of(t);
    struct net_address a;
    if (!h) return raise_badarg(p);
    if (!handle_is_open(h)) return socket_closed(p);
    int error = of(h->socket, &a);
    return error ? socket_errno(p, error) : socket_ok(p, sockaddr_term(&p->heap, &a));
}

term bif_prim_socket_nif_sockname_1(struct process *p, const term *arg)
{
    return name(p, arg[0], socket_name);
}
term bif_prim_socket_nif_peername_1(struct process *p, const term *arg)
{
    return name(p, arg[0], socket_peer);
}

term bif_prim_socket_nif_listen_2(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    int backlog;
    if (!h) return raise_badarg(p);
    if (!int_of(arg[1], &backlog)) return number_fault(p, arg[1]);
    if (!handle_is_open(h)) return socket_closed(p);
    int error = h->type == TYPE_STREAM ? socket_listen(h->socket, backlog) : NET_ENOTSUP;
    if (error) return socket_errno(p, error);
    h->read_state |= HANDLE_LISTENING;
    return ATOM(ok);
}

term bif_prim_socket_nif_shutdown_2(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    enum net_shutdown how;
    if (!h) return raise_badarg(p);
    if (term_same(arg[1], ATOM(read)))
        how = NET_SHUT_READ;
    else if (term_same(arg[1], ATOM(write)))
        how = NET_SHUT_WRITE;
    else if (term_same(arg[1], ATOM(read_write)))
        how = NET_SHUT_BOTH;
    else
        return socket_raise_invalid(p, make_tuple2(&p->heap, ATOM(how), arg[1]));
    if (!handle_is_open(h)) return socket_closed(p);
    int error = socket_shutdown(h->socket, how);
    return error ? socket_errno(p, error) : ATOM(ok);
}

/* --- connect ---------------------------------------------------------------------------------------- */

/* The one who connects was told that it is over, or asks on his own. */
static term connect_over(struct process *p, struct handle *h)
{
    line_next(h, &h->out);
    int error = socket_take_error(h->socket);
    if (error) return socket_errno(p, error);
    h->write_state |= HANDLE_CONNECTED;
    return ATOM(ok);
}

static term connect(struct process *p, struct handle *h, term ref, const struct net_address *a)
{
    struct line *l = &h->out;
    if (!handle_is_open(h)) return socket_closed(p);
    if (l->first && !l->other) return socket_error_invalid(p, ATOM(state));
    if (l->first && line_is_first(l, p)) return connect_over(p, h);
    if (l->first && a) return socket_error(p, ATOM(already));
    if (!a) return socket_raise_invalid(p, ATOM(state));
    int error = a->family == NET_UNSPEC ? NET_OK : unfit(h, a);
    if (!error) error = socket_connect(h->socket, a->family == NET_UNSPEC ? NULL : a);
    if (!error) {
        h->write_state |= HANDLE_CONNECTED;
        return ATOM(ok);
    }
    if (error != NET_EINPROGRESS) return socket_errno(p, error);
    if (!line_join(h, l, p, ref)) return socket_errno(p, NET_ENOMEM);
    l->other = true;
    h->write_state |= HANDLE_CONNECTING;
    line_ask(h, l);
    return ATOM(select);
}

term bif_prim_socket_nif_connect_1(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    return h ? connect(p, h, ATOM(undefined), NULL) : raise_badarg(p);
}

term bif_prim_socket_nif_connect_3(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    struct net_address a;
    if (!h || !is_ref(arg[1])) return raise_badarg(p);
    if (!sockaddr_of(arg[2], &a)) return socket_invalid(p, ATOM(sockaddr));
    return connect(p, h, arg[1], &a);
}

/* --- accept --------------------------------------------------------------------------------------------- */

static term accepted(struct process *p, struct handle *h, struct net_socket *made)
{
    h->counters[ACC_SUCCESS]++;
    struct handle *one = handle_make(p, made, h->domain, h->type, h->protocol, h);
    if (!one) return socket_errno(p, NET_ENOMEM);
    h->write_state |= HANDLE_CONNECTED; /* so on stock */
    if (h->use_registry) handle_register(one);
    return socket_ok(p, make_magic_ref(&p->heap, &one->resource));
}

term bif_prim_socket_nif_accept_2(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    if (!h) return raise_badarg(p);
    struct line *l = &h->in;
    if (!handle_is_open(h)) return socket_closed(p);
    if (l->first && !l->other) return socket_error_invalid(p, ATOM(state));
    term result;
    bool waited = l->first;
    if (!line_turn(p, h, l, arg[1], false, &result)) return result;
    h->counters[ACC_TRIES]++;
    struct net_socket *made;
    int error = h->type == TYPE_STREAM ? socket_accept(h->socket, &made) : NET_ENOTSUP;
    if (error == NET_EAGAIN) {
        if (waited) h->counters[ACC_WAITS]++;
        if (!line_join(h, l, p, arg[1])) return socket_errno(p, NET_ENOMEM);
        l->other = true;
        h->read_state |= HANDLE_ACCEPTING;
        line_ask(h, l);
        return ATOM(select);
    }
    if (error) {
        h->counters[ACC_FAILS]++;
        term reason = net_error_atom(error);
        if (waited) line_fail(h, l, reason);
        return socket_error(p, reason);
    }
    result = accepted(p, h, made);
    if (waited) line_next(h, l);
    return result;
}

/* --- cancel ------------------------------------------------------------------------------------------------ */

/* ok: he will hear nothing; select_sent: he has been told already, or will be in a moment. */
static term cancel(struct process *p, struct handle *h, struct line *l, bool other, term ref)
{
    if (!handle_is_open(h)) return socket_closed(p);
    if (!l->first || l->other != other) return ATOM(not_found);
    if (line_is_first(l, p)) {
        if (!term_same_value(l->first->ref, ref)) return ATOM(not_found);
        term result = l->asked ? ATOM(ok) : ATOM(select_sent);
        line_next(h, l);
        return result;
    }
    for (const struct asker *a = l->first->next; a; a = a->next)
        if (term_same(a->pid, p->pid) && term_same_value(a->ref, ref)) {
            line_leave(h, l, a->monitor);
            return ATOM(ok);
        }
    return ATOM(not_found);
}

term bif_prim_socket_nif_cancel_3(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    if (!h || !is_atom(arg[1]) || !is_ref(arg[2])) return raise_badarg(p);
    switch (atom_index(arg[1])) {
    case ATOM_connect: return cancel(p, h, &h->out, true, arg[2]);
    case ATOM_accept: return cancel(p, h, &h->in, true, arg[2]);
    case ATOM_send:
    case ATOM_sendto:
    case ATOM_sendmsg:
    case ATOM_sendfile: return cancel(p, h, &h->out, false, arg[2]);
    case ATOM_recv:
    case ATOM_recvfrom:
    case ATOM_recvmsg: return cancel(p, h, &h->in, false, arg[2]);
    default: return handle_is_open(h) ? raise_badarg(p) : socket_closed(p);
    }
}
