/* SPDX-License-Identifier: Apache-2.0 */
/* pause.h -- natives that take long, and let other processes run meanwhile.
 *
 *   static term reverse(struct process *p, const term *arg) { ... effort(1) in its loops ... }
 *   term bif_lists_reverse_2(struct process *p, const term *arg) { return pausing(p, reverse, 2, arg); }
 *
 * The body runs on a C stack of its own.  When effort() (term/effort.h) finds the slice used up, that
 * stack is set aside with all that the body knows, and the native answers "again"; called again, the body
 * goes on where it was.  So a body is written like any other: it loops, calls, holds terms in variables.  It must
 * only bear in mind that others run inside effort(), and that effort() says when nobody wants its result.
 *
 * What the body does counts as reductions: it needs no bump().
 *
 * Always true: a process with a paused body is not collected.  Who needs that all the same (a literal area goes
 * away) has the body run to its end first, by pause_finish().
 */
#ifndef VM_PAUSE_H
#define VM_PAUSE_H

#include "process/process.h"
#include "term/effort.h"

typedef term pausing_body(struct process *p, const term *arg);

enum { PAUSING_ARGS = 4 };

/* The body's result, or NO_VALUE after a fault, one of which is FAULT_AGAIN.  Not for what is called in guards. */
term pausing(struct process *p, pausing_body *body, unsigned arity, const term *arg);
/* The same for a body that calls pause_wait(): when as many are paused as may be, it is begun later. */
term pausing_to_wait(struct process *p, pausing_body *body, unsigned arity, const term *arg);
/* In a body: sets it aside until somebody wakes its process, for whatever reason.  PAUSE_UNWANTED: as when effort()
 * says false.  PAUSE_CANNOT: the caller does not run on a stack that can be set aside, or has to come to its
 * end now, and must get what it waits for itself. */
enum pause_end { PAUSE_WOKEN, PAUSE_UNWANTED, PAUSE_CANNOT };
enum pause_end pause_wait(void);
/* Does p have a body that is paused? */
bool is_paused(const struct process *p);
/* Bytes that are left of the C stack that the caller runs on; SIZE_MAX when that is not a pausing body's. */
size_t pause_stack_left(void);
/* How many have. */
unsigned paused_count(void);
/* Lets it run to its end now; p gets the result when it runs.  false: there was no memory, p must end. */
bool pause_finish(struct process *p);
/* The same for the body that has this state (of pause_state()), if it is still at work. */
struct pause *pause_state(void);
void pause_finish_state(struct pause *s);

#endif
