/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket_info.c -- info, supports and command of prim_socket. */
#include "net/prim_socket.h"
#include "heap/maps.h"

#define MOST_IOV 1024

/* --- of all sockets ----------------------------------------------------------------------------- */

term bif_prim_socket_nif_info_0(struct process *p, const term *arg)
{
    (void)arg;
    const struct handle_settings *s = &handle_settings;
    struct heap *h = &p->heap;
    const term counters[] = {
        ATOM(num_cnt_bits), small(64),
        ATOM(num_sockets),  make_unsigned(h, s->all),
        ATOM(num_dinet),    make_unsigned(h, s->inet),
        ATOM(num_dinet6),   make_unsigned(h, s->inet6),
        ATOM(num_dlocal),   small(0),
        ATOM(num_tstreams), make_unsigned(h, s->streams),
        ATOM(num_tdgrams),  make_unsigned(h, s->datagrams),
        ATOM(num_tseqpkgs), small(0),
        ATOM(num_pip),      make_unsigned(h, s->ip),
        ATOM(num_psctp),    small(0),
        ATOM(num_ptcp),     make_unsigned(h, s->tcp),
        ATOM(num_pudp),     make_unsigned(h, s->udp),
    };
    term map = map_from_pairs(h, counters, sizeof counters / (2 * sizeof *counters), false);
    const term pairs[] = {
        ATOM(debug),   atom_bool(s->debug), ATOM(socket_debug), atom_bool(s->socket_debug),
        ATOM(iow),     ATOM(false),         ATOM(counters),     map,
        ATOM(iov_max), small(MOST_IOV),     ATOM(use_registry), atom_bool(s->use_registry),
    };
    return map_from_pairs(h, pairs, sizeof pairs / (2 * sizeof *pairs), false);
}

term bif_prim_socket_nif_command_1(struct process *p, const term *arg)
{
    term command = is_map(arg[0]) ? map_get(arg[0], ATOM(command)) : NO_VALUE;
    term data = is_map(arg[0]) ? map_get(arg[0], ATOM(data)) : NO_VALUE;
    bool *setting, on;
    if (is_no_value(command) || is_no_value(data)) return raise_badarg(p);
    if (term_same(command, ATOM(debug)))
        setting = &handle_settings.debug;
    else if (term_same(command, ATOM(socket_debug)))
        setting = &handle_settings.socket_debug;
    else if (term_same(command, ATOM(use_registry)))
        setting = &handle_settings.use_registry;
    else
        return socket_raise_invalid(p, make_tuple2(&p->heap, ATOM(command), command));
    if (!bool_of(data, &on))
        return socket_raise_invalid(p, make_tuple2(&p->heap, ATOM(data), data));
    *setting = on;
    return ATOM(ok);
}

/* --- of one ------------------------------------------------------------------------------------------ */

static term states_term(struct heap *h, unsigned state)
{
    static const uint32_t names[] = {ATOM_bound,      ATOM_listening, ATOM_accepting,
                                     ATOM_connecting, ATOM_connected, ATOM_selected,
                                     ATOM_closing,    ATOM_closed};
    term list = NIL;
    for (size_t i = sizeof names / sizeof *names; i-- > 0;)
        if (state & 1u << i) list = make_cons(h, atom_term(names[i]), list);
    return list;
}

static term counters_term(struct heap *heap, const struct handle *h)
{
    static const uint32_t names[HANDLE_COUNTERS] = {
        [READ_BYTE] = ATOM_read_byte,     [READ_FAILS] = ATOM_read_fails,
        [READ_PKG] = ATOM_read_pkg,       [READ_PKG_MAX] = ATOM_read_pkg_max,
        [READ_TRIES] = ATOM_read_tries,   [READ_WAITS] = ATOM_read_waits,
        [WRITE_BYTE] = ATOM_write_byte,   [WRITE_FAILS] = ATOM_write_fails,
        [WRITE_PKG] = ATOM_write_pkg,     [WRITE_PKG_MAX] = ATOM_write_pkg_max,
        [WRITE_TRIES] = ATOM_write_tries, [WRITE_WAITS] = ATOM_write_waits,
        [ACC_SUCCESS] = ATOM_acc_success, [ACC_FAILS] = ATOM_acc_fails,
        [ACC_TRIES] = ATOM_acc_tries,     [ACC_WAITS] = ATOM_acc_waits,
    };
    term pairs[2 * HANDLE_COUNTERS];
    for (size_t i = 0; i < HANDLE_COUNTERS; i++) {
        pairs[2 * i] = atom_term(names[i]);
        pairs[2 * i + 1] = make_unsigned(heap, h->counters[i]);
    }
    return map_from_pairs(heap, pairs, HANDLE_COUNTERS, false);
}

static term length_term(const struct line *l, bool other)
{
    int64_t n = 0;
    if (l->other == other)
        for (const struct asker *a = l->first; a; a = a->next) n++;
    return small(n);
}

term bif_prim_socket_nif_info_1(struct process *p, const term *arg)
{
    const struct handle *h = handle_of(arg[0]);
    struct heap *heap = &p->heap;
    if (!h) return raise_badarg(p);
    const term pairs[] = {
        ATOM(domain),        domain_term(h->domain),
        ATOM(type),          type_term(h->type),
        ATOM(protocol),      small(h->protocol),
        ATOM(owner),         is_nil(h->owner) ? ATOM(undefined) : h->owner,
        ATOM(rstates),       states_term(heap, h->read_state),
        ATOM(wstates),       states_term(heap, h->write_state),
        ATOM(ctype),         ATOM(normal),
        ATOM(counters),      counters_term(heap, h),
        ATOM(num_readers),   length_term(&h->in, false),
        ATOM(num_writers),   length_term(&h->out, false),
        ATOM(num_acceptors), length_term(&h->in, true),
    };
    return map_from_pairs(heap, pairs, sizeof pairs / (2 * sizeof *pairs), false);
}

/* --- what there is ---------------------------------------------------------------------------------------- */

term bif_prim_socket_nif_supports_0(struct process *p, const term *arg)
{
    (void)arg;
    static const struct {
        uint32_t atom;
        bool is;
    } features[] = {{ATOM_sctp, false},
                    {ATOM_ipv6, true},
                    {ATOM_local, false},
                    {ATOM_netns, false},
                    {ATOM_sendfile, false}};
    struct heap *h = &p->heap;
    term list = NIL;
    for (size_t i = sizeof features / sizeof *features; i-- > 0;)
        list = make_cons(h, make_tuple2(h, atom_term(features[i].atom), atom_bool(features[i].is)),
                         list);
    return list;
}

/* Numbers of protocols and their names, as IANA has them: those that programs ask for. */
static const struct protocol {
    int number;
    const char *name, *alias;
} protocols[] = {
    {0, "ip", "IP"},
    {1, "icmp", "ICMP"},
    {2, "igmp", "IGMP"},
    {4, "ipencap", "IP-ENCAP"},
    {6, "tcp", "TCP"},
    {8, "egp", "EGP"},
    {17, "udp", "UDP"},
    {33, "dccp", "DCCP"},
    {41, "ipv6", "IPv6"},
    {43, "ipv6-route", "IPv6-Route"},
    {44, "ipv6-frag", "IPv6-Frag"},
    {46, "rsvp", "RSVP"},
    {47, "gre", "GRE"},
    {50, "esp", "IPSEC-ESP"},
    {51, "ah", "IPSEC-AH"},
    {58, "ipv6-icmp", "IPv6-ICMP"},
    {59, "ipv6-nonxt", "IPv6-NoNxt"},
    {60, "ipv6-opts", "IPv6-Opts"},
    {88, "eigrp", "EIGRP"},
    {89, "ospf", "OSPFIGP"},
    {94, "ipip", "IPIP"},
    {103, "pim", "PIM"},
    {112, "vrrp", "VRRP"},
    {115, "l2tp", "L2TP"},
    {132, "sctp", "SCTP"},
    {136, "udplite", "UDPLite"},
    {262, "mptcp", "MPTCP"},
};

static term protocols_term(struct heap *h)
{
    term list = NIL;
    for (size_t i = sizeof protocols / sizeof *protocols; i-- > 0;) {
        const struct protocol *p = &protocols[i];
        term names = make_cons(h, atom_make(p->alias, strlen(p->alias)), NIL);
        names = make_cons(h, atom_make(p->name, strlen(p->name)), names);
        list = make_cons(h, make_tuple2(h, names, small(p->number)), list);
    }
    return list;
}

term bif_prim_socket_nif_supports_1(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    if (!is_atom(arg[0])) return NIL;
    switch (atom_index(arg[0])) {
    case ATOM_msg_flags: return message_flags(h);
    case ATOM_protocols: return protocols_term(h);
    case ATOM_ioctl_requests: return link_requests(h);
    case ATOM_ioctl_flags: return link_flag_numbers(h);
    case ATOM_options: return option_levels(h);
    default: return NIL;
    }
}
