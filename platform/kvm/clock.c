/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c -- time without leaving the guest, and the sleep between.
 *
 * Monotonic time counts from our first instruction by the processor's time stamp counter,
 * with the factor that the monitor found.  The wall clock is the monitor's last word
 * (control->wall_ns, renewed at the start and after each sleep) plus what has passed since.
 * A new word is only taken when it differs by more than SLACK, for it is some microseconds
 * old when we read it and the clock should not jitter.
 *
 * Where the counter does not run evenly (no BOOT_TSC) every reading is a call.
 */
#include "platform/kvm/kvm.h"

enum { SLACK_NS = 1000000 };

static uint64_t ticks_at_start;
static uint64_t wall_at_start; /* what the wall clock showed when monotonic time was 0 */
static uint64_t slept_ns;

static uint64_t ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

uint64_t kvm_monotonic_ns(void)
{
    if (!(boot_record->flags & BOOT_TSC)) return kvm_call(CALL_CLOCK, 0, 0, 0);
    unsigned __int128 n = ticks() - ticks_at_start;
    return (uint64_t)(n * boot_record->tsc_multiplier >> boot_record->tsc_shift);
}

static void take_wall_clock(void)
{
    uint64_t base = control()->wall_ns - kvm_monotonic_ns();
    int64_t off = (int64_t)(base - wall_at_start);
    if (off > SLACK_NS || off < -SLACK_NS) wall_at_start = base;
}

void kvm_clock_start(void)
{
    ticks_at_start = ticks();
    slept_ns = 0;
    take_wall_clock();
}

uint64_t kvm_wall_ns(void) { return wall_at_start + kvm_monotonic_ns(); }

/* We are charged for all that is not sleep: there is nobody else on this processor. */
uint64_t kvm_cpu_ns(void) { return kvm_monotonic_ns() - slept_ns; }

void kvm_sleep(uint64_t nanoseconds)
{
    uint64_t before = kvm_monotonic_ns();
    kvm_call(CALL_SLEEP, nanoseconds, 0, 0);
    slept_ns += kvm_monotonic_ns() - before;
    take_wall_clock();
}
