/* SPDX-License-Identifier: Apache-2.0 */
/* unique.h -- numbers that are given out once: for references (process.h) and unique_integer/1. */
#ifndef VM_UNIQUE_H
#define VM_UNIQUE_H

#include "heap/heap.h"

/* erlang:unique_integer/1; `monotonic` has a counter of its own. */
term unique_integer(struct heap *h, bool monotonic, bool positive);

#endif
