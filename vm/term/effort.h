/* SPDX-License-Identifier: Apache-2.0 */
/* effort.h -- how C code that may take long says so, wherever it stands.
 *
 * A loop over data of any size counts its steps with effort().  Inside a native that pauses
 * (process/pause.h) the process stands aside when its slice is used up, and effort() returns when it
 * is its turn again; anywhere else nothing happens.  So what calls effort() must not rely on anything that
 * another process may change meanwhile: tables, static variables.  The heap of its own process stays as it is.
 *
 * A step is some 4 ns: a list cell, a word of a term, 4 bytes looked at or 32 bytes copied.
 */
#ifndef VM_EFFORT_H
#define VM_EFFORT_H

#include "term/term.h"

enum { STEPS_PER_REDUCTION = 64, BYTES_SEEN_PER_STEP = 4, BYTES_COPIED_PER_STEP = 32 };

extern int64_t effort_left;
/* Set by process/pause.c. */
extern bool (*effort_hook)(void);

/* false: the process is gone, and what is being made is not wanted any more; all later calls say the same.  The
 * caller gives up when that is easy, freeing what it has; it may as well go on to its end.  What measures and then
 * writes must not write more than it has measured. */
static inline bool effort(int64_t steps)
{
    return likely((effort_left -= steps) > 0) || effort_hook();
}

/* Length of a proper list, a step for each cell; -1: it is improper, or not wanted any more. */
ptrdiff_t effort_list_length(term list);
/* memcpy in pieces. */
void effort_copy(void *to, const void *from, size_t bytes);

#endif
