/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c -- which parts of the guest's heap the host backs with large pages.
 *
 * A first touch costs, for each 4 KiB (measured where KVM is emulated; process in brackets):
 *
 *   small page, not populated   4.3 us  (1.4)
 *   small page, populated       1.8 us  (1.0), and an exit of 30 us for each request
 *   part of a large page        0.4 us  (0.2)
 *
 * and large pages make the guest's own code faster, too.  But a large page is resident as a
 * whole, and a small mote should stay small.  The arena grows from both ends (vm/heap/arena.h),
 * so: large pages at the ends, which every boot fills; small ones next to them, where the
 * edges stand when a small mote has booted; large ones in between, for those that need more.
 * At the very top stand tables of which a small mote touches little: small pages again.
 *
 *   | LARGE | small .... | LARGE ............... | .... small | LARGE | small: tables |
 *   bottom: code, literals                          top: all the rest
 */
#include <sys/mman.h>

#include "base/checked.h"
#include "monitor/machine.h"

#define MIB            (1ull << 20)
#define BOTTOM_LARGE   (2 * MIB)
#define BOTTOM_SMALL   (6 * MIB)
#define TOP_LARGE      (2 * MIB)
#define TOP_SMALL      (6 * MIB)
#define WORTH_IT_ABOVE (32 * MIB)

/* A row of 16 bytes for each page, and 8 bytes for each of 262,144 processes; to the nearest large page. */
static uint64_t tables_bytes(uint64_t bytes)
{
    return round_up(bytes / 256 + 2 * MIB - LAYOUT_LARGE_PAGE / 2, LAYOUT_LARGE_PAGE);
}

void heap_advise(void *heap, uint64_t bytes)
{
    unsigned char *bottom = heap, *top = bottom + (bytes & ~(LAYOUT_LARGE_PAGE - 1));
    madvise(heap, bytes, MADV_NOHUGEPAGE); /* a host may use them everywhere if nobody objects */
    if (bytes < WORTH_IT_ABOVE) return;
    top -= tables_bytes(bytes);
    madvise(bottom, BOTTOM_LARGE, MADV_HUGEPAGE);
    madvise(top - TOP_LARGE, TOP_LARGE, MADV_HUGEPAGE);
    unsigned char *from = bottom + BOTTOM_LARGE + BOTTOM_SMALL;
    madvise(from, (size_t)(top - TOP_LARGE - TOP_SMALL - from), MADV_HUGEPAGE);
}
