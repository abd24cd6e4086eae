/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h -- Erlang's clocks over the platform's, all in nanoseconds.
 *
 * Monotonic time starts at CLOCK_START, so that it stays a small integer for long; system time is
 * monotonic time plus an offset fixed at start (the mode "no time warp").
 */
#ifndef VM_CLOCK_H
#define VM_CLOCK_H

#include <stdint.h>

#define CLOCK_START (-INT64_C(576460752) * 1000000000)

/* Once, at start. */
void clock_start(void);
/* The memory is out of a snapshot: monotonic time goes on, the wall clock is another. */
void clock_resume(void);
int64_t clock_monotonic(void);
int64_t clock_system(void);
int64_t clock_offset(void);
/* System time in microseconds, later than what any call has given before: for now/0. */
int64_t clock_now_us(void);
/* What plat_monotonic_ns() shows at this monotonic time; 0 when that is before the machine's start. */
uint64_t clock_to_platform(int64_t monotonic);
/* Since clock_start(). */
uint64_t clock_uptime(void);

#endif
