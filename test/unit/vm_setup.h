/* SPDX-License-Identifier: Apache-2.0 */
/* vm_setup.h -- for hosted unit tests: an arena and the atoms, where a guest has them, and what
 * they need of the platform (weak: a test may bring its own). */
#ifndef TEST_VM_SETUP_H
#define TEST_VM_SETUP_H

#define ARENA_AT    0x40000000ul
#define ARENA_BYTES (256ul << 20)

#include "heap/arena.h"
#include "heap/heap.h"
#include "platform/platform.h"
#include "term/atom.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

__attribute__((weak)) int plat_wants_checkpoint(void) { return 0; }
__attribute__((weak)) enum plat_layout plat_layout(void) { return PLAT_LAYOUT_USUAL; }
__attribute__((weak)) enum plat_touch plat_touch_of(uint64_t address, uint64_t bytes)
{
    (void)address, (void)bytes;
    return PLAT_UNTOUCHED;
}
__attribute__((weak)) int plat_was_written(uint64_t address, uint64_t bytes)
{
    (void)address, (void)bytes;
    return 0;
}
__attribute__((weak)) void plat_unused(void *page, size_t bytes)
{
    madvise(page, bytes, MADV_DONTNEED);
}
__attribute__((weak)) void plat_will_use(void *page, size_t bytes) { (void)page, (void)bytes; }
__attribute__((weak)) void plat_image_rest(void) {}
__attribute__((weak)) void plat_stack_unused(void) {}
__attribute__((weak)) noreturn void plat_panic(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: panic: %s\n", file, line, why);
    abort();
}

static inline void setup_vm(void)
{
    void *base = mmap((void *)ARENA_AT, ARENA_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
    if (base != (void *)ARENA_AT) {
        perror("arena");
        exit(2);
    }
    arena_start(base, ARENA_BYTES);
    atom_start();
}

static inline __attribute__((__noreturn__)) void test_out_of_memory(struct heap *h)
{
    (void)h;
    fputs("out of memory\n", stderr);
    exit(2);
}

/* An empty heap in place of what h was, which is a heap or all zero.  No memory: the test ends. */
static inline void fresh_heap(struct heap *h, size_t words)
{
    heap_end(h);
    *h = (struct heap){.exhausted = test_out_of_memory};
    if (!heap_start(h, words)) test_out_of_memory(h);
}

#endif
