/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h -- one long frame of TCP out of several that follow each other, for a link that cuts it again
 * (PLAT_NET_CUTS).
 *
 * What costs is the frame, not its bytes.  lwIP makes segments as long as the peer takes them; those of one burst that differ
 * in nothing but their place in the stream leave as one.  The pbufs are kept, not copied, until the frame has left: at the end of
 * the turn at the latest (link.c), so that lwIP finds none of them in use when it repeats one.
 */
#ifndef NET_GATHER_H
#define NET_GATHER_H

#include "platform/platform.h"
#include <stdbool.h>

struct pbuf;

enum {
    GATHER_FRAMES_MOST = 64,
    GATHER_HEADERS_MOST = 14 + 40 + 60,
    GATHER_BYTES_MOST = 65535, /* of the long frame: as a pbuf may have */
};

struct gather {
    struct pbuf *kept[GATHER_FRAMES_MOST];
    unsigned frames; /* 0: it is empty */
    struct plat_piece piece[PLAT_NET_PIECES_MOST];
    unsigned pieces;
    uint8_t headers[GATHER_HEADERS_MOST]; /* the first piece: a copy of the first frame's */
    unsigned header_bytes, ip_bytes;
    size_t length;
    uint32_t next;    /* in the stream */
    uint16_t segment; /* bytes of the stream in each but the last */
    bool complete;    /* nothing may follow */
};

/* true: it is kept.  false: nothing has changed; it is to leave by itself, after what is here.  Frames shorter
 * than `least` begin nothing: they would wait for others that do not come. */
bool gather_add(struct gather *g, struct pbuf *frame, size_t least);

/* The headers are made to fit the whole: pieces and segment are ready for plat_net_send_long(), segment 0
 * when there is nothing to cut. */
void gather_finish(struct gather *g);

/* It has left, or will not. */
void gather_clear(struct gather *g);

#endif
