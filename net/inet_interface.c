/* SPDX-License-Identifier: Apache-2.0 */
/* inet_interface.c -- the links of the mote and their addresses, as inet:getifaddrs and inet:ifget see them. */
#include "net/inet.h"
#include "binary/bits.h"
#include "heap/arena.h"
#include "net/link.h"
#include <lwip/netif.h>

enum { IF_ADDRESS = 1, IF_BROADCAST, IF_PEER, IF_MTU, IF_MASK, IF_FLAGS, IF_HARDWARE };
enum {
    FLAG_UP = 1,
    FLAG_BROADCAST = 2,
    FLAG_LOOPBACK = 4,
    FLAG_RUNNING = 0x10,
    FLAG_MULTICAST = 0x20
};

#define LOOPBACK_MTU 65536

struct text {
    uint8_t bytes
        [4096]; /* more links than a mote can have do not fill it; what does not fit is left out */
    size_t n;
};

static void put(struct text *t, const void *bytes, size_t n)
{
    if (t->n + n > sizeof t->bytes) return;
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
}
static void put_byte(struct text *t, uint8_t b) { put(t, &b, 1); }
static void put_number(struct text *t, uint32_t n)
{
    uint8_t four[4];
    store_u32(four, n);
    put(t, four, 4);
}

static uint32_t flags_of(const struct netif *n)
{
    return (netif_is_up(n) ? FLAG_UP : 0) | (netif_is_link_up(n) ? FLAG_RUNNING : 0) |
           (link_is_loopback(n) ? FLAG_LOOPBACK : FLAG_BROADCAST | FLAG_MULTICAST);
}

static void put_four(struct text *t, uint8_t what, uint32_t address)
{
    put_byte(t, what);
    put_byte(t, INET_AF_INET);
    put(t, &address, 4);
}

static void put_six(struct text *t, uint8_t what, const void *address)
{
    put_byte(t, what);
    put_byte(t, INET_AF_INET6);
    put(t, address, 16);
}

static void put_hardware(struct text *t, const struct netif *n)
{
    static const uint8_t none[6];
    put_byte(t, IF_HARDWARE);
    put(t, (const uint8_t[]){0, 6}, 2);
    put(t, n->hwaddr_len == 6 ? n->hwaddr : none, 6);
}

/* A link once more for each of its addresses, the hardware's first, as Linux lists them. */
static void put_start(struct text *t, const struct netif *n)
{
    put(t, link_name(n), strlen(link_name(n)) + 1);
    put_byte(t, IF_FLAGS);
    put_number(t, flags_of(n));
}

static uint32_t broadcast_of(const struct netif *n)
{
    return ip4_addr_get_u32(netif_ip4_addr(n)) | ~ip4_addr_get_u32(netif_ip4_netmask(n));
}

static void put_address4(struct text *t, const struct netif *n)
{
    uint32_t address = ip4_addr_get_u32(netif_ip4_addr(n));
    if (!address) return;
    put_start(t, n);
    put_four(t, IF_ADDRESS, address);
    put_four(t, IF_MASK, ip4_addr_get_u32(netif_ip4_netmask(n)));
    if (!link_is_loopback(n)) put_four(t, IF_BROADCAST, broadcast_of(n));
    put_byte(t, 0);
}

static void put_address6(struct text *t, const struct netif *n, int k)
{
    uint8_t mask[16] = {255, 255, 255, 255, 255, 255, 255, 255};
    if (!ip6_addr_isvalid(netif_ip6_addr_state(n, k))) return;
    if (link_is_loopback(n)) memset(mask, 255, sizeof mask);
    put_start(t, n);
    put_six(t, IF_ADDRESS, netif_ip6_addr(n, k)->addr);
    put_six(t, IF_MASK, mask);
    put_byte(t, 0);
}

/* The loopback first, as it is everywhere. */
static void each(struct text *t, void (*one)(struct text *t, const struct netif *n))
{
    const struct netif *n;
    NETIF_FOREACH(n) if (link_is_loopback(n)) one(t, n);
    NETIF_FOREACH(n) if (!link_is_loopback(n)) one(t, n);
}

static void put_link(struct text *t, const struct netif *n)
{
    put_start(t, n);
    put_hardware(t, n);
    put_byte(t, 0);
}
static void put_all6(struct text *t, const struct netif *n)
{
    for (int k = 0; k < LWIP_IPV6_NUM_ADDRESSES; k++) put_address6(t, n, k);
}
static void put_name(struct text *t, const struct netif *n)
{
    put(t, link_name(n), strlen(link_name(n)) + 1);
}

/* --- one link ------------------------------------------------------------------------------------------ */

static bool put_item(struct text *t, const struct netif *n, uint8_t item)
{
    if (item < IF_ADDRESS || item > IF_HARDWARE) return false;
    if (!n) {
        if (item == IF_FLAGS) put_byte(t, IF_FLAGS), put_number(t, 0);
        return true;
    }
    switch (item) {
    case IF_ADDRESS: put_four(t, item, ip4_addr_get_u32(netif_ip4_addr(n))); break;
    case IF_MASK: put_four(t, item, ip4_addr_get_u32(netif_ip4_netmask(n))); break;
    case IF_BROADCAST: put_four(t, item, link_is_loopback(n) ? 0 : broadcast_of(n)); break;
    case IF_PEER: put_four(t, item, ip4_addr_get_u32(netif_ip4_addr(n))); break;
    case IF_HARDWARE: put_hardware(t, n); break;
    case IF_FLAGS: put_byte(t, item), put_number(t, flags_of(n)); break;
    case IF_MTU:
        put_byte(t, item), put_number(t, link_is_loopback(n) ? LOOPBACK_MTU : n->mtu);
        break;
    default: break;
    }
    return true;
}

bool inet_interfaces(struct inet *i, unsigned request, const uint8_t *bytes, size_t n,
                     struct port_answer *out)
{
    static struct text t;
    (void)i;
    t.n = 0;
    switch (request) {
    case INET_REQ_GETIFLIST: each(&t, put_name); break;
    case INET_REQ_GETIFADDRS:
        each(&t, put_link);
        each(&t, put_address4);
        each(&t, put_all6);
        break;
    case INET_REQ_IFGET: {
        if (n < 1 || bytes[0] > n - 1) return inet_reply_error(out, NET_EINVAL);
        const struct netif *link = link_find((const char *)bytes + 1, bytes[0]);
        for (size_t k = 1 + bytes[0]; k < n; k++)
            if (!put_item(&t, link, bytes[k])) return inet_reply_error(out, NET_EINVAL);
        break;
    }
    default: return inet_reply_error(out, NET_EPERM); /* the monitor says how links are */
    }
    return inet_reply(out, t.bytes, t.n);
}
