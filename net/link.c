/* SPDX-License-Identifier: Apache-2.0 */
/* link.c -- see link.h. */
#include "net/link.h"
#include "net/lwip/hooks.h"
#include "net/stack.h"
#include "platform/platform.h"
#include "sched/sched.h"
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>
#include <string.h>

#define FRAMES      64  /* taken from a link in one turn */
#define LEAST_ROOM  128 /* for a frame on its way in */
#define MOST_PIECES 64  /* of a frame on its way out */
#define MOST_HELD   256 /* frames that wait for room in the ring */

struct link {
    struct netif netif; /* first: lwIP's pointer is ours */
    struct plat_net info;
    unsigned handle;
    struct pbuf *held[MOST_HELD]; /* the oldest first */
    unsigned held_first, held_count;
};

static struct link links[PLAT_NET_MOST];
static unsigned link_count;

/* --- names ------------------------------------------------------------------------------------------ */

bool link_is_loopback(const struct netif *n)
{
    return n->name[0] == 'l' && n->name[1] == 'o' && n->num == 0;
}

const char *link_name(const struct netif *n)
{
    return link_is_loopback(n) ? "lo" : ((const struct link *)n)->info.name;
}

struct netif *link_find(const char *name, size_t bytes)
{
    struct netif *n;
    NETIF_FOREACH(n)
    if (strlen(link_name(n)) == bytes && memcmp(link_name(n), name, bytes) == 0) return n;
    return NULL;
}

/* --- out ---------------------------------------------------------------------------------------------- */

static enum plat_result put(const struct link *l, const struct pbuf *frame)
{
    struct plat_piece pieces[MOST_PIECES];
    unsigned count = 0;
    for (; frame; frame = frame->next)
        if (frame->len) pieces[count++] = (struct plat_piece){frame->payload, frame->len};
    return plat_net_send(l->handle, pieces, count);
}

/* A frame that the ring has no room for is kept, as a copy: what it is made of may change. */
static err_t hold(struct link *l, const struct pbuf *frame)
{
    if (l->held_count == MOST_HELD) return ERR_MEM;
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, frame->tot_len, PBUF_RAM);
    if (!copy) return ERR_MEM;
    pbuf_copy(copy, frame);
    l->held[(l->held_first + l->held_count++) % MOST_HELD] = copy;
    return ERR_OK;
}

static err_t output(struct netif *n, struct pbuf *frame)
{
    struct link *l = (struct link *)n;
    unsigned pieces = 0;
    for (const struct pbuf *p = frame; p; p = p->next) pieces++;
    if (l->held_count) return hold(l, frame);
    if (pieces > MOST_PIECES) {
        err_t result = hold(l, frame); /* in one piece */
        net_turn_soon();
        return result;
    }
    switch (put(l, frame)) {
    case PLAT_OK: return ERR_OK;
    case PLAT_AGAIN: return hold(l, frame);
    default: return ERR_IF;
    }
}

static void put_held(struct link *l)
{
    while (l->held_count) {
        struct pbuf *first = l->held[l->held_first];
        if (put(l, first) == PLAT_AGAIN) return;
        pbuf_free(first);
        l->held_first = (l->held_first + 1) % MOST_HELD;
        l->held_count--;
    }
}

/* --- in ------------------------------------------------------------------------------------------------- */

/* true: it was the last one for now. */
static bool take(struct link *l)
{
    const void *frame;
    size_t n;
    if (plat_net_look(l->handle, &frame, &n) != PLAT_OK) return true;
    /* lwIP reads the headers of what is too short for them before it says so: they are zeros then. */
    size_t room = n < LEAST_ROOM ? LEAST_ROOM : n;
    struct pbuf *p = room <= UINT16_MAX ? pbuf_alloc(PBUF_RAW, (u16_t)room, PBUF_RAM) : NULL;
    if (p) {
        memcpy(p->payload, frame, n);
        memset((uint8_t *)p->payload + n, 0, room - n);
        pbuf_realloc(p, (u16_t)n);
    }
    plat_net_done(l->handle);
    if (p && l->netif.input(p, &l->netif) != ERR_OK) pbuf_free(p);
    return false;
}

bool net_links_receive(void)
{
    bool more = false, any = false;
    for (struct link *l = links; l < links + link_count; l++) {
        unsigned frames = 0;
        while (frames < FRAMES && !take(l)) frames++;
        any |= frames > 0;
        more |= frames == FRAMES;
        put_held(l);
    }
    if (any) net_timers_wake();
    return more;
}

void net_links_flush(void)
{
    if (link_count) plat_net_flush();
}

static void ready(plat_ready which)
{
    (void)which;
    net_turn_soon();
}

/* --- start ------------------------------------------------------------------------------------------------ */

/* lwIP, when it adds the interface. */
static err_t set_up(struct netif *n)
{
    const struct link *l = (const struct link *)n;
    n->name[0] = 'e', n->name[1] = 'n';
    n->mtu = l->info.mtu;
    n->hwaddr_len = sizeof l->info.mac;
    memcpy(n->hwaddr, l->info.mac, sizeof l->info.mac);
    n->output = etharp_output;
    n->output_ip6 = ethip6_output;
    n->linkoutput = output;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP |
               NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    return ERR_OK;
}

/* What need not be summed on a link that damages nothing.  A datagram of UDP may be sent in fragments, which the other side
 * does not sum. */
static void set_sums(struct link *l)
{
    if (l->info.flags & PLAT_NET_SEND_UNSUMMED)
        l->netif.chksum_flags &= (u16_t)~NETIF_CHECKSUM_GEN_TCP;
    if (l->info.flags & PLAT_NET_RECEIVED_GOOD)
        l->netif.chksum_flags &= (u16_t) ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
}

static void set_six(struct link *l)
{
    ip6_addr_t address;
    memcpy(address.addr, l->info.ipv6, sizeof address.addr);
    ip6_addr_clear_zone(&address);
    netif_create_ip6_linklocal_address(&l->netif, 1);
    netif_ip6_addr_set(&l->netif, 1, &address);
    netif_ip6_addr_set_state(&l->netif, 1, IP6_ADDR_PREFERRED);
}

static void add(struct link *l)
{
    ip4_addr_t address = {0}, mask = {0}, gateway = {0};
    if (l->info.flags & PLAT_NET_IPV4) {
        unsigned prefix = l->info.ipv4_prefix > 32 ? 32 : l->info.ipv4_prefix;
        memcpy(&address.addr, l->info.ipv4, 4);
        memcpy(&gateway.addr, l->info.ipv4_gateway, 4);
        mask.addr = prefix ? lwip_htonl(UINT32_MAX << (32 - prefix)) : 0;
    }
    if (!netif_add(&l->netif, &address, &mask, &gateway, l, set_up, ethernet_input)) return;
    set_sums(l);
    netif_set_ip6_autoconfig_enabled(&l->netif, 0);
    if (l->info.flags & PLAT_NET_IPV6) set_six(l);
    if (!netif_default || netif_default->name[0] == 'l') netif_set_default(&l->netif);
    netif_set_up(&l->netif);
}

/* IPv6: who takes what is not for this link. */
const ip6_addr_t *net_ipv6_gateway(struct netif *n, const ip6_addr_t *to)
{
    static ip6_addr_t gateway;
    (void)to;
    if (link_is_loopback(n)) return NULL;
    const struct link *l = (const struct link *)n;
    memcpy(gateway.addr, l->info.ipv6_gateway, sizeof gateway.addr);
    if (!(l->info.flags & PLAT_NET_IPV6) || ip6_addr_isany_val(gateway)) return NULL;
    ip6_addr_clear_zone(&gateway);
    if (ip6_addr_islinklocal(&gateway)) ip6_addr_assign_zone(&gateway, IP6_UNICAST, n);
    return &gateway;
}

void net_links_start(void)
{
    for (unsigned k = 0; k < plat_net_count() && link_count < PLAT_NET_MOST; k++) {
        struct link *l = &links[link_count];
        if (plat_net_info(k, &l->info) != PLAT_OK) continue;
        if (plat_net_open(l->info.name, &l->handle, &l->info) != PLAT_OK) continue;
        link_count++;
        add(l);
        sched_watch(UINT64_C(1) << l->handle, ready);
    }
    if (link_count) net_touch();
}
