/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c -- see clock.h. */
#include "process/clock.h"
#include "platform/platform.h"

static uint64_t started;
static int64_t offset;

void clock_start(void)
{
    started = plat_monotonic_ns();
    offset = (int64_t)plat_wall_ns() - CLOCK_START;
}

void clock_resume(void) { offset = (int64_t)plat_wall_ns() - clock_monotonic(); }

uint64_t clock_uptime(void) { return plat_monotonic_ns() - started; }
int64_t clock_monotonic(void) { return (int64_t)clock_uptime() + CLOCK_START; }
int64_t clock_system(void) { return clock_monotonic() + offset; }
int64_t clock_offset(void) { return offset; }

uint64_t clock_to_platform(int64_t monotonic)
{
    int64_t since = monotonic - CLOCK_START;
    return since < 0 && (uint64_t)-since > started ? 0 : started + (uint64_t)since;
}

int64_t clock_now_us(void)
{
    static int64_t last;
    int64_t us = clock_system() / 1000;
    last = us > last ? us : last + 1;
    return last;
}
