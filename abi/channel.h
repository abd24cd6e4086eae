/* SPDX-License-Identifier: Apache-2.0 */
/* channel.h -- streams of bytes between the guest and the host, beside the console.
 *
 * Each channel has CHANNEL_STRIDE bytes of its own, at CHANNEL_MEMORY(number):
 *
 *   + 0600     bytes of the ring `in`, host to guest
 *   + 8'0600   struct channel, at CHANNEL_ADDRESS(number)
 *   + 8'0800   bytes of the ring `out`, guest to host
 *
 * The rings work as those of abi/rings.h, but `in` begins with its index at CHANNEL_IN_FIRST: on a page with struct channel lie the first
 * bytes that go each way.  Who has little to say has touched no other.  What a channel carries is said by its name, which
 * stands in the boot record:
 *
 *   mount:rw:/data   9P2000.L: a folder of the host that is to appear at /data; `ro`: read only
 *
 * Who serves a channel on the host's side has a doorbell of his own: on kvm the number of the
 * channel written to PORT_CHANNEL, on process the descriptor `doorbell`.
 */
#ifndef ABI_CHANNEL_H
#define ABI_CHANNEL_H

#include "abi/rings.h"

#define CHANNEL_RING_BYTES 0x80000u
#define CHANNEL_STRIDE     (0x1000ull + 2 * CHANNEL_RING_BYTES)
#define CHANNEL_BEFORE     (0x600ull + CHANNEL_RING_BYTES) /* struct channel */
#define CHANNEL_HEAD       0x200u                          /* what it takes */
#define CHANNEL_IN_FIRST   (CHANNEL_RING_BYTES - 0x600)
#define CHANNELS_MOST      15u
/* Each mote that others talk to has one: it lies where a mote's other memory is. */
#define CHANNEL_MEMORY(number)                                                                     \
    ((number) ? LAYOUT_CHANNELS + ((number)-1) * CHANNEL_STRIDE : LAYOUT_CHANNEL)
#define CHANNEL_ADDRESS(number) (CHANNEL_MEMORY(number) + CHANNEL_BEFORE)

#define CHANNEL_OUT(channel) ((unsigned char *)(channel) + CHANNEL_HEAD)
#define CHANNEL_IN(channel)  ((unsigned char *)(channel)-CHANNEL_RING_BYTES)

struct channel {
    uint32_t closed;  /* the host's: nothing comes after what is in the ring `in` */
    int32_t doorbell; /* the host's, constant */
    uint32_t pad[30];
    struct ring out, in;
};

_Static_assert(sizeof(struct channel) == 384 && sizeof(struct channel) <= CHANNEL_HEAD,
               "shared with the guest");
_Static_assert(LAYOUT_CHANNELS + (CHANNELS_MOST - 1) * CHANNEL_STRIDE <= LAYOUT_CHANNELS_END &&
                   LAYOUT_RINGS + RING_USED_BYTES <= LAYOUT_CHANNEL &&
                   LAYOUT_CHANNEL + CHANNEL_STRIDE <= LAYOUT_BOOT,
               "inside their parts of the layout");

/* The one in this memory. */
static inline struct channel *channel_at(void *memory)
{
    return (struct channel *)((unsigned char *)memory + CHANNEL_BEFORE);
}

/* The same, in memory whose bytes are zero. */
static inline struct channel *channel_begin(void *memory)
{
    struct channel *c = channel_at(memory);
    c->in.head = c->in.tail = CHANNEL_IN_FIRST;
    return c;
}

#define PORT_CHANNEL 0x508 /* kvm: an `out` of 32 bits, the channel's number */

#endif
