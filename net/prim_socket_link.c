/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket_link.c -- ioctl of prim_socket, and links in module prim_net.
 *
 * What is said of a link is what Linux would say of one like it.  Only the monitor changes links.
 */
#include "net/prim_socket.h"
#include "big/big.h"
#include "binary/binary.h"
#include "heap/maps.h"
#include "net/link.h"
#include "net/prim_net.h"
#include <lwip/netif.h>

enum {
    FLAG_UP = 1,
    FLAG_BROADCAST = 2,
    FLAG_LOOPBACK = 8,
    FLAG_RUNNING = 0x40,
    FLAG_MULTICAST = 0x1000
};
enum { HARDWARE_ETHER = 1, HARDWARE_LOOPBACK = 772 };

#define LOOPBACK_MTU 65536
#define QUEUE        1000

/* --- links ------------------------------------------------------------------------------------------ */

static const struct netif *loopback(void)
{
    const struct netif *n;
    NETIF_FOREACH(n) if (link_is_loopback(n)) return n;
    return NULL;
}

unsigned link_number(const struct netif *n) { return 1u + n->num; }

const struct netif *link_by_number(unsigned number)
{
    const struct netif *n;
    NETIF_FOREACH(n) if (link_number(n) == number) return n;
    return NULL;
}

const struct netif *link_after(const struct netif *n)
{
    return n ? link_by_number(link_number(n) + 1) : loopback();
}

static unsigned flags_of(const struct netif *n)
{
    return (netif_is_up(n) ? FLAG_UP : 0) | (netif_is_link_up(n) ? FLAG_RUNNING : 0) |
           (link_is_loopback(n) ? FLAG_LOOPBACK : FLAG_BROADCAST | FLAG_MULTICAST);
}

static const struct {
    uint32_t atom, bit;
} flag_names[] = {
    {ATOM_up, FLAG_UP},
    {ATOM_broadcast, FLAG_BROADCAST},
    {ATOM_debug, 4},
    {ATOM_loopback, FLAG_LOOPBACK},
    {ATOM_pointopoint, 16},
    {ATOM_notrailers, 32},
    {ATOM_running, FLAG_RUNNING},
    {ATOM_noarp, 128},
    {ATOM_promisc, 256},
    {ATOM_allmulti, 512},
    {ATOM_master, 1024},
    {ATOM_slave, 2048},
    {ATOM_multicast, FLAG_MULTICAST},
    {ATOM_portsel, 0x2000},
    {ATOM_automedia, 0x4000},
    {ATOM_dynamic, 0x8000},
    {ATOM_lower_up, 0x10000},
    {ATOM_dormant, 0x20000},
    {ATOM_echo, 0x40000},
};
#define FLAG_NAMES (sizeof flag_names / sizeof *flag_names)

term link_flag_numbers(struct heap *h)
{
    term list = NIL;
    for (size_t i = FLAG_NAMES; i-- > 0;)
        list = make_cons(h, make_tuple2(h, atom_term(flag_names[i].atom), small(flag_names[i].bit)),
                         list);
    return list;
}

term link_flags_term(struct heap *h, const struct netif *n)
{
    term list = NIL;
    for (size_t i = FLAG_NAMES; i-- > 0;)
        if (flags_of(n) & flag_names[i].bit)
            list = make_cons(h, atom_term(flag_names[i].atom), list);
    return list;
}

/* --- addresses --------------------------------------------------------------------------------------- */

term link_address_term(struct heap *h, uint32_t address)
{
    struct net_address a = {.family = NET_INET};
    memcpy(a.bytes, &address, 4);
    return sockaddr_term(h, &a);
}

uint32_t link_broadcast(const struct netif *n)
{
    return ip4_addr_get_u32(netif_ip4_addr(n)) | ~ip4_addr_get_u32(netif_ip4_netmask(n));
}

const uint8_t *link_hardware(const struct netif *n)
{
    static const uint8_t none[6];
    return n->hwaddr_len == 6 ? n->hwaddr : none;
}

/* --- ioctl ------------------------------------------------------------------------------------------------ */

/* By Linux's numbers. */
enum {
    GIFNAME = 0x8910,
    GIFCONF = 0x8912,
    GIFFLAGS = 0x8913,
    GIFADDR = 0x8915,
    GIFDSTADDR = 0x8917,
    GIFBRDADDR = 0x8919,
    GIFNETMASK = 0x891b,
    GIFMTU = 0x8921,
    GIFHWADDR = 0x8927,
    GIFINDEX = 0x8933,
    GIFTXQLEN = 0x8942
};

term link_requests(struct heap *h)
{
    static const struct {
        uint32_t atom, number;
    } requests[] = {
        {ATOM_gifname, GIFNAME},       {ATOM_gifindex, GIFINDEX},     {ATOM_gifflags, GIFFLAGS},
        {ATOM_gifaddr, GIFADDR},       {ATOM_gifdstaddr, GIFDSTADDR}, {ATOM_gifbrdaddr, GIFBRDADDR},
        {ATOM_gifnetmask, GIFNETMASK}, {ATOM_gifmtu, GIFMTU},         {ATOM_gifhwaddr, GIFHWADDR},
        {ATOM_giftxqlen, GIFTXQLEN},   {ATOM_gifconf, GIFCONF}};
    term list = NIL;
    for (size_t i = sizeof requests / sizeof *requests; i-- > 0;)
        list = make_cons(h, make_tuple2(h, atom_term(requests[i].atom), small(requests[i].number)),
                         list);
    return list;
}

static term hardware_term(struct heap *h, const struct netif *n)
{
    uint8_t bytes[14] = {0};
    memcpy(bytes, link_hardware(n), 6);
    return map_of2(h, ATOM(family), link_is_loopback(n) ? ATOM(loopback) : ATOM(ether), ATOM(addr),
                   binary_make(h, bytes, sizeof bytes));
}

static term all_addresses(struct heap *h)
{
    term list = NIL;
    for (const struct netif *n = NULL; (n = link_after(n));) {
        if (!ip4_addr_get_u32(netif_ip4_addr(n))) continue;
        term address = link_address_term(h, ip4_addr_get_u32(netif_ip4_addr(n)));
        term name = make_string(h, link_name(n), strlen(link_name(n)));
        list = make_cons(h, map_of2(h, ATOM(name_), name, ATOM(addr), address), list);
    }
    term out = NIL;
    for (; is_cons(list); list = tail(list)) out = make_cons(h, head(list), out);
    return out;
}

static bool request_of(term t, uint64_t *request)
{
    return is_integer(t) && integer_to_uint64(t, request);
}

term bif_prim_socket_nif_ioctl_2(struct process *p, const term *arg)
{
    const struct handle *h = handle_of(arg[0]);
    uint64_t request;
    if (!h || !request_of(arg[1], &request)) return raise_badarg(p);
    if (!handle_is_open(h)) return socket_closed(p);
    if (request != GIFCONF) return socket_error(p, ATOM(enotsup));
    return socket_ok(p, all_addresses(&p->heap));
}

static term fact(struct heap *h, const struct netif *n, uint64_t request)
{
    uint32_t address = ip4_addr_get_u32(netif_ip4_addr(n));
    switch (request) {
    case GIFINDEX: return small(link_number(n));
    case GIFFLAGS: return link_flags_term(h, n);
    case GIFADDR:
    case GIFDSTADDR: return link_address_term(h, address);
    case GIFBRDADDR: return link_address_term(h, link_is_loopback(n) ? 0 : link_broadcast(n));
    case GIFNETMASK: return link_address_term(h, ip4_addr_get_u32(netif_ip4_netmask(n)));
    case GIFMTU: return small(link_is_loopback(n) ? LOOPBACK_MTU : n->mtu);
    case GIFHWADDR: return hardware_term(h, n);
    case GIFTXQLEN: return small(QUEUE);
    default: return NO_VALUE;
    }
}

term bif_prim_socket_nif_ioctl_3(struct process *p, const term *arg)
{
    const struct handle *h = handle_of(arg[0]);
    const struct netif *n;
    uint64_t request;
    int number;
    char name[64];
    if (!h || !request_of(arg[1], &request)) return raise_badarg(p);
    if (!handle_is_open(h)) return socket_closed(p);
    if (request == GIFNAME) {
        if (!int_of(arg[2], &number)) return raise_badarg(p);
        n = number > 0 ? link_by_number((unsigned)number) : NULL;
        if (!n) return socket_errno(p, NET_ENODEV);
        return socket_ok(p, make_string(&p->heap, link_name(n), strlen(link_name(n))));
    }
    n = loopback();
    if (is_no_value(fact(&p->heap, n, request))) return socket_error(p, ATOM(enotsup));
    ptrdiff_t size = text_of(arg[2], name, sizeof name);
    if (size < 0) return raise_badarg(p);
    n = link_find(name, (size_t)size);
    return n ? socket_ok(p, fact(&p->heap, n, request)) : socket_errno(p, NET_ENODEV);
}

term bif_prim_socket_nif_ioctl_4(struct process *p, const term *arg)
{
    const struct handle *h = handle_of(arg[0]);
    uint64_t request;
    if (!h || !request_of(arg[1], &request)) return raise_badarg(p);
    return handle_is_open(h) ? socket_error(p, ATOM(enotsup)) : socket_closed(p);
}
