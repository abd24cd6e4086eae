/* SPDX-License-Identifier: Apache-2.0 */
/* net_open.c -- what an interface is before the guest runs: its place, its addresses, its backend. */
#include <string.h>

#include "monitor/devices/net.h"

#define SEND_BYTES    0x80000u
#define RECEIVE_BYTES 0x80000u
#define NET_STRIDE    0x110000ull
_Static_assert(NET_STRIDE >= LAYOUT_PAGE + SEND_BYTES + RECEIVE_BYTES, "one behind the other");
_Static_assert(LAYOUT_NETS + NET_MOST * NET_STRIDE <= LAYOUT_NETS_END, "room for others");

/* --- opening -------------------------------------------------------------------------------- */

int net_keep(struct net *n, int fd, struct error *e)
{
    if (n->keeps == NET_KEEP_MOST) return fail(e, 0, "too many descriptors for one interface");
    n->keep[n->keeps++] = fd;
    return 0;
}

static void copy_address(uint8_t *to, const struct monitor_address *a, unsigned bytes)
{
    if (a->given) memcpy(to, a->bytes, bytes);
}

/* What the user asked for goes over what the backend proposed. */
static int choose_addresses(struct boot_net *b, const struct monitor_net *o, struct error *e)
{
    if (o->ipv4.given) {
        memcpy(b->ipv4, o->ipv4.bytes, 4);
        memset(b->ipv4_gateway, 0, 4);
        b->ipv4_prefix = o->ipv4.prefix;
        b->flags |= NET_IPV4;
    }
    if (o->ipv6.given) {
        memcpy(b->ipv6, o->ipv6.bytes, 16);
        memset(b->ipv6_gateway, 0, 16);
        b->ipv6_prefix = o->ipv6.prefix;
        b->flags |= NET_IPV6;
    }
    copy_address(b->ipv4_gateway, &o->gateway4, 4);
    copy_address(b->ipv6_gateway, &o->gateway6, 16);
    if (o->mac_given) memcpy(b->mac, o->mac, 6);
    if (o->gateway4.given && !(b->flags & NET_IPV4))
        return fail(e, 0, "%s has a gateway but no address: give --ip, too", b->name);
    return 0;
}

/* --- nobody --------------------------------------------------------------------------------- */

static bool send_nowhere(struct net *n, const uint8_t *frame, uint32_t length, uint32_t segment)
{
    (void)n, (void)frame, (void)length, (void)segment;
    return true;
}

static bool receive_nothing(struct net *n, struct loop *l)
{
    (void)n, (void)l;
    return false;
}

static void prepare_nothing(struct net *n, struct loop *l) { (void)n, (void)l; }

static int nobody_open(struct net *n, const struct monitor_net *o, struct error *e)
{
    static const struct net_backend backend = {send_nowhere, receive_nothing, prepare_nothing};
    (void)o, (void)e;
    n->backend = &backend;
    n->boot.mtu = 1500;
    n->boot.flags = NET_IPV4 | NET_RECEIVED_GOOD | NET_ALONE;
    memcpy(n->boot.ipv4, (const uint8_t[]){10, 0, 2, 15}, 4);
    memcpy(n->boot.ipv4_gateway, (const uint8_t[]){10, 0, 2, 2}, 4);
    n->boot.ipv4_prefix = 24;
    return 0;
}

int net_open(struct net *n, const struct monitor_net *o, unsigned index, struct error *e)
{
    static int (*const opens[])(struct net *, const struct monitor_net *, struct error *) = {
        [MONITOR_NET_USER] = net_user_open,
        [MONITOR_NET_TAP] = net_tap_open,
        [MONITOR_NET_SWITCH] = net_switch_open,
        [MONITOR_NET_NOBODY] = nobody_open,
    };
    struct boot_net *b = &n->boot;
    *b = (struct boot_net){
        .name = {'e', 't', 'h', (char)('0' + index)},
        .mac = {0x02, 'm', 'o', 't', 'e', (uint8_t)index},
        .rings = LAYOUT_NETS + index * NET_STRIDE,
        .send_bytes = SEND_BYTES,
        .receive_bytes = RECEIVE_BYTES,
    };
    if (opens[o->kind](n, o, e) < 0 || choose_addresses(b, o, e) < 0) return -1;
    if (!b->frame_most) b->frame_most = b->mtu + NET_HEADER;
    return 0;
}
