/* SPDX-License-Identifier: Apache-2.0 */
/* message_timer.h -- erlang:send_after/3 and start_timer/3: a message at a time.
 *
 * A timer for a process goes with it; one for a name looks for its receiver when it fires.
 */
#ifndef VM_MESSAGE_TIMER_H
#define VM_MESSAGE_TIMER_H

#include "process/process.h"

/* Fires at due_ns: sends `message`, or with wrap {timeout, Ref, message}, to a local pid or a name.
 * The reference is on h.  NO_VALUE: no memory. */
term message_timer_start(struct heap *h, uint64_t due_ns, term to, term message, bool wrap);
/* Milliseconds left, rounded up, -1 when there is no such timer (any more).  Cancels it when told. */
int64_t message_timer_left(term ref, bool cancel);
/* Bytes of all timers, without their messages. */
size_t message_timers_bytes(void);
/* p ends: its timers do too. */
void message_timers_end(struct process *p);

#endif
