/* SPDX-License-Identifier: Apache-2.0 */
/* native.c -- finds native functions by name: an open-addressed table, at most half full. */
#include "code/code.h"
#include "code/load.h"
#include "heap/arena.h"
#include "term/release.h"

struct slot {
    term module, function;
    const struct native *native; /* NULL: empty */
};
static struct slot *slots;
static uint32_t room, count; /* room is a power of two */

static uint32_t first_slot(term module, term function, uint32_t arity)
{
    uint64_t h = (module.bits * 0x9e3779b97f4a7c15u ^ function.bits) * 0x9e3779b97f4a7c15u + arity;
    return (uint32_t)((h * 0x9e3779b97f4a7c15u) >> 32) & (room - 1);
}

static void enter(struct slot s)
{
    uint32_t i = first_slot(s.module, s.function, s.native->arity);
    for (; slots[i].native; i = (i + 1) & (room - 1)) {
        bool same = term_same(slots[i].module, s.module) &&
                    term_same(slots[i].function, s.function) &&
                    slots[i].native->arity == s.native->arity;
        if (!same) continue;
        slots[i] = s; /* a later table wins */
        return;
    }
    slots[i] = s;
    count++;
}

static void grow(uint32_t to)
{
    struct slot *old = slots;
    uint32_t old_room = room;
    slots = arena_must(arena_calloc(to * sizeof *slots));
    room = to;
    count = 0;
    for (uint32_t i = 0; i < old_room; i++)
        if (old[i].native) enter(old[i]);
    arena_free(old);
}

/* Does the OTP above have it? */
static bool is_wanted(const struct native *n)
{
    unsigned from = n->flags >> 4 & 15, until = n->flags >> 8 & 15;
    return (from == 0 || otp_release >= RELEASE_FIRST + from) &&
           (until == 0 || otp_release < RELEASE_FIRST + until);
}

void natives_add(const struct native_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct native *n = &table->rows[i];
        if (!is_wanted(n)) continue;
        if (count * 2 >= room) grow(room ? room * 2 : 2048);
        struct slot s = {atom_make(n->module, strlen(n->module)),
                         atom_make(n->function, strlen(n->function)), n};
        enter(s);
        /* Somebody may have mentioned it before. */
        struct export *e = export_find(s.module, s.function, n->arity);
        if (e) e->native = n, export_forget(e);
    }
}

const struct native *native_find(term module, term function, uint32_t arity)
{
    if (!room) return NULL;
    for (uint32_t i = first_slot(module, function, arity); slots[i].native;
         i = (i + 1) & (room - 1))
        if (term_same(slots[i].module, module) && term_same(slots[i].function, function) &&
            slots[i].native->arity == arity)
            return slots[i].native;
    return NULL;
}

bool native_module(term module)
{
    for (uint32_t i = 0; i < room; i++)
        if (slots[i].native && term_same(slots[i].module, module)) return true;
    return false;
}

void native_each(term module, void (*each)(const struct native *n, term function, void *context),
                 void *context)
{
    for (uint32_t i = 0; i < room; i++)
        if (slots[i].native && term_same(slots[i].module, module))
            each(slots[i].native, slots[i].function, context);
}
