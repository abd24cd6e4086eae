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
static noreturn void boot(int image, const struct monitor_file *snapshot, int out, int64_t wall_s)
{
    struct launch l = {.platform_given = true};
    struct error e = {0};
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, 0);
    dup2(2, 1);
    alarm(PATIENCE);
    if (snapshot && (nothing = open("/dev/null", O_WRONLY)) >= 0)
        dup2(nothing, 1), dup2(nothing, 2);
    l.options.platform = MONITOR_PROCESS;
    l.options.no_input = true;
    l.options.memory_bytes = MONITOR_MEMORY_DEFAULT;
    l.options.make_snapshot.wanted = !snapshot;
    l.options.make_snapshot.fd = out;
    l.options.trial.wanted = snapshot != NULL;
    l.options.trial.fd = out;
    l.options.make_snapshot.wall_ns = (uint64_t)wall_s * 1000000000;
    l.network.none = !snapshot;
    int status = image_launch(&l, image, "the image", true, &e);
    if (snapshot) { /* a start looks at its interface, and most motes have one */
        l.options.snapshot = *snapshot;
        l.network.net[0].kind = MONITOR_NET_NOBODY;
        l.network.nets = l.network.names.servers = 1;
        l.network.names.server[0].version = 4;
    }
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

/* One process of its own: see boot(). */
static int boot_apart(int image, const struct monitor_file *snapshot, int out, int64_t wall_s,
                      struct error *e)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) return fail(e, errno, "start the boot for the snapshot");
    if (pid == 0) boot(image, snapshot, out, wall_s);
    return wait_for(pid, e);
}

/* An application of which the trial fails, for it finds nobody where it wants to, starts as it always does. */
int snapshot_make(struct bytes image, int64_t wall_s, struct buffer *out, struct error *e)
{
    struct bytes made;
    struct error ignored;
    closes_itself int from = file_anonymous("image", image, e);
    closes_itself int first = file_anonymous("snapshot", (struct bytes){0}, e);
    closes_itself int second = file_anonymous("snapshot", (struct bytes){0}, e);
    if (from < 0 || first < 0 || second < 0) return -1;
    if (boot_apart(from, NULL, first, wall_s, e) < 0) return -1;
    struct monitor_file file = {first, 0, (uint64_t)lseek(first, 0, SEEK_END)};
    bool tried = boot_apart(from, &file, second, wall_s, &ignored) == 0;
    if (file_map(tried ? second : first, "the snapshot", &made, e) < 0) return -1;
    buffer_add(out, made.at, made.n);
    munmap((void *)(uintptr_t)made.at, made.n);
    return 0;
}
