/* SPDX-License-Identifier: Apache-2.0 */
/* net.h -- an Ethernet interface of the guest: its rings (net.c), and what is at their other end:
 *
 *   net_user.c    the host's network as any program has it: libslirp
 *   net_tap.c     a tap device of the host
 *   net_switch.c  other motes of the same user: links to each of them
 *
 * An interface is opened before the guest's memory is laid out and while we are still who we were; then the
 * rings are mapped and net_start() gives them to it; the loop serves it as net_device().
 */
#ifndef MONITOR_NET_H
#define MONITOR_NET_H

#include "abi/net.h"
#include "monitor/devices/loop.h"
#include "monitor/monitor.h"

struct net;

/* What an interface is connected to. */
struct net_backend {
    /* A frame from the guest, which can write to it meanwhile: each byte is read once, or copied first.
     * `segment`: as in struct net_record; 0 unless the backend has set NET_CUTS.
     * True: taken, or thrown away.  False: not now; prepare() watches for when. */
    bool (*send)(struct net *n, const uint8_t *frame, uint32_t length, uint32_t segment);
    /* Moves what has arrived to net_room(), as long as there is some.  True: something was done. */
    bool (*receive)(struct net *n, struct loop *l);
    /* As in struct loop_device; no watching for what arrives while n->full. */
    void (*prepare)(struct net *n, struct loop *l);
};

enum { NET_PEERS_MOST = 250, NET_KEEP_MOST = 80 };

struct net_tap {
    int fd, polled;
    bool rests; /* it failed: somebody has deleted it, or is about to do something with it */
};

struct net_peer {
    int fd, polled;
    uint8_t mac[6];
    bool stalled; /* it does not take our frames; they are thrown away until it does */
};

struct net_switch {
    int control, polled_control; /* to the process that introduces us to others; -1: it is gone */
    int door, polled_door;       /* where the next one comes to us */
    uint32_t number, mtu;        /* what we are there */
    struct net_peer peer[NET_PEERS_MOST];
    unsigned peers;
    uint64_t stalled_since_ns; /* a frame has been waiting since then; 0: none does */
    int waits_for;             /* the peer that it waits for */
};

struct net {
    /* Set by net_open(), then constant. */
    struct boot_net boot; /* for the guest; boot.rings says where it sees them */
    const struct net_backend *backend;
    union {
        struct net_tap tap;
        struct net_switch *mesh;
        struct net_user *user; /* net_user.c */
    };
    int keep[NET_KEEP_MOST]; /* descriptors that are needed on */
    unsigned keeps;
    uint16_t host_port[MONITOR_FORWARDS_MOST]; /* of the forwarded ports */

    /* Set by net_start(). */
    struct net_rings *rings; /* shared with the guest, who is hostile */
    uint8_t *send, *receive;

    /* The loop's.  Our indexes; the guest sees copies. */
    uint32_t send_tail, receive_head, receive_told;
    bool blocked; /* the backend does not take the next frame now */
    bool full;    /* the guest has no room for what arrives */
    bool hostile; /* it has broken the rules */
    uint64_t frames_out, frames_in, bytes_out, bytes_in, knocks, dropped;
};

/* 0, or -1 with `e`: `o` cannot be had here.  `index` is its number. */
int net_open(struct net *n, const struct monitor_net *o, unsigned index, struct error *e);
int net_user_open(struct net *n, const struct monitor_net *o, struct error *e);
int net_tap_open(struct net *n, const struct monitor_net *o, struct error *e);
int net_switch_open(struct net *n, const struct monitor_net *o, struct error *e);

/* Descriptor `fd` is to stay open. */
int net_keep(struct net *n, int fd, struct error *e);

static inline uint64_t net_rings_bytes(const struct net *n)
{
    return LAYOUT_PAGE + n->boot.send_bytes + n->boot.receive_bytes;
}

/* `rings` is their memory as we see it: net_rings_bytes(). */
void net_start(struct net *n, void *rings);
struct loop_device net_device(struct net *n);

/* For backends: where a frame of up to `most` bytes for the guest may be written; NULL: there is no room now
 * (n->full), or never will be (n->hostile).  Then net_put() with its length. */
uint8_t *net_room(struct net *n, uint32_t most);
void net_put(struct net *n, uint32_t length);

/* net_sum.c: `f` is our copy of a frame's first `n` bytes.  If it is TCP or UDP that the kernel can sum, what it
 * starts with goes where the sum will be: returns where summing starts, and how far behind that the sum
 * goes; 0: it is nothing of that kind. */
unsigned net_leave_sum(uint8_t *f, uint32_t n, unsigned *offset);
/* What that returned, not 0, and the offset: bytes of all headers when it is TCP and they are all there; or 0. */
unsigned net_headers(const uint8_t *f, uint32_t n, unsigned at, unsigned offset);

#endif
