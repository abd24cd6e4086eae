/* SPDX-License-Identifier: Apache-2.0 */
/* lwipopts.h -- how lwIP is built into a mote: one thread, the raw interface, memory from the arena.
 *
 * Included by lwIP's own opt.h; what is not named here is as lwIP has it.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* --- no operating system ------------------------------------------------------------------- */

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_TIMERS          1
#define LWIP_TIMERS_CUSTOM   1 /* stack_timer.c, on the machine's wheel */
#define LWIP_STATS           0
#define LWIP_NO_CTYPE_H      1
#define LWIP_NO_UNISTD_H     1
#define LWIP_HOOK_FILENAME   "hooks.h"

/* --- memory ----------------------------------------------------------------------------------- */

#define MEM_LIBC_MALLOC       1
#define MEMP_MEM_MALLOC       1
#define MEM_ALIGNMENT         8
#define mem_clib_malloc       arena_malloc
#define mem_clib_free         arena_free
#define mem_clib_calloc(n, m) arena_calloc((size_t)(n) * (m))
/* How many of something there may be is what the arena has room for. */
#define MEMP_NUM_TCP_PCB      65535

/* --- links ---------------------------------------------------------------------------------------- */

#define LWIP_ARP                     1
#define LWIP_ETHERNET                1
#define ARP_TABLE_SIZE               64
#define ARP_QUEUEING                 1
#define ARP_QUEUE_LEN                16
#define ETH_PAD_SIZE                 0
#define LWIP_HAVE_LOOPIF             1
#define LWIP_NETIF_LOOPBACK          1
#define LWIP_LOOPIF_MULTICAST        1
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHKSUM                  net_checksum
#define LWIP_NUM_NETIF_CLIENT_DATA   0

/* --- IP ---------------------------------------------------------------------------------------------- */

#define LWIP_IPV4                     1
#define LWIP_IPV6                     1
#define IP_DEFAULT_TTL                64
#define LWIP_ICMP6_HL                 64
#define IP_REASSEMBLY                 1
#define IP_REASS_MAX_PBUFS            256
#define IP_FRAG                       1
#define LWIP_IPV6_REASS               1
#define LWIP_IPV6_FRAG                1
#define IPV6_FRAG_COPYHEADER          1 /* pointers are larger than the header that they are kept in */
#define LWIP_IGMP                     1
#define LWIP_IPV6_MLD                 1
#define LWIP_RAW                      0
#define LWIP_DHCP                     0
#define LWIP_AUTOIP                   0
#define LWIP_DNS                      0
#define LWIP_IPV6_AUTOCONFIG          1
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0 /* addresses and the way out are known */
#define LWIP_IPV6_NUM_ADDRESSES       5
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0 /* who hands out addresses knows them all */
#define LWIP_IPV6_DHCP6               0
#define LWIP_ND6_QUEUEING             1
#define LWIP_ND6_NUM_NEIGHBORS        32
#define LWIP_ND6_NUM_DESTINATIONS     64
#define LWIP_MULTICAST_TX_OPTIONS     1

/* --- UDP ------------------------------------------------------------------------------------------------ */

#define LWIP_UDP              1
#define UDP_TTL               64
#define SO_REUSE              1
#define SO_REUSE_RXTOALL      1
#define IP_SOF_BROADCAST      1
#define IP_SOF_BROADCAST_RECV 0

/* --- TCP ------------------------------------------------------------------------------------------------ */

#define LWIP_TCP                   1
#define TCP_TTL                    64
/* Of the loopback; a link's own frames set a smaller one. */
#define TCP_MSS                    16384
#define TCP_CALCULATE_EFF_SEND_MSS 1
#define LWIP_WND_SCALE             1
#define TCP_RCV_SCALE              4
#define NET_TCP_WINDOW             (512 * 1024)
#ifdef NET_CHECKS_OPTIONS /* init.c, which wants to calculate with it */
#define TCP_WND NET_TCP_WINDOW
#else
#define TCP_WND net_tcp_window /* stream.c */
#endif
#define TCP_WND_UPDATE_THRESHOLD           (32 * 1024)
#define TCP_SND_BUF                        (4 * 1024 * 1024)
#define TCP_SND_QUEUELEN                   60000
#define TCP_SNDQUEUELOWAT                  30000
#define TCP_OVERSIZE                       512
#define TCP_QUEUE_OOSEQ                    1
#define TCP_OOSEQ_MAX_BYTES                NET_TCP_WINDOW
#define TCP_OOSEQ_MAX_PBUFS                2048
#define LWIP_TCP_SACK_OUT                  1
#define LWIP_TCP_KEEPALIVE                 1
#define TCP_LISTEN_BACKLOG                 0 /* stream.c has its own: hooks.h */
#define LWIP_TCP_PCB_NUM_EXT_ARGS          1 /* lookup.c */
#define TCP_TMR_INTERVAL                   50
#define TCP_MSL                            30000
#define TCP_LOCAL_PORT_RANGE_START         32768
#define TCP_LOCAL_PORT_RANGE_END           60999
#define TCP_ENSURE_LOCAL_PORT_RANGE(p)     ((u16_t)(TCP_LOCAL_PORT_RANGE_START + (p) % 28232))
#define UDP_LOCAL_PORT_RANGE_START         32768
#define UDP_LOCAL_PORT_RANGE_END           60999
#define UDP_ENSURE_LOCAL_PORT_RANGE(p)     ((u16_t)(UDP_LOCAL_PORT_RANGE_START + (p) % 28232))
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS 1
/* They are about pools, which are not used. */
#define LWIP_DISABLE_TCP_SANITY_CHECKS     1

#endif
