/* SPDX-License-Identifier: Apache-2.0 */
/* leap.h -- how a process that we forked becomes a guest, and nothing else.
 *
 * The last steps run in one page of code that has been moved to where the guest has it (LAYOUT_TABLES, which only KVM's guests
 * use for what its name says).  From there everything of ours is unmapped: our code and data, the C library's heap, the
 * stack.  What the steps need to know lies behind the boot record, in memory that the guest may read.  Only the page
 * itself stays, and the kernel's vDSO with its data.
 */
#ifndef MONITOR_LEAP_H
#define MONITOR_LEAP_H

#include <linux/filter.h>
#include <stdint.h>

#include "monitor/error.h"
#include "monitor/machine.h"

enum { LEAP_UNMAPS = 2 };
struct leap {
    uint64_t entry;
    struct {
        uint64_t from, bytes; /* bytes 0: none */
    } unmap[LEAP_UNMAPS];
    struct sock_fprog filter; /* len 0: none */
    struct sock_filter program[];
};

/* Where the vDSO is, for good: also what those that we fork keep.  Not needed; a guest asks the kernel for the time then. */
struct leap_vdso {
    uint64_t from, end; /* with its data; 0: it is not known */
};
struct leap_vdso leap_find_vdso(void);

/* In the guest's process: takes the page there, and handles what faults by the runtime's own handler, on its own stack for that. */
int leap_start(const struct boot_header *h, struct error *e);

/* Writes the order to `room` bytes at `at`, with a program for `filter`'s roles, if there are any.  `guest_end`: nothing of the guest
 * lies there or above, but what is to be kept; 0: nothing is unmapped.  NULL: there is no room. */
struct leap *leap_write(void *at, uint64_t room, uint64_t entry, uint64_t guest_end,
                        const struct leap_vdso *keep, unsigned roles);

/* Off we go.  FS is the guest's from then on.  If the kernel refuses a step the process ends with BOOT_STATUS_MONITOR. */
_Noreturn void leap_into(const struct leap *order);

#endif
