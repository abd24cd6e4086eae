/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c -- system_monitor and system_profile: who hears of slow and large processes, and of scheduling. */
#include "process/watch.h"
#include "big/big.h"
#include "bif/bif.h"
#include "process/trace.h"

#define LARGE_HEAP_LEAST 16384 /* words */

/* --- system_monitor ----------------------------------------------------------------------- */

static term pair_cons(struct heap *h, term key, uint64_t value, term rest)
{
    return value ? make_cons(h, make_tuple2(h, key, make_unsigned(h, value)), rest) : rest;
}

/* {Pid, Options} or undefined. */
static term monitor_setting(struct process *p)
{
    const struct system_monitor *m = &system_monitor;
    struct heap *h = &p->heap;
    if (is_nil(m->pid)) return ATOM(undefined);
    term list = pair_cons(h, ATOM(long_gc), m->long_gc, NIL);
    list = pair_cons(h, ATOM(long_schedule), m->long_schedule, list);
    list = pair_cons(h, ATOM(large_heap), m->large_heap, list);
    if (m->busy_port) list = make_cons(h, ATOM(busy_port), list);
    if (m->busy_dist_port) list = make_cons(h, ATOM(busy_dist_port), list);
    return make_tuple2(h, m->pid, list);
}

static bool limit(term value, uint64_t least, uint64_t *to)
{
    if (!is_integer(value) || !integer_to_uint64(value, to)) return false;
    if (*to < least) *to = least;
    return true;
}

static bool monitor_option(term option, struct system_monitor *m)
{
    if (term_same(option, ATOM(busy_port))) return m->busy_port = true;
    if (term_same(option, ATOM(busy_dist_port))) return m->busy_dist_port = true;
    if (!is_tuple_of(option, 2)) return false;
    term key = element(option, 0), value = element(option, 1);
    if (term_same(key, ATOM(long_gc))) return limit(value, 1, &m->long_gc);
    if (term_same(key, ATOM(long_schedule))) return limit(value, 1, &m->long_schedule);
    if (term_same(key, ATOM(large_heap))) return limit(value, LARGE_HEAP_LEAST, &m->large_heap);
    return false;
}

static term monitor(struct process *p, term pid, term list)
{
    struct system_monitor m = {.pid = pid};
    term old;
    if (term_same(pid, ATOM(undefined)) || is_nil(list)) {
        old = monitor_setting(p);
        watch_off();
        return old;
    }
    if (!process_find(pid)) return raise_badarg(p);
    for (; is_cons(list); list = tail(list))
        if (!monitor_option(head(list), &m)) return raise_badarg(p);
    if (!is_nil(list)) return raise_badarg(p);
    old = monitor_setting(p);
    system_monitor = m;
    return old;
}

term bif_erlang_system_monitor_0(struct process *p, const term *arg)
{
    (void)arg;
    return monitor_setting(p);
}
term bif_erlang_system_monitor_1(struct process *p, const term *arg)
{
    if (term_same(arg[0], ATOM(undefined))) return monitor(p, arg[0], NIL);
    if (!is_tuple_of(arg[0], 2)) return raise_badarg(p);
    return monitor(p, element(arg[0], 0), element(arg[0], 1));
}
term bif_erlang_system_monitor_2(struct process *p, const term *arg)
{
    return monitor(p, arg[0], arg[1]);
}

/* --- system_profile ------------------------------------------------------------------------- */

static term profile_setting(struct process *p)
{
    const struct system_profile *s = &system_profile;
    struct heap *h = &p->heap;
    if (is_nil(s->pid)) return ATOM(undefined);
    term list = NIL;
    if (s->runnable_ports) list = make_cons(h, ATOM(runnable_ports), list);
    if (s->runnable_procs) list = make_cons(h, ATOM(runnable_procs), list);
    if (s->scheduler) list = make_cons(h, ATOM(scheduler), list);
    if (s->exclusive) list = make_cons(h, ATOM(exclusive), list);
    return make_tuple2(h, s->pid, list);
}

static bool profile_option(term option, struct system_profile *s)
{
    if (!is_atom(option)) return false;
    switch (atom_index(option)) {
    case ATOM_runnable_procs: return s->runnable_procs = true;
    case ATOM_runnable_ports: return s->runnable_ports = true;
    case ATOM_exclusive: return s->exclusive = true;
    case ATOM_scheduler: return s->scheduler = true;
    case ATOM_timestamp: s->stamp = TRACE_NOW; return true;
    case ATOM_strict_monotonic_timestamp: s->stamp = TRACE_STRICT; return true;
    case ATOM_monotonic_timestamp: s->stamp = TRACE_MONOTONIC; return true;
    default: return false;
    }
}

term bif_erlang_system_profile_0(struct process *p, const term *arg)
{
    (void)arg;
    return profile_setting(p);
}

term bif_erlang_system_profile_2(struct process *p, const term *arg)
{
    struct system_profile s = {.pid = arg[0], .stamp = TRACE_NOW};
    term list = arg[1], old;
    if (term_same(arg[0], ATOM(undefined)) || is_nil(list)) {
        old = profile_setting(p);
        watch_profile_off();
        return old;
    }
    if (!is_list(list) || !tracer_lives(arg[0])) return raise_badarg(p);
    for (; is_cons(list); list = tail(list))
        if (!profile_option(head(list), &s)) return raise_badarg(p);
    if (!is_nil(list)) return raise_badarg(p);
    old = profile_setting(p);
    system_profile = s;
    watch_runnable = s.runnable_procs;
    return old;
}
