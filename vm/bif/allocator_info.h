/* SPDX-License-Identifier: Apache-2.0 */
/* allocator_info.h -- the arena's memory, told as the stock machine tells of its allocators. */
#ifndef VM_ALLOCATOR_INFO_H
#define VM_ALLOCATOR_INFO_H

#include "bif/bif.h"

/* system_info(alloc_util_allocators), (allocator), (allocated_areas). */
term allocator_names(struct heap *h);
term allocator_overview(struct heap *h);
term allocated_areas(struct heap *h);

/* system_info({allocator | allocator_sizes | memory_internal, Ref, Names}): sends the caller
 * {Ref, 0, Answers}; true, or a fault. */
term allocator_request(struct process *p, term kind, term ref, term names);

/* Calls each() for every kind of memory: its allocator's name, bytes and number of blocks. */
void allocators_each(void (*each)(void *context, const char *name, size_t bytes, size_t blocks),
                     void *context);

#endif
