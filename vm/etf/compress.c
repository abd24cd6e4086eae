/* SPDX-License-Identifier: Apache-2.0 */
/* compress.c -- zlib with the arena's memory, from block to block. */
#include <limits.h>
#include <zlib.h>
#include "etf/etf.h"
#include "heap/arena.h"

static void *allocate(void *opaque, uInt items, uInt size)
{
    (void)opaque;
    return arena_malloc((size_t)items * size);
}
static void release(void *opaque, void *block)
{
    (void)opaque;
    arena_free(block);
}

/* zlib's counters are 32 bits wide: larger blocks go in pieces. */
static uInt piece(size_t n) { return n > UINT_MAX ? UINT_MAX : (uInt)n; }

/* Runs step() until it stops making progress; *left: room that is left. */
static int run(z_stream *z, int (*step)(z_stream *, int), int flush, uint8_t *to, size_t *room,
               const uint8_t *from, size_t *bytes)
{
    int result = Z_OK;
    z->next_out = to;
    z->next_in = (Bytef *)(uintptr_t)from;
    while (result == Z_OK) {
        uInt in = piece(*bytes), out = piece(*room);
        z->avail_in = in, z->avail_out = out;
        result = step(z, in == *bytes ? flush : Z_NO_FLUSH);
        *bytes -= in - z->avail_in;
        *room -= out - z->avail_out;
        if (in == z->avail_in && out == z->avail_out) break;
    }
    return result;
}

bool etf_inflate(uint8_t *to, size_t n, const uint8_t *from, size_t bytes, size_t *used)
{
    z_stream z = {.zalloc = allocate, .zfree = release};
    size_t room = n, left = bytes;
    if (inflateInit(&z) != Z_OK) return false;
    int result = run(&z, inflate, Z_NO_FLUSH, to, &room, from, &left);
    inflateEnd(&z);
    if (used) *used = bytes - left;
    return result == Z_STREAM_END && room == 0;
}

size_t etf_deflate(uint8_t *to, size_t room, const uint8_t *from, size_t bytes, int level)
{
    z_stream z = {.zalloc = allocate, .zfree = release};
    size_t left = room;
    if (deflateInit(&z, level) != Z_OK) return 0;
    int result = run(&z, deflate, Z_FINISH, to, &left, from, &bytes);
    deflateEnd(&z);
    return result == Z_STREAM_END ? room - left : 0;
}
