/* SPDX-License-Identifier: Apache-2.0 */
/* gather_test.c -- frames of TCP that become one long frame, and those that do not (net/gather.h). */
#include "net/gather.h"
#include "binary/bits.h"
#include "check.h"
#include <lwip/inet_chksum.h>
#include <lwip/pbuf.h>
#include <string.h>

enum { SEGMENT = 1460, FRAMES = 70, LEAST = 700 };

/* What of lwIP gather.c needs. */
static int references;
void pbuf_ref(struct pbuf *p) { p->ref++, references++; }
u8_t pbuf_free(struct pbuf *p) { return p->ref--, references--, 0; }
u16_t inet_chksum(const void *bytes, u16_t n)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i + 1 < n; i += 2) sum += load_u16((const uint8_t *)bytes + i);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (u16_t)__builtin_bswap16((uint16_t)~sum);
}

static struct frame {
    struct pbuf head, data; /* the headers, and what they are before */
    uint8_t headers[GATHER_HEADERS_MOST], bytes[SEGMENT];
} frames[FRAMES];

/* Frame k of a stream, with n bytes of it from `at` on. */
static struct frame *make(unsigned k, bool six, uint32_t at, uint16_t n)
{
    struct frame *f = &frames[k];
    unsigned ip = six ? 40 : 20, all = 14 + ip + 20;
    memset(f, 0, sizeof *f);
    uint8_t *h = f->headers, *tcp = h + 14 + ip;
    store_u16(h + 12, six ? 0x86dd : 0x0800);
    h[14] = six ? 0x60 : 0x45;
    h[14 + (six ? 6 : 9)] = 6;
    store_u16(h + 14 + (six ? 4 : 2), (uint16_t)(n + 20 + (six ? 0 : 20)));
    if (!six) store_u16(h + 18, (uint16_t)k); /* its number */
    store_u16(tcp, 80);
    tcp[12] = 5 << 4;
    tcp[13] = 0x10;
    for (unsigned i = 0; i < 4; i++) tcp[4 + i] = (uint8_t)(at >> (24 - 8 * i));
    for (unsigned i = 0; i < n; i++) f->bytes[i] = (uint8_t)((at + i) * 7);
    f->head = (struct pbuf){
        .next = &f->data, .payload = h, .len = (u16_t)all, .tot_len = (u16_t)(all + n), .ref = 1};
    f->data = (struct pbuf){.payload = f->bytes, .len = n, .tot_len = n, .ref = 1};
    return f;
}

static bool add(struct gather *g, struct frame *f) { return gather_add(g, &f->head, LEAST); }
static uint8_t *tcp_of(struct frame *f, bool six) { return f->headers + 14 + (six ? 40 : 20); }

/* The long frame as it would be in the ring. */
static size_t whole(const struct gather *g, uint8_t *to)
{
    size_t n = 0;
    for (unsigned i = 0; i < g->pieces; n += g->piece[i++].n)
        memcpy(to + n, g->piece[i].bytes, g->piece[i].n);
    return n;
}

static void test_long(bool six)
{
    static uint8_t bytes[GATHER_BYTES_MOST];
    struct gather g = {.frames = 0};
    const uint32_t at = UINT32_MAX - 2000; /* round the end of the numbers */
    unsigned all = 14 + (six ? 40 : 20) + 20;
    struct frame *last = make(2, six, at + 2 * SEGMENT, 700);
    tcp_of(last, six)[13] |= 8;
    CHECK(add(&g, make(0, six, at, SEGMENT)) && add(&g, make(1, six, at + SEGMENT, SEGMENT)));
    CHECK(!g.complete && add(&g, last) && g.complete);
    CHECK(!add(&g, make(3, six, at + 2 * SEGMENT + 700, SEGMENT)));
    gather_finish(&g);
    CHECK(g.segment == SEGMENT && g.length == all + 2 * SEGMENT + 700 &&
          whole(&g, bytes) == g.length);
    CHECK(load_u16(bytes + 14 + (six ? 4 : 2)) == g.length - 14 - (six ? 40 : 0));
    CHECK(six || inet_chksum(bytes + 14, 20) == 0);
    CHECK(bytes[all - 20 + 13] == 0x18);
    unsigned wrong = 0;
    for (unsigned i = 0; i < g.length - all; i++)
        wrong += bytes[all + i] != (uint8_t)((at + i) * 7);
    CHECK(wrong == 0 && references == 3);
    gather_clear(&g);
    CHECK(references == 0 && g.frames == 0);
}

/* What does not follow changes nothing. */
static void test_others(void)
{
    struct gather g = {.frames = 0};
    CHECK(!add(&g, make(1, false, 0, 100))); /* too short to wait for others */
    CHECK(add(&g, make(0, false, 1000, SEGMENT)));
    CHECK(!add(&g, make(1, false, 1000 + SEGMENT + 1, SEGMENT)));
    CHECK(!add(&g, make(1, false, 1000, SEGMENT)));
    CHECK(!add(&g, make(1, true, 1000 + SEGMENT, SEGMENT)));
    for (unsigned byte = 0; byte < 54; byte++) {
        bool free_byte =
            (byte >= 16 && byte < 20) || (byte >= 24 && byte < 26) || (byte >= 50 && byte < 52);
        struct frame *f = make(1, false, 1000 + SEGMENT, SEGMENT);
        f->headers[byte] ^= 4; /* lengths, numbers and sums may differ; nothing else may */
        if (!free_byte) CHECK(!add(&g, f));
    }
    struct frame *end = make(1, false, 1000 + SEGMENT, SEGMENT);
    tcp_of(end, false)[13] |= 1;
    CHECK(!add(&g, end) && g.frames == 1 && references == 1);
    CHECK(!add(&g, make(1, false, 1000 + SEGMENT, 0)));
    gather_finish(&g);
    CHECK(g.segment == 0 && g.length == 54 + SEGMENT);
    gather_clear(&g);
}

static void test_limits(void)
{
    struct gather g = {.frames = 0};
    unsigned k = 0;
    while (k < FRAMES && !g.complete && add(&g, make(k, false, k * SEGMENT, SEGMENT))) k++;
    CHECK(g.complete && g.length <= GATHER_BYTES_MOST && g.length + SEGMENT > GATHER_BYTES_MOST);
    gather_clear(&g);
    for (k = 0; k < FRAMES && !g.complete && add(&g, make(k, false, k * 800, 800));) k++;
    CHECK(g.complete && g.frames == GATHER_FRAMES_MOST && g.pieces <= PLAT_NET_PIECES_MOST);
    gather_clear(&g);
    CHECK(references == 0);
}

int main(void)
{
    test_long(false);
    test_long(true);
    test_others();
    test_limits();
    return check_result();
}
