/* SPDX-License-Identifier: Apache-2.0 */
/* prim_net.c -- the natives of prim_net: names, services, links.
 *
 * No name server is asked: what a mote knows without one are addresses written as text, localhost, its own name,
 * and the services of inet_service.c.  Who wants more uses inet:getaddr/2, which asks.
 */
#include "net/prim_net.h"
#include "binary/binary.h"
#include "heap/maps.h"
#include "net/link.h"
#include "net/prim_socket.h"
#include "platform/platform.h"
#include <lwip/ip_addr.h>
#include <lwip/netif.h>

#define LONGEST 1025 /* a name, or the text of an address */

static term text_term(struct process *p, const char *text)
{
    return make_string(&p->heap, text, strlen(text));
}

/* --- settings -------------------------------------------------------------------------------------- */

static bool debug;

term bif_prim_net_nif_info_0(struct process *p, const term *arg)
{
    (void)arg;
    return map_of1(&p->heap, ATOM(debug), atom_bool(debug));
}

term bif_prim_net_nif_command_1(struct process *p, const term *arg)
{
    if (!is_tuple_of(arg[0], 2) || !term_same(element(arg[0], 0), ATOM(debug)) ||
        !bool_of(element(arg[0], 1), &debug))
        return socket_errno(p, NET_EINVAL);
    return ATOM(ok);
}

/* --- names of hosts ---------------------------------------------------------------------------------- */

static const char *own_name(struct plat_names *names)
{
    plat_names(names);
    return names->host[0] ? names->host : "mote";
}

term bif_prim_net_nif_gethostname_0(struct process *p, const term *arg)
{
    struct plat_names names;
    (void)arg;
    return socket_ok(p, text_term(p, own_name(&names)));
}

/* A number and nothing else, or nothing at all; -1: neither. */
static int port_number(const char *text)
{
    int n = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || n > 65535) return -1;
        n = 10 * n + *text - '0';
    }
    return n;
}

static void from_ip(const ip_addr_t *ip, struct net_address *a)
{
    *a = (struct net_address){.family = IP_IS_V6_VAL(*ip) ? NET_INET6 : NET_INET};
    if (IP_IS_V6_VAL(*ip)) {
        memcpy(a->bytes, ip_2_ip6(ip)->addr, 16);
    } else {
        uint32_t word = ip_addr_get_ip4_u32(ip);
        memcpy(a->bytes, &word, 4);
    }
}

/* At most two addresses; 0: the name is not known. */
static unsigned find_host(const char *name, struct net_address found[2])
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    struct plat_names names;
    ip_addr_t ip;
    found[0] = (struct net_address){.family = NET_INET};
    memcpy(found[0].bytes, loopback, 4);
    if (!name) { /* this host */
        found[1] = found[0];
        found[0] = (struct net_address){.family = NET_INET6, .bytes = {[15] = 1}};
        return 2;
    }
    if (strcmp(name, "localhost") == 0 || strcmp(name, own_name(&names)) == 0) return 1;
    if (!name[0] || !ipaddr_aton(name, &ip)) return 0;
    from_ip(&ip, &found[0]);
    return 1;
}

/* --- getaddrinfo ---------------------------------------------------------------------------------------- */

static term info_term(struct process *p, const struct net_address *a, term type, int protocol)
{
    const term pairs[] = {
        ATOM(family),   domain_term(a->family), ATOM(type), type,
        ATOM(protocol), small(protocol),        ATOM(addr), sockaddr_term(&p->heap, a)};
    return map_from_pairs(&p->heap, pairs, 4, false);
}

/* An address once for each way to use it; any: the raw one, too. */
static term add_infos(struct process *p, const struct net_address *a, unsigned by, bool any,
                      term list)
{
    struct heap *h = &p->heap;
    if (any) list = make_cons(h, info_term(p, a, ATOM(raw), 0), list);
    if (by & SERVICE_UDP) list = make_cons(h, info_term(p, a, ATOM(dgram), NET_IPPROTO_UDP), list);
    if (by & SERVICE_TCP) list = make_cons(h, info_term(p, a, ATOM(stream), NET_IPPROTO_TCP), list);
    return list;
}

/* false: neither `undefined` (*given is NULL then) nor a text. */
static bool name_of(term t, char *text, const char **given)
{
    *given = NULL;
    if (term_same(t, ATOM(undefined))) return true;
    *given = text;
    return text_of(t, text, LONGEST) >= 0;
}

term bif_prim_net_nif_getaddrinfo_3(struct process *p, const term *arg)
{
    char host_text[LONGEST], service_text[LONGEST];
    const char *host, *service;
    struct net_address found[2];
    uint16_t port = 0;
    unsigned by = SERVICE_TCP | SERVICE_UDP;
    bool any = true;
    if (!name_of(arg[0], host_text, &host) || !name_of(arg[1], service_text, &service))
        return raise_badarg(p);
    if (!host && !service) return raise_badarg(p);
    if (service) {
        int n = port_number(service);
        any = n >= 0;
        port = (uint16_t)n;
        if (!any && !(by = service_find(service, &port))) return socket_error(p, ATOM(eservice));
    }
    unsigned n = find_host(host, found);
    term list = NIL;
    if (n == 0) return socket_error(p, ATOM(enoname));
    while (n-- > 0) {
        found[n].port = port;
        list = add_infos(p, &found[n], by, any, list);
    }
    return socket_ok(p, list);
}

/* --- getnameinfo ------------------------------------------------------------------------------------------ */

enum { NAME_REQUIRED = 1, DATAGRAM = 2, NUMERIC_HOST = 4, NUMERIC_SERVICE = 8 };

/* false: something else is in the list. */
static bool name_flags(term t, unsigned *flags)
{
    *flags = 0;
    if (term_same(t, ATOM(undefined))) return true;
    if (!is_list(t)) return false;
    for (; is_cons(t); t = tail(t)) {
        if (!is_atom(head(t))) return false;
        switch (atom_index(head(t))) {
        case ATOM_namereqd: *flags |= NAME_REQUIRED; break;
        case ATOM_dgram: *flags |= DATAGRAM; break;
        case ATOM_numerichost: *flags |= NUMERIC_HOST; break;
        case ATOM_numericserv: *flags |= NUMERIC_SERVICE; break;
        case ATOM_nofqdn:
        case ATOM_idn: break;
        default: return false;
        }
    }
    return true;
}

/* NULL: it has no name. */
static const char *host_name(const struct net_address *a)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    bool is_loopback =
        a->family == NET_INET ? a->bytes[0] == 127 : memcmp(a->bytes, loopback6, 16) == 0;
    return is_loopback ? "localhost" : NULL;
}

static void address_text(const struct net_address *a, char *text, size_t room)
{
    ip_addr_t ip = IPADDR4_INIT(0);
    uint32_t words[4];
    memcpy(words, a->bytes, sizeof words);
    if (a->family == NET_INET) {
        ip_addr_set_ip4_u32_val(ip, words[0]);
    } else {
        IP_ADDR6(&ip, words[0], words[1], words[2], words[3]);
    }
    ipaddr_ntoa_r(&ip, text, (int)room);
    /* As everybody else writes it, in small letters. */
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'F') *text += 'a' - 'A';
}

static void number_text(unsigned n, char *text)
{
    char digits[8];
    size_t k = 0;
    do digits[k++] = (char)('0' + n % 10);
    while (n /= 10);
    while (k) *text++ = digits[--k];
    *text = 0;
}

term bif_prim_net_nif_getnameinfo_2(struct process *p, const term *arg)
{
    struct net_address a;
    unsigned flags;
    char text[64], port[8];
    if (!sockaddr_of(arg[0], &a)) return socket_errno(p, NET_EINVAL);
    if (!name_flags(arg[1], &flags)) return raise_badarg(p);
    if (a.family != NET_INET && a.family != NET_INET6) return socket_error(p, ATOM(efamily));
    const char *host = flags & NUMERIC_HOST ? NULL : host_name(&a), *service = NULL;
    if (!host) {
        if (flags & NAME_REQUIRED) return socket_error(p, ATOM(enoname));
        address_text(&a, text, sizeof text);
        host = text;
    }
    if (!(flags & NUMERIC_SERVICE))
        service = service_name(a.port, flags & DATAGRAM ? SERVICE_UDP : SERVICE_TCP);
    if (!service) {
        number_text(a.port, port);
        service = port;
    }
    return socket_ok(
        p, map_of2(&p->heap, ATOM(host), text_term(p, host), ATOM(service), text_term(p, service)));
}

/* --- links -------------------------------------------------------------------------------------------------- */

static term packet_term(struct heap *h, const struct netif *n, const uint8_t *bytes)
{
    term kind = link_is_loopback(n) ? ATOM(loopback) : ATOM(ether);
    const term pairs[] = {ATOM(family), ATOM(packet),  ATOM(protocol),
                          small(0),     ATOM(ifindex), small(link_number(n)),
                          ATOM(hatype), kind,          ATOM(pkttype),
                          ATOM(host),   ATOM(addr),    binary_make(h, bytes, 6)};
    return map_from_pairs(h, pairs, 6, false);
}

/* #{name, flags, addr, netmask, broadaddr}; mask, broadcast NO_VALUE: not there */
static term link_term(struct heap *h, const struct netif *n, term address, term mask,
                      term broadcast)
{
    term name = make_string(h, link_name(n), strlen(link_name(n)));
    const term pairs[] = {ATOM(name_),           name,       ATOM(flags),
                          link_flags_term(h, n), ATOM(addr), address};
    term map = map_from_pairs(h, pairs, 3, false);
    if (is_value(mask)) map = map_put(h, map, ATOM(netmask), mask);
    if (is_value(broadcast)) map = map_put(h, map, ATOM(broadaddr), broadcast);
    return map;
}

static term packet_entry(struct heap *h, const struct netif *n)
{
    static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
    term broadcast = link_is_loopback(n) ? NO_VALUE : packet_term(h, n, all);
    return link_term(h, n, packet_term(h, n, link_hardware(n)), NO_VALUE, broadcast);
}

static term inet_entry(struct heap *h, const struct netif *n)
{
    uint32_t address = ip4_addr_get_u32(netif_ip4_addr(n));
    if (!address) return NO_VALUE;
    term mask = link_address_term(h, ip4_addr_get_u32(netif_ip4_netmask(n)));
    term broadcast = link_is_loopback(n) ? NO_VALUE : link_address_term(h, link_broadcast(n));
    return link_term(h, n, link_address_term(h, address), mask, broadcast);
}

static term inet6_entry(struct heap *h, const struct netif *n, int k)
{
    struct net_address a = {.family = NET_INET6}, mask = a;
    if (!ip6_addr_isvalid(netif_ip6_addr_state(n, k))) return NO_VALUE;
    memcpy(a.bytes, netif_ip6_addr(n, k)->addr, 16);
    if (ip6_addr_islinklocal(netif_ip6_addr(n, k))) a.scope = link_number(n);
    memset(mask.bytes, 255, link_is_loopback(n) ? 16 : 8);
    return link_term(h, n, sockaddr_term(h, &a), sockaddr_term(h, &mask), NO_VALUE);
}

#define MOST_ENTRIES 256

term bif_prim_net_nif_getifaddrs_1(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    term entries[MOST_ENTRIES], one;
    size_t count = 0;
    if (!is_map(arg[0])) return raise_badarg(p);
    term space = map_get(arg[0], ATOM(netns));
    if (is_value(space)) return is_list(space) ? socket_errno(p, NET_ENOENT) : raise_badarg(p);
    for (int pass = -2; pass < LWIP_IPV6_NUM_ADDRESSES; pass++)
        for (const struct netif *n = NULL; (n = link_after(n)) && count < MOST_ENTRIES;) {
            one = pass == -2   ? packet_entry(h, n)
                  : pass == -1 ? inet_entry(h, n)
                               : inet6_entry(h, n, pass);
            if (is_value(one)) entries[count++] = one;
        }
    return socket_ok(p, make_list(h, count, entries, NIL));
}

term bif_prim_net_nif_if_name2index_1(struct process *p, const term *arg)
{
    char name[17];
    ptrdiff_t size = text_of(arg[0], name, sizeof name);
    if (size < 0) return socket_errno(p, NET_EINVAL);
    const struct netif *n = link_find(name, (size_t)size);
    return n ? socket_ok(p, small(link_number(n))) : socket_errno(p, NET_ENODEV);
}

term bif_prim_net_nif_if_index2name_1(struct process *p, const term *arg)
{
    unsigned number;
    if (!uint_of(arg[0], &number)) return raise_badarg(p);
    const struct netif *n = link_by_number(number);
    return n ? socket_ok(p, text_term(p, link_name(n))) : socket_errno(p, NET_ENXIO);
}

term bif_prim_net_nif_if_names_0(struct process *p, const term *arg)
{
    term entries[MOST_ENTRIES];
    size_t count = 0;
    (void)arg;
    for (const struct netif *n = NULL; (n = link_after(n)) && count < MOST_ENTRIES;)
        entries[count++] = make_tuple2(&p->heap, small(link_number(n)), text_term(p, link_name(n)));
    return socket_ok(p, make_list(&p->heap, count, entries, NIL));
}

/* --- of another system ------------------------------------------------------------------------------------------ */

term bif_prim_net_nif_get_adapters_addresses_1(struct process *p, const term *arg)
{
    (void)arg;
    return raise(p, ATOM(notsup));
}
term bif_prim_net_nif_get_if_entry_1(struct process *p, const term *arg)
{
    return bif_prim_net_nif_get_adapters_addresses_1(p, arg);
}
term bif_prim_net_nif_get_interface_info_1(struct process *p, const term *arg)
{
    return bif_prim_net_nif_get_adapters_addresses_1(p, arg);
}
term bif_prim_net_nif_get_ip_address_table_1(struct process *p, const term *arg)
{
    return bif_prim_net_nif_get_adapters_addresses_1(p, arg);
}
