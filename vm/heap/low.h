/* SPDX-License-Identifier: Apache-2.0 */
/* low.h -- low memory (arena_low) of which each kind lies together.
 *
 * What a mote touches together lies on few pages then, and what it does not touch is many pages in a row, which a snapshot
 * keeps compressed (doc/boot.md).  A block is given back with arena_low_free().
 *
 * When an image is built, a boot spreads all blocks: each has pages of its own, so that trial starts tell which of them they touch.  The
 * next boot, which the snapshot is made of, asks for the same blocks in the same order, and so knows of each whether it is touched: those
 * that are lie apart from those that are not, and from those that are seldom.  That a block is taken for another costs time, and nothing else.
 */
#ifndef VM_LOW_H
#define VM_LOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NAMES: exports and fun entries, LITERALS: of modules, TABLES: of modules, for stack traces and questions about them.  Code is
 * behind each other as it is, but in the boot for a snapshot: CODE. */
enum low_kind { LOW_NAMES, LOW_LITERALS, LOW_TABLES, LOW_CODE, LOW_KINDS };

/* As arena_low(). */
void *low_alloc(enum low_kind kind, size_t bytes);

/* Blocks that are small are to be asked for one by one: it is a boot of those two. */
bool low_is_single(void);

/* For who lays out the parts of a block himself.  Where in the boot that spreads the next `pages` are, which in that boot are the
 * caller's; 0: there are none, or it is any other boot. */
uintptr_t low_spread(size_t pages);
/* In the boot after it; of enum plat_touch. */
void *low_alloc_planned(enum low_kind kind, unsigned touch, size_t bytes);

#endif
