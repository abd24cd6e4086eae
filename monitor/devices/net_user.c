/* SPDX-License-Identifier: Apache-2.0 */
/* net_user.c -- an interface with the host's network as any program of its user has it, by libslirp.
 *
 * libslirp ends the guest's TCP and UDP here and opens sockets of the host's instead; it needs no rights.  The
 * guest is 10.0.2.15, its gateway 10.0.2.2; fd6d:6f74:65::15 and ::2.  Ports of the host are forwarded to the
 * guest's (`-p`).  The host's own loopback is out of reach unless it was asked for: then it is the gateway's
 * address.  Names are asked from the host's own servers, directly: libslirp would read /etc/resolv.conf at
 * times when we may open no files any more.
 *
 * Where no port is forwarded libslirp is made when the guest sends its first frame, which most that start, print and end never
 * do: nothing is announced there (NET_ALONE).  To make it and to show it three frames took 0.1 ms of each start.
 *
 * libslirp does not know of a receiver without room.  What does not fit into the ring waits in a queue here,
 * and as long as there is one, nothing is read from the host's sockets.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <slirp/libslirp.h>

#include "monitor/devices/net.h"
#include "monitor/stats.h"

enum { MTU = 32768, BACKLOG = 1024, COPY_BELOW = 2048, TIMERS = 2, DOOR_SHUT_MS = 50 };
#define QUEUE_MOST (8u << 20)

struct waiting {
    struct waiting *next;
    uint32_t length;
    uint8_t frame[];
};

struct timer {
    SlirpTimerCb run;
    void *context;
    int64_t at_ms; /* -1: not running */
};

struct net_user {
    SlirpConfig config;
    Slirp *slirp;      /* NULL: the guest has not sent anything yet */
    struct loop *loop; /* while libslirp is inside slirp_pollfds_... */
    bool filled;       /* it has said what it waits for */
    struct timer timer[TIMERS];
    struct waiting *first, **last;
    size_t queued;
    unsigned sockets;               /* that it waits for */
    unsigned most;                  /* descriptors that we may have */
    int door[NET_KEEP_MOST], doors; /* numbers of the ports' sockets that it waits for now */
    bool came;                      /* there was somebody at one of them */
    int64_t shut_until_ms;          /* nobody else is let in before */
    int64_t trim_at_ms;             /* when to give memory back; 0: there is none */
    uint8_t copy[COPY_BELOW];
};

static int64_t now_ms(void) { return (int64_t)(stats_now_ns() / 1000000); }

/* --- what libslirp asks of us ------------------------------------------------------------------ */

static void queue(struct net *n, const void *frame, size_t length)
{
    struct net_user *u = n->user;
    struct waiting *w = u->queued + length > QUEUE_MOST ? NULL : malloc(sizeof *w + length);
    if (!w) {
        n->dropped++;
        return;
    }
    memcpy(w->frame, frame, length);
    w->length = (uint32_t)length;
    w->next = NULL;
    *u->last = w;
    u->last = &w->next;
    u->queued += length;
}

static ssize_t to_guest(const void *frame, size_t length, void *context)
{
    struct net *n = context;
    if (length < NET_HEADER || length > n->boot.frame_most) return -1;
    uint8_t *room = n->user->first ? NULL : net_room(n, (uint32_t)length);
    if (room) {
        memcpy(room, frame, length);
        net_put(n, (uint32_t)length);
    } else {
        queue(n, frame, length);
    }
    return (ssize_t)length;
}

static void guest_error(const char *text, void *context) { (void)text, (void)context; }
static int64_t clock_ns(void *context) { return (void)context, (int64_t)stats_now_ns(); }

static void *timer_new(SlirpTimerCb run, void *timer_context, void *context)
{
    struct net *n = context;
    for (unsigned i = 0; i < TIMERS; i++)
        if (!n->user->timer[i].run) {
            n->user->timer[i] = (struct timer){run, timer_context, -1};
            return &n->user->timer[i];
        }
    abort(); /* this version of libslirp has one */
}

static void timer_free(void *timer, void *context)
{
    (void)context;
    *(struct timer *)timer = (struct timer){.at_ms = -1};
}

static void timer_mod(void *timer, int64_t at_ms, void *context)
{
    (void)context;
    ((struct timer *)timer)->at_ms = at_ms;
}

static void ignore_fd(int fd, void *context) { (void)fd, (void)context; }
static void ignore_notice(void *context) { (void)context; }

static const SlirpCb callbacks = {
    .send_packet = to_guest,
    .guest_error = guest_error,
    .clock_get_ns = clock_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = ignore_fd,
    .unregister_poll_fd = ignore_fd,
    .notify = ignore_notice,
};

/* libslirp would let guests speak to network cards' management; its file for that is not compiled in. */
void ncsi_input(Slirp *slirp, const uint8_t *frame, int length);
void ncsi_input(Slirp *slirp, const uint8_t *frame, int length)
{
    (void)slirp, (void)frame, (void)length;
}

/* --- the backend -------------------------------------------------------------------------------------- */

static int revents(int number, void *context)
{
    struct net *n = context;
    int polled = loop_polled(n->user->loop, number), events = 0;
    if (polled & POLLIN) events |= SLIRP_POLL_IN;
    if (polled & POLLOUT) events |= SLIRP_POLL_OUT;
    if (polled & POLLPRI) events |= SLIRP_POLL_PRI;
    if (polled & POLLERR) events |= SLIRP_POLL_ERR;
    if (polled & POLLHUP) events |= SLIRP_POLL_HUP;
    return events;
}

/* It reads the clock when it is polled, and not before: what is sent until then would expire at once. */
static bool make_late(struct net *n)
{
    struct net_user *u = n->user;
    u->slirp = slirp_new(&u->config, &callbacks, n);
    if (!u->slirp) return false; /* net_user_open() has seen to it that this cannot be */
    slirp_pollfds_poll(u->slirp, 1, revents, n);
    return true;
}

/* It copies IP packets before it looks into them; short frames, ARP's among them, are copied here. */
static bool user_send(struct net *n, const uint8_t *frame, uint32_t length, uint32_t segment)
{
    (void)segment;
    struct net_user *u = n->user;
    if (u->queued > QUEUE_MOST / 2) return false; /* it would only become more */
    if (!u->slirp && !make_late(n)) return true;
    if (length <= COPY_BELOW) {
        memcpy(u->copy, frame, length);
        frame = u->copy;
    }
    slirp_input(u->slirp, frame, (int)length);
    return true;
}

static void empty_queue(struct net *n)
{
    struct net_user *u = n->user;
    while (u->first) {
        struct waiting *w = u->first;
        uint8_t *room = net_room(n, w->length);
        if (!room) return;
        memcpy(room, w->frame, w->length);
        net_put(n, w->length);
        u->first = w->next;
        u->queued -= w->length;
        free(w);
    }
    u->last = &u->first;
}

/* A socket of a forwarded port: they are as old as we. */
static bool is_door(const struct net *n, int fd)
{
    for (unsigned i = 0; i < n->keeps; i++)
        if (n->keep[i] == fd) return true;
    return false;
}

static int watch(int fd, int wanted, void *context)
{
    struct net *n = context;
    struct net_user *u = n->user;
    int events = 0;
    bool door = is_door(n, fd);
    u->sockets++;
    if (door && u->shut_until_ms) return -1;
    if (wanted & SLIRP_POLL_IN) events |= POLLIN;
    if (wanted & SLIRP_POLL_OUT) events |= POLLOUT;
    if (wanted & SLIRP_POLL_PRI) events |= POLLPRI;
    if (wanted & SLIRP_POLL_ERR) events |= POLLERR;
    if (wanted & SLIRP_POLL_HUP) events |= POLLHUP;
    int number = loop_watch(u->loop, fd, events);
    if (door) u->door[u->doors++] = number;
    return number;
}

/* libslirp tries to let in who is at the door, and looks again at once when it has no descriptor for him.  Then
 * nobody is looked at for a while: who waits is let in when somebody else has left. */
static void mind_the_door(struct net_user *u, unsigned sockets_before)
{
    bool crowded = u->sockets >= u->most / 2 && u->sockets <= sockets_before;
    if (u->came && crowded) u->shut_until_ms = now_ms() + DOOR_SHUT_MS;
    u->came = false;
}

static bool user_receive(struct net *n, struct loop *l)
{
    struct net_user *u = n->user;
    uint64_t before = n->frames_in;
    if (u->first) empty_queue(n);
    if (!u->first && u->filled) {
        u->loop = l;
        for (int i = 0; i < u->doors; i++) u->came |= (loop_polled(l, u->door[i]) & POLLIN) != 0;
        slirp_pollfds_poll(u->slirp, 0, revents, n);
        int64_t now = now_ms();
        for (unsigned i = 0; i < TIMERS; i++) {
            struct timer *t = &u->timer[i];
            if (!t->run || t->at_ms < 0 || t->at_ms > now) continue;
            t->at_ms = -1;
            t->run(t->context);
        }
    }
    u->filled = false;
    return n->frames_in != before;
}

/* Some time after a crowd has come and gone: the C library would keep its memory. */
static void give_memory_back(struct net_user *u, struct loop *l)
{
    enum { CROWD = 128, LATER_MS = 30000 };
    int64_t now = now_ms();
    if (u->sockets >= CROWD) u->trim_at_ms = now + LATER_MS;
    if (!u->trim_at_ms) return;
    if (now < u->trim_at_ms) {
        loop_timeout(l, u->trim_at_ms - now);
    } else {
#ifdef __GLIBC__
        malloc_trim(0);
#endif
        u->trim_at_ms = 0;
    }
}

static void user_prepare(struct net *n, struct loop *l)
{
    struct net_user *u = n->user;
    uint32_t timeout = UINT32_MAX;
    if (!u->slirp || u->first) return; /* the guest knocks when it has made room */
    u->loop = l;
    unsigned before = u->sockets;
    u->sockets = 0, u->doors = 0;
    if (u->shut_until_ms && now_ms() >= u->shut_until_ms) u->shut_until_ms = 0;
    slirp_pollfds_fill(u->slirp, &timeout, watch, n);
    u->filled = true;
    mind_the_door(u, before);
    if (u->shut_until_ms) loop_timeout(l, DOOR_SHUT_MS);
    loop_timeout(l, timeout == UINT32_MAX ? -1 : (int64_t)timeout);
    give_memory_back(u, l);
    for (unsigned i = 0; i < TIMERS; i++) {
        if (!u->timer[i].run || u->timer[i].at_ms < 0) continue;
        int64_t left = u->timer[i].at_ms - now_ms();
        loop_timeout(l, left < 0 ? 0 : left < 1000000 ? left : 1000000);
    }
}

static const struct net_backend user_backend = {user_send, user_receive, user_prepare};

/* --- opening ---------------------------------------------------------------------------------------------- */

static const uint8_t prefix6[16] = {0xfd, 0x6d, 0x6f, 0x74, 0, 0x65};

/* Guest and gateway; the gateway is .2, or .1 if the guest wants to be that. */
static void choose_network(struct boot_net *b, const struct monitor_net *o, SlirpConfig *c)
{
    uint32_t guest = 0x0a00020f, prefix = 24;
    if (o->ipv4.given) {
        memcpy(&guest, o->ipv4.bytes, 4);
        guest = ntohl(guest);
        prefix = o->ipv4.prefix;
    }
    uint32_t mask = prefix ? UINT32_MAX << (32 - prefix) : 0, net = guest & mask;
    uint32_t host = net + 2 == guest ? net + 1 : net + 2;
    if (o->gateway4.given) {
        memcpy(&host, o->gateway4.bytes, 4);
        host = ntohl(host);
    }
    c->vnetwork.s_addr = htonl(net);
    c->vnetmask.s_addr = htonl(mask);
    c->vhost.s_addr = htonl(host);
    c->vnameserver.s_addr = htonl(net + 3 == guest ? net + 4 : net + 3); /* not served */
    c->vdhcp_start.s_addr = htonl(guest);
    b->ipv4_prefix = (uint8_t)prefix;
    guest = htonl(guest);
    memcpy(b->ipv4, &guest, 4);
    memcpy(b->ipv4_gateway, &c->vhost, 4);

    memcpy(b->ipv6, prefix6, 16);
    memcpy(b->ipv6_gateway, prefix6, 16);
    b->ipv6[15] = 0x15, b->ipv6_gateway[15] = 2;
    b->ipv6_prefix = 64;
    memcpy(&c->vprefix_addr6, prefix6, 16);
    c->vprefix_len = 64;
    memcpy(&c->vhost6, b->ipv6_gateway, 16);
    memcpy(&c->vnameserver6, prefix6, 16);
    c->vnameserver6.s6_addr[15] = 3;
    b->flags |= NET_IPV4 | NET_IPV6 | NET_RECEIVED_GOOD;
}

/* A port of this address that nobody has just now, or 0. */
static uint16_t free_port(const struct sockaddr *address, socklen_t length, bool udp)
{
    struct sockaddr_in6 got = {0};
    socklen_t room = sizeof got;
    int fd = socket(address->sa_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (fd < 0) return 0;
    bool good =
        bind(fd, address, length) == 0 && getsockname(fd, (struct sockaddr *)&got, &room) == 0;
    close(fd);
    return good ? got.sin6_port : 0; /* where sin_port is */
}

/* A port that is to be chosen may be taken by another one before we have it: then another one is chosen. */
static int add_forward(struct net *n, unsigned index, const struct monitor_forward *f,
                       struct error *e)
{
    enum { TRIES = 32 };
    struct sockaddr_in host4 = {.sin_family = AF_INET}, guest4 = host4;
    struct sockaddr_in6 host6 = {.sin6_family = AF_INET6}, guest6 = host6;
    guest4.sin_port = guest6.sin6_port = htons(f->guest_port);
    memcpy(&host4.sin_addr, f->host, 4);
    memcpy(&host6.sin6_addr, f->host, 16);
    memcpy(&guest4.sin_addr, n->boot.ipv4, 4);
    memcpy(&guest6.sin6_addr, n->boot.ipv6, 16);
    bool six = f->version == 6;
    struct sockaddr *host = six ? (struct sockaddr *)&host6 : (struct sockaddr *)&host4;
    struct sockaddr *guest = six ? (struct sockaddr *)&guest6 : (struct sockaddr *)&guest4;
    socklen_t bytes = six ? sizeof host6 : sizeof host4;
    int flags = (f->udp ? SLIRP_HOSTFWD_UDP : 0) | (six ? SLIRP_HOSTFWD_V6ONLY : 0);
    for (unsigned i = 0; i < TRIES; i++) {
        host4.sin_port = host6.sin6_port = 0;
        uint16_t port = f->host_port ? htons(f->host_port) : free_port(host, bytes, f->udp);
        host4.sin_port = host6.sin6_port = port;
        n->host_port[index] = ntohs(port);
        int done = slirp_add_hostxfwd(n->user->slirp, host, (int)bytes, guest, (int)bytes, flags);
        if (done == 0) return 0;
        if (f->host_port || errno != EADDRINUSE) break;
    }
    return fail(e, errno, "forward %s port %u of the host", f->udp ? "UDP" : "TCP", f->host_port);
}

/* The sockets that libslirp has by now: those that listen.  It lets one connection wait; we more. */
struct collector {
    struct net *n;
    struct error *e;
    int result;
};

static int collect(int fd, int wanted, void *context)
{
    struct collector *c = context;
    (void)wanted;
    listen(fd, BACKLOG); /* not for UDP's, which say no */
    if (net_keep(c->n, fd, c->e) < 0) c->result = -1;
    return -1;
}

static int keep_sockets(struct net *n, struct error *e)
{
    struct collector c = {n, e, 0};
    uint32_t timeout = UINT32_MAX;
    slirp_pollfds_fill(n->user->slirp, &timeout, collect, &c);
    return c.result;
}

/* Each connection is one here.  How many there may be. */
static unsigned more_descriptors(void)
{
    enum { WANTED = 65536 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return WANTED;
    limit.rlim_cur = limit.rlim_max < WANTED ? limit.rlim_max : WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
    return (unsigned)limit.rlim_cur;
}

int net_user_open(struct net *n, const struct monitor_net *o, struct error *e)
{
    struct net_user *u = n->user = calloc(1, sizeof *u);
    if (!u) return fail(e, errno, "set up the network");
    u->last = &u->first;
    u->most = more_descriptors();
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1); /* the thread that serves us must not want memory of its own */
#endif
    n->backend = &user_backend;
    n->boot.mtu = o->mtu ? o->mtu : MTU;
    n->boot.frame_most = n->boot.mtu + NET_HEADER;
    u->config = (SlirpConfig){
        .version = 4,
        .in_enabled = true,
        .in6_enabled = true,
        .vhostname = "mote",
        .if_mtu = n->boot.mtu,
        .if_mru = n->boot.mtu,
        .disable_host_loopback = !o->loopback,
        .disable_dns = true,
        .disable_dhcp = true,
    };
    choose_network(&n->boot, o, &u->config);
    if (!o->forwards && !o->mtu) {
        n->boot.flags |= NET_ALONE;
        return 0;
    }
    if (!(u->slirp =
              slirp_new(&u->config, &callbacks, n))) /* it refuses an MTU, and nothing else */
        return fail(e, 0, "the network's addresses or MTU cannot be");
    for (unsigned i = 0; i < o->forwards; i++)
        if (add_forward(n, i, &o->forward[i], e) < 0) return -1;
    return keep_sockets(n, e);
}
