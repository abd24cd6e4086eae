/* SPDX-License-Identifier: Apache-2.0 */
/* large.c -- the runtime's code in large pages, for a process that forks many machines of one image (kvm).
 *
 * A machine that maps the file's pages has a page fault for each that it executes, and our own page tables have an entry for each: of
 * an instance's start that is nearly half.  Here is a copy of the code, made once, that all of them inherit: one entry in the
 * guest's page tables, in KVM's and in ours.  What is left of the last large page behind the code are breakpoints, which a guest
 * can execute to no other effect than that it ends.
 */
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "monitor/machine.h"

enum { BREAKPOINT = 0xcc };

/* Of Linux 6.1; not every C library's headers have it. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static uint64_t up(uint64_t bytes) { return round_up(bytes, LAYOUT_LARGE_PAGE); }

/* The code, when its large pages are nobody else's; or NULL. */
static const struct runtime_segment *find_code(const struct runtime *r)
{
    const struct runtime_segment *code = NULL;
    for (unsigned i = 0; i < r->segments; i++) {
        if (!r->segment[i].executable) continue;
        if (code || r->segment[i].address % LAYOUT_LARGE_PAGE) return NULL;
        code = &r->segment[i];
    }
    for (unsigned i = 0; code && i < r->segments; i++) {
        const struct runtime_segment *s = &r->segment[i];
        if (s != code && s->address < code->address + up(code->memory_bytes)) return NULL;
    }
    return code;
}

static uint8_t *make_room(uint64_t bytes)
{
    int access = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint8_t *p = mmap(NULL, bytes + LAYOUT_LARGE_PAGE, access, flags, -1, 0);
    if (p == MAP_FAILED) return NULL;
    uint64_t before = up((uintptr_t)p) - (uintptr_t)p;
    if (before) munmap(p, before);
    munmap(p + before + bytes, LAYOUT_LARGE_PAGE - before);
    return p + before;
}

void runtime_enlarge(struct runtime *r)
{
    const struct runtime_segment *code = find_code(r);
    uint64_t bytes = code ? up(code->memory_bytes) : 0;
    uint8_t *large = code ? make_room(bytes) : NULL;
    if (!large) return;
    madvise(large, bytes, MADV_HUGEPAGE);
    memcpy(large, r->bytes + code->at, code->file_bytes);
    memset(large + code->file_bytes, BREAKPOINT, bytes - code->file_bytes);
    /* A host that has no large pages for us would only have copied what is there anyway. */
    if (madvise(large, bytes, MADV_COLLAPSE) < 0 || mprotect(large, bytes, PROT_READ) < 0) {
        munmap(large, bytes);
        return;
    }
    r->large = large;
    r->large_bytes = bytes;
}
