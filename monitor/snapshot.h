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
/* The one that all of these bytes are in, or NULL. */
const struct area *areas_find(const struct areas *p, uint64_t address, uint64_t bytes);

/* The snapshot that options->snapshot names, checked: it is whole, and its ranges lie where a guest of this runtime has
 * data.  Its own heap was `heap_bytes`: the guest's has to be mapped at least as large.  Nothing to do without one. */
struct snapshot {
    const struct snapshot_header *header; /* NULL: there is none */
    const struct snapshot_range *range;
    const uint64_t *range_at; /* where each begins among the pages; NULL: one behind the other */
    const struct snapshot_touched *touched;
    const struct snapshot_chunk *chunk;
    uint64_t map_bytes, pages_at; /* offset of the first page in the snapshot */
    uint64_t pages_bytes;         /* of all ranges */
    uint8_t *window; /* window.c: they lie here; NULL: each at its place in the areas */
};
int snapshot_open(struct snapshot *s, const struct machine *m, struct error *e);

/* Of ranges in a file of `bytes`, whose pages begin at *used: they are in order, whole, and lie where a guest of this runtime with such a
 * heap has data.  *used becomes the end of their pages.  What is wrong with them, or NULL. */
const char *snapshot_check_ranges(const struct snapshot_range *r, uint32_t n,
                                  const struct machine *m, uint64_t heap_bytes, uint64_t bytes,
                                  uint64_t *used);
/* What keeps memory that was kept with this heap and these files from being used in this machine, or NULL. */
const char *snapshot_check_machine(const struct machine *m, uint64_t heap_bytes,
                                   uint64_t archive_bytes);

/* A page that is in it, in whatever form.  Without a snapshot: none. */
bool snapshot_has(const struct snapshot *s, uint64_t address);

/* Takes all access to what its chunks are for away: our own memory at the guest's addresses.  Before snapshot_map(). */
int snapshot_hide(const struct snapshot *s, struct error *e);

/* Maps its pages over those of the areas, private: copied when they are written. */
int snapshot_map(const struct snapshot *s, const struct areas *p, const struct monitor_file *file,
                 struct error *e);

/* Gives out each page that it has. */
int snapshot_each_page(const struct snapshot *s, const struct monitor_file *file,
                       int (*page)(void *context, uint64_t address, const void *bytes,
                                   struct error *e),
                       void *context, struct error *e);

/* --- window.c: its pages, mapped at one piece */

int window_map(struct snapshot *s, void *to, const struct monitor_file *file, struct error *e);

/* Is this address in a range?  Then p->at is where in the window.  *bytes becomes how many are, or are not, from there on, at
 * most what it was.  *p is zero before the first call; addresses that go up are found fast. */
struct window_place {
    uint32_t range;
    uint64_t before, at;
};
bool window_find(const struct snapshot *s, struct window_place *p, uint64_t address,
                 uint64_t *bytes);

/* Where the guest's memory of this address lies here, in the window or not; NULL: it is none of its.  *bytes, *p: the same. */
void *window_memory(const struct snapshot *s, const struct areas *a, struct window_place *p,
                    uint64_t address, uint64_t *bytes);

/* madvise() of what is the guest's at this address. false: not all of it. */
bool window_advise(const struct snapshot *s, const struct areas *a, uint64_t address,
                   uint64_t bytes, int advice);

/* Backs what a start touches, as far as it is in the areas, so that it need not fault.  Without `application` not what that
 * writes to. */
void snapshot_populate(const struct snapshot *s, const struct areas *p, bool application);

/* Nothing of it need be kept. */
bool page_is_zero(const uint8_t *page);

/* Writes what lies in the areas to fd.  `used` has a bit for each page of them, of one area behind those of the one before; pages
 * without are zero.  NULL: they are memory of our own, and what nobody has touched is. */
struct snapshot_source {
    uint64_t heap_bytes, archive_bytes;
    const uint8_t *used;
};
int snapshot_write(const struct areas *p, const struct snapshot_source *source, int fd,
                   struct error *e);

/* Writes `s`, which is in `file`, to fd, with this list of what is touched. */
int snapshot_write_touched(const struct snapshot *s, const struct monitor_file *file,
                           const struct snapshot_touched *list, uint32_t n, int fd,
                           struct error *e);
/* For all that is kept: writes these bytes, all of them.  `what` they are of; e->code: why they cannot be written. */
int write_all(int fd, const void *bytes, uint64_t n, const char *what, struct error *e);
/* At this place of the file. */
int write_all_at(int fd, uint64_t at, const void *bytes, uint64_t n, const char *what,
                 struct error *e);

#endif
