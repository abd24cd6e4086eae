/* SPDX-License-Identifier: Apache-2.0 */
/* overlay_test.c -- checkpoints of motes that ran: who goes on from one has the same memory, also from one of one; files that are too
 * small, and damaged ones. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cold.h"
#include "monitor/machine.h"
#include "test/unit/check.h"

/* Of the loop and of others that copy.c uses. */
int loop_polled(const struct loop *l, int number) { return (void)l, (void)number, 0; }
int loop_watch(struct loop *l, int fd, int events) { return (void)l, (void)events, fd; }
void loop_knock(const struct loop *l) { (void)l; }
uint64_t stats_now_ns(void) { return 1; }

enum { DATA_PAGES = 16, CHUNKS = 40, FIRST_CHUNK = 3000 /* page of the heap */ };
#define HEAP_BYTES MONITOR_MEMORY_LEAST

static uint64_t seed = 88172645463325252u;
static uint64_t chance(uint64_t n)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (seed >> 11) % n;
}

/* Chunks of two pages, each behind a page that is in none; those that somebody has touched are as any memory. */
static struct snapshot_chunk chunks[CHUNKS];
static bool thawed[CHUNKS];

bool cold_hides(const struct snapshot *s, uint64_t address)
{
    uint32_t n = s->header ? s->header->chunks : 0, i = cold_find(s->chunk, n, address);
    return i < n && s->chunk[i].address <= address && !thawed[i];
}

/* --- a mote ------------------------------------------------------------------------------------------- */

static struct monitor_options options = {.platform = MONITOR_KVM};
static struct machine machine = {.options = &options};

static void *fresh(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED) abort();
    return p;
}

/* Its pages out of the snapshot lie in the window, as on kvm, or at their places. */
struct mote {
    struct areas areas;
    uint8_t *window;
};

static void make_areas(struct mote *m)
{
    struct areas *a = &m->areas;
    *m = (struct mote){0};
    areas_add(a, 0x38a000, DATA_PAGES * LAYOUT_PAGE, fresh(DATA_PAGES * LAYOUT_PAGE));
    areas_add(a, LAYOUT_STACK, LAYOUT_STACK_BYTES, fresh(LAYOUT_STACK_BYTES));
    areas_add(a, LAYOUT_HEAP, HEAP_BYTES, fresh(HEAP_BYTES));
}

static void drop_areas(struct mote *m)
{
    for (unsigned i = 0; i < m->areas.n; i++) munmap(m->areas.at[i].memory, m->areas.at[i].bytes);
    if (m->window) munmap(m->window, machine.snapshot.pages_bytes);
    *m = (struct mote){0};
}

static uint8_t *page_of(const struct mote *m, uint64_t address)
{
    struct snapshot s = machine.snapshot;
    struct window_place place = {0};
    uint64_t bytes = LAYOUT_PAGE;
    s.window = m->window;
    return window_memory(&s, &m->areas, &place, address, &bytes);
}

static bool making; /* the snapshot, whose ranges do not lie where chunks are */

static bool is_in_chunk(uint64_t address)
{
    const uint64_t first = LAYOUT_HEAP + (FIRST_CHUNK - SNAPSHOT_GAP) * LAYOUT_PAGE;
    if (making && address >= first &&
        address < first + (3 * CHUNKS + 2 * SNAPSHOT_GAP) * LAYOUT_PAGE)
        return true;
    uint32_t i = cold_find(chunks, CHUNKS, address);
    return i < CHUNKS && chunks[i].address <= address;
}

/* Pages here and there, and some runs; some become zero. */
static void change(const struct mote *m, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        const struct area *at = &m->areas.at[chance(m->areas.n)];
        uint64_t pages = at->bytes / LAYOUT_PAGE, page = chance(pages);
        uint64_t n = 1 + (chance(4) ? 0 : chance(100));
        for (; n && page < pages; n--, page++) {
            uint8_t *to = page_of(m, at->address + page * LAYOUT_PAGE);
            if (is_in_chunk(at->address + page * LAYOUT_PAGE)) continue;
            if (chance(4))
                to[chance(LAYOUT_PAGE)] = (uint8_t)chance(256);
            else
                memset(to, 0, LAYOUT_PAGE);
        }
    }
}

/* All of a chunk is there when one byte of it is touched. */
static void thaw_some(const struct mote *m)
{
    for (unsigned i = 0; i < CHUNKS; i++) {
        if (thawed[i] || chance(3)) continue;
        memset((uint8_t *)m->areas.at[2].memory + (chunks[i].address - LAYOUT_HEAP), (int)i + 1,
               chunks[i].pages * LAYOUT_PAGE);
        thawed[i] = true;
    }
}

static struct snapshot_header with_chunks;

/* The snapshot that the first one starts from. */
static void make_snapshot(void)
{
    struct mote a;
    struct error e;
    const struct snapshot_source source = {HEAP_BYTES, 0, NULL};
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    make_areas(&a);
    making = true;
    change(&a, 100);
    making = false;
    CHECK(snapshot_write(&a.areas, &source, fd, &e) == 0);
    drop_areas(&a);
    options.snapshot = (struct monitor_file){fd, 0, (uint64_t)lseek(fd, 0, SEEK_END)};
    CHECK(snapshot_open(&machine.snapshot, &machine, &e) == 0);
    with_chunks = *machine.snapshot.header;
    with_chunks.chunks = CHUNKS;
    machine.snapshot.header = &with_chunks;
    machine.snapshot.chunk = chunks;
}

static void place_chunks(void)
{
    uint64_t page = FIRST_CHUNK;
    for (unsigned i = 0; i < CHUNKS; i++, page += 3)
        chunks[i] =
            (struct snapshot_chunk){.address = LAYOUT_HEAP + page * LAYOUT_PAGE, .pages = 2};
}

static void map_all(struct mote *m, bool window)
{
    struct error e;
    struct snapshot *s = &machine.snapshot;
    make_areas(m);
    s->window = NULL;
    if (window) m->window = fresh(s->pages_bytes);
    if (window)
        CHECK(window_map(s, m->window, &options.snapshot, &e) == 0);
    else
        CHECK(snapshot_map(s, &m->areas, &options.snapshot, &e) == 0);
    CHECK(overlay_map(&machine.overlay, s, &m->areas, &options.overlay, &e) == 0);
    overlay_populate(&machine.overlay, s, &m->areas);
}

/* The file, sealed as the agent does; *bytes is what overlay_write() says. */
static int keep(const struct mote *m, uint64_t room, uint64_t *bytes, int *result)
{
    struct error e = {0};
    struct copier c = {.machine = &machine, .guest_memory = -1};
    c.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    int fd = memfd_create("overlay", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (ftruncate(fd, (off_t)room) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) < 0) abort();
    machine.areas = m->areas;
    machine.snapshot.window = m->window;
    machine.heap_room = HEAP_BYTES;
    *result = overlay_write(&c, fd, bytes, &e);
    if (*result == 0 && ftruncate(fd, (off_t)*bytes) < 0) abort();
    close(c.pagemap);
    return fd;
}

static void go_on_from(int fd, uint64_t bytes)
{
    struct error e = {0};
    options.overlay = (struct monitor_file){fd, 0, bytes};
    CHECK(overlay_open(&machine.overlay, &machine, &e) == 0);
    if (e.text[0]) printf("%s\n", e.text);
    for (unsigned i = 0; i < CHUNKS; i++) {
        uint64_t pages = 0;
        for (uint32_t n = 0; n < chunks[i].pages; n++)
            pages += overlay_has(&machine.overlay, chunks[i].address + n * LAYOUT_PAGE);
        CHECK(pages == 0 || pages == chunks[i].pages);
        CHECK(overlay_has_any(&machine.overlay, chunks[i].address, 2 * LAYOUT_PAGE) == (pages > 0));
        CHECK(pages > 0 || !thawed[i]);
        thawed[i] = pages > 0;
    }
}

static void compare(const struct mote *a, const struct mote *b)
{
    for (const struct area *at = a->areas.at; at < a->areas.at + a->areas.n; at++)
        for (uint64_t n = 0; n < at->bytes; n += LAYOUT_PAGE)
            CHECK(memcmp(page_of(a, at->address + n), page_of(b, at->address + n), LAYOUT_PAGE) ==
                  0);
}

/* One, one that goes on from it, and so on. */
static void test_generations(bool snapshot, bool window)
{
    struct mote a, b;
    memset(thawed, 0, sizeof thawed);
    machine.snapshot = (struct snapshot){0};
    machine.overlay = (struct overlay){0};
    options.overlay.bytes = options.snapshot.bytes = 0;
    if (snapshot) make_snapshot();
    map_all(&a, window);
    for (unsigned generation = 0; generation < 4; generation++) {
        uint64_t bytes = 0;
        int result, before = options.overlay.fd;
        change(&a, 60);
        if (snapshot) thaw_some(&a);
        int fd = keep(&a, HEAP_BYTES, &bytes, &result);
        CHECK(result == 0 && bytes > OVERLAY_HEAD && bytes < HEAP_BYTES / 2);
        if (generation) close(before);
        go_on_from(fd, bytes);
        map_all(&b, window);
        compare(&a, &b);
        drop_areas(&a);
        a = b;
    }
    /* Not in a file that is too small, by a page or by much. */
    uint64_t bytes, whole = options.overlay.bytes;
    int result;
    close(keep(&a, whole, &bytes, &result));
    CHECK(result == 0 && bytes == whole);
    for (uint64_t room = whole - LAYOUT_PAGE; room; room = room / 2 & ~(LAYOUT_PAGE - 1)) {
        close(keep(&a, room, &bytes, &result));
        CHECK(result < 0 && bytes == UINT64_MAX);
    }
    drop_areas(&a);
}

/* Words of its head are changed: refused, or all of it lies where a guest has data. */
static void test_damage(void)
{
    enum { ROUNDS = 4000 };
    static const uint64_t extremes[] = {0, 1, 0x1000, 0x7ffffffffffff000, ~0xfffull, ~0ull};
    const struct monitor_file good = options.overlay;
    unsigned refused = 0;
    size_t head = sizeof(struct overlay_header) +
                  machine.overlay.header->ranges * sizeof(struct snapshot_range);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t before, after = chance(2) ? extremes[chance(6)] : chance(UINT64_MAX);
        off_t at = (off_t)(chance(head) & ~7ull);
        if (pread(good.fd, &before, 8, at) != 8) abort();
        if (chance(3) == 0) after = before ^ 1ull << chance(64);
        if (pwrite(good.fd, &after, 8, at) != 8) abort();
        struct error e;
        struct overlay o;
        struct mote a;
        options.overlay.bytes = chance(8) ? good.bytes : chance(good.bytes);
        bool opened = overlay_open(&o, &machine, &e) == 0 && o.header;
        refused += !opened;
        if (opened && round % 20 == 0) {
            make_areas(&a);
            machine.snapshot.window = NULL;
            CHECK(overlay_map(&o, &machine.snapshot, &a.areas, &options.overlay, &e) == 0 ||
                  e.text[0]);
            overlay_populate(&o, &machine.snapshot, &a.areas);
            drop_areas(&a);
        }
        if (o.header) munmap((void *)(uintptr_t)o.header, OVERLAY_HEAD);
        if (pwrite(good.fd, &before, 8, at) != 8) abort();
    }
    options.overlay = good;
    printf("overlay_test: %u of %u refused\n", refused, ROUNDS);
    CHECK(refused > ROUNDS / 2);
}

int main(void)
{
    machine.runtime.segments = 1;
    machine.runtime.segment[0].writable = true;
    machine.runtime.segment[0].address = 0x38a000;
    machine.runtime.segment[0].memory_bytes = DATA_PAGES * LAYOUT_PAGE;
    machine.runtime.header.resume = 0x200000;
    place_chunks();
    test_generations(false, false);
    for (unsigned i = 0; i < 6; i++) test_generations(true, i % 2);
    test_damage();
    return check_result();
}
