/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c -- see settle.h. */
#include <stdint.h>
#include <sys/mman.h>

#include "abi/layout.h"
#include "abi/rings.h"
#include "monitor/leap.h"
#include "monitor/settle.h"
#include "monitor/stats.h"

enum { STACK_BYTES = 192 << 10, NEAR = 512 };

/* The last of what stays. */
static struct {
    unsigned char nothing[LAYOUT_PAGE];
    unsigned char stack[STACK_BYTES];
    unsigned char rings[RING_USED_BYTES + LAYOUT_PAGE];
    unsigned char note[LAYOUT_PAGE];
} places __attribute__((aligned(LAYOUT_PAGE), section(".bss.settle")));

/* The linker's; the second one is only there with waits.ld. */
extern char __executable_start[];
extern char settle_end[] __attribute__((weak));

_Noreturn void settle_on_stack(void (*run)(void *), void *argument)
{
    __asm__ volatile("mov %0, %%rsp\n"
                     "xor %%ebp, %%ebp\n"
                     "call *%1\n"
                     "hlt\n"
                     :
                     : "r"(places.stack + STACK_BYTES), "r"(run), "D"(argument)
                     : "memory");
    __builtin_unreachable();
}

bool settle_is_ours(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return settle_end && here - (uintptr_t)places.stack < STACK_BYTES;
}

void *settle_rings(size_t bytes) { return bytes <= sizeof places.rings ? places.rings : NULL; }

void *settle_note(void) { return places.note; }

void settle_prepare(void)
{
    leap_show_command((uintptr_t)__executable_start, (uintptr_t)settle_end);
}

__attribute__((noinline)) void settle_stack(void)
{
    uintptr_t from = (uintptr_t)places.stack;
    uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - NEAR) & ~(LAYOUT_PAGE - 1);
    if (end > from) madvise((void *)from, end - from, MADV_DONTNEED);
}

void settle(void)
{
    uintptr_t from = (uintptr_t)__executable_start, end = (uintptr_t)settle_end;
    stats_ask_kernel(); /* the C library has read where the vDSO is, and asks nobody again */
    munmap(places.nothing, sizeof places.nothing);
    munmap(NULL, from);
    munmap((void *)end, LEAP_ADDRESSES_END - end);
    settle_stack();
}
