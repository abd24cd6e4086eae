/* SPDX-License-Identifier: Apache-2.0 */
/* node_watch.c -- see node_watch.h. */
#include "process/node_watch.h"
#include "heap/arena.h"

static struct node_watch *oldest, *youngest;

static struct node_watch **find(struct process *p, unsigned options)
{
    struct node_watch **at = &p->node_watches;
    while (*at && (*at)->options != options) at = &(*at)->next;
    return at;
}

bool node_watch_add(struct process *p, unsigned options, uint64_t *before)
{
    struct node_watch **at = find(p, options), *w = *at;
    if (!w) {
        w = *at = arena_malloc(sizeof *w);
        if (!w) return false;
        *w = (struct node_watch){.older = youngest, .pid = p->pid, .options = options};
        *(youngest ? &youngest->younger : &oldest) = w;
        youngest = w;
    }
    *before = w->count++;
    return true;
}

static uint64_t row_remove(struct node_watch **at)
{
    struct node_watch *w = *at;
    uint64_t count = w->count;
    *at = w->next;
    *(w->older ? &w->older->younger : &oldest) = w->younger;
    *(w->younger ? &w->younger->older : &youngest) = w->older;
    arena_free(w);
    return count;
}

uint64_t node_watch_remove(struct process *p, unsigned options)
{
    struct node_watch **at = find(p, options);
    return *at ? row_remove(at) : 0;
}

void node_watches_end(struct process *p)
{
    while (p->node_watches) row_remove(&p->node_watches);
}

void node_watch_each(void (*each)(void *context, const struct node_watch *w), void *context)
{
    for (const struct node_watch *w = oldest; w; w = w->younger) each(context, w);
}
