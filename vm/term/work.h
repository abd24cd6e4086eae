/* SPDX-License-Identifier: Apache-2.0 */
/* work.h -- a stack of words for walking terms of any depth without C recursion.
 *
 * Starts in place and moves to the arena when it grows.  A mote that has no memory for
 * it ends: the walk could neither finish nor be undone.
 *
 *   struct work w;
 *   work_start(&w);
 *   work_push(&w, word); ... word = work_pop(&w); ...
 *   work_end(&w);
 */
#ifndef VM_WORK_H
#define VM_WORK_H

#include "term/term.h"

#define WORK_IN_PLACE 48

struct work {
    uint64_t *words;
    size_t used, room;
    uint64_t in_place[WORK_IN_PLACE];
};

void work_grow(struct work *w, size_t more);
bool work_try_grow(struct work *w, size_t more);
void work_release(struct work *w);

static inline void work_start(struct work *w)
{
    w->words = w->in_place;
    w->used = 0;
    w->room = WORK_IN_PLACE;
}
static inline void work_end(struct work *w)
{
    if (unlikely(w->words != w->in_place)) work_release(w);
}
/* Room for `more` words without further checks. */
static inline void work_need(struct work *w, size_t more)
{
    if (unlikely(w->room - w->used < more)) work_grow(w, more);
}
/* The same; false when there is no memory, for a caller that can give up. */
static inline bool work_try_need(struct work *w, size_t more)
{
    return likely(w->room - w->used >= more) || work_try_grow(w, more);
}
static inline void work_push(struct work *w, uint64_t word)
{
    work_need(w, 1);
    w->words[w->used++] = word;
}
static inline void work_push2(struct work *w, uint64_t a, uint64_t b)
{
    work_need(w, 2);
    w->words[w->used++] = a, w->words[w->used++] = b;
}
static inline void work_push3(struct work *w, uint64_t a, uint64_t b, uint64_t c)
{
    work_need(w, 3);
    w->words[w->used++] = a, w->words[w->used++] = b, w->words[w->used++] = c;
}
static inline uint64_t work_pop(struct work *w) { return w->words[--w->used]; }
static inline bool work_is_empty(const struct work *w) { return w->used == 0; }

#endif
