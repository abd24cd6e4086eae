/* SPDX-License-Identifier: Apache-2.0 */
/* trace_pattern.c -- which calls and messages are traced: trace_pattern/3, and trace_info/2 of functions. */
#include "bif/match_spec.h"
#include "bif/trace.h"
#include "bif/trace_start.h"
#include "code/breakpoint.h"
#include "code/call_time.h"

static struct match_program *program_of(struct resource *r) { return (struct match_program *)r; }

static term run_spec(struct process *p, struct resource *spec, const term *args, size_t count,
                     unsigned *wishes)
{
    return match_call(p, program_of(spec), args, count, wishes, false);
}

static void replace(struct resource **spec, struct resource *to)
{
    if (to) resource_keep(to);
    if (*spec) resource_drop(*spec);
    *spec = to;
}

/* --- code that is loaded ------------------------------------------------------------------------ */

/* trace_pattern(on_load, ...): what becomes current later gets it too. */
static struct {
    bool on;
    uint32_t kinds; /* 0: global */
    struct resource *spec, *meta_spec;
    term meta_tracer;
} on_load = {.meta_tracer = {TAG_NIL}};

static void set_new_code(term module)
{
    if (!on_load.on) return;
    struct break_request r = {.module = module,
                              .specified = 1,
                              .change = BREAK_ON,
                              .kinds = on_load.kinds & ~(uint32_t)BREAK_META,
                              .spec = on_load.spec,
                              .meta_tracer = on_load.meta_tracer};
    if (r.kinds || !on_load.kinds) breakpoints_change(&r);
    r.kinds = BREAK_META;
    r.spec = on_load.meta_spec;
    if (on_load.kinds & BREAK_META) breakpoints_change(&r);
}

static void change_on_load(const struct break_request *r)
{
    bool on = r->change != BREAK_OFF;
    uint32_t kinds = r->kinds;
    if (kinds & BREAK_LOCAL || !kinds) replace(&on_load.spec, r->spec);
    if (kinds & BREAK_META) {
        replace(&on_load.meta_spec, r->spec);
        on_load.meta_tracer = r->meta_tracer;
    } else if (!kinds) {
        replace(&on_load.meta_spec, NULL);
        on_load.meta_tracer = NIL;
    }
    if (r->change != BREAK_ON && on) kinds &= ~(uint32_t)(BREAK_COUNT | BREAK_TIME);
    if (on_load.kinds && r->kinds) {
        on_load.kinds = on ? on_load.kinds | kinds : on_load.kinds & ~r->kinds;
        if (!on_load.kinds) on_load.on = false;
    } else if (!on_load.kinds && !r->kinds) {
        on_load.on = on;
    } else if (on) {
        on_load.kinds = kinds;
        on_load.on = !r->kinds || kinds;
    }
}

/* --- trace_pattern/3 -------------------------------------------------------------------------------- */

/* A request as it is read, and why it is bad. */
struct reading {
    struct break_request request;
    bool global;
    term reason, cause;
};

/* What is to be matched.  false: no specification. */
static bool read_pattern(struct process *p, term pattern, term what, struct reading *r)
{
    struct break_request *q = &r->request;
    q->change = BREAK_ON;
    if (term_same(pattern, ATOM(false)))
        q->change = BREAK_OFF;
    else if (term_same(pattern, ATOM(restart)))
        q->change = BREAK_RESTART;
    else if (term_same(pattern, ATOM(pause)))
        q->change = BREAK_PAUSE;
    else if (!is_nil(pattern) && !term_same(pattern, ATOM(true))) {
        enum match_dialect dialect = term_same(what, ATOM(receive)) ? MATCH_TRACE_RECEIVE
                                     : term_same(what, ATOM(send))  ? MATCH_TRACE_SEND
                                                                    : MATCH_TRACE;
        q->spec = (struct resource *)match_compile(p, pattern, dialect, NULL, &r->reason);
        r->cause = ATOM(match_spec);
        return q->spec;
    }
    return true;
}

static bool read_flag(struct process *p, term flag, struct reading *r)
{
    struct break_request *q = &r->request;
    uint32_t kind = 0;
    if (is_tuple(flag)) {
        q->meta_tracer = tracer_of(ATOM(meta), flag);
        q->kinds |= BREAK_META;
        return is_value(q->meta_tracer);
    }
    if (!is_atom(flag)) return false;
    switch (atom_index(flag)) {
    case ATOM_local: kind = BREAK_LOCAL; break;
    case ATOM_meta:
        kind = BREAK_META;
        if (is_nil(q->meta_tracer)) q->meta_tracer = p->pid;
        break;
    case ATOM_call_count: kind = BREAK_COUNT; break;
    case ATOM_call_time: kind = BREAK_TIME; break;
    case ATOM_global: r->global = true; return !q->kinds;
    default: return false;
    }
    q->kinds |= kind;
    return !r->global;
}

static bool read_flags(struct process *p, term list, struct reading *r)
{
    r->cause = ATOM(badopt);
    for (; is_cons(list); list = tail(list))
        if (!read_flag(p, head(list), r)) return false;
    if (!is_nil(list)) return false;
    uint32_t kinds = r->request.kinds;
    r->cause = ATOM(call_count); /* counters know no arguments */
    if (r->request.spec && kinds && !(kinds & (BREAK_LOCAL | BREAK_META))) return false;
    r->cause = ATOM(none);
    return true;
}

/* {Module, Function, Arity}, '_' from some place on. */
static bool read_function(term mfa, struct break_request *q)
{
    if (!is_tuple_of(mfa, 3) || !is_atom(element(mfa, 0)) || !is_atom(element(mfa, 1)))
        return false;
    term arity = element(mfa, 2);
    if (!is_small(arity) && !term_same(arity, ATOM(underscore))) return false;
    while (q->specified < 3 && !term_same(element(mfa, (size_t)q->specified), ATOM(underscore)))
        q->specified++;
    for (size_t i = (size_t)q->specified; i < 3; i++)
        if (!term_same(element(mfa, i), ATOM(underscore))) return false;
    q->module = element(mfa, 0);
    q->function = element(mfa, 1);
    if (q->specified == 3) q->arity = small_value(arity);
    return true;
}

/* Messages; -1: bad. */
static int64_t change_event(term event, const struct reading *r)
{
    const struct break_request *q = &r->request;
    struct trace_event_pattern *pattern = term_same(event, ATOM(send))      ? &trace_send_pattern
                                          : term_same(event, ATOM(receive)) ? &trace_receive_pattern
                                                                            : NULL;
    if (!pattern || r->global || q->kinds || q->change > BREAK_ON) return -1;
    replace(&pattern->spec, q->spec);
    pattern->on = q->change == BREAK_ON;
    return 1;
}

static int64_t change(struct reading *r, term what)
{
    if (term_same(what, ATOM(on_load))) {
        change_on_load(&r->request);
        return 0;
    }
    if (is_atom(what)) return change_event(what, r);
    return read_function(what, &r->request) ? breakpoints_change(&r->request) : -1;
}

/* (MFA, Match specification, Flags): how many functions. */
term bif_erts_internal_trace_pattern_3(struct process *p, const term *arg)
{
    struct reading r = {.request = {.meta_tracer = NIL}, .reason = ATOM(badarg)};
    int64_t matches = -1;
    if (read_pattern(p, arg[1], arg[0], &r) && read_flags(p, arg[2], &r))
        matches = change(&r, arg[0]);
    if (r.request.spec) resource_drop(r.request.spec);
    if (matches < 0) return raise_cause(p, r.reason, r.cause);
    bump(p, matches / 4);
    return small(matches);
}

/* --- trace_info/2 --------------------------------------------------------------------------------------- */

static term source_of(struct process *p, struct resource *spec)
{
    return spec ? copy_to_heap(match_source(program_of(spec)), &p->heap) : NIL;
}

static term times_of(struct process *p, const struct call_times *t)
{
    struct heap *h = &p->heap;
    term list = NIL;
    for (uint32_t i = 0; t && i < t->room; i++) {
        const struct call_time *row = &t->rows[i];
        if (!row->pid.bits) continue;
        uint64_t us = row->ns / 1000;
        term entry = make_tuple4(h, row->pid, small((int64_t)row->count),
                                 small((int64_t)(us / 1000000)), small((int64_t)(us % 1000000)));
        list = make_cons(h, entry, list);
    }
    return list;
}

static term traced_how(const struct breakpoint *b)
{
    if (b->flags & BREAK_GLOBAL) return ATOM(global);
    return b->flags & BREAK_LOCAL ? ATOM(local) : ATOM(false);
}

/* NO_VALUE: there is no such item. */
static term fact(struct process *p, const struct breakpoint *b, uint32_t item)
{
    switch (item) {
    case ATOM_traced: return traced_how(b);
    case ATOM_match_spec:
        return b->flags & (BREAK_GLOBAL | BREAK_LOCAL) ? source_of(p, b->spec) : ATOM(false);
    case ATOM_meta:
        return is_nil(b->meta_tracer) ? ATOM(false) : tracer_term(&p->heap, b->meta_tracer);
    case ATOM_meta_match_spec:
        return b->flags & BREAK_META ? source_of(p, b->meta_spec) : ATOM(false);
    case ATOM_call_count:
        return b->flags & BREAK_COUNT ? make_unsigned(&p->heap, b->count) : ATOM(false);
    case ATOM_call_time: return b->flags & BREAK_TIME ? times_of(p, b->times) : ATOM(false);
    default: return NO_VALUE;
    }
}

static term all_facts(struct process *p, const struct breakpoint *b, bool of_new_code)
{
    static const uint32_t items[] = {ATOM_traced,          ATOM_match_spec, ATOM_meta,
                                     ATOM_meta_match_spec, ATOM_call_time,  ATOM_call_count};
    struct heap *h = &p->heap;
    term list = NIL;
    for (size_t i = sizeof items / sizeof *items; i-- > 0;) {
        term value = fact(p, b, items[i]);
        if (of_new_code && items[i] == ATOM_call_time) continue;
        if (of_new_code && items[i] == ATOM_call_count) value = atom_bool(b->flags & BREAK_COUNT);
        list = make_cons(h, make_tuple2(h, atom_term(items[i]), value), list);
    }
    return list;
}

static term info_of_function(struct process *p, term mfa, term item)
{
    if (!is_tuple_of(mfa, 3) || !is_atom(element(mfa, 0)) || !is_atom(element(mfa, 1)) ||
        !is_small(element(mfa, 2)))
        return NO_VALUE;
    bool exists;
    const struct breakpoint *b =
        breakpoint_find(element(mfa, 0), element(mfa, 1), small_value(element(mfa, 2)), &exists);
    struct heap *h = &p->heap;
    if (!exists) return make_tuple2(h, item, ATOM(undefined));
    if (!b) return make_tuple2(h, item, ATOM(false));
    if (!is_atom(item)) return NO_VALUE;
    if (term_same(item, ATOM(all))) return make_tuple2(h, item, all_facts(p, b, false));
    term value = fact(p, b, atom_index(item));
    /* No tracer is [] here and false there, as it has always been. */
    if (term_same(item, ATOM(meta)) && term_same(value, ATOM(false))) value = NIL;
    return is_value(value) ? make_tuple2(h, item, value) : NO_VALUE;
}

static term info_of_on_load(struct process *p, term item)
{
    struct heap *h = &p->heap;
    if (!on_load.on) return make_tuple2(h, item, ATOM(false));
    struct breakpoint like = {.flags = on_load.kinds ? on_load.kinds : BREAK_GLOBAL,
                              .spec = on_load.spec,
                              .meta_spec = on_load.meta_spec,
                              .meta_tracer = on_load.meta_tracer};
    if (!(like.flags & BREAK_META)) like.meta_tracer = NIL;
    if (!is_atom(item)) return NO_VALUE;
    switch (atom_index(item)) {
    case ATOM_call_count: return make_tuple2(h, item, atom_bool(like.flags & BREAK_COUNT));
    case ATOM_call_time: return make_tuple2(h, item, atom_bool(like.flags & BREAK_TIME));
    case ATOM_all: return make_tuple2(h, item, all_facts(p, &like, true));
    default: break;
    }
    term value = fact(p, &like, atom_index(item));
    return is_value(value) ? make_tuple2(h, item, value) : NO_VALUE;
}

term trace_info_of_call(struct process *p, term what, term item)
{
    if (is_tuple(what)) return info_of_function(p, what, item);
    if (term_same(what, ATOM(on_load))) return info_of_on_load(p, item);
    if (!term_same(item, ATOM(match_spec))) return NO_VALUE;
    const struct trace_event_pattern *e =
        term_same(what, ATOM(send)) ? &trace_send_pattern : &trace_receive_pattern;
    term value = !e->on ? ATOM(false) : e->spec ? source_of(p, e->spec) : ATOM(true);
    return make_tuple2(&p->heap, item, value);
}

static void mark_tracers(void (*mark)(term tracer))
{
    mark(on_load.meta_tracer);
    breakpoints_mark_tracers(mark);
}

void trace_start(const struct plat_boot *boot)
{
    (void)boot;
    trace_hooks.match = run_spec;
    trace_hooks.mark_call_tracers = mark_tracers;
    breakpoints_of_new_code = set_new_code;
}
