/* SPDX-License-Identifier: Apache-2.0 */
/* timer.h -- a wheel of timers on the monotonic clock; 1 ms ticks, any distance ahead.
 *
 * Setting, cancelling and firing cost constant time.  The scheduler calls timer_advance()
 * and asks timer_next() how long it may sleep.
 */
#ifndef VM_TIMER_H
#define VM_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* Embed it in what is to happen; the fields are timer.c's. */
struct timer {
    struct timer *next, **link; /* link NULL: not set */
    uint64_t due_ns;
    void (*fire)(struct timer *t); /* the timer is already unset when this is called */
};

void timer_start(uint64_t now_ns);
void timer_set(struct timer *t, uint64_t due_ns, void (*fire)(struct timer *t));
void timer_cancel(struct timer *t); /* nothing when not set */
static inline bool timer_is_set(const struct timer *t) { return t->link != 0; }
/* Fires all that are due.  Returns how many. */
unsigned timer_advance(uint64_t now_ns);
/* When the earliest is due; UINT64_MAX when none is set. */
uint64_t timer_next(void);

/* Receive timeouts, for the engine.  set: arms it `ms` from now; on firing the process is woken with
 * RECEIVE_TIMED_OUT.  Cancelling when not armed is fine. */
struct process;
void receive_timer_set(struct process *p, uint64_t ms);
void receive_timer_cancel(struct process *p);
bool receive_timer_is_set(const struct process *p);

#endif
