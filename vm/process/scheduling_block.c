/* SPDX-License-Identifier: Apache-2.0 */
/* scheduling_block.c -- see scheduling_block.h. */
#include "process/scheduling_block.h"
#include "heap/arena.h"

struct blocker {
    struct blocker *next;
    term pid;
    unsigned count[2]; /* of all, of normal ones */
};
static struct blocker *blockers;

static struct blocker **find(term pid)
{
    struct blocker **at = &blockers;
    while (*at && !term_same((*at)->pid, pid)) at = &(*at)->next;
    return at;
}

static void forget(struct blocker **at)
{
    struct blocker *b = *at;
    *at = b->next;
    arena_free(b);
}

bool scheduling_block(struct process *p, bool normal)
{
    struct blocker **at = find(p->pid);
    if (!*at) {
        if (!(*at = arena_calloc(sizeof **at))) return false;
        (*at)->pid = p->pid;
    }
    (*at)->count[normal]++;
    return true;
}

void scheduling_unblock(struct process *p, bool normal)
{
    struct blocker **at = find(p->pid);
    if (!*at || (*at)->count[normal] == 0) return;
    (*at)->count[normal]--;
    if ((*at)->count[0] + (*at)->count[1] == 0) forget(at);
}

enum blocked scheduling_blocked(void)
{
    enum blocked result = BLOCKED_NOT;
    for (const struct blocker *b = blockers; b; b = b->next) {
        if (b->count[0]) return BLOCKED_ALL;
        if (b->count[1]) result = BLOCKED_NORMAL;
    }
    return result;
}

void scheduling_blocks_end(struct process *p)
{
    struct blocker **at = find(p->pid);
    if (*at) forget(at);
}

void scheduling_blockers(bool normal, void (*each)(void *context, term pid), void *context)
{
    for (const struct blocker *b = blockers; b; b = b->next)
        if (b->count[normal]) each(context, b->pid);
}
