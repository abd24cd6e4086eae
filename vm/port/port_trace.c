/* SPDX-License-Identifier: Apache-2.0 */
/* port_trace.c -- see port_trace.h. */
#include "port/port_trace.h"
#include "binary/binary.h"
#include "process/trace.h"
#include "process/watch.h"

void port_trace_event(struct port *p, term tag, term what)
{
    if (TRACED(&p->trace, TRACE_PORTS)) trace_tell(&p->trace, tag, what, NO_VALUE, ATOM(true));
}

void port_trace_received(struct port *p, term caller, term what)
{
    if (!TRACED(&p->trace, TRACE_RECEIVE)) return;
    const term words[3] = {header(2, KIND_TUPLE), caller, what};
    trace_tell(&p->trace, ATOM(receive), boxed_term(words), NO_VALUE, ATOM(true));
}

void port_trace_sent(struct port *p, term message, term to)
{
    if (!TRACED(&p->trace, TRACE_SEND)) return;
    bool lives = process_find(to);
    trace_tell(&p->trace, lives ? ATOM(send) : ATOM(send_to_non_existing_process), message, to,
               ATOM(true));
}

/* {Verb, Binary} or {Verb, {Op, Binary}} on a heap of its own; NO_VALUE: there is no memory. */
static term bytes_term(struct heap *h, term verb, const unsigned *op, const uint8_t *bytes,
                       size_t n)
{
    if (!trace_heap_start(h)) return NO_VALUE;
    term data = binary_make(h, bytes, n);
    if (is_no_value(data)) return NO_VALUE;
    if (op) data = make_tuple2(h, small(*op), data);
    return make_tuple2(h, verb, data);
}

void port_trace_bytes(struct port *p, term caller, term verb, const unsigned *op,
                      const uint8_t *bytes, size_t n)
{
    if (!TRACED(&p->trace, TRACE_RECEIVE)) return;
    struct heap h;
    term what = bytes_term(&h, verb, op, bytes, n);
    if (is_value(what)) port_trace_received(p, caller, what);
    heap_end(&h);
}

void port_trace_answered(struct port *p, term caller, term verb, const uint8_t *bytes, size_t n)
{
    if (!TRACED(&p->trace, TRACE_SEND)) return;
    struct heap h;
    term what = bytes_term(&h, verb, NULL, bytes, n);
    if (is_value(what)) port_trace_sent(p, make_tuple2(&h, p->id, what), caller);
    heap_end(&h);
}

/* --- turns ------------------------------------------------------------------------------------ */

static void tell_port(struct port *p, term tag, term what)
{
    if (TRACED(&p->trace, TRACE_RUNNING_PORTS))
        trace_tell(&p->trace, tag, what, NO_VALUE, ATOM(true));
}

void port_turn_start(struct port_turn *t, struct port *p, struct process *caller, term what)
{
    bool told = caller && TRACED(&caller->trace, TRACE_RUNNING_PROCS);
    *t = (struct port_turn){NO_VALUE, NIL, what, false};
    if (!told && !TRACED(&p->trace, TRACE_RUNNING_PORTS) && !system_profile.runnable_ports) return;
    if (p->works) return;
    p->works = true;
    t->port = p->id;
    if (caller) t->caller = caller->pid;
    if (told) trace_scheduled(caller, ATOM(out));
    t->profiled = system_profile.runnable_ports && !term_same(what, ATOM(open));
    if (t->profiled) watch_port(p->id, ATOM(active));
    tell_port(p, ATOM(in), what);
}

void port_turn_end(const struct port_turn *t)
{
    if (is_no_value(t->port)) return;
    struct port *p = port_find(t->port);
    if (p) {
        p->works = false;
        tell_port(p, ATOM(out), t->what);
    }
    if (t->profiled && system_profile.runnable_ports) watch_port(t->port, ATOM(inactive));
    struct process *caller = process_find(t->caller);
    if (caller && TRACED(&caller->trace, TRACE_RUNNING_PROCS)) trace_scheduled(caller, ATOM(in));
}
