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

#endif
