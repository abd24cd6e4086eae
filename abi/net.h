/* SPDX-License-Identifier: Apache-2.0 */
/* net.h -- Ethernet interfaces: what the boot record says of them, and their rings.
 *
 * Each interface has a block in the rings' memory, at boot_net.rings:
 *
 *   + 0                          struct net_rings: one page
 *   + LAYOUT_PAGE                send_bytes bytes of the ring to the monitor
 *   ... + send_bytes             receive_bytes bytes of the ring to the guest
 *
 * The rules of abi/rings.h hold: free-running indexes, who sleeps says so and looks once more.  A ring
 * holds records, each a struct net_record and the frame behind it, filled up to NET_ALIGN bytes.  A record
 * lies in one piece: where the next one does not fit before the end of the ring there is a record of
 * length NET_FILLER and nothing else, and the frame follows at the ring's start.  A record takes at most half
 * of its ring, so that in an empty one there is always room, filler or not.
 *
 * A frame begins with the two addresses and the type; it ends without a checksum.
 */
#ifndef ABI_NET_H
#define ABI_NET_H

#include <stdint.h>

#include "abi/rings.h"

#define NET_MOST             8u /* interfaces */
#define NET_SERVERS_MOST     4u /* of names */
#define NET_ALIGN            16u
#define NET_FILLER           UINT32_MAX
#define NET_HEADER           14u    /* of a frame */
#define NET_FRAME_MOST       65600u /* that any interface may ask for: 64 KiB, and headers */
#define NET_RING_BYTES_LEAST 0x40000u
#define NET_RING_BYTES_MOST  0x200000u

/* With NET_CUTS a frame of TCP from the guest may be longer than the MTU allows, up to NET_FRAME_MOST: `segment` is how
 * many bytes of the stream go into each frame that it is cut into.  0: it stays as it is. */
struct net_record {
    uint32_t length; /* of the frame, or NET_FILLER */
    uint32_t segment;
    uint32_t reserved[2];
};

struct net_rings {
    struct ring send;    /* guest to monitor */
    struct ring receive; /* monitor to guest */
};

/* Bytes of a record with this frame. */
static inline uint32_t net_record_bytes(uint32_t length)
{
    return (uint32_t)sizeof(struct net_record) + ((length + NET_ALIGN - 1) & ~(NET_ALIGN - 1));
}

/* --- in the boot record ------------------------------------------------------------- */

enum net_flags { /* as enum plat_net_flags */
                 NET_IPV4 = 1,
                 NET_IPV6 = 2,
                 NET_SEND_UNSUMMED = 4,
                 NET_RECEIVED_GOOD = 8,
                 NET_CUTS = 16,
                 NET_ALONE = 32,
};

struct boot_net {
    char name[8];
    uint8_t mac[6];
    uint16_t mtu;
    uint32_t frame_most;
    uint32_t flags; /* enum net_flags */
    uint8_t ipv4[4], ipv4_gateway[4];
    uint8_t ipv6[16], ipv6_gateway[16];
    uint8_t ipv4_prefix, ipv6_prefix;
    uint8_t pad[6];
    uint64_t rings; /* address of a struct net_rings; on a page */
    uint32_t send_bytes, receive_bytes;
};

struct boot_names {
    char host[64];
    char search[256];
    uint32_t servers;
    struct {
        uint8_t version; /* 4 or 6 */
        uint8_t address[16];
    } server[NET_SERVERS_MOST];
};

_Static_assert(sizeof(struct net_record) == NET_ALIGN, "shared with the guest");
_Static_assert(sizeof(struct net_rings) == 256, "shared with the guest");
_Static_assert(sizeof(struct boot_net) == 88, "shared with the guest");
_Static_assert(sizeof(struct boot_names) == 392, "shared with the guest");

#endif
