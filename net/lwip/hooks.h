/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.h -- where lwIP asks the rest of net/. */
#ifndef NET_HOOKS_H
#define NET_HOOKS_H

/* A start of sequence numbers that nobody guesses. */
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) net_random()

/* stream.c: false for a segment that is not to be looked at: there is no room behind a listener. */
struct tcp_pcb;
struct tcp_hdr;
int net_accepts_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header);
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, optlen, opt1len, opt2, p)                          \
    (net_accepts_segment(pcb, header) ? ERR_OK : ERR_MEM)

/* link.c */
struct netif;
struct ip6_addr;
const struct ip6_addr *net_ipv6_gateway(struct netif *n, const struct ip6_addr *to);
#define LWIP_HOOK_ND6_GET_GW(netif, to) net_ipv6_gateway(netif, to)

/* unreachable.c and lookup.c: look at what comes in, and take nothing of it. */
struct pbuf;
void net_look_for_unreachable(const struct pbuf *p, int version);
void net_lookup(const struct pbuf *p, int version);
#define LWIP_HOOK_IP4_INPUT(p, netif) (net_look_for_unreachable(p, 4), net_lookup(p, 4), 0)
#define LWIP_HOOK_IP6_INPUT(p, netif) (net_look_for_unreachable(p, 6), net_lookup(p, 6), 0)

#endif
