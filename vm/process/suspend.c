/* SPDX-License-Identifier: Apache-2.0 */
/* suspend.c -- see suspend.h. */
#include "process/suspend.h"
#include "heap/arena.h"

struct suspension {
    struct suspension *next;
    term target;
    unsigned count;
};

void process_stop(struct process *target)
{
    if (target->suspend_count++ > 0) return;
    target->resume_state = target->state == PROCESS_WAITING ? PROCESS_WAITING : PROCESS_RUNNABLE;
    target->state = PROCESS_SUSPENDED;
}

void process_go_on(struct process *target)
{
    if (--target->suspend_count > 0 || target->state != PROCESS_SUSPENDED) return;
    if (target->resume_state == PROCESS_WAITING)
        target->state = PROCESS_WAITING;
    else
        process_make_ready(target);
}

static struct suspension **find(struct process *p, term target)
{
    struct suspension **at = &p->suspends;
    while (*at && !term_same((*at)->target, target)) at = &(*at)->next;
    return at;
}

bool suspend(struct process *p, struct process *target, bool once, bool *added)
{
    struct suspension *s = *find(p, target->pid);
    *added = !(s && once);
    if (!*added) return true;
    if (!s) {
        if (!(s = arena_malloc(sizeof *s))) return false;
        *s = (struct suspension){.next = p->suspends, .target = target->pid};
        p->suspends = s;
    }
    s->count++;
    process_stop(target);
    return true;
}

bool resume(struct process *p, term target)
{
    struct suspension **at = find(p, target), *s = *at;
    if (!s) return false;
    struct process *q = process_find(target);
    if (q) process_go_on(q);
    if (--s->count == 0 || !q) {
        *at = s->next;
        arena_free(s);
    }
    return q != NULL;
}

void suspensions_end(struct process *p)
{
    for (struct suspension *s = p->suspends, *next; s; s = next) {
        next = s->next;
        struct process *q = process_find(s->target);
        for (unsigned i = 0; q && i < s->count; i++) process_go_on(q);
        arena_free(s);
    }
    p->suspends = NULL;
}

void suspensions_each(const struct process *p,
                      void (*each)(void *context, term target, unsigned count), void *context)
{
    for (const struct suspension *s = p->suspends; s; s = s->next)
        each(context, s->target, s->count);
}
