/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.c -- an instance: a process forked from us that becomes its monitor. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/boot.h"
#include "agent/private.h"
#include "monitor/machine.h"
#include "monitor/settle.h"

/* In our children this is all that is left of what we know. */
static struct birth {
    struct monitor_options options;
    struct monitor_link link;
    int nice;
    struct cgroup_way way[AGENT_KEEPERS];
    bool is_in; /* born where that leads */
    bool quiet;
    uint32_t place;
    unsigned char *slots;
    uint64_t slots_bytes;
    int null;
    int low; /* its descriptors are here (enum low), in a table that it shares with us for a moment; or -1 */
    int first_low; /* those of others are from here on */
    int files_end; /* descriptors from here on are motes' */
} birth MACHINE_WAITS;
/* Of the agent's descriptors, what each newborn has. */
enum low { LOW_DOORBELL, LOW_WAKE, LOW_WAYS, LOWS = LOW_WAYS + AGENT_KEEPERS };
/* What it has of its parent's; most have nothing. */
static struct shares_opened given;

/* --- in the new process --------------------------------------------------------------------------------------- */

/* Nothing of other motes is left here: their slots are not mapped, and our tables were wiped by the fork. */
static void keep_own_slot(struct birth *b)
{
    uint64_t before = b->place * SLOT_BYTES, behind = before + SLOT_BYTES;
    munmap(b->slots, before);
    if (b->slots_bytes > behind) munmap(b->slots + behind, b->slots_bytes - behind);
    if (!settle_is_ours()) return;
    void *note = mremap(b->link.note, LAYOUT_PAGE, LAYOUT_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
                        settle_note());
    if (note != MAP_FAILED) b->link.note = note;
}

/* With 2,000 motes there are 4,000 of the agent's, and each table of descriptors that goes up to there takes 32 kB.  So who needs no more than the agent's
 * own and its doorbells, finds those in low numbers, in the agent's table itself, and leaves that first of all: what it takes
 * along is only what is below.  The agent does not use these numbers for others until it has (find_low()). */
static void leave_table(struct birth *b)
{
    struct channel *channel = b->link.channel;
    int doorbell = b->low + LOW_DOORBELL, wake = b->low + LOW_WAKE;
    if (syscall(SYS_close_range, wake + 1, ~0u, CLOSE_RANGE_UNSHARE) < 0)
        _exit(BOOT_STATUS_MONITOR);
    if (doorbell > b->first_low) syscall(SYS_close_range, b->first_low, doorbell - 1, 0);
    b->link.doorbell = channel->doorbell = doorbell;
    b->link.wake = wake;
    __atomic_store_n(&b->link.note->own_files, 1, __ATOMIC_RELEASE);
}

static bool has_low_files(const struct birth *b)
{
    return b->options.platform == MONITOR_PROCESS && b->options.prepared &&
           !b->options.overlay.bytes && b->link.copies < 0 && !b->options.mounts_n &&
           !b->options.nets;
}

/* Where the agent had no such numbers left: our guest, which we fork, is to have a small table at least. */
static void take_doorbells(struct birth *b)
{
    struct channel *channel = b->link.channel;
    int doorbell = b->files_end, wake = doorbell + 1;
    if (b->link.doorbell <= wake || b->link.wake <= wake) return; /* they are low anyway */
    if (dup2(b->link.doorbell, doorbell) < 0 || dup2(b->link.wake, wake) < 0) return;
    syscall(SYS_close_range, wake + 1, ~0u, 0);
    b->link.doorbell = channel->doorbell = doorbell;
    b->link.wake = wake;
}

static void take_console(const struct birth *b)
{
    dup2(b->null, 0);
    if (!b->quiet) return;
    dup2(b->null, 1);
    dup2(b->null, 2);
}

static void lower_limits(void)
{
    struct rlimit none = {0, 0}, files;
    setrlimit(RLIMIT_CORE, &none);
    /* Above the agent's own, of which there are some for each mote: they are only closed with all others. */
    int next = fcntl(0, F_DUPFD_CLOEXEC, 0);
    if (next < 0) return;
    close(next);
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur <= (rlim_t)next + 1024) return;
    files.rlim_cur = (rlim_t)next + 1024;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* A step of niceness is a quarter more or less.  Less than others get is anybody's to choose, more is not. */
static int niceness(uint32_t weight)
{
    int steps = 0;
    for (uint32_t w = 100; w > weight && steps < 19; steps++) w -= w / 5;
    return steps;
}

static bool is_weighed(const struct cgroup_way *way, uint32_t outside)
{
    uint32_t holds = 0;
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) holds |= way[i].holds;
    return holds & ~outside & MONITOR_WEIGHED;
}

void spawn_forked_now(struct channel *channel)
{
    uint64_t now = agent_now_ns();
    memcpy(CHANNEL_IN(channel) + CHANNEL_IN_FIRST + sizeof(struct agent_frame) +
               offsetof(struct agent_hello, forked_ns),
           &now, sizeof now);
}

static noreturn void be_instance(void *what)
{
    struct birth *b = what;
    struct error e = {0};
    sigset_t none;
    /* First of all: what we have counts for the cgroup that we are in. */
    uint32_t outside = b->link.note->outside = cgroup_enter(b->way, b->is_in);
    if (b->low >= 0) leave_table(b); /* nothing is left open or closed before that */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != b->link.parent) _exit(BOOT_STATUS_MONITOR);
    if (b->link.note->die_at == MONITOR_BORN + 1) kill(getpid(), SIGKILL);
    if (!b->link.note->spare) spawn_forked_now(b->link.channel);
    prctl(PR_SET_NAME, "mote");
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    keep_own_slot(b);
    take_console(b);
    if (b->low < 0 && has_low_files(b)) take_doorbells(b);
    lower_limits();
    /* Who has changed his identity is not to be looked into, nor can he look into himself; until monitor_run() has opened that. */
    if (b->link.copies >= 0) prctl(PR_SET_DUMPABLE, 1);
    if (b->nice && !is_weighed(b->way, outside)) setpriority(PRIO_PROCESS, 0, b->nice);
    int status = monitor_run(&b->options, &e);
    if (status >= 0) _exit(status);
    if (b->link.note->spare) _exit(BOOT_STATUS_MONITOR); /* nobody has asked for it */
    char text[sizeof e.text + 80];
    int n = snprintf(text, sizeof text, "mote: an instance: %s\n", e.text);
    if (n > 0 && write(2, text, (size_t)n) < 0) errno = 0;
    _exit(BOOT_STATUS_MONITOR);
}

static noreturn void begin(struct birth *b)
{
    if (b->options.platform == MONITOR_PROCESS) settle_on_stack(be_instance, b);
    be_instance(b);
}

/* --- in the agent ------------------------------------------------------------------------------------------------ */

static int no(int refusal, char *why, size_t room, const char *what)
{
    snprintf(why, room, "%s", what);
    return refusal;
}

static int no_room(char *why, size_t room, const char *what)
{
    snprintf(why, room, "%s: %s", what, strerror(errno));
    return AGENT_NO_ROOM;
}

static bool is_text(struct wish_text t, const char *text)
{
    return t.n == strlen(text) && memcmp(t.at, text, t.n) == 0;
}

/* One that this mote was given. */
static int find_named(const struct agent *a, uint32_t parent, struct wish_text name,
                      unsigned *image, char *why, size_t room)
{
    const char *what = "there is no image %.*s (--instance-image)";
    for (*image = 1; *image < a->images; ++*image) {
        if (!is_text(name, a->image[*image].name)) continue;
        if (a->mote[parent].images >> *image & 1) return 0;
        what = "this mote was not given the image %.*s (option images)";
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* both are ours */
    snprintf(why, room, what, (int)name.n, name.at);
#pragma GCC diagnostic pop
    return AGENT_NOT_ALLOWED;
}

static int find_checkpoint(const struct agent *a, const struct wish *w, unsigned *image, char *why,
                           size_t room)
{
    uint32_t row = kept_find(a, &w->from);
    if (row == KEPT_NONE)
        return no(AGENT_NOT_ALLOWED, why, room, "there is no such checkpoint, or not any more");
    *image = a->kept[row].image;
    return 0;
}

static int find_image(const struct agent *a, uint32_t parent, const struct wish *w, unsigned *image,
                      char *why, size_t room)
{
    *image = a->mote[parent].image;
    if (w->from_given) return find_checkpoint(a, w, image, why, room);
    if (!w->image.at || is_text(w->image, "self")) return 0;
    return find_named(a, parent, w->image, image, why, room);
}

static int find_given(const struct agent *a, uint32_t parent, const struct wish *w,
                      uint32_t *images, char *why, size_t room)
{
    *images = 0;
    for (unsigned i = 0, image; i < w->gives; i++) {
        int refusal = find_named(a, parent, w->give[i], &image, why, room);
        if (refusal) return refusal;
        *images |= UINT32_C(1) << image;
    }
    return 0;
}

static int complete_wish(const struct agent *a, uint32_t parent, unsigned image,
                         const struct wish *w, struct family_wish *t, char *why, size_t room)
{
    const struct family_place *p = &a->family.at[parent];
    *t = (struct family_wish){.memory = w->memory, .most = w->children};
    if (!t->memory && w->from_given) t->memory = a->kept[kept_find(a, &w->from)].memory;
    if (!t->memory)
        t->memory =
            image == a->mote[parent].image ? p->memory : a->image[image].options.memory_bytes;
    if (!t->memory) t->memory = MONITOR_MEMORY_DEFAULT;
    /* All of a checkpoint's pages may become its own. */
    if (w->from_given && t->memory < a->kept[kept_find(a, &w->from)].bytes)
        t->memory = a->kept[kept_find(a, &w->from)].bytes;
    if (t->memory < MONITOR_MEMORY_LEAST || t->memory > MONITOR_MEMORY_MOST)
        return no(AGENT_BAD_OPTION, why, room, "memory: from 16 MiB to 60 GiB");
    if (t->most) t->memory_most = w->child_memory_given ? w->child_memory : p->memory_most;
    return family_refusal(&a->family, parent, t, why, room);
}

/* What the user gave to the first mote is not for those that it starts: mote_main takes the parent's word. */
static int own_arguments(const struct monitor_options *o)
{
    int n = 0;
    while (n < o->argc && strcmp(o->argv[n], "-extra") != 0) n++;
    return n < o->argc ? n + 1 : n;
}

/* For a mote of this kind at this place; `given` is filled in. */
static void prepare(const struct agent *a, struct birth *b, const struct spare_kind *k,
                    uint32_t place, int doorbell, int wake)
{
    unsigned char *slot = a->slots + place * SLOT_BYTES;
    b->options = a->image[k->image].options;
    b->link = (struct monitor_link){.name = AGENT_CHANNEL,
                                    .channel = channel_at(slot + LAYOUT_PAGE),
                                    .doorbell = doorbell,
                                    .wake = wake,
                                    .note = (struct monitor_note *)slot,
                                    .alive = -1,
                                    .copies = -1,
                                    .parent = a->self};
    b->quiet = k->quiet;
    cgroup_way_open(a, b->way);
    b->is_in = false;
    b->place = place;
    b->slots = a->slots;
    b->slots_bytes = a->slots_bytes;
    b->null = a->null;
    b->files_end = a->files_end;
    b->low = -1;
    b->first_low = a->first_low;
    b->options.mounts = given.mount;
    b->options.mounts_n = given.mounts;
    b->options.net = given.net;
    b->options.nets = given.nets;
    b->options.names = a->first->names;
    b->options.memory_bytes = k->memory;
    b->options.argc = own_arguments(&b->options);
    b->options.no_input = true;
    b->options.started_ns = 0;
    b->options.link = &b->link;
    if (k->cold) b->options.snapshot.bytes = 0;
}

/* What it goes on from, if that is a checkpoint, and how it may have some itself. */
static bool prepare_checkpoints(struct agent *a, struct birth *b, uint32_t place)
{
    const struct mote *m = &a->mote[place];
    if (m->from) {
        const struct kept *k = &a->kept[m->from - 1];
        b->options.overlay = (struct monitor_file){k->file, 0, k->bytes};
        if (k->below == KEPT_NOTHING) b->options.snapshot.bytes = 0;
        if (k->below == KEPT_FIRST) {
            b->options.snapshot = a->first->snapshot;
            b->options.prepared = NULL;
        }
    }
    return !a->family.at[place].most || kept_open(a, place, &b->link.copies);
}

static bool watch(const struct agent *a, uint32_t place, int doorbell)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = place};
    return epoll_ctl(a->epoll, EPOLL_CTL_ADD, doorbell, &e) == 0;
}

static struct spare_kind kind_of(const struct agent *a, unsigned image, const struct family_wish *t,
                                 const struct wish *w)
{
    return (struct spare_kind){image, t->memory, w->quiet, w->cold, cgroup_can(a, 0, w->memory)};
}

/* As fork(), and where that is possible in the cgroup that it is to be in. */
static pid_t bear(struct birth *b, uint64_t flags)
{
    struct clone_args c = {.flags = flags | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
    int folder = cgroup_birth(b->way);
    if (folder >= 0) {
        c.cgroup = (uint64_t)folder;
        b->is_in = true;
        pid_t pid = (pid_t)syscall(SYS_clone3, &c, sizeof c);
        if (pid >= 0 || errno == EAGAIN || errno == ENOMEM) return pid;
        b->is_in = false;
    }
    return flags ? (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0) : fork();
}

pid_t spawn_spare(struct agent *a, struct spare *s)
{
    birth = (struct birth){0};
    given.mounts = given.nets = 0;
    prepare(a, &birth, &s->kind, s->place, s->doorbell, s->wake);
    birth.link.channel->doorbell = s->doorbell;
    birth.link.note->spare = 1;
    if (s->kind.limited) s->held = cgroup_make(a, s->place, 0, s->kind.memory, birth.way);
    pid_t pid = bear(&birth, 0);
    if (pid == 0) begin(&birth);
    cgroup_way_close(birth.way);
    return pid;
}

static int undo(struct agent *a, uint32_t place, char *why, size_t room)
{
    spare_refuse(a);
    no_room(why, room, "an instance's process cannot be started");
    shares_close(&given);
    spawn_release(a, place);
    family_remove(&a->family, place);
    return AGENT_NO_ROOM;
}

static int make_eventfds(int *doorbell, int *wake, char *why, size_t room)
{
    *doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    *wake = *doorbell < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (*wake >= 0) return 0;
    no_room(why, room, "there are no descriptors left");
    if (*doorbell >= 0) close(*doorbell);
    return AGENT_NO_ROOM;
}

/* One start of an image tells of others. */
static void prepare_later(struct agent *a, unsigned image)
{
    uint32_t bit = UINT32_C(1) << image;
    a->unprepared |= bit & ~a->started;
    a->started |= bit;
}

void spawn_reserve(struct agent *a)
{
    int end = a->files_end + LOWS * AGENT_NEWBORNS;
    a->first_low = a->files_end;
    for (int fd = a->files_end; fd < end; fd++)
        if (dup2(a->null, fd) < 0) a->first_low = -1; /* the limit is very low */
    if (a->first_low >= 0) a->files_end = end;
}

/* Those of one that has a table of its own by now, or has ended; -1: there are none. */
static int find_low(const struct agent *a)
{
    for (int i = 0; a->first_low >= 0 && i < AGENT_NEWBORNS; i++) {
        const struct newborn *n = &a->newborn[i];
        if (!n->pid || a->pid[n->place] != n->pid ||
            __atomic_load_n(&a->mote[n->place].note->own_files, __ATOMIC_ACQUIRE))
            return i;
    }
    return -1;
}

static bool take_low(struct birth *b, int low)
{
    if (dup2(b->link.doorbell, low + LOW_DOORBELL) < 0 || dup2(b->link.wake, low + LOW_WAKE) < 0)
        return false;
    for (int i = 0, fd = low + LOW_WAYS; i < AGENT_KEEPERS; i++, fd++)
        if (b->way[i].own >= 0 && dup2(b->way[i].own, fd) < 0) return false;
    for (int i = 0; i < AGENT_KEEPERS; i++) {
        if (b->way[i].own < 0) continue;
        close(b->way[i].own);
        b->way[i].own = low + LOW_WAYS + i;
    }
    b->low = low;
    return true;
}

/* Where that is possible, without a copy of our table of descriptors, large as it is. */
static pid_t bear_instance(struct agent *a, struct birth *b, uint32_t place)
{
    int i = has_low_files(b) ? find_low(a) : -1;
    if (i < 0 || !take_low(b, a->first_low + LOWS * i)) return bear(b, 0);
    pid_t pid = bear(b, CLONE_FILES);
    if (!pid) return 0;
    if (pid > 0) a->newborn[i] = (struct newborn){pid, place};
    for (int j = 0; j < AGENT_KEEPERS; j++)
        b->way[j].own = -1; /* they stay open until the next one's */
    return pid;
}

/* What is wished for, found to be possible. */
struct plan {
    unsigned image;
    uint32_t images; /* bits: those that it is given */
    struct family_wish wish;
    struct shares *shares; /* NULL: none; the plan's until somebody has it */
    struct spare_kind kind;
    uint32_t weight; /* 0: the usual one */
    bool plain;      /* a spare would do */
};

static int make_plan(const struct agent *a, uint32_t parent, const struct wish *w, struct plan *p,
                     char *why, size_t room)
{
    *p = (struct plan){.weight = w->cpu_weight == 100 ? 0 : w->cpu_weight};
    int refusal = find_image(a, parent, w, &p->image, why, room);
    if (!refusal) refusal = find_given(a, parent, w, &p->images, why, room);
    if (!refusal) refusal = complete_wish(a, parent, p->image, w, &p->wish, why, room);
    if (!refusal) refusal = shares_find(a, a->mote[parent].shares, w, &p->shares, why, room);
    if (!refusal) refusal = shares_open(a, p->shares, &given, why, room);
    p->kind = kind_of(a, p->image, &p->wish, w);
    p->plain = !p->shares && !p->weight && !p->wish.most && !w->from_given;
    return refusal;
}

/* The mote is there, with what it is to find in its ring; but for its process. */
static struct mote *take_place(struct agent *a, uint32_t place, const struct wish *w,
                               const struct plan *p, int doorbell, int wake, uint64_t asked_ns)
{
    struct mote *m = &a->mote[place];
    bool has_snapshot = !w->cold && a->image[p->image].options.snapshot.bytes;
    mote_open(a, place, doorbell, wake, asked_ns);
    m->image = p->image;
    m->images = p->images;
    m->below = has_snapshot ? KEPT_IMAGE : KEPT_NOTHING;
    m->shares = p->shares;
    m->note->die_at = a->die_at;
    if (w->from_given) {
        uint32_t row = kept_find(a, &w->from);
        m->below = a->kept[row].below;
        kept_use(a, m, row);
    }
    serve_tell(a, place, AGENT_START, w->start, w->start_bytes, NULL, 0);
    return m;
}

/* Its process, forked now: -1, or its number. */
static pid_t start_process(struct agent *a, uint32_t place, const struct wish *w,
                           const struct plan *p)
{
    struct mote *m = &a->mote[place];
    prepare(a, &birth, &p->kind, place, m->end.doorbell, m->end.wake);
    if (!prepare_checkpoints(a, &birth, place)) return -1;
    birth.options.started_ns = m->asked_ns;
    birth.nice = p->weight ? niceness(p->weight) : 0;
    /* It fills the files of its checkpoints, which count for its grant. */
    uint64_t limit = w->memory ? p->wish.memory + p->wish.memory_most : 0;
    if (cgroup_can(a, p->weight, limit))
        m->held = cgroup_make(a, place, p->weight, limit, birth.way);
    pid_t pid = bear_instance(a, &birth, place);
    if (pid == 0) begin(&birth);
    cgroup_way_close(birth.way);
    if (birth.link.copies >= 0) close(birth.link.copies);
    return pid;
}

int spawn_instance(struct agent *a, uint32_t parent, const struct wish *w, uint64_t asked_ns,
                   uint32_t *place, char *why, size_t room)
{
    struct plan p;
    struct cgroup_held held = {0};
    int doorbell = -1, wake = -1, refusal = make_plan(a, parent, w, &p, why, room);
    pid_t pid = refusal || !p.plain ? 0 : spare_take(a, &p.kind, &doorbell, &wake, &held);
    if (!refusal && !pid) refusal = make_eventfds(&doorbell, &wake, why, room);
    if (refusal) {
        if (refusal == AGENT_NO_ROOM) spare_refuse(a);
        shares_close(&given);
        shares_drop(p.shares);
        return refusal;
    }
    *place = family_add(&a->family, parent, &p.wish, agent_key(a));
    struct mote *m = take_place(a, *place, w, &p, doorbell, wake, asked_ns);
    m->held = held;
    if (!watch(a, *place, doorbell)) {
        if (pid) kill(pid, SIGKILL);
        return undo(a, *place, why, room);
    }
    if (pid)
        spare_start(m);
    else
        pid = start_process(a, *place, w, &p);
    if (pid < 0) return undo(a, *place, why, room);
    spare_want(a, &p.kind, p.plain);
    prepare_later(a, p.image);
    shares_close(&given);
    m->pid = a->pid[*place] = pid;
    if (w->time_limit_ms) m->deadline_ns = asked_ns + w->time_limit_ms * 1000000;
    if (m->deadline_ns) motes_look_by(a, m->deadline_ns);
    return 0;
}

void spawn_release(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    /* By name: processes that are just being born have copies of it. */
    epoll_ctl(a->epoll, EPOLL_CTL_DEL, m->end.doorbell, NULL);
    close(m->end.doorbell);
    close(m->end.wake);
    kept_close(a, place);
    shares_drop(m->shares);
    cgroup_drop(a, place, &m->held);
    madvise(a->slots + place * SLOT_BYTES, SLOT_BYTES, MADV_REMOVE);
}
