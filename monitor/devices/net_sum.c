/* SPDX-License-Identifier: Apache-2.0 */
/* net_sum.c -- what of a frame has to be summed, for a kernel that sums it when it has to (net_tap.c).
 *
 * Frames are the guest's: each length in them is checked against the bytes that there are.
 */
#include "monitor/devices/net.h"

enum { TCP = 6, UDP = 17, TCP_LENGTH = 12, TCP_SUM = 16 };

static uint32_t sum_words(const uint8_t *p, unsigned n)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i + 1 < n; i += 2) sum += (uint32_t)p[i] << 8 | p[i + 1];
    return sum;
}

/* Where the transport's header begins, and its protocol, when the kernel can sum it; otherwise 0. */
static unsigned find_transport(const uint8_t *f, uint32_t n, uint8_t *protocol, uint32_t *sum)
{
    const uint8_t *ip = f + NET_HEADER;
    unsigned type = (unsigned)f[12] << 8 | f[13];
    if (type == 0x0800 && n >= NET_HEADER + 20 && ip[0] >> 4 == 4) {
        unsigned header = (ip[0] & 15u) * 4, total = (unsigned)ip[2] << 8 | ip[3];
        if (header < 20 || total < header || ((ip[6] & 0x3f) | ip[7])) return 0; /* a fragment */
        *protocol = ip[9];
        *sum = sum_words(ip + 12, 8) + total - header;
        return NET_HEADER + header;
    }
    if (type == 0x86dd && n >= NET_HEADER + 40 && ip[0] >> 4 == 6) {
        *protocol = ip[6];
        *sum = sum_words(ip + 8, 32) + ((uint32_t)ip[4] << 8 | ip[5]);
        return NET_HEADER + 40;
    }
    return 0;
}

unsigned net_leave_sum(uint8_t *f, uint32_t n, unsigned *offset)
{
    uint8_t protocol = 0;
    uint32_t sum = 0;
    unsigned at = find_transport(f, n, &protocol, &sum), field = protocol == TCP ? 16 : 6;
    if (!at || (protocol != TCP && protocol != UDP) || at + field + 2 > n) return 0;
    sum += protocol;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    f[at + field] = (uint8_t)(sum >> 8);
    f[at + field + 1] = (uint8_t)sum;
    *offset = field;
    return at;
}

unsigned net_headers(const uint8_t *f, uint32_t n, unsigned at, unsigned offset)
{
    unsigned bytes = offset == TCP_SUM ? at + (f[at + TCP_LENGTH] >> 4) * 4u : 0;
    return bytes >= at + 20 && bytes <= n ? bytes : 0;
}
