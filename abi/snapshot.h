/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h -- the memory of a machine that stopped where others can go on: plat_checkpoint().
 *
 *   struct snapshot_header
 *   struct snapshot_range [ranges]    in order of address; they do not touch or overlap
 *   struct snapshot_touched [touched] the same: what a start touches
 *   struct snapshot_chunk [chunks]    the same, and not where a range is: cold pages, of the heap only
 *   zeros up to a page
 *   the pages of the ranges, one after the other
 *   the chunks, deflated, one after the other; of words in another form, enum snapshot_form
 *   zeros up to a page
 *
 * What is in no range and no chunk is zero.  Ranges lie in the runtime's data, on the stack and in the heap; everything else of the
 * address space is made by the monitor as for any start.  The pages of a chunk are not there when the guest starts: the first
 * access to one of them inflates all of them (doc/boot.md).  The machine goes on at boot_header.resume.  The runtime and the
 * archive have to be those that it was made with: whoever keeps a snapshot sees to that.
 */
#ifndef ABI_SNAPSHOT_H
#define ABI_SNAPSHOT_H

#include <stdint.h>

#define SNAPSHOT_MAGIC   0x31504e5345544f4dull /* the bytes "MOTESNP1" */
#define SNAPSHOT_VERSION 5u

/* Ranges with fewer zero pages between them than this are one. */
#define SNAPSHOT_GAP         8u
#define SNAPSHOT_RANGES_MOST 4096u

/* Only as good as the trial start that found it out: pages that are in it and are not touched, or the other way round, cost
 * time.  In the archive, too; there, pages can only be read. */
#define SNAPSHOT_TOUCHED_MOST 16384u

/* A chunk has at most so many pages, and as many as it has when others follow: few enough that an access to one costs little.
 * Fewer cold pages in a row than the second are left in a range: each change between the two costs memory and time in each start. */
#define SNAPSHOT_CHUNK_PAGES 4u
#define SNAPSHOT_COLD_LEAST  5u
#define SNAPSHOT_CHUNKS_MOST 65536u

struct snapshot_header {
    uint64_t magic;
    uint32_t version;
    uint32_t ranges;
    uint64_t bytes;         /* of the whole snapshot: pages */
    uint64_t heap_bytes;    /* of the machine that stopped */
    uint64_t archive_bytes; /* of its archive */
    uint32_t touched;
    uint32_t chunks;
};

struct snapshot_range {
    uint64_t address, bytes; /* whole pages */
};

/* SNAPSHOT_LATER is added to either when it was the application that touched the page: an instance may run something else.  SELDOM
 * stands alone, and only in the list that a boot is told (boot_record.snapshot): no start touches the page, but what some motes do. */
enum snapshot_access {
    SNAPSHOT_READ = 1,
    SNAPSHOT_WRITTEN = 2,
    SNAPSHOT_LATER = 4,
    SNAPSHOT_SELDOM = 8
};
struct snapshot_touched {
    uint64_t address; /* of a page */
    uint32_t pages;
    uint32_t access; /* of enum snapshot_access */
};

struct snapshot_chunk {
    uint64_t address; /* of its first page */
    uint64_t at;      /* of its bytes in the snapshot */
    uint16_t pages;
    uint16_t form;  /* of enum snapshot_form */
    uint32_t bytes; /* of raw deflate; as many as the pages have: they are not compressed */
};

/* What is deflated are not the pages, but their 32-bit words in a form of which less is left.  NEAR: a word that points to less
 * than SNAPSHOT_NEAR_BYTES before or behind itself is written as if it stood at SNAPSHOT_NEAR_PLACE, and one that would have pointed near
 * that place the other way round: the jumps of loaded code.  STEPS: behind the first SNAPSHOT_STEP, each word is the difference to the one
 * SNAPSHOT_STEP before: rows of tables. */
enum snapshot_form { SNAPSHOT_AS_IT_IS, SNAPSHOT_NEAR, SNAPSHOT_STEPS, SNAPSHOT_FORMS };
#define SNAPSHOT_NEAR_BYTES 0x400u
#define SNAPSHOT_NEAR_PLACE 0x30000000u
#define SNAPSHOT_STEP       4u

_Static_assert(sizeof(struct snapshot_header) == 48, "shared with builders");
_Static_assert(sizeof(struct snapshot_chunk) == 24, "shared with builders");

#endif
