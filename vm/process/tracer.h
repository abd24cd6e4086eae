/* SPDX-License-Identifier: Apache-2.0 */
/* tracer.h -- who is told of traces: a process, a port, or a module of native code with a state.
 *
 * A tracer is kept as one word that may lie anywhere, frames on stacks included: the pid or port itself, NIL for
 * nobody, small(row) for a row of the table of modules with their states.  Equal ones share a row, so
 * tracers are the same when their words are.  A row is freed when nobody has its word any more.
 */
#ifndef VM_TRACER_H
#define VM_TRACER_H

#include "process/process.h"

/* The functions that such a module may have: enabled/3 and trace/5 always, and for each group of events
 * its own: enabled_send/3, trace_send/5 and so on. */
enum tracer_group {
    TRACER_ANY,
    TRACER_SEND,
    TRACER_RECEIVE,
    TRACER_CALL,
    TRACER_RUNNING_PROCS,
    TRACER_RUNNING_PORTS,
    TRACER_GC,
    TRACER_PROCS,
    TRACER_PORTS,
    TRACER_GROUPS
};
#define TRACER_ENABLED 3 /* arguments of the two kinds */
#define TRACER_TRACE   5

/* The tracer {Module, State}; state is copied.  NO_VALUE: the module is not loaded or has no such natives; or there
 * is no memory. */
term tracer_of_module(term module, term state);
/* As Erlang sees it, on h: a pid, a port, {Module, State}, or []. */
term tracer_term(struct heap *h, term tracer);

static inline bool tracer_is_module(term tracer) { return is_small(tracer); }

/* The tracer (no NIL) is still there, and wants to hear of `id`; asks enabled(trace_status, State, Id). */
bool tracer_stays(term tracer, term id);
bool tracer_lives(term tracer); /* the same of nobody in particular */

/* Of modules: enabled(Tag, State, Id) says trace.  *over: it says neither that nor discard. */
bool tracer_wants(term tracer, term tag, term id, bool *over);
/* trace(Tag, State, Id, What, Options) */
void tracer_tell(term tracer, uint32_t flags, term id, term tag, term what, term extra,
                 term result);

#endif
