/* SPDX-License-Identifier: Apache-2.0 */
/* flat.c -- see flat.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cold.h"
#include "monitor/flat.h"
#include "monitor/machine.h"

/* Runs with less between them are one: what lies there is zero in the file, too, and takes no memory until it is touched. */
#define GAP (2ull << 20)

/* *at: where the next piece lies in the file.  `gap`: of pages that are none of the snapshot's and have room there all the same. */
static void add(struct flat *f, uint64_t address, uint64_t bytes, uint64_t *at, uint64_t gap)
{
    unsigned last = f->runs - 1;
    if (f->runs) {
        uint64_t hole = address - (f->run[last].address + f->run[last].bytes);
        if (hole <= gap && *at == f->at[last] + f->run[last].bytes) {
            f->run[last].bytes += hole + bytes;
            *at += hole + bytes;
            return;
        }
    }
    f->run[f->runs] = (struct snapshot_range){address, bytes};
    f->at[f->runs++] = *at;
    *at += bytes;
}

/* Both lists are in order of address. */
static void lay_out(struct flat *f, const struct snapshot *s, enum flat_order order)
{
    const struct snapshot_header *h = s->header;
    bool cold_last = order == FLAT_COLD_LAST;
    uint64_t gap = cold_last ? 0 : GAP, at = 0, behind = s->pages_bytes;
    uint64_t *cold_at = cold_last ? &behind : &at;
    for (uint32_t r = 0, c = 0; r < h->ranges || c < h->chunks;) {
        if (c == h->chunks || (r < h->ranges && s->range[r].address < s->chunk[c].address))
            add(f, s->range[r].address, s->range[r].bytes, &at, gap), r++;
        else
            add(f, s->chunk[c].address, s->chunk[c].pages * LAYOUT_PAGE, cold_at, gap), c++;
    }
    f->bytes = *cold_at;
}

/* No more runs than ranges and chunks; there are few.  What they do not need is given back. */
static bool make_runs(struct flat *f, const struct snapshot *s, enum flat_order order)
{
    size_t most = s->header->ranges + s->header->chunks;
    f->run = calloc(most, sizeof *f->run);
    f->at = calloc(most, sizeof *f->at);
    if (!most || !f->run || !f->at) return false;
    lay_out(f, s, order);
    void *run = realloc(f->run, f->runs * sizeof *f->run);
    void *at = realloc(f->at, f->runs * sizeof *f->at);
    if (run) f->run = run;
    if (at) f->at = at;
    return true;
}

static void give_up(struct flat *f)
{
    if (f->file >= 0) close(f->file);
    free(f->run);
    free(f->at);
    *f = (struct flat){.file = -1};
}

void flat_start(struct flat *f, const struct snapshot *s, enum flat_order order)
{
    *f = (struct flat){.file = -1, .next = s->pages_at};
    if (!s->header || !make_runs(f, s, order)) {
        give_up(f);
        return;
    }
    f->file = memfd_create("mote-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (f->file < 0 || ftruncate(f->file, (off_t)f->bytes) < 0) give_up(f);
}

static bool put(const struct flat *f, uint64_t address, const void *bytes, uint64_t n)
{
    for (unsigned i = 0; i < f->runs; i++) {
        uint64_t in = address - f->run[i].address;
        if (in < f->run[i].bytes)
            return pwrite(f->file, bytes, n, (off_t)(f->at[i] + in)) == (ssize_t)n;
    }
    return false;
}

static bool put_range(struct flat *f, const struct snapshot *s)
{
    const struct snapshot_range *r = &s->range[f->ranges++];
    const char *from = (const char *)s->header + f->next;
    f->next += r->bytes;
    return put(f, r->address, from, r->bytes);
}

static bool put_chunk(struct flat *f, const struct snapshot *s)
{
    static uint8_t pages[SNAPSHOT_CHUNK_PAGES * LAYOUT_PAGE];
    const struct snapshot_chunk *c = &s->chunk[f->chunks++];
    return cold_inflate(c, (const char *)s->header + c->at, pages) &&
           put(f, c->address, pages, c->pages * LAYOUT_PAGE);
}

bool flat_fill(struct flat *f, const struct snapshot *s)
{
    enum { AT_ONCE = 16, SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };
    bool good = true;
    if (f->file < 0 || f->whole) return false;
    for (unsigned i = 0; good && i < AT_ONCE && f->ranges < s->header->ranges; i++)
        good = put_range(f, s);
    for (unsigned i = 0; good && i < AT_ONCE && f->chunks < s->header->chunks; i++)
        good = put_chunk(f, s);
    bool all = f->ranges == s->header->ranges && f->chunks == s->header->chunks;
    if (good && all) good = f->whole = fcntl(f->file, F_ADD_SEALS, SEALS) == 0;
    if (!good) give_up(f); /* the host has no memory for it, or the snapshot is damaged */
    return good && !f->whole;
}

int flat_map(const struct flat *f, struct error *e)
{
    for (unsigned i = 0; i < f->runs; i++) {
        void *to = (void *)f->run[i].address;
        if (mmap(to, f->run[i].bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, f->file, (off_t)f->at[i]) != to)
            return fail(e, errno, "map the snapshot's pages");
    }
    return 0;
}

struct snapshot flat_snapshot(struct flat *f, const struct snapshot *s)
{
    f->header = *s->header;
    f->header.ranges = f->runs;
    f->header.chunks = 0;
    return (struct snapshot){.header = &f->header,
                             .range = f->run,
                             .range_at = f->at,
                             .touched = s->touched,
                             .pages_bytes = f->bytes};
}
