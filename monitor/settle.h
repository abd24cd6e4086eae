/* SPDX-License-Identifier: Apache-2.0 */
/* settle.h -- what is left of an instance's monitor while it waits (process platform).
 *
 * It was forked from the agent, which has all that a start needs: images, the C library's heap, a stack, the vDSO, each in a
 * place of its own of the address space, with page tables of its own.  A monitor whose guest runs needs none of that.  What it does
 * need lies behind its variables (waits.ld), in the 2 MiB of its code:
 *
 *   code, constants, data │ waits: variables, the C library's │ no access │ stack │ rings, errors of a start │ note
 *
 * The rest is unmapped when it has had nothing to do for a while, by a call that its filter allows anyway.  The place
 * of all that in the address space is still the kernel's to choose, at the exec of `mote run`.
 */
#ifndef MONITOR_SETTLE_H
#define MONITOR_SETTLE_H

#include <stdbool.h>
#include <stddef.h>

/* In a process that was just forked: `run` does not return, and its stack is the one that stays. */
_Noreturn void settle_on_stack(void (*run)(void *), void *argument);

/* Whether we are on it; then these are places for memory that stays, to be mapped there (MAP_FIXED). */
bool settle_is_ours(void);
void *settle_rings(size_t bytes); /* NULL: there is not as much room */
void *settle_note(void);

/* Before we are locked down: what ps shows is in memory that stays. */
void settle_prepare(void);

/* Gives back what the start has left on that stack, below its caller's frame. */
void settle_stack(void);

/* The same, and unmaps all else: no memory is allocated after that, nothing is printed by the C library, and the kernel is asked for the
 * time. */
void settle(void);

#endif
