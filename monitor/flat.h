/* SPDX-License-Identifier: Apache-2.0 */
/* flat.h -- a snapshot laid out in a file in memory: all its pages, none compressed, each run of them at one piece.
 *
 * For a process that forks many motes of one image.  What they would inflate, each for itself, they find there, and share every page
 * until they write to it.
 *
 *   process   From the image's own snapshot each of them makes a hundred mappings, for what is cold lies between what is not.  From
 *             this file it makes four: FLAT_BY_ADDRESS.
 *   kvm       It is a snapshot without chunks, whose pages are in the window (window.c).  What is cold lies behind all that is not, for a start
 *             touches little of it: FLAT_COLD_LAST.
 *
 * Always true: nobody maps the file before it is whole, and nobody can write to it from then on, whoever has it open.
 */
#ifndef MONITOR_FLAT_H
#define MONITOR_FLAT_H

#include "monitor/snapshot.h"

enum flat_order { FLAT_BY_ADDRESS, FLAT_COLD_LAST };

struct flat {
    int file; /* -1: there is none */
    bool whole;
    uint64_t bytes; /* of the file */
    unsigned runs;
    struct snapshot_range *run;    /* in order of address */
    uint64_t *at;                  /* where each lies in the file */
    struct snapshot_header header; /* flat_snapshot()'s */
    uint32_t ranges, chunks;       /* of the snapshot's, how many are in it */
    uint64_t next;                 /* in the snapshot: where the next range lies */
};

/* Makes the file, empty, for a snapshot that was checked.  It cannot be made: `file` is -1, and motes map the snapshot. */
void flat_start(struct flat *f, const struct snapshot *s, enum flat_order order);

/* Fills in some of it, for half a millisecond or so.  false: that was all, or there is none. */
bool flat_fill(struct flat *f, const struct snapshot *s);

/* In the guest's process: maps all of it to its places, private, over memory that is there. */
int flat_map(const struct flat *f, struct error *e);

/* The same as a snapshot, of which nothing is compressed, once it is whole.  What it was made from is not needed any
 * more, but for its list of what is touched. */
struct snapshot flat_snapshot(struct flat *f, const struct snapshot *s);

#endif
