/* SPDX-License-Identifier: Apache-2.0 */
/* socket_term.c -- see prim_socket.h: addresses, families, types and numbers as module `socket` writes them. */
#include "net/prim_socket.h"
#include "big/big.h"
#include "binary/binary.h"
#include "heap/maps.h"
#include <limits.h>

/* --- numbers ------------------------------------------------------------------------------------ */

bool int_of(term t, int *n)
{
    if (!is_small(t) || small_value(t) < INT_MIN || small_value(t) > INT_MAX) return false;
    *n = (int)small_value(t);
    return true;
}

bool uint_of(term t, unsigned *n)
{
    if (!is_small(t) || small_value(t) < 0 || small_value(t) > UINT_MAX) return false;
    *n = (unsigned)small_value(t);
    return true;
}

bool bool_of(term t, bool *b)
{
    *b = term_same(t, ATOM(true));
    return is_bool(t);
}

term number_fault(struct process *p, term t)
{
    if (!is_integer(t)) return raise_badarg(p);
    return socket_invalid(p, make_tuple2(&p->heap, ATOM(integer_range), t));
}

ptrdiff_t text_of(term t, char *text, size_t room)
{
    size_t n = 0;
    for (; is_cons(t); t = tail(t)) {
        int c;
        if (!int_of(head(t), &c) || c < 0 || c > 255 || n + 1 >= room) return -1;
        text[n++] = (char)c;
    }
    text[n] = 0;
    return is_nil(t) ? (ptrdiff_t)n : -1;
}

/* --- kinds ------------------------------------------------------------------------------------------ */

#define UNIX 1 /* the family of local sockets, of which there are none */

int domain_of(term t, int *domain)
{
    if (term_same(t, ATOM(inet)))
        *domain = NET_INET;
    else if (term_same(t, ATOM(inet6)))
        *domain = NET_INET6;
    else if (term_same(t, ATOM(local)))
        *domain = UNIX;
    else if (term_same(t, ATOM(unspec)))
        *domain = NET_UNSPEC;
    else
        return int_of(t, domain) ? -1 : 0;
    return 1;
}

term domain_term(int domain)
{
    switch (domain) {
    case NET_INET: return ATOM(inet);
    case NET_INET6: return ATOM(inet6);
    case UNIX: return ATOM(local);
    case NET_UNSPEC: return ATOM(unspec);
    default: return small(domain);
    }
}

bool type_of(term t, int *type)
{
    if (!is_atom(t)) return int_of(t, type);
    switch (atom_index(t)) {
    case ATOM_stream: *type = TYPE_STREAM; return true;
    case ATOM_dgram: *type = TYPE_DGRAM; return true;
    case ATOM_raw: *type = TYPE_RAW; return true;
    case ATOM_seqpacket: *type = TYPE_SEQPACKET; return true;
    default: return false;
    }
}

term type_term(int type)
{
    switch (type) {
    case TYPE_STREAM: return ATOM(stream);
    case TYPE_DGRAM: return ATOM(dgram);
    case TYPE_RAW: return ATOM(raw);
    case TYPE_RDM: return ATOM(rdm);
    case TYPE_SEQPACKET: return ATOM(seqpacket);
    default: return small(type);
    }
}

bool level_of(term t, int *level)
{
    *level = NET_SOL_SOCKET;
    return term_same(t, ATOM(socket)) || int_of(t, level);
}

term level_term(int level) { return level == NET_SOL_SOCKET ? ATOM(socket) : small(level); }

/* --- addresses ------------------------------------------------------------------------------------------ */

bool ipv4_of(term t, uint8_t bytes[4])
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    if (is_atom(t)) {
        bool any = term_same(t, ATOM(any)), all = term_same(t, ATOM(broadcast));
        memset(bytes, all ? 255 : 0, 4);
        if (term_same(t, ATOM(loopback))) memcpy(bytes, loopback, 4);
        return any || all || term_same(t, ATOM(loopback));
    }
    if (!is_tuple_of(t, 4)) return false;
    for (size_t i = 0; i < 4; i++) {
        int n;
        if (!int_of(element(t, i), &n) || n < 0 || n > 255) return false;
        bytes[i] = (uint8_t)n;
    }
    return true;
}

bool ipv6_of(term t, uint8_t bytes[16])
{
    if (is_atom(t)) {
        memset(bytes, 0, 16);
        bytes[15] = term_same(t, ATOM(loopback));
        return term_same(t, ATOM(any)) || term_same(t, ATOM(loopback));
    }
    if (!is_tuple_of(t, 8)) return false;
    for (size_t i = 0; i < 8; i++) {
        int n;
        if (!int_of(element(t, i), &n) || n < 0 || n > 65535) return false;
        bytes[2 * i] = (uint8_t)(n >> 8);
        bytes[2 * i + 1] = (uint8_t)n;
    }
    return true;
}

term ipv4_term(struct heap *h, const uint8_t *bytes)
{
    return make_tuple4(h, small(bytes[0]), small(bytes[1]), small(bytes[2]), small(bytes[3]));
}

term ipv6_term(struct heap *h, const uint8_t *bytes)
{
    term parts[8];
    for (size_t i = 0; i < 8; i++) parts[i] = small(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    return make_tuple(h, 8, parts);
}

static bool inet_of(term t, struct net_address *a)
{
    term address = map_get(t, ATOM(addr)), port = map_get(t, ATOM(port));
    int n;
    if (is_no_value(port) || !int_of(port, &n) || is_no_value(address)) return false;
    a->port = (uint16_t)n;
    return a->family == NET_INET ? ipv4_of(address, a->bytes) : ipv6_of(address, a->bytes);
}

bool sockaddr_of(term t, struct net_address *a)
{
    *a = (struct net_address){.family = NET_UNSPEC};
    if (!is_map(t)) return false;
    term family = map_get(t, ATOM(family));
    int domain, how = is_value(family) ? domain_of(family, &domain) : 0;
    if (how == 0) return false;
    a->family = (uint16_t)domain;
    if (how > 0 && domain == NET_INET) return inet_of(t, a);
    if (how > 0 && domain == NET_INET6) {
        term flow = map_get(t, ATOM(flowinfo)), scope = map_get(t, ATOM(scope_id));
        unsigned n;
        if (is_no_value(flow) || !uint_of(flow, &n)) return false;
        return is_value(scope) && uint_of(scope, &a->scope) && inet_of(t, a);
    }
    /* The bytes of an address that mean nothing here. */
    term bytes = map_get(t, how > 0 && domain == UNIX ? ATOM(path) : ATOM(addr));
    if (is_no_value(bytes) || !is_binary(bytes)) return false;
    a->scope = (uint32_t)(2 + binary_size(bytes));
    return true;
}

term sockaddr_term(struct heap *h, const struct net_address *a)
{
    if (a->family == NET_INET) {
        const term pairs[] = {ATOM(family),   ATOM(inet), ATOM(port),
                              small(a->port), ATOM(addr), ipv4_term(h, a->bytes)};
        return map_from_pairs(h, pairs, 3, false);
    }
    if (a->family == NET_INET6) {
        const term pairs[] = {ATOM(family),   ATOM(inet6),    ATOM(port), small(a->port),
                              ATOM(flowinfo), small(0),       ATOM(addr), ipv6_term(h, a->bytes),
                              ATOM(scope_id), small(a->scope)};
        return map_from_pairs(h, pairs, 5, false);
    }
    return map_of2(h, ATOM(family), ATOM(unspec), ATOM(addr), binary_make(h, "", 0));
}
