/* SPDX-License-Identifier: Apache-2.0 */
/* overlay_write.c -- the pages in which a guest that stands still differs from what it was started from: overlay.h.
 *
 * For each area of its memory: which pages were changed, or are in the overlay that it was started from; then all pages of a
 * compressed chunk of which one is, for who goes on has chunks whole or not at all; then short gaps between them, for each range is a mapping in
 * each mote.  Zero pages are left out where they would be zero anyway.
 */
#include <errno.h>
#include <string.h>

#include "base/cold.h"
#include "monitor/machine.h"
#include "monitor/overlay.h"

enum { AT_ONCE = 64 /* pages */ };

static struct writer {
    int fd;
    uint64_t at;      /* where the next bytes go */
    uint64_t end;     /* of the last range */
    uint64_t skipped; /* zero pages directly behind it that were left out */
    unsigned held;    /* pages that wait to be written */
    bool full;
    struct {
        struct overlay_header header;
        struct snapshot_range range[OVERLAY_RANGES_MOST];
    } head;
    _Alignas(64) uint8_t page[AT_ONCE * LAYOUT_PAGE], read[AT_ONCE * LAYOUT_PAGE];
    uint8_t wanted[COPY_PAGES_MOST / 8]; /* bits: of an area */
} w;

static bool is_wanted(uint64_t i) { return w.wanted[i / 8] >> i % 8 & 1; }

static void want(uint64_t from, uint64_t end)
{
    for (; from < end; from++) w.wanted[from / 8] |= (uint8_t)(1u << from % 8);
}

/* --- which ----------------------------------------------------------------------------------------------- */

static uint64_t pages_of(const struct area *a) { return a->bytes / LAYOUT_PAGE; }

/* Of the guest's memory here (kvm), or at its own address there. */
static uint64_t place_of(const struct copier *c, struct window_place *p, uint64_t address,
                         uint64_t *bytes)
{
    const struct machine *m = c->machine;
    if (c->guest_memory >= 0) return address;
    return (uint64_t)(uintptr_t)window_memory(&m->snapshot, &m->areas, p, address, bytes);
}

/* On kvm what is compressed is hidden from the guest, and not from the host: what was asked for beforehand is there. */
static int want_changed(const struct copier *c, const struct area *a, struct error *e)
{
    static bool changed[COPY_AT_ONCE];
    struct window_place place = {0};
    uint64_t pages = pages_of(a);
    for (uint64_t first = 0, n; first < pages; first += n) {
        uint64_t left = pages - first < COPY_AT_ONCE ? pages - first : COPY_AT_ONCE,
                 address = a->address + first * LAYOUT_PAGE, bytes = left * LAYOUT_PAGE;
        uint64_t where = place_of(c, &place, address, &bytes);
        n = bytes / LAYOUT_PAGE;
        if (copier_changed(c, where, n, changed, e) < 0) return -1;
        for (uint64_t i = 0; i < n; i++)
            if (changed[i] && (c->guest_memory >= 0 ||
                               !cold_hides(&c->machine->snapshot, address + i * LAYOUT_PAGE)))
                want(first + i, first + i + 1);
    }
    return 0;
}

/* The part of [address, address + bytes) that lies in the area, as numbers of pages. */
static bool within(const struct area *a, uint64_t address, uint64_t bytes, uint64_t *from,
                   uint64_t *end)
{
    uint64_t last = a->address + a->bytes, to = address + bytes;
    if (address >= last || to <= a->address) return false;
    *from = address <= a->address ? 0 : (address - a->address) / LAYOUT_PAGE;
    *end = ((to < last ? to : last) - a->address) / LAYOUT_PAGE;
    return true;
}

static void want_overlay(const struct overlay *o, const struct area *a)
{
    uint64_t from, end;
    for (uint32_t i = 0; o->header && i < o->header->ranges; i++)
        if (within(a, o->range[i].address, o->range[i].bytes, &from, &end)) want(from, end);
}

static void want_whole_chunks(const struct snapshot *s, const struct area *a)
{
    uint64_t from, end;
    for (uint32_t i = 0; s->header && i < s->header->chunks; i++) {
        const struct snapshot_chunk *chunk = &s->chunk[i];
        if (!within(a, chunk->address, chunk->pages * LAYOUT_PAGE, &from, &end)) continue;
        for (uint64_t n = from; n < end; n++)
            if (is_wanted(n)) want(from, end);
    }
}

/* What lies in a gap is read as it is; what is compressed cannot be. */
static bool has_chunk(const struct snapshot *s, uint64_t address, uint64_t bytes)
{
    return s->header && cold_has(s->chunk, s->header->chunks, address, bytes);
}

static void want_gaps(const struct snapshot *s, const struct area *a)
{
    uint64_t pages = pages_of(a), last = UINT64_MAX; /* the last one that was wanted */
    for (uint64_t i = 0; i < pages; i++) {
        if (i % 8 == 0 && !w.wanted[i / 8]) {
            i += 7;
            continue;
        }
        if (!is_wanted(i)) continue;
        uint64_t gap = last == UINT64_MAX ? 0 : i - last - 1;
        if (gap && gap < SNAPSHOT_GAP &&
            !has_chunk(s, a->address + (last + 1) * LAYOUT_PAGE, gap * LAYOUT_PAGE))
            want(last + 1, i);
        last = i;
    }
}

/* --- written --------------------------------------------------------------------------------------------- */

static int write_at(uint64_t at, const void *from, uint64_t n, struct error *e)
{
    int result = write_all_at(w.fd, at, from, n, "the checkpoint", e);
    if (result < 0 && e->code == EPERM) w.full = true; /* it is sealed: it does not grow */
    return result;
}

static int flush(struct error *e)
{
    uint64_t n = w.held * LAYOUT_PAGE;
    if (n && write_at(w.at, w.page, n, e) < 0) return -1;
    w.at += n;
    w.held = 0;
    return 0;
}

static int append(const uint8_t *page, struct error *e)
{
    if (page)
        memcpy(w.page + w.held * LAYOUT_PAGE, page, LAYOUT_PAGE);
    else
        memset(w.page + w.held * LAYOUT_PAGE, 0, LAYOUT_PAGE);
    w.head.range[w.head.header.ranges - 1].bytes += LAYOUT_PAGE;
    w.end += LAYOUT_PAGE;
    return ++w.held == AT_ONCE ? flush(e) : 0;
}

static int put_page(uint64_t address, const uint8_t *page, struct error *e)
{
    struct overlay_header *h = &w.head.header;
    uint64_t gap = w.skipped;
    w.skipped = 0;
    if (h->ranges && gap < SNAPSHOT_GAP && address == w.end + gap * LAYOUT_PAGE) {
        for (; gap; gap--)
            if (append(NULL, e) < 0) return -1;
        return append(page, e);
    }
    if (h->ranges == OVERLAY_RANGES_MOST)
        return fail(e, 0, "it would have more than %u ranges", OVERLAY_RANGES_MOST);
    w.head.range[h->ranges++] = (struct snapshot_range){address, 0};
    w.end = address;
    return append(page, e);
}

static int put_pages(const struct copier *c, uint64_t address, const uint8_t *from, uint64_t pages,
                     struct error *e)
{
    for (; pages; pages--, address += LAYOUT_PAGE, from += LAYOUT_PAGE) {
        bool zero = page_is_zero(from) && !snapshot_has(&c->machine->snapshot, address) &&
                    !overlay_has(&c->machine->overlay, address);
        if (!zero && put_page(address, from, e) < 0) return -1;
        if (zero && address == w.end + w.skipped * LAYOUT_PAGE) w.skipped++;
    }
    return 0;
}

static int put_area(const struct copier *c, const struct area *a, struct error *e)
{
    struct window_place place = {0};
    uint64_t pages = pages_of(a);
    for (uint64_t i = 0, end; i < pages; i = end) {
        if (!is_wanted(i)) {
            end = i + (i % 8 == 0 && !w.wanted[i / 8] ? 8 : 1);
            continue;
        }
        for (end = i; end < pages && end - i < AT_ONCE && is_wanted(end);) end++;
        uint64_t address = a->address + i * LAYOUT_PAGE, bytes = (end - i) * LAYOUT_PAGE;
        const void *from = (const void *)place_of(c, &place, address, &bytes);
        end = i + bytes / LAYOUT_PAGE;
        if (c->guest_memory >= 0 && copier_read(c, address, w.read, bytes, e) < 0) return -1;
        if (c->guest_memory >= 0) from = w.read;
        if (put_pages(c, address, from, end - i, e) < 0) return -1;
    }
    return 0;
}

static int put_areas(const struct copier *c, struct error *e)
{
    const struct machine *m = c->machine;
    for (unsigned i = 0; i < m->areas.n; i++) {
        const struct area *a = &m->areas.at[i];
        if (pages_of(a) > COPY_PAGES_MOST)
            return fail(e, 0, "there is more memory than can be copied");
        int result = want_changed(c, a, e);
        want_overlay(&m->overlay, a);
        want_whole_chunks(&m->snapshot, a);
        want_gaps(&m->snapshot, a);
        if (result == 0) result = put_area(c, a, e);
        memset(w.wanted, 0, (pages_of(a) + 7) / 8);
        if (result < 0) return -1;
    }
    return flush(e);
}

int overlay_write(const struct copier *c, int fd, uint64_t *bytes, struct error *e)
{
    const struct machine *m = c->machine;
    struct overlay_header *h = &w.head.header;
    w.fd = fd;
    w.at = OVERLAY_HEAD;
    w.end = w.skipped = w.held = w.full = 0;
    *h = (struct overlay_header){
        .magic = OVERLAY_MAGIC,
        .heap_bytes = m->heap_room,
        .archive_bytes = m->options->archive.bytes + m->options->archive_rest.bytes,
        .from_snapshot = m->snapshot.header != NULL,
    };
    int result = put_areas(c, e);
    h->bytes = w.at;
    if (result == 0)
        result = write_at(0, &w.head, sizeof *h + h->ranges * sizeof(struct snapshot_range), e);
    *bytes = w.full ? UINT64_MAX : w.at;
    return result;
}
