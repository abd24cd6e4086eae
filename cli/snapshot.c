/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c -- the boot at build time whose memory goes into the image; image_launch.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/boot.h"
#include "cli/image_launch.h"

/* A boot is done in a fraction of a second; one that takes this long, in seconds, never will be. */
enum { PATIENCE = 100 };

/* In a child: the monitor locks its process down for good. */
static noreturn void boot(int image, int out, int64_t wall_s)
{
    struct launch l = {.platform_given = true};
    struct error e = {0};
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, 0);
    dup2(2, 1);
    alarm(PATIENCE);
    l.options.platform = MONITOR_PROCESS;
    l.options.no_input = true;
    l.options.memory_bytes = MONITOR_MEMORY_DEFAULT;
    l.options.make_snapshot.wanted = true;
    l.options.make_snapshot.fd = out;
    l.options.make_snapshot.wall_ns = (uint64_t)wall_s * 1000000000;
    l.network.none = true;
    int status = image_launch(&l, image, "the image", true, &e);
    launch_usual_environment(&l);
    if (status == 0) status = launch_run(&l, &e);
    if (status < 0 || e.text[0]) fprintf(stderr, "mote: %s\n", e.text);
    fflush(NULL);
    _exit(status < 0 ? BOOT_STATUS_MONITOR : status);
}

static int wait_for(pid_t pid, struct error *e)
{
    int how = 0;
    while (waitpid(pid, &how, 0) < 0)
        if (errno != EINTR) return fail(e, errno, "wait for the boot");
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return 0;
    return fail(e, 0, "the boot for the snapshot failed, status %d (--no-snapshot: do not try)",
                WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how));
}

int snapshot_make(struct bytes image, int64_t wall_s, struct buffer *out, struct error *e)
{
    struct bytes made;
    closes_itself int from = file_anonymous("image", image, e);
    closes_itself int to = file_anonymous("snapshot", (struct bytes){0}, e);
    if (from < 0 || to < 0) return -1;
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) return fail(e, errno, "start the boot for the snapshot");
    if (pid == 0) boot(from, to, wall_s);
    if (wait_for(pid, e) < 0 || file_map(to, "the snapshot", &made, e) < 0) return -1;
    buffer_add(out, made.at, made.n);
    munmap((void *)(uintptr_t)made.at, made.n);
    return 0;
}
