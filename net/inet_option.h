/* SPDX-License-Identifier: Apache-2.0 */
/* inet_option.h -- the numbers by which prim_inet calls options, and those options of the socket that are plain numbers. */
#ifndef NET_INET_OPTION_H
#define NET_INET_OPTION_H

#include "net/socket_option.h"

enum {
    INET_OPT_REUSEADDR = 0,
    INET_OPT_KEEPALIVE = 1,
    INET_OPT_DONTROUTE = 2,
    INET_OPT_LINGER = 3,
    INET_OPT_BROADCAST = 4,
    INET_OPT_OOBINLINE = 5,
    INET_OPT_SNDBUF = 6,
    INET_OPT_RCVBUF = 7,
    INET_OPT_PRIORITY = 8,
    INET_OPT_TOS = 9,
    TCP_OPT_NODELAY = 10,
    UDP_OPT_MULTICAST_IF = 11,
    UDP_OPT_MULTICAST_TTL = 12,
    UDP_OPT_MULTICAST_LOOP = 13,
    UDP_OPT_ADD_MEMBERSHIP = 14,
    UDP_OPT_DROP_MEMBERSHIP = 15,
    INET_OPT_IPV6_V6ONLY = 16,
    INET_LOPT_BUFFER = 20,
    INET_LOPT_HEADER = 21,
    INET_LOPT_ACTIVE = 22,
    INET_LOPT_PACKET = 23,
    INET_LOPT_MODE = 24,
    INET_LOPT_DELIVER = 25,
    INET_LOPT_EXITONCLOSE = 26,
    INET_LOPT_TCP_HIWTRMRK = 27,
    INET_LOPT_TCP_LOWTRMRK = 28,
    INET_LOPT_TCP_SEND_TIMEOUT = 30,
    INET_LOPT_TCP_DELAY_SEND = 31,
    INET_LOPT_PACKET_SIZE = 32,
    INET_LOPT_READ_PACKETS = 33,
    INET_OPT_RAW = 34,
    INET_LOPT_TCP_SEND_TIMEOUT_CLOSE = 35,
    INET_LOPT_MSGQ_HIWTRMRK = 36,
    INET_LOPT_MSGQ_LOWTRMRK = 37,
    INET_LOPT_NETNS = 38,
    INET_LOPT_TCP_SHOW_ECONNRESET = 39,
    INET_LOPT_LINE_DELIM = 40,
    INET_OPT_TCLASS = 41,
    INET_OPT_BIND_TO_DEVICE = 42,
    INET_OPT_RECVTOS = 43,
    INET_OPT_RECVTCLASS = 44,
    INET_OPT_PKTOPTIONS = 45,
    INET_OPT_TTL = 46,
    INET_OPT_RECVTTL = 47,
    TCP_OPT_NOPUSH = 48,
    INET_OPT_DEBUG = 99
};

/* OPTION(name, level, option of the socket, does a failure to set it matter) */
#define INET_PLAIN_OPTIONS(OPTION)                                                                 \
    OPTION(INET_OPT_REUSEADDR, NET_SOL_SOCKET, OPTION_REUSEADDR, false)                            \
    OPTION(INET_OPT_KEEPALIVE, NET_SOL_SOCKET, OPTION_KEEPALIVE, false)                            \
    OPTION(INET_OPT_DONTROUTE, NET_SOL_SOCKET, OPTION_DONTROUTE, false)                            \
    OPTION(INET_OPT_BROADCAST, NET_SOL_SOCKET, OPTION_BROADCAST, false)                            \
    OPTION(INET_OPT_OOBINLINE, NET_SOL_SOCKET, OPTION_OOBINLINE, false)                            \
    OPTION(INET_OPT_SNDBUF, NET_SOL_SOCKET, OPTION_SNDBUF, false)                                  \
    OPTION(INET_OPT_RCVBUF, NET_SOL_SOCKET, OPTION_RCVBUF, false)                                  \
    OPTION(INET_OPT_PRIORITY, NET_SOL_SOCKET, OPTION_PRIORITY, true)                               \
    OPTION(INET_OPT_TOS, NET_IPPROTO_IP, OPTION_IP_TOS, true)                                      \
    OPTION(INET_OPT_TCLASS, NET_IPPROTO_IPV6, OPTION_IPV6_TCLASS, true)                            \
    OPTION(INET_OPT_TTL, NET_IPPROTO_IP, OPTION_IP_TTL, true)                                      \
    OPTION(INET_OPT_RECVTOS, NET_IPPROTO_IP, OPTION_IP_RECVTOS, true)                              \
    OPTION(INET_OPT_RECVTCLASS, NET_IPPROTO_IPV6, OPTION_IPV6_RECVTCLASS, true)                    \
    OPTION(INET_OPT_RECVTTL, NET_IPPROTO_IP, OPTION_IP_RECVTTL, true)                              \
    OPTION(TCP_OPT_NODELAY, NET_IPPROTO_TCP, OPTION_TCP_NODELAY, false)                            \
    OPTION(TCP_OPT_NOPUSH, NET_IPPROTO_TCP, OPTION_TCP_CORK, false)                                \
    OPTION(UDP_OPT_MULTICAST_TTL, NET_IPPROTO_IP, OPTION_IP_MULTICAST_TTL, false)                  \
    OPTION(UDP_OPT_MULTICAST_LOOP, NET_IPPROTO_IP, OPTION_IP_MULTICAST_LOOP, false)                \
    OPTION(INET_OPT_IPV6_V6ONLY, NET_IPPROTO_IPV6, OPTION_IPV6_V6ONLY, true)

#endif
