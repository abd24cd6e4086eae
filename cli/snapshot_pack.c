/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot_pack.c -- see snapshot_pack.h.
 *
 * Cold is what the trial start did not touch, and of the heap: the C stack, and the data of the runtime, to which system calls and the
 * fault handler itself write, are always there.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/cold.h"
#include "cli/snapshot_pack.h"

struct packer {
    const struct snapshot_header *from;
    struct snapshot_touched touched[SNAPSHOT_TOUCHED_MOST];
    uint32_t touches, passed; /* of them, those that is_cold() has passed */
    struct snapshot_range range[SNAPSHOT_RANGES_MOST];
    uint32_t ranges;
    struct snapshot_chunk *chunk;
    uint32_t chunks;
    struct buffer pages, packed;
    z_stream z;
};

/* --- what trials have touched ---------------------------------------------------------------------- */

struct list {
    const struct snapshot_touched *at, *end;
};

static struct list list_of(struct bytes snapshot)
{
    const struct snapshot_header *h = (const struct snapshot_header *)snapshot.at;
    if (!snapshot.n) return (struct list){0};
    return (struct list){touched_of(h), touched_of(h) + h->touched};
}

/* Of the page at `address`; *next becomes the next page that is in the list, or the end of its pages, where that is less than it was. */
static uint32_t access_in(struct list *l, uint64_t address, uint64_t *next)
{
    while (l->at < l->end && touched_end(l->at, 0) <= address) l->at++;
    if (l->at == l->end) return 0;
    uint64_t edge = l->at->address > address ? l->at->address : touched_end(l->at, 0);
    if (edge < *next) *next = edge;
    return l->at->address > address ? 0 : l->at->access;
}

/* Of `lists` of them what the first says counts.  What only the second has touched is read beforehand, but not copied. */
static void join(struct packer *p, struct list *list, unsigned lists)
{
    for (uint64_t at = 0, next = 0; next != UINT64_MAX; at = next) {
        uint32_t access = 0;
        next = UINT64_MAX;
        for (unsigned i = 0; i < lists; i++) {
            uint32_t said = access_in(&list[i], at, &next);
            if (said && !access) access = i == 0 ? said : i == 1 ? SNAPSHOT_READ : SNAPSHOT_SELDOM;
        }
        if (access && p->touches == SNAPSHOT_TOUCHED_MOST) return;
        if (access)
            p->touched[p->touches++] =
                (struct snapshot_touched){at, (uint32_t)((next - at) / LAYOUT_PAGE), access};
    }
}

/* Behind the snapshot that a trial has written: struct snapshot_range[], in order of address. */
static struct bytes written_by(struct bytes trial)
{
    const struct snapshot_header *h = (const struct snapshot_header *)trial.at;
    if (!trial.n || trial.n <= h->bytes) return (struct bytes){0};
    return (struct bytes){trial.at + h->bytes, trial.n - h->bytes};
}

void snapshot_touched(struct bytes first, struct bytes second, struct bytes seldom,
                      struct bytes seldom_too, struct buffer *out)
{
    struct packer *p = memory_take(sizeof *p);
    struct bytes any = first.n ? first : second;
    struct list list[] = {list_of(first), list_of(second), list_of(seldom), list_of(seldom_too)};
    if (any.n) join(p, list, 4);
    if (p->touches) {
        struct snapshot_header h = *(const struct snapshot_header *)any.at;
        struct bytes written = written_by(second);
        h.ranges = (uint32_t)(written.n / sizeof(struct snapshot_range));
        h.touched = p->touches;
        h.chunks = 0;
        h.bytes = sizeof h + written.n + h.touched * sizeof *p->touched;
        buffer_add(out, &h, sizeof h);
        buffer_add(out, written.at, written.n);
        buffer_add(out, p->touched, h.touched * sizeof *p->touched);
    }
}

/* --- pages and chunks -------------------------------------------------------------------------------- */

/* Asked for in order of address. */
static bool is_cold(struct packer *p, uint64_t address)
{
    while (p->passed < p->touches && touched_end(p->touched, p->passed) <= address) p->passed++;
    return address >= LAYOUT_HEAP &&
           !(p->passed < p->touches && p->touched[p->passed].address <= address);
}

static void add_pages(struct packer *p, uint64_t address, const uint8_t *at, uint64_t bytes)
{
    struct snapshot_range *last = p->ranges ? &p->range[p->ranges - 1] : NULL;
    if (last && last->address + last->bytes == address)
        last->bytes += bytes;
    else
        p->range[p->ranges++] = (struct snapshot_range){address, bytes};
    buffer_add(&p->pages, at, bytes);
}

/* What becomes of a chunk in a form. */
struct tried {
    uint32_t bytes; /* 0: not less than its pages */
    uint8_t small[SNAPSHOT_CHUNK_PAGES * LAYOUT_PAGE];
};

static void deflate_form(struct packer *p, enum snapshot_form form, uint64_t address,
                         const uint8_t *at, uint32_t bytes, struct tried *t)
{
    static uint32_t word[sizeof t->small / sizeof(uint32_t)];
    memcpy(word, at, bytes);
    cold_write(form, address, word, bytes / sizeof *word);
    deflateReset(&p->z);
    p->z.next_in = (Bytef *)word, p->z.avail_in = bytes;
    p->z.next_out = t->small, p->z.avail_out = bytes - 1;
    t->bytes = deflate(&p->z, Z_FINISH) == Z_STREAM_END ? bytes - 1 - p->z.avail_out : 0;
}

/* In the form of which the least is left: of any real memory, more is left of it as it is than of one of the others. */
static void add_chunk(struct packer *p, uint64_t address, const uint8_t *at, uint32_t pages)
{
    static struct tried near, steps;
    uint32_t bytes = (uint32_t)(pages * LAYOUT_PAGE);
    deflate_form(p, SNAPSHOT_NEAR, address, at, bytes, &near);
    deflate_form(p, SNAPSHOT_STEPS, address, at, bytes, &steps);
    bool is_near = near.bytes && (!steps.bytes || near.bytes <= steps.bytes);
    const struct tried *best = is_near ? &near : &steps;
    struct snapshot_chunk c = {address, p->packed.n, (uint16_t)pages, SNAPSHOT_AS_IT_IS, bytes};
    if (best->bytes) {
        c.form = is_near ? SNAPSHOT_NEAR : SNAPSHOT_STEPS;
        c.bytes = best->bytes;
        at = best->small;
    }
    p->chunk[p->chunks++] = c; /* `at` is made good later */
    buffer_add(&p->packed, at, c.bytes);
}

static void add_cold(struct packer *p, uint64_t address, const uint8_t *at, uint64_t pages)
{
    uint64_t chunks = (pages + SNAPSHOT_CHUNK_PAGES - 1) / SNAPSHOT_CHUNK_PAGES;
    if (pages < SNAPSHOT_COLD_LEAST || p->chunks + chunks > SNAPSHOT_CHUNKS_MOST ||
        p->ranges + p->from->ranges + 1 >= SNAPSHOT_RANGES_MOST) {
        add_pages(p, address, at, pages * LAYOUT_PAGE);
        return;
    }
    while (pages) {
        uint32_t n = pages < SNAPSHOT_CHUNK_PAGES ? (uint32_t)pages : SNAPSHOT_CHUNK_PAGES;
        add_chunk(p, address, at, n);
        address += n * LAYOUT_PAGE, at += n * LAYOUT_PAGE, pages -= n;
    }
}

static void add_range(struct packer *p, const struct snapshot_range *r, const uint8_t *at)
{
    uint64_t pages = r->bytes / LAYOUT_PAGE;
    for (uint64_t i = 0, from; i < pages;) {
        bool cold = is_cold(p, r->address + i * LAYOUT_PAGE);
        for (from = i++; i < pages && is_cold(p, r->address + i * LAYOUT_PAGE) == cold; i++) {}
        uint64_t address = r->address + from * LAYOUT_PAGE;
        if (cold)
            add_cold(p, address, at + from * LAYOUT_PAGE, i - from);
        else
            add_pages(p, address, at + from * LAYOUT_PAGE, (i - from) * LAYOUT_PAGE);
    }
}

static void write_out(struct packer *p, struct buffer *out)
{
    struct snapshot_header h = *p->from;
    size_t first = out->n;
    h.ranges = p->ranges;
    h.touched = p->touches;
    h.chunks = p->chunks;
    uint64_t head = ranges_head_bytes(&h);
    uint64_t packed_at = layout_pages_up(head) + p->pages.n;
    for (uint32_t i = 0; i < p->chunks; i++) p->chunk[i].at += packed_at;
    h.bytes = layout_pages_up(packed_at + p->packed.n);
    buffer_add(out, &h, sizeof h);
    buffer_add(out, p->range, h.ranges * sizeof *p->range);
    buffer_add(out, p->touched, h.touched * sizeof *p->touched);
    buffer_add(out, p->chunk, h.chunks * sizeof *p->chunk);
    buffer_extend(out, layout_pages_up(head) - head);
    buffer_add(out, p->pages.at, p->pages.n);
    buffer_add(out, p->packed.at, p->packed.n);
    buffer_extend(out, h.bytes - (out->n - first));
}

void snapshot_pack(struct bytes plain, struct bytes first, struct bytes second, struct buffer *out)
{
    const struct snapshot_header *h = (const struct snapshot_header *)plain.at;
    const struct snapshot_range *range = ranges_of(h);
    struct packer *p = memory_take(sizeof *p);
    p->from = h;
    struct list list[] = {list_of(first), list_of(second)};
    join(p, list, 2);
    if (!p->touches || deflateInit2(&p->z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        buffer_add(out, plain.at, plain.n);
        return;
    }
    p->chunk = memory_take(SNAPSHOT_CHUNKS_MOST * sizeof *p->chunk);
    const uint8_t *at = plain.at + layout_pages_up(ranges_head_bytes(h));
    for (uint32_t i = 0; i < h->ranges; at += range[i++].bytes) add_range(p, &range[i], at);
    deflateEnd(&p->z);
    write_out(p, out);
    buffer_drop(&p->pages);
    buffer_drop(&p->packed);
}

bool snapshot_sizes(struct bytes snapshot, struct snapshot_sizes *out)
{
    struct snapshot_header h;
    *out = (struct snapshot_sizes){0};
    if (snapshot.n < sizeof h) return false;
    memcpy(&h, snapshot.at, sizeof h);
    uint64_t end = ranges_head_bytes(&h), chunks = end - h.chunks * sizeof(struct snapshot_chunk);
    if (h.magic != SNAPSHOT_MAGIC || h.version != SNAPSHOT_VERSION || end > snapshot.n)
        return false;
    out->ranges = h.ranges;
    out->chunks = h.chunks;
    for (uint32_t i = 0; i < h.ranges; i++) {
        struct snapshot_range r;
        memcpy(&r, snapshot.at + sizeof h + i * sizeof r, sizeof r);
        out->pages += r.bytes;
    }
    for (uint32_t i = 0; i < h.chunks; i++) {
        struct snapshot_chunk c;
        memcpy(&c, snapshot.at + chunks + i * sizeof c, sizeof c);
        out->packed += c.bytes;
        out->unpacked += c.pages * LAYOUT_PAGE;
    }
    return true;
}
