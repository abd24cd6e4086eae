/* SPDX-License-Identifier: Apache-2.0 */
/* window.c -- the pages of a snapshot in a KVM guest: mapped once, as they lie in the image, or in a file in memory (flat.h).
 *
 * The page tables put each range of them to its address; the memory that lies there otherwise is not touched.  To map each range
 * to a place of its own would take 5 us and half a kilobyte of the kernel's, for each of some 75.
 *
 * Always true: a page of a range is in the window alone, from before the guest runs.
 */
#include <errno.h>
#include <sys/mman.h>

#include "monitor/machine.h"

int window_map(struct snapshot *s, void *to, const struct monitor_file *file, struct error *e)
{
    if (!s->header || !s->pages_bytes) return 0;
    if (mmap(to, s->pages_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
             file->fd, (off_t)(file->at + s->pages_at)) != to)
        return fail(e, errno, "map the snapshot's pages");
    s->window = to;
    return 0;
}

bool window_find(const struct snapshot *s, struct window_place *p, uint64_t address,
                 uint64_t *bytes)
{
    uint32_t ranges = s->header ? s->header->ranges : 0;
    if (p->range >= ranges || address < s->range[p->range].address) *p = (struct window_place){0};
    for (; p->range < ranges; p->before += s->range[p->range++].bytes) {
        const struct snapshot_range *r = &s->range[p->range];
        uint64_t in = address - r->address;
        bool inside = address >= r->address && in < r->bytes;
        if (address >= r->address && !inside) continue;
        uint64_t there = inside ? r->bytes - in : r->address - address;
        if (*bytes > there) *bytes = there;
        p->at = (s->range_at ? s->range_at[p->range] : p->before) + in;
        return inside;
    }
    return false;
}

void *window_memory(const struct snapshot *s, const struct areas *a, struct window_place *p,
                    uint64_t address, uint64_t *bytes)
{
    if (s->window && window_find(s, p, address, bytes)) return s->window + p->at;
    const struct area *area = areas_find(a, address, *bytes);
    return area ? (char *)area->memory + (address - area->address) : NULL;
}

bool window_advise(const struct snapshot *s, const struct areas *a, uint64_t address,
                   uint64_t bytes, int advice)
{
    struct window_place p = {0};
    bool done = true;
    for (uint64_t n; bytes; address += n, bytes -= n) {
        n = bytes;
        void *memory = window_memory(s, a, &p, address, &n);
        if (!memory || madvise(memory, n, advice) < 0) done = false;
    }
    return done;
}

/* --- what a start touches --------------------------------------------------------------------- */

/* Pages of ours that follow each other, nearly. */
struct span {
    char *from, *end;
};

/* Where it is written to, a page is copied anyway, and to write to it costs less than to ask for it: 2 us, or 4 for a call.
 * Only where many follow each other it is the other way round. */
static void copy_now(const struct span *s)
{
    enum { MANY = 6 };
    size_t bytes = (size_t)(s->end - s->from);
    if (bytes >= MANY * LAYOUT_PAGE && madvise(s->from, bytes, MADV_POPULATE_WRITE) == 0) return;
    for (char *at = s->from; at < s->end; at += LAYOUT_PAGE)
        __atomic_fetch_or(at, 0, __ATOMIC_RELAXED);
}

static void map_now(const struct span *s)
{
    if (s->end > s->from) madvise(s->from, (size_t)(s->end - s->from), MADV_POPULATE_READ);
}

/* One more piece: if it is far from the last one, that is dealt with. */
static void extend(struct span *s, char *from, uint64_t bytes, ptrdiff_t near,
                   void deal(const struct span *))
{
    if (!s->from || from < s->end || from - s->end > near) {
        deal(s);
        s->from = from;
    }
    s->end = from + bytes;
}

/* All that is touched in this way, or, to read, in any. */
static void touch(const struct snapshot *s, const struct areas *a, bool write, bool application)
{
    enum { NEAR = 16 * LAYOUT_PAGE };
    struct window_place p = {0};
    struct span window = {0}, other = {0};
    void (*deal)(const struct span *) = write ? copy_now : map_now;
    for (uint32_t i = 0; i < s->header->touched; i++) {
        const struct snapshot_touched *t = &s->touched[i];
        bool written = t->access & SNAPSHOT_WRITTEN, later = t->access & SNAPSHOT_LATER;
        if (written != write || (write && later && !application)) continue;
        uint64_t at = t->address, left = t->pages * LAYOUT_PAGE;
        for (uint64_t n; left; at += n, left -= n) {
            n = left;
            char *memory = window_memory(s, a, &p, at, &n);
            bool in = memory && s->window && (uint8_t *)memory >= s->window &&
                      (uint8_t *)memory < s->window + s->pages_bytes;
            if (memory) extend(in ? &window : &other, memory, n, write ? 0 : NEAR, deal);
        }
    }
    deal(&window);
    deal(&other);
}

/* What is written to comes first: to copy what is mapped to be read costs more, for that has to be forgotten.  To read costs
 * little for what lies near it, too: the kernel maps 16 pages at a time. */
void snapshot_populate(const struct snapshot *s, const struct areas *a, bool application)
{
    if (!s->header) return;
    touch(s, a, true, application);
    touch(s, a, false, application);
}
