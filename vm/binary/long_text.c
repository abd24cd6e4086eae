/* SPDX-License-Identifier: Apache-2.0 */
/* long_text.c -- see long_text.h. */
#include "binary/long_text.h"
#include "base/utf8.h"
#include "term/effort.h"

enum { PIECE = 1 << 14 };

size_t long_utf8_valid(const uint8_t *bytes, size_t n, size_t *characters)
{
    size_t at = 0, count;
    *characters = 0;
    while (at < n) {
        size_t piece = n - at < PIECE ? n - at : PIECE;
        size_t valid = utf8_valid(bytes + at, piece, &count);
        *characters += count;
        at += valid;
        /* It may be a sequence that goes over the end of the piece. */
        if (valid < piece && (piece < PIECE || piece - valid > 3)) break;
        if (!effort((int64_t)piece / BYTES_SEEN_PER_STEP)) break;
    }
    return at;
}

bool is_long_7bit(const uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at < n; at += PIECE) {
        size_t piece = n - at < PIECE ? n - at : PIECE;
        if (!is_7bit(bytes + at, piece)) return false;
        if (!effort((int64_t)piece / BYTES_COPIED_PER_STEP)) break;
    }
    return true;
}
