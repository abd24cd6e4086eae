/* SPDX-License-Identifier: Apache-2.0 */
/* call_time.c -- see call_time.h. */
#include "code/call_time.h"
#include "code/breakpoint.h"
#include "heap/arena.h"
#include "platform/platform.h"

struct call_clock {
    struct export *running; /* NULL: no function */
    uint64_t since;
};

/* --- rows by pid ------------------------------------------------------------------------------ */

void call_times_free(struct call_times *t)
{
    if (!t) return;
    arena_free(t->rows);
    arena_free(t);
}

static struct call_time *slot(const struct call_times *t, term pid)
{
    uint32_t i = (uint32_t)((pid.bits * UINT64_C(0x9E3779B97F4A7C15)) >> 40) & (t->room - 1);
    while (t->rows[i].pid.bits && !term_same(t->rows[i].pid, pid)) i = (i + 1) & (t->room - 1);
    return &t->rows[i];
}

static bool grow(struct call_times *t)
{
    struct call_times more = {.used = t->used, .room = t->room ? t->room * 2 : 8};
    more.rows = arena_calloc(more.room * sizeof *more.rows);
    if (!more.rows) return false;
    for (uint32_t i = 0; i < t->room; i++)
        if (t->rows[i].pid.bits) *slot(&more, t->rows[i].pid) = t->rows[i];
    arena_free(t->rows);
    *t = more;
    return true;
}

static void add(struct breakpoint *b, term pid, uint64_t count, uint64_t ns)
{
    if (!b->times && !(b->times = arena_calloc(sizeof *b->times))) return;
    struct call_times *t = b->times;
    if (t->used * 2 >= t->room && !grow(t)) return;
    struct call_time *row = slot(t, pid);
    if (!row->pid.bits) row->pid = pid, t->used++;
    row->count += count;
    row->ns += ns;
}

/* --- the clock ------------------------------------------------------------------------------------ */

/* The time until now goes to the running function, if that is still traced. */
static void settle(struct process *p, uint64_t now)
{
    struct call_clock *c = p->call_clock;
    struct breakpoint *b = c->running ? c->running->local : NULL;
    if (b && b->flags & BREAK_TIME) add(b, p->pid, 0, now - c->since);
    c->since = now;
}

struct export *call_clock_enter(struct process *p, struct breakpoint *b)
{
    if (!p->call_clock && !(p->call_clock = arena_calloc(sizeof *p->call_clock))) return NULL;
    settle(p, plat_monotonic_ns());
    add(b, p->pid, 1, 0);
    struct export *before = p->call_clock->running;
    p->call_clock->running = b->function;
    return before;
}

void call_clock_leave(struct process *p, struct export *back)
{
    if (!p->call_clock) return;
    settle(p, plat_monotonic_ns());
    p->call_clock->running = back;
}

void call_clock_stop(struct process *p) { settle(p, plat_monotonic_ns()); }
void call_clock_go_on(struct process *p) { p->call_clock->since = plat_monotonic_ns(); }
