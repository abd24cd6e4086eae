/* SPDX-License-Identifier: Apache-2.0 */
/* system_task.c -- see system_task.h. */
#include "sched/system_task.h"
#include "code/load.h"
#include "heap/arena.h"
#include "process/memory.h"

struct task {
    struct task *next;
    term of, to, type, id, argument;
    struct fragment *memory; /* of the id */
};

static struct queue {
    struct task *first, **last;
} queues[PRIORITIES];
bool system_tasks_wait;

term system_task_perform(struct process *q, term type, term argument, unsigned live)
{
    if (!is_atom(type)) return NO_VALUE;
    switch (atom_index(type)) {
    case ATOM_garbage_collect:
        if (!term_same(argument, ATOM(major)) && !term_same(argument, ATOM(minor))) return NO_VALUE;
        if (q) process_collect_from_bif(q, live, term_same(argument, ATOM(major)));
        return atom_bool(q);
    case ATOM_check_process_code:
        if (!is_atom(argument)) return NO_VALUE;
        return atom_bool(q && code_process_uses_old(q, argument));
    case ATOM_system_task_test: return atom_bool(q);
    default: return NO_VALUE;
    }
}

bool system_task_defer(term of, term to, enum priority priority, term type, term id, term argument)
{
    struct task *t = arena_calloc(sizeof *t);
    if (!t) return false;
    *t = (struct task){.of = of, .to = to, .type = type, .argument = argument};
    if (!copy_to_fragment(id, &t->memory, &t->id, false)) {
        arena_free(t);
        return false;
    }
    struct queue *q = &queues[priority];
    if (!q->first) q->last = &q->first;
    *q->last = t;
    q->last = &t->next;
    system_tasks_wait = true;
    return true;
}

static void perform(struct task *t)
{
    term result = system_task_perform(process_find(t->of), t->type, t->argument, 0);
    struct process *to = process_find(t->to);
    term words[4] = {header(3, KIND_TUPLE), t->type, t->id, result};
    if (to) mailbox_send(NULL, to, boxed_term(words));
    if (t->memory) fragment_free(t->memory);
    arena_free(t);
}

#define NORMAL_PER_LOW 8

/* A low one follows eight normal ones, so that neither waits for the other for good. */
static enum priority normal_or_low(void)
{
    static unsigned normal_done;
    bool low = queues[PRIORITY_LOW].first &&
               (!queues[PRIORITY_NORMAL].first || normal_done == NORMAL_PER_LOW);
    normal_done = low || !queues[PRIORITY_NORMAL].first ? 0 : normal_done + 1;
    return low ? PRIORITY_LOW : PRIORITY_NORMAL;
}

void system_tasks_do(void)
{
    for (;;) {
        enum priority most = process_ready_priority();
        enum priority next = queues[PRIORITY_MAX].first    ? PRIORITY_MAX
                             : queues[PRIORITY_HIGH].first ? PRIORITY_HIGH
                                                           : PRIORITY_NORMAL;
        if (next < most) return;
        struct queue *q = &queues[next == PRIORITY_NORMAL ? normal_or_low() : next];
        struct task *t = q->first;
        if (!t) break;
        q->first = t->next;
        perform(t);
    }
    system_tasks_wait = false;
}
