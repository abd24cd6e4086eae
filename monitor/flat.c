/* SPDX-License-Identifier: Apache-2.0 */
/* flat.c -- see flat.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cold.h"
#include "monitor/flat.h"
#include "monitor/machine.h"

/* Runs with less between them are one: what lies there is zero in the file, too, and takes no memory until it is touched. */
#define GAP (2ull << 20)

static bool add(struct flat *f, uint64_t address, uint64_t bytes)
{
    struct flat_run *last = f->runs ? &f->run[f->runs - 1] : NULL;
    if (last && address - (last->address + last->bytes) < GAP) {
        last->bytes = address + bytes - last->address;
        return true;
    }
    if (f->runs == FLAT_RUNS_MOST) return false;
    uint64_t at = last ? last->at + last->bytes : 0;
    f->run[f->runs++] = (struct flat_run){address, bytes, at};
    return true;
}

/* Both lists are in order of address. */
static bool lay_out(struct flat *f, const struct snapshot *s)
{
    const struct snapshot_header *h = s->header;
    for (uint32_t r = 0, c = 0; r < h->ranges || c < h->chunks;) {
        bool good;
        if (c == h->chunks || (r < h->ranges && s->range[r].address < s->chunk[c].address))
            good = add(f, s->range[r].address, s->range[r].bytes), r++;
        else
            good = add(f, s->chunk[c].address, s->chunk[c].pages * LAYOUT_PAGE), c++;
        if (!good) return false;
    }
    return f->runs > 0;
}

static void give_up(struct flat *f)
{
    if (f->file >= 0) close(f->file);
    *f = (struct flat){.file = -1};
}

void flat_start(struct flat *f, const struct snapshot *s)
{
    *f = (struct flat){.file = -1, .next = s->pages_at};
    if (!s->header || !lay_out(f, s)) return;
    const struct flat_run *last = &f->run[f->runs - 1];
    f->file = memfd_create("mote-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (f->file >= 0 && ftruncate(f->file, (off_t)(last->at + last->bytes)) < 0) give_up(f);
}

static bool put(const struct flat *f, uint64_t address, const void *bytes, uint64_t n)
{
    for (const struct flat_run *r = f->run; r < f->run + f->runs; r++)
        if (address - r->address < r->bytes)
            return pwrite(f->file, bytes, n, (off_t)(r->at + address - r->address)) == (ssize_t)n;
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
    for (const struct flat_run *r = f->run; r < f->run + f->runs; r++)
        if (mmap((void *)r->address, r->bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, f->file,
                 (off_t)r->at) != (void *)r->address)
            return fail(e, errno, "map the snapshot's pages");
    return 0;
}
