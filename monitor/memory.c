/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c -- the memory of a KVM guest, and which of it the guest sees where.
 *
 * It is one piece, of which KVM knows what slots.c tells it.  In it lie, one after the other:
 *
 *   low       data and bss, stack, descriptor tables, rings, boot record
 *   tables    the page tables
 *   runtime   the runtime ELF's own file pages, read only here, too
 *   code      of it, in large pages, if there is such a copy: large.c
 *   heap      on a 2 MiB boundary
 *   archive   the image's own file pages, read only
 *   window    pages of the snapshot, private: window.c
 *   channels  shared with who serves them
 *
 * What the guest sees of it, where and how, is decided by the page tables: abi/layout.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/cold.h"
#include "monitor/kvm.h"

enum { LAYOUT_WORDS = 9 };

static int no_room(struct error *e) { return fail(e, 0, "the page tables are full"); }

/* Puts pages that are mapped somewhere in our memory to their place in the region. */
static int move(struct vm *v, uint64_t at, void *from, uint64_t bytes, struct error *e)
{
    void *to = v->memory + at;
    if (v->dry || mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to) return 0;
    return fail(e, errno, "move the image's pages");
}

/* Maps pages of a file to their place in the region.  To move a mapping that has been read through costs three times as much, and
 * while KVM makes the machine each waits for the other. */
static int map_file(struct vm *v, uint64_t at, int fd, uint64_t from, uint64_t bytes,
                    struct error *e)
{
    void *to = v->memory + at;
    if (v->dry || mmap(to, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, (off_t)from) == to)
        return 0;
    return fail(e, errno, "map the image's pages");
}

/* --- page tables that others have made ------------------------------------------------------ */

/* Good for a machine with the same layout. */
struct made_tables {
    unsigned char *memory;
    uint64_t used;
    uint64_t layout[LAYOUT_WORDS];
};

static void layout_of(const struct vm *v, uint64_t layout[LAYOUT_WORDS])
{
    const uint64_t words[LAYOUT_WORDS] = {v->low_end,   v->tables.bytes, v->runtime_at,
                                          v->code_at,   v->heap_at,      v->archive_at,
                                          v->window_at, v->channels_at,  v->bytes};
    memcpy(layout, words, sizeof words);
}

/* Ours from now on, each page shared with all others until we change it. */
static int take_tables(struct vm *v, struct error *e)
{
    struct made_tables *made = v->machine->made;
    uint64_t layout[LAYOUT_WORDS];
    layout_of(v, layout);
    if (!made || !v->machine->snapshot.header || v->machine->options->nets ||
        memcmp(layout, made->layout, sizeof layout) != 0)
        return 0;
    v->tables.used = made->used;
    v->taken = true;
    v->machine->made = NULL;
    return move(v, v->tables_at, made->memory, made->used, e);
}

/* What a guest is known to touch is backed at once: a fault would cost ten times as much.
 * Of a large bss that is only the beginning. */
static void populate(void *memory, uint64_t bytes)
{
    enum { MOST = 256 << 10 };
    madvise(memory, bytes < MOST ? bytes : MOST, MADV_POPULATE_WRITE);
}

/* --- the one region ------------------------------------------------------------------------- */

static int reserve(struct vm *v, struct error *e)
{
    const struct machine *m = v->machine;
    const struct runtime *r = &m->runtime;
    uint64_t low = LAYOUT_STACK_BYTES + 2 * LAYOUT_PAGE + RING_USED_BYTES;
    for (unsigned i = 0; i < r->segments; i++)
        if (r->segment[i].writable) low += r->segment[i].memory_bytes;
    for (unsigned i = 0; i < m->options->nets; i++) low += net_rings_bytes(&m->net[i]);
    low += LAYOUT_BOOT_BYTES; /* the boot record, at the end */
    v->low_end = low;
    v->tables_at = low;
    v->tables.bytes = tables_room(m->heap_room, m->archive_pages_bytes + LAYOUT_HEAP);
    v->runtime_at = v->tables_at + v->tables.bytes;
    v->code_at = round_up(v->runtime_at + layout_pages_up(r->map_bytes), LAYOUT_LARGE_PAGE);
    v->heap_at = v->code_at + r->large_bytes;
    v->archive_at = round_up(v->heap_at + m->heap_room, LAYOUT_LARGE_PAGE);
    v->window_at = v->archive_at + m->archive_pages_bytes;
    v->channels_at = v->window_at + m->snapshot.pages_bytes;
    v->bytes = v->channels_at + channels_bytes(&m->channels);

    /* On a 2 MiB boundary as well, so that the host can use large pages for the heap. */
    unsigned char *p = mmap(NULL, v->bytes + LAYOUT_LARGE_PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return fail(e, errno, "reserve %llu MiB of memory for the guest",
                    (unsigned long long)(v->bytes >> 20));
    v->memory = (unsigned char *)round_up((uint64_t)(uintptr_t)p, LAYOUT_LARGE_PAGE);
    madvise(v->memory, v->heap_at, MADV_NOHUGEPAGE); /* little of it is touched */
    v->tables.memory = v->memory + v->tables_at;
    v->tables.physical = PHYSICAL + v->tables_at;
    if (take_tables(v, e) < 0) return -1;
    /* As many as a small mote has.  They are read before they are written, which would be two faults for each. */
    enum { FEW = 20 * LAYOUT_PAGE };
    if (!v->taken) populate(v->tables.memory, FEW);
    return 0;
}

/* --- what the guest sees ---------------------------------------------------------------------- */

/* Maps `bytes` more of the low memory at `address`; returns them as we see them.  Page tables that others have made have it. */
static void *map_low(struct vm *v, uint64_t address, uint64_t bytes, unsigned access,
                     struct error *e)
{
    bytes = layout_pages_up(bytes);
    unsigned char *here = v->memory + v->low_used;
    if (bytes > v->low_end - v->low_used ||
        (!v->taken && !tables_map(&v->tables, address, PHYSICAL + v->low_used, bytes, access))) {
        no_room(e);
        return NULL;
    }
    v->low_used += bytes;
    return here;
}

/* Functions that a start runs come first: image/runtime.ld. */
enum { CODE_FIRST = 256 << 10 };

static int map_runtime(struct vm *v, struct error *e)
{
    struct runtime *r = &v->machine->runtime;
    int placed = r->copied ? move(v, v->runtime_at, r->map, r->map_bytes, e)
                           : map_file(v, v->runtime_at, r->file.fd, r->file.at, r->map_bytes, e);
    if (placed < 0) return -1;
    r->map = v->memory + v->runtime_at;
    r->bytes = r->map;
    if (r->large && move(v, v->code_at, r->large, r->large_bytes, e) < 0) return -1;
    for (unsigned i = 0; i < r->segments; i++) {
        const struct runtime_segment *s = &r->segment[i];
        if (s->writable) {
            void *data = map_low(v, s->address, s->memory_bytes, TABLES_WRITE, e);
            if (!data) return -1;
            areas_add(&v->machine->areas, s->address, s->memory_bytes, data);
            if (machine_resumes(v->machine)) continue;
            populate(data, s->memory_bytes);
            memcpy(data, r->bytes + s->at, s->file_bytes);
            continue;
        }
        if (s->executable && r->large) {
            if (!tables_map(&v->tables, s->address, PHYSICAL + v->code_at, r->large_bytes,
                            TABLES_EXECUTE))
                return no_room(e);
            continue;
        }
        if (!tables_map(&v->tables, s->address, PHYSICAL + v->runtime_at + s->at, s->memory_bytes,
                        s->executable ? TABLES_EXECUTE : TABLES_READ))
            return no_room(e);
        uint64_t first =
            s->executable && s->memory_bytes > CODE_FIRST ? CODE_FIRST : s->memory_bytes;
        madvise((char *)r->map + s->at, first, MADV_POPULATE_READ);
    }
    if (r->window_bytes &&
        !tables_map(&v->tables, LAYOUT_SYMBOLS, PHYSICAL + v->runtime_at + r->window_at,
                    r->window_bytes, TABLES_READ))
        return no_room(e);
    return 0;
}

static int map_stack(struct vm *v, struct error *e)
{
    unsigned char *stack = map_low(v, LAYOUT_STACK, LAYOUT_STACK_BYTES, TABLES_WRITE, e);
    if (!stack) return -1;
    areas_add(&v->machine->areas, LAYOUT_STACK, LAYOUT_STACK_BYTES, stack);
    if (machine_resumes(v->machine)) return 0;
    enum { FIRST = 16384 }; /* what any guest touches of it */
    populate(stack + LAYOUT_STACK_BYTES - FIRST, FIRST);
    record_thread(v->machine, stack + (LAYOUT_THREAD - LAYOUT_STACK));
    return 0;
}

static int map_rings(struct vm *v, struct error *e)
{
    v->machine->control = map_low(v, LAYOUT_RINGS, RING_USED_BYTES, TABLES_WRITE, e);
    if (!v->machine->control) return -1;
    for (unsigned i = 0; i < v->machine->options->nets; i++) {
        struct net *n = &v->machine->net[i];
        void *rings = map_low(v, n->boot.rings, net_rings_bytes(n), TABLES_WRITE, e);
        if (!rings) return -1;
        net_start(n, rings);
    }
    return 0;
}

/* Behind everything else; they are shared with their servers already. */
static int map_channels(struct vm *v, struct error *e)
{
    struct channels *channels = &v->machine->channels;
    for (unsigned i = 0; i < channels->n; i++) {
        uint64_t at = v->channels_at + i * CHANNEL_STRIDE;
        if (!v->dry && channels_move(channels, i, v->memory + at, e) < 0) return -1;
        if (!tables_map(&v->tables, CHANNEL_MEMORY(i), PHYSICAL + at, CHANNEL_STRIDE, TABLES_WRITE))
            return no_room(e);
    }
    return 0;
}

static int map_archive(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    const struct monitor_file *f = &m->options->archive;
    if (!m->archive_pages_bytes) return 0;
    int placed =
        m->options->archive_rest.bytes
            ? move(v, v->archive_at, m->archive, m->archive_pages_bytes, e)
            : map_file(v, v->archive_at, f->fd, f->at - m->archive_skip, m->archive_pages_bytes, e);
    if (placed < 0) return -1;
    m->archive = v->memory + v->archive_at;
    return tables_map(&v->tables, LAYOUT_ARCHIVE, PHYSICAL + v->archive_at, m->archive_pages_bytes,
                      TABLES_READ)
               ? 0
               : no_room(e);
}

bool vm_show_window(struct vm *v, uint64_t address, uint64_t bytes)
{
    const struct snapshot *s = &v->machine->snapshot;
    struct window_place p = {0};
    for (uint64_t n; bytes; address += n, bytes -= n) {
        n = bytes;
        if (window_find(s, &p, address, &n) &&
            !tables_map(&v->tables, address, PHYSICAL + v->window_at + p.at, n, TABLES_WRITE))
            return false;
    }
    return true;
}

struct part {
    uint64_t from, end;
};

static void use_small(const struct vm *v, const struct part *p)
{
    uint64_t from = p->from & ~(LAYOUT_LARGE_PAGE - 1);
    uint64_t end = round_up(p->end, LAYOUT_LARGE_PAGE);
    if (p->from < LAYOUT_HEAP) return;
    if (end > LAYOUT_HEAP + v->machine->heap_room) end = LAYOUT_HEAP + v->machine->heap_room;
    madvise(v->memory + v->heap_at + (from - LAYOUT_HEAP), end - from, MADV_NOHUGEPAGE);
}

/* No large pages where the snapshot is: the first cold one that is touched would become 2 MiB. */
static void keep_small(const struct vm *v)
{
    const struct snapshot *s = &v->machine->snapshot;
    const struct snapshot_header *h = s->header;
    struct part all = {0};
    for (uint32_t r = 0, c = 0; h && (r < h->ranges || c < h->chunks);) {
        bool range = c == h->chunks || (r < h->ranges && s->range[r].address < s->chunk[c].address);
        uint64_t at = range ? s->range[r].address : s->chunk[c].address;
        if (at >= all.end + LAYOUT_LARGE_PAGE) {
            use_small(v, &all);
            all.from = at;
        }
        all.end = range ? at + s->range[r++].bytes : cold_end(&s->chunk[c++]);
    }
    use_small(v, &all);
}

static void map_heap(struct vm *v)
{
    heap_advise(v->memory + v->heap_at, v->machine->heap_room);
    keep_small(v);
    areas_add(&v->machine->areas, LAYOUT_HEAP, v->machine->heap_room, v->memory + v->heap_at);
}

static int map_descriptors(struct vm *v, struct error *e)
{
    void *two = map_low(v, LAYOUT_TABLES, 2 * LAYOUT_PAGE, TABLES_PROCESSOR, e);
    if (!two) return -1;
    tables_descriptors(two, &v->machine->runtime.header);
    return 0;
}

int vm_map(struct vm *v, struct error *e)
{
    cold_are_changed(v->machine);
    if (reserve(v, e) < 0 || slots_start(v, e) < 0) return -1;
    if (v->taken && !cold_show(v)) return no_room(e);
    if (v->laid_out && v->laid_out(v, e) < 0) return -1;
    if (map_runtime(v, e) < 0 || map_stack(v, e) < 0) return -1;
    if (map_descriptors(v, e) < 0 || map_rings(v, e) < 0) return -1;
    map_heap(v);
    if (map_archive(v, e) < 0) return -1;
    if (!v->taken && !vm_show_window(v, 0, LAYOUT_HEAP)) return no_room(e);
    struct machine *m = v->machine;
    if (v->dry) return map_channels(v, e);
    const struct monitor_file flat = {m->flat ? m->flat->file : -1, 0, m->snapshot.pages_bytes};
    const struct monitor_file *pages = m->flat ? &flat : &m->options->snapshot;
    if (window_map(&m->snapshot, v->memory + v->window_at, pages, e) < 0) return -1;
    if (overlay_map(&m->overlay, &m->snapshot, &m->areas, &m->options->overlay, e) < 0) return -1;
    struct areas all = m->areas;
    areas_add(&all, LAYOUT_ARCHIVE, m->archive_pages_bytes, m->archive);
    const struct monitor_link *link = m->options->link;
    snapshot_populate(&m->snapshot, &all, !link || !link->parent);
    overlay_populate(&m->overlay, &m->snapshot, &all);
    v->taken = false;
    return map_channels(v, e);
}

/* The record goes last: it is written where it will lie, and only the pages that it took
 * are mapped. */
int vm_write_record(struct vm *v, const struct record_clock *clock, struct error *e)
{
    unsigned char *here = v->memory + v->low_used;
    int64_t bytes = record_write(v->machine, clock, here, v->low_end - v->low_used, e);
    if (bytes < 0) return -1;
    return map_low(v, LAYOUT_BOOT, (uint64_t)bytes, TABLES_READ, e) ? 0 : -1;
}

void vm_forget(struct made_tables *made)
{
    if (!made) return;
    munmap(made->memory, made->used);
    free(made);
}

struct made_tables *vm_prepare(const struct machine *m)
{
    struct machine plain = *m;
    struct monitor_options options = *m->options;
    struct vm v = {.machine = &plain, .dry = true};
    struct error e;
    struct made_tables *made = m->snapshot.header ? calloc(1, sizeof *made) : NULL;
    if (!made) return NULL;
    options.nets = 0;
    plain.options = &options;
    plain.heap_room = m->snapshot.header->heap_bytes;
    plain.channels.n = 1;
    plain.made = NULL; /* those before, perhaps with the same layout, are not taken */
    if (vm_map(&v, &e) < 0 || !map_low(&v, LAYOUT_BOOT, LAYOUT_PAGE, TABLES_READ, &e)) return NULL;
    layout_of(&v, made->layout);
    made->used = v.tables.used;
    made->memory =
        mmap(NULL, made->used, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made->memory == MAP_FAILED) return NULL;
    memcpy(made->memory, v.tables.memory, made->used);
    munmap(v.memory, v.bytes);
    return made;
}
