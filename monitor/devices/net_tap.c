/* SPDX-License-Identifier: Apache-2.0 */
/* net_tap.c -- an interface that is a tap device of the host.
 *
 * The device is somebody's who may make one (`ip tuntap add NAME mode tap user YOU`); we only open it.  Its
 * own address, if it has one, is the gateway, and the next address of its network is the guest's.
 *
 * With each frame goes a header that says what has not been computed yet: checksums of TCP and UDP, in both
 * directions, and the cutting of long TCP segments, in both as well.  The link cannot damage anything, so
 * the guest leaves checksums out (NET_SEND_UNSUMMED), and only a frame that leaves the host gets them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "monitor/devices/net.h"

enum { RECEIVE_AT_ONCE = 64, FRAME_MOST = 65535, REST_MS = 100 };

/* --- frames to the host --------------------------------------------------------------------------- */

enum { HEADERS_MOST = 128 };

/* The kernel is to cut it.  False: it is nothing that can be cut. */
static bool ask_to_cut(struct virtio_net_hdr *header, const uint8_t *first, uint32_t copied,
                       uint32_t segment)
{
    unsigned headers =
        header->flags ? net_headers(first, copied, header->csum_start, header->csum_offset) : 0;
    bool six = first[NET_HEADER] >> 4 == 6;
    header->gso_type = six ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
    header->hdr_len = (uint16_t)headers;
    header->gso_size = (uint16_t)segment;
    return headers != 0;
}

static bool tap_send(struct net *n, const uint8_t *frame, uint32_t length, uint32_t segment)
{
    struct virtio_net_hdr header = {0};
    uint8_t first[HEADERS_MOST];
    uint32_t copied = length < sizeof first ? length : (uint32_t)sizeof first;
    memcpy(first, frame, copied);
    unsigned offset = 0, at = net_leave_sum(first, copied, &offset);
    if (at) {
        header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header.csum_start = (uint16_t)at;
        header.csum_offset = (uint16_t)offset;
    }
    if (segment && !ask_to_cut(&header, first, copied, segment)) {
        n->dropped++;
        return true;
    }
    const struct iovec parts[] = {
        {&header, sizeof header},
        {first, copied},
        {(void *)(uintptr_t)(frame + copied), length - copied},
    };
    if (writev(n->tap.fd, parts, 3) >= 0) return true;
    if (errno == EAGAIN) return false;
    n->dropped++; /* the device is down, or the kernel does not like the frame */
    return true;
}

/* --- frames from the host ----------------------------------------------------------------------------- */

static bool tap_receive(struct net *n, struct loop *l)
{
    struct virtio_net_hdr header;
    unsigned took = 0;
    if (!n->full && !loop_polled(l, n->tap.polled)) return false;
    for (; took < RECEIVE_AT_ONCE; took++) {
        uint8_t *room = net_room(n, n->boot.frame_most);
        if (!room) break;
        struct iovec parts[] = {{&header, sizeof header}, {room, n->boot.frame_most}};
        ssize_t got = readv(n->tap.fd, parts, 2);
        if (got < 0) {
            n->tap.rests = errno != EAGAIN && errno != EINTR;
            break;
        }
        got -= (ssize_t)sizeof header;
        if (got < NET_HEADER) continue;
        if (got > (ssize_t)n->boot.frame_most) /* cut short */
            n->dropped++;
        else
            net_put(n, (uint32_t)got);
    }
    return took != 0;
}

static void tap_prepare(struct net *n, struct loop *l)
{
    int events = (n->full ? 0 : POLLIN) | (n->blocked ? POLLOUT : 0);
    if (n->tap.rests) { /* poll() would come back at once, again and again */
        events = 0;
        loop_timeout(l, REST_MS);
        n->tap.rests = false;
    }
    n->tap.polled = loop_watch(l, events ? n->tap.fd : -1, events);
}

static const struct net_backend tap_backend = {tap_send, tap_receive, tap_prepare};

/* --- opening --------------------------------------------------------------------------------------------- */

static int attach(const char *name, struct error *e)
{
    struct ifreq want = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    if (strlen(name) >= IFNAMSIZ)
        return fail(e, 0, "%s is too long for the name of a device", name);
    if (!if_nametoindex(name))
        return fail(e, 0,
                    "there is no device %s; make it as root: ip tuntap add %s mode tap user YOU; "
                    "ip address add 10.0.0.1/24 dev %s; ip link set %s up",
                    name, name, name, name);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(e, errno, "open /dev/net/tun");
    memcpy(want.ifr_name, name, strlen(name) + 1);
    if (ioctl(fd, TUNSETIFF, &want) < 0) {
        fail(e, errno, "attach to %s", name);
        close(fd);
        return -1;
    }
    return fd;
}

/* What the host's end has: MTU, IPv4 address and network. */
static void look_at_device(struct boot_net *b, const char *name)
{
    struct ifreq ask = {0};
    struct sockaddr_in address = {0}, mask = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(ask.ifr_name, name, strlen(name) + 1);
    b->mtu = 1500;
    if (fd < 0) return;
    if (ioctl(fd, SIOCGIFMTU, &ask) == 0 && ask.ifr_mtu >= 576)
        b->mtu = (uint16_t)(ask.ifr_mtu < 65521 ? ask.ifr_mtu : 65521);
    if (ioctl(fd, SIOCGIFADDR, &ask) == 0) {
        memcpy(&address, &ask.ifr_addr, sizeof address);
        if (ioctl(fd, SIOCGIFNETMASK, &ask) == 0) memcpy(&mask, &ask.ifr_netmask, sizeof mask);
    }
    close(fd);
    uint32_t host = ntohl(address.sin_addr.s_addr), net = ntohl(mask.sin_addr.s_addr);
    uint32_t guest = host + 1;
    if ((guest & ~net) == 0 || (guest | net) == UINT32_MAX) guest = host - 1; /* of all of them */
    if (!host || net == UINT32_MAX || (guest & net) != (host & net)) return;
    b->ipv4_prefix = (uint8_t)__builtin_popcount(net);
    b->flags |= NET_IPV4;
    guest = htonl(guest);
    memcpy(b->ipv4, &guest, 4);
    memcpy(b->ipv4_gateway, &address.sin_addr, 4);
}

int net_tap_open(struct net *n, const struct monitor_net *o, struct error *e)
{
    struct boot_net *b = &n->boot;
    int header = sizeof(struct virtio_net_hdr);
    n->backend = &tap_backend;
    n->tap.fd = attach(o->name, e);
    if (n->tap.fd < 0 || net_keep(n, n->tap.fd, e) < 0) return -1;
    if (ioctl(n->tap.fd, TUNSETVNETHDRSZ, &header) < 0) return fail(e, errno, "set up %s", o->name);
    look_at_device(b, o->name);
    if (o->mtu) b->mtu = o->mtu;
    b->flags |= NET_SEND_UNSUMMED | NET_RECEIVED_GOOD | NET_CUTS;
    /* TCP comes in long pieces then, whatever the MTU is. */
    if (ioctl(n->tap.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) == 0)
        b->frame_most = FRAME_MOST;
    else if (ioctl(n->tap.fd, TUNSETOFFLOAD, 0) == 0)
        b->frame_most = b->mtu + NET_HEADER;
    if (!b->frame_most) return fail(e, errno, "set up %s", o->name);
    return 0;
}
