/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c -- who wants to hear of whose end: AGENT_WATCH.
 *
 * One table for all, in no order.  `watches` and `watched` of a mote say how many rows are about it: who has none, as nearly all
 * have, costs nothing at its end.
 */
#include <string.h>

#include "agent/private.h"

/* Of one mote; all of them can have a few, and some can have many. */
enum { WATCHES_OF_ONE = 1024, WATCHES_FOR_EACH = 16 };

bool watches_start(struct agent *a)
{
    a->watches_most = WATCHES_OF_ONE + WATCHES_FOR_EACH * a->family.places;
    a->watch = agent_memory(a->watches_most * sizeof *a->watch);
    return a->watch;
}

static uint32_t find(const struct agent *a, uint32_t watcher, uint32_t watched)
{
    uint32_t i = 0;
    while (i < a->watches && (a->watch[i].watcher != watcher || a->watch[i].watched != watched))
        i++;
    return i;
}

static void drop(struct agent *a, uint32_t i)
{
    a->mote[a->watch[i].watcher].watches--;
    a->mote[a->watch[i].watched].watched--;
    a->watch[i] = a->watch[--a->watches];
}

int watch_add(struct agent *a, uint32_t watcher, uint32_t watched)
{
    bool known = a->mote[watcher].watches && find(a, watcher, watched) < a->watches;
    if (known || a->family.at[watched].parent == watcher) return 0;
    if (a->watches == a->watches_most || a->mote[watcher].watches == WATCHES_OF_ONE)
        return AGENT_NO_ROOM;
    a->watch[a->watches++] = (struct watch){watcher, watched};
    a->mote[watcher].watches++;
    a->mote[watched].watched++;
    return 0;
}

void watch_remove(struct agent *a, uint32_t watcher, uint32_t watched)
{
    uint32_t i = a->mote[watcher].watches ? find(a, watcher, watched) : a->watches;
    if (i < a->watches) drop(a, i);
}

void watch_tell(struct agent *a, uint32_t place, const struct agent_down *down, const void *last,
                uint32_t last_bytes)
{
    const struct mote *m = &a->mote[place];
    for (uint32_t i = 0; (m->watches || m->watched) && i < a->watches;) {
        const struct watch w = a->watch[i];
        if (w.watched == place)
            serve_tell(a, w.watcher, AGENT_DOWN, down, sizeof *down, last, last_bytes);
        if (w.watched == place || w.watcher == place)
            drop(a, i);
        else
            i++;
    }
}
