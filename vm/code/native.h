/* SPDX-License-Identifier: Apache-2.0 */
/* native.h -- functions of Erlang modules that are written in C, and what their bodies may do.
 *
 * bif/, net/ and fs/ offer tables of them; image/natives.c lists the tables; the loader
 * lets a native function stand in place of the module's own (a stub) when it loads the module.
 * How to write one: bif/bif.h and doc/recipes/add-a-bif.md.
 */
#ifndef VM_NATIVE_H
#define VM_NATIVE_H

#include "process/process.h"

typedef term native_function(struct process *p, const term *arg);

enum native_flags {
    BIF_PLAIN = 0,
    BIF_GUARD = 1, /* allowed in guards: no side effects; a fault there is just a failed guard */
    BIF_TRAPS = 2, /* may return bif_trap() or bif_again() */
    /* Only there from that release of OTP on, or up to it; term/release.h. */
    BIF_FROM_26 = 1 << 4,
    BIF_FROM_27 = 2 << 4,
    BIF_FROM_28 = 3 << 4,
    BIF_FROM_29 = 4 << 4,
    BIF_UNTIL_25 = 1 << 8,
    BIF_UNTIL_26 = 2 << 8,
    BIF_UNTIL_27 = 3 << 8,
    BIF_UNTIL_28 = 4 << 8
};

struct native {
    const char *module, *function;
    uint8_t arity;
    uint16_t flags;
    native_function *body;
};
struct native_table {
    const struct native *rows;
    size_t count;
};

/* What a table file's rows, BIF(module, function, arity, flags, meaning), become: declarations, and rows of a table. */
#define NATIVE_BODY(module, function, arity, flags, meaning)                                       \
    native_function bif_##module##_##function##_##arity;
#define NATIVE_ROW(module, function, arity, flags, meaning)                                        \
    {#module, #function, arity, flags, bif_##module##_##function##_##arity},

/* --- failing ---------------------------------------------------------------------------- */

/* Each leaves the fault in p and returns NO_VALUE, for `return raise(p, ATOM(badarg));`. */
static inline term raise_class(struct process *p, enum fault_class class_, term reason)
{
    p->fault =
        (struct fault){.class_ = class_, .reason = reason, .trace = NIL, .args = NIL, .info = NIL};
    return NO_VALUE;
}
static inline term raise(struct process *p, term reason)
{
    return raise_class(p, FAULT_ERROR, reason);
}
static inline term raise_badarg(struct process *p) { return raise(p, ATOM(badarg)); }
/* With error_info: `cause` (an atom or term) tells erl_erts_errors which text to show. */
static inline term raise_cause(struct process *p, term reason, term cause)
{
    raise(p, reason);
    p->fault.has_info = true, p->fault.info = cause;
    return NO_VALUE;
}

/* --- taking long ------------------------------------------------------------------------- */

/* Counts work done in C: about one per microsecond / 64 words touched. */
static inline void bump(struct process *p, int64_t reductions) { p->reductions -= reductions; }
static inline bool out_of_reductions(const struct process *p) { return p->reductions <= 0; }

/* The result is that of calling `to` with these arguments (at most 6, on p's heap). */
term bif_trap(struct process *p, struct export *to, unsigned count, const term *args);
/* Call this BIF again with the same arguments when p is next scheduled.  What it wants to remember is
 * in p->bif_state. */
static inline term bif_again(struct process *p)
{
    p->fault.class_ = FAULT_AGAIN;
    return NO_VALUE;
}
/* The same, but p sleeps until process_wake(). */
static inline term bif_wait(struct process *p)
{
    p->state = PROCESS_WAITING;
    return bif_again(p);
}

#endif
