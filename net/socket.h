/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h -- sockets as Linux has them, that never block: what the ports of inet, and later `socket`, are made of.
 *
 * A function that fails answers with the number of an error (error.h), one that counts bytes with that
 * number negative.  Nothing waits: what cannot be done now is NET_EAGAIN, or NET_EINPROGRESS of a connect.
 * A watched socket tells its owner when it can: `ready` is called between the slices of processes, once in each
 * turn for as long as what is watched for holds, and may do anything, closing the socket included.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "net/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum net_family { NET_UNSPEC = 0, NET_INET = 2, NET_INET6 = 10 };

struct net_address {
    uint16_t family; /* enum net_family */
    uint16_t port;
    uint32_t scope; /* of an IPv6 address: the number of an interface, or 0 */
    uint8_t bytes[16];
};

enum { NET_READ = 1, NET_WRITE = 2 };
enum net_shutdown { NET_SHUT_READ, NET_SHUT_WRITE, NET_SHUT_BOTH };

struct net_socket;
typedef void net_ready(void *owner, unsigned what);

/* NULL: no memory. */
struct net_socket *socket_open(enum net_family family, bool stream);
/* What has been written still goes out, unless something is left that was not read, or lingering is
 * for no time at all: then the peer is told of a reset. */
void socket_close(struct net_socket *s);
void socket_own(struct net_socket *s, void *owner, net_ready *ready);
void socket_watch(struct net_socket *s, unsigned what);

int socket_bind(struct net_socket *s, const struct net_address *a);
/* Of a datagram socket: NULL dissolves it. */
int socket_connect(struct net_socket *s, const struct net_address *a);
int socket_listen(struct net_socket *s, int backlog);
/* A connection that waits, without an owner; NET_EAGAIN: none. */
int socket_accept(struct net_socket *s, struct net_socket **made);
int socket_shutdown(struct net_socket *s, enum net_shutdown how);
int socket_name(const struct net_socket *s, struct net_address *a);
int socket_peer(const struct net_socket *s, struct net_address *a);
/* What went wrong, and that is forgotten then: SO_ERROR. */
int socket_take_error(struct net_socket *s);

/* Of a stream: how many bytes were taken; how many came, 0 at the end. */
int64_t socket_send(struct net_socket *s, const uint8_t *bytes, size_t n);
int64_t socket_receive(struct net_socket *s, uint8_t *bytes, size_t room);
/* The same, and they stay where they are. */
int64_t socket_peek(struct net_socket *s, uint8_t *bytes, size_t room);
/* Bytes that are there to be received: of a stream all, else those of the next datagram. */
size_t socket_received(const struct net_socket *s);
/* Bytes that were sent and that the other side has not acknowledged. */
size_t socket_unsent(const struct net_socket *s);

/* --- datagrams ---------------------------------------------------------------------------- */

/* What comes and goes beside the data; -1: not said. */
struct net_ancillary {
    int tos, ttl, traffic_class, hops;
    bool cut; /* there was room for a part of the datagram only */
};

/* to NULL: to whom it is connected. */
int64_t socket_send_to(struct net_socket *s, const uint8_t *bytes, size_t n,
                       const struct net_address *to, const struct net_ancillary *with);
/* One datagram, or as much of it as there is room for. */
int64_t socket_receive_from(struct net_socket *s, uint8_t *bytes, size_t room,
                            struct net_address *from, struct net_ancillary *with);
/* The same, and it stays the next one. */
int64_t socket_peek_from(struct net_socket *s, uint8_t *bytes, size_t room,
                         struct net_address *from, struct net_ancillary *with);

/* --- options, by Linux's numbers -------------------------------------------------------------- */

enum {
    NET_SOL_SOCKET = 1,
    NET_IPPROTO_IP = 0,
    NET_IPPROTO_TCP = 6,
    NET_IPPROTO_UDP = 17,
    NET_IPPROTO_IPV6 = 41
};

/* `value` is as setsockopt(2) takes it: mostly an int. */
int socket_set(struct net_socket *s, int level, int option, const void *value, size_t n);
/* *n: the room, then what was written. */
int socket_get(struct net_socket *s, int level, int option, void *value, size_t *n);

#endif
