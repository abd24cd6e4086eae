/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- a whole machine as an ordinary program:
 *
 *     mote-hosted [-m MIB] ARCHIVE [emulator arguments, as for vm_main]
 *
 * For sanitizers, debuggers and profilers; `mote run` is the real thing.
 */
#define _GNU_SOURCE
#include "platform/fake/fake.h"
#include "platform/platform.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

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
    if (argc > 2 && strcmp(argv[1], "-m") == 0) {
        mib = strtoul(argv[2], NULL, 10);
        at = 3;
    }
    if (at >= argc) {
        fprintf(stderr, "usage: %s [-m MIB] ARCHIVE [ARG...]\n", argv[0]);
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
                             .image_bytes = (size_t)st.st_size};
    return vm_main(&boot);
}
