/* SPDX-License-Identifier: Apache-2.0 */
/* socket.c -- see socket.h: what streams and datagrams have in common. */
#include "net/socket_parts.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include <string.h>

#define DEFAULT_SEND_ROOM    (2 * 212992)
#define DEFAULT_RECEIVE_ROOM 131072
#define DATAGRAM_ROOM        212992

/* --- what came ------------------------------------------------------------------------------ */

bool arrivals_add(struct arrivals *a, const struct arrival *one)
{
    if (a->count == a->room) {
        uint32_t room = a->room ? 2 * a->room : 8;
        struct arrival *ring = arena_malloc(room * sizeof *ring);
        if (!ring) return false;
        for (uint32_t i = 0; i < a->count; i++) ring[i] = a->ring[(a->first + i) & (a->room - 1)];
        arena_free(a->ring);
        a->ring = ring;
        a->room = room;
        a->first = 0;
    }
    a->ring[(a->first + a->count++) & (a->room - 1)] = *one;
    a->bytes += one->data->tot_len;
    return true;
}

struct arrival *arrivals_first(struct arrivals *a)
{
    return a->count ? &a->ring[a->first & (a->room - 1)] : NULL;
}

void arrivals_drop_first(struct arrivals *a)
{
    struct arrival *one = arrivals_first(a);
    a->bytes -= one->data->tot_len;
    pbuf_free(one->data);
    a->first = (a->first + 1) & (a->room - 1);
    a->count--;
    a->offset = 0;
    if (a->count) return;
    arena_free(a->ring);
    *a = (struct arrivals){0};
}

void arrivals_clear(struct arrivals *a)
{
    while (a->count) arrivals_drop_first(a);
}

/* --- telling owners -------------------------------------------------------------------------------- */

static struct net_socket *first_told, **last_told = &first_told;
static uint64_t round_now;
static struct net_socket *being_told; /* NULL: it has been closed meanwhile */

static unsigned can(const struct net_socket *s)
{
    return s->stream ? stream_can(s) : datagram_can(s);
}

void socket_event(struct net_socket *s)
{
    if (s->told || !(s->watched & can(s))) return;
    s->round = round_now;
    s->next_told = NULL;
    s->told = last_told;
    *last_told = s;
    last_told = &s->next_told;
    net_turn_soon();
}

static void untell(struct net_socket *s)
{
    if (!s->told) return;
    *s->told = s->next_told;
    if (s->next_told)
        s->next_told->told = s->told;
    else
        last_told = s->told;
    s->told = NULL;
}

void net_sockets_tell(void)
{
    round_now++;
    while (first_told && first_told->round < round_now) {
        struct net_socket *s = being_told = first_told;
        untell(s);
        unsigned what = s->watched & can(s);
        if (what && s->ready) s->ready(s->owner, what);
        if (being_told) socket_event(s);
        being_told = NULL;
    }
    if (first_told) net_turn_soon();
}

void socket_own(struct net_socket *s, void *owner, net_ready *ready)
{
    s->owner = owner;
    s->ready = ready;
}

void socket_watch(struct net_socket *s, unsigned what)
{
    s->watched = what;
    socket_event(s);
}

/* --- life --------------------------------------------------------------------------------------------- */

struct net_socket *socket_open(enum net_family family, bool stream)
{
    struct net_socket *s = arena_calloc(sizeof *s);
    if (!s) return NULL;
    s->family = family;
    s->stream = stream;
    s->ttl = s->hops = 64;
    s->multicast_ttl = 1;
    s->keep_idle = 7200, s->keep_interval = 75, s->keep_count = 9;
    s->multicast_loop = true;
    s->all_multicast = true;
    s->send_room = stream ? DEFAULT_SEND_ROOM : DATAGRAM_ROOM;
    s->receive_room = stream ? DEFAULT_RECEIVE_ROOM : DATAGRAM_ROOM;
    s->last_waiting = &s->waiting;
    if (stream ? stream_open(s) : datagram_open(s)) return s;
    arena_free(s);
    return NULL;
}

void socket_close(struct net_socket *s)
{
    untell(s);
    if (being_told == s) being_told = NULL;
    s->watched = 0;
    if (s->stream)
        stream_close(s);
    else
        datagram_close(s);
    arrivals_clear(&s->arrivals);
    arena_free(s);
    net_touch();
}

int socket_take_error(struct net_socket *s)
{
    int error = s->error;
    s->error = NET_OK;
    return error;
}

/* --- addresses ----------------------------------------------------------------------------------------- */

int socket_bind(struct net_socket *s, const struct net_address *a)
{
    ip_addr_t ip;
    if (!address_to_ip(s, a, &ip)) return s->family == NET_INET6 ? NET_EINVAL : NET_EAFNOSUPPORT;
    /* In all its families: the address that stands for any. */
    if (s->family == NET_INET6 && !s->v6_only && ip_addr_isany_val(ip) && IP_IS_V6_VAL(ip))
        ip_addr_copy(ip, *IP_ANY_TYPE);
    bool group = !s->stream && (ip_addr_ismulticast(&ip) || address_is_broadcast(&ip));
    if (!group && !address_is_own(&ip)) return NET_EADDRNOTAVAIL;
    int error = s->stream ? stream_bind(s, &ip, a->port) : datagram_bind(s, &ip, a->port);
    /* A socket with an address of IPv6 speaks nothing else. */
    if (!error && IP_IS_V6_VAL(ip)) s->v6_only = true;
    return error;
}

/* The address that stands for any is this host when it is one to connect to. */
static void make_loopback(ip_addr_t *ip)
{
    if (!ip_addr_isany_val(*ip)) return;
    if (IP_IS_V6_VAL(*ip)) {
        IP_ADDR6(ip, 0, 0, 0, PP_HTONL(1));
    } else {
        ip_addr_set_ip4_u32_val(*ip, PP_HTONL(IPADDR_LOOPBACK));
    }
}

int socket_connect(struct net_socket *s, const struct net_address *a)
{
    ip_addr_t ip;
    if (!a) return s->stream ? NET_EINVAL : datagram_connect(s, NULL, 0);
    if (!address_to_ip(s, a, &ip)) return s->family == NET_INET6 ? NET_EINVAL : NET_EAFNOSUPPORT;
    make_loopback(&ip);
    address_from_ip(s, &ip, a->port, &s->from);
    return s->stream ? stream_connect(s, &ip, a->port) : datagram_connect(s, &ip, a->port);
}

int socket_name(const struct net_socket *s, struct net_address *a)
{
    *a = s->name;
    a->family = (uint16_t)s->family;
    if (s->stream && s->tcp)
        address_from_ip(s, &s->tcp->local_ip, s->tcp->local_port, a);
    else if (!s->stream)
        address_from_ip(s, &s->udp->local_ip, s->udp->local_port, a);
    return NET_OK;
}

int socket_peer(const struct net_socket *s, struct net_address *a)
{
    if (s->state != SOCKET_CONNECTED) return NET_ENOTCONN;
    *a = s->from;
    return NET_OK;
}

size_t socket_received(const struct net_socket *s)
{
    const struct arrivals *a = &s->arrivals;
    if (s->stream) return a->bytes - a->offset;
    return a->count ? a->ring[a->first & (a->room - 1)].data->tot_len : 0;
}
