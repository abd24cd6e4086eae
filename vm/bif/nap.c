/* SPDX-License-Identifier: Apache-2.0 */
/* nap.c -- see nap.h. */
#include "bif/nap.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/timer.h"

struct nap {
    struct timer timer;
    term pid;
    bool over;
};

static void wake(struct timer *t)
{
    struct nap *n = (struct nap *)t;
    n->over = true;
    struct process *p = process_find(n->pid);
    if (p) process_wake(p);
}

static void forget(void *state)
{
    struct nap *n = state;
    timer_cancel(&n->timer);
    arena_free(n);
}

bool is_napping(const struct process *p)
{
    return p->bif_state_free == forget && !((const struct nap *)p->bif_state)->over;
}

static void forget_way(void *state) { (void)state; }

bool give_way(struct process *p)
{
    bool given = p->bif_state_free == forget_way;
    p->bif_state_free = given ? NULL : forget_way;
    p->bif_state = given ? NULL : &process_slots; /* anything but NULL */
    if (!given) process_give_way(p);
    return !given;
}

bool nap(struct process *p, uint64_t milliseconds)
{
    struct nap *n = p->bif_state;
    if (!n) {
        if (!(n = arena_calloc(sizeof *n))) return false;
        n->pid = p->pid;
        p->bif_state = n;
        p->bif_state_free = forget;
        timer_set(&n->timer, plat_monotonic_ns() + milliseconds * 1000000, wake);
        return true;
    }
    if (!n->over) return true;
    p->bif_state = NULL;
    p->bif_state_free = NULL;
    arena_free(n);
    return false;
}
