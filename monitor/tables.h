/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h -- page tables and descriptor tables of a ring-3 guest.
 *
 * The page tables lie in guest-physical memory that they themselves do not map, so the
 * guest has no address for them.  No page is mapped both writable and executable.
 */
#ifndef MONITOR_TABLES_H
#define MONITOR_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot.h"
#include "abi/channel.h"
#include "abi/rings.h"

struct tables {
    unsigned char *memory; /* as we see it; zeroed */
    uint64_t physical;     /* as the processor sees it: also the value for CR3 */
    uint64_t used, bytes;
};

enum tables_access {
    TABLES_READ = 0,
    TABLES_WRITE = 1,
    TABLES_EXECUTE = 2,
    TABLES_PROCESSOR = 4, /* not for the guest: only what the processor itself reads */
};

/* How much memory the tables of such a guest can need, with every heap page of its own. */
uint64_t tables_room(uint64_t heap_bytes, uint64_t other_bytes);

/* Maps whole pages.  False: there was not enough room (our mistake in tables_room). */
bool tables_map(struct tables *t, uint64_t address, uint64_t physical, uint64_t bytes,
                unsigned access);

/* Changes pages that are mapped.  `present` false takes them away until the next change. */
bool tables_protect(struct tables *t, uint64_t address, uint64_t bytes, bool present,
                    bool writable);

/* GDT, TSS and IDT, for address LAYOUT_TABLES, into two pages of memory. */
enum {
    TABLES_CODE = 0x33,
    TABLES_DATA = 0x2b,
    TABLES_TASK = 0x40,
    TABLES_TASK_OFFSET = 0x100, /* the TSS in the first page */
    TABLES_PORTS = 104,         /* in the TSS: one bit for each port, 0 allows it */
    TABLES_TASK_LIMIT = TABLES_PORTS + (PORT_CHANNEL + 8) / 8,
    TABLES_GLOBAL_LIMIT = 0x50 - 1,
    TABLES_INTERRUPT_LIMIT = 32 * 16 - 1,
};
void tables_descriptors(void *memory, const struct boot_header *header);

#endif
