/* SPDX-License-Identifier: Apache-2.0 */
/* list.h -- a list made from its first element on, when its length is not known before.
 *
 *   term list = NIL, *last = &list;
 *   while (...) last = list_append(h, last, value);
 *
 * The list is proper after each step.  (From the last element on: make_cons.  All at once: make_list.)
 */
#ifndef VM_LIST_H
#define VM_LIST_H

#include "heap/heap.h"

/* Puts a cell where `last` says; the result is where the next one goes. */
static inline term *list_append(struct heap *h, term *last, term value)
{
    *last = make_cons(h, value, NIL);
    return cons_words(*last) + 1;
}

#endif
