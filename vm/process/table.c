/* SPDX-License-Identifier: Apache-2.0 */
/* table.c -- all processes: found by pid, walked by age.
 *
 * A pid's data counts up for ever; its low bits are the slot.  A new process takes the
 * next number whose slot is free, so pids are not reused before the serial goes up.
 */
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/table.h"

struct process **process_slots;
uint32_t process_slot_mask;
struct process *process_running;

static uint64_t next_data;
static uint32_t alive;
static struct process *oldest, *youngest;

void process_table_start(uint32_t limit)
{
    require(limit >= 16 && (limit & (limit - 1)) == 0);
    process_slots = arena_must(arena_sparse(limit * sizeof *process_slots));
    process_slot_mask = limit - 1;
}

uint32_t process_count(void) { return alive; }
uint32_t process_limit(void) { return process_slot_mask + 1; }

uint64_t process_next_number(void)
{
    if (alive <= process_slot_mask)
        while (process_slots[next_data & process_slot_mask]) next_data++;
    return next_data;
}

void process_set_next_number(uint64_t n) { next_data = n; }

bool process_table_add(struct process *p)
{
    if (alive > process_slot_mask) return false;
    p->pid = pid_term(process_next_number());
    process_slots[next_data++ & process_slot_mask] = p;
    p->older = youngest;
    p->younger = NULL;
    if (youngest)
        youngest->younger = p;
    else
        oldest = p;
    youngest = p;
    alive++;
    return true;
}

void process_table_remove(struct process *p)
{
    process_slots[id_data(p->pid) & process_slot_mask] = NULL;
    if (p->older)
        p->older->younger = p->younger;
    else
        oldest = p->younger;
    if (p->younger)
        p->younger->older = p->older;
    else
        youngest = p->older;
    alive--;
}

void process_each(void (*each)(struct process *p, void *context), void *context)
{
    for (struct process *p = oldest, *next; p; p = next) {
        next = p->younger;
        each(p, context);
    }
}
