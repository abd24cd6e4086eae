/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c -- see snapshot.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cold.h"
#include "monitor/machine.h"
#include "monitor/snapshot.h"

void areas_add(struct areas *p, uint64_t address, uint64_t bytes, void *memory)
{
    if (p->n < AREAS_MOST) p->at[p->n++] = (struct area){address, layout_pages_up(bytes), memory};
}

const struct area *areas_find(const struct areas *p, uint64_t address, uint64_t bytes)
{
    for (unsigned i = 0; i < p->n; i++) {
        uint64_t from = address - p->at[i].address;
        if (address >= p->at[i].address && from < p->at[i].bytes && bytes <= p->at[i].bytes - from)
            return &p->at[i];
    }
    return NULL;
}

/* --- reading -------------------------------------------------------------------------------- */

static int bad(struct error *e, const char *what)
{
    return fail(e, 0, "the snapshot cannot be used: %s (`--cold` starts without it)", what);
}

static bool is_guests(const struct machine *m, const struct snapshot_range *r, uint64_t heap_bytes)
{
    struct areas p = {0};
    for (unsigned i = 0; i < m->runtime.segments; i++)
        if (m->runtime.segment[i].writable)
            areas_add(&p, m->runtime.segment[i].address, m->runtime.segment[i].memory_bytes, NULL);
    areas_add(&p, LAYOUT_STACK, LAYOUT_STACK_BYTES, NULL);
    areas_add(&p, LAYOUT_HEAP, heap_bytes, NULL);
    return areas_find(&p, r->address, r->bytes) != NULL;
}

const char *snapshot_check_ranges(const struct snapshot_range *r, uint32_t n,
                                  const struct machine *m, uint64_t heap_bytes, uint64_t bytes,
                                  uint64_t *used)
{
    uint64_t end = 0;
    for (const struct snapshot_range *last = r + n; r < last; r++) {
        if ((r->address | r->bytes) % LAYOUT_PAGE || !r->bytes || r->bytes > bytes - *used)
            return "a range of it is not of whole pages, or lies outside of it";
        if (r->address < end || !is_guests(m, r, heap_bytes))
            return "a range of it lies where a guest has no data";
        *used += r->bytes;
        end = r->address + r->bytes;
    }
    return NULL;
}

const char *snapshot_check_machine(const struct machine *m, uint64_t heap_bytes,
                                   uint64_t archive_bytes)
{
    const struct monitor_options *o = m->options;
    if (heap_bytes % LAYOUT_PAGE || heap_bytes < MONITOR_MEMORY_LEAST ||
        heap_bytes > MONITOR_MEMORY_MOST)
        return "its heap has an impossible size";
    if (archive_bytes != o->archive.bytes + o->archive_rest.bytes || m->archive_skip)
        return "it was made with other files";
    return NULL;
}

static int check_ranges(struct snapshot *s, const struct machine *m, struct error *e)
{
    const struct snapshot_header *h = s->header;
    uint64_t used = s->pages_at;
    const char *wrong =
        snapshot_check_ranges(s->range, h->ranges, m, h->heap_bytes, h->bytes, &used);
    s->pages_bytes = used - s->pages_at;
    if (!wrong) wrong = cold_check(s->chunk, h->chunks, used, h->bytes);
    return wrong ? bad(e, wrong) : 0;
}

/* They lie in the heap, and where no range is. */
static int check_chunks(const struct snapshot *s, struct error *e)
{
    const struct snapshot_header *h = s->header;
    if (h->chunks && (s->chunk[0].address < LAYOUT_HEAP ||
                      cold_end(&s->chunk[h->chunks - 1]) > LAYOUT_HEAP + h->heap_bytes))
        return bad(e, "a chunk of it lies outside of the heap");
    for (uint32_t i = 0; i < h->ranges; i++) {
        const struct snapshot_range *r = &s->range[i];
        if (cold_has(s->chunk, h->chunks, r->address, r->bytes))
            return bad(e, "a chunk of it lies where a range is");
    }
    return 0;
}

/* A list that lies is no danger: it costs what is given to the guest anyway.  But it has to be one. */
static int check_touched(const struct snapshot *s, const struct machine *m, struct error *e)
{
    uint64_t end = 0, archive = LAYOUT_ARCHIVE + m->archive_pages_bytes;
    for (uint32_t i = 0; i < s->header->touched; i++) {
        const struct snapshot_touched *t = &s->touched[i];
        uint64_t bytes = t->pages * LAYOUT_PAGE;
        struct snapshot_range r = {t->address, bytes};
        uint32_t access = t->access & ~(uint32_t)SNAPSHOT_LATER;
        bool read = access == SNAPSHOT_READ, in_archive = t->address >= LAYOUT_ARCHIVE;
        if (t->address % LAYOUT_PAGE || !bytes || t->address < end ||
            (!read && access != SNAPSHOT_WRITTEN))
            return bad(e, "its list of what a start touches is damaged");
        if (in_archive ? !read || t->address >= archive || bytes > archive - t->address
                       : !is_guests(m, &r, s->header->heap_bytes))
            return bad(e, "its list of what a start touches has what is not the guest's");
        end = t->address + bytes;
    }
    return 0;
}

static int check_header(const struct snapshot_header *h, const struct monitor_file *f,
                        const struct machine *m, struct error *e)
{
    if (f->bytes < sizeof *h || h->magic != SNAPSHOT_MAGIC)
        return bad(e, "it is none, or cut short");
    if (h->version != SNAPSHOT_VERSION)
        return bad(e, "it is of another version: build the image again");
    if (h->bytes != f->bytes) return bad(e, "it is cut short");
    if (h->ranges > SNAPSHOT_RANGES_MOST || h->touched > SNAPSHOT_TOUCHED_MOST ||
        h->chunks > SNAPSHOT_CHUNKS_MOST || h->bytes % LAYOUT_PAGE ||
        layout_pages_up(ranges_head_bytes(h)) > h->bytes)
        return bad(e, "it has more ranges than there is room for");
    const char *wrong = snapshot_check_machine(m, h->heap_bytes, h->archive_bytes);
    return wrong ? bad(e, wrong) : 0;
}

int snapshot_open(struct snapshot *s, const struct machine *m, struct error *e)
{
    const struct monitor_file *f = &m->options->snapshot;
    struct stat st;
    *s = (struct snapshot){0};
    if (!f->bytes) return 0;
    if (!m->runtime.header.resume) return bad(e, "the runtime cannot go on from one");
    if (fstat(f->fd, &st) < 0) return fail(e, errno, "look at the snapshot");
    if (f->at % LAYOUT_PAGE || f->at > (uint64_t)st.st_size ||
        f->bytes > (uint64_t)st.st_size - f->at)
        return bad(e, "it is cut short");
    /* For its head, and its chunks; the ranges go to the guest's own addresses, too. */
    s->map_bytes = layout_pages_up(f->bytes);
    void *p = mmap(NULL, s->map_bytes, PROT_READ, MAP_PRIVATE, f->fd, (off_t)f->at);
    if (p == MAP_FAILED) return fail(e, errno, "map the snapshot");
    s->header = p;
    if (check_header(s->header, f, m, e) < 0) return -1;
    s->range = ranges_of(s->header);
    s->touched = touched_of(s->header);
    s->chunk = cold_chunks(s->header);
    s->pages_at = layout_pages_up(ranges_head_bytes(s->header));
    if (check_ranges(s, m, e) < 0 || check_chunks(s, e) < 0) return -1;
    return check_touched(s, m, e);
}

/* One call for chunks and all ranges that lie between them. */
int snapshot_hide(const struct snapshot *s, struct error *e)
{
    uint32_t chunks = s->header ? s->header->chunks : 0, r = 0;
    for (uint32_t i = 0, next; i < chunks; i = next) {
        uint64_t from = s->chunk[i].address, end = cold_end(&s->chunk[i]);
        for (next = i + 1; next < chunks; end = cold_end(&s->chunk[next++])) {
            uint64_t at = end;
            while (r < s->header->ranges && s->range[r].address < at) r++;
            if (r < s->header->ranges && s->range[r].address == at) at += s->range[r].bytes;
            if (s->chunk[next].address != at) break;
        }
        if (mprotect((void *)from, end - from, PROT_NONE) < 0)
            return fail(e, errno, "hide the snapshot's cold pages");
    }
    return 0;
}

bool snapshot_has(const struct snapshot *s, uint64_t address)
{
    return s->header && (ranges_have(s->range, s->header->ranges, address, LAYOUT_PAGE) ||
                         cold_has(s->chunk, s->header->chunks, address, LAYOUT_PAGE));
}

int snapshot_map(const struct snapshot *s, const struct areas *p, const struct monitor_file *file,
                 struct error *e)
{
    uint64_t at = file->at + s->pages_at;
    for (uint32_t i = 0; s->header && i < s->header->ranges; i++) {
        const struct snapshot_range *r = &s->range[i];
        const struct area *area = areas_find(p, r->address, r->bytes);
        if (!area) return bad(e, "it wants more memory than there is");
        void *to = (char *)area->memory + (r->address - area->address);
        if (mmap(to, r->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
                 file->fd, (off_t)at) != to)
            return fail(e, errno, "map the snapshot's pages");
        at += r->bytes;
    }
    return 0;
}

static int each_page_of_chunks(const struct snapshot *s,
                               int (*page)(void *context, uint64_t address, const void *bytes,
                                           struct error *e),
                               void *context, struct error *e)
{
    static uint8_t some[SNAPSHOT_CHUNK_PAGES * LAYOUT_PAGE];
    for (uint32_t i = 0; s->header && i < s->header->chunks; i++) {
        const struct snapshot_chunk *c = &s->chunk[i];
        if (!cold_inflate(c, (const char *)s->header + c->at, some))
            return bad(e, "a page of it is damaged");
        for (uint32_t n = 0; n < c->pages; n++)
            if (page(context, c->address + n * LAYOUT_PAGE, some + n * LAYOUT_PAGE, e) < 0)
                return -1;
    }
    return 0;
}

int snapshot_each_page(const struct snapshot *s, const struct monitor_file *file,
                       int (*page)(void *context, uint64_t address, const void *bytes,
                                   struct error *e),
                       void *context, struct error *e)
{
    static uint8_t some[LAYOUT_PAGE];
    uint64_t at = file->at + s->pages_at;
    for (uint32_t i = 0; s->header && i < s->header->ranges; i++)
        for (uint64_t n = 0; n < s->range[i].bytes; n += LAYOUT_PAGE, at += LAYOUT_PAGE) {
            if (pread(file->fd, some, sizeof some, (off_t)at) != (ssize_t)sizeof some)
                return fail(e, errno, "read the snapshot");
            if (page(context, s->range[i].address + n, some, e) < 0) return -1;
        }
    return each_page_of_chunks(s, page, context, e);
}

/* --- writing --------------------------------------------------------------------------------- */

bool page_is_zero(const uint8_t *page)
{
    const uint64_t *word = (const uint64_t *)page;
    for (size_t i = 0; i < LAYOUT_PAGE / sizeof *word; i++)
        if (word[i]) return false;
    return true;
}

static struct {
    struct snapshot_header header;
    struct snapshot_range range[SNAPSHOT_RANGES_MOST];
} head;

/* Adds a page to the last range, when it is near. */
static bool add_page(uint64_t address, bool same_place)
{
    struct snapshot_range *last = head.header.ranges ? &head.range[head.header.ranges - 1] : NULL;
    if (last && same_place &&
        address - (last->address + last->bytes) < SNAPSHOT_GAP * LAYOUT_PAGE) {
        last->bytes = address + LAYOUT_PAGE - last->address;
        return true;
    }
    if (head.header.ranges == SNAPSHOT_RANGES_MOST) return false;
    head.range[head.header.ranges++] = (struct snapshot_range){address, LAYOUT_PAGE};
    return true;
}

/* Pages that nobody has touched are not looked at: looking would make them. */
enum { AT_ONCE = 4096 };

static int look(const uint8_t *used, uint64_t number, void *page, uint64_t bytes,
                unsigned char *touched)
{
    if (!used) return mincore(page, bytes, touched);
    for (uint64_t i = 0; i < bytes / LAYOUT_PAGE; i++)
        touched[i] = used[(number + i) / 8] >> (number + i) % 8 & 1;
    return 0;
}

static int find_ranges(const struct areas *p, const uint8_t *used, struct error *e)
{
    static unsigned char touched[AT_ONCE];
    uint64_t before = 0; /* pages of other areas */
    for (unsigned i = 0; i < p->n; i++) {
        const struct area *area = &p->at[i];
        bool same = false;
        for (uint64_t n = 0; n < area->bytes / LAYOUT_PAGE; n++) {
            uint8_t *page = (uint8_t *)area->memory + n * LAYOUT_PAGE;
            uint64_t left = area->bytes - n * LAYOUT_PAGE;
            if (left > AT_ONCE * LAYOUT_PAGE) left = AT_ONCE * LAYOUT_PAGE;
            if (n % AT_ONCE == 0 && look(used, before + n, page, left, touched) < 0)
                return fail(e, errno, "look for memory in use");
            if (!(touched[n % AT_ONCE] & 1) || page_is_zero(page)) continue;
            if (!add_page(area->address + n * LAYOUT_PAGE, same))
                return fail(e, 0, "a snapshot of this memory would have more than %u ranges",
                            SNAPSHOT_RANGES_MOST);
            same = true;
        }
        before += area->bytes / LAYOUT_PAGE;
    }
    return 0;
}

int write_all(int fd, const void *bytes, uint64_t n, const char *what, struct error *e)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return fail(e, done ? errno : ENOSPC, "write %s", what);
        bytes = (const char *)bytes + done;
        n -= (uint64_t)done;
    }
    return 0;
}

int write_all_at(int fd, uint64_t at, const void *bytes, uint64_t n, const char *what,
                 struct error *e)
{
    if (lseek(fd, (off_t)at, SEEK_SET) < 0) return fail(e, errno, "write %s", what);
    return write_all(fd, bytes, n, what, e);
}

static int put(int fd, const void *bytes, uint64_t n, struct error *e)
{
    return write_all(fd, bytes, n, "the snapshot", e);
}

static int put_zeros(int fd, uint64_t n, struct error *e)
{
    static const uint8_t zeros[LAYOUT_PAGE];
    return put(fd, zeros, n, e);
}

int snapshot_write(const struct areas *p, const struct snapshot_source *source, int fd,
                   struct error *e)
{
    struct snapshot_header *h = &head.header;
    *h = (struct snapshot_header){
        .magic = SNAPSHOT_MAGIC,
        .version = SNAPSHOT_VERSION,
        .heap_bytes = source->heap_bytes,
        .archive_bytes = source->archive_bytes,
    };
    if (find_ranges(p, source->used, e) < 0) return -1;
    uint64_t used = sizeof *h + h->ranges * sizeof *head.range;
    h->bytes = layout_pages_up(used);
    for (uint32_t i = 0; i < h->ranges; i++) h->bytes += head.range[i].bytes;
    if (put(fd, &head, used, e) < 0 || put_zeros(fd, layout_pages_up(used) - used, e) < 0)
        return -1;
    for (uint32_t i = 0; i < h->ranges; i++) {
        const struct snapshot_range *r = &head.range[i];
        const struct area *area = areas_find(p, r->address, r->bytes);
        if (put(fd, (const char *)area->memory + (r->address - area->address), r->bytes, e) < 0)
            return -1;
    }
    return 0;
}

/* Nothing is mapped any more: we are locked in. */
static int copy_pages(int from, uint64_t at, uint64_t bytes, int to, struct error *e)
{
    static uint8_t some[64 * LAYOUT_PAGE];
    while (bytes) {
        ssize_t n = pread(from, some, bytes < sizeof some ? bytes : sizeof some, (off_t)at);
        if (n <= 0) return fail(e, n < 0 ? errno : 0, "read the snapshot");
        if (put(to, some, (uint64_t)n, e) < 0) return -1;
        bytes -= (uint64_t)n, at += (uint64_t)n;
    }
    return 0;
}

int snapshot_write_touched(const struct snapshot *s, const struct monitor_file *file,
                           const struct snapshot_touched *list, uint32_t n, int fd, struct error *e)
{
    struct snapshot_header h = *s->header;
    uint64_t pages = h.bytes - s->pages_at;
    h.touched = n;
    uint64_t used = ranges_head_bytes(&h);
    h.bytes = layout_pages_up(used) + pages;
    if (put(fd, &h, sizeof h, e) < 0 || put(fd, s->range, h.ranges * sizeof *s->range, e) < 0 ||
        put(fd, list, n * sizeof *list, e) < 0 ||
        put_zeros(fd, layout_pages_up(used) - used, e) < 0)
        return -1;
    return copy_pages(file->fd, file->at + s->pages_at, pages, fd, e);
}
