/* SPDX-License-Identifier: Apache-2.0 */
/* unique.h -- numbers that are given out once: for references (process.h) and unique_integer/1. */
#ifndef VM_UNIQUE_H
#define VM_UNIQUE_H

#include "heap/heap.h"

/* The next monotonic one; a small integer has room for it. */
int64_t unique_monotonic(void);
/* erlang:unique_integer/1; `monotonic` has a counter of its own. */
term unique_integer(struct heap *h, bool monotonic, bool positive);

/* The memory is out of a snapshot, and others are, too: what is given out from now on is not what they give out. */
void unique_resume(void);

/* For tests of the edges: how many monotonic ones there have been, less one; and that made to be so. */
uint64_t unique_monotonic_state(void);
void unique_monotonic_set(uint64_t state);

#endif
