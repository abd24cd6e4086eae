/* SPDX-License-Identifier: Apache-2.0 */
/* flat_test.c -- a snapshot laid out in a file in memory (monitor/flat.h): each page is where the guest has it, nobody can change the
 * file, and nothing is used of one that is damaged. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor/machine.h"
#include "test/unit/check.h"

enum { PAGE = 4096, CHUNKS = 40, PAGES_BYTES = 3 * PAGE };
#define LOW  0x40000000ull
#define HIGH 0x7f800000ull

/* Two ranges; behind the first one chunks that are not compressed, as abi/snapshot.h allows. */
static struct {
    _Alignas(4096) struct snapshot_header header;
    struct snapshot_range range[2];
    struct snapshot_chunk chunk[CHUNKS];
    _Alignas(4096) unsigned char pages[PAGES_BYTES];
    unsigned char cold[CHUNKS][2 * PAGE];
} file;

static uint64_t cold_address(unsigned i) { return LOW + 2 * PAGE + i * 2 * PAGE; }

static struct snapshot make(void)
{
    file.header = (struct snapshot_header){.ranges = 2, .chunks = CHUNKS, .bytes = sizeof file};
    file.range[0] = (struct snapshot_range){LOW, 2 * PAGE};
    file.range[1] = (struct snapshot_range){HIGH, PAGE};
    for (unsigned i = 0; i < 3; i++) memset(file.pages + i * PAGE, 'a' + (int)i, PAGE);
    for (unsigned i = 0; i < CHUNKS; i++) {
        uint64_t at = (uint64_t)((char *)file.cold[i] - (char *)&file);
        file.chunk[i] =
            (struct snapshot_chunk){cold_address(i), at, 2, SNAPSHOT_AS_IT_IS, 2 * PAGE};
        memset(file.cold[i], 1 + (int)i, 2 * PAGE);
    }
    return (struct snapshot){.header = &file.header,
                             .range = file.range,
                             .chunk = file.chunk,
                             .pages_at = (uint64_t)((char *)file.pages - (char *)&file),
                             .pages_bytes = PAGES_BYTES};
}

static bool is_all(uint64_t address, int byte)
{
    const unsigned char *p = (const unsigned char *)address;
    for (unsigned i = 0; i < PAGE; i++)
        if (p[i] != byte) return false;
    return true;
}

static void is_sealed(const struct flat *f)
{
    char byte = 0;
    CHECK(pread(f->file, &byte, 1, 0) == 1 && byte == 'a');
    CHECK(pwrite(f->file, "y", 1, 0) < 0 && errno == EPERM && ftruncate(f->file, 0) < 0);
    CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f->file, 0) == MAP_FAILED);
}

static struct flat whole(const struct snapshot *s, enum flat_order order, unsigned runs)
{
    struct flat f;
    int turns = 1;
    flat_start(&f, s, order);
    CHECK(f.file >= 0 && f.runs == runs && !f.whole);
    while (flat_fill(&f, s)) turns++;
    CHECK(f.whole && turns > 1 && !flat_fill(&f, s));
    return f;
}

static void drop(struct flat *f)
{
    close(f->file);
    free(f->run);
    free(f->at);
}

static void all_is_there(void)
{
    struct snapshot s = make();
    struct error e;
    struct flat f = whole(&s, FLAT_BY_ADDRESS, 2);
    CHECK(flat_map(&f, &e) == 0);
    CHECK(is_all(LOW, 'a') && is_all(LOW + PAGE, 'b') && is_all(HIGH, 'c'));
    for (unsigned i = 0; i < CHUNKS; i++)
        CHECK(is_all(cold_address(i), 1 + (int)i) && is_all(cold_address(i) + PAGE, 1 + (int)i));
    *(char *)LOW = 'x'; /* for us alone */
    is_sealed(&f);
    drop(&f);
}

/* In the window: what is not cold one behind the other, as in the image, and then the rest. */
static void what_is_cold_lies_behind(void)
{
    struct snapshot s = make();
    struct error e;
    struct flat f = whole(&s, FLAT_COLD_LAST, 3);
    struct snapshot same = flat_snapshot(&f, &s);
    const struct monitor_file pages = {f.file, 0, f.bytes};
    uint64_t bytes = same.pages_bytes;
    unsigned char *window =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(bytes == PAGES_BYTES + sizeof file.cold && same.header->chunks == 0);
    CHECK(window_map(&same, window, &pages, &e) == 0);
    for (unsigned i = 0; i < 2 + 2 * CHUNKS + 1; i++) {
        bool high = i == 2 + 2 * CHUNKS, cold = i > 1 && !high;
        uint64_t address = high ? HIGH : LOW + i * PAGE, n = PAGE;
        struct window_place p = {0};
        CHECK(window_find(&same, &p, address, &n) && n == PAGE && snapshot_has(&same, address));
        CHECK(p.at == (cold ? i + 1 : high ? 2 : i) * PAGE);
        CHECK(is_all((uint64_t)(window + p.at), cold ? (int)i / 2 : 'a' + (high ? 2 : (int)i)));
    }
    CHECK(!snapshot_has(&same, LOW + (2 + 2 * CHUNKS) * PAGE) && !snapshot_has(&same, HIGH - PAGE));
    window[0] = 'x';
    is_sealed(&f);
    drop(&f);
}

static void nothing_of_a_damaged_one(void)
{
    struct snapshot s = make(), none = {0};
    struct flat f;
    flat_start(&f, &s, FLAT_COLD_LAST);
    file.chunk[CHUNKS - 1].bytes = 7; /* as if deflated: what lies there is no such thing */
    while (flat_fill(&f, &s)) continue;
    CHECK(!f.whole && f.file < 0);
    flat_start(&f, &none, FLAT_COLD_LAST);
    CHECK(f.file < 0 && !flat_fill(&f, &none));
}

int main(void)
{
    all_is_there();
    what_is_cold_lies_behind();
    nothing_of_a_damaged_one();
    return check_result();
}
