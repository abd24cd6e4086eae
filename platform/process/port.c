/* SPDX-License-Identifier: Apache-2.0 */
/* port.c -- the port to a locked Linux process: the same guest where there is no KVM.
 *
 * The monitor has mapped us to the addresses of abi/layout.h in a child of its own, and
 * serves our rings from the parent.  The doorbell and the knock back are eventfds.
 */
#include <errno.h>
#include <string.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "platform/process/process.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; musl's headers do not know it yet */
#endif

__attribute__((noinline)) long process_call(long number, long a, long b, long c, long d, long e)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

static void start(const struct boot_record *record)
{
    (void)record;
    process_thaw_start();
}

static noreturn void leave(int status)
{
    for (;;) process_call(SYS_exit_group, status, 0, 0, 0, 0);
}

/* Also when it was interrupted: the caller looks and sleeps again. */
static void sleep_for(uint64_t nanoseconds)
{
    struct pollfd wake = {.fd = boot_record->wake, .events = POLLIN};
    struct timespec time = {.tv_sec = (time_t)(nanoseconds / 1000000000),
                            .tv_nsec = (long)(nanoseconds % 1000000000)};
    int forever = nanoseconds / 1000000000 > 1000000000;
    long n = process_call(SYS_ppoll, (long)&wake, 1, forever ? 0 : (long)&time, 0, 8);
    uint64_t count;
    if (n == 1) process_call(SYS_read, boot_record->wake, (long)&count, sizeof count, 0, 0);
}

static void doorbell(void)
{
    uint64_t one = 1;
    process_call(SYS_write, boot_record->doorbell, (long)&one, sizeof one, 0, 0);
}

static void channel_doorbell(unsigned number, const struct channel *c)
{
    uint64_t one = 1;
    (void)number;
    process_call(SYS_write, c->doorbell, (long)&one, sizeof one, 0, 0);
}

static void populate(void *page, size_t bytes)
{
    process_call(SYS_madvise, (long)page, (long)bytes, MADV_POPULATE_WRITE, 0, 0);
}

static void unused(void *page, size_t bytes)
{
    process_call(SYS_madvise, (long)page, (long)bytes, MADV_DONTNEED, 0, 0);
}

static enum plat_result protect(void *page, size_t bytes, enum plat_access access)
{
    long bits = access == PLAT_NO_ACCESS ? PROT_NONE
                : access == PLAT_READ    ? PROT_READ
                                         : PROT_READ | PROT_WRITE;
    process_thaw((uint64_t)(uintptr_t)page, bytes); /* or a neighbour's thaw would undo this */
    long n = process_call(SYS_mprotect, (long)page, (long)bytes, bits, 0, 0);
    return n == 0 ? PLAT_OK : PLAT_FAILED;
}

static void seed(uint8_t out[64])
{
    require(process_call(SYS_getrandom, (long)out, 64, 0, 0, 0) == 64);
}

const struct port process_port = {
    .name = "process",
    .start = start,
    .exit = leave,
    .sleep = sleep_for,
    .doorbell = doorbell,
    .channel_doorbell = channel_doorbell,
    .monotonic_ns = process_monotonic_ns,
    .wall_ns = process_wall_ns,
    .cpu_ns = process_cpu_ns,
    .populate = populate,
    .unused = unused,
    .protect = protect,
    .seed = seed,
};
