/* SPDX-License-Identifier: Apache-2.0 */
/* effort.c -- see effort.h. */
#include "term/effort.h"

int64_t effort_left;

static bool never_pause(void)
{
    effort_left = INT64_MAX;
    return true;
}
bool (*effort_hook)(void) = never_pause;

ptrdiff_t effort_list_length(term list)
{
    ptrdiff_t n = 0;
    for (; is_cons(list) && effort(1); list = tail(list)) n++;
    return is_nil(list) ? n : -1;
}

void effort_copy(void *to, const void *from, size_t bytes)
{
    enum { PIECE = 1 << 16 };
    for (size_t at = 0; at < bytes; at += PIECE) {
        size_t n = bytes - at < PIECE ? bytes - at : PIECE;
        memcpy((char *)to + at, (const char *)from + at, n);
        if (!effort((int64_t)(n / BYTES_COPIED_PER_STEP))) return;
    }
}
