/* SPDX-License-Identifier: Apache-2.0 */
/* mutate_snapshot.c -- a snapshot is mapped as it was written, packed or not, and 5,000 damaged ones of each kind are refused or lie
 * where they may.
 *
 *   usage: mutate_snapshot
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cold.h"
#include "cli/snapshot_pack.h"
#include "monitor/machine.h"
#include "monitor/snapshot.h"

enum { ROUNDS = 5000, DATA = 3, DATA_PAGES = 64 };
#define HEAP_BYTES (32ull << 20)

static uint64_t state = 88172645463325252ull;
static uint64_t next(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static struct monitor_options options;
static struct machine m = {.options = &options, .heap_bytes = HEAP_BYTES, .heap_room = HEAP_BYTES};

static void *fresh(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED) abort();
    return p;
}

static struct areas make_areas(void)
{
    struct areas a = {0};
    areas_add(&a, m.runtime.segment[0].address, m.runtime.segment[0].memory_bytes,
              fresh(DATA_PAGES * LAYOUT_PAGE));
    areas_add(&a, LAYOUT_STACK, LAYOUT_STACK_BYTES, fresh(LAYOUT_STACK_BYTES));
    areas_add(&a, LAYOUT_HEAP, HEAP_BYTES, fresh(HEAP_BYTES));
    return a;
}

static int file_of(const void *bytes, size_t n)
{
    int fd = memfd_create("snapshot", MFD_CLOEXEC);
    if (fd < 0 || (n && write(fd, bytes, n) != (ssize_t)n)) abort();
    return fd;
}

static int same(const struct areas *a, const struct areas *b)
{
    for (unsigned i = 0; i < a->n; i++)
        if (memcmp(a->at[i].memory, b->at[i].memory, a->at[i].bytes) != 0) return 0;
    return 1;
}

/* Here and there a page, some with gaps that are closed. */
static void scatter(const struct areas *a)
{
    for (unsigned i = 0; i < a->n; i++)
        for (unsigned n = 0; n < 100; n++)
            ((uint8_t *)a->at[i].memory)[next() % a->at[i].bytes] = (uint8_t)next();
}

/* The same snapshot, with a list of what a start touches: here and there a page of each area. */
static int with_touched(int fd)
{
    static struct snapshot_touched list[150];
    struct error e;
    struct snapshot s;
    int result = file_of(NULL, 0);
    for (unsigned i = 0; i < 150; i++) {
        uint64_t at = i < 50    ? m.runtime.segment[0].address + i * LAYOUT_PAGE
                      : i < 100 ? LAYOUT_STACK + 2 * i * LAYOUT_PAGE
                                : LAYOUT_HEAP + 7 * i * LAYOUT_PAGE;
        list[i] = (struct snapshot_touched){
            at, 1, (i % 3 ? SNAPSHOT_READ : SNAPSHOT_WRITTEN) | (i % 4 ? 0 : SNAPSHOT_LATER)};
    }
    options.snapshot = (struct monitor_file){fd, 0, (uint64_t)lseek(fd, 0, SEEK_END)};
    if (snapshot_open(&s, &m, &e) < 0) abort();
    if (snapshot_write_touched(&s, &options.snapshot, list, 150, result, &e) < 0) abort();
    munmap((void *)(uintptr_t)s.header, s.map_bytes);
    return result;
}

static size_t write_one(const struct areas *a, uint8_t **bytes)
{
    struct error e;
    int fd = file_of(NULL, 0);
    const struct snapshot_source source = {
        m.heap_bytes, m.options->archive.bytes + m.options->archive_rest.bytes, NULL};
    if (snapshot_write(a, &source, fd, &e) < 0) abort();
    int first = fd;
    fd = with_touched(first);
    close(first);
    size_t n = (size_t)lseek(fd, 0, SEEK_END);
    *bytes = malloc(n);
    if (pread(fd, *bytes, n, 0) != (ssize_t)n) abort();
    close(fd);
    return n;
}

/* Packed, as if this had been found out in a trial.  Some memory is of one piece and untouched, so that there is something to pack. */
static size_t pack(uint8_t *plain, size_t n, uint8_t **bytes)
{
    struct buffer out = {0};
    snapshot_pack((struct bytes){plain, n}, (struct bytes){plain, n}, (struct bytes){plain, n},
                  &out);
    *bytes = out.at;
    return out.n;
}

/* What the guest would touch.  Damaged ones are inflated, too: the sanitizer watches. */
static int thaw(const struct snapshot *s, const struct areas *to)
{
    int result = 0;
    const struct area *heap = &to->at[to->n - 1];
    for (uint32_t i = 0; i < s->header->chunks; i++) {
        const struct snapshot_chunk *c = &s->chunk[i];
        if (c->address - heap->address > heap->bytes - c->pages * LAYOUT_PAGE) abort();
        if (!cold_inflate(c, (const char *)s->header + c->at,
                          (char *)heap->memory + (c->address - heap->address)))
            result = -1;
    }
    return result;
}

static int try(const uint8_t *bytes, size_t n, const struct areas *to, struct error *e)
{
    struct snapshot s;
    int fd = file_of(bytes, n);
    options.snapshot = (struct monitor_file){fd, 0, n};
    int result = n ? snapshot_open(&s, &m, e) : -1;
    if (result == 0 && to) result = snapshot_map(&s, to, &options.snapshot, e);
    if (result == 0 && to) snapshot_populate(&s, to, true);
    if (result == 0 && to) result = thaw(&s, to);
    if (n && s.header) munmap((void *)(uintptr_t)s.header, s.map_bytes);
    close(fd);
    return result;
}

/* How many of the damaged ones were refused. */
static unsigned damage(uint8_t *bytes, size_t n)
{
    struct error e;
    const struct snapshot_header *h = (const struct snapshot_header *)bytes;
    unsigned refused = 0;
    size_t head =
        sizeof *h + 400 * sizeof(struct snapshot_range) + h->chunks * sizeof(struct snapshot_chunk);
    for (unsigned round = 0; round < ROUNDS; round++) {
        static const uint64_t extremes[] = {0, 1, 0x1000, 0x7ffffffffffff000, ~0xfffull, ~0ull};
        size_t at = next() % head & ~7ull, cut = next() % 8 ? n : next() % n;
        if (h->chunks && round % 50 == 0) at = next() % (n - 8); /* what is packed */
        uint64_t before, after = next() % 2 ? extremes[next() % 6] : next();
        memcpy(&before, bytes + at, 8);
        if (next() % 3 == 0) after = before ^ 1ull << next() % 64;
        memcpy(bytes + at, &after, 8);
        struct areas victim = {0};
        if (round % 50 == 0) victim = make_areas(); /* it takes long: pages are made and dropped */
        if (try(bytes, cut, victim.n ? &victim : NULL, &e) < 0) refused++;
        for (unsigned i = 0; i < victim.n; i++) munmap(victim.at[i].memory, victim.at[i].bytes);
        memcpy(bytes + at, &before, 8);
    }
    return refused;
}

static int test(const char *kind, uint8_t *bytes, size_t n, const struct areas *from)
{
    struct error e;
    struct areas to = make_areas();
    if (try(bytes, n, &to, &e) < 0 || !same(from, &to)) {
        printf("mutate_snapshot: what was written is not what was mapped (%s)\n", kind);
        return 1;
    }
    unsigned refused = damage(bytes, n);
    printf("mutate_snapshot: %u of %u refused (%s)\n", refused, ROUNDS, kind);
    return refused < ROUNDS / 2;
}

static bool has_form(const uint8_t *packed, enum snapshot_form form)
{
    const struct snapshot_header *h = (const struct snapshot_header *)packed;
    for (uint32_t i = 0; i < h->chunks; i++)
        if (cold_chunks(h)[i].form == form) return true;
    return false;
}

int main(void)
{
    uint8_t *plain, *packed;
    m.runtime.segments = 1;
    m.runtime.segment[0].writable = true;
    m.runtime.segment[0].address = 0x38a000;
    m.runtime.segment[0].memory_bytes = DATA_PAGES * LAYOUT_PAGE;
    m.runtime.header.resume = 0x200000;
    struct areas from = make_areas();
    scatter(&from);
    for (uint64_t i = 0; i < 400 * LAYOUT_PAGE; i += 16)
        ((uint8_t *)from.at[2].memory)[HEAP_BYTES / 2 + i] = (uint8_t)(i / 64);
    for (uint64_t i = HEAP_BYTES / 4; i < HEAP_BYTES / 4 + 100 * LAYOUT_PAGE; i += 4)
        *(uint32_t *)((char *)from.at[2].memory + i) = (uint32_t)(LAYOUT_HEAP + i + i % 52);
    size_t n = write_one(&from, &plain), small = pack(plain, n, &packed);
    if (small > n / 2 || !has_form(packed, SNAPSHOT_NEAR) || !has_form(packed, SNAPSHOT_STEPS)) {
        printf("mutate_snapshot: %zu bytes were packed to %zu\n", n, small);
        return 1;
    }
    int result = test("plain", plain, n, &from) | test("packed", packed, small, &from);
    free(plain);
    return result;
}
