/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c -- builds what a processor needs to run a guest that stays in ring 3.
 *
 * Page table entry (4 levels, 9 bits of the address each):
 *
 *   63 no execute | 51..12 physical page | 7 large | 6 dirty | 5 accessed | 2 user | 1 write | 0 present
 *
 * Accessed and dirty are set from the start: nobody reads them, and a KVM that shadows
 * these tables would otherwise have to set them, at the price of a fault for each page.
 */
#include <string.h>

#include "abi/layout.h"
#include "monitor/tables.h"

#define PRESENT    (1ull << 0)
#define WRITE      (1ull << 1)
#define USER       (1ull << 2)
#define ACCESSED   (1ull << 5)
#define DIRTY      (1ull << 6)
#define LARGE      (1ull << 7)
#define NO_EXECUTE (1ull << 63)
#define ADDRESS    0x000ffffffffff000ull

uint64_t tables_room(uint64_t heap_bytes, uint64_t other_bytes)
{
    uint64_t leaves = (heap_bytes + other_bytes) / LAYOUT_LARGE_PAGE + 2;
    return (leaves + leaves / 512 + 64) * LAYOUT_PAGE;
}

static uint64_t *table_at(const struct tables *t, uint64_t physical)
{
    return (uint64_t *)(t->memory + (physical - t->physical));
}

static uint64_t new_table(struct tables *t)
{
    if (t->bytes - t->used < LAYOUT_PAGE) return 0;
    uint64_t physical = t->physical + t->used;
    t->used += LAYOUT_PAGE;
    return physical;
}

/* A large page becomes a table of small ones that say the same. */
static bool split(struct tables *t, uint64_t *entry)
{
    uint64_t physical = new_table(t), old = *entry;
    if (!physical) return false;
    uint64_t *small = table_at(t, physical);
    for (uint64_t i = 0; i < 512; i++) small[i] = (old & ~LARGE) + i * LAYOUT_PAGE;
    *entry = physical | PRESENT | WRITE | USER | ACCESSED;
    return true;
}

/* The entry for `address` in the lowest table (level 0) or the one above it (level 1);
 * makes the tables on the way.  NULL: no room. */
static uint64_t *find_entry(struct tables *t, uint64_t address, int level)
{
    if (!t->used && !new_table(t)) return NULL;
    uint64_t table = t->physical;
    for (int l = 3; l > level; l--) {
        uint64_t *entry = &table_at(t, table)[address >> (12 + 9 * l) & 511];
        if (*entry & LARGE) {
            if (!split(t, entry)) return NULL;
        } else if (!*entry) {
            uint64_t next = new_table(t);
            if (!next) return NULL;
            *entry = next | PRESENT | WRITE | USER | ACCESSED;
        }
        table = *entry & ADDRESS;
    }
    return &table_at(t, table)[address >> (12 + 9 * level) & 511];
}

bool tables_map(struct tables *t, uint64_t address, uint64_t physical, uint64_t bytes,
                unsigned access)
{
    uint64_t bits = PRESENT | ACCESSED | DIRTY;
    if (!(access & TABLES_PROCESSOR)) bits |= USER;
    if (access & TABLES_WRITE) bits |= WRITE;
    if (!(access & TABLES_EXECUTE)) bits |= NO_EXECUTE;
    while (bytes) {
        bool large = (address | physical) % LAYOUT_LARGE_PAGE == 0 && bytes >= LAYOUT_LARGE_PAGE;
        uint64_t *entry = find_entry(t, address, large);
        if (!entry) return false;
        uint64_t step = large ? LAYOUT_LARGE_PAGE : LAYOUT_PAGE;
        uint64_t left = 512 - (address / step & 511); /* entries to the table's end */
        uint64_t is = physical | bits | (large ? LARGE : 0);
        for (; left && bytes >= step; left--, entry++, is += step) {
            if (*entry != is) *entry = is; /* tables that say so already are shared with others */
            address += step, physical += step, bytes -= step;
        }
    }
    return true;
}

bool tables_protect(struct tables *t, uint64_t address, uint64_t bytes, bool present, bool writable)
{
    for (; bytes; address += LAYOUT_PAGE, bytes -= LAYOUT_PAGE) {
        uint64_t *entry = find_entry(t, address, 0);
        if (!entry) return false;
        *entry = (*entry & ~(PRESENT | WRITE)) | (present ? PRESENT : 0) | (writable ? WRITE : 0);
    }
    return true;
}

/* --- descriptors ----------------------------------------------------------------------- */

static void set_gate(unsigned char *interrupts, unsigned vector, uint64_t handler)
{
    const struct {
        uint16_t low, selector;
        uint8_t stack, type; /* interrupt stack 1; present, DPL 3, 64-bit interrupt gate */
        uint16_t middle;
        uint32_t high, zero;
    } gate = {(uint16_t)handler,
              TABLES_CODE,
              1,
              0xee,
              (uint16_t)(handler >> 16),
              (uint32_t)(handler >> 32),
              0};
    _Static_assert(sizeof gate == 16, "the processor's format");
    memcpy(interrupts + (size_t)16 * vector, &gate, sizeof gate);
}

/* All four bytes of it. */
static void allow_port(unsigned char *task, unsigned first)
{
    for (unsigned port = first; port < first + 4; port++)
        task[TABLES_PORTS + port / 8] &= (unsigned char)~(1u << port % 8);
}

/* Of the task state only interrupt stack 1 (byte 36) and the map of ports (its place is in
 * byte 102) are used: there is no other ring to have a stack for.  The guest may write to
 * the two ports of abi/rings.h and to that of abi/channel.h; where the map ends, all others are forbidden. */
static void set_task(unsigned char *task, uint64_t stack)
{
    const uint16_t ports = TABLES_PORTS;
    memcpy(task + 36, &stack, sizeof stack);
    memcpy(task + 102, &ports, sizeof ports);
    memset(task + TABLES_PORTS, 0xff, TABLES_TASK_LIMIT + 1 - TABLES_PORTS);
    allow_port(task, PORT_DOORBELL);
    allow_port(task, PORT_CALL);
    allow_port(task, PORT_CHANNEL);
}

void tables_descriptors(void *memory, const struct boot_header *header)
{
    unsigned char *page = memory;
    uint64_t task = LAYOUT_TABLES + TABLES_TASK_OFFSET;
    uint64_t global[10] = {
        [TABLES_DATA >> 3] = 0x00cff3000000ffff, /* data, DPL 3, writable, accessed */
        [TABLES_CODE >> 3] = 0x00affb000000ffff, /* 64-bit code, DPL 3, readable, accessed */
        /* the task state segment, busy: two entries */
        [TABLES_TASK >> 3] =
            TABLES_TASK_LIMIT | (task & 0xffffff) << 16 | 0x8bull << 40 | (task >> 24 & 0xff) << 56,
        [(TABLES_TASK >> 3) + 1] = task >> 32,
    };
    memcpy(page, global, sizeof global);

    set_task(page + TABLES_TASK_OFFSET, header->crash_stack + header->crash_stack_bytes);
    for (unsigned v = 0; v < 32; v++)
        set_gate(page + LAYOUT_PAGE, v, header->exception + v * header->stride);
}
