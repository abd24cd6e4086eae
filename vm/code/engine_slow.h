/* SPDX-License-Identifier: Apache-2.0 */
/* engine_slow.h -- what instructions do when the short way inside the loop is not taken. */
#ifndef VM_ENGINE_SLOW_H
#define VM_ENGINE_SLOW_H

#include "code/code.h"

/* Where a call of `fun` with engine_x[0..arity-1] goes: free variables are put behind the arguments.
 * NULL with p->fault set: badfun, badarity. */
const code_word *fun_target(struct process *p, term fun, uint32_t arity);
/* Where apply(module, function, ..) with this many arguments goes; NULL with p->fault: badarg. */
const code_word *apply_target(struct process *p, term module, term function, uint32_t arity);
/* The same for apply/3 with engine_x[0..2], which land in args; its arguments are left in engine_x.  What
 * applies apply/3 itself goes where that goes.  NULL with p->fault: badarg, system_limit. */
const code_word *apply3_target(struct process *p, term args[3]);
/* Unpacks `list` to engine_x; the count, or -1 with p->fault set: badarg, or system_limit when it has more than
 * `most` elements: what stock's registers hold, though no function takes so many. */
enum { APPLY2_MOST = MAX_X - 2, APPLY3_MOST = MAX_X - 1 };
int unpack_arguments(struct process *p, term list, int most);
/* Sets up the call error_handler:undefined_function(M, F, Args) in place of one of e; NULL with fault undef. */
const code_word *undefined_target(struct process *p, const struct export *e);
/* The pending on_load function of the module in engine_x[0]; NULL with p->fault. */
const code_word *on_load_target(struct process *p);

/* Receive timeouts: what wait_timeout does. */
enum wait_kind { WAIT_SLEEP, WAIT_OVER, WAIT_BAD };
enum wait_kind wait_timeout(struct process *p, term time);

/* element(index, tuple), or NO_VALUE. */
term element_or_none(term index, term tuple);

/* is_function(fun, arity). */
bool fun_has_arity(term fun, term arity);

#endif
