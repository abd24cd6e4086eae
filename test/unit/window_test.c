/* SPDX-License-Identifier: Apache-2.0 */
/* window_test.c -- the pages of a snapshot mapped one behind the other (monitor/window.c): found by the guest's addresses, and what a
 * start touches is there before it, and nothing else. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor/machine.h"
#include "test/unit/check.h"

enum { PAGE = 4096, PAGES = 64, SOME = 3 };
#define HEAP 0x40000000ull

/* Three ranges, of 2, 1 and 40 pages; the second follows the first. */
static struct snapshot_header header = {.ranges = 3};
static const struct snapshot_range ranges[] = {
    {HEAP + PAGE, 2 * PAGE}, {HEAP + 3 * PAGE, PAGE}, {HEAP + 10 * PAGE, 40 * PAGE}};
static struct snapshot snapshot;
static struct areas areas;
static unsigned char *window, *heap;

static void make(void)
{
    struct error e;
    int fd = memfd_create("pages", 0);
    unsigned char page[PAGE];
    snapshot = (struct snapshot){
        .header = &header, .range = ranges, .pages_at = PAGE, .pages_bytes = 43 * PAGE};
    for (unsigned i = 0; i < 44; i++) {
        memset(page, (int)i, sizeof page);
        CHECK(pwrite(fd, page, sizeof page, i * PAGE) == PAGE);
    }
    int access = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
    window = mmap(NULL, 43 * PAGE, access, flags, -1, 0);
    heap = mmap(NULL, PAGES * PAGE, access, flags, -1, 0);
    areas = (struct areas){0};
    areas_add(&areas, HEAP, PAGES * PAGE, heap);
    const struct monitor_file file = {fd, 0, 44 * PAGE};
    CHECK(window_map(&snapshot, window, &file, &e) == 0 && snapshot.window == window);
    close(fd);
}

static void is_at(struct window_place *p, unsigned page, unsigned asked, bool inside, unsigned at,
                  unsigned pages)
{
    uint64_t bytes = (uint64_t)asked * PAGE;
    CHECK(window_find(&snapshot, p, HEAP + page * PAGE, &bytes) == inside);
    CHECK(bytes == (uint64_t)pages * PAGE);
    CHECK(!inside || p->at == (uint64_t)at * PAGE);
}

static void pages_are_found(void)
{
    struct window_place p = {0};
    for (unsigned turn = 0; turn < 2; turn++) { /* the second one begins behind all: it goes back */
        is_at(&p, 0, 9, false, 0, 1);
        is_at(&p, 1, 9, true, 0, 2);
        is_at(&p, 2, 1, true, 1, 1);
        is_at(&p, 3, 9, true, 2, 1);
        is_at(&p, 4, 9, false, 0, 6);
        is_at(&p, 10, 9, true, 3, 9);
        is_at(&p, 49, 9, true, 42, 1);
        is_at(&p, 50, 9, false, 0, 9);
        is_at(&p, 12, 2, true, 5, 2);
        is_at(&p, 60, 4, false, 0, 4);
    }
}

static unsigned resident(const void *memory, unsigned pages, unsigned bits)
{
    unsigned n = 0;
    uint64_t entry;
    FILE *f = fopen("/proc/self/pagemap", "r");
    for (unsigned i = 0; f && i < pages; i++) {
        CHECK(fseek(f, (long)(((uintptr_t)memory / PAGE + i) * sizeof entry), SEEK_SET) == 0);
        CHECK(fread(&entry, sizeof entry, 1, f) == 1);
        n += entry >> 61 == bits;
    }
    if (f) fclose(f);
    return n;
}

/* Bits 63 and 61: there, and of a file. */
enum { OWN = 4, SHARED = 5 };

static void what_is_touched_is_there(void)
{
    static const struct snapshot_touched list[] = {
        {HEAP, 4, SNAPSHOT_WRITTEN},          /* one of the heap, three of the window */
        {HEAP + 12 * PAGE, 1, SNAPSHOT_READ}, /* and what is near */
        {HEAP + 45 * PAGE, 2, SNAPSHOT_WRITTEN | SNAPSHOT_LATER},
        {HEAP + 52 * PAGE, 1, SNAPSHOT_WRITTEN},
    };
    header.touched = 4;
    snapshot.touched = list;
    snapshot_populate(&snapshot, &areas, false);
    CHECK(resident(window, 43, OWN) == SOME && resident(heap, PAGES, OWN) == 2);
    CHECK(resident(window, 43, SHARED) >= 1);
    snapshot_populate(&snapshot, &areas, true);
    CHECK(resident(window, 43, OWN) == SOME + 2 && resident(heap, PAGES, OWN) == 2);
    CHECK(window[0] == 1 && window[2 * PAGE] == 3 && window[42 * PAGE] == 43);
}

static void advice_reaches_both(void)
{
    window[2 * PAGE] = 99, heap[4 * PAGE] = 99, heap[3 * PAGE] = 98;
    CHECK(window_advise(&snapshot, &areas, HEAP + 3 * PAGE, 2 * PAGE, MADV_DONTNEED));
    CHECK(window[2 * PAGE] == 3 && heap[4 * PAGE] == 0);
    CHECK(heap[3 * PAGE] == 98); /* nobody's: the guest has the window there */
    CHECK(!window_advise(&snapshot, &areas, HEAP + 63 * PAGE, 2 * PAGE, MADV_DONTNEED));
}

int main(void)
{
    make();
    pages_are_found();
    what_is_touched_is_there();
    advice_reaches_both();
    return check_result();
}
