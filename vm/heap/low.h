/* SPDX-License-Identifier: Apache-2.0 */
/* low.h -- low memory (arena_low) of which each kind lies together.
 *
 * What a mote touches together lies on few pages then, and what it does not touch is many pages in a row, which a snapshot
 * keeps compressed (doc/boot.md).  A block is given back with arena_low_free().
 */
#ifndef VM_LOW_H
#define VM_LOW_H

#include <stddef.h>

/* NAMES: exports and fun entries, LITERALS: of modules, TABLES: of modules, for stack traces and questions about them.  Code is
 * behind each other as it is. */
enum low_kind { LOW_NAMES, LOW_LITERALS, LOW_TABLES, LOW_KINDS };

/* As arena_low(). */
void *low_alloc(enum low_kind kind, size_t bytes);

#endif
