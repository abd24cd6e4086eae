/* SPDX-License-Identifier: Apache-2.0 */
/* match_spec.h -- match specifications, compiled.
 *
 * [{Head, Guards, Body}, ...] becomes a program of small instructions: for each clause first what the
 * object must look like (the head binds variables to parts of it), then guards and body as
 * operations on a stack of values.  A program is a counted resource, so it can stand in a
 * continuation as a reference.
 *
 * Two dialects: table (ets) and trace (calls, whose arguments are matched as a list); for traced messages
 * some forms of the latter are missing.
 */
#ifndef VM_MATCH_SPEC_H
#define VM_MATCH_SPEC_H

#include "code/native.h"
#include "ets/object.h"

struct match_program;

enum match_dialect { MATCH_TABLE, MATCH_TRACE, MATCH_TRACE_SEND, MATCH_TRACE_RECEIVE };

/* A new program with one reference, or NULL: *reason is badarg or system_limit.  With `errors`, that is
 * a list [{error, String}] on h of everything that is wrong. */
struct match_program *match_compile(struct process *p, term spec, enum match_dialect dialect,
                                    term *errors, term *reason);
/* The same for [{head, [], [what]}]. */
struct match_program *match_compile_pattern(struct process *p, term head, term what);
void match_keep(struct match_program *m);
void match_drop(struct match_program *m);

/* The specification; the program's. */
term match_source(const struct match_program *m);

/* A reference to it (another count), and back; NULL: no reference to a program. */
term match_reference(struct match_program *m, struct heap *h);
struct match_program *match_of(term reference);

enum match_flags { MATCH_RETURN_TRACE = 1, MATCH_EXCEPTION_TRACE = 2 };

/* What the first clause that matches has to say; NO_VALUE: none does.  Never raises.  The result is on p's
 * heap, and shares nothing with the object. */
term match_object(struct process *p, const struct match_program *m, const struct object *o);
/* The same for a term on p's heap, with which the result may share. */
term match_term(struct process *p, const struct match_program *m, term t);
/* For a call with these arguments (one of the trace dialects); *flags is set.  test: see match_trace.h. */
term match_call(struct process *p, const struct match_program *m, const term *arguments,
                size_t count, unsigned *flags, bool test);

/* --- the heads, for choosing where to look ------------------------------------------------------- */

size_t match_clauses(const struct match_program *m);
/* What the key must look like: a pattern; NO_VALUE: no tuple matches; ATOM(underscore): anything. */
term match_key(const struct match_program *m, size_t clause, uint32_t keypos);
bool pattern_has_variable(term pattern);
/* The number of '$N', or -1. */
int64_t match_variable(term t);
/* Where a key lies as seen from all keys that the pattern can match: negative: before them. */
int pattern_place(term pattern, term key);
/* Does every body leave the key as it is?  What select_replace/2 asks for. */
bool match_keeps_key(const struct match_program *m, uint32_t keypos);

#endif
