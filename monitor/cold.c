/* SPDX-License-Identifier: Apache-2.0 */
/* cold.c -- cold pages of a snapshot in a KVM guest: not in its page tables, until one of a chunk is touched.
 *
 * The guest's page fault handler asks (CALL_BACK), the chunk is inflated into the memory behind it, and the page tables get it.  For
 * the processor that needs no more: none remembers what was not there (slots.c).
 *
 * Always true: a chunk that is not marked is in no page table, so the guest has not written to it, and nothing is lost when it
 * is inflated.
 */
#include "base/cold.h"
#include "monitor/kvm.h"

static uint8_t thawed[SNAPSHOT_CHUNKS_MOST / 8]; /* the one machine's of this process */

static bool is_thawed(uint32_t i) { return thawed[i / 8] >> i % 8 & 1; }

bool cold_hide(struct vm *v, uint64_t address, uint64_t bytes)
{
    const struct snapshot *s = &v->machine->snapshot;
    if (!s->header) return true;
    for (uint32_t i = cold_find(s->chunk, s->header->chunks, address);
         i < s->header->chunks && s->chunk[i].address < address + bytes; i++)
        if (!is_thawed(i) && !tables_protect(&v->tables, s->chunk[i].address,
                                             s->chunk[i].pages * LAYOUT_PAGE, false, false))
            return false;
    return true;
}

bool cold_hides(const struct snapshot *s, uint64_t address)
{
    uint32_t chunks = s->header ? s->header->chunks : 0, i = cold_find(s->chunk, chunks, address);
    return i < chunks && s->chunk[i].address <= address && !is_thawed(i);
}

void cold_are_changed(const struct machine *m)
{
    const struct snapshot *s = &m->snapshot;
    for (uint32_t i = 0; m->overlay.header && s->header && i < s->header->chunks; i++)
        if (overlay_has_any(&m->overlay, s->chunk[i].address, s->chunk[i].pages * LAYOUT_PAGE))
            thawed[i / 8] |= (uint8_t)(1u << i % 8);
}

bool cold_show(struct vm *v)
{
    const struct snapshot *s = &v->machine->snapshot;
    for (uint32_t i = 0; v->machine->overlay.header && i < s->header->chunks; i++) {
        const struct snapshot_chunk *c = &s->chunk[i];
        if (is_thawed(i) && v->slots.is_backed[(c->address - LAYOUT_HEAP) / v->slots.chunk_bytes] &&
            !tables_protect(&v->tables, c->address, c->pages * LAYOUT_PAGE, true, true))
            return false;
    }
    return true;
}

int cold_thaw(struct vm *v, uint64_t address, uint64_t bytes)
{
    const struct snapshot *s = &v->machine->snapshot;
    int n = 0;
    if (!s->header) return 0;
    for (uint32_t i = cold_find(s->chunk, s->header->chunks, address);
         i < s->header->chunks && s->chunk[i].address < address + bytes; i++) {
        const struct snapshot_chunk *c = &s->chunk[i];
        if (is_thawed(i)) continue;
        if (!cold_inflate(c, (const char *)s->header + c->at,
                          v->memory + v->heap_at + (c->address - LAYOUT_HEAP)) ||
            !tables_protect(&v->tables, c->address, c->pages * LAYOUT_PAGE, true, true))
            return -1;
        thawed[i / 8] |= (uint8_t)(1u << i % 8);
        v->machine->stats.count[STATS_THAWED]++;
        n++;
    }
    return n;
}
