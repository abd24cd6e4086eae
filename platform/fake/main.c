/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- a whole machine as an ordinary program:
 *
 *     mote-hosted [-m MIB] [--fail-allocation N] [--channel NAME,FD]
 *                 [--tap NAME,ADDRESS/PREFIX[,GATEWAY]] ARCHIVE [emulator arguments, as for vm_main]
 *
 * For sanitizers, debuggers and profilers; `mote run` is the real thing.  With --fail-allocation
 * the Nth request for memory that the machine makes is refused.
 */
#define _GNU_SOURCE
#include "platform/fake/fake.h"
#include "platform/platform.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
extern int64_t arena_fail_countdown; /* the machine's hook for tests: vm/heap/arena.h */

/* NAME is a tap device that we may open; without a gateway there is none. */
static void add_tap(const char *text)
{
    struct plat_net info = {.mtu = 1500, .frame_most = 1514, .flags = PLAT_NET_IPV4};
    char name[IFNAMSIZ], address[16], gateway[16] = "0.0.0.0";
    unsigned prefix;
    struct ifreq want = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    int fields = sscanf(text, "%15[^,],%15[0-9.]/%u,%15[0-9.]", name, address, &prefix, gateway);
    memcpy(want.ifr_name, name, sizeof name);
    if (fields < 3 || inet_pton(AF_INET, address, info.ipv4) != 1 ||
        inet_pton(AF_INET, gateway, info.ipv4_gateway) != 1 || fd < 0 ||
        ioctl(fd, TUNSETIFF, &want) < 0) {
        perror(text);
        exit(1);
    }
    info.ipv4_prefix = (uint8_t)prefix;
    memcpy(info.mac, (uint8_t[6]){2, 'm', 'o', 't', 'e', info.ipv4[3]}, 6);
    fake_net_add(fd, &info);
}

/* NAME,FD: a stream socket that we were given is a channel. */
static void add_channel(char *text)
{
    char *comma = strchr(text, ',');
    if (!comma || atoi(comma + 1) <= 2) {
        fprintf(stderr, "--channel %s: wanted is NAME,FD\n", text);
        exit(2);
    }
    *comma = 0;
    fake_channel_add(text, atoi(comma + 1));
}

static void on_stop(int signal_number)
{
    if (fake_stop_requested) _exit(128 + signal_number);
    fake_stop_requested = 1;
}

#if ENGINE_PROFILE
void engine_profile_print(void);
#endif

int main(int argc, char **argv)
{
#if ENGINE_PROFILE
    fake_before_exit = engine_profile_print;
#endif
    size_t mib = 512;
    int at = 1;
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        unsigned long n = strtoul(argv[at + 1], NULL, 10);
        if (strcmp(argv[at], "-m") == 0)
            mib = n;
        else if (strcmp(argv[at], "--fail-allocation") == 0)
            arena_fail_countdown = (int64_t)n;
        else if (strcmp(argv[at], "--tap") == 0)
            add_tap(argv[at + 1]);
        else if (strcmp(argv[at], "--channel") == 0)
            add_channel(argv[at + 1]);
        else
            break;
    }
    if (at >= argc || argv[at][0] == '-') {
        fprintf(stderr, "usage: %s [-m MIB] [--fail-allocation N] [--tap ...] ARCHIVE [ARG...]\n",
                argv[0]);
        return 2;
    }
    int fd = open(argv[at], O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        perror(argv[at]);
        return 1;
    }
    void *image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (image == MAP_FAILED) {
        perror(argv[at]);
        return 1;
    }
    signal(SIGINT, on_stop);
    signal(SIGTERM, on_stop);
    struct plat_boot boot = {.argc = argc - at,
                             .argv = (const char *const *)argv + at,
                             .environment = (const char *const *)environ,
                             .heap = fake_heap(mib << 20),
                             .heap_bytes = mib << 20,
                             .image = image,
                             .image_bytes = (size_t)st.st_size,
                             .channels = fake_channel_names};
    return vm_main(&boot);
}
