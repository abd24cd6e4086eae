/* SPDX-License-Identifier: Apache-2.0 */
/* idle.c -- what the machine does when no process is ready: it waits, and when that lasts, it
 * gives memory back first.
 *
 * That is done once for each time that nothing happens: who ticks every second and does
 * nothing else in between has only to give what that tick used.
 */
#include "heap/arena.h"
#include "process/accounting.h"
#include "process/registry.h"
#include "process/timer.h"
#include "sched/sched.h"

#define A_WHILE_NS 500000000
#define STUCK_NS   UINT64_C(5000000000)

/* A process of OTP's that ended for want of memory while the kernel started may leave others waiting for it for ever, and nobody
 * hears of that: there is no logger yet.  (kernel_safe_sup is the last that the kernel starts.) */
static bool has_little_to_start(void)
{
    return unlikely(arena_has_refused) && !is_value(registry_find(ATOM(kernel_safe_sup)));
}

static plat_ready wait_for_start(uint64_t until)
{
    uint64_t then = plat_monotonic_ns() + STUCK_NS;
    if (until <= then) return plat_wait(until);
    plat_ready which = plat_wait(then);
    if (!which && plat_monotonic_ns() >= then)
        plat_panic(__FILE__, __LINE__, "out of memory at start: nothing goes on");
    return which;
}

static plat_ready sleep_and_look(void)
{
    static uint64_t given_back_at; /* context switches by then */
    uint64_t until = timer_next();
    if (has_little_to_start()) return wait_for_start(until);
    if (given_back_at == sched_totals.context_switches) return plat_wait(until);
    uint64_t then = plat_monotonic_ns() + A_WHILE_NS;
    if (until <= then) return plat_wait(until);
    plat_ready which = plat_wait(then);
    if (which || plat_monotonic_ns() < then) return which;
    given_back_at = sched_totals.context_switches;
    arena_trim();
    plat_stack_unused();
    plat_image_rest();
    return 0;
}

plat_ready sched_idle(void)
{
    account(ACCOUNT_SLEEP);
    plat_ready which = sleep_and_look();
    account(ACCOUNT_OTHER);
    return which;
}
