/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c -- the monitor's side of copy.h: asks the guest to stand still, and copies its memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/copy.h"
#include "monitor/descriptor.h"
#include "monitor/machine.h"

/* --- before we are locked in ------------------------------------------------------------------------ */

void copier_open(struct copier *c, struct machine *m)
{
    *c = (struct copier){.machine = m, .connection = -1, .file = -1};
    c->pagemap = c->guest_memory = -1;
    c->polled_listener = c->polled_agent = -1;
    c->agent = m->options->link ? m->options->link->copies : -1;
    if (m->options->platform == MONITOR_KVM)
        c->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

void copier_open_guest(struct copier *c, int pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/pagemap", pid);
    c->pagemap = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    c->guest_memory = open(path, O_RDONLY | O_CLOEXEC);
}

unsigned copier_keep(const struct copier *c, int *keep, unsigned keeps)
{
    const struct monitor_options *o = c->machine->options;
    const int all[] = {c->pagemap, c->guest_memory, c->agent, o->copies.listener, o->copies.image};
    for (unsigned i = 0; i < (o->copies.wanted ? 5 : 3); i++)
        if (all[i] >= 0) keep[keeps++] = all[i];
    return keeps;
}

/* --- pages -------------------------------------------------------------------------------------------- */

static _Alignas(64) uint8_t buffer[64 * LAYOUT_PAGE];
static uint8_t used[COPY_PAGES_MOST / 8];

static int write_at(int fd, uint64_t at, const uint8_t *bytes, uint64_t n, struct error *e)
{
    return write_all_at(fd, at, bytes, n, "the copy", e);
}

/* Pages of the guest: where they are, and where they go. */
struct run {
    uint64_t address, pages;
    uint64_t number; /* of the first: among those of all areas, and so in the file */
};

/* A zero page need not be written, but it has to be told from one that is as it was in the snapshot. */
static int copy_here(const struct copier *c, const struct run *r, const uint8_t *from,
                     struct error *e)
{
    for (uint64_t first = 0, end; first < r->pages; first = end) {
        bool zero = page_is_zero(from + first * LAYOUT_PAGE);
        for (end = first + 1; end < r->pages; end++)
            if (page_is_zero(from + end * LAYOUT_PAGE) != zero) break;
        for (uint64_t i = first; i < end; i++)
            if (!zero || snapshot_has(&c->machine->snapshot, r->address + i * LAYOUT_PAGE))
                used[(r->number + i) / 8] |= (uint8_t)(1u << (r->number + i) % 8);
        if (!zero && write_at(c->file, (r->number + first) * LAYOUT_PAGE,
                              from + first * LAYOUT_PAGE, (end - first) * LAYOUT_PAGE, e) < 0)
            return -1;
    }
    return 0;
}

int copier_read(const struct copier *c, uint64_t address, void *to, uint64_t bytes, struct error *e)
{
    ssize_t got = pread(c->guest_memory, to, bytes, (off_t)address);
    if (got == (ssize_t)bytes) return 0;
    return fail(e, got < 0 ? errno : 0, "read the guest's memory");
}

static int copy_there(const struct copier *c, struct run r, struct error *e)
{
    for (uint64_t left = r.pages; left;) {
        r.pages = left < sizeof buffer / LAYOUT_PAGE ? left : sizeof buffer / LAYOUT_PAGE;
        uint64_t n = r.pages * LAYOUT_PAGE;
        if (copier_read(c, r.address, buffer, n, e) < 0 || copy_here(c, &r, buffer, e) < 0)
            return -1;
        r.address += n, r.number += r.pages, left -= r.pages;
    }
    return 0;
}

/* Pages that are in memory and not those of a file (the snapshot's, which were only read), and those that were put to the swap. */
static bool is_changed(uint64_t entry)
{
    const uint64_t present = 1ull << 63, swapped = 1ull << 62, of_file = 1ull << 61;
    return entry & swapped || (entry & (present | of_file)) == present;
}

int copier_changed(const struct copier *c, uint64_t address, uint64_t pages, bool *changed,
                   struct error *e)
{
    static uint64_t entries[COPY_AT_ONCE];
    uint64_t bytes = pages * sizeof *entries;
    off_t at = (off_t)(address / LAYOUT_PAGE * sizeof *entries);
    if (pread(c->pagemap, entries, bytes, at) != (ssize_t)bytes)
        return fail(e, errno, "look for memory in use");
    for (uint64_t i = 0; i < pages; i++) changed[i] = is_changed(entries[i]);
    return 0;
}

/* The guest's memory from this address on, which lies here, unless it is in a process of its own. */
static int copy_part(const struct copier *c, const struct area *a, uint64_t number, struct error *e)
{
    static bool changed[COPY_AT_ONCE];
    bool there = c->guest_memory >= 0;
    uint64_t pages = a->bytes / LAYOUT_PAGE,
             where = there ? a->address : (uint64_t)(uintptr_t)a->memory;
    for (uint64_t first = 0; first < pages; first += COPY_AT_ONCE) {
        uint64_t n = pages - first < COPY_AT_ONCE ? pages - first : COPY_AT_ONCE;
        if (copier_changed(c, where + first * LAYOUT_PAGE, n, changed, e) < 0) return -1;
        for (uint64_t i = 0, end; i < n; i = end) {
            for (end = i; end < n && changed[end];) end++;
            const struct run r = {a->address + (first + i) * LAYOUT_PAGE, end - i,
                                  number + first + i};
            if (end == i)
                end++;
            else if (there ? copy_there(c, r, e) < 0
                           : copy_here(c, &r, (uint8_t *)a->memory + (first + i) * LAYOUT_PAGE, e) <
                                 0)
                return -1;
        }
    }
    return 0;
}

/* What is in the window was never touched where the area has its memory. */
static int copy_area(const struct copier *c, const struct area *a, uint64_t number, struct error *e)
{
    const struct snapshot *s = &c->machine->snapshot;
    if (copy_part(c, a, number, e) < 0) return -1;
    struct window_place place = {0};
    for (uint32_t i = 0; s->window && i < s->header->ranges; i++) {
        struct area part = {s->range[i].address, s->range[i].bytes, NULL};
        uint64_t in = part.address - a->address;
        if (part.address < a->address || in >= a->bytes) continue;
        part.memory = window_memory(s, &c->machine->areas, &place, part.address, &part.bytes);
        if (copy_part(c, &part, number + in / LAYOUT_PAGE, e) < 0) return -1;
    }
    return 0;
}

static int copy_all(const struct copier *c, struct copy_message *m, uint64_t *pages,
                    struct error *e)
{
    const struct areas *areas = &c->machine->areas;
    *pages = 0;
    for (unsigned i = 0; i < areas->n; i++) {
        m->area[i].address = areas->at[i].address;
        m->area[i].bytes = areas->at[i].bytes;
        if (areas->at[i].bytes / LAYOUT_PAGE > COPY_PAGES_MOST - *pages)
            return fail(e, 0, "there is more memory than can be copied");
        if (copy_area(c, &areas->at[i], *pages, e) < 0) return -1;
        *pages += areas->at[i].bytes / LAYOUT_PAGE;
    }
    m->areas = areas->n;
    m->heap_bytes = c->machine->heap_bytes;
    m->heap_room = c->machine->heap_room;
    m->archive_bytes = c->machine->options->archive.bytes;
    m->from_snapshot = c->machine->snapshot.header != NULL;
    return 0;
}

/* And they are as they were for the next one. */
static int write_bits(const struct copier *c, uint64_t pages, struct error *e)
{
    int result = write_at(c->file, pages * LAYOUT_PAGE, used, (pages + 7) / 8, e);
    memset(used, 0, (pages + 7) / 8);
    return result;
}

/* --- messages ------------------------------------------------------------------------------------------ */

static void drop(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static bool is_agent(const struct copier *c) { return c->agent >= 0 && c->connection == c->agent; }

static void hang_up(struct copier *c)
{
    if (is_agent(c)) c->agent = -1;
    drop(&c->connection);
    drop(&c->file);
}

/* It is answered. */
static void finish(struct copier *c)
{
    if (is_agent(c)) c->connection = -1;
    hang_up(c);
}

/* Small ones, for which there is always room. */
static void send_message(const struct copier *c, struct copy_message *m, enum copy_kind kind,
                         int fd)
{
    m->magic = COPY_MAGIC, m->kind = kind;
    ssize_t ignored = descriptor_send(c->connection, m, sizeof *m, fd, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)ignored;
}

static void refuse_as(struct copier *c, enum copy_kind kind, const char *why)
{
    struct copy_message m = {0};
    snprintf(m.text, sizeof m.text, "%s", why);
    send_message(c, &m, kind, -1);
    finish(c);
}

static void refuse(struct copier *c, const char *why) { refuse_as(c, COPY_FAILED, why); }

/* 1: a request has come, 0: nothing yet, -1: whoever it is makes no sense, or has gone. */
static int take_request(struct copier *c)
{
    struct copy_message m;
    int fd;
    ssize_t n = descriptor_receive(c->connection, &m, sizeof m, &fd, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (fd >= 0) {
        drop(&c->file);
        c->file = fd;
    }
    return n == sizeof m && m.magic == COPY_MAGIC && m.kind == COPY_ASK && c->file >= 0 ? 1 : -1;
}

/* --- the device ----------------------------------------------------------------------------------------- */

static bool is_asked(const struct copier *c) { return c->number & 1; }

/* The guest hears of a request, or goes on. */
static void next_number(struct copier *c)
{
    struct machine *m = c->machine;
    __atomic_store_n(&m->control->copy_wanted, ++c->number, __ATOMIC_SEQ_CST);
    loop_knock(&m->loop);
}

static bool stands(const struct copier *c)
{
    return is_asked(c) &&
           __atomic_load_n(&c->machine->control->copy_here, __ATOMIC_ACQUIRE) == c->number;
}

static void take_overlay(struct copier *c)
{
    struct copy_message m = {0};
    struct error e = {0};
    int result = overlay_write(c, c->file, &m.bytes, &e);
    next_number(c);
    if (result < 0) {
        refuse_as(c, m.bytes == UINT64_MAX ? COPY_FULL : COPY_FAILED, e.text);
        return;
    }
    send_message(c, &m, COPY_TAKEN, -1);
    finish(c);
}

static void take_copy(struct copier *c)
{
    struct copy_message m = {0};
    struct error e = {0};
    uint64_t from = stats_now_ns(), pages;
    send_message(c, &m, COPY_BEGUN, -1);
    int result = copy_all(c, &m, &pages, &e);
    next_number(c);
    m.stood_ns = stats_now_ns() - from;
    if (write_bits(c, pages, result < 0 ? &(struct error){0} : &e) < 0 || result < 0) {
        refuse(c, e.text);
        return;
    }
    send_message(c, &m, COPY_TAKEN, c->machine->options->copies.image);
    finish(c);
}

static void serve_connection(struct copier *c)
{
    int result = take_request(c);
    if (result == 0) return;
    if (is_asked(c)) next_number(c); /* he has gone: a second word, or none any more */
    bool no_image = !is_agent(c) && c->machine->options->copies.image < 0;
    if (result < 0 || no_image || c->pagemap < 0 ||
        (c->machine->options->platform == MONITOR_PROCESS && c->guest_memory < 0)) {
        if (result < 0)
            hang_up(c);
        else if (no_image)
            refuse(c, "it was not started from an image, which the snapshot would belong to");
        else
            refuse(c, "this host does not let its memory be looked at (/proc)");
        return;
    }
    next_number(c);
}

static int serve(void *state, struct loop *l)
{
    struct copier *c = state;
    int listener = c->machine->options->copies.listener;
    if (c->connection < 0 && loop_polled(l, c->polled_agent))
        c->connection = c->agent;
    else if (c->connection < 0 && loop_polled(l, c->polled_listener))
        c->connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    c->polled_listener = c->polled_agent = -1;
    if (c->connection < 0) return 0;
    if (stands(c)) {
        is_agent(c) ? take_overlay(c) : take_copy(c);
        return 1;
    }
    serve_connection(c);
    return 0;
}

static bool prepare(void *state, struct loop *l, bool sleep)
{
    struct copier *c = state;
    (void)sleep;
    c->polled_listener = c->polled_agent = -1;
    if (c->connection >= 0) {
        loop_watch(l, c->connection, POLLIN);
        return stands(c);
    }
    if (c->agent >= 0) c->polled_agent = loop_watch(l, c->agent, POLLIN);
    if (c->machine->options->copies.wanted)
        c->polled_listener = loop_watch(l, c->machine->options->copies.listener, POLLIN);
    return false;
}

struct loop_device copier_device(struct copier *c)
{
    return (struct loop_device){c, serve, prepare};
}
