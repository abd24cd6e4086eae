/* SPDX-License-Identifier: Apache-2.0 */
/* capability.h -- what a terminal can do, by the names of termcap and terminfo.
 *
 * There is no data base of terminals in a mote: one description, of what everything that calls itself
 * xterm, screen, tmux, linux or vt100 understands, stands for all of them.
 */
#ifndef VM_CAPABILITY_H
#define VM_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>

enum capability_kind { CAPABILITY_FLAG, CAPABILITY_NUMBER, CAPABILITY_STRING };

struct capability {
    enum capability_kind kind;
    const char *code, *name, *full_name; /* "up", "cuu1", "cursor_up" */
    const char *text;                    /* of a string */
    int number;                          /* of a number or flag */
};

/* Is there a terminal of this name (what TERM says)?  Not of one that can move no cursor. */
bool terminal_is_known(const char *name, size_t bytes);
/* By the two letters of termcap, of which more may follow; NULL: not known. */
const struct capability *capability_by_code(const char *code, enum capability_kind kind);
/* By terminfo's name. */
const struct capability *capability_by_name(const char *name, enum capability_kind kind);
/* The next one of a kind after `last`; NULL at the end.  Starts with NULL. */
const struct capability *capability_next(const struct capability *last, enum capability_kind kind);
/* A sequence with its parameters put in (%p1%d, %i, %%): bytes written to `out`, at most `room`. */
size_t capability_expand(const char *text, const long *parameters, size_t count, char *out,
                         size_t room);

#endif
