/* SPDX-License-Identifier: Apache-2.0 */
/* family.c -- see family.h.
 *
 * The number of a mote is the count of births, and in its low 16 bits the place, so that it is found at once and never
 * used again.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agent/family.h"

static struct agent_name make_name(struct family *t, uint32_t place, uint64_t key)
{
    return (struct agent_name){++t->births << 16 | place, key};
}

void family_start(struct family *t, struct family_place *at, uint32_t places,
                  const struct family_wish *all, uint64_t key)
{
    *t = (struct family){.at = at, .places = places, .free = FAMILY_NONE, .taken = 1};
    for (uint32_t i = places; i-- > 1;) {
        at[i].next_free = t->free;
        t->free = i;
    }
    at[0] = (struct family_place){
        .name = make_name(t, 0, key),
        .parent = FAMILY_NONE,
        .memory = all->memory,
        .most = all->most,
        .memory_most = all->memory_most,
        .taken = true,
        .youngest = FAMILY_NONE,
        .older = FAMILY_NONE,
        .younger = FAMILY_NONE,
    };
}

uint32_t family_find(const struct family *t, uint64_t number)
{
    uint32_t place = number & 0xffff;
    return place < t->places && t->at[place].taken && t->at[place].name.number == number
               ? place
               : FAMILY_NONE;
}

bool family_is_below(const struct family *t, uint32_t place, uint32_t ancestor)
{
    while (place != FAMILY_NONE && place != ancestor) place = t->at[place].parent;
    return place == ancestor;
}

/* --- grants --------------------------------------------------------------------------------------- */

static int refuse(int refusal, char *why, size_t room, const char *format, uint64_t a, uint64_t b)
{
    /* The format is one of ours, with two numbers. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(why, room, format, a, b);
#pragma GCC diagnostic pop
    return refusal;
}

static int refused_by(const struct family_place *p, bool own, const struct family_wish *w,
                      char *why, size_t room)
{
    const uint64_t mib = 1 << 20;
    if (p->alive >= p->most)
        return refuse(AGENT_NOT_ALLOWED, why, room,
                      own ? "%" PRIu64 " instances are alive below this mote, and %" PRIu64
                            " are granted"
                          : "%" PRIu64 " instances are alive below an ancestor, and %" PRIu64
                            " are granted to it",
                      p->alive, p->most);
    if (w->memory > p->memory_most - p->memory_below)
        return refuse(AGENT_NOT_ALLOWED, why, room,
                      own ? "%" PRIu64 " MiB are wanted, and %" PRIu64
                            " MiB are left of what this mote was granted for instances"
                          : "%" PRIu64 " MiB are wanted, and %" PRIu64
                            " MiB are left of what an ancestor was granted for instances",
                      w->memory / mib, (p->memory_most - p->memory_below) / mib);
    return 0;
}

int family_refusal(const struct family *t, uint32_t parent, const struct family_wish *w, char *why,
                   size_t room)
{
    const struct family_place *p = &t->at[parent];
    const char *none = "this mote may have no instances%.0" PRIu64 "%.0" PRIu64;
    if (!p->most) return refuse(AGENT_NOT_ALLOWED, why, room, none, 0, 0);
    if (w->most > p->most)
        return refuse(AGENT_NOT_ALLOWED, why, room,
                      "%" PRIu64 " instances cannot be handed on: %" PRIu64 " are granted", w->most,
                      p->most);
    if (w->memory_most > p->memory_most)
        return refuse(AGENT_NOT_ALLOWED, why, room,
                      "%" PRIu64 " bytes for instances cannot be handed on: %" PRIu64
                      " are granted",
                      w->memory_most, p->memory_most);
    for (uint32_t at = parent; at != FAMILY_NONE; at = t->at[at].parent) {
        int refusal = refused_by(&t->at[at], at == parent, w, why, room);
        if (refusal) return refusal;
    }
    if (t->free == FAMILY_NONE)
        return refuse(AGENT_NO_ROOM, why, room,
                      "%" PRIu64 " of %" PRIu64 " places are taken, some by instances that end",
                      t->taken, t->places);
    return 0;
}

/* --- births and ends ----------------------------------------------------------------------------------- */

uint32_t family_add(struct family *t, uint32_t parent, const struct family_wish *w, uint64_t key)
{
    uint32_t place = t->free;
    struct family_place *p = &t->at[place], *above = &t->at[parent];
    t->free = p->next_free;
    t->taken++;
    *p = (struct family_place){
        .name = make_name(t, place, key),
        .parent = parent,
        .memory = w->memory,
        .most = w->most,
        .memory_most = w->memory_most,
        .taken = true,
        .youngest = FAMILY_NONE,
        .older = above->youngest,
        .younger = FAMILY_NONE,
    };
    if (p->older != FAMILY_NONE) t->at[p->older].younger = place;
    above->youngest = place;
    for (uint32_t at = parent; at != FAMILY_NONE; at = t->at[at].parent) {
        t->at[at].alive++;
        t->at[at].memory_below += w->memory;
    }
    return place;
}

void family_remove(struct family *t, uint32_t place)
{
    struct family_place *p = &t->at[place], *above = &t->at[p->parent];
    if (p->older != FAMILY_NONE) t->at[p->older].younger = p->younger;
    if (p->younger != FAMILY_NONE)
        t->at[p->younger].older = p->older;
    else
        above->youngest = p->older;
    for (uint32_t at = p->parent; at != FAMILY_NONE; at = t->at[at].parent) {
        t->at[at].alive--;
        t->at[at].memory_below -= p->memory;
    }
    *p = (struct family_place){.next_free = t->free};
    t->free = place;
    t->taken--;
}

uint32_t family_keep(struct family *t)
{
    uint32_t place = t->free;
    if (place != FAMILY_NONE) t->free = t->at[place].next_free;
    return place;
}

void family_return(struct family *t, uint32_t place)
{
    t->at[place] = (struct family_place){.next_free = t->free};
    t->free = place;
}

/* --- checkpoints --------------------------------------------------------------------------------------- */

uint64_t family_checkpoint_most(const struct family *t, uint32_t place, char *why, size_t room)
{
    uint64_t most = UINT64_MAX;
    if (!t->at[place].most) {
        snprintf(why, room, "this mote may have no instances");
        return 0;
    }
    for (uint32_t at = place; at != FAMILY_NONE; at = t->at[at].parent) {
        const struct family_place *p = &t->at[at];
        uint64_t left = p->memory_most - p->memory_below;
        if (p->checkpoints >= p->most) {
            snprintf(why, room,
                     at == place ? "there are %" PRIu32
                                   " checkpoints, as many as this mote may have instances"
                                 : "there are %" PRIu32
                                   " checkpoints, as many as an ancestor may have instances",
                     p->checkpoints);
            return 0;
        }
        if (left < most) most = left;
    }
    if (!most) snprintf(why, room, "no memory is left of what was granted for instances");
    return most;
}

void family_checkpoint_add(struct family *t, uint32_t place, uint64_t bytes)
{
    for (; place != FAMILY_NONE; place = t->at[place].parent)
        t->at[place].checkpoints++, t->at[place].memory_below += bytes;
}

void family_checkpoint_remove(struct family *t, uint32_t place, uint64_t bytes)
{
    for (; place != FAMILY_NONE; place = t->at[place].parent)
        t->at[place].checkpoints--, t->at[place].memory_below -= bytes;
}

void family_checkpoint_leave(struct family *t, uint32_t place, uint64_t bytes)
{
    t->at[place].checkpoints--, t->at[place].memory_below -= bytes;
}

static uint32_t deepest_youngest(const struct family *t, uint32_t place)
{
    while (t->at[place].youngest != FAMILY_NONE) place = t->at[place].youngest;
    return place;
}

uint32_t family_next_end(const struct family *t, uint32_t top, uint32_t last)
{
    if (last == FAMILY_NONE) return deepest_youngest(t, top);
    if (last == top) return top;
    uint32_t older = t->at[last].older;
    return older == FAMILY_NONE ? t->at[last].parent : deepest_youngest(t, older);
}
