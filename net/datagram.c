/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.c -- sockets of UDP. */
#include "net/socket_parts.h"
#include "heap/arena.h"
#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <string.h>

#define LONGEST 65507 /* of what one datagram carries */

/* --- receiving ---------------------------------------------------------------------------------- */

static void received(void *argument, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from,
                     u16_t port)
{
    struct net_socket *s = argument;
    struct arrival one = {.data = data, .from = *from, .port = port};
    (void)pcb;
    bool fits = s->arrivals.bytes + data->tot_len <= (size_t)s->receive_room && !s->no_read;
    if (ip_current_is_v6()) {
        one.tos = (uint8_t)IP6H_TC(ip6_current_header());
        one.ttl = IP6H_HOPLIM(ip6_current_header());
    } else {
        one.tos = IPH_TOS(ip4_current_header());
        one.ttl = IPH_TTL(ip4_current_header());
    }
    if (!fits || !arrivals_add(&s->arrivals, &one)) pbuf_free(data);
    socket_event(s);
}

int64_t socket_peek_from(struct net_socket *s, uint8_t *bytes, size_t room,
                         struct net_address *from, struct net_ancillary *with)
{
    const struct arrival *one = arrivals_first(&s->arrivals);
    if (s->error) return -socket_take_error(s);
    if (!one) return s->no_read ? 0 : -NET_EAGAIN;
    size_t n = one->data->tot_len < room ? one->data->tot_len : room;
    pbuf_copy_partial(one->data, bytes, (u16_t)n, 0);
    address_from_ip(s, &one->from, one->port, from);
    bool four = IP_IS_V4_VAL(one->from);
    *with = (struct net_ancillary){
        .tos = four && s->receive_tos ? one->tos : -1,
        .ttl = four && s->receive_ttl ? one->ttl : -1,
        .traffic_class = !four && s->receive_class ? one->tos : -1,
        .hops = !four && s->receive_hops ? one->ttl : -1,
        .cut = n < one->data->tot_len,
    };
    return (int64_t)n;
}

int64_t socket_receive_from(struct net_socket *s, uint8_t *bytes, size_t room,
                            struct net_address *from, struct net_ancillary *with)
{
    bool any = !s->error && s->arrivals.count;
    int64_t n = socket_peek_from(s, bytes, room, from, with);
    if (any) arrivals_drop_first(&s->arrivals);
    return n;
}

unsigned datagram_can(const struct net_socket *s)
{
    return NET_WRITE | (s->arrivals.count || s->error || s->no_read ? NET_READ : 0);
}

/* --- sending -------------------------------------------------------------------------------------- */

void datagram_apply(struct net_socket *s)
{
    struct udp_pcb *pcb = s->udp;
    pcb->tos = (u8_t)(s->family == NET_INET6 ? s->traffic_class : s->tos);
    pcb->ttl = (u8_t)(s->family == NET_INET6 ? s->hops : s->ttl);
    udp_set_multicast_ttl(pcb, (u8_t)s->multicast_ttl);
    if (s->multicast_loop)
        udp_set_flags(pcb, UDP_FLAGS_MULTICAST_LOOP);
    else
        udp_clear_flags(pcb, UDP_FLAGS_MULTICAST_LOOP);
    if (s->broadcast)
        ip_set_option(pcb, SOF_BROADCAST);
    else
        ip_reset_option(pcb, SOF_BROADCAST);
    if (s->reuse)
        ip_set_option(pcb, SOF_REUSEADDR);
    else
        ip_reset_option(pcb, SOF_REUSEADDR);
}

static int send(struct net_socket *s, struct pbuf *data, const ip_addr_t *to, uint16_t port,
                const struct net_ancillary *with)
{
    struct udp_pcb *pcb = s->udp;
    u8_t tos = pcb->tos, ttl = pcb->ttl;
    if (with && s->family == NET_INET6 && with->traffic_class >= 0)
        pcb->tos = (u8_t)with->traffic_class;
    if (with && s->family == NET_INET && with->tos >= 0) pcb->tos = (u8_t)with->tos;
    int hops = with ? s->family == NET_INET6 ? with->hops : with->ttl : -1;
    if (hops >= 0) pcb->ttl = (u8_t)hops;
    /* Who is on this side of the link hears it, too. */
    if (s->broadcast && address_is_broadcast(to)) data->flags |= PBUF_FLAG_MCASTLOOP;
    const ip_addr_t own = pcb->local_ip;
    if (s->bound_to_all) ip_addr_set_any(false, &pcb->local_ip);
    err_t result = udp_sendto(pcb, data, to, port);
    pcb->local_ip = own, pcb->tos = tos, pcb->ttl = ttl;
    if (result == ERR_VAL) return NET_EACCES; /* to everybody, without leave */
    if (result == ERR_RTE) return NET_ENETUNREACH;
    return result == ERR_MEM ? NET_ENOBUFS : net_error_of(result);
}

int64_t socket_send_to(struct net_socket *s, const uint8_t *bytes, size_t n,
                       const struct net_address *to, const struct net_ancillary *with)
{
    ip_addr_t ip;
    uint16_t port = 0;
    if (s->error) return -socket_take_error(s);
    if (s->no_write) return -NET_EPIPE;
    if (to) {
        if (!address_to_ip(s, to, &ip)) return -NET_EINVAL;
        if (ip_addr_isany_val(ip)) {
            if (IP_IS_V6_VAL(ip))
                IP_ADDR6(&ip, 0, 0, 0, PP_HTONL(1));
            else
                ip_addr_set_ip4_u32_val(ip, PP_HTONL(IPADDR_LOOPBACK));
        }
        port = to->port;
    } else if (s->state == SOCKET_CONNECTED) {
        ip = s->udp->remote_ip;
        port = s->udp->remote_port;
    } else {
        return -NET_EDESTADDRREQ;
    }
    if (port == 0) return -NET_EINVAL;
    if (n > LONGEST) return -NET_EMSGSIZE;
    struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, (u16_t)n, PBUF_RAM);
    if (!data) return -NET_ENOBUFS;
    pbuf_take(data, bytes, (u16_t)n);
    int error = send(s, data, &ip, port, with);
    pbuf_free(data);
    net_touch();
    return error ? -error : (int64_t)n;
}

/* --- binding and connecting ----------------------------------------------------------------------------- */

bool datagram_open(struct net_socket *s)
{
    s->udp = udp_new_ip_type(s->family == NET_INET6 ? IPADDR_TYPE_ANY : IPADDR_TYPE_V4);
    if (!s->udp) return false;
    udp_recv(s->udp, received, s);
    datagram_apply(s);
    return true;
}

void datagram_close(struct net_socket *s) { udp_remove(s->udp); }

static bool is_in_way(const struct net_socket *s, const ip_addr_t *ip, uint16_t port)
{
    for (const struct udp_pcb *p = udp_pcbs; p; p = p->next) {
        if (p == s->udp || p->local_port != port) continue;
        const struct net_socket *other = p->recv_arg;
        if (s->reuse && other->reuse) continue;
        if (address_overlaps(ip, s->v6_only, &p->local_ip, other->v6_only)) return true;
    }
    return false;
}

int datagram_bind(struct net_socket *s, const ip_addr_t *ip, uint16_t port)
{
    if (s->udp->local_port) return NET_EINVAL;
    datagram_apply(s);
    if (port && is_in_way(s, ip, port)) return NET_EADDRINUSE;
    s->bound_to_all = address_is_broadcast(ip);
    return net_error_of(udp_bind(s->udp, ip, port));
}

int datagram_connect(struct net_socket *s, const ip_addr_t *ip, uint16_t port)
{
    if (!ip) {
        udp_disconnect(s->udp);
        s->state = SOCKET_FRESH;
        return NET_OK;
    }
    const struct netif *through = ip_route(&s->udp->local_ip, ip);
    if (!through) return NET_ENETUNREACH;
    err_t result = udp_connect(s->udp, ip, port);
    if (result != ERR_OK) return net_error_of(result);
    s->state = SOCKET_CONNECTED;
    return NET_OK;
}

void datagram_refused(const ip_addr_t *own, uint16_t own_port, const ip_addr_t *other,
                      uint16_t other_port)
{
    for (const struct udp_pcb *p = udp_pcbs; p; p = p->next) {
        struct net_socket *s = p->recv_arg;
        if (p->local_port != own_port || p->remote_port != other_port) continue;
        if (s->state != SOCKET_CONNECTED || !ip_addr_cmp_zoneless(&p->remote_ip, other)) continue;
        if (!ip_addr_isany(&p->local_ip) && !ip_addr_cmp_zoneless(&p->local_ip, own)) continue;
        s->error = NET_ECONNREFUSED;
        socket_event(s);
    }
}

/* --- groups -------------------------------------------------------------------------------------------------- */

static struct netif *link_of(const ip_addr_t *through, uint32_t number)
{
    struct netif *netif;
    if (number) return netif_get_by_index((u8_t)number);
    NETIF_FOREACH(netif)
    if (IP_IS_V4_VAL(*through) && ip4_addr_cmp(netif_ip4_addr(netif), ip_2_ip4(through)))
        return netif;
    return NULL;
}

/* Which link is meant is said by an address of it or its number; not said, it is the one that packets to the
 * group would take. */
int datagram_membership(struct net_socket *s, const struct net_address *group,
                        const struct net_address *through, uint32_t number, bool join)
{
    ip_addr_t g, t = IPADDR4_INIT(0);
    if (!address_to_ip(s, group, &g) || !ip_addr_ismulticast(&g)) return NET_EINVAL;
    if (through) address_to_ip(s, through, &t);
    struct netif *netif = link_of(&t, number);
    if (!netif && (number || !ip_addr_isany_val(t))) return NET_ENODEV;
    if (!netif) netif = ip_route(&t, &g);
    if (!netif) netif = netif_list;
    err_t result;
    if (IP_IS_V4_VAL(g)) {
        if (!(netif->flags & NETIF_FLAG_IGMP)) return NET_ENODEV;
        result = join ? igmp_joingroup_netif(netif, ip_2_ip4(&g))
                      : igmp_leavegroup_netif(netif, ip_2_ip4(&g));
    } else {
        result = join ? mld6_joingroup_netif(netif, ip_2_ip6(&g))
                      : mld6_leavegroup_netif(netif, ip_2_ip6(&g));
    }
    net_touch();
    return result == ERR_OK ? NET_OK : join ? NET_ENOBUFS : NET_EADDRNOTAVAIL;
}
