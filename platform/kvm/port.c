/* SPDX-License-Identifier: Apache-2.0 */
/* port.c -- the port to our own monitor under KVM: a ring-3 guest without interrupts.
 *
 * Everything that cannot be had from shared memory is a port write that leaves the guest
 * (30 us where KVM is emulated, 1 us on hardware): none is on a path that runs for each
 * message.  See abi/rings.h for the calls.
 */
#include <string.h>

#include "platform/kvm/kvm.h"

static void port_write(uint16_t number, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(number) : "memory");
}

uint64_t kvm_call(enum call call, uint64_t a, uint64_t b, uint64_t c)
{
    struct control *shared = control();
    shared->argument[0] = a;
    shared->argument[1] = b;
    shared->argument[2] = c;
    port_write(PORT_CALL, call);
    return __atomic_load_n(&shared->result, __ATOMIC_ACQUIRE);
}

static void start(const struct boot_record *record)
{
    (void)record;
    kvm_clock_start();
}

static noreturn void leave(int status)
{
    (void)status; /* it is in the control page */
    for (;;) kvm_call(CALL_EXIT, 0, 0, 0);
}

static void doorbell(void) { port_write(PORT_DOORBELL, 1); }

static void channel_doorbell(unsigned number, const struct channel *c)
{
    (void)c;
    port_write(PORT_CHANNEL, number);
}

/* For a few pages the exit costs more than it saves. */
static void populate(void *page, size_t bytes)
{
    enum { WORTH_AN_EXIT = 16 * 4096 };
    if (bytes < WORTH_AN_EXIT) return;
    kvm_call(CALL_POPULATE, (uint64_t)(uintptr_t)page, bytes, 0);
}

static void unused(void *page, size_t bytes)
{
    kvm_call(CALL_UNUSED, (uint64_t)(uintptr_t)page, bytes, 0);
}

static enum plat_result protect(void *page, size_t bytes, enum plat_access access)
{
    enum ring_access a = access == PLAT_NO_ACCESS ? RING_NO_ACCESS
                         : access == PLAT_READ    ? RING_READ
                                                  : RING_READ_WRITE;
    return kvm_call(CALL_PROTECT, (uint64_t)(uintptr_t)page, bytes, a) ? PLAT_OK : PLAT_FAILED;
}

static void seed(uint8_t out[64])
{
    kvm_call(CALL_SEED, 0, 0, 0);
    memcpy(out, control()->seed, 64);
    memset(control()->seed, 0, 64);
}

const struct port kvm_port = {
    .name = "kvm",
    .start = start,
    .exit = leave,
    .sleep = kvm_sleep,
    .doorbell = doorbell,
    .channel_doorbell = channel_doorbell,
    .monotonic_ns = kvm_monotonic_ns,
    .wall_ns = kvm_wall_ns,
    .cpu_ns = kvm_cpu_ns,
    .populate = populate,
    .unused = unused,
    .protect = protect,
    .seed = seed,
};
