/* SPDX-License-Identifier: Apache-2.0 */
/* literal_area.c -- frees literals of purged code (and others like them) when no process has any.
 *
 * The work is done by a process, the stock module erts_literal_area_collector, so that it costs
 * nobody else's time; but in one go for all processes, because between two steps a message
 * could carry a literal from a process that still has it to one that has just lost it.
 */
#include "code/engine.h"
#include "code/load.h"

static struct literal_area *retired;
static term collector = NIL;

/* It has no name; it is the system process that was started as that. */
bool is_literal_collector(const struct process *p)
{
    return p->is_system && term_same(p->initial_module, ATOM(erts_literal_area_collector));
}

static void look(struct process *p, void *found)
{
    if (is_literal_collector(p)) *(term *)found = p->pid;
}

static struct process *find_collector(void)
{
    struct process *p = process_find(collector);
    if (p) return p;
    process_each(look, &collector);
    return process_find(collector);
}

void literal_area_retire(struct literal_area *a)
{
    a->next = retired;
    retired = a;
    struct process *p = find_collector();
    if (p) mailbox_deliver(p, ATOM(copy_literals), NULL);
}

static void evacuate(struct process *p, void *context)
{
    const struct literal_area *a = context;
    if (!process_refers_to(p, a->memory, a->bytes)) return;
    process_collect_area(p, p == process_running ? engine_x : NULL, 0, a->memory, a->bytes);
}

void literal_areas_release(void)
{
    while (retired) {
        struct literal_area *a = retired;
        retired = a->next;
        process_each(evacuate, a);
        process_end_doomed();
        a->release(a);
    }
}
