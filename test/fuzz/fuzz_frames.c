/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_frames.c -- libFuzzer's door to what a mote does with frames: ARP, IP, ICMP, TCP and UDP into sockets.
 *
 * An input is frames, each with two bytes of length before it.  Their headers are mended as far as it
 * takes for them to be looked at at all: for us, of a type that we know, with an IPv4 header that sums up.  One
 * socket listens, one is connecting, one has a port of UDP, one is connected; who connects gets back what he sends.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"
#include "net/stack.h"
#include "platform/fake/fake.h"
#include "process/timer.h"
#include "test/unit/vm_setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MOST = 2048, TAKEN = 64, HEAD = 14 };

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 1}, own4[4] = {10, 0, 0, 2};
static struct net_socket *listener, *client, *open_udp, *connected_udp, *taken[TAKEN];
static int wire;

static void must(bool condition)
{
    if (!condition) abort();
}

static struct net_address address(uint8_t last, uint16_t port)
{
    return (struct net_address){.family = NET_INET, .port = port, .bytes = {10, 0, 0, last}};
}

static void connect_again(void)
{
    struct net_address to = address(1, 80);
    client = socket_open(NET_INET, true);
    must(client);
    socket_connect(client, &to);
}

static void start(void)
{
    static bool started;
    int ends[2];
    if (started) return;
    started = true;
    setup_vm();
    must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    wire = ends[1];
    struct plat_net info = {.mtu = 1500,
                            .frame_most = MOST,
                            .flags = PLAT_NET_IPV4 | PLAT_NET_IPV6 | PLAT_NET_RECEIVED_GOOD,
                            .ipv4_gateway = {10, 0, 0, 1},
                            .ipv4_prefix = 24,
                            .ipv6 = {0xfd, [15] = 2},
                            .ipv6_prefix = 64};
    memcpy(info.mac, own_mac, sizeof own_mac);
    memcpy(info.ipv4, own4, sizeof own4);
    fake_net_add(ends[0], &info);
    timer_start(plat_monotonic_ns());
    net_start(NULL);
    struct net_address any = {.family = NET_INET, .port = 80}, peer = address(1, 5353);
    listener = socket_open(NET_INET, true);
    must(listener && socket_bind(listener, &any) == 0 && socket_listen(listener, 16) == 0);
    any.port = 53;
    open_udp = socket_open(NET_INET, false);
    must(open_udp && socket_bind(open_udp, &any) == 0);
    connected_udp = socket_open(NET_INET, false);
    must(connected_udp && socket_connect(connected_udp, &peer) == 0);
    connect_again();
}

/* So that it is not thrown away for what is easy to get wrong. */
static void mend(uint8_t *f, size_t n)
{
    static const uint8_t types[4][2] = {{8, 0}, {8, 6}, {0x86, 0xdd}, {8, 0}};
    uint32_t sum = 0;
    if (n < HEAD + 20) return;
    if (f[12] != 8 && f[12] != 0x86) memcpy(f + 12, types[f[12] & 3], 2);
    memcpy(f, own_mac, sizeof own_mac);
    if (f[12] != 8 || f[13] != 0) return;
    uint8_t *ip = f + HEAD;
    if (ip[0] >> 4 != 4) ip[0] = 0x45;
    memcpy(ip + 16, own4, 4);
    ip[10] = ip[11] = 0;
    size_t head = (size_t)(ip[0] & 15) * 4;
    if (HEAD + head > n) return;
    for (size_t k = 0; k + 1 < head; k += 2) sum += (uint32_t)ip[k] << 8 | ip[k + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    ip[10] = (uint8_t)(sum >> 8), ip[11] = (uint8_t)sum;
}

static void serve(struct net_socket **slot)
{
    uint8_t bytes[512];
    int64_t got = socket_receive(*slot, bytes, sizeof bytes);
    if (got > 0) socket_send(*slot, bytes, (size_t)got);
    if (got > 0 || got == -NET_EAGAIN) return;
    socket_close(*slot);
    *slot = NULL;
}

static void look_at_sockets(void)
{
    uint8_t bytes[512];
    struct net_address from;
    struct net_ancillary with;
    struct net_socket *one;
    while (socket_accept(listener, &one) == 0) {
        unsigned k = 0;
        while (k < TAKEN && taken[k]) k++;
        if (k < TAKEN)
            taken[k] = one;
        else
            socket_close(one);
    }
    for (unsigned k = 0; k < TAKEN; k++)
        if (taken[k]) serve(&taken[k]);
    while (socket_receive_from(open_udp, bytes, sizeof bytes, &from, &with) >= 0)
        socket_send_to(open_udp, bytes, 16, &from, NULL);
    while (socket_receive_from(connected_udp, bytes, sizeof bytes, &from, &with) >= 0) {}
    int64_t got = socket_receive(client, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && got != -NET_EAGAIN && got != -NET_ENOTCONN)) {
        socket_close(client);
        connect_again();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t frame[MOST];
    start();
    while (n > 2) {
        size_t size = ((size_t)data[0] << 8 | data[1]) % MOST;
        data += 2, n -= 2;
        if (size > n) size = n;
        memcpy(frame, data, size);
        data += size, n -= size;
        mend(frame, size);
        if (size && send(wire, frame, size, MSG_DONTWAIT) < 0) break;
        net_turn();
        look_at_sockets();
    }
    timer_advance(plat_monotonic_ns());
    net_turn();
    look_at_sockets();
    while (recv(wire, frame, sizeof frame, MSG_DONTWAIT) > 0) {}
    return 0;
}
