/* SPDX-License-Identifier: Apache-2.0 */
/* compress.c -- zlib with the arena's memory, from block to block. */
#include <zlib.h>
#include "etf/etf.h"
#include "heap/arena.h"
#include "term/effort.h"

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

/* In pieces: zlib's counters are 32 bits wide, and others want to run. */
enum { PIECE_IN = 8 << 10, PIECE_OUT = 64 << 10 };
static uInt piece(size_t n, size_t most) { return (uInt)(n > most ? most : n); }

/* Runs step() until it stops making progress; *left: room that is left. */
static int run(z_stream *z, int (*step)(z_stream *, int), int flush, uint8_t *to, size_t *room,
               const uint8_t *from, size_t *bytes, int64_t steps_in)
{
    int result = Z_OK;
    z->next_out = to;
    z->next_in = (Bytef *)(uintptr_t)from;
    while (result == Z_OK) {
        uInt in = piece(*bytes, PIECE_IN), out = piece(*room, PIECE_OUT);
        z->avail_in = in, z->avail_out = out;
        result = step(z, in == *bytes ? flush : Z_NO_FLUSH);
        *bytes -= in - z->avail_in;
        *room -= out - z->avail_out;
        if (in == z->avail_in && out == z->avail_out) break;
        if (!effort((in - z->avail_in) * steps_in + (out - z->avail_out))) break;
    }
    return result;
}

bool etf_inflate(uint8_t *to, size_t n, const uint8_t *from, size_t bytes, size_t *used)
{
    z_stream z = {.zalloc = allocate, .zfree = release};
    size_t room = n, left = bytes;
    if (inflateInit(&z) != Z_OK) return false;
    int result = run(&z, inflate, Z_NO_FLUSH, to, &room, from, &left, 1);
    inflateEnd(&z);
    if (used) *used = bytes - left;
    return result == Z_STREAM_END && room == 0;
}

size_t etf_deflate(uint8_t *to, size_t room, const uint8_t *from, size_t bytes, int level)
{
    z_stream z = {.zalloc = allocate, .zfree = release};
    size_t left = room;
    if (deflateInit(&z, level) != Z_OK) return 0;
    int result = run(&z, deflate, Z_FINISH, to, &left, from, &bytes, 6);
    deflateEnd(&z);
    return result == Z_STREAM_END ? room - left : 0;
}
