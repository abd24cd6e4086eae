/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c -- see gather.h.  The frames are lwIP's own: their headers are whole and in one piece. */
#include "net/gather.h"
#include "binary/bits.h"
#include <lwip/inet_chksum.h>
#include <lwip/pbuf.h>
#include <string.h>

enum { ETHERNET = PLAT_NET_HEADER, FOUR = 20, SIX = 40, TCP_LEAST = 20, PROTOCOL_TCP = 6 };
enum { TCP_SEQUENCE = 4, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_SUM = 16, PUSH = 0x08, ACK = 0x10 };

/* Bytes of IP's header, when it is TCP's that follows, and the packet whole; or 0. */
static unsigned ip_header(const uint8_t *frame, size_t n)
{
    const uint8_t *ip = frame + ETHERNET;
    if (n < ETHERNET + FOUR + TCP_LEAST) return 0;
    unsigned type = load_u16(frame + 12);
    if (type == 0x0800 && ip[0] == 0x45 && ip[9] == PROTOCOL_TCP && !(load_u16(ip + 6) & 0x3fff))
        return FOUR;
    if (type == 0x86dd && n >= ETHERNET + SIX + TCP_LEAST && ip[6] == PROTOCOL_TCP) return SIX;
    return 0;
}

/* Bytes of all headers of a frame that has data and says nothing else; or 0. */
static unsigned headers_of(const struct pbuf *frame, unsigned *ip_bytes)
{
    const uint8_t *bytes = frame->payload;
    *ip_bytes = ip_header(bytes, frame->len);
    if (!*ip_bytes) return 0;
    const uint8_t *tcp = bytes + ETHERNET + *ip_bytes;
    unsigned all = ETHERNET + *ip_bytes + (tcp[TCP_OFFSET] >> 4) * 4u;
    bool plain = (tcp[TCP_FLAGS] & ~PUSH) == ACK;
    return plain && all <= frame->len && all < frame->tot_len ? all : 0;
}

static bool same(const uint8_t *a, const uint8_t *b, unsigned from, unsigned to)
{
    return memcmp(a + from, b + from, to - from) == 0;
}

/* All but lengths, IPv4's number of the packet, sums, the place in the stream and PUSH. */
static bool same_headers(const struct gather *g, const uint8_t *frame)
{
    const uint8_t *a = g->headers, *ip = a + ETHERNET, *other = frame + ETHERNET;
    if (!same(a, frame, 0, ETHERNET)) return false;
    if (g->ip_bytes == FOUR
            ? !same(ip, other, 0, 2) || !same(ip, other, 6, 10) || !same(ip, other, 12, FOUR)
            : !same(ip, other, 0, 4) || !same(ip, other, 6, SIX))
        return false;
    const uint8_t *tcp = ip + g->ip_bytes, *next = other + g->ip_bytes;
    return same(tcp, next, 0, TCP_SEQUENCE) && same(tcp, next, 8, TCP_FLAGS) &&
           same(tcp, next, 14, TCP_SUM) &&
           same(tcp, next, 18, g->header_bytes - ETHERNET - g->ip_bytes);
}

/* The frame's bytes from `skipped` on; false: it is in too many pieces. */
static bool add_pieces(struct gather *g, const struct pbuf *frame, size_t skipped)
{
    unsigned pieces = g->pieces;
    for (const struct pbuf *p = frame; p; p = p->next) {
        if (p->len > skipped) {
            if (pieces == PLAT_NET_PIECES_MOST) return false;
            g->piece[pieces++] =
                (struct plat_piece){(const uint8_t *)p->payload + skipped, p->len - skipped};
        }
        skipped = p->len > skipped ? 0 : skipped - p->len;
    }
    g->pieces = pieces;
    return true;
}

static bool begin(struct gather *g, struct pbuf *frame, unsigned headers, unsigned ip_bytes)
{
    memcpy(g->headers, frame->payload, headers);
    g->piece[0] = (struct plat_piece){g->headers, headers};
    g->pieces = 1;
    g->header_bytes = headers;
    g->ip_bytes = ip_bytes;
    if (!add_pieces(g, frame, headers)) return false;
    g->length = frame->tot_len;
    g->segment = (uint16_t)(frame->tot_len - headers);
    g->complete = false;
    return true;
}

static bool follow(struct gather *g, struct pbuf *frame, unsigned headers)
{
    const uint8_t *bytes = frame->payload, *tcp = bytes + ETHERNET + g->ip_bytes;
    size_t data = frame->tot_len - headers;
    if (g->complete || headers != g->header_bytes || !same_headers(g, bytes)) return false;
    if (load_u32(tcp + TCP_SEQUENCE) != g->next || data > g->segment) return false;
    if (g->length + data > GATHER_BYTES_MOST || !add_pieces(g, frame, headers)) return false;
    g->headers[ETHERNET + g->ip_bytes + TCP_FLAGS] |= tcp[TCP_FLAGS];
    g->length += data;
    g->complete = data < g->segment;
    return true;
}

bool gather_add(struct gather *g, struct pbuf *frame, size_t least)
{
    unsigned ip_bytes, headers = headers_of(frame, &ip_bytes);
    if (!headers) return false;
    if (g->frames ? !follow(g, frame, headers)
                  : frame->tot_len < least || !begin(g, frame, headers, ip_bytes))
        return false;
    const uint8_t *tcp = (const uint8_t *)frame->payload + ETHERNET + ip_bytes;
    g->next = load_u32(tcp + TCP_SEQUENCE) + (uint32_t)(frame->tot_len - headers);
    pbuf_ref(frame);
    g->kept[g->frames++] = frame;
    if (g->frames == GATHER_FRAMES_MOST || g->length + g->segment > GATHER_BYTES_MOST)
        g->complete = true;
    return true;
}

void gather_finish(struct gather *g)
{
    uint8_t *ip = g->headers + ETHERNET;
    if (g->frames == 1) {
        g->segment = 0;
    } else if (g->ip_bytes == FOUR) {
        store_u16(ip + 2, (uint16_t)(g->length - ETHERNET));
        memset(ip + 10, 0, 2);
        uint16_t sum = inet_chksum(ip, FOUR);
        memcpy(ip + 10, &sum, 2);
    } else {
        store_u16(ip + 4, (uint16_t)(g->length - ETHERNET - SIX));
    }
}

void gather_clear(struct gather *g)
{
    for (unsigned i = 0; i < g->frames; i++) pbuf_free(g->kept[i]);
    g->frames = g->pieces = 0;
    g->complete = false;
}
