/* SPDX-License-Identifier: Apache-2.0 */
/* bif.h -- how a function of an Erlang module is written in C.
 *
 * Each module NAME with built-in functions has a table bif/NAME.def, one row a function:
 *
 *   BIF(module, function, arity, flags, "meaning")
 *   BIF_AS(module, "text", arity, c_name, flags, "meaning")      for operators and odd names
 *
 * and the bodies stand in bif/NAME*.c as
 *
 *   term bif_module_function_arity(struct process *p, const term *arg)
 *
 * arg[0..arity-1] are the arguments (X registers: the body may not change them).  The body
 * returns the result, or NO_VALUE after raise(), bif_trap() or bif_again().  It allocates with
 * heap_alloc(&p->heap, ..), which never collects, so terms may be held in variables.  It may
 * neither block nor run longer than a few microseconds without bump().
 * bif/all.def lists the tables.  Flags:
 */
#ifndef VM_BIF_H
#define VM_BIF_H

#include "process/process.h"
#include "code/native.h"

#endif
