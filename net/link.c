/* SPDX-License-Identifier: Apache-2.0 */
/* link.c -- see link.h. */
#include "net/link.h"
#include "net/gather.h"
#include "net/lookup.h"
#include "net/lwip/hooks.h"
#include "net/stack.h"
#include "platform/platform.h"
#include "sched/sched.h"
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>
#include <string.h>

#define FRAMES     64  /* taken from a link in one turn */
#define LEAST_ROOM 128 /* for a frame on its way in */
#define MOST_HELD  256 /* frames that wait for room in the ring */
#define HELD_BYTES (1 << 20)

/* A frame on its way out. */
struct outgoing {
    const struct plat_piece *piece;
    unsigned pieces;
    uint16_t segment; /* see plat_net_send_long() */
    size_t length;
};

struct link {
    struct netif netif; /* first: lwIP's pointer is ours */
    struct plat_net info;
    unsigned handle;
    struct {
        struct pbuf *frame;
        uint16_t segment;
    } held[MOST_HELD]; /* the oldest first */
    unsigned held_first, held_count;
    size_t held_bytes;
    struct gather gather; /* of a link that cuts */
    bool silent;          /* while it is set up */
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

static bool is_crowded(const struct link *l)
{
    return l->held_count == MOST_HELD || l->held_bytes >= HELD_BYTES;
}

static enum plat_result put(const struct link *l, const struct outgoing *o)
{
    return plat_net_send_long(l->handle, o->piece, o->pieces, o->segment);
}

/* A frame that the ring has no room for is kept, as a copy: what it is made of may change. */
static err_t hold(struct link *l, const struct outgoing *o)
{
    if (is_crowded(l)) return ERR_MEM;
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, (u16_t)o->length, PBUF_RAM);
    if (!copy) return ERR_MEM;
    uint8_t *to = copy->payload;
    for (unsigned i = 0; i < o->pieces; i++) {
        memcpy(to, o->piece[i].bytes, o->piece[i].n);
        to += o->piece[i].n;
    }
    unsigned last = (l->held_first + l->held_count++) % MOST_HELD;
    l->held[last].frame = copy;
    l->held[last].segment = o->segment;
    l->held_bytes += o->length;
    return ERR_OK;
}

static void put_held(struct link *l)
{
    while (l->held_count) {
        struct pbuf *first = l->held[l->held_first].frame;
        const struct plat_piece whole = {first->payload, first->len};
        const struct outgoing o = {&whole, 1, l->held[l->held_first].segment, first->len};
        if (put(l, &o) == PLAT_AGAIN) return;
        l->held_bytes -= first->len;
        pbuf_free(first);
        l->held_first = (l->held_first + 1) % MOST_HELD;
        l->held_count--;
    }
}

static err_t leave(struct link *l, const struct outgoing *o)
{
    if (l->held_count) return hold(l, o);
    switch (put(l, o)) {
    case PLAT_OK: return ERR_OK;
    case PLAT_AGAIN: return hold(l, o);
    default: return ERR_IF;
    }
}

/* One in more pieces than the ring takes is made one piece. */
static err_t leave_alone(struct link *l, const struct pbuf *frame)
{
    struct plat_piece pieces[PLAT_NET_PIECES_MOST];
    struct outgoing o = {pieces, 0, 0, frame->tot_len};
    for (const struct pbuf *p = frame; p; p = p->next) {
        if (!p->len) continue;
        if (o.pieces == PLAT_NET_PIECES_MOST) {
            struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, (struct pbuf *)(uintptr_t)frame);
            err_t result = copy ? leave_alone(l, copy) : ERR_MEM;
            if (copy) pbuf_free(copy);
            return result;
        }
        pieces[o.pieces++] = (struct plat_piece){p->payload, p->len};
    }
    return leave(l, &o);
}

/* What there is no room for is lost, as on any wire. */
static void leave_gathered(struct link *l)
{
    struct gather *g = &l->gather;
    if (!g->frames) return;
    gather_finish(g);
    const struct outgoing o = {g->piece, g->pieces, g->segment, g->length};
    leave(l, &o);
    gather_clear(g);
}

static bool gathered(struct link *l, struct pbuf *frame)
{
    if (!gather_add(&l->gather, frame, (size_t)l->info.mtu / 2)) return false;
    if (l->gather.complete)
        leave_gathered(l);
    else
        net_turn_soon();
    return true;
}

static err_t output(struct netif *n, struct pbuf *frame)
{
    struct link *l = (struct link *)n;
    if (l->silent) return ERR_OK;
    if (!(l->info.flags & PLAT_NET_CUTS)) return leave_alone(l, frame);
    if (is_crowded(l)) return ERR_MEM;
    if (gathered(l, frame)) return ERR_OK;
    leave_gathered(l);
    return gathered(l, frame) ? ERR_OK : leave_alone(l, frame);
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
    net_lookup_over();
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
    for (struct link *l = links; l < links + link_count; l++) leave_gathered(l);
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
    n->hwaddr_len = sizeof l->info.mac;
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
    if (!(l->info.flags & PLAT_NET_IPV6)) {
        netif_ip6_addr_set_state(&l->netif, 0, IP6_ADDR_INVALID);
        netif_ip6_addr_set_state(&l->netif, 1, IP6_ADDR_INVALID);
        return;
    }
    memcpy(address.addr, l->info.ipv6, sizeof address.addr);
    ip6_addr_clear_zone(&address);
    netif_create_ip6_linklocal_address(&l->netif, 1);
    netif_ip6_addr_set(&l->netif, 1, &address);
    netif_ip6_addr_set_state(&l->netif, 1, IP6_ADDR_PREFERRED);
}

/* Sockets that were bound to an address that the link had have the new one then. */
static void set_four(struct link *l)
{
    ip4_addr_t address = {0}, mask = {0}, gateway = {0};
    if (l->info.flags & PLAT_NET_IPV4) {
        unsigned prefix = l->info.ipv4_prefix > 32 ? 32 : l->info.ipv4_prefix;
        memcpy(&address.addr, l->info.ipv4, 4);
        memcpy(&gateway.addr, l->info.ipv4_gateway, 4);
        mask.addr = prefix ? lwip_htonl(UINT32_MAX << (32 - prefix)) : 0;
    }
    netif_set_addr(&l->netif, &address, &mask, &gateway);
}

/* What the boot record says of it.  Where nobody else is, nobody is told that we are there. */
static void configure(struct link *l)
{
    l->silent = l->info.flags & PLAT_NET_ALONE;
    l->netif.mtu = l->netif.mtu6 = l->info.mtu;
    memcpy(l->netif.hwaddr, l->info.mac, sizeof l->info.mac);
    NETIF_SET_CHECKSUM_CTRL(&l->netif, NETIF_CHECKSUM_ENABLE_ALL);
    set_sums(l);
    set_four(l);
    netif_set_ip6_autoconfig_enabled(&l->netif, 0);
    set_six(l);
    if (!netif_default || netif_default->name[0] == 'l') netif_set_default(&l->netif);
    netif_set_up(&l->netif);
    l->silent = false;
}

static void add(struct link *l)
{
    static const ip4_addr_t none = {0};
    if (netif_add(&l->netif, &none, &none, &none, l, set_up, ethernet_input)) configure(l);
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

static bool open_link(unsigned k, struct link *l)
{
    return plat_net_info(k, &l->info) == PLAT_OK &&
           plat_net_open(l->info.name, &l->handle, &l->info) == PLAT_OK;
}

void net_links_start(void)
{
    for (unsigned k = link_count; k < plat_net_count() && link_count < PLAT_NET_MOST; k++) {
        struct link *l = &links[link_count];
        if (!open_link(k, l)) continue;
        link_count++;
        add(l);
        sched_watch(UINT64_C(1) << l->handle, ready);
    }
    if (link_count) net_touch();
}

/* What was on its way is lost, and who the neighbours are is not known. */
static void unplug(struct link *l)
{
    for (; l->held_count; l->held_count--) {
        pbuf_free(l->held[l->held_first].frame);
        l->held_first = (l->held_first + 1) % MOST_HELD;
    }
    l->held_bytes = 0;
    gather_clear(&l->gather);
    netif_set_down(&l->netif);
}

void net_links_renew(void)
{
    unsigned before = link_count;
    for (struct link *l = links; l < links + before; l++) unplug(l);
    for (link_count = 0; link_count < before && open_link(link_count, &links[link_count]);)
        configure(&links[link_count++]);
    for (struct link *l = links + link_count; l < links + before; l++) netif_remove(&l->netif);
    net_links_start();
}
