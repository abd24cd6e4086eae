/* SPDX-License-Identifier: Apache-2.0 */
/* flat.h -- a snapshot laid out in a file in memory: all its pages, none compressed, each run of them at one piece.
 *
 * For a process that forks many motes of one image (process platform).  From the image's own snapshot each of them makes a hundred
 * mappings, for what is cold lies between what is not, and what it inflates is its own.  From this file it makes four, and
 * shares every page until it writes there.
 *
 * Always true: nobody maps the file before it is whole, and nobody can write to it from then on, whoever has it open.
 */
#ifndef MONITOR_FLAT_H
#define MONITOR_FLAT_H

#include "monitor/snapshot.h"

enum { FLAT_RUNS_MOST = 16 };

struct flat {
    int file; /* -1: there is none */
    bool whole;
    unsigned runs;
    struct flat_run {
        uint64_t address, bytes, at; /* at: in the file */
    } run[FLAT_RUNS_MOST];
    uint32_t ranges, chunks; /* of the snapshot's, how many are in it */
    uint64_t next;           /* in the snapshot: where the next range lies */
};

/* Makes the file, empty, for a snapshot that was checked.  It cannot be made: `file` is -1, and motes map the snapshot. */
void flat_start(struct flat *f, const struct snapshot *s);

/* Fills in some of it, for half a millisecond or so.  false: that was all, or there is none. */
bool flat_fill(struct flat *f, const struct snapshot *s);

/* In the guest's process: maps all of it to its places, private, over memory that is there. */
int flat_map(const struct flat *f, struct error *e);

#endif
