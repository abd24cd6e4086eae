/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c -- the agent's process: its start, its loop, its end; see agent.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/private.h"
#include "monitor/machine.h"

uint64_t agent_now_ns(void) { return stats_now_ns(); }

/* Memory from before the agent was forked: it needs it, and its children are not to see it. */
static struct {
    void *at;
    size_t bytes;
} early[8];
static unsigned earlies;
static bool is_agent;

void *agent_memory(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED) return NULL;
    if (is_agent)
        madvise(p, bytes, MADV_WIPEONFORK);
    else
        early[earlies].at = p, early[earlies++].bytes = bytes;
    return p;
}

static void keep_early(void)
{
    is_agent = true;
    for (unsigned i = 0; i < earlies; i++) madvise(early[i].at, early[i].bytes, MADV_WIPEONFORK);
}

static void drop_early(void)
{
    while (earlies--) munmap(early[earlies].at, early[earlies].bytes);
}

uint64_t agent_key(struct agent *a)
{
    if (!a->keys_left) {
        if (getrandom(a->keys, sizeof a->keys, 0) != sizeof a->keys) abort();
        a->keys_left = sizeof a->keys / sizeof *a->keys;
    }
    uint64_t key = a->keys[--a->keys_left];
    a->keys[a->keys_left] = 0;
    return key;
}

/* --- the loop ---------------------------------------------------------------------------------------------- */

enum { WATCH_SIGNALS = 1 << 20, WATCH_FIRST, WATCH_ALIVE }; /* above all places */

static void reap(struct agent *a)
{
    struct signalfd_siginfo ignored[16];
    int how;
    while (read(a->signals, ignored, sizeof ignored) > 0) continue;
    for (pid_t pid; (pid = waitpid(-1, &how, WNOHANG)) > 0;) {
        if (spare_ended(a, pid)) continue;
        for (uint32_t i = 0; i < a->family.places; i++) {
            if (a->pid[i] == pid) {
                mote_ended(a, i, how);
                break;
            }
            if (a->mote[i].guest != pid) continue;
            a->mote[i].guest = 0;
            mote_bury(a, i);
            break;
        }
    }
}

static int timeout_ms(const struct agent *a)
{
    if (a->first_ready != FAMILY_NONE || a->unprepared) return 0;
    if (a->tell_first) return 10;
    if (a->next_deadline_ns == UINT64_MAX) return -1;
    uint64_t now = agent_now_ns(), left = a->next_deadline_ns - now;
    if (now >= a->next_deadline_ns) return 0;
    return left > 3600000000000ull ? 3600000 : (int)(left / 1000000 + 1);
}

/* For the next starts, when the last one has been answered. */
static void prepare_more(struct agent *a)
{
    unsigned image = (unsigned)__builtin_ctz(a->unprepared);
    if (!monitor_prepare_more(&a->image[image].options)) a->unprepared &= a->unprepared - 1;
}

static void handle(struct agent *a, uint64_t what)
{
    if (what == WATCH_SIGNALS) {
        reap(a);
    } else if (what == WATCH_FIRST || what == WATCH_ALIVE) {
        if (!a->over) mote_end(a, 0, AGENT_END_PARENT);
        a->over = true;
    } else if (what & KEPT_WATCH) {
        kept_hear(a, (uint32_t)(what & ~KEPT_WATCH));
    } else if (a->family.at[what].taken && !a->family.at[what].ending) {
        serve_room(a, (uint32_t)what);
        serve_later(a, (uint32_t)what);
    }
}

static noreturn void serve(struct agent *a)
{
    struct epoll_event events[64];
    while (!a->over || a->family.taken > 1 || spare_is_there(a)) {
        int n = epoll_wait(a->epoll, events, sizeof events / sizeof *events, timeout_ms(a));
        for (int i = 0; i < n; i++) handle(a, events[i].data.u64);
        serve_ready(a);
        motes_check_deadlines(a);
        spare_tend(a);
        if (a->tell_first && !a->over) mote_end_first(a);
        if (a->unprepared && a->first_ready == FAMILY_NONE) prepare_more(a);
    }
    cgroups_finish(a);
    _exit(0);
}

/* --- the start ----------------------------------------------------------------------------------------------- */

static void raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static bool watch(const struct agent *a, int fd, uint64_t what, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.u64 = what};
    return epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool open_all(struct agent *a)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_SETMASK, &set, NULL);
    a->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    a->epoll = epoll_create1(EPOLL_CLOEXEC);
    a->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    a->frame = agent_memory(AGENT_FRAME_MOST);
    if (a->signals < 0 || a->epoll < 0 || a->null < 0 || !a->frame) return false;
    return watch(a, a->signals, WATCH_SIGNALS, EPOLLIN) &&
           watch(a, a->first_pidfd, WATCH_FIRST, EPOLLIN | EPOLLET) &&
           watch(a, a->alive, WATCH_ALIVE, EPOLLIN | EPOLLET) &&
           watch(a, a->mote[0].end.doorbell, 0, EPOLLIN | EPOLLET) &&
           watch(a, a->mote[0].copies, KEPT_WATCH, EPOLLIN);
}

/* Everything else that was open is not for us, nor for instances: locks, pipes of who waits for the first mote. */
static unsigned needed(const struct agent *a, int *keep)
{
    unsigned n = 0;
    const struct mote *first = &a->mote[0];
    const int own[] = {a->signals,          a->epoll,        a->null,      a->first_pidfd, a->alive,
                       first->end.doorbell, first->end.wake, first->copies};
    for (unsigned i = 0; i < sizeof own / sizeof *own; i++) keep[n++] = own[i];
    if (a->kvm >= 0) keep[n++] = a->kvm;
    for (unsigned i = 0; i < a->images; i++) {
        const struct monitor_options *o = &a->image[i].options;
        const struct monitor_file *files[] = {&o->runtime, &o->archive, &o->archive_rest,
                                              &o->snapshot};
        for (unsigned j = 0; j < 4; j++)
            if (files[j]->bytes) keep[n++] = files[j]->fd;
        if (monitor_prepared_file(o) >= 0) keep[n++] = monitor_prepared_file(o);
    }
    if (a->first->snapshot.bytes) keep[n++] = a->first->snapshot.fd;
    for (unsigned i = 0; i < a->roots; i++) keep[n++] = a->root[i];
    for (const struct agent_keeper *k = a->keeper; k < a->keeper + AGENT_KEEPERS; k++) {
        if (k->does) keep[n++] = k->orders;
        if (k->rest >= 0) keep[n++] = k->rest;
    }
    return n;
}

static noreturn void be_agent(struct agent *a)
{
    unsigned keeps;
    int keep[20 + 5 * AGENT_IMAGES_MOST + WISH_MOUNTS_MOST];
    struct error e;
    keep_early();
    a->self = getpid();
    prctl(PR_SET_NAME, "mote-agent");
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* no process of an instance is lost */
    setsid();                         /* what is typed at the terminal is for the first mote */
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    /* For tests: an instance kills itself at this step of its start (enum monitor_stage); less patience. */
    const char *die_at = getenv("MOTE_AGENT_DIE_AT");
    const char *patience = getenv("MOTE_AGENT_PATIENCE_MS");
    a->no_spares = getenv("MOTE_AGENT_NO_SPARES") != NULL;
    if (die_at) a->die_at = 1 + (uint32_t)atoi(die_at);
    const char *limit = getenv("MOTE_AGENT_CGROUP_MEMORY");
    if (limit) a->cgroup_memory = strtoull(limit, NULL, 10);
    if (patience) a->patience_ns = strtoull(patience, NULL, 10) * 1000000;
    if (a->first->platform == MONITOR_KVM) a->kvm = monitor_kvm_prepare();
    if (!open_all(a) || shares_start(a) < 0) _exit(1);
    for (unsigned i = 0; i < a->images; i++) /* without that each start says why it cannot be */
        monitor_prepare(&a->image[i].options, &e);
    struct sandbox_agent_needs needs = {.folders = a->roots != 0, .nets = a->first->nets != 0};
    for (unsigned i = 0; i < a->first->nets; i++)
        needs.switches |= a->first->net[i].kind == MONITOR_NET_SWITCH;
    cgroups_start(a, &needs);
    keeps = needed(a, keep);
    if (sandbox_agent(a->first, &needs, keep, keeps, &e) < 0) _exit(1);
    cgroups_ready(a);
    keeps = needed(a, keep); /* with what that has brought */
    for (unsigned i = 0; i < keeps; i++)
        if (keep[i] >= a->files_end) a->files_end = keep[i] + 1;
    spawn_reserve(a);
    serve(a);
}

/* As long as nodes of Erlang's distribution have with each other. */
#define PATIENCE_NS 60000000000ull

/* --- in the first monitor's process ------------------------------------------------------------------------ */

static struct monitor_link first_link = {.alive = -1, .copies = -1};

static int make_slots(struct agent *a, struct error *e)
{
    a->slots_bytes = a->family.places * SLOT_BYTES;
    int fd = memfd_create("mote-channels", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)a->slots_bytes) < 0)
        return fail(e, errno, "make the memory of %u channels", a->family.places);
    void *p = mmap(NULL, a->slots_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    close(fd);
    if (p == MAP_FAILED) return fail(e, errno, "map the memory of %u channels", a->family.places);
    a->slots = p;
    return 0;
}

static int make_tables(struct agent *a, const struct agent_grant *g, struct error *e)
{
    const struct monitor_options *o = a->first;
    uint64_t memory = o->memory_bytes ? o->memory_bytes : MONITOR_MEMORY_DEFAULT;
    struct family_wish all = {memory, g->instances, g->memory_bytes};
    if (!all.memory_most) all.memory_most = memory * g->instances;
    /* Those that have ended and not been buried have places, too. */
    uint32_t places = 2 + AGENT_SPARES + g->instances + g->instances / 8;
    struct family_place *at = agent_memory(places * sizeof *at);
    a->mote = agent_memory(places * sizeof *a->mote);
    a->pid = agent_memory(places * sizeof *a->pid);
    if (!at || !a->mote || !a->pid) return fail(e, ENOMEM, "keep %u instances", g->instances);
    family_start(&a->family, at, places, &all, agent_key(a));
    if (!watches_start(a) || !kept_start(a))
        return fail(e, ENOMEM, "keep %u instances", g->instances);
    return make_slots(a, e);
}

/* Over what the first mote's memory lies. */
static enum kept_below first_is_below(const struct agent *a)
{
    const struct monitor_file *f = &a->first->snapshot, *i = &a->image[0].options.snapshot;
    if (!f->bytes) return KEPT_NOTHING;
    return f->at == i->at && f->bytes == i->bytes ? KEPT_IMAGE : KEPT_FIRST;
}

static int make_link(struct agent *a, int alive, struct error *e)
{
    int doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (doorbell < 0 || wake < 0) return fail(e, errno, "make an eventfd");
    mote_open(a, 0, doorbell, wake, agent_now_ns());
    a->mote[0].images = UINT32_MAX;
    a->mote[0].below = first_is_below(a);
    int copies;
    if (!kept_open(a, 0, &copies)) return fail(e, errno, "make a connection to the agent");
    first_link = (struct monitor_link){
        .name = AGENT_CHANNEL,
        .channel = a->mote[0].end.shared,
        .doorbell = doorbell,
        .wake = wake,
        .note = a->mote[0].note,
        .alive = alive,
        .copies = copies,
    };
    return 0;
}

int agent_start(const struct monitor_options *o, const struct agent_grant *g,
                const struct monitor_link **link, struct error *e)
{
    int alive[2];
    struct agent *a = agent_memory(sizeof *a);
    if (!a) return fail(e, ENOMEM, "start the agent");
    *a = (struct agent){.image = g->image,
                        .images = g->images,
                        .first = o,
                        .first_pid = getpid(),
                        .kvm = -1,
                        .keeper = {{.rest = -1}, {.rest = -1}},
                        .epoll = -1,
                        .first_ready = FAMILY_NONE,
                        .last_ready = FAMILY_NONE,
                        .next_deadline_ns = UINT64_MAX,
                        .patience_ns = PATIENCE_NS};
    a->first_pidfd = (int)syscall(SYS_pidfd_open, a->first_pid, 0);
    if (a->first_pidfd < 0 || pipe2(alive, O_CLOEXEC) < 0) return fail(e, errno, "start the agent");
    a->alive = alive[0];
    if (make_tables(a, g, e) < 0 || make_link(a, alive[1], e) < 0) return -1;
    pid_t pid = fork();
    if (pid < 0) return fail(e, errno, "start the agent");
    if (pid == 0) be_agent(a);
    first_link.server_pid = pid;
    close(alive[0]);
    close(a->first_pidfd);
    close(a->mote[0].copies);
    munmap(a->slots + SLOT_BYTES, a->slots_bytes - SLOT_BYTES);
    drop_early();
    *link = &first_link;
    return 0;
}

void agent_finish(void)
{
    if (!first_link.server_pid) return;
    close(first_link.alive);
    while (waitpid(first_link.server_pid, NULL, 0) < 0 && errno == EINTR) continue;
}
