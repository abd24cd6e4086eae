/* SPDX-License-Identifier: Apache-2.0 */
/* work.c -- growing a stack of words; see work.h. */
#include "term/work.h"
#include "heap/arena.h"

bool work_try_grow(struct work *w, size_t more)
{
    size_t room = w->room * 2;
    while (room - w->used < more) room *= 2;
    uint64_t *words = arena_malloc(room * sizeof *words);
    if (!words) return false;
    memcpy(words, w->words, w->used * sizeof *words);
    work_end(w);
    w->words = words;
    w->room = room;
    return true;
}

void work_grow(struct work *w, size_t more) { arena_must(work_try_grow(w, more) ? w : NULL); }

void work_release(struct work *w) { arena_free(w->words); }
