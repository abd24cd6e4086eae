/* SPDX-License-Identifier: Apache-2.0 */
/* low.c -- see low.h: cut from a piece for each kind, of which the rest is given back when the next is taken. */
#include "heap/low.h"

#include <stdint.h>

#include "heap/arena.h"

enum { PIECE = 256 << 10 };

static struct {
    uint8_t *at;
    size_t left;
} piece[LOW_KINDS];

void *low_alloc(enum low_kind kind, size_t bytes)
{
    size_t whole = (bytes + 15) & ~(size_t)15;
    if (whole == 0) whole = 16;
    if (whole > PIECE / 2) return arena_low(bytes);
    if (piece[kind].left < whole) {
        uint8_t *next = arena_low(PIECE);
        if (!next) return arena_low(bytes); /* memory is short */
        if (piece[kind].left) arena_low_free(piece[kind].at, piece[kind].left);
        piece[kind].at = next;
        piece[kind].left = PIECE;
    }
    void *block = piece[kind].at;
    piece[kind].at += whole;
    piece[kind].left -= whole;
    return block;
}
