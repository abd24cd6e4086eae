/* SPDX-License-Identifier: Apache-2.0 */
/* socket_parts.h -- what socket.c, stream.c, datagram.c and socket_option.c know of a socket together. */
#ifndef NET_SOCKET_PARTS_H
#define NET_SOCKET_PARTS_H

#include "net/socket.h"
#include "net/stack.h"
#include <lwip/tcp.h>
#include <lwip/udp.h>

enum socket_state {
    SOCKET_FRESH,
    SOCKET_CONNECTING,
    SOCKET_CONNECTED,
    SOCKET_LISTENING,
    SOCKET_OVER /* lwIP has let go of the connection */
};

/* What came and was not fetched, the oldest first. */
struct arrival {
    struct pbuf *data;
    ip_addr_t from; /* of datagrams, as the rest */
    uint16_t port;
    uint8_t tos, ttl;
};
struct arrivals {
    struct arrival *ring; /* room is a power of two, or 0 */
    uint32_t room, first, count;
    size_t bytes;
    size_t offset; /* into the first one, of a stream */
};

struct net_socket {
    bool stream, v6_only;
    uint8_t state; /* enum socket_state */
    enum net_family family;
    union {
        struct tcp_pcb *tcp; /* NULL: over */
        struct udp_pcb *udp;
    };
    int error; /* told once */

    /* The owner, and what he is to be told. */
    void *owner;
    net_ready *ready;
    unsigned watched;
    uint64_t round;                       /* of telling, in which it was queued */
    struct net_socket *next_told, **told; /* told NULL: it is not queued */

    struct arrivals arrivals;
    bool at_end, no_read, no_write;
    size_t window; /* of a stream: what it may receive ahead; 0: as much as lwIP lets it */
    struct net_address name, from; /* its own address and the peer's, kept beyond the connection */

    /* A listener, and who waits behind it. */
    struct net_socket *waiting, **last_waiting, *next_waiting, *listener;
    uint32_t waiting_count, half_open, backlog;

    /* Options that are only kept, or are looked at when something is sent. */
    int send_room, receive_room; /* as getsockopt(2) says: twice what was asked for */
    int priority, linger;        /* seconds */
    bool lingers;
    int keep_idle, keep_interval, keep_count; /* seconds, seconds, probes */
    bool no_delay, cork, dont_route, reuse, keep_alive, broadcast, oob_inline, receive_tos,
        receive_ttl, receive_class, receive_hops, debug, all_multicast;
    int tos, ttl, traffic_class, hops, multicast_ttl;
    bool multicast_loop;
    bool bound_to_all; /* to a broadcast address: it sends from that of the link */
};

/* socket.c: something happened; who watches for it is told. */
void socket_event(struct net_socket *s);
bool arrivals_add(struct arrivals *a, const struct arrival *one);
struct arrival *arrivals_first(struct arrivals *a);
void arrivals_drop_first(struct arrivals *a);
void arrivals_clear(struct arrivals *a);

/* address.c: between ours and lwIP's.  false: an address of another family. */
bool address_to_ip(const struct net_socket *s, const struct net_address *a, ip_addr_t *ip);
void address_from_ip(const struct net_socket *s, const ip_addr_t *ip, uint16_t port,
                     struct net_address *a);
/* The mote has this address, or it stands for all that it has. */
bool address_is_own(const ip_addr_t *ip);
/* It stands for everybody on a link. */
bool address_is_broadcast(const ip_addr_t *ip);
/* Who is bound to one is in the way of who wants the other. */
bool address_overlaps(const ip_addr_t *a, bool a_v6_only, const ip_addr_t *b, bool b_v6_only);

/* stream.c, datagram.c */
bool stream_open(struct net_socket *s);
void stream_close(struct net_socket *s);
unsigned stream_can(const struct net_socket *s);
int stream_bind(struct net_socket *s, const ip_addr_t *ip, uint16_t port);
int stream_connect(struct net_socket *s, const ip_addr_t *ip, uint16_t port);
/* Options that are in lwIP's hands are put there. */
void stream_apply(struct net_socket *s);
bool datagram_open(struct net_socket *s);
void datagram_close(struct net_socket *s);
unsigned datagram_can(const struct net_socket *s);
int datagram_bind(struct net_socket *s, const ip_addr_t *ip, uint16_t port);
int datagram_connect(struct net_socket *s, const ip_addr_t *ip, uint16_t port);
void datagram_apply(struct net_socket *s);
/* The other side of a connected socket has said that nobody is there. */
void datagram_refused(const ip_addr_t *own, uint16_t own_port, const ip_addr_t *other,
                      uint16_t other_port);
int datagram_membership(struct net_socket *s, const struct net_address *group,
                        const struct net_address *through, uint32_t interface_number, bool join);

#endif
