/* SPDX-License-Identifier: Apache-2.0 */
/* shared.h -- terms as graphs: what is referred to twice counts once, and is copied once. */
#ifndef VM_SHARED_H
#define VM_SHARED_H

#include "heap/heap.h"

/* Words of all that `t` refers to, each object once; literals count unless `keep_literals`.
 * false: no memory for the walk. */
bool shared_words(term t, bool keep_literals, size_t *words);
/* A copy on h with the same sharing; with keep_literals, literals are not copied.  NO_VALUE: no memory. */
term copy_shared(term t, struct heap *h, bool keep_literals);

/* The same in two steps, for a copy into memory of one's own.  start: *words is the room it takes;
 * false: no memory.  finish: lays the copy out at *to, which moves on.  end: always, after a start. */
struct shared_copy {
    struct met *table; /* shared.c's */
    size_t mask, count;
    term *queue;
    size_t queue_room;
    bool keep_literals;
};
bool shared_copy_start(struct shared_copy *c, term t, bool keep_literals, size_t *words);
term shared_copy_finish(struct shared_copy *c, term t, term **to, struct off_heap *list);
void shared_copy_end(struct shared_copy *c);

#endif
