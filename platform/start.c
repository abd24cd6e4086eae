/* SPDX-License-Identifier: Apache-2.0 */
/* start.c -- the first C code of a mote, and the way out.
 *
 * The monitor starts us at platform_start() on an empty stack, with the boot record at
 * hand.  The runtime header, by which it found the entry, stands here too.
 */
#include "platform/port.h"

const struct port *port;
const struct boot_record *boot_record;

static const struct port *const ports[] = {
    [BOOT_KVM] = &kvm_port,
    [BOOT_PROCESS] = &process_port,
};

/* Called by the monitor, not by us; the ports define them. */
extern const char kvm_exceptions[];
void process_signal(int number, void *info, void *context);

enum { EXCEPTION_STRIDE = 16 };

__attribute__((section(".boot_header"), used)) static const struct boot_header header = {
    .magic = BOOT_HEADER_MAGIC,
    .version = BOOT_VERSION,
    .bytes = sizeof header,
    .entry = (uint64_t)(uintptr_t)platform_start,
    .exception = (uint64_t)(uintptr_t)kvm_exceptions,
    .stride = EXCEPTION_STRIDE,
    .signal = (uint64_t)(uintptr_t)process_signal,
    .crash_stack = (uint64_t)(uintptr_t)crash_stack,
    .crash_stack_bytes = CRASH_STACK_BYTES,
    .resume = (uint64_t)(uintptr_t)platform_resume,
};

void port_start(const struct boot_record *record)
{
    /* A runtime and a monitor that do not fit each other cannot even print: trap. */
    if (record->magic != BOOT_RECORD_MAGIC || record->version != BOOT_VERSION) __builtin_trap();
    if (record->platform != BOOT_KVM && record->platform != BOOT_PROCESS) __builtin_trap();
    boot_record = record;
    port = ports[record->platform];
    port->start(record);
    mark(RING_MARK_STARTED);
    random_start();
}

struct plat_boot boot_of(const struct boot_record *record)
{
    return (struct plat_boot){
        .argc = (int)record->argc,
        .argv = (const char *const *)record->argv,
        .environment = (const char *const *)record->environment,
        .heap = (void *)record->heap,
        .heap_bytes = record->heap_bytes,
        .image = (const void *)record->archive,
        .image_bytes = record->archive_bytes,
        .channels = (const char *const *)record->channels,
    };
}

noreturn void platform_start(const struct boot_record *record)
{
    port_start(record);
    const struct plat_boot boot = boot_of(record);
    plat_exit(vm_main(&boot));
}

/* Output that is still in the ring is written by the monitor after we are gone. */
noreturn void plat_exit(int status)
{
    control()->exit_status = status & 0xff;
    __atomic_store_n(&control()->ended, 1, __ATOMIC_RELEASE);
    port->exit(status & 0xff);
}
