/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.c -- from options to an exit status; see monitor.h. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/boot.h"
#include "monitor/leap.h"
#include "monitor/machine.h"
#include "monitor/trial.h"

/* --- memory sizes --------------------------------------------------------------------------- */

static int check_memory(uint64_t bytes, struct error *e)
{
    if (bytes >= MONITOR_MEMORY_LEAST && bytes <= MONITOR_MEMORY_MOST) return 0;
    return fail(e, 0,
                "memory of %" PRIu64 " KiB: give at least %" PRIu64 " MiB and at most %" PRIu64
                " GiB",
                bytes >> 10, MONITOR_MEMORY_LEAST >> 20, MONITOR_MEMORY_MOST >> 30);
}

int monitor_parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "kmg";
    char *end;
    errno = 0;
    uint64_t n = strtoull(text, &end, 10);
    unsigned shift = 0;
    if (*end) {
        const char *unit = strchr(units, *end | 0x20);
        if (unit) shift = 10 * (unsigned)(unit - units + 1), end++;
    }
    if (end == text || *end || errno || *text == '-' || n > UINT64_MAX >> shift) return -1;
    *bytes = n << shift;
    return 0;
}

int monitor_parse_memory(const char *text, uint64_t *bytes, struct error *e)
{
    if (monitor_parse_size(text, bytes) < 0)
        return fail(e, 0, "\"%s\" is not a size of memory: write something like 256M or 2G", text);
    return check_memory(*bytes, e);
}

/* --- the run ----------------------------------------------------------------------------------- */

static int check_extent(const struct monitor_file *f, struct error *e)
{
    struct stat st;
    if (fstat(f->fd, &st) < 0) return fail(e, errno, "look at the image");
    if (f->at > (uint64_t)st.st_size || f->bytes > (uint64_t)st.st_size - f->at)
        return fail(e, 0, "the image's archive is cut short");
    return 0;
}

/* The second file of an archive goes over the last pages of our mapping of the first. */
static int map_archive_rest(struct machine *m, struct error *e)
{
    const struct monitor_file *f = &m->options->archive, *rest = &m->options->archive_rest;
    if (!rest->bytes) return 0;
    if ((f->at | f->bytes | rest->at) % LAYOUT_PAGE)
        return fail(e, 0, "the image's archive comes in two files that do not meet on a page");
    if (check_extent(rest, e) < 0) return -1;
    uint8_t *to = (uint8_t *)m->archive + f->bytes;
    void *p = mmap(to, rest->bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, rest->fd, (off_t)rest->at);
    return p == MAP_FAILED ? fail(e, errno, "map the rest of the image's archive") : 0;
}

/* Maps the pages that the archive lies on.  Its contents are the guest's business. */
static int map_archive(struct machine *m, struct error *e)
{
    const struct monitor_file *f = &m->options->archive;
    uint64_t bytes = f->bytes + m->options->archive_rest.bytes;
    if (!f->bytes) return 0;
    if (check_extent(f, e) < 0) return -1;
    m->archive_skip = f->at % LAYOUT_PAGE;
    if (m->archive_skip % 16) return fail(e, 0, "the image's archive is not aligned to 16 bytes");
    m->archive_pages_bytes = layout_pages_up(m->archive_skip + bytes);
    m->archive = mmap(NULL, m->archive_pages_bytes, PROT_READ, MAP_PRIVATE, f->fd,
                      (off_t)(f->at - m->archive_skip));
    if (m->archive == MAP_FAILED) return fail(e, errno, "map the image's archive");
    return map_archive_rest(m, e);
}

static int make_eventfds(struct machine *m, struct error *e)
{
    const struct monitor_link *link = m->options->link;
    m->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->wake = link ? link->wake : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return m->doorbell < 0 || m->wake < 0 ? fail(e, errno, "make an eventfd") : 0;
}

static int open_channels(struct machine *m, struct error *e)
{
    const struct monitor_link *link = m->options->link;
    if (!link && !m->options->mounts_n) return 0;
    if (channels_start(m->wake, e) < 0) return -1;
    if (mounts_start(&m->mounts, &m->channels, m->options, m->wake, e) < 0) return -1;
    if (!link) return 0;
    if (channels_add(&m->channels, link->channel, link->name, link->doorbell, e) < 0) return -1;
    if (link->server_pid) channels_served_by(&m->channels, link->server_pid);
    return 0;
}

void machine_stage(const struct machine *m, enum monitor_stage stage)
{
    if (!m->options->link) return;
    struct monitor_note *note = m->options->link->note;
    if (note->stage < stage) __atomic_store_n(&note->stage, stage, __ATOMIC_RELEASE);
    if (note->die_at == stage + 1) syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGKILL);
}

bool machine_is_hostile(const struct machine *m)
{
    return m->options->link && __atomic_load_n(&m->options->link->note->hostile, __ATOMIC_ACQUIRE);
}

void machine_open_devices(struct machine *m)
{
    console_open(&m->console, m->control, m->wake, m->options->no_input);
    loop_start(&m->loop, m->doorbell, m->wake, &m->console.leave);
    loop_add(&m->loop, console_device(&m->console));
    for (unsigned i = 0; i < m->options->nets; i++) loop_add(&m->loop, net_device(&m->net[i]));
    if (!machine_is_copied(m)) return;
    copier_open(&m->copier, m);
    loop_add(&m->loop, copier_device(&m->copier));
}

unsigned machine_keep(const struct machine *m, int *keep, unsigned keeps)
{
    for (unsigned i = 0; i < m->options->nets; i++)
        for (unsigned j = 0; j < m->net[i].keeps; j++) keep[keeps++] = m->net[i].keep[j];
    for (unsigned i = 0; i < m->options->keeps && i < MACHINE_KEEP_OTHERS; i++)
        keep[keeps++] = m->options->keep[i];
    if (m->mounts.n) keep[keeps++] = m->mounts.alive;
    if (m->options->link && m->options->link->alive >= 0) keep[keeps++] = m->options->link->alive;
    if (machine_is_copied(m)) keeps = copier_keep(&m->copier, keep, keeps);
    if (m->options->make_snapshot.wanted) keep[keeps++] = m->options->make_snapshot.fd;
    if (m->options->trial.wanted) {
        keep[keeps++] = m->options->trial.fd;
        keep[keeps++] = m->options->snapshot.fd;
    }
    return keeps;
}

/* While we may still do what the user may: devices, sockets, ports. */
static int open_nets(struct machine *m, struct error *e)
{
    if (m->options->nets > MONITOR_NETS_MOST)
        return fail(e, 0, "%u interfaces: there can be %u", m->options->nets, MONITOR_NETS_MOST);
    for (unsigned i = 0; i < m->options->nets; i++)
        if (net_open(&m->net[i], &m->options->net[i], i, e) < 0) return -1;
    return 0;
}

static int tell_opened(struct machine *m, struct error *e)
{
    const struct monitor_options *o = m->options;
    struct monitor_opened opened = {0};
    if (!o->opened) return 0;
    for (unsigned i = 0; i < o->nets; i++) {
        const struct net *n = &m->net[i];
        memcpy(opened.net[i].ipv4, n->boot.ipv4, sizeof n->boot.ipv4);
        opened.net[i].ipv4_prefix = n->boot.ipv4_prefix;
        if (o->net[i].forwards) memcpy(opened.host_port, n->host_port, sizeof n->host_port);
    }
    return o->opened(o->opened_context, &opened, e);
}

/* A guest under KVM counts from its first instruction. */
static void take_marks(struct machine *m)
{
    static const struct {
        enum ring_mark mark;
        enum stats_step step;
    } marks[] = {{RING_MARK_ERLANG, STATS_ERLANG},
                 {RING_MARK_APPLICATION, STATS_APPLICATION},
                 {RING_MARK_OUTPUT, STATS_WROTE}};
    for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++) {
        uint64_t ns = m->control->mark_ns[marks[i].mark];
        if (ns && m->options->platform == MONITOR_KVM)
            ns += m->stats.step_ns[STATS_STARTED] - m->control->mark_ns[RING_MARK_STARTED];
        m->stats.step_ns[marks[i].step] = ns;
    }
    if (m->options->platform == MONITOR_PROCESS)
        m->stats.step_ns[STATS_STARTED] = m->control->mark_ns[RING_MARK_STARTED];
}

static void print_stats(struct machine *m)
{
    take_marks(m);
    const struct snapshot *s = &m->snapshot;
    for (uint32_t i = 0; s->header && i < s->header->touched; i++) {
        m->stats.count[STATS_TOUCHED] += s->touched[i].pages;
        if (s->touched[i].access & SNAPSHOT_WRITTEN)
            m->stats.count[STATS_WRITTEN] += s->touched[i].pages;
    }
    if (m->options->platform == MONITOR_PROCESS) m->stats.count[STATS_THAWED] = m->control->thawed;
    m->stats.count[STATS_DOORBELLS] = m->loop.doorbells;
    m->stats.count[STATS_OUTPUT] = m->console.bytes_out;
    m->stats.count[STATS_INPUT] = m->console.bytes_in;
    for (unsigned i = 0; i < m->options->nets; i++) {
        m->stats.count[STATS_FRAMES_OUT] += m->net[i].frames_out;
        m->stats.count[STATS_FRAMES_IN] += m->net[i].frames_in;
        m->stats.count[STATS_FRAME_BYTES_OUT] += m->net[i].bytes_out;
        m->stats.count[STATS_FRAME_BYTES_IN] += m->net[i].bytes_in;
        m->stats.count[STATS_FRAMES_DROPPED] += m->net[i].dropped;
        m->stats.count[STATS_NET_KNOCKS] += m->net[i].knocks;
    }
    stats_print(&m->stats);
}

struct monitor_prepared {
    struct machine machine; /* as far as that is known without a run */
    struct flat flat;
    bool enlarged;
};

static int open_files(struct machine *m, struct error *e)
{
    if (runtime_open(&m->runtime, &m->options->runtime, e) < 0 || map_archive(m, e) < 0) return -1;
    return snapshot_open(&m->snapshot, m, e);
}

int monitor_snapshot_pages(const struct monitor_options *o,
                           int (*page)(void *context, uint64_t address, const void *bytes,
                                       struct error *e),
                           void *context, struct error *e)
{
    struct machine *m = calloc(1, sizeof *m);
    if (!m) return fail(e, ENOMEM, "read a snapshot");
    m->options = o;
    int result = open_files(m, e);
    if (result == 0) result = snapshot_each_page(&m->snapshot, &o->snapshot, page, context, e);
    free(m); /* the mappings stay: the process does not */
    return result;
}

int monitor_prepare(struct monitor_options *o, struct error *e)
{
    struct monitor_prepared *p = calloc(1, sizeof *p);
    if (!p) return fail(e, ENOMEM, "prepare an image");
    p->machine.options = o;
    p->flat.file = -1;
    if (open_files(&p->machine, e) < 0) return -1;
    if (o->platform == MONITOR_PROCESS) {
        leap_prepare();
        flat_start(&p->flat, &p->machine.snapshot, FLAT_BY_ADDRESS);
    } else {
        p->machine.made = vm_prepare(&p->machine);
        flat_start(&p->flat, &p->machine.snapshot, FLAT_COLD_LAST);
    }
    o->prepared = p;
    return 0;
}

int monitor_prepared_file(const struct monitor_options *o)
{
    return o->prepared ? o->prepared->flat.file : -1;
}

/* What a machine maps is somewhere else. */
static void make_tables(struct monitor_prepared *p)
{
    vm_forget(p->machine.made);
    p->machine.made = vm_prepare(&p->machine);
}

static bool enlarge(struct monitor_prepared *p)
{
    if (p->enlarged) return false;
    p->enlarged = true;
    runtime_enlarge(&p->machine.runtime);
    make_tables(p);
    return true;
}

bool monitor_prepare_more(const struct monitor_options *o)
{
    struct monitor_prepared *p = o->prepared;
    bool kvm = o->platform == MONITOR_KVM;
    if (!p || p->machine.flat) return false;
    if ((kvm && enlarge(p)) || flat_fill(&p->flat, &p->machine.snapshot)) return true;
    if (!p->flat.whole) return false;
    p->machine.flat = &p->flat;
    if (!kvm) return false;
    p->machine.snapshot = flat_snapshot(&p->flat, &p->machine.snapshot);
    make_tables(p);
    return false;
}

/* Mappings were inherited. */
static void take_prepared(struct machine *m)
{
    const struct monitor_options *o = m->options;
    *m = o->prepared->machine;
    m->options = o;
    if (o->snapshot.bytes) return;
    m->snapshot = (struct snapshot){0};
    m->flat = NULL;
}

int monitor_run(const struct monitor_options *options, struct error *e)
{
    static struct machine m MACHINE_WAITS;
    static struct net nets[MONITOR_NETS_MOST];
    m = (struct machine){.options = options};
    if (options->prepared) take_prepared(&m);
    m.net = nets;
    stats_start(&m.stats, options->started_ns, options->stats);
    uint64_t bytes = options->memory_bytes ? options->memory_bytes : MONITOR_MEMORY_DEFAULT;
    m.heap_bytes = bytes & ~(LAYOUT_PAGE - 1);
    if (check_memory(bytes, e) < 0 || (!options->prepared && open_files(&m, e) < 0)) return -1;
    m.heap_room = m.heap_bytes;
    if (m.snapshot.header && m.snapshot.header->heap_bytes > m.heap_room)
        m.heap_room = m.snapshot.header->heap_bytes;
    if (overlay_open(&m.overlay, &m, e) < 0) return -1;
    if (m.overlay.header && m.overlay.header->heap_bytes > m.heap_room)
        m.heap_room = m.overlay.header->heap_bytes;
    if (open_nets(&m, e) < 0 || tell_opened(&m, e) < 0) return -1;
    if (make_eventfds(&m, e) < 0 || open_channels(&m, e) < 0) return -1;
    stats_step(&m.stats, STATS_CHECKED);
    machine_stage(&m, MONITOR_CHECKED);
    int status =
        options->platform == MONITOR_KVM ? kvm_run_machine(&m, e) : process_run_machine(&m, e);
    machine_stage(&m, MONITOR_ENDED);
    console_restore(&m.console);
    if (options->make_snapshot.wanted && status == 0) {
        if (!m.control->snapshot)
            return fail(e, 0,
                        "the boot ended before the point where a snapshot is made (with "
                        "--checkpoint, a call of instance:checkpoint/0)");
        const struct snapshot_source source = {
            m.heap_bytes, options->archive.bytes + options->archive_rest.bytes, NULL};
        if (snapshot_write(&m.areas, &source, options->make_snapshot.fd, e) < 0) return -1;
    }
    if (options->trial.wanted) {
        if (!m.control->ended) return fail(e, 0, "the trial start did not end by itself");
        /* How it fails, without what it is run with, tells nothing of how it starts. */
        bool good = m.control->exit_status == 0;
        return trial_write(&m.snapshot, &options->snapshot, good, options->trial.fd, e);
    }
    if (options->stats) print_stats(&m);
    return status;
}
