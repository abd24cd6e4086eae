/* SPDX-License-Identifier: Apache-2.0 */
/* kvm.h -- a machine under KVM: kvm.c makes it, memory.c fills it, vcpu.c runs it, calls.c
 * serves its calls. */
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

    /* All of the guest's memory, one after the other: one region here, one slot there. */
    unsigned char *memory;
    uint64_t bytes;
    uint64_t low_used, low_end; /* data, stack, boot record, rings, descriptors */
    uint64_t tables_at;         /* page tables: no address of the guest's leads there */
    uint64_t runtime_at;        /* the runtime's file pages */
    uint64_t heap_at, archive_at, channels_at;
    struct tables tables;

    pthread_t server; /* serves the devices */
    int quit;         /* eventfd: the server should leave */
    volatile bool hostile;
    bool server_left; /* it has been joined */
    uint64_t started_ns;
};

/* The guest-physical address of memory[0].  What lies below is for two helpers that some
 * processors need, see vm_create(). */
#define PHYSICAL 0x00200000ull

/* kvm.c */
/* Ends the thread that serves the devices; they are the caller's then. */
void kvm_end_server(struct vm *v);

/* memory.c.  Lays the memory out and fills it in; the machine is not needed for that. */
int vm_map(struct vm *v, struct error *e);
int vm_write_record(struct vm *v, const struct record_clock *clock, struct error *e);
/* Gives the memory to the machine, or with `bytes` 0 takes it away.  0, or an errno value. */
int vm_set_memory(struct vm *v, uint64_t bytes);

/* vcpu.c */
int vcpu_prepare(struct vm *v, struct error *e);
/* Runs the guest to its end; returns its exit status, or -1 with `e`. */
int vcpu_run(struct vm *v, struct error *e);

/* calls.c: serves one call.  0: go on, 1: the guest has ended, -1: it broke the rules. */
int call_serve(struct vm *v, uint32_t number);

#endif
