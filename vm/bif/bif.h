/* SPDX-License-Identifier: Apache-2.0 */
/* bif.h -- how a function of an Erlang module is written in C.
 *
 * A table bif/NAME.def holds one row for each function:
 *
 *   BIF(module, function, arity, flags, "meaning")
 *   BIF_AS(module, "text", arity, c_name, flags, "meaning")      for operators and odd names
 *
 * and the body stands in the C file beside the table as
 *
 *   term bif_module_function_arity(struct process *p, const term *arg)
 *
 * arg[0..arity-1] are the arguments (X registers: the body may not change them).  The body
 * returns the result, or NO_VALUE after raise(), bif_trap() or bif_again() (code/native.h).
 * It allocates with heap_alloc(&p->heap, ..), which never collects, so terms may be held in
 * variables.  It may neither block nor run longer than some microseconds without bump();
 * what takes long runs by pausing() (process/pause.h).
 * bif/all.def lists the tables; flags: enum native_flags.
 */
#ifndef VM_BIF_H
#define VM_BIF_H

#include "code/native.h"

#define BIF NATIVE_BODY
#define BIF_AS(module, text, arity, c_name, flags, meaning)                                        \
    native_function bif_##module##_##c_name##_##arity;
#include "bif/all.def"
#undef BIF
#undef BIF_AS

extern const struct native_table bif_table;

#endif
