/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c -- see trace.h. */
#include "process/trace.h"
#include "etf/etf.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/clock.h"
#include "process/hooks.h"
#include "process/log.h"
#include "process/message.h"
#include "process/unique.h"
#include "term/node.h"

struct tracee trace_new_processes = {.tracer = {TAG_NIL}}, trace_new_ports = {.tracer = {TAG_NIL}};
struct trace_event_pattern trace_send_pattern = {.on = true}, trace_receive_pattern = {.on = true};
struct trace_hooks trace_hooks;
bool trace_cpu_stamps;

/* --- tracers -------------------------------------------------------------------------------- */

void trace_set(struct process *p, uint32_t flags, term tracer)
{
    p->trace.flags = flags;
    p->trace.tracer = tracer;
    bool held = p->mailbox.held != NULL, hold = flags & TRACE_RECEIVE && !is_nil(tracer);
    if (hold && !held) mailbox_hold(&p->mailbox);
    if (!hold && held) mailbox_release(p);
}

static void trace_stop(struct tracee *t)
{
    struct process *p = process_find(t->id);
    if (p && &p->trace == t)
        trace_set(p, t->flags & ~(uint32_t)TRACE_ALL, NIL);
    else
        t->flags &= ~(uint32_t)TRACE_ALL, t->tracer = NIL;
}

bool trace_check(struct tracee *t)
{
    if (is_nil(t->tracer)) return false;
    if (tracer_stays(t->tracer, t->id)) return true;
    trace_stop(t);
    return false;
}

static void new_check(struct tracee *t)
{
    if (!(t->flags & TRACE_ALL)) t->tracer = NIL;
    if (!is_nil(t->tracer) && !tracer_lives(t->tracer)) t->tracer = NIL;
    if (is_nil(t->tracer)) t->flags &= ~(uint32_t)TRACE_ALL;
}

void trace_new_check(void)
{
    new_check(&trace_new_processes);
    new_check(&trace_new_ports);
}

bool trace_wanted(struct tracee *t, term tag)
{
    if (t->flags & TRACE_SENSITIVE || is_nil(t->tracer) || term_same(t->tracer, t->id))
        return false;
    if (!tracer_is_module(t->tracer)) return tracer_lives(t->tracer);
    bool over, wants = tracer_wants(t->tracer, tag, t->id, &over);
    if (over) trace_stop(t);
    return wants;
}

uint32_t trace_flag_bit(term name)
{
    if (!is_atom(name)) return 0;
    switch (atom_index(name)) {
    case ATOM_timestamp: return TRACE_NOW;
    case ATOM_strict_monotonic_timestamp: return TRACE_STRICT;
    case ATOM_monotonic_timestamp: return TRACE_MONOTONIC;
    case ATOM_all: return TRACE_ALL;
    case ATOM_send: return TRACE_SEND;
    case ATOM_receive: return TRACE_RECEIVE;
    case ATOM_set_on_spawn: return TRACE_ON_SPAWN;
    case ATOM_procs: return TRACE_PROCS;
    case ATOM_set_on_first_spawn: return TRACE_ON_FIRST_SPAWN;
    case ATOM_set_on_link: return TRACE_ON_LINK;
    case ATOM_set_on_first_link: return TRACE_ON_FIRST_LINK;
    case ATOM_running: return TRACE_RUNNING;
    case ATOM_exiting: return TRACE_EXITING;
    case ATOM_garbage_collection: return TRACE_GC;
    case ATOM_call: return TRACE_CALL;
    case ATOM_arity: return TRACE_ARITY;
    case ATOM_return_to: return TRACE_RETURN_TO;
    case ATOM_silent: return TRACE_SILENT;
    case ATOM_scheduler_id: return TRACE_SCHEDULER;
    case ATOM_running_ports: return TRACE_RUNNING_PORTS;
    case ATOM_running_procs: return TRACE_RUNNING_PROCS;
    case ATOM_ports: return TRACE_PORTS;
    default: return 0;
    }
}

/* --- time stamps ------------------------------------------------------------------------------ */

static term triple(int64_t us, term *words)
{
    words[0] = header(3, KIND_TUPLE);
    words[1] = small(us / 1000000000000);
    words[2] = small(us / 1000000 % 1000000);
    words[3] = small(us % 1000000);
    return boxed_term(words);
}

term trace_stamp(uint32_t flags, term *words)
{
    if (flags & TRACE_NOW)
        return triple(trace_cpu_stamps ? (int64_t)(plat_cpu_ns() / 1000) : clock_now_us(), words);
    if (!(flags & (TRACE_STRICT | TRACE_MONOTONIC))) return NO_VALUE;
    term time = small(clock_monotonic());
    if (!(flags & TRACE_STRICT)) return time;
    words[0] = header(2, KIND_TUPLE);
    words[1] = time;
    words[2] = small(unique_monotonic());
    return boxed_term(words);
}

/* --- telling ------------------------------------------------------------------------------------ */

static void to_port(term port, term message)
{
    static const struct etf_options options = {0};
    size_t n = etf_size(message, &options);
    uint8_t *bytes = n == SIZE_MAX ? NULL : arena_malloc(n + 1);
    if (!bytes) return;
    bytes[0] = 131;
    etf_encode(bytes + 1, message, &options);
    trace_hooks.port_output(port, bytes, n + 1);
    arena_free(bytes);
}

void trace_deliver(term tracer, term id, const term *items, size_t count)
{
    term words[TUPLE_WORDS(9)];
    words[0] = header(count, KIND_TUPLE);
    memcpy(words + 1, items, count * sizeof *words);
    term message = boxed_term(words);
    struct process *p = process_find(tracer);
    if (!p) {
        if (is_local_port(tracer) && trace_hooks.port_output) to_port(tracer, message);
        return;
    }
    struct parts b;
    if (!parts_start(&b, copy_words(message, true))) return;
    message = parts_copy(&b, message);
    b.fragment->used = (size_t)(b.at - b.fragment->memory);
    mailbox_deliver_from(is_pid(id) ? id : ATOM(system), p, message, b.fragment, ATOM(undefined));
}

void trace_tell_to(term tracer, uint32_t flags, term id, term tag, term what, term extra,
                   term result)
{
    term items[9], stamp[TRACE_STAMP_WORDS];
    size_t n = 0;
    if (tracer_is_module(tracer)) {
        tracer_tell(tracer, flags, id, tag, what, extra, result);
        return;
    }
    bool sequential = term_same(tag, ATOM(seq_trace));
    items[n++] = sequential ? tag : ATOM(trace);
    items[n++] = id;
    if (!sequential) items[n++] = tag;
    items[n++] = what;
    if (is_value(extra)) items[n++] = extra;
    if (!term_same(result, ATOM(true))) items[n++] = result;
    if (flags & TRACE_SCHEDULER) items[n++] = small(1);
    term time = trace_stamp(flags, stamp);
    if (is_value(time)) {
        items[n++] = time;
        if (!sequential) items[0] = ATOM(trace_ts);
    }
    trace_deliver(tracer, id, items, n);
}

void trace_tell(struct tracee *t, term tag, term what, term extra, term result)
{
    if (trace_wanted(t, tag)) trace_tell_to(t->tracer, t->flags, t->id, tag, what, extra, result);
}

/* --- messages ------------------------------------------------------------------------------------- */

/* What the pattern of an event says; NO_VALUE: nothing is to be told. */
static term ask(struct process *p, const struct trace_event_pattern *pattern, const term *args,
                size_t count)
{
    if (!pattern->on) return NO_VALUE;
    if (!pattern->spec) return ATOM(true);
    unsigned wishes;
    term result = trace_hooks.match(p, pattern->spec, args, count, &wishes);
    if (is_no_value(result) || term_same(result, ATOM(false))) return NO_VALUE;
    return p->trace.flags & TRACE_SILENT ? NO_VALUE : result;
}

void trace_sent(struct process *p, term to, term message)
{
    if (p->trace.flags & TRACE_SENSITIVE) return;
    term result = ask(p, &trace_send_pattern, (const term[]){to, message}, 2);
    if (is_no_value(result)) return;
    bool nobody = (is_local_pid(to) && !process_find(to)) ||
                  (is_external_pid(to) && term_same(node_of(to)->name, node_this->name));
    trace_tell(&p->trace, nobody ? ATOM(send_to_non_existing_process) : ATOM(send), message, to,
               result);
}

void trace_received(struct process *p, term from, term message)
{
    if (p->trace.flags & TRACE_SENSITIVE) return;
    term args[3] = {from, ATOM(undefined), message};
    if (is_pid(from)) args[0] = node_of(from)->name, args[1] = from;
    term result = ask(p, &trace_receive_pattern, args, 3);
    if (is_value(result)) trace_tell(&p->trace, ATOM(receive), message, NO_VALUE, result);
}

/* --- processes -------------------------------------------------------------------------------------- */

void trace_procs(struct process *p, term tag, term what)
{
    trace_tell(&p->trace, tag, what, NO_VALUE, ATOM(true));
}

void trace_linked(term id, term tag, term other)
{
    struct process *p = process_find(id);
    struct tracee *t = p ? &p->trace : trace_hooks.port_tracee ? trace_hooks.port_tracee(id) : NULL;
    if (p) mailbox_fetch(p); /* what came before this signal */
    if (t && t->flags & (p ? TRACE_PROCS : TRACE_PORTS))
        trace_tell(t, tag, other, NO_VALUE, ATOM(true));
}

static void tell_spawn(struct process *p, term tag, term who, const term call[4])
{
    trace_tell(&p->trace, tag, who, boxed_term(call), ATOM(true));
}

void trace_spawned(struct process *parent, struct process *child, bool linked, term module,
                   term function, term args)
{
    const term call[4] = {header(3, KIND_TUPLE), module, function, args};
    if (parent && TRACED(&parent->trace, TRACE_PROCS)) {
        tell_spawn(parent, ATOM(spawn), child->pid, call);
        if (linked) trace_procs(parent, ATOM(link), child->pid);
    }
    if (TRACED(&child->trace, TRACE_PROCS)) {
        tell_spawn(child, ATOM(spawned), parent ? parent->pid : ATOM(undefined), call);
        if (linked) trace_procs(child, ATOM(getting_linked), parent->pid);
    }
}

void trace_inherit(struct process *parent, struct process *child, bool linked)
{
    uint32_t flags = trace_new_processes.flags, from = parent ? parent->trace.flags : 0;
    term tracer = trace_new_processes.tracer;
    if (!is_nil(tracer)) {
        trace_new_check();
        flags = trace_new_processes.flags, tracer = trace_new_processes.tracer;
    }
    if (!parent || is_nil(parent->trace.tracer)) from = 0;
    uint32_t all = from & TRACE_ALL, by_spawn = TRACE_ON_SPAWN | TRACE_ON_FIRST_SPAWN,
             by_link = TRACE_ON_LINK | TRACE_ON_FIRST_LINK;
    if (from & by_spawn) flags |= all, tracer = parent->trace.tracer;
    if (from & TRACE_ON_FIRST_SPAWN) flags &= ~by_spawn, parent->trace.flags &= ~by_spawn;
    if (linked && from & by_link) {
        /* Of the parent as it is now: what ended with the first spawn does not come back. */
        flags |= parent->trace.flags & TRACE_ALL, tracer = parent->trace.tracer;
        if (from & TRACE_ON_FIRST_LINK) flags &= ~by_link, parent->trace.flags &= ~by_link;
    }
    if (flags) trace_set(child, flags, tracer);
}

void trace_inherit_by_link(struct process *p, struct process *other)
{
    uint32_t by_link = TRACE_ON_LINK | TRACE_ON_FIRST_LINK, from = p->trace.flags;
    if (!(from & by_link) || is_nil(p->trace.tracer)) return;
    uint32_t flags = other->trace.flags | (from & TRACE_ALL);
    if (from & TRACE_ON_FIRST_LINK) flags &= ~by_link, p->trace.flags &= ~by_link;
    trace_set(other, flags, p->trace.tracer);
}

void trace_scheduled(struct process *p, term tag)
{
    term words[4] = {header(3, KIND_TUPLE)};
    bool known = p->state != PROCESS_EXITING && process_hooks.place(p, words + 1);
    trace_tell(&p->trace, tag, known ? boxed_term(words) : small(0), NO_VALUE, ATOM(true));
}

/* --- messages with a heap of their own ---------------------------------------------------------------------------------------- */

static void scratch_full(struct heap *h) __attribute__((__noreturn__));
static void scratch_full(struct heap *h)
{
    (void)h;
    plat_panic(__FILE__, __LINE__, "out of memory for a trace message");
}

bool trace_heap_start(struct heap *h)
{
    *h = (struct heap){.exhausted = scratch_full};
    return heap_start(h, 128);
}

void trace_collection(struct process *p, term tag, size_t words)
{
    if (!trace_wanted(&p->trace, tag)) return;
    struct heap h;
    if (!trace_heap_start(&h)) return;
    term size = make_tuple2(&h, ATOM(wordsize), make_unsigned(&h, words));
    term list = make_cons(&h, size, heap_info_list(&h, p));
    trace_tell_to(p->trace.tracer, p->trace.flags, p->pid, tag, list, NO_VALUE, ATOM(true));
    heap_end(&h);
}
