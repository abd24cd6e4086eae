/* SPDX-License-Identifier: Apache-2.0 */
/* net_switch.c -- an interface on a private segment with other motes of this user; see switch.h.
 *
 * There is a link to each other member: a frame goes to the member whose address it bears, or to all.  What
 * comes over a link has to come from its member's address, so nobody can speak for another.  A member that takes
 * no frames for a while (it is stopped, or dead slow) is passed over until it does; up to then the sender
 * waits, for a lost frame costs TCP more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "monitor/descriptor.h"
#include "monitor/devices/net.h"
#include "monitor/devices/switch.h"
#include "monitor/stats.h"

enum { MTU = 32768, PATIENCE_MS = 100, RECEIVE_AT_ONCE = 16, NOBODY = -1 };

/* --- links ------------------------------------------------------------------------------------ */

static void drop_peer(struct net_switch *s, unsigned i)
{
    close(s->peer[i].fd);
    s->peer[i] = s->peer[--s->peers];
    s->waits_for = NOBODY;
    s->stalled_since_ns = 0;
}

/* In place of a link that there was to it. */
static void add_peer(struct net_switch *s, const struct switch_message *m, int fd)
{
    for (unsigned i = s->peers; i-- > 0;)
        if (memcmp(s->peer[i].mac, m->mac, 6) == 0) drop_peer(s, i);
    if (s->peers == NET_PEERS_MOST) {
        close(fd);
        return;
    }
    struct net_peer *p = &s->peer[s->peers++];
    *p = (struct net_peer){.fd = fd, .polled = -1};
    memcpy(p->mac, m->mac, 6);
}

/* From the switch: 1 a whole one (*fd is its descriptor, or -1), 0 none now, -1 the switch is gone. */
static int take_message(struct net_switch *s, struct switch_message *m, int *fd, int flags)
{
    ssize_t n = descriptor_receive(s->control, m, sizeof *m, fd, flags);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    return n == (ssize_t)sizeof *m && m->magic == SWITCH_MAGIC ? 1 : -1;
}

/* A switch has come, in place of one that was killed. */
static void let_switch_in(const struct net *n)
{
    struct net_switch *s = n->mesh;
    struct switch_message again = {
        .magic = SWITCH_MAGIC, .kind = SWITCH_AGAIN, .number = s->number, .mtu = s->mtu};
    struct iovec part = {&again, sizeof again};
    const struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    int fd = accept4(s->door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (s->control >= 0) close(s->control);
    s->control = fd;
    memcpy(again.mac, n->boot.mac, 6);
    sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Without the switch nobody new comes; those who are here stay. */
static bool meet(struct net_switch *s)
{
    struct switch_message m;
    int fd, result = take_message(s, &m, &fd, MSG_DONTWAIT);
    if (result < 0) {
        close(s->control);
        s->control = -1;
    } else if (result > 0 && m.kind == SWITCH_PEER && fd >= 0) {
        add_peer(s, &m, fd);
        return true;
    }
    return false;
}

/* --- frames out ----------------------------------------------------------------------------------- */

/* As sendmsg(); `head` is our copy of the frame's beginning. */
static ssize_t put_on_link(int fd, uint8_t *head, const uint8_t *frame, uint32_t length)
{
    struct iovec parts[] = {{head, NET_HEADER},
                            {(void *)(uintptr_t)(frame + NET_HEADER), length - NET_HEADER}};
    struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_to_all(struct net *n, uint8_t *head, const uint8_t *frame, uint32_t length)
{
    struct net_switch *s = n->mesh;
    for (unsigned i = s->peers; i-- > 0;) {
        if (put_on_link(s->peer[i].fd, head, frame, length) >= 0) continue;
        if (errno == EAGAIN)
            n->dropped++;
        else
            drop_peer(s, i);
    }
}

/* False: it should wait.  It does for PATIENCE_MS. */
static bool send_to_one(struct net *n, unsigned i, uint8_t *head, const uint8_t *frame,
                        uint32_t length)
{
    struct net_switch *s = n->mesh;
    struct net_peer *p = &s->peer[i];
    if (p->stalled) {
        n->dropped++;
        return true;
    }
    if (put_on_link(p->fd, head, frame, length) >= 0) {
        s->stalled_since_ns = 0;
        return true;
    }
    if (errno != EAGAIN) {
        drop_peer(s, i);
        return true;
    }
    uint64_t now = stats_now_ns();
    if (!s->stalled_since_ns || s->waits_for != (int)i) s->stalled_since_ns = now;
    s->waits_for = (int)i;
    if (now - s->stalled_since_ns < PATIENCE_MS * UINT64_C(1000000)) return false;
    p->stalled = true;
    s->stalled_since_ns = 0;
    n->dropped++;
    return true;
}

static bool switch_send(struct net *n, const uint8_t *frame, uint32_t length, uint32_t segment)
{
    (void)segment;
    struct net_switch *s = n->mesh;
    uint8_t head[NET_HEADER];
    memcpy(head, frame, sizeof head);
    if (memcmp(head + 6, n->boot.mac, 6) != 0) { /* others would throw it away */
        n->dropped++;
        return true;
    }
    if (head[0] & 1) {
        send_to_all(n, head, frame, length);
        return true;
    }
    for (unsigned i = 0; i < s->peers; i++)
        if (memcmp(s->peer[i].mac, head, 6) == 0) return send_to_one(n, i, head, frame, length);
    n->dropped++;
    return true;
}

/* --- frames in ------------------------------------------------------------------------------------ */

/* False: the link has ended. */
static bool take_frames(struct net *n, const struct net_peer *p)
{
    for (unsigned i = 0; i < RECEIVE_AT_ONCE; i++) {
        uint8_t *room = net_room(n, n->boot.frame_most);
        if (!room) return true;
        ssize_t got = recv(p->fd, room, n->boot.frame_most, MSG_DONTWAIT | MSG_TRUNC);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        if (got == 0) return false;
        if (got >= NET_HEADER && got <= (ssize_t)n->boot.frame_most &&
            memcmp(room + 6, p->mac, 6) == 0)
            net_put(n, (uint32_t)got);
        else
            n->dropped++;
    }
    return true;
}

static bool switch_receive(struct net *n, struct loop *l)
{
    struct net_switch *s = n->mesh;
    bool was_full = n->full, did = false;
    if (loop_polled(l, s->polled_control)) did = meet(s);
    if (loop_polled(l, s->polled_door)) let_switch_in(n);
    for (unsigned i = s->peers; i-- > 0;) {
        struct net_peer *p = &s->peer[i];
        int events = loop_polled(l, p->polled);
        if (events & POLLOUT) p->stalled = false;
        if (!was_full && !(events & ~POLLOUT)) continue;
        did = true;
        if (!take_frames(n, p)) drop_peer(s, i);
    }
    return did;
}

static void switch_prepare(struct net *n, struct loop *l)
{
    struct net_switch *s = n->mesh;
    s->polled_control = loop_watch(l, s->control, POLLIN);
    s->polled_door = loop_watch(l, s->door, POLLIN);
    for (unsigned i = 0; i < s->peers; i++) {
        struct net_peer *p = &s->peer[i];
        bool room = p->stalled || (n->blocked && s->waits_for == (int)i);
        int events = (n->full ? 0 : POLLIN) | (room ? POLLOUT : 0);
        p->polled = loop_watch(l, events ? p->fd : -1, events);
    }
    if (n->blocked) loop_timeout(l, PATIENCE_MS);
}

static const struct net_backend switch_backend = {switch_send, switch_receive, switch_prepare};

/* --- joining ---------------------------------------------------------------------------------------- */

static int refused(const char *name, const struct switch_message *m, struct error *e)
{
    switch (m->number) {
    case SWITCH_FULL:
        return fail(e, 0, "switch %s is full: %d motes are on it", name, SWITCH_MEMBERS_MOST);
    case SWITCH_MTU:
        return fail(e, 0, "switch %s has an MTU of %u: ask for that, or for none", name, m->mtu);
    case SWITCH_MAC: return fail(e, 0, "another mote on switch %s has this MAC address", name);
    default: return fail(e, 0, "switch %s belongs to another version of mote", name);
    }
}

/* Asks to be let in.  1 done, 0 the switch was just ending. */
static int join(struct net *n, const struct monitor_net *o, struct error *e)
{
    struct switch_message m = {
        .magic = SWITCH_MAGIC,
        .kind = SWITCH_JOIN,
        .number = o->mtu != 0, /* we insist */
        .mtu = o->mtu ? o->mtu : MTU,
    };
    int fd;
    if (o->mac_given) memcpy(m.mac, o->mac, 6);
    n->mesh->control = switch_connect(o->name, e);
    if (n->mesh->control < 0) return -1;
    if (send(n->mesh->control, &m, sizeof m, MSG_NOSIGNAL) < 0 ||
        take_message(n->mesh, &m, &fd, 0) < 1) {
        close(n->mesh->control);
        return 0;
    }
    if (m.kind != SWITCH_WELCOME) return refused(o->name, &m, e);

    n->mesh->number = m.number, n->mesh->mtu = m.mtu;
    n->mesh->door = switch_listen(o->name, m.number, e);
    if (n->mesh->door < 0 || net_keep(n, n->mesh->door, e) < 0) return -1;

    struct boot_net *b = &n->boot;
    uint8_t segment = (uint8_t)hash_fast(o->name, strlen(o->name));
    const uint8_t ipv4[4] = {10, 109, segment, (uint8_t)m.number};
    const uint8_t ipv6[16] = {0xfd, 0x6d, 0x6f, 0x74, 0, 0x65, 1, segment, [15] = ipv4[3]};
    memcpy(b->mac, m.mac, 6);
    memcpy(b->ipv4, ipv4, 4);
    memcpy(b->ipv6, ipv6, 16);
    b->ipv4_prefix = 24, b->ipv6_prefix = 64;
    b->mtu = (uint16_t)m.mtu;
    b->flags |= NET_IPV4 | NET_IPV6 | NET_SEND_UNSUMMED | NET_RECEIVED_GOOD;
    return 1;
}

int net_switch_open(struct net *n, const struct monitor_net *o, struct error *e)
{
    enum { TRIES = 20 };
    n->backend = &switch_backend;
    n->mesh = calloc(1, sizeof *n->mesh);
    if (!n->mesh) return fail(e, errno, "set up the network");
    n->mesh->waits_for = NOBODY;
    for (unsigned i = 0; i < TRIES; i++) {
        int result = join(n, o, e);
        if (result < 0) return -1;
        if (result > 0) return net_keep(n, n->mesh->control, e);
    }
    return fail(e, 0, "switch %s lets nobody in", o->name);
}
