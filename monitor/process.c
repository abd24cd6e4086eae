/* SPDX-License-Identifier: Apache-2.0 */
/* process.c -- the guest as a child process, mapped to abi/layout.h and locked in.
 *
 *   we            serve the rings, hand on signals, say how it ended
 *   the child     maps everything to its place, closes every descriptor but some eventfds,
 *                 takes on the filter for GUEST, and jumps to the runtime's entry
 *
 * The rings are one shared mapping, made here before the fork.  Nothing of ours stays mapped
 * in the child but one page of code (leap.h).
 *
 * To look inside: gdb with `set follow-fork-mode child` and `add-symbol-file` of the
 * runtime; perf, with MOTE_PERF_MAP=1 in the environment (see perf_map()).
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/boot.h"
#include "monitor/leap.h"
#include "monitor/machine.h"
#include "monitor/settle.h"
#include "monitor/trial.h"

/* --- the vDSO ------------------------------------------------------------------------------ */

/* The address of the kernel's clock function, which needs no system call; 0: not there. */
static uint64_t find_clock(void)
{
    const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
    if (!base) return 0;
    const Elf64_Ehdr *h = (const Elf64_Ehdr *)base;
    const Elf64_Phdr *p = (const Elf64_Phdr *)(base + h->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    uint64_t offset = 0;
    for (int i = 0; i < h->e_phnum; i++) {
        if (p[i].p_type == PT_DYNAMIC) dynamic = (const Elf64_Dyn *)(base + p[i].p_offset);
        if (p[i].p_type == PT_LOAD) offset = (uint64_t)base + p[i].p_offset - p[i].p_vaddr;
    }
    const Elf64_Sym *symbols = NULL;
    const char *strings = NULL;
    const uint32_t *hash = NULL;
    for (; dynamic && dynamic->d_tag; dynamic++) {
        const void *at = (const void *)(offset + dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_SYMTAB) symbols = at;
        if (dynamic->d_tag == DT_STRTAB) strings = at;
        if (dynamic->d_tag == DT_HASH) hash = at;
    }
    if (!symbols || !strings || !hash) return 0;
    for (uint32_t i = 0; i < hash[1]; i++)
        if (symbols[i].st_shndx && !strcmp(strings + symbols[i].st_name, "__vdso_clock_gettime"))
            return offset + symbols[i].st_value;
    return 0;
}

/* --- memory: in the child --------------------------------------------------------------------- */

/* At this address, or an error: never over something else.  fd -1: fresh memory. */
static void *map_at(uint64_t address, uint64_t bytes, int access, int fd, uint64_t at,
                    const char *what, struct error *e)
{
    int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_ANONYMOUS | MAP_NORESERVE : 0);
    void *p = mmap((void *)address, bytes, access, flags, fd, (off_t)at);
    if (p == (void *)address) return p;
    fail(e, p == MAP_FAILED ? errno : EEXIST, "map %s (%llu MiB) at 0x%llx", what,
         (unsigned long long)(bytes >> 20), (unsigned long long)address);
    return NULL;
}

/* Memory that the guest writes to.  For a snapshot it is shared with us, who have mapped it already: share_memory(). */
static void *fresh(const struct machine *m, uint64_t address, uint64_t bytes, const char *what,
                   struct error *e)
{
    if (m->options->make_snapshot.wanted) return (void *)address;
    return map_at(address, bytes, PROT_READ | PROT_WRITE, -1, 0, what, e);
}

/* perf knows the functions of memory that comes from no file by this list; see perf-report. */
static void perf_map(const struct runtime *r)
{
    char name[64];
    snprintf(name, sizeof name, "/tmp/perf-%d.map", (int)getpid());
    FILE *f = fopen(name, "w");
    for (uint64_t i = 0; f && i < r->symbols.bytes / sizeof(Elf64_Sym); i++) {
        Elf64_Sym s;
        memcpy(&s, r->bytes + r->symbols.at + i * sizeof s, sizeof s);
        if (ELF64_ST_TYPE(s.st_info) == STT_FUNC && s.st_size && s.st_name < r->strings.bytes)
            fprintf(f, "%lx %lx %s\n", (unsigned long)s.st_value, (unsigned long)s.st_size,
                    (const char *)r->bytes + r->strings.at + s.st_name);
    }
    if (f) fclose(f);
}

/* What stands at LAYOUT_SNAPSHOT (boot_record.snapshot), or NULL. */
static const struct monitor_file *mapped_snapshot(const struct machine *m)
{
    const struct monitor_options *o = m->options;
    if (o->make_snapshot.touched.bytes) return &o->make_snapshot.touched;
    return snapshot_is_cold(m) ? &o->snapshot : NULL;
}

static int map_segment(const struct machine *m, const struct runtime_segment *s, bool copy,
                       struct error *e)
{
    const struct runtime *r = &m->runtime;
    int access = PROT_READ | (s->writable ? PROT_WRITE : 0) | (s->executable ? PROT_EXEC : 0);
    if (!s->writable && !copy)
        return map_at(s->address, s->memory_bytes, access, r->file.fd, r->file.at + s->at,
                      "the runtime", e)
                   ? 0
                   : -1;
    void *p = s->writable ? fresh(m, s->address, s->memory_bytes, "the runtime", e)
                          : map_at(s->address, s->memory_bytes, PROT_READ | PROT_WRITE, -1, 0,
                                   "the runtime", e);
    if (!p) return -1;
    if (s->writable && machine_resumes(m)) return 0;
    memcpy(p, r->bytes + s->at, s->file_bytes);
    if (!s->writable && mprotect(p, s->memory_bytes, access) < 0)
        return fail(e, errno, "protect the runtime");
    return 0;
}

static int map_runtime(const struct machine *m, struct error *e)
{
    const struct runtime *r = &m->runtime;
    bool copy = r->copied || getenv("MOTE_PERF_MAP");
    if (getenv("MOTE_PERF_MAP")) perf_map(r);
    for (unsigned i = 0; i < r->segments; i++)
        if (map_segment(m, &r->segment[i], copy, e) < 0) return -1;
    if (!r->window_bytes) return 0;
    void *p = r->copied ? map_at(LAYOUT_SYMBOLS, r->window_bytes, PROT_READ | PROT_WRITE, -1, 0,
                                 "symbols", e)
                        : map_at(LAYOUT_SYMBOLS, r->window_bytes, PROT_READ, r->file.fd,
                                 r->file.at + r->window_at, "symbols", e);
    if (p && r->copied) memcpy(p, r->bytes + r->window_at, r->window_bytes);
    return p ? 0 : -1;
}

/* With what the last steps want to know behind it. */
static struct leap *map_record(struct machine *m, struct error *e)
{
    m->clock_gettime = leap_take_vdso(m->clock_gettime);
    uint64_t room = LAYOUT_BOOT_BYTES;
    char *record = map_at(LAYOUT_BOOT, room, PROT_READ | PROT_WRITE, -1, 0, "the boot record", e);
    int64_t bytes = record ? record_write(m, &(struct record_clock){0}, record, room, e) : -1;
    if (bytes < 0) return NULL;
    bytes = (bytes + 15) & ~15;
    const struct boot_header *h = &m->runtime.header;
    /* The handler that sees what a trial touches is ours. */
    uint64_t end = LAYOUT_ARCHIVE + m->archive_pages_bytes;
    if (mapped_snapshot(m)) end = LAYOUT_SNAPSHOT + layout_pages_up(mapped_snapshot(m)->bytes);
    if (m->options->trial.wanted) end = 0;
    struct leap *leap = leap_write(record + bytes, room - (uint64_t)bytes,
                                   machine_resumes(m) ? h->resume : h->entry, end,
                                   m->options->no_sandbox ? 0 : SANDBOX_GUEST);
    if (!leap) fail(e, 0, "the arguments and the environment together are too long");
    if (leap && mprotect(record, room, PROT_READ) == 0) return leap;
    if (leap) fail(e, errno, "protect the boot record");
    return NULL;
}

static int map_archive(const struct machine *m, struct error *e)
{
    const struct monitor_file *f = &m->options->archive, *rest = &m->options->archive_rest;
    if (!m->archive_pages_bytes) return 0;
    if (!map_at(LAYOUT_ARCHIVE, m->archive_skip + f->bytes, PROT_READ, f->fd,
                f->at - m->archive_skip, "the archive", e))
        return -1;
    if (!rest->bytes) return 0;
    return map_at(LAYOUT_ARCHIVE + f->bytes, rest->bytes, PROT_READ, rest->fd, rest->at,
                  "the rest of the archive", e)
               ? 0
               : -1;
}

/* All of it, from which the guest inflates what it touches: platform/process/thaw.c. */
static int map_chunks(const struct machine *m, struct error *e)
{
    const struct monitor_file *f = mapped_snapshot(m);
    if (!f) return 0;
    return map_at(LAYOUT_SNAPSHOT, f->bytes, PROT_READ, f->fd, f->at, "the snapshot", e) ? 0 : -1;
}

/* They are shared with their servers already.  In the child only: the monitor's stay where they are. */
static int map_channels(struct machine *m, struct error *e)
{
    for (unsigned i = 0; i < m->channels.n; i++) {
        void *to = map_at(CHANNEL_MEMORY(i), CHANNEL_STRIDE, PROT_NONE, -1, 0, "a channel", e);
        if (!to || channels_move(&m->channels, i, to, e) < 0) return -1;
    }
    return 0;
}

/* The same for both: as share_memory() and the guest see it. */
static struct areas guest_areas(const struct machine *m)
{
    struct areas p = {0};
    for (unsigned i = 0; i < m->runtime.segments; i++) {
        const struct runtime_segment *s = &m->runtime.segment[i];
        if (s->writable) areas_add(&p, s->address, s->memory_bytes, (void *)s->address);
    }
    areas_add(&p, LAYOUT_STACK, LAYOUT_STACK_BYTES, (void *)LAYOUT_STACK);
    areas_add(&p, LAYOUT_HEAP, m->heap_room, (void *)LAYOUT_HEAP);
    return p;
}

static int map_snapshot(const struct machine *m, struct error *e)
{
    const struct areas areas = guest_areas(m);
    if (m->flat) return flat_map(m->flat, e);
    if (snapshot_hide(&m->snapshot, e) < 0) return -1;
    if (snapshot_map(&m->snapshot, &areas, &m->options->snapshot, e) < 0) return -1;
    return map_chunks(m, e);
}

static int map_rings(const struct machine *m, struct error *e)
{
    void *there = (void *)LAYOUT_RINGS;
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    if (mremap(m->control, RING_USED_BYTES, RING_USED_BYTES, flags, there) == there) return 0;
    return fail(e, errno, "map the rings");
}

static int map_all(struct machine *m, struct error *e)
{
    if (map_rings(m, e) < 0) return -1;
    if (map_runtime(m, e) < 0 || map_archive(m, e) < 0) return -1;
    if (!fresh(m, LAYOUT_STACK, LAYOUT_STACK_BYTES, "the stack", e)) return -1;
    if (!fresh(m, LAYOUT_HEAP, m->heap_room, "the heap", e)) return -1;
    if (!m->options->make_snapshot.wanted) heap_advise((void *)LAYOUT_HEAP, m->heap_room);
    if (!machine_resumes(m)) record_thread(m, (void *)LAYOUT_THREAD);
    const struct areas areas = guest_areas(m);
    if (map_snapshot(m, e) < 0) return -1;
    if (overlay_map(&m->overlay, &m->snapshot, &areas, &m->options->overlay, e) < 0) return -1;
    return map_channels(m, e);
}

/* --- the child ---------------------------------------------------------------------------------- */

/* The parent gets these, and tells us by the rings. */
static void ignore_stops(void)
{
    for (const int *s = stop_signals; *s; s++) signal(*s, SIG_IGN);
}

/* What parent and child share until the guest starts, behind the rings; unmapped before it does.  Nobody touches it unless the start fails. */
struct launch {
    bool failed;
    struct error error;
};
_Static_assert(sizeof(struct launch) <= LAYOUT_PAGE, "a page is mapped");

static struct launch *launch_of(const struct machine *m)
{
    return (struct launch *)((char *)m->control + RING_USED_BYTES);
}

static int prepare_guest(struct machine *m, struct error *e)
{
    int keep[2 + CHANNELS_MOST] = {m->doorbell, m->wake};
    for (unsigned i = 0; i < m->channels.n; i++) keep[2 + i] = m->channels.doorbell[i];
    prctl(PR_SET_NAME, "mote-guest");
    signal(SIGCHLD, SIG_DFL);
    if (map_all(m, e) < 0 || leap_start(&m->runtime.header, e) < 0) return -1;
    if (sandbox_drop(m, keep, 2 + m->channels.n, e) < 0) return -1;
    for (int fd = 0; fd <= 2; fd++) close(fd); /* the console is ours alone */
    if (m->options->trial.wanted && trial_watch(e) < 0) return -1;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the change of identity, which forgets it */
    return 0;
}

/* A process that has given up its identity is not looked into. */
static void wait_at_gate(int gate)
{
    uint64_t ignored;
    while (gate >= 0 && read(gate, &ignored, sizeof ignored) < 0 && errno == EINTR) continue;
}

/* `gate`: an eventfd, written when our parent has opened what it needs of us; or -1. */
static noreturn void be_guest(struct machine *m, int gate, pid_t parent)
{
    struct launch *launch = launch_of(m);
    ignore_stops();
    wait_at_gate(gate);
    bool good = prepare_guest(m, &launch->error) == 0;
    if (getppid() != parent) _exit(BOOT_STATUS_MONITOR); /* it died before we would be told */
    if (good && m->options->link) {
        m->options->link->note->started_ns = stats_now_ns();
        machine_stage(m, MONITOR_STARTED);
        munmap(m->options->link->note, LAYOUT_PAGE);
    }
    const struct leap *leap = good ? map_record(m, &launch->error) : NULL;
    if (!leap) {
        launch->failed = true;
        _exit(BOOT_STATUS_MONITOR);
    }
    munmap(launch, LAYOUT_PAGE);
    leap_into(leap);
}

/* --- the parent ------------------------------------------------------------------------------ */

/* At the guest's address, here and there. */
static void *share(uint64_t address, uint64_t bytes, struct error *e)
{
    int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    void *p = mmap((void *)address, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (p == (void *)address) return p;
    fail(e, p == MAP_FAILED ? errno : EEXIST, "map the rings");
    return NULL;
}

/* An instance of its own process, with the usual devices: what a command or a server may ask of others, and what is
 * printed at the end, needs more. */
static bool settles(const struct machine *m)
{
    const struct monitor_options *o = m->options;
    return o->link && o->link->parent && settle_is_ours() && !o->nets && !o->mounts_n &&
           !machine_is_copied(m) && !o->stats;
}

/* Ours lie among the rest of us, and behind them is room for struct launch. */
static void *share_rings(const struct machine *m, struct error *e)
{
    size_t bytes = RING_USED_BYTES + LAYOUT_PAGE;
    void *place = settles(m) ? settle_rings(bytes) : NULL;
    int flags = MAP_SHARED | MAP_ANONYMOUS | (place ? MAP_FIXED : 0);
    void *p = mmap(place, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (p != MAP_FAILED) return p;
    fail(e, errno, "map the rings");
    return NULL;
}

/* What the guest writes to is ours, too, so that it is there when the guest has ended. */
static int share_memory(struct machine *m, struct error *e)
{
    m->areas = guest_areas(m);
    for (unsigned i = 0; i < m->areas.n; i++)
        if (!share(m->areas.at[i].address, m->areas.at[i].bytes, e)) return -1;
    return 0;
}

static int set_up(struct machine *m, struct error *e)
{
    if (m->options->make_snapshot.wanted && share_memory(m, e) < 0) return -1;
    if (!(m->control = share_rings(m, e))) return -1;
    for (unsigned i = 0; i < m->options->nets; i++) {
        void *rings = share(m->net[i].boot.rings, net_rings_bytes(&m->net[i]), e);
        if (!rings) return -1;
        net_start(&m->net[i], rings);
    }
    if (m->options->trial.wanted) {
        const struct areas areas = guest_areas(m);
        if (trial_start(&areas, m->archive_pages_bytes, m->options->trial.writes, e) < 0) return -1;
    }
    leap_prepare();
    if (!machine_is_virtual(m)) m->clock_gettime = find_clock();
    if (machine_is_virtual(m))
        memset(m->control->seed, 1, sizeof m->control->seed);
    else if (getrandom(m->control->seed, sizeof m->control->seed, 0) != sizeof m->control->seed)
        return fail(e, errno, "ask the host for entropy");
    machine_open_devices(m);
    return 0;
}

static int say(const char *text, enum boot_status status)
{
    static const char before[] = "\nmote: ";
    struct iovec parts[] = {
        {(void *)before, sizeof before - 1}, {(void *)text, strlen(text)}, {"\n", 1}};
    for (unsigned i = 0; i < 3; i++)
        if (write(2, parts[i].iov_base, parts[i].iov_len) < 0) break;
    return (int)status;
}

/* By whom, the kernel does not say; the agent may know that it was for want of memory. */
static int killed(const struct machine *m)
{
    if (m->options->link) m->options->link->note->guest_killed = 1;
    return say("the guest's process was killed: from outside, or by the host for want of memory",
               BOOT_STATUS_STOPPED);
}

/* How it ended, from what the guest and the kernel say. */
static int explain(const struct machine *m, int how, bool hostile)
{
    const struct control *c = m->control;
    if (hostile) return say("ended: the guest wrote nonsense into its rings", BOOT_STATUS_HOSTILE);
    if (stop_now()) return BOOT_STATUS_STOPPED;
    if (WIFEXITED(how))
        return __atomic_load_n(&c->ended, __ATOMIC_ACQUIRE) ? c->exit_status & 0xff
                                                            : WEXITSTATUS(how);
    switch (WTERMSIG(how)) {
    case SIGSYS:
        return say("ended: the guest made a system call that its sandbox does not allow",
                   BOOT_STATUS_HOSTILE);
    case SIGKILL: return killed(m);
    default:
        return say("guest exception: it could not even start its handler", BOOT_STATUS_EXCEPTION);
    }
}

/* kill() is not among the calls that are left to us: it would reach others of this user. */
static void end_guest(int pidfd) { syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0); }

static int serve(struct machine *m, pid_t pid, int pidfd)
{
    bool hostile = loop_run(&m->loop, pidfd) < 0 || machine_is_hostile(m);
    if (hostile || stop_now()) end_guest(pidfd);
    int how = 0;
    struct rusage used = {0};
    while (wait4(pid, &how, 0, &used) < 0 && errno == EINTR)
        if (stop_now()) end_guest(pidfd);
    stats_step(&m->stats, STATS_ENDED);
    m->stats.child_peak_kib = (uint64_t)used.ru_maxrss;
    m->stats.count[STATS_FAULTS] = (uint64_t)used.ru_minflt;
    if (!hostile) console_drain(&m->console, stop_now() ? 200 : -1);
    stats_step(&m->stats, STATS_FLUSHED);
    return explain(m, how, hostile);
}

static void open_gate(struct machine *m, int gate, pid_t pid)
{
    uint64_t one = 1;
    if (gate < 0) return;
    copier_open_guest(&m->copier, pid);
    if (write(gate, &one, sizeof one) < 0) kill(pid, SIGKILL); /* it would wait for ever */
}

/* What only the start needed goes, when we wait. */
static void settle_later(struct machine *m)
{
    if (settles(m)) settle_prepare();
    if (settle_is_ours()) m->loop.rest = settles(m) ? settle : settle_stack;
}

/* Its process; -1: there is none.  What this needs of the stack is not below the frame in which we wait. */
__attribute__((noinline)) static pid_t start_guest(struct machine *m, int *pidfd, struct error *e)
{
    if (set_up(m, e) < 0) return -1;
    stats_step(&m->stats, STATS_MAPPED);
    machine_stage(m, MONITOR_LAID_OUT);
    if (stop_start(m, NULL, e) < 0) return -1;
    if (machine_is_copied(m)) m->areas = guest_areas(m);
    int gate = machine_is_copied(m) ? eventfd(0, EFD_CLOEXEC) : -1;
    pid_t self = getpid(), pid = fork();
    if (pid < 0) return fail(e, errno, "start the guest's process");
    if (pid == 0) be_guest(m, gate, self);
    open_gate(m, gate, pid);
    if (m->options->link) m->options->link->note->guest = pid;
    machine_stage(m, MONITOR_CREATED);
    *pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (*pidfd >= 0) return pid;
    fail(e, errno, "watch the guest's process");
    kill(pid, SIGKILL);
    return -1;
}

__attribute__((noinline)) static int lock_down(struct machine *m, int pidfd, struct error *e)
{
    int keep[MACHINE_KEEP_MOST] = {m->doorbell, m->wake, pidfd, m->stats.status_fd};
    if (sandbox_drop(m, keep, machine_keep(m, keep, 4), e) < 0 || sandbox_die_with_parent(m, e) < 0)
        return -1;
    settle_later(m);
    return sandbox_enter(m, e);
}

int process_run_machine(struct machine *m, struct error *e)
{
    int pidfd = -1;
    pid_t pid = start_guest(m, &pidfd, e);
    if (pid < 0) return -1;
    if (lock_down(m, pidfd, e) < 0) {
        kill(pid, SIGKILL);
        return -1;
    }
    stats_step(&m->stats, STATS_LOCKED);
    machine_stage(m, MONITOR_LOCKED);
    int status = serve(m, pid, pidfd);
    if (!launch_of(m)->failed) return status;
    *e = launch_of(m)->error;
    return -1;
}
