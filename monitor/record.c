/* SPDX-License-Identifier: Apache-2.0 */
/* record.c -- writes the boot record; see abi/boot.h. */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "monitor/machine.h"

/* A place in the record, as an offset; goes past `room` when it is full. */
struct writer {
    unsigned char *memory;
    uint64_t used, room;
};

static uint64_t reserve(struct writer *w, uint64_t bytes)
{
    uint64_t at = w->used;
    w->used = bytes > w->room - w->used ? w->room + 1 : (at + bytes + 7) & ~7ull;
    if (w->used > w->room) w->used = w->room; /* full: the caller sees it at the end */
    return at;
}

/* Writes `n` strings and the pointers to them; returns the address of the pointers. */
static uint64_t write_strings(struct writer *w, const char *const *strings, uint64_t n)
{
    uint64_t pointers = reserve(w, (n + 1) * 8);
    if (w->used == w->room) return 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bytes = strlen(strings[i]) + 1, at = reserve(w, bytes);
        if (w->used == w->room) return 0;
        memcpy(w->memory + at, strings[i], bytes);
        at += LAYOUT_BOOT;
        memcpy(w->memory + pointers + i * 8, &at, 8);
    }
    memset(w->memory + pointers + n * 8, 0, 8);
    return LAYOUT_BOOT + pointers;
}

static uint64_t write_bytes(struct writer *w, const void *bytes, uint64_t n)
{
    uint64_t at = reserve(w, n);
    if (w->used == w->room) return 0;
    memcpy(w->memory + at, bytes, n);
    return LAYOUT_BOOT + at;
}

static void write_nets(struct writer *w, const struct machine *m, struct boot_record *r)
{
    const struct monitor_names *names = &m->options->names;
    struct boot_names b = {.servers = names->servers};
    for (r->nets = 0; r->nets < m->options->nets; r->nets++) {
        uint64_t at = write_bytes(w, &m->net[r->nets].boot, sizeof m->net->boot);
        if (r->nets == 0) r->net = at;
    }
    snprintf(b.host, sizeof b.host, "%s", names->host ? names->host : "mote");
    snprintf(b.search, sizeof b.search, "%s", names->search ? names->search : "");
    for (unsigned i = 0; i < names->servers; i++) {
        b.server[i].version = names->server[i].version;
        memcpy(b.server[i].address, names->server[i].address, sizeof b.server[i].address);
    }
    r->names = write_bytes(w, &b, sizeof b);
}

/* Where the processor is virtual, each of these costs 5 to 50 us. */
bool monitor_tsc_is_even(void)
{
    enum {
        POWER = 0x80000007,
        INVARIANT_TSC = 1 << 8
    }; /* all processors of 64 bits have this leaf */
    unsigned a, b, c, d;
    __cpuid(POWER, a, b, c, d);
    return d & INVARIANT_TSC;
}

static bool has_rdrand(void)
{
    unsigned a, b, c, d;
    __cpuid(1, a, b, c, d);
    return c & bit_RDRND;
}

static void write_clock(struct boot_record *r, const struct record_clock *clock)
{
    if (!clock->even || !clock->tsc_khz) return;
    r->flags |= BOOT_TSC;
    r->tsc_shift = 32; /* ns = ticks * 10^6 / kHz; the guest multiplies in 128 bits */
    r->tsc_multiplier = (uint64_t)(((unsigned __int128)1000000 << 32) / clock->tsc_khz);
}

/* Where a range of the runtime file appears in the window of its file pages. */
static uint64_t symbol_address(const struct machine *m, const struct runtime_range *range)
{
    return LAYOUT_SYMBOLS + range->at - m->runtime.window_at;
}

int64_t record_write(const struct machine *m, const struct record_clock *clock, void *memory,
                     size_t room, struct error *e)
{
    const struct monitor_options *o = m->options;
    struct boot_record r = {
        .magic = BOOT_RECORD_MAGIC,
        .version = BOOT_VERSION,
        .platform = o->platform == MONITOR_KVM ? BOOT_KVM : BOOT_PROCESS,
        .heap = LAYOUT_HEAP,
        .heap_bytes = m->heap_bytes,
        .heap_room = m->heap_room,
        .archive = LAYOUT_ARCHIVE + m->archive_skip,
        .archive_bytes = o->archive.bytes + o->archive_rest.bytes,
        .argc = (uint64_t)o->argc,
        .doorbell = m->doorbell,
        .wake = m->wake,
    };
    if (has_rdrand()) r.flags |= BOOT_RDRAND;
    write_clock(&r, clock);
    if (machine_is_virtual(m)) {
        r.flags = o->trial.wanted ? BOOT_TRIAL : BOOT_SNAPSHOT; /* nothing of this host */
        if (o->trial.stops) r.flags |= BOOT_TRIAL_STOP;
        if (o->make_snapshot.spread) r.flags |= BOOT_SPREAD;
        r.snapshot_wall_ns = o->make_snapshot.wall_ns;
    }
    if (m->runtime.window_bytes) {
        r.symbols = symbol_address(m, &m->runtime.symbols);
        r.symbols_bytes = m->runtime.symbols.bytes;
        r.strings = symbol_address(m, &m->runtime.strings);
        r.strings_bytes = m->runtime.strings.bytes;
    }
    struct writer w = {.memory = memory, .used = 0, .room = room};
    reserve(&w, sizeof r);
    uint64_t variables = 0;
    while (o->environment && o->environment[variables]) variables++;
    write_nets(&w, m, &r);
    r.argv = write_strings(&w, o->argv, (uint64_t)o->argc);
    r.environment = write_strings(&w, o->environment, variables);
    r.channels = write_strings(&w, m->channels.names, m->channels.n);
    if (w.used == w.room)
        return fail(e, 0,
                    "the arguments and the environment together are too long (limit: %zu KiB)",
                    room / 1024);
    r.clock_gettime = m->clock_gettime;
    if (o->platform == MONITOR_PROCESS && snapshot_is_cold(m)) r.snapshot = LAYOUT_SNAPSHOT;
    if (o->make_snapshot.touched.bytes) r.snapshot = LAYOUT_SNAPSHOT;
    memcpy(memory, &r, sizeof r);
    return (int64_t)w.used;
}

void record_thread(const struct machine *m, void *block)
{
    uint64_t self = LAYOUT_THREAD,
             canary = 0x6d6f746563616e61; /* of snapshots: equal images are equal */
    if (!m->options->make_snapshot.wanted && getrandom(&canary, sizeof canary, 0) != sizeof canary)
        canary = stats_now_ns();
    canary &= ~0xffull; /* a zero byte stops string functions before it */
    memset(block, 0, LAYOUT_THREAD_BYTES);
    memcpy(block, &self, sizeof self);
    memcpy((char *)block + 0x28, &canary, sizeof canary);
}
