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

static bool renew(struct piece *p, size_t bytes)
{
    uint8_t *next = arena_low(bytes);
    if (!next) return false;
    if (p->left) arena_low_free(p->at, p->left);
    *p = (struct piece){next, bytes};
    return true;
}

static void *cut(struct piece *p, size_t bytes)
{
    size_t whole = (bytes + 15) & ~(size_t)15;
    if (whole == 0) whole = 16;
    if (p->left < whole) {
        if (whole > PIECE / 2) return arena_low(bytes);
        if (!renew(p, PIECE)) return arena_low(bytes); /* memory is short */
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

/* What is touched lies in one place, before all else: it needs one page of page tables then.  All that is no code is one kind there, for there is little of it. */
void *low_alloc_planned(enum low_kind kind, unsigned touch, size_t bytes)
{
    enum { TOUCHED_CODE = 1024 << 10 };
    static bool begun;
    if (touch != PLAT_TOUCHED) return cut(&piece[touch][kind], bytes);
    struct piece *p = piece[PLAT_TOUCHED];
    if (!begun) begun = renew(&p[LOW_NAMES], PIECE) && renew(&p[LOW_CODE], TOUCHED_CODE);
    return cut(&p[kind == LOW_CODE ? LOW_CODE : LOW_NAMES], bytes);
}

void *low_alloc(enum low_kind kind, size_t bytes)
{
    enum plat_layout layout = plat_layout();
    if (layout == PLAT_LAYOUT_USUAL) return cut(&piece[PLAT_TOUCHED][kind], bytes);
    uintptr_t at = low_spread((bytes + ARENA_PAGE - 1) / ARENA_PAGE);
    if (at && layout == PLAT_LAYOUT_SPREAD) return (void *)at;
    return low_alloc_planned(kind, at ? plat_touch_of(at, bytes) : PLAT_TOUCHED, bytes);
}
