/* SPDX-License-Identifier: Apache-2.0 */
/* socket_option.c -- options of sockets, as setsockopt(2) and getsockopt(2) of Linux have them.
 *
 * What lwIP has no use for is kept and told, as far as programs set it in passing; what it cannot do is NET_ENOPROTOOPT.
 */
#include "net/link.h"
#include "net/socket_option.h"
#include "net/socket_parts.h"
#include <lwip/netif.h>
#include <string.h>

#define MOST_ROOM          212992 /* wmem_max, rmem_max */
#define LEAST_SEND_ROOM    4608
#define LEAST_RECEIVE_ROOM 2304

/* --- plain ones ----------------------------------------------------------------------------------- */

static int doubled(int n, int least)
{
    if (n > MOST_ROOM || n < 0) n = MOST_ROOM;
    return 2 * n < least ? least : 2 * n;
}

static void set_receive_room(struct net_socket *s, int n)
{
    s->receive_room = doubled(n, LEAST_RECEIVE_ROOM);
    if (s->stream) s->window = (size_t)s->receive_room / 2;
}

/* Where a yes or no is kept; NULL: it is none. */
static bool *flag_of(struct net_socket *s, int level, int option)
{
    switch (level << 8 | option) {
    case NET_SOL_SOCKET << 8 | OPTION_DEBUG: return &s->debug;
    case NET_SOL_SOCKET << 8 | OPTION_REUSEADDR: return &s->reuse;
    case NET_SOL_SOCKET << 8 | OPTION_DONTROUTE: return &s->dont_route;
    case NET_SOL_SOCKET << 8 | OPTION_BROADCAST: return &s->broadcast;
    case NET_SOL_SOCKET << 8 | OPTION_KEEPALIVE: return &s->keep_alive;
    case NET_SOL_SOCKET << 8 | OPTION_OOBINLINE: return &s->oob_inline;
    case NET_IPPROTO_IP << 8 | OPTION_IP_RECVTTL: return &s->receive_ttl;
    case NET_IPPROTO_IP << 8 | OPTION_IP_RECVTOS: return &s->receive_tos;
    case NET_IPPROTO_IP << 8 | OPTION_IP_MULTICAST_LOOP: return &s->multicast_loop;
    case NET_IPPROTO_IPV6 << 8 | OPTION_IPV6_MULTICAST_LOOP: return &s->multicast_loop;
    case NET_IPPROTO_IPV6 << 8 | OPTION_IPV6_V6ONLY: return &s->v6_only;
    case NET_IPPROTO_IPV6 << 8 | OPTION_IPV6_RECVTCLASS: return &s->receive_class;
    case NET_IPPROTO_IPV6 << 8 | OPTION_IPV6_RECVHOPLIMIT: return &s->receive_hops;
    default: return NULL;
    }
}

/* Where a number is kept, and its limits. */
static int *number_of(struct net_socket *s, int level, int option, int *least, int *most)
{
    *least = 0;
    *most = 255;
    switch (level << 8 | option) {
    case NET_SOL_SOCKET << 8 | OPTION_PRIORITY: *most = INT32_MAX; return &s->priority;
    case NET_IPPROTO_IP << 8 | OPTION_IP_TOS: return &s->tos;
    case NET_IPPROTO_IP << 8 | OPTION_IP_TTL: *least = 1; return &s->ttl;
    case NET_IPPROTO_IP << 8 | OPTION_IP_MULTICAST_TTL: return &s->multicast_ttl;
    case NET_IPPROTO_IPV6 << 8 | OPTION_IPV6_UNICAST_HOPS: return &s->hops;
    case NET_IPPROTO_IPV6 << 8 | OPTION_IPV6_MULTICAST_HOPS: return &s->multicast_ttl;
    case NET_IPPROTO_IPV6 << 8 | OPTION_IPV6_TCLASS: return &s->traffic_class;
    default: return NULL;
    }
}

static void apply(struct net_socket *s)
{
    if (!s->stream)
        datagram_apply(s);
    else if (s->state != SOCKET_LISTENING)
        stream_apply(s);
}

/* --- TCP --------------------------------------------------------------------------------------------- */

static int *tcp_number(struct net_socket *s, int option)
{
    switch (option) {
    case OPTION_TCP_KEEPIDLE: return &s->keep_idle;
    case OPTION_TCP_KEEPINTVL: return &s->keep_interval;
    case OPTION_TCP_KEEPCNT: return &s->keep_count;
    default: return NULL;
    }
}

static int set_tcp(struct net_socket *s, int option, int n)
{
    if (!s->stream) return NET_ENOPROTOOPT;
    int *number = tcp_number(s, option);
    if (number) {
        if (n < 1 || n > (option == OPTION_TCP_KEEPCNT ? 127 : 32767)) return NET_EINVAL;
        *number = n;
    } else if (option == OPTION_TCP_NODELAY) {
        s->no_delay = n;
    } else if (option == OPTION_TCP_CORK) {
        s->cork = n;
    } else {
        return option == OPTION_TCP_USER_TIMEOUT ? NET_OK : NET_ENOPROTOOPT;
    }
    apply(s);
    bool lets_go = (option == OPTION_TCP_NODELAY && n) || (option == OPTION_TCP_CORK && !n);
    if (lets_go && s->tcp && s->state == SOCKET_CONNECTED) tcp_output(s->tcp), net_touch();
    return NET_OK;
}

static int get_tcp(struct net_socket *s, int option, int *n)
{
    if (!s->stream) return NET_ENOPROTOOPT;
    const int *number = tcp_number(s, option);
    if (number) {
        *n = *number;
        return NET_OK;
    }
    switch (option) {
    case OPTION_TCP_NODELAY: *n = s->no_delay; return NET_OK;
    case OPTION_TCP_CORK: *n = s->cork; return NET_OK;
    case OPTION_TCP_USER_TIMEOUT: *n = 0; return NET_OK;
    case OPTION_TCP_MAXSEG:
        *n = s->state == SOCKET_CONNECTED && s->tcp ? s->tcp->mss : 536;
        return NET_OK;
    default: return NET_ENOPROTOOPT;
    }
}

/* --- groups --------------------------------------------------------------------------------------------- */

/* struct ip_mreqn, of which the number at the end may be missing, and struct ipv6_mreq. */
static int set_membership(struct net_socket *s, int level, const uint8_t *value, size_t n,
                          bool join)
{
    struct net_address group = {.family = (uint16_t)s->family}, through = group;
    int32_t number = 0;
    if (s->stream) return NET_EPROTOTYPE;
    if (level == NET_IPPROTO_IP) {
        if (n < 8) return NET_EINVAL;
        if (s->family != NET_INET) return NET_ENOPROTOOPT;
        memcpy(group.bytes, value, 4);
        memcpy(through.bytes, value + 4, 4);
        if (n >= 12) memcpy(&number, value + 8, 4);
        return datagram_membership(s, &group, &through, (uint32_t)number, join);
    }
    if (n < 20) return NET_EINVAL;
    memcpy(group.bytes, value, 16);
    memcpy(&number, value + 16, 4);
    return datagram_membership(s, &group, NULL, (uint32_t)number, join);
}

static int set_multicast_link(struct net_socket *s, int level, const uint8_t *value, size_t n)
{
    struct netif *netif;
    if (s->stream) return NET_ENOPROTOOPT;
    if (level == NET_IPPROTO_IPV6) {
        int number;
        memcpy(&number, value, sizeof number);
        if (number && !netif_get_by_index((u8_t)number)) return NET_ENODEV;
        udp_set_multicast_netif_index(s->udp, (u8_t)number);
        return NET_OK;
    }
    ip4_addr_t address;
    memcpy(&address.addr, value + (n >= 12 ? 4 : 0), 4);
    if (address.addr == 0) {
        udp_set_multicast_netif_addr(s->udp, &address);
        return NET_OK;
    }
    NETIF_FOREACH(netif)
    if (ip4_addr_cmp(netif_ip4_addr(netif), &address)) {
        udp_set_multicast_netif_addr(s->udp, &address);
        return NET_OK;
    }
    return NET_EADDRNOTAVAIL;
}

/* --- all of them ------------------------------------------------------------------------------------------- */

static int set_linger(struct net_socket *s, const uint8_t *value, size_t n)
{
    int parts[2];
    if (n < sizeof parts) return NET_EINVAL;
    memcpy(parts, value, sizeof parts);
    s->lingers = parts[0];
    if (s->lingers) s->linger = parts[1] < 0 ? INT32_MAX : parts[1];
    return NET_OK;
}

static int bind_to_device(struct net_socket *s, const char *name, size_t n)
{
    char text[16] = {0};
    memcpy(text, name, n < sizeof text - 1 ? n : sizeof text - 1);
    struct netif *netif = link_find(text, strlen(text));
    if (text[0] && !netif) return NET_ENODEV;
    if (s->stream && s->tcp)
        tcp_bind_netif(s->tcp, text[0] ? netif : NULL);
    else if (!s->stream)
        udp_bind_netif(s->udp, text[0] ? netif : NULL);
    return NET_OK;
}

static int set_number(struct net_socket *s, int level, int option, int n)
{
    int least, most;
    bool *flag = flag_of(s, level, option);
    int *number = number_of(s, level, option, &least, &most);
    if (flag) {
        if (flag == &s->v6_only && (s->family != NET_INET6 || s->name.port)) return NET_EINVAL;
        *flag = n != 0;
    } else if (number) {
        if (n == -1 && number != &s->priority)
            n = number == &s->ttl || number == &s->hops ? 64 : number == &s->multicast_ttl;
        if (n < least || n > most) return NET_EINVAL;
        *number = n;
    } else if (level == NET_SOL_SOCKET && option == OPTION_SNDBUF) {
        s->send_room = doubled(n, LEAST_SEND_ROOM);
    } else if (level == NET_SOL_SOCKET && option == OPTION_RCVBUF) {
        set_receive_room(s, n);
    } else if (level == NET_IPPROTO_TCP) {
        return set_tcp(s, option, n);
    } else {
        return NET_ENOPROTOOPT;
    }
    apply(s);
    return NET_OK;
}

static bool is_known(const struct net_socket *s, int level, int option)
{
    if (level < 0 || level > 255 || option < 0 || option > 255) return false;
    return level != NET_IPPROTO_IPV6 || s->family == NET_INET6;
}

int socket_set(struct net_socket *s, int level, int option, const void *value, size_t n)
{
    int number = 0;
    if (!is_known(s, level, option)) return NET_ENOPROTOOPT;
    if (level == NET_SOL_SOCKET && option == OPTION_BINDTODEVICE)
        return bind_to_device(s, value, n);
    if (n < sizeof number && !(n >= 1 && level == NET_IPPROTO_IP)) return NET_EINVAL;
    if (level == NET_SOL_SOCKET && option == OPTION_LINGER) return set_linger(s, value, n);
    if (level == NET_IPPROTO_IP || level == NET_IPPROTO_IPV6) {
        bool four = level == NET_IPPROTO_IP;
        if (option == (four ? OPTION_IP_ADD_MEMBERSHIP : OPTION_IPV6_ADD_MEMBERSHIP))
            return set_membership(s, level, value, n, true);
        if (option == (four ? OPTION_IP_DROP_MEMBERSHIP : OPTION_IPV6_DROP_MEMBERSHIP))
            return set_membership(s, level, value, n, false);
        if (option == (four ? OPTION_IP_MULTICAST_IF : OPTION_IPV6_MULTICAST_IF) && n >= 4)
            return set_multicast_link(s, level, value, n);
    }
    if (n >= sizeof number)
        memcpy(&number, value, sizeof number);
    else
        number = *(const uint8_t *)value;
    return set_number(s, level, option, number);
}

static int get_number(struct net_socket *s, int level, int option, int *n)
{
    int least, most;
    const bool *flag = flag_of(s, level, option);
    const int *number = number_of(s, level, option, &least, &most);
    if (flag || number) {
        *n = flag ? *flag : *number;
        return NET_OK;
    }
    if (level == NET_IPPROTO_TCP) return get_tcp(s, option, n);
    bool multicast = (level == NET_IPPROTO_IP && option == OPTION_IP_MULTICAST_IF) ||
                     (level == NET_IPPROTO_IPV6 && option == OPTION_IPV6_MULTICAST_IF);
    if (multicast && !s->stream) {
        *n = level == NET_IPPROTO_IP ? (int)ip4_addr_get_u32(udp_get_multicast_netif_addr(s->udp))
                                     : udp_get_multicast_netif_index(s->udp);
        return NET_OK;
    }
    if (level != NET_SOL_SOCKET) return NET_ENOPROTOOPT;
    switch (option) {
    case OPTION_TYPE: *n = s->stream ? 1 : 2; return NET_OK;
    case OPTION_ERROR: *n = socket_take_error(s); return NET_OK;
    case OPTION_SNDBUF: *n = s->send_room; return NET_OK;
    case OPTION_RCVBUF: *n = s->receive_room; return NET_OK;
    case OPTION_ACCEPTCONN: *n = s->state == SOCKET_LISTENING; return NET_OK;
    case OPTION_PROTOCOL: *n = s->stream ? NET_IPPROTO_TCP : NET_IPPROTO_UDP; return NET_OK;
    case OPTION_DOMAIN: *n = (int)s->family; return NET_OK;
    default: return NET_ENOPROTOOPT;
    }
}

/* Options of TCP of a socket that does not speak it, which Linux answers for in another way than
 * when they are set. */
static bool is_foreign(const struct net_socket *s, int level)
{
    return level == NET_IPPROTO_TCP && !s->stream && s->family == NET_INET;
}

/* With the zero at its end, as Linux has it; nothing when it is bound to none. */
static int get_device(const struct net_socket *s, void *value, size_t *n)
{
    u8_t number = s->stream ? s->tcp ? s->tcp->netif_idx : 0 : s->udp->netif_idx;
    const struct netif *netif = number ? netif_get_by_index(number) : NULL;
    size_t size = netif ? strlen(link_name(netif)) + 1 : 0;
    if (*n > size) *n = size;
    if (netif) memcpy(value, link_name(netif), *n);
    return NET_OK;
}

int socket_get(struct net_socket *s, int level, int option, void *value, size_t *n)
{
    if (is_foreign(s, level)) return NET_ENOTSUP;
    if (!is_known(s, level, option)) return NET_ENOPROTOOPT;
    if (level == NET_SOL_SOCKET && option == OPTION_BINDTODEVICE) return get_device(s, value, n);
    if (level == NET_SOL_SOCKET && option == OPTION_LINGER) {
        int parts[2] = {s->lingers, s->linger};
        if (*n > sizeof parts) *n = sizeof parts;
        memcpy(value, parts, *n);
        return NET_OK;
    }
    int number = 0, error = get_number(s, level, option, &number);
    if (error) return error;
    if (*n > sizeof number) *n = sizeof number;
    memcpy(value, &number, *n);
    return NET_OK;
}
