/* SPDX-License-Identifier: Apache-2.0 */
/* answers.c -- answers to datagrams that came from the host's own loopback to a forwarded port.
 *
 * The host's loopback is out of the guest's reach, unless it was asked for: libslirp refuses what the guest sends to
 * it.  It refuses answers, too, so that `-p 5353:53/udp` would be deaf to the host itself.  Compiled into libslirp
 * (mk/slirp.mk), this file hears of what comes to forwarded ports, and lets the guest answer from there; nothing else,
 * and only to those that asked last.
 */
#include <slirp.h>

enum { ASKERS = 256 };

static struct {
    const struct socket *forward;
    uint16_t port; /* of who asked; as on the wire */
} askers[ASKERS];
static unsigned next;

static void note(const struct socket *so, uint16_t port)
{
    if (!so || !(so->so_state & SS_HOSTFWD)) return;
    for (unsigned i = 0; i < ASKERS; i++)
        if (askers[i].forward == so && askers[i].port == port) return;
    askers[next].forward = so;
    askers[next].port = port;
    next = (next + 1) % ASKERS;
}

static bool has_asked(const struct socket *so, uint16_t port)
{
    for (unsigned i = 0; i < ASKERS && so->so_state & SS_HOSTFWD; i++)
        if (askers[i].forward == so && askers[i].port == port) return true;
    return false;
}

/* What socket.c calls where it means udp_output() and udp6_output(): a datagram for the guest. */
int slirp_heard(struct socket *so, struct mbuf *m, struct sockaddr_in *from, struct sockaddr_in *to,
                int tos);
int slirp_heard(struct socket *so, struct mbuf *m, struct sockaddr_in *from, struct sockaddr_in *to,
                int tos)
{
    note(so, from->sin_port);
    return udp_output(so, m, from, to, tos);
}

int slirp_heard6(struct socket *so, struct mbuf *m, struct sockaddr_in6 *from,
                 struct sockaddr_in6 *to);
int slirp_heard6(struct socket *so, struct mbuf *m, struct sockaddr_in6 *from,
                 struct sockaddr_in6 *to)
{
    note(so, from->sin6_port);
    return udp6_output(so, m, from, to);
}

/* What udp.c and udp6.c call where they mean sosendto(): one of the guest's. */
int slirp_answer(struct socket *so, struct mbuf *m);
int slirp_answer(struct socket *so, struct mbuf *m)
{
    bool refused = so->slirp->disable_host_loopback;
    uint16_t port = so->so_ffamily == AF_INET6 ? so->so_fport6 : so->so_fport;
    if (refused && has_asked(so, port)) so->slirp->disable_host_loopback = false;
    int result = sosendto(so, m);
    so->slirp->disable_host_loopback = refused;
    return result;
}
