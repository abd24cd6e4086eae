/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c -- malloc() for the libraries, out of the mote's arena (vm/heap/arena.h).
 *
 * Declared here rather than included: libc/ lies beside vm/, not above it.
 */
#include <stddef.h>

void *arena_malloc(size_t bytes);
void *arena_calloc(size_t bytes);
void *arena_realloc(void *block, size_t bytes);
void arena_free(void *block);

void *malloc(size_t bytes);
void *malloc(size_t bytes) { return arena_malloc(bytes ? bytes : 1); }

void *calloc(size_t n, size_t size);
void *calloc(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) return NULL;
    return arena_calloc(bytes ? bytes : 1);
}

void *realloc(void *block, size_t bytes);
void *realloc(void *block, size_t bytes)
{
    if (!block) return arena_malloc(bytes ? bytes : 1);
    return arena_realloc(block, bytes ? bytes : 1);
}

void free(void *block);
void free(void *block)
{
    if (block) arena_free(block);
}
