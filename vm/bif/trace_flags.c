/* SPDX-License-Identifier: Apache-2.0 */
/* trace_flags.c -- which processes and ports are traced, and what for: trace/3, trace_info/2. */
#include "bif/trace.h"
#include "port/port.h"
#include "process/log.h"
#include "term/map.h"
#include "term/node.h"

/* --- tracers -------------------------------------------------------------------------------- */

term tracer_of(term prefix, term t)
{
    term module = ATOM(erl_tracer), state = NO_VALUE;
    if (is_tuple(t)) {
        size_t n = tuple_size(t);
        bool tagged = is_value(prefix) && n >= 2 && term_same(element(t, 0), prefix);
        if (tagged && n == 2)
            t = element(t, 1);
        else if (tagged && n == 3 && is_atom(element(t, 1)))
            module = element(t, 1), state = element(t, 2);
        else if (is_no_value(prefix) && n == 2 && is_atom(element(t, 0)))
            module = element(t, 0), state = element(t, 1);
    }
    if (is_nil(t)) return NIL;
    if (is_no_value(state)) state = t;
    if (!term_same(module, ATOM(erl_tracer))) return tracer_of_module(module, state);
    return is_local_pid(state) || is_local_port(state) ? state : NO_VALUE;
}

bool trace_options(term list, struct trace_options *o)
{
    *o = (struct trace_options){.tracer = NIL};
    for (; is_cons(list); list = tail(list)) {
        uint32_t bit = trace_flag_bit(head(list));
        o->flags |= bit;
        if (bit) continue;
        if (term_same(head(list), ATOM(cpu_timestamp))) {
            o->cpu_stamps = true;
        } else if (is_tuple(head(list))) {
            o->tracer = tracer_of(ATOM(tracer), head(list));
            if (is_no_value(o->tracer)) return false;
        } else {
            return false;
        }
    }
    return is_nil(list);
}

/* --- trace/3 ------------------------------------------------------------------------------------- */

struct change {
    const struct trace_options *options;
    bool on;
    int64_t matches;
};

/* false: it has another tracer, who lives. */
static bool change_one(struct tracee *t, struct process *p, const struct change *c)
{
    term tracer = c->options->tracer;
    if (!is_nil(tracer) && t->flags & TRACE_ALL && !is_nil(t->tracer) &&
        !term_same(t->tracer, tracer) && tracer_lives(t->tracer))
        return false;
    uint32_t flags = c->on ? t->flags | c->options->flags : t->flags & ~c->options->flags;
    if (!(flags & TRACE_ALL))
        tracer = NIL;
    else if (is_nil(tracer))
        tracer = t->tracer;
    if (p)
        trace_set(p, flags, tracer);
    else
        t->flags = flags, t->tracer = tracer;
    return true;
}

static void change_process(struct process *p, void *context)
{
    struct change *c = context;
    c->matches += change_one(&p->trace, p, c);
}
static void change_port(struct port *port, void *context)
{
    struct change *c = context;
    c->matches += change_one(&port->trace, NULL, c);
}

/* One process or port. */
static term change_given(struct process *p, term id, struct change *c)
{
    if (c->options->cpu_stamps) return raise_badarg(p);
    struct process *q = process_find(id);
    struct port *port = port_find(id);
    if (!q && !port) return raise_badarg(p);
    if (change_one(q ? &q->trace : &port->trace, q, c)) return small(1);
    log_text(ATOM(error), p->group_leader, "** can only have one tracer per process\n");
    return raise_badarg(p);
}

static bool change_new(struct tracee *t, const struct change *c, uint32_t possible)
{
    uint32_t flags = c->options->flags & possible;
    if (!flags) return false;
    if (c->on)
        t->flags |= flags;
    else
        t->flags &= ~flags;
    t->tracer = c->options->tracer;
    trace_new_check();
    return true;
}

/* Names of many.  false: no such name. */
static bool change_many(term which, struct change *c)
{
    uint32_t name = is_atom(which) ? atom_index(which) : ATOM_undefined;
    bool all = name == ATOM_all, existing = all || name == ATOM_existing;
    bool ports = name == ATOM_ports, processes = name == ATOM_processes;
    bool only_ports = ports || name == ATOM_existing_ports || name == ATOM_new_ports;
    bool only_processes =
        processes || name == ATOM_existing_processes || name == ATOM_new_processes;
    bool old = existing || ports || processes || name == ATOM_existing_ports ||
               name == ATOM_existing_processes;
    bool new = all || ports || processes || name == ATOM_new || name == ATOM_new_ports ||
               name == ATOM_new_processes;
    if (!old && !new) return false;
    uint32_t flags = c->options->flags;
    bool common = flags & TRACE_COMMON;
    if (old && !only_ports && (common || flags & TRACE_OF_PROCESSES))
        process_each(change_process, c);
    if (old && !only_processes && (common || flags & TRACE_OF_PORTS)) port_each(change_port, c);
    if (new && !only_ports) change_new(&trace_new_processes, c, TRACE_OF_PROCESSES);
    if (new && !only_processes) change_new(&trace_new_ports, c, TRACE_OF_PORTS);
    return true;
}

/* (What, On, Flags) */
term bif_erts_internal_trace_3(struct process *p, const term *arg)
{
    struct trace_options o;
    if (!trace_options(arg[2], &o)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    bool on = term_same(arg[1], ATOM(true));
    if (!on && !term_same(arg[1], ATOM(false))) return raise_badarg(p);
    if (on && is_nil(o.tracer)) o.tracer = p->pid;
    struct change c = {&o, on, 0};
    if (is_local_pid(arg[0]) || is_local_port(arg[0])) return change_given(p, arg[0], &c);
    if (o.cpu_stamps && !term_same(arg[0], ATOM(all))) return raise_badarg(p);
    if (!change_many(arg[0], &c)) return raise_badarg(p);
    if (o.cpu_stamps) trace_cpu_stamps = on;
    bump(p, c.matches / 8);
    return small(c.matches);
}

/* --- trace_info/2 --------------------------------------------------------------------------------- */

term trace_flag_names(struct heap *h, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        term name;
    } rows[] = {
        {TRACE_NOW, ATOM(timestamp)},
        {TRACE_STRICT, ATOM(strict_monotonic_timestamp)},
        {TRACE_MONOTONIC, ATOM(monotonic_timestamp)},
        {TRACE_SEND, ATOM(send)},
        {TRACE_RECEIVE, ATOM(receive)},
        {TRACE_ON_SPAWN, ATOM(set_on_spawn)},
        {TRACE_CALL, ATOM(call)},
        {TRACE_PROCS, ATOM(procs)},
        {TRACE_ON_FIRST_SPAWN, ATOM(set_on_first_spawn)},
        {TRACE_ON_LINK, ATOM(set_on_link)},
        {TRACE_ON_FIRST_LINK, ATOM(set_on_first_link)},
        {TRACE_RUNNING, ATOM(running)},
        {TRACE_EXITING, ATOM(exiting)},
        {TRACE_GC, ATOM(garbage_collection)},
        {TRACE_ARITY, ATOM(arity)},
        {TRACE_RETURN_TO, ATOM(return_to)},
        {TRACE_SILENT, ATOM(silent)},
        {TRACE_SCHEDULER, ATOM(scheduler_id)},
        {TRACE_PORTS, ATOM(ports)},
        {TRACE_RUNNING_PORTS, ATOM(running_ports)},
        {TRACE_RUNNING_PROCS, ATOM(running_procs)},
    };
    term list = NIL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (flags & rows[i].flag) list = make_cons(h, rows[i].name, list);
    return list;
}

static term info_of(struct process *p, const struct tracee *t, term item)
{
    if (term_same(item, ATOM(tracer)))
        return make_tuple2(&p->heap, item, tracer_term(&p->heap, t->tracer));
    if (!term_same(item, ATOM(flags))) return raise_badarg(p);
    return make_tuple2(&p->heap, item, trace_flag_names(&p->heap, t->flags));
}

static term info_of_id(struct process *p, term id, term item)
{
    struct process *q = process_find(id);
    struct port *port = port_find(id);
    bool known = term_same(item, ATOM(flags)) || term_same(item, ATOM(tracer));
    if (!q && !port) return known || is_local_port(id) ? ATOM(undefined) : raise_badarg(p);
    struct tracee *t = q ? &q->trace : &port->trace;
    if (!is_nil(t->tracer)) trace_check(t);
    return info_of(p, t, item);
}

term bif_erlang_trace_info_2(struct process *p, const term *arg)
{
    term what = arg[0], item = arg[1];
    if (is_tuple(what) || term_same(what, ATOM(on_load)) || term_same(what, ATOM(send)) ||
        term_same(what, ATOM(receive))) {
        term result = trace_info_of_call(p, what, item);
        return is_value(result) ? result : raise_badarg(p);
    }
    if (is_local_pid(what) || is_local_port(what)) return info_of_id(p, what, item);
    trace_new_check();
    if (term_same(what, ATOM(new)) || term_same(what, ATOM(new_processes)))
        return info_of(p, &trace_new_processes, item);
    if (term_same(what, ATOM(new_ports))) return info_of(p, &trace_new_ports, item);
    if (is_external_pid(what) && term_same(node_of(what)->name, node_this->name))
        return ATOM(undefined);
    return raise_cause(p, ATOM(badarg), ATOM(badopt));
}

/* Trace messages are delivered at once: {trace_delivered, Process, Ref}. */
term bif_erlang_trace_delivered_1(struct process *p, const term *arg)
{
    if (!is_local_pid(arg[0]) && !term_same(arg[0], ATOM(all))) return raise_badarg(p);
    term ref = make_ref(&p->heap);
    mailbox_send(NULL, p, make_tuple3(&p->heap, ATOM(trace_delivered), arg[0], ref));
    return ref;
}

/* --- erl_tracer -------------------------------------------------------------------------------------- */

/* (Tag, Tracer, Tracee) */
term bif_erl_tracer_enabled_3(struct process *p, const term *arg)
{
    (void)p;
    if (!tracer_lives(arg[1]))
        return term_same(arg[0], ATOM(trace_status)) ? ATOM(remove) : ATOM(discard);
    return term_same(arg[1], arg[2]) ? ATOM(discard) : ATOM(trace);
}

/* (Tag, Tracer, Tracee, Message, Options) */
term bif_erl_tracer_trace_5(struct process *p, const term *arg)
{
    (void)p;
    term extra = NO_VALUE, result = ATOM(true), stamp = NO_VALUE;
    uint32_t flags = 0;
    if (is_map(arg[4])) {
        extra = map_get(arg[4], ATOM(extra));
        result = map_get(arg[4], ATOM(match_spec_result));
        if (is_no_value(result)) result = ATOM(true);
        if (is_value(map_get(arg[4], ATOM(scheduler_id)))) flags |= TRACE_SCHEDULER;
        stamp = map_get(arg[4], ATOM(timestamp));
    }
    if (is_value(stamp))
        flags |= term_same(stamp, ATOM(monotonic))          ? TRACE_MONOTONIC
                 : term_same(stamp, ATOM(strict_monotonic)) ? TRACE_STRICT
                                                            : TRACE_NOW;
    trace_tell_to(arg[1], flags, arg[2], arg[0], arg[3], extra, result);
    return ATOM(ok);
}
