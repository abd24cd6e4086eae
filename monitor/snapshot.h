/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h -- keeps the memory of a guest that stopped at a checkpoint, and gives it to another; abi/snapshot.h. */
#ifndef MONITOR_SNAPSHOT_H
#define MONITOR_SNAPSHOT_H

#include "abi/snapshot.h"
#include "monitor/monitor.h"

struct machine;

/* Where memory that the guest writes to lies here: its data, its stack, its heap. */
enum { AREAS_MOST = 8 };
struct area {
    uint64_t address, bytes;
    void *memory;
};

struct areas {
    struct area at[AREAS_MOST];
    unsigned n;
};

void areas_add(struct areas *p, uint64_t address, uint64_t bytes, void *memory);

/* The snapshot that options->snapshot names, checked: it is whole, and its ranges lie where a guest of this runtime has
 * data.  Its own heap was `heap_bytes`: the guest's has to be mapped at least as large.  Nothing to do without one. */
struct snapshot {
    const struct snapshot_header *header; /* NULL: there is none */
    const struct snapshot_range *range;
    uint64_t map_bytes, pages_at; /* offset of the first page in the snapshot */
};
int snapshot_open(struct snapshot *s, const struct machine *m, struct error *e);

/* Maps its pages over those of the areas, private: copied when they are written.  `backed`: at once, where a fault later
 * costs more than a copy. */
int snapshot_map(const struct snapshot *s, const struct areas *p, const struct monitor_file *file,
                 bool backed, struct error *e);

/* Writes what lies in the areas to fd. */
int snapshot_write(const struct areas *p, const struct machine *m, int fd, struct error *e);

#endif
