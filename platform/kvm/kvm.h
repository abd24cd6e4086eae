/* SPDX-License-Identifier: Apache-2.0 */
/* kvm.h -- what the files of this port share. */
#ifndef PLATFORM_KVM_H
#define PLATFORM_KVM_H

#include "platform/port.h"

/* Leaves the guest for the monitor and comes back with control->result. */
uint64_t kvm_call(enum call call, uint64_t a, uint64_t b, uint64_t c);

/* clock.c */
void kvm_clock_start(void);
uint64_t kvm_monotonic_ns(void);
uint64_t kvm_wall_ns(void);
uint64_t kvm_cpu_ns(void);
void kvm_sleep(uint64_t nanoseconds);

#endif
