/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.c -- see overlay.h. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/ranges.h"
#include "monitor/machine.h"
#include "monitor/overlay.h"

static int bad(struct error *e, const char *what)
{
    return fail(e, 0, "the checkpoint cannot be used: %s", what);
}

static int check_header(const struct overlay_header *h, const struct machine *m, struct error *e)
{
    if (h->magic != OVERLAY_MAGIC || h->bytes != m->options->overlay.bytes ||
        h->ranges > OVERLAY_RANGES_MOST)
        return bad(e, "it is none, or cut short");
    const char *wrong = snapshot_check_machine(m, h->heap_bytes, h->archive_bytes);
    if (!wrong && h->from_snapshot != (m->snapshot.header != NULL))
        wrong = "it was made with another snapshot";
    return wrong ? bad(e, wrong) : 0;
}

static int check_ranges(const struct overlay *o, const struct machine *m, struct error *e)
{
    const struct overlay_header *h = o->header;
    uint64_t used = OVERLAY_HEAD;
    const char *wrong =
        snapshot_check_ranges(o->range, h->ranges, m, h->heap_bytes, h->bytes, &used);
    if (!wrong && used != h->bytes) wrong = "it has more than its ranges";
    return wrong ? bad(e, wrong) : 0;
}

int overlay_open(struct overlay *o, const struct machine *m, struct error *e)
{
    const struct monitor_file *f = &m->options->overlay;
    struct stat st;
    *o = (struct overlay){0};
    if (!f->bytes) return 0;
    if (!m->runtime.header.resume) return bad(e, "the runtime cannot go on from one");
    if (fstat(f->fd, &st) < 0) return fail(e, errno, "look at the checkpoint");
    if (f->at || f->bytes < OVERLAY_HEAD || (uint64_t)st.st_size != f->bytes)
        return bad(e, "it is cut short");
    void *p = mmap(NULL, OVERLAY_HEAD, PROT_READ, MAP_PRIVATE, f->fd, 0);
    if (p == MAP_FAILED) return fail(e, errno, "map the checkpoint");
    o->header = p;
    o->range = (const struct snapshot_range *)(o->header + 1);
    return check_header(o->header, m, e) < 0 ? -1 : check_ranges(o, m, e);
}

bool overlay_has_any(const struct overlay *o, uint64_t address, uint64_t bytes)
{
    return o->header && ranges_have(o->range, o->header->ranges, address, bytes);
}

bool overlay_has(const struct overlay *o, uint64_t address)
{
    return overlay_has_any(o, address, LAYOUT_PAGE);
}

static int map_range(const struct snapshot *s, const struct areas *p,
                     const struct snapshot_range *r, const struct monitor_file *file, uint64_t at,
                     struct error *e)
{
    struct window_place place = {0};
    for (uint64_t done = 0, n; done < r->bytes; done += n) {
        n = r->bytes - done;
        void *to = window_memory(s, p, &place, r->address + done, &n);
        if (!to) return bad(e, "it wants more memory than there is");
        if (mmap(to, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file->fd,
                 (off_t)(at + done)) != to)
            return fail(e, errno, "map the checkpoint's pages");
    }
    return 0;
}

int overlay_map(const struct overlay *o, const struct snapshot *s, const struct areas *p,
                const struct monitor_file *file, struct error *e)
{
    uint64_t at = OVERLAY_HEAD;
    for (uint32_t i = 0; o->header && i < o->header->ranges; at += o->range[i++].bytes)
        if (map_range(s, p, &o->range[i], file, at, e) < 0) return -1;
    return 0;
}

void overlay_populate(const struct overlay *o, const struct snapshot *s, const struct areas *p)
{
    enum { PAGES_MOST = 2048 };
    uint64_t left = PAGES_MOST * LAYOUT_PAGE;
    for (uint32_t i = 0; o->header && i < o->header->ranges && left; i++) {
        const struct snapshot_range *r = &o->range[i];
        uint64_t bytes = r->bytes < left ? r->bytes : left;
        window_advise(s, p, r->address, bytes, MADV_POPULATE_READ);
        left -= bytes;
    }
}
