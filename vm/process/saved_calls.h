/* SPDX-License-Identifier: Apache-2.0 */
/* saved_calls.h -- the last calls by name of a process, sends and receives among them: process_flag(save_calls, N).
 *
 * They are noted by breakpoints on every export, which are there while some process wants it
 * (code/breakpoint.h); sends and receives by the engine.
 */
#ifndef VM_SAVED_CALLS_H
#define VM_SAVED_CALLS_H

#include "process/process.h"

struct saved_call {
    term module, function; /* module NO_VALUE: function is send, receive or timeout */
    uint32_t arity;
};
struct saved_calls {
    uint32_t room, used, next;
    struct saved_call calls[];
};

/* How many processes save their calls. */
extern uint32_t saved_calls_processes;

/* From now on p's last `room` calls are saved; 0: none.  What was saved is forgotten.  false: no memory. */
bool saved_calls_set(struct process *p, uint32_t room);

/* Notes one, when p wants that; not while it is sensitive. */
void saved_calls_note(struct process *p, term module, term function, uint32_t arity);
static inline void saved_calls_event(struct process *p, term event)
{
    if (unlikely(p->saved_calls != NULL)) saved_calls_note(p, NO_VALUE, event, 0);
}

#endif
