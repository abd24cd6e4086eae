/* SPDX-License-Identifier: Apache-2.0 */
/* address.c -- addresses of sockets and of lwIP.
 *
 * A socket of IPv6 that is not for IPv6 alone speaks IPv4, too: those addresses are written ::ffff:a.b.c.d in it.
 */
#include "net/socket_parts.h"
#include <lwip/netif.h>

static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

bool address_to_ip(const struct net_socket *s, const struct net_address *a, ip_addr_t *ip)
{
    if (a->family != s->family) return false;
    uint32_t words[4];
    memcpy(words, a->bytes, sizeof words);
    if (a->family == NET_INET) {
        ip_addr_set_ip4_u32_val(*ip, words[0]);
        return true;
    }
    if (!s->v6_only && memcmp(a->bytes, mapped, sizeof mapped) == 0) {
        ip_addr_set_ip4_u32_val(*ip, words[3]);
        return true;
    }
    IP_ADDR6(ip, words[0], words[1], words[2], words[3]);
    if (a->scope) ip6_addr_set_zone(ip_2_ip6(ip), (u8_t)a->scope);
    return true;
}

void address_from_ip(const struct net_socket *s, const ip_addr_t *ip, uint16_t port,
                     struct net_address *a)
{
    *a = (struct net_address){.family = (uint16_t)s->family, .port = port};
    if (s->family == NET_INET) {
        uint32_t word = ip_addr_get_ip4_u32(ip);
        memcpy(a->bytes, &word, 4);
    } else if (IP_IS_V4_VAL(*ip)) {
        uint32_t word = ip_addr_get_ip4_u32(ip);
        memcpy(a->bytes, mapped, sizeof mapped);
        memcpy(a->bytes + 12, &word, 4);
    } else if (IP_IS_V6_VAL(*ip)) {
        memcpy(a->bytes, ip_2_ip6(ip)->addr, 16);
        a->scope = ip6_addr_zone(ip_2_ip6(ip));
    }
}

bool address_is_own(const ip_addr_t *ip)
{
    struct netif *netif;
    if (IP_IS_ANY_TYPE_VAL(*ip) || ip_addr_isany_val(*ip)) return true;
    NETIF_FOREACH(netif)
    {
        if (IP_IS_V4_VAL(*ip) && ip4_addr_cmp(netif_ip4_addr(netif), ip_2_ip4(ip))) return true;
        if (!IP_IS_V6_VAL(*ip)) continue;
        for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
            if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) &&
                ip6_addr_cmp_zoneless(netif_ip6_addr(netif, i), ip_2_ip6(ip)))
                return true;
    }
    return false;
}

bool address_is_broadcast(const ip_addr_t *ip)
{
    struct netif *netif;
    if (!IP_IS_V4_VAL(*ip)) return false;
    NETIF_FOREACH(netif) if (ip_addr_isbroadcast(ip, netif)) return true;
    return false;
}

static bool is_any(const ip_addr_t *ip)
{
    return IP_IS_ANY_TYPE_VAL(*ip) || ip_addr_isany_val(*ip);
}

bool address_overlaps(const ip_addr_t *a, bool a_v6_only, const ip_addr_t *b, bool b_v6_only)
{
    bool a_six = IP_IS_V6_VAL(*a) || (IP_IS_ANY_TYPE_VAL(*a) && a_v6_only);
    bool b_six = IP_IS_V6_VAL(*b) || (IP_IS_ANY_TYPE_VAL(*b) && b_v6_only);
    bool both = IP_IS_ANY_TYPE_VAL(*a) || IP_IS_ANY_TYPE_VAL(*b);
    if (!both && a_six != b_six) return false;
    return is_any(a) || is_any(b) || ip_addr_cmp_zoneless(a, b);
}
