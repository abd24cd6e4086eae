/* SPDX-License-Identifier: Apache-2.0 */
/* low.c -- see low.h: cut from a piece for each kind, of which the rest is given back when the next is taken. */
#include "heap/low.h"

#include "heap/arena.h"
#include "platform/platform.h"

enum { PIECE = 256 << 10 };

static struct piece {
    uint8_t *at;
    size_t left;
} piece[PLAT_TOUCHES][LOW_KINDS]; /* where nothing is known, all are PLAT_TOUCHED */

static void *cut(struct piece *p, size_t bytes)
{
    size_t whole = (bytes + 15) & ~(size_t)15;
    if (whole == 0) whole = 16;
    if (whole > PIECE / 2) return arena_low(bytes);
    if (p->left < whole) {
        uint8_t *next = arena_low(PIECE);
        if (!next) return arena_low(bytes); /* memory is short */
        if (p->left) arena_low_free(p->at, p->left);
        p->at = next;
        p->left = PIECE;
    }
    void *block = p->at;
    p->at += whole;
    p->left -= whole;
    return block;
}

bool low_is_single(void) { return plat_layout() != PLAT_LAYOUT_USUAL; }

/* Both boots begin at the same place.  In the second it is only counted. */
uintptr_t low_spread(size_t pages)
{
    static uintptr_t at, end;
    const size_t room = (size_t)512 << 20;
    enum plat_layout layout = plat_layout();
    if (layout == PLAT_LAYOUT_USUAL) return 0;
    if (!end) {
        uintptr_t from = arena_low_end;
        if (layout == PLAT_LAYOUT_SPREAD && !arena_low(room)) return 0;
        at = (from + ARENA_PAGE - 1) & ~(uintptr_t)(ARENA_PAGE - 1);
        end = (from + room) & ~(uintptr_t)(ARENA_PAGE - 1);
    }
    if (pages > (end - at) / ARENA_PAGE) return 0;
    uintptr_t here = at;
    at += pages * ARENA_PAGE;
    return here;
}

void *low_alloc_planned(enum low_kind kind, unsigned touch, size_t bytes)
{
    return cut(&piece[touch][kind], bytes);
}

void *low_alloc(enum low_kind kind, size_t bytes)
{
    enum plat_layout layout = plat_layout();
    if (layout == PLAT_LAYOUT_USUAL) return cut(&piece[PLAT_TOUCHED][kind], bytes);
    uintptr_t at = low_spread((bytes + ARENA_PAGE - 1) / ARENA_PAGE);
    if (at && layout == PLAT_LAYOUT_SPREAD) return (void *)at;
    return low_alloc_planned(kind, at ? plat_touch_of(at, bytes) : PLAT_TOUCHED, bytes);
}
