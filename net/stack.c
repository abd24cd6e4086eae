/* SPDX-License-Identifier: Apache-2.0 */
/* stack.c -- see stack.h. */
#include "net/stack.h"
#include "net/inet.h"
#include "net/lookup.h"
#include "platform/platform.h"
#include "port/port.h"
#include "sched/sched.h"
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

#define RANDOM_NUMBERS 64

static unsigned left; /* random numbers not given out */

uint32_t net_random(void)
{
    static uint32_t numbers[RANDOM_NUMBERS];
    if (left == 0) {
        plat_random(numbers, sizeof numbers);
        left = RANDOM_NUMBERS;
    }
    return numbers[--left];
}

/* The sum of 16-bit words, taken four at a time. */
uint16_t net_checksum(const void *bytes, int n)
{
    const uint8_t *at = bytes;
    uint64_t sum = 0;
    for (; n >= 8; n -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sum += word;
        sum += sum < word; /* the carry goes round */
    }
    uint64_t rest = 0;
    memcpy(&rest, at, (size_t)n);
    sum += rest;
    sum += sum < rest;
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* --- turns ------------------------------------------------------------------------------------- */

static struct soon turn;

bool net_turn(void)
{
    bool more = net_links_receive();
    netif_poll_all();
    net_lookup_over();
    net_sockets_tell();
    net_links_flush();
    struct netif *netif;
    NETIF_FOREACH(netif) more |= netif->loop_first != NULL;
    return more;
}

static void take_turn(struct soon *s)
{
    if (net_turn()) sched_soon(s, take_turn);
}

void net_turn_soon(void) { sched_soon(&turn, take_turn); }

void net_touch(void)
{
    net_timers_wake();
    net_turn_soon();
}

void net_start(const struct plat_boot *boot)
{
    (void)boot;
    lwip_init();
    /* What the mote says to itself reaches it as it was. */
    netif_find("lo0")->chksum_flags = 0;
    net_timers_start();
    net_links_start();
    port_driver_add(&inet_tcp_driver);
    port_driver_add(&inet_udp_driver);
    port_driver_add(&inet_sctp_driver);
}

void net_resume(const struct plat_boot *boot)
{
    (void)boot;
    left = 0;
    tcp_init(); /* which ports are tried first */
    udp_init();
    net_streams_break(net_links_renew);
    net_turn_soon(); /* where there is a link, its clocks tick already */
}
