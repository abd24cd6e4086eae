/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_net_monitor.c -- the monitor's side of an interface's rings, with a guest that writes anything anywhere.
 *
 * The input is what the guest does, word for word: indexes, lengths, "I sleep"; and what the world does
 * meanwhile.  Memory outside of the rings is not touched (they are exactly as long as they are), a frame is as long
 * as was said, our own indexes stay right.  Frames are also read as the tap device's checksums read them.
 */
#include <stdlib.h>
#include <string.h>

#include "monitor/devices/net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { RING = 0x40000, MTU = 9000, FRAME_MOST = 65535 };

static uint32_t arriving; /* bytes of the next frame from the world; 0: none */
static bool refuse;       /* the world takes nothing */
static uint32_t seen;

static void must(bool condition)
{
    if (!condition) abort();
}

static bool send(struct net *n, const uint8_t *frame, uint32_t length, uint32_t segment)
{
    uint8_t copy[128];
    unsigned offset = 0, first = length < sizeof copy ? length : (unsigned)sizeof copy;
    must(length >= NET_HEADER && length <= (segment ? NET_FRAME_MOST : MTU + NET_HEADER));
    must(frame >= n->send && frame + length <= n->send + RING);
    for (uint32_t i = 0; i < length; i++) seen += frame[i];
    memcpy(copy, frame, first);
    unsigned at = net_leave_sum(copy, first, &offset);
    must(!at || at + offset + 2 <= first);
    must(!at || net_headers(copy, first, at, offset) <= first);
    must(!segment || (n->boot.flags & NET_CUTS && segment <= MTU));
    return !refuse;
}

static bool receive(struct net *n, struct loop *l)
{
    (void)l;
    uint8_t *room = arriving ? net_room(n, arriving) : NULL;
    if (!room) return false;
    memset(room, 0x5a, arriving);
    net_put(n, arriving);
    return true;
}

static void prepare(struct net *n, struct loop *l) { (void)n, (void)l; }

static const struct net_backend backend = {send, receive, prepare};

static uint32_t take(const uint8_t **data, size_t *n)
{
    uint32_t word = 0;
    size_t bytes = *n < 4 ? *n : 4;
    memcpy(&word, *data, bytes);
    *data += bytes, *n -= bytes;
    return word;
}

/* One thing that the guest, or the world, does. */
static void act(struct net *n, uint32_t what, uint32_t word)
{
    uint32_t at = (n->send_tail + (what >> 8)) & (RING - 1) & ~15u;
    switch (what & 15) {
    case 0: n->rings->send.head = n->send_tail + word % 0x60000; break;
    case 1: n->rings->send.head = word; break;
    case 2: n->rings->receive.tail = n->receive_head - word % 0x60000; break;
    case 3: n->rings->receive.tail = word; break;
    case 4: n->rings->receive.tail = n->receive_head; break;
    case 5:
        n->rings->send.tail = n->rings->receive.head = word;
        break; /* ours: it must not matter */
    case 6: n->rings->send.producer_sleeps = n->rings->receive.consumer_sleeps = word; break;
    case 7: arriving = word % (FRAME_MOST + 1); break;
    case 8: refuse = word & 1; break;
    case 9:
    case 10: { /* a good record */
        bool cuts = what & 64;
        struct net_record record = {.length = NET_HEADER +
                                              word % (cuts ? NET_FRAME_MOST - NET_HEADER : MTU),
                                    .segment = cuts ? MTU - 40 : 0};
        word = record.length;
        memcpy(n->send + (n->send_tail & (RING - 1)), &record, 8);
        n->rings->send.head = n->send_tail + net_record_bytes(word);
        break;
    }
    case 11: word = NET_FILLER; /* fall through */
    default: memcpy(n->send + at, &word, 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct net n = {.backend = &backend};
    struct loop l = {
        .doorbell = -1, .wake = -1, .watched = l.first, .watched_room = LOOP_WATCHED_LEAST};
    n.boot = (struct boot_net){
        .mtu = MTU, .frame_most = FRAME_MOST, .send_bytes = RING, .receive_bytes = RING};
    if (bytes & 1) n.boot.flags = NET_CUTS;
    void *rings = NULL;
    must(posix_memalign(&rings, 4096, net_rings_bytes(&n)) == 0);
    memset(rings, 0, LAYOUT_PAGE);
    memset((char *)rings + LAYOUT_PAGE, 1, 2 * RING);
    net_start(&n, rings);
    /* Anywhere in the rings, and around the indexes' end. */
    n.send_tail = n.receive_head = n.receive_told = take(&data, &bytes) & ~(NET_ALIGN - 1);
    n.rings->send.head = n.rings->send.tail = n.send_tail;
    n.rings->receive.head = n.rings->receive.tail = n.receive_head;
    arriving = 0, refuse = false;
    struct loop_device d = net_device(&n);
    for (unsigned step = 0; bytes && step < 500; step++) {
        uint32_t what = take(&data, &bytes), word = take(&data, &bytes);
        act(&n, what, word);
        if (what & 16) continue;
        uint32_t tail = n.send_tail, head = n.receive_head;
        if (d.serve(d.state, &l) < 0) break; /* the guest would be ended */
        must(n.send_tail - tail <= 64u * RING && n.send_tail % NET_ALIGN == 0);
        must(n.receive_head - head <= RING && n.receive_head % NET_ALIGN == 0);
        d.prepare(d.state, &l, what & 32);
    }
    free(rings);
    return 0;
}
