/* SPDX-License-Identifier: Apache-2.0 */
/* kvm.h -- a machine under KVM; kvm.c makes it, vcpu.c runs it, calls.c serves its calls. */
#ifndef MONITOR_KVM_H
#define MONITOR_KVM_H

#include <linux/kvm.h>
#include <pthread.h>

#include "monitor/machine.h"
#include "monitor/tables.h"

struct vm {
    struct machine *machine;
    int kvm, vm, vcpu;
    struct kvm_run *run; /* shared with the kernel; the guest cannot reach it */
    size_t run_bytes;
    unsigned slots;

    /* Anonymous memory below the heap: data, stack, boot record, rings, descriptor tables
     * and page tables, packed one after the other. */
    unsigned char *low;
    uint64_t low_bytes, low_used;
    uint64_t tables_slot; /* the page tables' own slot: see calls.c */
    unsigned char *heap;
    struct tables tables;
    struct record_clock clock;

    pthread_t server; /* serves the console */
    int quit;         /* eventfd: the server should leave */
    volatile bool hostile;
    bool server_left; /* it has been joined */
    uint64_t started_ns;
};

/* Guest-physical addresses; none is ever the guest's to see. */
#define PHYSICAL_LOW     0x00100000ull
#define PHYSICAL_RUNTIME 0x10000000ull
#define PHYSICAL_TABLES  0x20000000ull
#define PHYSICAL_HEAP    0x40000000ull

/* kvm.c */
/* Ends the thread that serves the console; the console is the caller's then. */
void kvm_end_server(struct vm *v);
int vm_create(struct vm *v, struct error *e);
int vm_map(struct vm *v, struct error *e);
int vm_set_slot(struct vm *v, unsigned slot, uint64_t physical, void *memory, uint64_t bytes,
                bool read_only, struct error *e);

/* vcpu.c */
int vcpu_prepare(struct vm *v, struct error *e);
/* Runs the guest to its end; returns its exit status, or -1 with `e`. */
int vcpu_run(struct vm *v, struct error *e);

/* calls.c: serves one call.  0: go on, 1: the guest has ended, -1: it broke the rules. */
int call_serve(struct vm *v, uint32_t number);

#endif
