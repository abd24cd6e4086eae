/* SPDX-License-Identifier: Apache-2.0 */
/* nursery.h -- small blocks that lie one after the other, whatever their size, because a start writes to them.
 *
 * A mote that goes on from a snapshot has copies of the pages that it writes to.  So the first blocks that it takes come from here.
 *
 * And what it writes to of what there was is here, too.  When an image is built, a trial of a first boot tells to
 * which bytes of the heap the start of an instance writes (doc/boot.md).  The boot after it, which the snapshot is
 * made of, asks for the same blocks in the same order, and so each of them would lie where it lay then: one that was
 * written to gets a *home* here instead, and its place stays empty until the checkpoint.  That a block is taken for
 * another costs a page, and nothing else.
 *
 * The arena's own (arena.c), which decides what is a block, of which size class.
 */
#ifndef VM_NURSERY_H
#define VM_NURSERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIZE_CLASSES = 36 }; /* of small blocks: arena.c */
enum { NURSERY_HOMES_BYTES = 64 << 10, NURSERY_BYTES = NURSERY_HOMES_BYTES + (64 << 10) };

/* In the boot for a snapshot: its memory, zeroed.  Nothing comes from it before nursery_open(). */
void nursery_start(uint8_t *memory);
bool nursery_is_started(void);

/* A block of this class that takes so many bytes; NULL: there is none, or no room is left. */
extern bool nursery_is_open;
void *nursery_take(unsigned class_, size_t bytes);
void nursery_give(void *block);
unsigned nursery_class(const void *block);

/* In the boot that is laid out by what was written: the home of what would have been `block`, or that itself. */
extern bool nursery_has_homes;
void *nursery_home(void *block, unsigned class_, size_t bytes);
/* Such a block ends: its place, which nobody is in. */
void *nursery_leave(void *home);

/* The checkpoint: what is at home stays, and is a block as any.  Gives all their places back. */
void nursery_open(void (*give)(void *place));

#endif
