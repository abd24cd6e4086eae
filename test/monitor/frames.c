/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c -- a guest on the network without TCP/IP: it answers for ARP, ping and UDP by hand.
 *
 *   frames info              what plat_net_info() and plat_names() say
 *   frames echo N            answers ARP requests, pings and UDP datagrams (by sending them back) until it has
 *                            sent N datagrams back, or is asked to stop
 *   frames ping ADDRESS N    asks for ADDRESS by ARP, then sends it N pings and waits for the answers
 *   frames udp ADDRESS PORT  sends a datagram there and prints what comes back; and "first": before any other frame
 *   frames solicit           asks for routers by IPv6
 *   frames flood ADDRESS N BYTES   N frames of that length to the neighbour with this address, as fast as can be
 *   frames drain N           counts frames until N have come or nothing has for a second, and says how fast
 *   frames wild WHAT         breaks a rule of the rings
 */
#include <string.h>

#include "abi/boot.h"
#include "abi/layout.h"
#include "abi/net.h"
#include "test/monitor/guest.h"

enum { ROOM = 65600, ARP = 0x0806, IP = 0x0800, ICMP = 1, UDP = 17 };

static const struct plat_boot *boot;
static struct plat_net net;
static unsigned handle;
static uint8_t out[ROOM], neighbour[6];

static uint64_t number(int i, uint64_t otherwise)
{
    uint64_t n = 0;
    if (i >= boot->argc) return otherwise;
    for (const char *p = boot->argv[i]; *p; p++) n = 10 * n + (uint64_t)(*p - '0');
    return n;
}

static void address(int i, uint8_t *to)
{
    const char *p = i < boot->argc ? boot->argv[i] : "0.0.0.0";
    for (unsigned part = 0; part < 4; part++, p += *p == '.')
        for (to[part] = 0; *p >= '0' && *p <= '9'; p++)
            to[part] = (uint8_t)(10 * to[part] + *p - '0');
}

static void print_address(const uint8_t *a)
{
    for (unsigned i = 0; i < 4; i++) print_number(a[i]), print(i < 3 ? "." : "");
}

/* --- building frames -------------------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned n) { p[0] = (uint8_t)(n >> 8), p[1] = (uint8_t)n; }
static unsigned get16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

static unsigned sum(const uint8_t *p, size_t n, uint32_t start)
{
    for (size_t i = 0; i + 1 < n; i += 2) start += get16(p + i);
    if (n & 1) start += (uint32_t)p[n - 1] << 8;
    while (start >> 16) start = (start & 0xffff) + (start >> 16);
    return ~start & 0xffff;
}

/* In three pieces, as a stack would send it; waits for room. */
static void send(const uint8_t *frame, size_t n)
{
    size_t half = (n - PLAT_NET_HEADER) / 2;
    const struct plat_piece pieces[] = {
        {frame, PLAT_NET_HEADER},
        {frame + PLAT_NET_HEADER, half},
        {frame + PLAT_NET_HEADER + half, n - PLAT_NET_HEADER - half}};
    while (plat_net_send(handle, pieces, 3) == PLAT_AGAIN) plat_wait(UINT64_MAX);
}

static void start_frame(const uint8_t *to, unsigned type)
{
    memcpy(out, to, 6);
    memcpy(out + 6, net.mac, 6);
    put16(out + 12, type);
}

static void send_arp(unsigned operation, const uint8_t *mac, const uint8_t *ip)
{
    static const uint8_t all[6] = {255, 255, 255, 255, 255, 255}, head[6] = {0, 1, 8, 0, 6, 4};
    start_frame(operation == 1 ? all : mac, ARP);
    memcpy(out + 14, head, 6);
    put16(out + 20, operation);
    memcpy(out + 22, net.mac, 6), memcpy(out + 28, net.ipv4, 4);
    memcpy(out + 32, mac, 6), memcpy(out + 38, ip, 4);
    send(out, 42);
}

/* The payload already stands behind the header of 20 bytes. */
static void send_ip(unsigned protocol, const uint8_t *to, size_t payload)
{
    uint8_t *ip = out + 14;
    start_frame(neighbour, IP);
    memset(ip, 0, 20);
    ip[0] = 0x45, ip[8] = 64, ip[9] = (uint8_t)protocol;
    put16(ip + 2, (unsigned)(20 + payload));
    memcpy(ip + 12, net.ipv4, 4), memcpy(ip + 16, to, 4);
    put16(ip + 10, sum(ip, 20, 0));
    send(out, 34 + payload);
}

static void send_udp(const uint8_t *to, unsigned from_port, unsigned port, size_t bytes)
{
    uint8_t *udp = out + 34;
    put16(udp, from_port), put16(udp + 2, port), put16(udp + 4, (unsigned)(8 + bytes));
    put16(udp + 6, 0); /* none */
    send_ip(UDP, to, 8 + bytes);
}

static void send_ping(unsigned type, const uint8_t *to, unsigned sequence, size_t bytes)
{
    uint8_t *icmp = out + 34;
    icmp[0] = (uint8_t)type, icmp[1] = 0;
    put16(icmp + 2, 0), put16(icmp + 4, 77), put16(icmp + 6, sequence);
    put16(icmp + 2, sum(icmp, 8 + bytes, 0));
    send_ip(ICMP, to, 8 + bytes);
}

/* --- receiving ----------------------------------------------------------------------------------- */

static int answer_arp(const uint8_t *f, size_t n)
{
    if (n < 42 || get16(f + 12) != ARP) return 0;
    if (get16(f + 20) == 1 && memcmp(f + 38, net.ipv4, 4) == 0) {
        uint8_t mac[6], ip[4];
        memcpy(mac, f + 22, 6), memcpy(ip, f + 28, 4);
        send_arp(2, mac, ip);
        plat_net_flush();
    }
    return 1;
}

static int is_ip(const uint8_t *f, size_t n, unsigned protocol)
{
    return n >= 42 && get16(f + 12) == IP && f[14] == 0x45 && f[23] == protocol &&
           memcmp(f + 30, net.ipv4, 4) == 0 && sum(f + 14, 20, 0) == 0;
}

/* The next frame, before the deadline and before a stop; NULL: there is none. */
static const uint8_t *next(size_t *n, uint64_t deadline)
{
    const void *frame;
    for (;;) {
        if (plat_net_look(handle, &frame, n) == PLAT_OK) return frame;
        plat_ready ready = plat_wait(deadline);
        if (!ready || (ready & PLAT_READY_STOP)) return NULL;
    }
}

static uint64_t soon(void) { return plat_monotonic_ns() + UINT64_C(5000000000); }

/* Who has this address?  0: nobody said so. */
static int find(const uint8_t *ip)
{
    static const uint8_t nobody[6];
    size_t n;
    for (int tries = 0; tries < 50; tries++) {
        send_arp(1, nobody, ip);
        uint64_t deadline = plat_monotonic_ns() + 100000000;
        for (const uint8_t *f; (f = next(&n, deadline)) != NULL; plat_net_done(handle)) {
            if (n < 42 || get16(f + 12) != ARP || get16(f + 20) != 2 ||
                memcmp(f + 28, ip, 4) != 0) {
                answer_arp(f, n);
                continue;
            }
            memcpy(neighbour, f + 22, 6);
            plat_net_done(handle);
            return 1;
        }
    }
    print("nobody answers\n");
    return 0;
}

/* --- what can be done -------------------------------------------------------------------------------- */

static int info(void)
{
    struct plat_names names;
    for (unsigned i = 0; i < plat_net_count(); i++) {
        if (plat_net_info(i, &net) != PLAT_OK) return 2;
        print(net.name), print(" "), print_address(net.ipv4), print("/"),
            print_number(net.ipv4_prefix);
        print(" via "), print_address(net.ipv4_gateway);
        print(" mtu "), print_number(net.mtu), print("\n");
        if (plat_net_open(net.name, &handle, &net) != PLAT_OK || handle != i) return 3;
    }
    plat_names(&names);
    print(names.host), print(" "), print_number(names.servers), print("\n");
    return plat_net_info(plat_net_count(), &net) == PLAT_INVALID ? 0 : 4;
}

static void send_back(const uint8_t *f, size_t n)
{
    uint8_t from[4];
    memcpy(neighbour, f + 6, 6);
    memcpy(from, f + 26, 4);
    memcpy(out + 34, f + 34, n - 34);
    size_t bytes = get16(f + 16) - 28u;
    if (f[23] == ICMP)
        send_ping(0, from, get16(f + 40), bytes);
    else
        send_udp(from, get16(f + 36), get16(f + 34), bytes);
    plat_net_flush();
}

static int echo(void)
{
    uint64_t most = number(3, UINT64_MAX), back = 0;
    size_t n;
    print("ready\n");
    for (const uint8_t *f; back < most && (f = next(&n, UINT64_MAX)) != NULL;
         plat_net_done(handle)) {
        if (answer_arp(f, n)) continue;
        if (is_ip(f, n, UDP) || (is_ip(f, n, ICMP) && f[34] == 8)) send_back(f, n), back++;
    }
    plat_wait(plat_monotonic_ns() + 100000000); /* the last one gets out */
    print("sent back "), print_number(back), print("\n");
    return 0;
}

static int ping(void)
{
    uint8_t to[4];
    size_t n;
    address(3, to);
    if (!find(to)) return 1;
    uint64_t most = number(4, 3), came = 0, start = plat_monotonic_ns();
    for (unsigned i = 0; i < most; i++) {
        for (unsigned j = 0; j < 56; j++) out[42 + j] = (uint8_t)(i + j);
        send_ping(8, to, i, 56);
        uint64_t deadline = soon(), before = came;
        for (const uint8_t *f; came == before && (f = next(&n, deadline)) != NULL;
             plat_net_done(handle)) {
            if (answer_arp(f, n) || !is_ip(f, n, ICMP) || f[34] != 0 || get16(f + 40) != i)
                continue;
            came += f[42] == (uint8_t)i && f[97] == (uint8_t)(i + 55);
        }
        if (came == before) break;
    }
    print_number(came), print(" answers, "),
        print_number((plat_monotonic_ns() - start) / (most ? most : 1));
    print(" ns each\n");
    return came == most ? 0 : 1;
}

static int udp(void)
{
    uint8_t to[4];
    size_t n;
    address(3, to);
    if (boot->argc > 5 && !strcmp(boot->argv[5], "first"))
        memset(neighbour, 255, sizeof neighbour);
    else if (!find(net.ipv4_gateway[0] && memcmp(net.ipv4, to, 3) ? net.ipv4_gateway : to))
        return 1;
    for (int tries = 0; tries < 50; tries++) { /* whoever is to answer may be late */
        memcpy(out + 42, "hello from a mote\n", 18);
        send_udp(to, 4242, (unsigned)number(4, 7), 18);
        uint64_t deadline = plat_monotonic_ns() + 100000000;
        for (const uint8_t *f; (f = next(&n, deadline)) != NULL; plat_net_done(handle)) {
            if (answer_arp(f, n) || !is_ip(f, n, UDP) || get16(f + 36) != 4242) continue;
            plat_console_write(f + 42, get16(f + 16) - 28u);
            return 0;
        }
    }
    print("no answer\n");
    return 1;
}

/* A router solicitation, from the address that is ours on this link; the router answers. */
static int solicit(void)
{
    static const uint8_t routers[6] = {0x33, 0x33, 0, 0, 0, 2};
    uint8_t *ip = out + 14, *icmp = ip + 40;
    size_t n;
    start_frame(routers, 0x86dd);
    memset(ip, 0, 56);
    ip[0] = 0x60, ip[5] = 16, ip[6] = 58, ip[7] = 255;
    ip[8] = 0xfe, ip[9] = 0x80, ip[23] = 0x15;
    ip[24] = 0xff, ip[25] = 2, ip[39] = 2;
    icmp[0] = 133, icmp[8] = 1, icmp[9] = 1;
    memcpy(icmp + 10, net.mac, 6);
    put16(icmp + 2, sum(ip + 8, 48, 58 + 16));
    send(out, 14 + 56);
    uint64_t deadline = soon();
    for (const uint8_t *f; (f = next(&n, deadline)) != NULL; plat_net_done(handle)) {
        if (n < 70 || get16(f + 12) != 0x86dd || f[20] != 58 || f[54] != 134) continue;
        print("a router answers\n");
        return 0;
    }
    return 1;
}

static int flood(void)
{
    uint8_t to[4];
    address(3, to);
    if (!find(to)) return 1;
    uint64_t most = number(4, 100000), bytes = number(5, net.mtu + PLAT_NET_HEADER);
    uint64_t start = plat_monotonic_ns();
    start_frame(neighbour, 0x88b5); /* nobody's protocol: for experiments */
    for (uint64_t i = 0; i < most; i++) {
        memcpy(out + 14, &i, sizeof i);
        const struct plat_piece whole = {out, bytes};
        enum plat_result r;
        while ((r = plat_net_send(handle, &whole, 1)) == PLAT_AGAIN) plat_wait(UINT64_MAX);
        if (r != PLAT_OK) return 2;
        if (i % 32 == 31) plat_net_flush();
    }
    plat_net_flush();
    uint64_t took = plat_monotonic_ns() - start;
    print_number(most * 1000000000 / took), print(" frames/s sent, ");
    print_number(most * bytes * 8 * 1000 / took), print(" Mbit/s\n");
    plat_wait(plat_monotonic_ns() + 300000000);
    return 0;
}

static int drain(void)
{
    uint64_t most = number(3, 100000), came = 0, bytes = 0, start = 0, last = 0, lost = 0;
    static uint8_t copy[ROOM];
    size_t n;
    print("ready\n");
    while (came < most) {
        const uint8_t *f = next(&n, came ? plat_monotonic_ns() + 1000000000 : UINT64_MAX);
        if (!f) break;
        if (!answer_arp(f, n) && get16(f + 12) == 0x88b5) {
            uint64_t i;
            memcpy(copy, f, n); /* what a stack would do */
            memcpy(&i, copy + 14, sizeof i);
            lost += i - came - lost;
            if (!came++) start = plat_monotonic_ns();
            bytes += n;
            last = plat_monotonic_ns();
        }
        plat_net_done(handle);
    }
    if (last == start) last++;
    print_number(came), print(" frames, "), print_number(lost), print(" lost, ");
    print_number(came * 1000000000 / (last - start)), print(" frames/s received, ");
    print_number(bytes * 8 * 1000 / (last - start)), print(" Mbit/s\n");
    return 0;
}

/* What no guest should do; the monitor ends it. */
static int wild(void)
{
    const struct boot_net *b =
        (const struct boot_net *)((const struct boot_record *)LAYOUT_BOOT)->net;
    struct net_rings *rings = (struct net_rings *)b->rings;
    uint32_t *length = (uint32_t *)(b->rings + LAYOUT_PAGE);
    const char *what = boot->argc > 3 ? boot->argv[3] : "";
    uint32_t head = 64;
    *length = 20;
    if (!strcmp(what, "head")) head = b->send_bytes + 64;
    if (!strcmp(what, "step")) head = 65;
    if (!strcmp(what, "long")) *length = b->mtu + 15, head = b->send_bytes / 2;
    if (!strcmp(what, "short")) *length = 13;
    if (!strcmp(what, "beyond")) *length = 1000;
    if (!strcmp(what, "filler")) *length = NET_FILLER;
    if (!strcmp(what, "tail"))
        send_arp(1, net.mac, net.ipv4_gateway), rings->receive.tail = 4096, head = 64;
    __atomic_store_n(&rings->send.head, head, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 20; i++) { /* the monitor may be awake or not */
        rings->send.consumer_sleeps = 0;
        plat_console_write("x", 1);
        plat_wait(plat_monotonic_ns() + 100000000);
    }
    return 0;
}

int frames(const struct plat_boot *b)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } what[] = {{"echo", echo},   {"ping", ping},   {"udp", udp},  {"solicit", solicit},
                {"flood", flood}, {"drain", drain}, {"wild", wild}};
    boot = b;
    if (b->argc < 3 || !strcmp(b->argv[2], "info")) return info();
    if (plat_net_open("eth0", &handle, &net) != PLAT_OK) return 90;
    for (unsigned i = 0; i < sizeof what / sizeof *what; i++)
        if (!strcmp(b->argv[2], what[i].name)) return what[i].run();
    return 91;
}
