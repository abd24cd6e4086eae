/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h -- what tracers are told: one function for each kind of event.
 *
 * A place that may have something to tell asks TRACED(&p->trace, TRACE_x) first, which is one test of a
 * word, and calls the function here only then.  The function looks whether the tracer lives and is not the
 * tracee itself, builds {trace, Id, Tag, ...} in a message of its own, and delivers it at once.
 *
 * True for all: nothing is allocated on the tracee's heap (but by a match specification), and when there is
 * no memory the message is lost.
 */
#ifndef VM_TRACE_H
#define VM_TRACE_H

#include "process/tracer.h"

/* --- who is traced -------------------------------------------------------------------------- */

/* What new processes and ports get: trace/3 of `new`. */
extern struct tracee trace_new_processes, trace_new_ports;
/* Forgets them when their tracer is dead. */
void trace_new_check(void);

/* The bit of a flag of trace/3 (TRACE_ALL of `all`); 0: there is none of this name. */
uint32_t trace_flag_bit(term name);

/* Flags and tracer of p from now on; messages on their way are held back, or not any more, as
 * TRACE_RECEIVE says. */
void trace_set(struct process *p, uint32_t flags, term tracer);
/* Does the tracer live?  If not the tracee is traced no more. */
bool trace_check(struct tracee *t);
/* Does the tracer of t want to be told of this? */
bool trace_wanted(struct tracee *t, term tag);
/* cpu_timestamp is in force: time stamps are of used processor time. */
extern bool trace_cpu_stamps;

/* --- events ----------------------------------------------------------------------------------- */

/* {trace[_ts], Id, Tag, What [, Extra] [, Result] [, Scheduler] [, Time]}; extra NO_VALUE: none; result: what a
 * match specification says, true: nothing.  All terms may be anywhere, on the C stack too. */
void trace_tell(struct tracee *t, term tag, term what, term extra, term result);
/* The same to a given tracer with given flags. */
void trace_tell_to(term tracer, uint32_t flags, term id, term tag, term what, term extra,
                   term result);

/* The tuple of these items to a tracer, on behalf of `id`. */
void trace_deliver(term tracer, term id, const term *items, size_t count);

void trace_sent(struct process *p, term to, term message);
/* from: a pid, or an atom for what the system sends. */
void trace_received(struct process *p, term from, term message);
/* link, unlink, getting_linked, register, exit, ... */
void trace_procs(struct process *p, term tag, term what);
void trace_linked(term id, term tag,
                  term other); /* of the process or port `id`, when it is traced */
void trace_spawned(struct process *parent, struct process *child, bool linked, term module,
                   term function, term args);
/* The child inherits what its parent is traced with, or what new processes get. */
void trace_inherit(struct process *parent, struct process *child, bool linked);
/* p has linked itself to `other`. */
void trace_inherit_by_link(struct process *p, struct process *other);
/* in, out and the like: with where p is, or 0 when it has ended. */
void trace_scheduled(struct process *p, term tag);
/* A heap to make a message on, for who ends it with heap_end(); false: there is no memory.  The machine ends when it cannot
 * grow. */
bool trace_heap_start(struct heap *h);
void trace_collection(struct process *p, term tag, size_t words);

/* --- match specifications ----------------------------------------------------------------------- */

/* What a specification asks for besides its result: enum match_flags of bif/match_spec.h. */
enum trace_wish { TRACE_WISH_RETURN = 1, TRACE_WISH_EXCEPTION = 2 };

struct trace_event_pattern {
    bool on;
    struct resource *spec; /* NULL: everything */
};
extern struct trace_event_pattern trace_send_pattern, trace_receive_pattern;

struct trace_hooks {
    /* bif/: NO_VALUE or false: no message. */
    term (*match)(struct process *p, struct resource *spec, const term *args, size_t count,
                  unsigned *wishes);
    /* port/: the tracer is a port: raw output to it. */
    bool (*port_lives)(term port);
    void (*port_output)(term port, const uint8_t *bytes, size_t n);
    struct tracee *(*port_tracee)(term port);
    /* nif/: the module has natives to trace with; calls one (arity 3: enabled, 5: trace) of the group, or the one
     * for any; NO_VALUE: the module has none. */
    bool (*module_traces)(term module);
    term (*module_call)(term module, enum tracer_group group, unsigned arity, const term *args);
    /* port/, code/: calls back for each tracer that is kept there. */
    void (*mark_port_tracers)(void (*mark)(term tracer));
    void (*mark_call_tracers)(void (*mark)(term tracer));
};
extern struct trace_hooks trace_hooks;

/* --- time stamps ------------------------------------------------------------------------------------ */

#define TRACE_STAMP_WORDS (TUPLE_WORDS(3) + 4)
/* The stamp that the flags ask for, built in words[TRACE_STAMP_WORDS]; NO_VALUE: none. */
term trace_stamp(uint32_t flags, term *words);

#endif
