/* SPDX-License-Identifier: Apache-2.0 */
/* work.c -- growing a stack of words; see work.h. */
#include "term/work.h"
#include "heap/arena.h"

void work_grow(struct work *w, size_t more)
{
    size_t room = w->room * 2;
    while (room - w->used < more) room *= 2;
    uint64_t *words = arena_must(arena_malloc(room * sizeof *words));
    memcpy(words, w->words, w->used * sizeof *words);
    work_end(w);
    w->words = words;
    w->room = room;
}

void work_release(struct work *w) { arena_free(w->words); }
