/* SPDX-License-Identifier: Apache-2.0 */
/* saved_calls.c -- see saved_calls.h. */
#include "process/saved_calls.h"
#include "heap/arena.h"
#include "process/trace.h"

uint32_t saved_calls_processes;

bool saved_calls_set(struct process *p, uint32_t room)
{
    struct saved_calls *s = NULL;
    if (!room && !p->saved_calls) return true; /* and nothing is written */
    if (room) {
        s = arena_malloc(sizeof *s + room * sizeof *s->calls);
        if (!s) return false;
        *s = (struct saved_calls){.room = room};
    }
    saved_calls_processes += (s != NULL) - (p->saved_calls != NULL);
    arena_free(p->saved_calls);
    p->saved_calls = s;
    return true;
}

void saved_calls_note(struct process *p, term module, term function, uint32_t arity)
{
    struct saved_calls *s = p->saved_calls;
    if (!s || p->trace.flags & TRACE_SENSITIVE) return;
    s->calls[s->next] = (struct saved_call){module, function, arity};
    s->next = s->next + 1 == s->room ? 0 : s->next + 1;
    if (s->used < s->room) s->used++;
}
