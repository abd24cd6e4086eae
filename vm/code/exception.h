/* SPDX-License-Identifier: Apache-2.0 */
/* exception.h -- from a fault to its handler, and stack traces.
 *
 * A raw trace is a term that only the engine looks into:
 *   {Class, Head, Args, Info, Addresses}   Head: {M,F,Arity} of the native that failed, or []
 *                                          Args: argument list of the top frame, or true
 *                                          Info: [] or [{error_info, Map}] of the top frame; true when it
 *                                          is a function_clause, false when that was raised again
 *                                          Addresses: a binary of 32-bit code addresses, newest first
 *   {Class, StackTrace}                    from erlang:raise/3
 */
#ifndef VM_EXCEPTION_H
#define VM_EXCEPTION_H

#include "code/code.h"

#define BACKTRACE_DEPTH      8
#define BACKTRACE_DEPTH_MOST 64
/* erlang:system_flag(backtrace_depth, _): frames in a trace, 0 .. BACKTRACE_DEPTH_MOST. */
extern int64_t backtrace_depth;

/* p->fault was raised by the instruction at pc, or by `native` (NULL: none) with these arguments.
 * p's heap, stack and cp are saved.  Finds the handler, sets engine_x[0..3] and the stack for it and
 * returns its address; NULL when there is none: p has crashed and is exiting. */
const code_word *exception_handle(struct process *p, const code_word *pc,
                                  const struct export *native, const term *args);

/* Does this native raise, whatever its arguments, for the function that applies it?  Then a tail apply
 * leaves that function in the trace. */
bool exception_is_for_applier(const struct export *x);
/* p, not running, ends by an exit signal: the traced functions that it is in are told. */
void exception_leave_traced(struct process *p, term reason);

/* The list that a raw trace stands for. */
term exception_stacktrace(struct process *p, term raw);
/* Raises again: class and details from the raw trace.  is_new: as what the program says, not as what it was. */
void exception_raise_again(struct process *p, term class_, term reason, term raw, bool is_new);
bool exception_is_raw(term t);
/* The value of `catch` for what engine_x[1..3] hold. */
term exception_catch_value(struct process *p);

#endif
