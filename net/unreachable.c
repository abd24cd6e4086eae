/* SPDX-License-Identifier: Apache-2.0 */
/* unreachable.c -- ICMP says that there is no such port: connected sockets of UDP hear of it, as on Linux.
 *
 * lwIP throws these messages away; so they are looked at before it sees them.  All that is in them is somebody else's
 * word: the worst that a wrong one brings about is an error of a datagram socket.
 */
#include "net/lwip/hooks.h"
#include "net/socket_parts.h"
#include "binary/bits.h"
#include <string.h>

enum { ICMP4 = 1, ICMP6 = 58, PROTOCOL_UDP = 17 };
enum { HEAD4 = 20, HEAD6 = 40, HEAD_ICMP = 8, HEAD_UDP = 8 };

static void set4(ip_addr_t *ip, const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    ip_addr_set_ip4_u32_val(*ip, word);
}

static void set6(ip_addr_t *ip, const uint8_t *at)
{
    uint32_t w[4];
    memcpy(w, at, sizeof w);
    IP_ADDR6(ip, w[0], w[1], w[2], w[3]);
}

/* The start of the datagram that went nowhere: it was ours. */
static void look4(const uint8_t *at, size_t n)
{
    size_t head = (size_t)(at[0] & 15) * 4;
    if (n < HEAD4 || at[0] >> 4 != 4 || head < HEAD4 || n < head + HEAD_UDP) return;
    if (at[9] != PROTOCOL_UDP) return;
    ip_addr_t own, other;
    set4(&own, at + 12);
    set4(&other, at + 16);
    datagram_refused(&own, load_u16(at + head), &other, load_u16(at + head + 2));
}

static void look6(const uint8_t *at, size_t n)
{
    if (n < HEAD6 + HEAD_UDP || at[6] != PROTOCOL_UDP) return;
    ip_addr_t own, other;
    set6(&own, at + 8);
    set6(&other, at + 24);
    datagram_refused(&own, load_u16(at + HEAD6), &other, load_u16(at + HEAD6 + 2));
}

void net_look_for_unreachable(const struct pbuf *p, int version)
{
    enum { UNREACHABLE4 = 3, NO_PROTOCOL4 = 2, NO_PORT4 = 3, UNREACHABLE6 = 1, NO_PORT6 = 4 };
    const uint8_t *at = p->payload;
    size_t n = p->len; /* they are short: all of it is in the first part, or it is let be */
    if (version == 6) {
        if (n < HEAD6 + HEAD_ICMP || at[6] != ICMP6) return;
        if (at[HEAD6] == UNREACHABLE6 && at[HEAD6 + 1] == NO_PORT6)
            look6(at + HEAD6 + HEAD_ICMP, n - HEAD6 - HEAD_ICMP);
        return;
    }
    if (n < HEAD4 || at[9] != ICMP4) return;
    size_t head = (size_t)(at[0] & 15) * 4;
    if (head < HEAD4 || n < head + HEAD_ICMP + HEAD4 || at[head] != UNREACHABLE4) return;
    if (at[head + 1] == NO_PORT4 || at[head + 1] == NO_PROTOCOL4)
        look4(at + head + HEAD_ICMP, n - head - HEAD_ICMP);
}
