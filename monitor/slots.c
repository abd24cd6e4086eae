/* SPDX-License-Identifier: Apache-2.0 */
/* slots.c -- which of a guest's memory KVM knows of.
 *
 * For each page of a slot KVM keeps some ten bytes, and takes time to make them: for a heap of 1 GiB that is 2.5 MiB, and
 * as long as all other steps of its start together.  A small mote touches only the ends of its heap (vm/heap/arena.h), so
 * the middle is in no slot and in no page table at first:
 *
 *   slot 0   all that lies below the heap, and the heap's first chunks
 *   slot 1   the heap's last chunks, and all that lies above
 *
 * A guest that gets into the middle either asks for pages there (CALL_POPULATE) or has a page fault, whose handler asks
 * (CALL_BACK).  Then what is missing, and as much again as there is, becomes one more slot.  For the page tables that needs no more:
 * no processor remembers what was not there.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "base/checked.h"
#include "monitor/kvm.h"

#define MIB    (1ull << 20)
#define BOTTOM (6 * MIB) /* of the heap, at the start: code */
#define TOP    (8 * MIB) /* all the rest, behind a table of 16 bytes for each page */

static uint64_t heap_bytes(const struct vm *v) { return v->machine->heap_room; }

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Chunks [from, end) are memory now, for the page tables. */
static bool map_chunks(struct vm *v, unsigned from, unsigned end)
{
    struct slots *s = &v->slots;
    uint64_t at = from * s->chunk_bytes, to = least(end * s->chunk_bytes, heap_bytes(v));
    for (unsigned i = from; i < end; i++) s->is_backed[i] = true;
    s->backed += end - from;
    if (v->taken) return true; /* and what is cold is not in them, either */
    return tables_map(&v->tables, LAYOUT_HEAP + at, PHYSICAL + v->heap_at + at, to - at,
                      TABLES_WRITE) &&
           vm_show_window(v, LAYOUT_HEAP + at, to - at) && cold_hide(v, LAYOUT_HEAP + at, to - at);
}

static void add_slot(struct slots *s, uint64_t at, uint64_t end)
{
    s->slot[s->n++] = (struct slot){at, end - at};
}

int slots_start(struct vm *v, struct error *e)
{
    struct slots *s = &v->slots;
    uint64_t bytes = heap_bytes(v);
    uint64_t chunk = round_up(bytes / SLOTS_CHUNKS, LAYOUT_LARGE_PAGE);
    *s = (struct slots){.chunk_bytes = chunk};
    s->chunks = (unsigned)((bytes + chunk - 1) / chunk);
    uint64_t top = TOP + bytes / 256;
    unsigned first = (unsigned)((BOTTOM + chunk - 1) / chunk);
    unsigned last = bytes > top ? (unsigned)((bytes - top) / chunk) : 0;
    bool good;
    if (last <= first) {
        good = map_chunks(v, 0, s->chunks);
        add_slot(s, 0, v->bytes);
    } else {
        good = map_chunks(v, 0, first) && map_chunks(v, last, s->chunks);
        add_slot(s, 0, v->heap_at + first * chunk);
        add_slot(s, v->heap_at + last * s->chunk_bytes, v->bytes);
    }
    return good ? 0 : fail(e, 0, "the page tables are full");
}

static int set_slot(const struct vm *v, unsigned i, bool there)
{
    const struct slot *s = &v->slots.slot[i];
    struct kvm_userspace_memory_region region = {
        .slot = i,
        .guest_phys_addr = PHYSICAL + s->at,
        .memory_size = there ? s->bytes : 0,
        .userspace_addr = (uint64_t)(uintptr_t)(v->memory + s->at),
    };
    return ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region) == 0 ? 0 : errno;
}

int slots_give(const struct vm *v)
{
    for (unsigned i = 0; i < v->slots.n; i++) {
        int code = set_slot(v, i, true);
        if (code) return code;
    }
    return 0;
}

bool slots_renew(const struct vm *v)
{
    for (unsigned i = 0; i < v->slots.n; i++)
        if (set_slot(v, i, false) != 0) return false;
    return slots_give(v) == 0;
}

/* The heap grows from both ends: to the side on which there is nothing yet. */
static bool back_around(struct vm *v, unsigned from, unsigned end)
{
    struct slots *s = &v->slots;
    unsigned extra = s->backed > end - from ? s->backed - (end - from) : 0;
    bool down = end == s->chunks || s->is_backed[end];
    if (s->n + 8 > SLOTS_MOST) extra = SLOTS_CHUNKS; /* there are not many left */
    for (; extra && down && from > 0 && !s->is_backed[from - 1]; extra--) from--;
    for (; extra && !down && end < s->chunks && !s->is_backed[end]; extra--) end++;
    if (s->n == SLOTS_MOST || !map_chunks(v, from, end)) return false;
    add_slot(s, v->heap_at + from * s->chunk_bytes,
             v->heap_at + least(end * s->chunk_bytes, heap_bytes(v)));
    return set_slot(v, s->n - 1, true) == 0;
}

bool slots_back(struct vm *v, uint64_t address, uint64_t bytes)
{
    struct slots *s = &v->slots;
    unsigned from = (unsigned)((address - LAYOUT_HEAP) / s->chunk_bytes);
    unsigned end = (unsigned)((address - LAYOUT_HEAP + bytes - 1) / s->chunk_bytes) + 1;
    while (from < end) {
        unsigned to = from;
        while (to < end && !s->is_backed[to]) to++;
        if (to > from && !back_around(v, from, to)) return false;
        from = to + 1;
    }
    return true;
}

bool slots_back_fault(struct vm *v, uint64_t address)
{
    if (address < LAYOUT_HEAP || address - LAYOUT_HEAP >= heap_bytes(v)) return false;
    if (v->slots.is_backed[(address - LAYOUT_HEAP) / v->slots.chunk_bytes]) return false;
    return slots_back(v, address, 1);
}
