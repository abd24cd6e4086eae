/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c -- see sched.h. */
#include "code/engine.h"
#include "code/nif.h"
#include "process/accounting.h"
#include "code/call_time.h"
#include "process/hooks.h"
#include "process/registry.h"
#include "process/timer.h"
#include "process/trace.h"
#include "process/watch.h"
#include "sched/sched.h"
#include "sched/start.h"
#include "sched/system_task.h"

#define BITS 64

#ifndef STRESS_SCHED
#define STRESS_SCHED 0 /* 1: every process yields after one to three calls */
#endif

static int64_t slice(void)
{
#if STRESS_SCHED
    static uint64_t seed = 0x9e3779b97f4a7c15u; /* the same slices at every start */
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return 1 + (int64_t)(seed % 3);
#else
    return SLICE_REDUCTIONS;
#endif
}

struct sched_totals sched_totals;

static void (*watchers[BITS])(plat_ready which);

void sched_watch(plat_ready mask, void (*ready)(plat_ready which))
{
    for (unsigned i = 0; i < BITS; i++)
        if (mask >> i & 1) watchers[i] = ready;
}

static void tell(plat_ready ready)
{
    account(ACCOUNT_CHECK_IO);
    while (ready) {
        unsigned i = (unsigned)__builtin_ctzll(ready);
        if (watchers[i]) watchers[i](UINT64_C(1) << i);
        ready &= ready - 1;
    }
    account(ACCOUNT_OTHER);
}

/* --- processes ------------------------------------------------------------------------------------ */

/* The first process is `init`: without it there is nothing left that could stop the machine. */
static void init_ended(void)
{
    static const char text[] = "The process init has ended.\n";
    plat_console_write_error(text, sizeof text - 1);
    plat_exit(1);
}

/* Somebody wants to hear of each slice. */
static uint32_t watched(void) { return system_monitor.long_schedule != 0; }

static void run_watched(struct process *p)
{
    term in[3] = {NO_VALUE}, out[3] = {NO_VALUE};
    trace_check(&p->trace);
    if (TRACED(&p->trace, TRACE_RUNNING | TRACE_RUNNING_PROCS)) trace_scheduled(p, ATOM(in));
    if (p->call_clock) call_clock_go_on(p);
    process_hooks.place(p, in);
    uint64_t start = plat_monotonic_ns();
    engine_run(p);
    if (process_find(p->pid) != p) return;
    if (system_monitor.long_schedule && process_hooks.place(p, out))
        watch_slice(p, plat_monotonic_ns() - start, in, out);
    if (p->call_clock) call_clock_stop(p);
}

static void run(struct process *p)
{
    const int64_t given = slice();
    p->state = PROCESS_RUNNING;
    p->hibernating = false;
    p->reductions = given;
    process_running = p;
    account(ACCOUNT_EMULATOR);
    if (unlikely(p->trace.flags | watched()))
        run_watched(p);
    else
        engine_run(p);
    account(ACCOUNT_OTHER);
    /* Also when that was asked for in this very slice. */
    if (TRACED(&p->trace, TRACE_RUNNING | TRACE_RUNNING_PROCS) && process_find(p->pid) == p)
        trace_scheduled(p, ATOM(out));
    process_running = NULL;

    uint64_t used = p->reductions < given ? (uint64_t)(given - p->reductions) : 0;
    p->total_reductions += used;
    sched_totals.reductions += used;
    sched_totals.context_switches++;

    if (process_find(p->pid) != p) { /* it has ended, whatever its state says now */
        p->state = PROCESS_EXITING;
        process_finish(p);
    } else if (p->state == PROCESS_RUNNING || p->state == PROCESS_RUNNABLE) {
        process_make_ready(p);
    } else if (unlikely(watch_runnable)) {
        watch_process(p, ATOM(inactive));
    }
}

/* --- stopping --------------------------------------------------------------------------------------- */

static bool send_to(term name, term a, term b)
{
    term id = registry_find(name);
    struct process *p = is_value(id) ? process_find(id) : NULL;
    term words[3] = {header(2, KIND_TUPLE), a, b};
    return p && mailbox_send(NULL, p, boxed_term(words));
}

static bool asked_to_stop;

void sched_stop(plat_ready which)
{
    (void)which;
    if (asked_to_stop) plat_exit(130);
    const bool boots =
        is_value(registry_find(ATOM(init))) && !is_value(registry_find(ATOM(logger)));
    if (boots) plat_exit(0);
    asked_to_stop = send_to(ATOM(erl_signal_server), ATOM(notify), ATOM(sigterm)) ||
                    send_to(ATOM(init), ATOM(stop), ATOM(stop));
    if (!asked_to_stop) plat_exit(130);
}

void sched_restarts(void)
{
    if (asked_to_stop) plat_exit(0);
}

void sched_stop_forget(void) { asked_to_stop = false; }

/* --- soon ------------------------------------------------------------------------------------------ */

static struct soon *soon_first, **soon_last = &soon_first;

void sched_soon(struct soon *s, void (*work)(struct soon *s))
{
    if (s->waits) return;
    s->waits = true;
    s->run = work;
    s->next = NULL;
    *soon_last = s;
    soon_last = &s->next;
}

static void do_soon(void)
{
    struct soon *s = soon_first;
    soon_first = NULL;
    soon_last = &soon_first;
    account(ACCOUNT_CHECK_IO);
    while (s) {
        struct soon *next = s->next;
        s->waits = false;
        s->run(s);
        s = next;
    }
    account(ACCOUNT_OTHER);
}

/* --- chores ------------------------------------------------------------------------------------------- */

#define SLICES_PER_CHORES 16

/* true: there is more to do. */
static bool do_chores(bool idle)
{
    bool more = false;
    account(ACCOUNT_AUX);
    for (size_t i = 0; image_chores[i]; i++) more |= image_chores[i](idle);
    account(ACCOUNT_OTHER);
    return more;
}

/* --- the C stack ------------------------------------------------------------------------------------------ */

#define C_STACK_BYTES (2 << 20)
static uintptr_t stack_start;

int64_t sched_stack_left(void)
{
    return C_STACK_BYTES - (int64_t)(stack_start - (uintptr_t)__builtin_frame_address(0));
}

/* --- the loop ------------------------------------------------------------------------------------------- */

void sched_loop(void)
{
    process_hooks.first_ended = init_ended;
    sched_watch(PLAT_READY_STOP, sched_stop);
    sched_watch(PLAT_READY_COPY, sched_copy);
    stack_start = (uintptr_t)__builtin_frame_address(0);
    for (unsigned slices = 0;;) {
        timer_advance(plat_monotonic_ns());
        if (plat_pending()) tell(plat_wait(0));
        if (nif_hooks.due) nif_hooks.settle();
        if (unlikely(system_tasks_wait)) system_tasks_do();
        if (unlikely(soon_first)) do_soon();
        struct process *p = process_next_ready();
        if (p) {
            run(p);
            if (++slices % SLICES_PER_CHORES == 0) do_chores(false);
        } else if (!soon_first && !do_chores(true)) {
            if (system_profile.scheduler) watch_scheduler(ATOM(inactive));
            tell(sched_idle());
            if (system_profile.scheduler) watch_scheduler(ATOM(active));
        }
    }
}
