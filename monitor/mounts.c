/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.c -- see mounts.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/openat2.h>
#include <unistd.h>

#include "base/ninep.h"
#include "monitor/devices/channel.h"
#include "monitor/devices/ninep.h"
#include "monitor/machine.h"

/* With its reply's header: so that two of the largest fit into a ring. */
enum { MSIZE = 128 * 1024 + 4096 };
_Static_assert(2 * MSIZE <= CHANNEL_RING_BYTES, "one is filled while the other is read");

/* --- the server ------------------------------------------------------------------------------- */

struct place {
    struct channel_end end; /* the first: on_synced() knows */
    struct ninep_server *server;
    uint8_t request[NINEP_REQUEST_MOST];
    struct ninep_reply reply, late;
    bool is_late; /* a late one is being sent */
};

/* Replies that come later than those to the requests behind theirs. */
static void on_synced(struct channel_end *end)
{
    struct place *p = (struct place *)end;
    if (p->is_late) return; /* and waits for room */
    p->is_late = true;
    while (ninep_finished(p->server, &p->late)) {
        if (!channel_wait_room(end, p->late.n)) break;
        channel_put(end, 0, p->late.bytes, p->late.n);
        channel_publish(end, p->late.n);
    }
    p->is_late = false;
}

/* One request of `size` bytes, which are all there, and its reply.  false: it is none. */
static bool answer(struct place *p, uint32_t size, bool is_write)
{
    uint32_t head = is_write && size > NINEP_WRITE_HEADER ? NINEP_WRITE_HEADER : size;
    if (head > sizeof p->request) return false;
    channel_peek(&p->end, 0, p->request, head);
    memcpy(p->request, &size, sizeof size); /* that we have checked */
    struct ninep_request r = {.bytes = p->request, .n = head, .data_bytes = size - head};
    channel_out_part(&p->end, head, size - head, r.data);
    if (!channel_wait_room(&p->end, MSIZE)) return false;
    p->reply.room_bytes = MSIZE - NINEP_READ_HEADER;
    channel_in_part(&p->end, NINEP_READ_HEADER, p->reply.room_bytes, p->reply.room);
    ninep_serve(p->server, &r, &p->reply);
    if (p->reply.n) channel_put(&p->end, 0, p->reply.bytes, p->reply.n);
    channel_take(&p->end, size);
    if (p->reply.n) channel_publish(&p->end, p->reply.n + p->reply.payload);
    on_synced(&p->end); /* who is never idle looks here */
    return true;
}

/* Until the guest breaks the rules: then it is told that nothing comes any more. */
static void serve(struct place *p)
{
    for (;;) {
        uint8_t head[NINEP_HEADER];
        if (!channel_wait_bytes(&p->end, sizeof head)) return;
        channel_peek(&p->end, 0, head, sizeof head);
        uint32_t size = load_le32(head);
        if (size < sizeof head || size > MSIZE || !channel_wait_bytes(&p->end, size)) return;
        if (!answer(p, size, head[4] == NINEP_WRITE)) return;
    }
}

/* As many descriptors as we may have: the guest's open files are ours. */
static void raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGXFSZ, SIG_IGN); /* EFBIG says it */
}

/* Whether it is allowed to us, too: a filter around us may not know it. */
static bool has_openat2(int folder)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
    int fd = (int)syscall(SYS_openat2, folder, ".", &how, sizeof how);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

/* What all servers of a mote have in common. */
struct serving {
    int wake, alive;
    pid_t monitor;
    const struct monitor_options *options;
};

static noreturn void be_server(struct channel *shared, int folder, const struct serving *serving,
                               const struct monitor_mount *mount)
{
    static struct place p;
    struct error ignored;
    prctl(PR_SET_NAME, "mote-files");
    /* The monitor gets these, and ends us when it ends. */
    for (const int *s = stop_signals; *s; s++) signal(*s, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    raise_limits();
    int proc = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int synced = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct ninep_options options = {.folder = folder,
                                    .proc = proc,
                                    .read_only = mount->read_only,
                                    .plain_walk = !has_openat2(folder),
                                    .synced = synced,
                                    .msize = MSIZE};
    int keep[] = {shared->doorbell, serving->wake, folder, proc, serving->alive, synced};
    unsigned keeps = sizeof keep / sizeof *keep - (synced < 0);
    p.server = ninep_server_make(&options);
    channel_end_open(&p.end, shared, shared->doorbell, serving->wake, serving->alive);
    p.end.other = synced;
    p.end.on_other = on_synced;
    if (proc >= 0 && p.server && sandbox_files(serving->options, keep, keeps, &ignored) == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == serving->monitor) serve(&p);
    }
    channel_close(shared, serving->wake);
    _exit(0);
}

/* --- the monitor --------------------------------------------------------------------------------- */

static int open_folder(const struct monitor_mount *mount, struct error *e)
{
    struct stat st;
    int fd =
        mount->folder_is_open ? mount->folder : open(mount->host, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) return fail(e, errno, "cannot mount %s", mount->host);
    return fd;
}

static int start_one(struct channels *c, struct channel *shared, const struct serving *s,
                     const struct monitor_mount *mount, struct error *e)
{
    char *name;
    int folder = open_folder(mount, e);
    if (folder < 0) return -1;
    if (asprintf(&name, "mount:%s:%s", mount->read_only ? "ro" : "rw", mount->guest) < 0)
        return fail(e, ENOMEM, "name a channel");
    shared->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (shared->doorbell < 0) return fail(e, errno, "make an eventfd");
    if (channels_add(c, shared, name, shared->doorbell, e) < 0) return -1;
    pid_t pid = fork();
    if (pid < 0) return fail(e, errno, "start the server of %s", mount->host);
    if (pid == 0) be_server(shared, folder, s, mount);
    channels_served_by(c, pid);
    close(folder);
    return 0;
}

int mounts_start(struct mounts *m, struct channels *c, const struct monitor_options *o, int wake,
                 struct error *e)
{
    int alive[2];
    if (!o->mounts_n) return 0;
    if (o->mounts_n > CHANNELS_MOST)
        return fail(e, 0, "%u mounts: there can be %u", o->mounts_n, CHANNELS_MOST);
    unsigned char *memory = mmap(NULL, o->mounts_n * CHANNEL_STRIDE, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return fail(e, errno, "make the memory of channels");
    if (pipe2(alive, O_CLOEXEC) < 0) return fail(e, errno, "make a pipe");
    m->n = o->mounts_n;
    m->alive = alive[1];
    const struct serving serving = {
        .wake = wake, .alive = alive[0], .monitor = getpid(), .options = o};
    for (unsigned i = 0; i < m->n; i++) {
        struct channel *shared = channel_begin(memory + i * CHANNEL_STRIDE);
        if (start_one(c, shared, &serving, &o->mounts[i], e) < 0) return -1;
    }
    close(alive[0]);
    return 0;
}
