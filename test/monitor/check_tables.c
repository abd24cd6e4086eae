/* SPDX-License-Identifier: Apache-2.0 */
/* check_tables.c -- walks the page tables of a real machine, entry by entry.
 *
 *   usage: check_tables GUEST.elf
 *
 * No leaf leads to the page tables, none is both writable and executable, only the
 * descriptor tables are the processor's own, and every page lies where abi/layout.h has
 * something.  Also after tables_protect() has split large pages.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "monitor/kvm.h"

/* There are none here. */
int channels_move(struct channels *c, unsigned number, void *to, struct error *e)
{
    (void)c, (void)number, (void)to, (void)e;
    return 0;
}

static unsigned leaves, executable;

static void bad(const char *what, uint64_t address)
{
    fprintf(stderr, "%s at 0x%" PRIx64 "\n", what, address);
    exit(1);
}

static int is_laid_out(const struct machine *m, uint64_t a, uint64_t bytes)
{
    const struct {
        uint64_t from, bytes;
    } places[] = {
        {LAYOUT_RUNTIME, LAYOUT_RUNTIME_END - LAYOUT_RUNTIME},
        {LAYOUT_STACK, LAYOUT_STACK_BYTES},
        {LAYOUT_TABLES, 2 * LAYOUT_PAGE},
        {LAYOUT_BOOT, LAYOUT_BOOT_BYTES},
        {LAYOUT_SYMBOLS, LAYOUT_SYMBOLS_END - LAYOUT_SYMBOLS},
        {LAYOUT_RINGS, RING_USED_BYTES},
        {LAYOUT_HEAP, m->heap_bytes},
        {LAYOUT_ARCHIVE, m->archive_pages_bytes},
    };
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        if (a >= places[i].from && a - places[i].from + bytes <= places[i].bytes) return 1;
    return 0;
}

static void check_leaf(const struct vm *v, uint64_t address, uint64_t entry, uint64_t bytes)
{
    uint64_t physical = entry & 0x000ffffffffff000ull;
    uint64_t tables = PHYSICAL + v->tables_at;
    leaves++;
    if (!(entry & 1)) return;
    if (physical < PHYSICAL || physical + bytes > PHYSICAL + v->bytes)
        bad("not our memory", address);
    if (physical < tables + v->tables.bytes && tables < physical + bytes)
        bad("the page tables", address);
    int write = entry >> 1 & 1, user = entry >> 2 & 1, execute = !(entry >> 63);
    if (write && execute) bad("writable and executable", address);
    if (execute) {
        executable++;
        if (address >= LAYOUT_RUNTIME_END) bad("executable", address);
    }
    int descriptors = address >= LAYOUT_TABLES && address < LAYOUT_TABLES + 2 * LAYOUT_PAGE;
    if (user == descriptors) bad("visible to the wrong side", address);
    if (!is_laid_out(v->machine, address, bytes)) bad("something where nothing should be", address);
}

static void walk(const struct vm *v, uint64_t table, int level, uint64_t address)
{
    const uint64_t *entries = (const uint64_t *)(v->tables.memory + (table - v->tables.physical));
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t a = address + (i << (12 + 9 * level)), e = entries[i];
        if (level == 3 && i >= 256) {
            if (e) bad("upper half", a);
            continue;
        }
        if (!e) continue;
        if (level == 0 || e >> 7 & 1)
            check_leaf(v, a, e, 1ull << (12 + 9 * level));
        else
            walk(v, e & 0x000ffffffffff000ull, level - 1, a);
    }
}

int main(int argc, char **argv)
{
    struct monitor_options o = {.platform = MONITOR_KVM};
    struct machine m = {.options = &o, .heap_bytes = 64 << 20, .heap_room = 64 << 20};
    struct vm v = {.machine = &m, .vm = -1};
    struct error e = {0};
    struct stat st;
    int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &st) < 0) return 2;
    o.runtime = (struct monitor_file){fd, 0, (uint64_t)st.st_size};
    if (runtime_open(&m.runtime, &o.runtime, &e) < 0 || vm_map(&v, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    walk(&v, v.tables.physical, 3, 0);
    unsigned before = leaves;
    if (!executable) bad("no code", 0);
    if (slots_back_fault(&v, LAYOUT_HEAP) || slots_back_fault(&v, LAYOUT_HEAP + m.heap_bytes - 1))
        bad("the ends of the heap are not there at the start", LAYOUT_HEAP);
    for (uint64_t at = LAYOUT_HEAP; at < LAYOUT_HEAP + m.heap_bytes; at += 6 << 20) {
        slots_back(&v, at, 12288); /* there is no KVM to give it to */
        if (!tables_protect(&v.tables, at, 12288, at % 5 != 0, at % 3 == 0)) bad("full", at);
    }
    leaves = executable = 0;
    walk(&v, v.tables.physical, 3, 0);
    printf("%u pages, then %u\n", before, leaves);
    return 0;
}
