/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_races.c -- the server of files while somebody on the host swaps what it looks at.
 *
 *   usage: ninep_races FOLDER [SECONDS]        an empty folder of the host
 *
 * One thread exchanges, as fast as it can, a folder for a link to one outside, and a file for a link to a secret and
 * for a fifo; the other is a client that walks through them, opens, reads and writes.  No reply may hold the secret, it must not
 * change, and no open may wait for the fifo's other end.  Both ways to walk are tried: openat2, and without.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/ninep.h"
#include "monitor/devices/ninep.h"

static const char secret[] = "the secret outside";
static volatile int stop;
static unsigned long swaps;

static void must(int ok, const char *what)
{
    if (ok) return;
    perror(what);
    exit(1);
}

static void put_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), name);
    close(fd);
}

static void set_up(void)
{
    must(mkdir("in", 0755) == 0 && mkdir("out", 0755) == 0, "mkdir");
    put_file("out/f", secret);
    must(mkdir("in/d", 0755) == 0, "in/d");
    put_file("in/d/f", "good");
    put_file("in/f", "good");
    must(symlink("../out", "in/d.link") == 0, "d.link");
    must(symlink("../out/f", "in/f.link") == 0, "f.link");
    must(mkfifo("in/f.fifo", 0644) == 0, "f.fifo");
}

static void exchange(const char *a, const char *b)
{
    must(syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */) == 0,
         "exchange");
    swaps++;
}

static void *swap(void *unused)
{
    (void)unused;
    while (!stop) {
        exchange("in/d", "in/d.link");
        exchange("in/f", "in/f.link");
        exchange("in/d", "in/d.link");
        exchange("in/f", "in/f.link");
        exchange("in/f", "in/f.fifo");
        exchange("in/f", "in/f.fifo");
    }
    return NULL;
}

/* --- the client ------------------------------------------------------------------------------ */

static struct ninep_server *server;
static uint8_t room[8192];
static struct ninep_reply reply;
static unsigned long opened, refused;

/* false: the server answered with an error. */
static bool ask(struct ninep_writer *w, const char *data)
{
    uint32_t n = data ? (uint32_t)strlen(data) : 0;
    must(ninep_end(w, n), "request");
    struct ninep_request q = {.bytes = w->bytes, .n = (uint32_t)w->used, .data_bytes = n};
    q.data[0] = (struct iovec){(void *)(uintptr_t)data, n};
    reply.room[0] = (struct iovec){room, sizeof room - 16};
    reply.room[1] = (struct iovec){NULL, 0};
    reply.room_bytes = sizeof room - 16;
    ninep_serve(server, &q, &reply);
    must(!memmem(room, sizeof room, secret, sizeof secret - 1), "the secret was read");
    return reply.bytes[4] != NINEP_ERROR + 1;
}

static void clunk(uint32_t fid)
{
    uint8_t bytes[64];
    struct ninep_writer w = {.bytes = bytes, .room = sizeof bytes};
    ninep_begin(&w, NINEP_CLUNK, 1);
    ninep_put32(&w, fid);
    ask(&w, NULL);
}

static bool walk(uint32_t fid, const char *const *names, unsigned count)
{
    uint8_t bytes[256];
    struct ninep_writer w = {.bytes = bytes, .room = sizeof bytes};
    ninep_begin(&w, NINEP_WALK, 1);
    ninep_put32(&w, 0);
    ninep_put32(&w, fid);
    ninep_put16(&w, (uint16_t)count);
    for (unsigned i = 0; i < count; i++) ninep_put_string(&w, names[i], strlen(names[i]));
    return ask(&w, NULL) && (reply.bytes[NINEP_HEADER] == count || !count);
}

/* Reads and writes what stands there now. */
static void use(const char *const *names, unsigned count, bool make)
{
    uint8_t bytes[256];
    struct ninep_writer w = {.bytes = bytes, .room = sizeof bytes};
    if (!walk(1, names, make ? count - 1 : count)) {
        refused++;
        return;
    }
    ninep_begin(&w, make ? NINEP_CREATE : NINEP_OPEN, 1);
    ninep_put32(&w, 1);
    if (make) ninep_put_string(&w, names[count - 1], strlen(names[count - 1]));
    ninep_put32(&w, NINEP_READ_WRITE | (make ? NINEP_MAKE : 0));
    if (make) ninep_put32(&w, 0644), ninep_put32(&w, 0);
    if (ask(&w, NULL)) {
        opened++;
        ninep_begin(&w, NINEP_READ, 1);
        ninep_put32(&w, 1);
        ninep_put64(&w, 0);
        ninep_put32(&w, 100);
        ask(&w, NULL);
        ninep_begin(&w, NINEP_WRITE, 1);
        ninep_put32(&w, 1);
        ninep_put64(&w, 0);
        ninep_put32(&w, 4);
        ask(&w, "evil");
    } else {
        refused++;
    }
    clunk(1);
}

static void attach(void)
{
    uint8_t bytes[64];
    struct ninep_writer w = {.bytes = bytes, .room = sizeof bytes};
    ninep_begin(&w, NINEP_ATTACH, 1);
    ninep_put32(&w, 0);
    ninep_put32(&w, NINEP_NO_FID);
    ninep_put_string(&w, "", 0);
    ninep_put_string(&w, "", 0);
    must(ask(&w, NULL), "attach");
}

static void race(bool plain, int seconds)
{
    static const char *const inner[] = {"d", "f"}, *const outer[] = {"f"},
                             *const up[] = {"..", "out"};
    struct ninep_options o = {.folder = open("in", O_PATH | O_DIRECTORY),
                              .proc = open("/proc/self/fd", O_PATH | O_DIRECTORY),
                              .plain_walk = plain,
                              .msize = sizeof room,
                              .synced = -1};
    server = ninep_server_make(&o);
    must(server && o.folder >= 0 && o.proc >= 0, "server");
    attach();
    must(!walk(1, up, 2), "..");
    for (time_t end = time(NULL) + seconds; time(NULL) < end;)
        for (int i = 0; i < 200; i++) {
            use(inner, 2, false);
            use(outer, 1, false);
            use(inner, 2, true);
            use(outer, 1, true);
        }
    ninep_server_free(server);
    close(o.proc);
}

int main(int argc, char **argv)
{
    char text[64] = "";
    pthread_t thread;
    must(argc > 1 && chdir(argv[1]) == 0, "usage: ninep_races FOLDER");
    int seconds = argc > 2 ? atoi(argv[2]) : 2;
    set_up();
    must(pthread_create(&thread, NULL, swap, NULL) == 0, "thread");
    race(true, seconds);
    race(false, seconds);
    stop = 1;
    pthread_join(thread, NULL);
    int fd = open("out/f", O_RDONLY);
    must(read(fd, text, sizeof text) == (ssize_t)sizeof secret - 1 && !strcmp(text, secret),
         "it was changed");
    printf("%lu swaps, %lu opened, %lu refused\n", swaps, opened, refused);
    return opened == 0 || refused == 0;
}
