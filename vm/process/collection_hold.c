/* SPDX-License-Identifier: Apache-2.0 */
/* collection_hold.c -- see collection_hold.h. */
#include "process/collection_hold.h"
#include "heap/arena.h"
#include "process/memory.h"

struct waiting {
    struct waiting *next;
    term requester, id;
    struct fragment *memory; /* of the id */
    bool full;
};
struct collection_hold {
    struct waiting *first, **last;
};

void collections_hold(struct process *p)
{
    if (p->collection_hold) return;
    struct collection_hold *h = arena_calloc(sizeof *h);
    if (!h) return;
    h->last = &h->first;
    p->collection_hold = h;
}

bool collection_defer(struct process *p, term requester, term id, bool full)
{
    struct waiting *w = arena_calloc(sizeof *w);
    if (!w) return false;
    if (!copy_to_fragment(id, &w->memory, &w->id, false)) {
        arena_free(w);
        return false;
    }
    w->requester = requester;
    w->full = full;
    *p->collection_hold->last = w;
    p->collection_hold->last = &w->next;
    return true;
}

/* Answers all that wait. */
static void answer(struct collection_hold *h, bool done)
{
    for (struct waiting *w = h->first, *next; w; w = next) {
        next = w->next;
        struct process *to = process_find(w->requester);
        term words[4] = {header(3, KIND_TUPLE), ATOM(garbage_collect), w->id, atom_bool(done)};
        if (to) mailbox_send(NULL, to, boxed_term(words));
        if (w->memory) fragment_free(w->memory);
        arena_free(w);
    }
    arena_free(h);
}

void collections_release(struct process *p)
{
    struct collection_hold *h = p->collection_hold;
    p->collection_hold = NULL;
    if (!h) return;
    bool full = false;
    for (const struct waiting *w = h->first; w; w = w->next) full |= w->full;
    if (h->first) process_collect_from_bif(p, 2, full);
    answer(h, true);
}

void collections_end(struct process *p)
{
    struct collection_hold *h = p->collection_hold;
    p->collection_hold = NULL;
    if (h) answer(h, false);
}
