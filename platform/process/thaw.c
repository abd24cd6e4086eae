/* SPDX-License-Identifier: Apache-2.0 */
/* thaw.c -- cold pages of a snapshot: inflated at the first access, out of the signal handler; base/cold.h.
 *
 * The monitor has mapped the whole snapshot where the boot record says, and has taken all access to the pages of its chunks.
 * It has checked all but what only inflating can tell.
 *
 * Always true: a chunk of which `thawed` is not set has been touched by nobody, so nothing is lost when it is inflated.  And
 * nobody else has changed who may access it: process_port.protect() thaws first.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/cold.h"
#include "platform/process/process.h"

static uint8_t thawed[SNAPSHOT_CHUNKS_MOST / 8];
static uint32_t thaws; /* how many are set */

static const struct snapshot_header *snapshot(void)
{
    return (const struct snapshot_header *)boot_record->snapshot;
}

/* What was set before a snapshot was made of us tells nothing about the one that we go on from. */
void process_thaw_start(void)
{
    if (!thaws) return;
    memset(thawed, 0, sizeof thawed);
    thaws = 0;
}

static void thaw(const struct snapshot_chunk *c, uint32_t number)
{
    void *to = (void *)c->address;
    thawed[number / 8] |= (uint8_t)(1u << number % 8);
    thaws++;
    control()->thawed = thaws;
    require(process_call(SYS_mprotect, (long)to, (long)(c->pages * LAYOUT_PAGE),
                         PROT_READ | PROT_WRITE, 0, 0) == 0);
    if (!cold_inflate(c, (const char *)snapshot() + c->at, to))
        plat_panic(__FILE__, __LINE__, "a page of the image's snapshot is damaged");
}

bool process_thaw(uint64_t address, uint64_t bytes)
{
    const struct snapshot_header *h = snapshot();
    bool any = false;
    if (!h) return false;
    const struct snapshot_chunk *chunk = cold_chunks(h);
    for (uint32_t i = cold_find(chunk, h->chunks, address);
         i < h->chunks && chunk[i].address < address + bytes; i++) {
        if (thawed[i / 8] & 1u << i % 8) continue;
        thaw(&chunk[i], i);
        any = true;
    }
    return any;
}
