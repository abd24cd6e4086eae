/* SPDX-License-Identifier: Apache-2.0 */
/* map_build.h -- what maps.c and map_build.c share; others use heap/maps.h. */
#ifndef VM_MAP_BUILD_H
#define VM_MAP_BUILD_H

#include "heap/heap.h"
#include "term/map.h"

/* A flat map of n <= 32 different keys in any order. */
term map_flat_from_unsorted(struct heap *h, size_t n, const term *keys, const term *values);
/* The node, to hang in at `level`, that holds two leaves with different keys. */
term map_split_leaves(struct heap *h, unsigned level, term old, term fresh);

#endif
