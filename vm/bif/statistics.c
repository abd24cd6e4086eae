/* SPDX-License-Identifier: Apache-2.0 */
/* statistics.c -- erlang:statistics/1. */
#include "bif/system.h"
#include "heap/maps.h"
#include "port/port.h"
#include "process/accounting.h"
#include "process/clock.h"
#include "process/memory.h"
#include "sched/sched.h"

static bool wall_time_on;
static uint64_t wall_time_since, wall_time_cpu; /* when it was turned on */

/* {Total, SinceLastCall} */
static term total_and_new(struct heap *h, uint64_t total, uint64_t *last)
{
    term result = make_tuple2(h, make_unsigned(h, total), make_unsigned(h, total - *last));
    *last = total;
    return result;
}

static uint64_t exact_reductions(const struct process *p)
{
    int64_t now = SLICE_REDUCTIONS - p->reductions;
    return sched_totals.reductions + (now > 0 ? (uint64_t)now : 0);
}

/* [{1, Active, Total}, ...]; those that stand for dirty schedulers are never active. */
static term wall_time(struct heap *h, int64_t schedulers)
{
    if (!wall_time_on) return ATOM(undefined);
    uint64_t active = plat_cpu_ns() - wall_time_cpu;
    uint64_t total = plat_monotonic_ns() - wall_time_since;
    term list = NIL;
    for (int64_t i = schedulers; i > 0; i--)
        list = make_cons(h,
                         make_tuple3(h, small(i), make_unsigned(h, i == 1 ? active : 0),
                                     make_unsigned(h, total)),
                         list);
    return list;
}

/* [#{type => scheduler, id => 1, counters => #{emulator => Nanoseconds, ...}}] */
static term accounts(struct heap *h)
{
    static const term names[ACCOUNTS] = {ATOM(aux),   ATOM(check_io), ATOM(emulator), ATOM(gc),
                                         ATOM(other), ATOM(port),     ATOM(sleep)};
    term counters[2 * ACCOUNTS];
    accounting_settle();
    for (int i = 0; i < ACCOUNTS; i++) {
        counters[2 * i] = names[i];
        counters[2 * i + 1] = make_unsigned(h, accounting_ns[i]);
    }
    term about[] = {ATOM(counters), map_from_pairs(h, counters, ACCOUNTS, false),
                    ATOM(id),       small(1),
                    ATOM(type),     ATOM(scheduler)};
    return make_cons(h, map_from_pairs(h, about, 3, false), NIL);
}

term bif_erts_internal_scheduler_wall_time_1(struct process *p, const term *arg)
{
    (void)p;
    term old = atom_bool(wall_time_on);
    bool on = term_same(arg[0], ATOM(true));
    if (on && !wall_time_on) {
        wall_time_since = plat_monotonic_ns();
        wall_time_cpu = plat_cpu_ns();
    }
    wall_time_on = on;
    return old;
}

static term collections(struct heap *h)
{
    struct collection_totals t = collection_totals();
    return make_tuple3(h, make_unsigned(h, t.collections), make_unsigned(h, t.words), small(0));
}

static term input_output(struct heap *h)
{
    term in = make_tuple2(h, ATOM(input), make_unsigned(h, port_totals.input));
    term out = make_tuple2(h, ATOM(output), make_unsigned(h, port_totals.output));
    return make_tuple2(h, in, out);
}

/* Processes that are ready, and with `running` the one that asks. */
static int64_t tasks(bool running) { return (int64_t)process_ready_count() + running; }

/* One for the scheduler, one or two for what stands for the dirty ones. */
static term queue_lengths(struct heap *h, bool running, size_t queues)
{
    return make_list(h, queues, (const term[]){small(tasks(running)), small(0), small(0)}, NIL);
}

term bif_erlang_statistics_1(struct process *p, const term *arg)
{
    static uint64_t last_reductions, last_exact, last_runtime, last_wall;
    struct heap *h = &p->heap;
    if (!is_atom(arg[0])) return raise_badarg(p);
    switch (atom_index(arg[0])) {
    case ATOM_reductions: return total_and_new(h, exact_reductions(p), &last_reductions);
    case ATOM_exact_reductions: return total_and_new(h, exact_reductions(p), &last_exact);
    case ATOM_runtime: return total_and_new(h, plat_cpu_ns() / 1000000, &last_runtime);
    case ATOM_wall_clock: return total_and_new(h, clock_uptime() / 1000000, &last_wall);
    case ATOM_context_switches:
        return make_tuple2(h, make_unsigned(h, sched_totals.context_switches), small(0));
    case ATOM_garbage_collection: return collections(h);
    case ATOM_io: return input_output(h);
    case ATOM_scheduler_wall_time: return wall_time(h, 2);
    case ATOM_scheduler_wall_time_all: return wall_time(h, 3);
    case ATOM_run_queue:
    case ATOM_total_run_queue_lengths:
    case ATOM_total_run_queue_lengths_all: return small(tasks(false));
    case ATOM_total_active_tasks:
    case ATOM_total_active_tasks_all: return small(tasks(true));
    case ATOM_run_queue_lengths: return queue_lengths(h, false, 2);
    case ATOM_run_queue_lengths_all: return queue_lengths(h, false, 3);
    case ATOM_active_tasks: return queue_lengths(h, true, 2);
    case ATOM_active_tasks_all: return queue_lengths(h, true, 3);
    case ATOM_run_queues: return make_tuple3(h, small(tasks(false)), small(0), small(0));
    case ATOM_microstate_accounting: return accounts(h);
    default: return raise_badarg(p);
    }
}
