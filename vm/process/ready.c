/* SPDX-License-Identifier: Apache-2.0 */
/* ready.c -- the run queues, and what a process keeps while it waits.
 *
 * max and high go before everything else.  Normal and low ones share a queue, and a low process lets it
 * go round LOW_ROUNDS times before it runs: it gets so much less than each normal one.
 */
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/table.h"
#include "process/watch.h"

#define LOW_ROUNDS 8

static struct queue {
    struct process *first, *last;
    size_t length;
} queues[PRIORITIES]; /* that of PRIORITY_LOW is not used */

static void append(struct queue *q, struct process *p)
{
    p->queued = true;
    p->next_ready = NULL;
    if (q->first)
        q->last->next_ready = p;
    else
        q->first = p;
    q->last = p;
    q->length++;
}

void process_make_ready(struct process *p)
{
    p->state = PROCESS_RUNNABLE;
    if (p->queued) return;
    if (unlikely(p->priority == PRIORITY_LOW)) {
        p->rounds_left = LOW_ROUNDS - 1;
        append(&queues[PRIORITY_NORMAL], p);
    } else {
        append(&queues[p->priority], p);
    }
}

void process_give_way(struct process *p)
{
    p->rounds_left = 0;
    if (!p->queued) append(&queues[PRIORITY_NORMAL], p);
}

void process_wake(struct process *p)
{
    if (p->state == PROCESS_WAITING) {
        if (unlikely(watch_runnable)) watch_process(p, ATOM(active));
        process_make_ready(p);
    } else if (p->state == PROCESS_SUSPENDED && p->resume_state == PROCESS_WAITING)
        p->resume_state = PROCESS_RUNNABLE;
}

static struct process *take(struct queue *q)
{
    struct process *p = q->first;
    if (!p) return NULL;
    q->first = p->next_ready;
    q->length--;
    p->queued = false;
    return p;
}

static struct queue *next_queue(void)
{
    if (queues[PRIORITY_MAX].first) return &queues[PRIORITY_MAX];
    if (queues[PRIORITY_HIGH].first) return &queues[PRIORITY_HIGH];
    return &queues[PRIORITY_NORMAL];
}

struct process *process_next_ready(void)
{
    struct process *p;
    while ((p = take(next_queue()))) {
        if (unlikely(p->priority == PRIORITY_LOW) && p->rounds_left > 0 &&
            p->state == PROCESS_RUNNABLE) {
            p->rounds_left--;
            append(&queues[PRIORITY_NORMAL], p);
            continue;
        }
        if (p->state == PROCESS_RUNNABLE) return p;
        if (p->state == PROCESS_EXITING) process_discard(p);
        /* else suspended while it was in the queue: resuming puts it back */
    }
    return NULL;
}

size_t process_ready_count(void)
{
    size_t n = 0;
    for (int i = 0; i < PRIORITIES; i++) n += queues[i].length;
    return n;
}

enum priority process_ready_priority(void)
{
    int i = PRIORITIES - 1;
    while (i > PRIORITY_NORMAL && !queues[i].first) i--;
    return (enum priority)i;
}

void process_save_registers(struct process *p, const term *x, uint32_t live)
{
    enum { SMALL = sizeof p->saved_small / sizeof *p->saved_small };
    if (live <= SMALL) {
        if (p->saved_x != p->saved_small) {
            arena_free(p->saved_x);
            p->saved_x = p->saved_small;
            p->saved_room = SMALL;
        }
    } else if (live > p->saved_room) {
        term *room = arena_malloc(live * sizeof *room);
        if (!room) p->heap.exhausted(&p->heap);
        if (p->saved_x != p->saved_small) arena_free(p->saved_x);
        p->saved_x = room;
        p->saved_room = live;
    }
    if (live) memcpy(p->saved_x, x, live * sizeof *x);
    p->saved_live = live;
}

void process_load_registers(struct process *p, term *x)
{
    if (p->saved_live) memcpy(x, p->saved_x, p->saved_live * sizeof *x);
}
