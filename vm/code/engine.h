/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h -- runs processes. */
#ifndef VM_ENGINE_H
#define VM_ENGINE_H

#include "code/code.h"

/* Once, before any code is loaded: makes the tables of instruction bodies. */
void engine_start(void);

/* Runs p until its slice is used up, it waits, or it ends.  p->state says which on return:
 * PROCESS_RUNNABLE (to be put at the end of its queue), PROCESS_WAITING, PROCESS_SUSPENDED or
 * PROCESS_EXITING (the caller calls process_finish). */
void engine_run(struct process *p);

/* Makes p (new) start by calling module:function with these args (a proper list on p's heap). */
void engine_enter(struct process *p, term module, term function, term args);

/* Is p in the function that stands for a native?  Stock has no function there. */
bool engine_in_native(const struct process *p);
/* The native that the instruction at pc calls, NULL when it calls none. */
const struct export *engine_native_at(const code_word *pc);
/* The function that p is in, {M, F, Arity}; of a new process the one it starts with.  false: none. */
bool engine_place(const struct process *p, term mfa[3]);

/* Fills an export's stub: a call of its native, or of error_handler:undefined_function/3; points
 * e->code to the stub. */
void engine_export_stub(struct export *e);

/* Leaves the running process at once: memory is exhausted.  p must be the running one. */
void engine_abandon(struct process *p) __attribute__((__noreturn__));

/* The stack of p (not running, or running and saved) as return addresses, newest first. */
size_t engine_backtrace(const struct process *p, const code_word **out, size_t room);
/* The same for a trace: of a recursion, which has one address again and again, one frame is enough.  None that begin like
 * `last` (or NULL). */
size_t engine_trace(const struct process *p, const code_word *last, const code_word **out,
                    size_t room);

/* X registers of the running process; roots for a collection from a BIF: as many as its arity. */
extern term engine_x[];

#endif
