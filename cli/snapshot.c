/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c -- the boot at build time whose memory goes into the image; image_launch.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/agent.h"
#include "abi/boot.h"
#include "abi/channel.h"
#include "cli/image_launch.h"
#include "cli/node.h"
#include "cli/snapshot_pack.h"

/* A boot is done in a fraction of a second; one that takes this long, in seconds, never will be. */
enum { PATIENCE = 100 };

/* What is tried: a start of the image, or of an instance of it, which another mote has started; a start as a node, and a start whose mote
 * is stopped as soon as it has nothing to do. */
enum trial { TRIAL_NONE, TRIAL_START, TRIAL_INSTANCE, TRIAL_NODE, TRIAL_STOP, TRIALS };

/* Low memory is spread, to find out what is touched, or laid out by what was: vm/heap/low.h.  High memory is laid out by what was written
 * to: vm/heap/nursery.h. */
struct boots {
    int image;
    int64_t wall_s;
    bool spread;
    struct monitor_file touched;
};
enum { SPREAD_MEMORY = 1 << 30 };

/* {{mote_main, rehearse, []}, undefined, []}, in external term format: what an instance is told to run. */
static const unsigned char rehearsal[] = {131, 104, 3,   104, 3,   119, 9,   'm', 'o', 't',
                                          'e', '_', 'm', 'a', 'i', 'n', 119, 8,   'r', 'e',
                                          'h', 'e', 'a', 'r', 's', 'e', 106, 119, 9,   'u',
                                          'n', 'd', 'e', 'f', 'i', 'n', 'e', 'd', 106};

/* From its parent: a call, whole in one piece; otp/src/mote_instances.erl. */
static const unsigned char call[] = {1,   0,   0, 0, 0, 0, 0, 0, 1, 0, 0,   0,   0, 0,   0,
                                     0, /* name */
                                     'e', 'c', 0, 0, 0, 0, 0, 0, 0, 1, 131, 119, 2, 'o', 'k'};

static void put(struct channel *c, const void *bytes, uint32_t n)
{
    for (const uint8_t *from = bytes; n--; c->in.head++)
        CHANNEL_IN(c)[c->in.head & (CHANNEL_RING_BYTES - 1)] = *from++;
}

static void put_frame(struct channel *c, uint8_t kind, const void *bytes, uint32_t n)
{
    const struct agent_frame frame = {.bytes = n, .kind = kind};
    put(c, &frame, sizeof frame);
    put(c, bytes, n);
}

/* Nobody serves it: what the agent would have said first is there, and what the instance says is not read. */
static void be_instance(struct launch *l)
{
    static struct monitor_link link = {.name = AGENT_CHANNEL, .alive = -1, .copies = -1};
    const struct agent_hello hello = {.self = {2, 2}, .parent = {1, 1}};
    uint64_t bytes = LAYOUT_PAGE + CHANNEL_STRIDE;
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) _exit(BOOT_STATUS_MONITOR);
    struct channel *c = channel_begin(p + LAYOUT_PAGE);
    link.note = (struct monitor_note *)p;
    link.channel = c;
    link.doorbell = c->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    link.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    put_frame(c, AGENT_HELLO, &hello, sizeof hello);
    put_frame(c, AGENT_START, rehearsal, sizeof rehearsal);
    put_frame(c, AGENT_MESSAGE, call, sizeof call);
    l->options.link = &link;
    launch_environment(l, "TERM", "dumb"); /* most are given one */
}

/* What this boot had read of its input, that it has ended for one, every start would have read: here nothing ever comes. */
static void have_endless_input(void)
{
    int nothing = eventfd(0, 0);
    if (nothing < 0 || dup2(nothing, 0) < 0) _exit(BOOT_STATUS_MONITOR);
}

/* In a child: the monitor locks its process down for good. */
static noreturn void boot(const struct boots *b, const struct monitor_file *snapshot,
                          enum trial trial, int out)
{
    struct launch l = {.platform_given = true};
    struct error e = {0};
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, 0);
    dup2(2, 1);
    alarm(PATIENCE);
    if ((snapshot || b->spread) && (nothing = open("/dev/null", O_WRONLY)) >= 0)
        dup2(nothing, 1), dup2(nothing, 2);
    l.options.platform = MONITOR_PROCESS;
    l.options.no_input = snapshot != NULL;
    if (!snapshot) have_endless_input();
    l.options.memory_bytes = b->spread ? SPREAD_MEMORY : MONITOR_MEMORY_DEFAULT;
    l.options.make_snapshot.wanted = !snapshot;
    l.options.make_snapshot.fd = out;
    l.options.make_snapshot.spread = b->spread && !snapshot;
    if (!snapshot) l.options.make_snapshot.touched = b->touched;
    l.options.trial.wanted = snapshot != NULL;
    l.options.trial.stops = trial == TRIAL_STOP;
    l.options.trial.fd = out;
    l.options.trial.writes = b->spread && trial == TRIAL_INSTANCE;
    l.options.make_snapshot.wall_ns = (uint64_t)b->wall_s * 1000000000;
    l.network.none = trial == TRIAL_NONE || trial == TRIAL_INSTANCE;
    int status = image_launch(&l, b->image, "the image", true, &e);
    if (snapshot) l.options.snapshot = *snapshot;
    if (trial == TRIAL_INSTANCE) {
        be_instance(&l);
    } else if (trial) { /* a start looks at its interface, and most motes have one */
        l.network.net[0].kind = MONITOR_NET_NOBODY;
        l.network.nets = l.network.names.servers = 1;
        l.network.names.server[0].version = 4;
    }
    struct node node = {.name = "trial@mote", .cookie = "trial"};
    if (status == 0 && trial == TRIAL_NODE) status = node_prepare(&node, &l, false, &e);
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
static int boot_apart(const struct boots *b, const struct monitor_file *snapshot, enum trial trial,
                      int out, struct error *e)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) return fail(e, errno, "start the boot for the snapshot");
    if (pid == 0) boot(b, snapshot, trial, out);
    return wait_for(pid, e);
}

/* A boot, and what trial starts of it said, [TRIAL_START] and so on; mapped. */
struct tried {
    struct bytes plain, said[TRIALS];
};

static void drop(struct bytes *b)
{
    if (b->at) munmap((void *)(uintptr_t)b->at, b->n);
    *b = (struct bytes){0};
}

static void drop_tried(struct tried *t)
{
    drop(&t->plain);
    for (unsigned i = 0; i < TRIALS; i++) drop(&t->said[i]);
}

/* An application of which a trial fails, for it finds nobody where it wants to, starts as it always does. */
static int try_one(const struct boots *b, const struct monitor_file *file, enum trial trial,
                   struct bytes *said, struct error *e)
{
    struct error ignored;
    closes_itself int out = file_anonymous("snapshot", (struct bytes){0}, e);
    if (out < 0) return -1;
    if (boot_apart(b, file, trial, out, &ignored) < 0) return 0;
    return file_map(out, "the snapshot", said, e);
}

static int try(const struct boots *b, enum trial last, struct tried *t, struct error *e)
{
    closes_itself int boots = file_anonymous("snapshot", (struct bytes){0}, e);
    if (boots < 0 || boot_apart(b, NULL, TRIAL_NONE, boots, e) < 0) return -1;
    if (file_map(boots, "the snapshot", &t->plain, e) < 0) return -1;
    const struct monitor_file file = {boots, 0, t->plain.n};
    for (enum trial trial = TRIAL_START; trial <= last; trial++)
        if (try_one(b, &file, trial, &t->said[trial], e) < 0) return -1;
    return 0;
}

/* The boot that the snapshot is made of knows what the trials of one before it have touched.  Of what is seldom that one alone is
 * asked: it lies together then, and is cold. */
int snapshot_make(struct bytes image, int64_t wall_s, struct buffer *out, struct error *e)
{
    struct tried spread = {0}, last = {0};
    struct buffer touched = {0};
    closes_itself int from = file_anonymous("image", image, e);
    if (from < 0) return -1;
    struct boots b = {.image = from, .wall_s = wall_s, .spread = true};
    struct error ignored; /* the next boot fails, too, and says why */
    if (try(&b, TRIAL_STOP, &spread, &ignored) == 0)
        snapshot_touched(spread.said[TRIAL_START], spread.said[TRIAL_INSTANCE],
                         spread.said[TRIAL_NODE], spread.said[TRIAL_STOP], &touched);
    drop_tried(&spread);
    closes_itself int list = file_anonymous("touched", (struct bytes){touched.at, touched.n}, e);
    if (list < 0) return -1;
    b.spread = false;
    b.touched = (struct monitor_file){list, 0, touched.n};
    int result = try(&b, TRIAL_INSTANCE, &last, e);
    if (result == 0)
        snapshot_pack(last.plain, last.said[TRIAL_START], last.said[TRIAL_INSTANCE], out);
    drop_tried(&last);
    buffer_drop(&touched);
    return result;
}
