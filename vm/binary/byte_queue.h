/* SPDX-License-Identifier: Apache-2.0 */
/* byte_queue.h -- bytes that wait, first in first out: input of a zlib stream, a prim_buffer.
 *
 * Large binaries are shared, small ones are copied together.  Not tied to any process's heap.
 */
#ifndef VM_BYTE_QUEUE_H
#define VM_BYTE_QUEUE_H

#include "binary/binary.h"

struct byte_chunk {
    struct byte_chunk *next;
    struct blob *blob; /* one reference is ours */
    size_t from, size; /* the part of it that waits; never empty */
};

struct byte_queue {
    struct byte_chunk *first, *last;
    size_t size; /* bytes in all */
};

/* Adds a binary, or all binaries of a proper list.  false: no memory (what came before is in). */
bool byte_queue_add(struct byte_queue *q, term binary);
bool byte_queue_add_list(struct byte_queue *q, term binaries);
/* A proper list of binaries? */
bool is_binary_list(term t);
/* Copies the first n bytes; they are there. */
void byte_queue_copy(const struct byte_queue *q, uint8_t *to, size_t n);
/* Drops the first n bytes; they are there. */
void byte_queue_skip(struct byte_queue *q, size_t n);
void byte_queue_clear(struct byte_queue *q);

#endif
