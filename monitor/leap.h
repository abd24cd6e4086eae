/* SPDX-License-Identifier: Apache-2.0 */
/* leap.h -- how a process that we forked becomes a guest, and nothing else.
 *
 * The last steps run in one page of code that has been moved to where the guest has it (LAYOUT_LEAP).  From there
 * everything of ours is unmapped: our code and data, the C library's heap, the stack.  What the steps need to know
 * lies behind the boot record, in memory that the guest may read.  Only the page itself stays, and the kernel's vDSO
 * with its data.
 */
#ifndef MONITOR_LEAP_H
#define MONITOR_LEAP_H

#include <linux/filter.h>
#include <stdint.h>

#include "monitor/error.h"
#include "monitor/machine.h"

/* Where a process's addresses end. */
#define LEAP_ADDRESSES_END 0x7ffffffff000ull

struct leap_range {
    uint64_t from, bytes;
};
struct leap {
    uint64_t entry;
    struct leap_range unmap;  /* bytes 0: nothing */
    struct sock_fprog filter; /* len 0: none */
    struct sock_filter program[];
};

/* Looks where the kernel has put the vDSO, and at our command line: for us and all that we fork.  Once. */
void leap_prepare(void);

/* In the guest's process: takes the page there, and handles what faults by the runtime's own handler, on its own stack for that. */
int leap_start(const struct boot_header *h, struct error *e);

/* There, too, when the C library is not asked for the time any more: moves the vDSO to where the guest keeps it,
 * LAYOUT_VDSO.  Returns where this function of it is then; 0: it cannot be moved, and the guest has to ask the kernel
 * for the time. */
uint64_t leap_take_vdso(uint64_t function);

/* From now on ps finds our command line in memory that stays with a monitor, whose program lies between these two: settle.h. */
void leap_show_command(uint64_t from, uint64_t end);

/* Writes the order to `room` bytes at `at`, with the filter for these roles, if there are any.  `guest_end`: nothing of the guest
 * lies there or above; 0: nothing is unmapped.  NULL: there is no room. */
struct leap *leap_write(void *at, uint64_t room, uint64_t entry, uint64_t guest_end,
                        unsigned roles);

/* Off we go.  FS is the guest's from then on.  If the kernel refuses a step the process ends with BOOT_STATUS_MONITOR. */
_Noreturn void leap_into(const struct leap *order);

#endif
