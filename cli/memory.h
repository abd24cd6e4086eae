/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h -- memory of a command: taken, never given back.
 *
 * A command does one thing and the process ends.  Everything here is reachable from one list
 * (so leak checkers are quiet) and running out ends the process with a message.
 */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed, aligned for anything. */
void *memory_take(size_t n);

/* A zero-terminated copy of `n` bytes. */
char *memory_text(const char *bytes, size_t n);

/* printf into new memory. */
__attribute__((format(printf, 1, 2))) char *memory_print(const char *format, ...);

/* Room for one more element in an array of `*room` elements of `size` bytes that holds
 * `count`: returns the array, perhaps at a new place.  Start with NULL and *room == 0. */
void *memory_grow(void *array, size_t count, size_t *room, size_t size);

/* A growing run of bytes. */
struct buffer {
    uint8_t *at;
    size_t n, room;
};

/* `n` more bytes, zeroed; valid until the next call. */
uint8_t *buffer_extend(struct buffer *b, size_t n);
void buffer_add(struct buffer *b, const void *bytes, size_t n);
void buffer_add_text(struct buffer *b, const char *text);
/* Gives the bytes back before the command ends. */
void buffer_drop(struct buffer *b);
void buffer_align(struct buffer *b, size_t to); /* a power of two */

#endif
