/* SPDX-License-Identifier: Apache-2.0 */
/* kvm.h -- a machine under KVM: kvm_server.c makes it, memory.c fills it, vcpu.c runs it, calls.c
 * serves its calls; kvm.c is all of it. */
#ifndef MONITOR_KVM_H
#define MONITOR_KVM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <semaphore.h>

#include "monitor/machine.h"
#include "monitor/tables.h"

/* slots.c: what KVM knows of it, by chunks of the heap. */
enum { SLOTS_CHUNKS = 512, SLOTS_MOST = 64 };
struct slot {
    uint64_t at, bytes; /* of vm.memory */
};
struct slots {
    uint64_t chunk_bytes;
    unsigned chunks, n;
    unsigned backed; /* how many chunks are */
    bool is_backed[SLOTS_CHUNKS];
    struct slot slot[SLOTS_MOST];
};

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
    uint64_t code_at;           /* its code in large pages, if there is such a copy */
    uint64_t heap_at, archive_at, channels_at;
    uint64_t window_at; /* the snapshot's pages: window.c */
    struct tables tables;
    struct slots slots;

    /* Called when it is known what lies where, and nothing is there yet.  May be NULL. */
    int (*laid_out)(struct vm *v, struct error *e);
    pthread_t server; /* makes the machine while it is filled; then serves the devices */
    sem_t made, go;   /* it has made it, or not; it may serve */
    int made_status;
    struct error made_error;
    bool has_server, cancelled;
    int quit;    /* eventfd: the server should leave */
    int tsc_khz; /* of the processor's time stamps; below 1: KVM does not know */
    volatile bool hostile;
    bool server_left; /* it has been joined */
    bool bound;       /* the doorbells, to their eventfds */
    unsigned rung;    /* how often one was, before */
    uint64_t started_ns;
    bool taken; /* its page tables are made already, until vm_map() ends */
    bool dry;   /* only its page tables are made: vm_prepare() */
};

/* The guest-physical address of memory[0].  What lies below is for two helpers that some
 * processors need, see vm_create(). */
#define PHYSICAL 0x00200000ull

/* kvm_server.c */
/* It is known what lies where: the server makes the machine of it.  It serves the devices when `go` is posted. */
int kvm_start_server(struct vm *v, struct error *e);
/* Waits for the machine. */
int kvm_wait_made(struct vm *v, struct error *e);
/* Where something failed before it was told to serve; also when it has not been started. */
void kvm_cancel_server(struct vm *v);
/* Ends it; the devices are the caller's then. */
void kvm_end_server(struct vm *v);

/* kvm_cpuid.c.  Learns what CPUID is to say in machines: from a file in this folder (or NULL), or of KVM, and then the file is made. */
int kvm_cpuid_learn(int kvm, const char *folder);
/* Tells the processor. */
int kvm_cpuid_set(int kvm, int vcpu, struct error *e);

/* kvm.c */
/* The guest knocked, and KVM does not do it yet.  false: at a door that is not there. */
bool kvm_ring(struct vm *v, uint16_t port, uint32_t number);

/* memory.c.  Lays the memory out and fills it in; the machine is not needed for that. */
int vm_map(struct vm *v, struct error *e);
int vm_write_record(struct vm *v, const struct record_clock *clock, struct error *e);

/* Puts the snapshot's pages of these addresses into the page tables. */
bool vm_show_window(struct vm *v, uint64_t address, uint64_t bytes);

/* slots.c.  Decides on the slots, and maps of the heap what is in one: after the layout is known. */
int slots_start(struct vm *v, struct error *e);
/* Gives them to the machine.  0, or an errno value. */
int slots_give(const struct vm *v);
/* Makes KVM forget all that it has derived from the page tables.  false: it failed, and there is no memory. */
bool slots_renew(const struct vm *v);
/* Makes sure that a part of the heap, which may not be empty, is in a slot.  false: KVM has none left. */
bool slots_back(struct vm *v, uint64_t address, uint64_t bytes);
/* The same where a page fault was; false also when the address is none that was missing. */
bool slots_back_fault(struct vm *v, uint64_t address);

/* cold.c.  Takes the chunks of the snapshot that lie there, and were not inflated, out of the page tables.  false: no room. */
bool cold_hide(struct vm *v, uint64_t address, uint64_t bytes);
/* Those of which the machine's overlay has pages need not be inflated: the overlay has all of each.  Before slots_start(); and then,
 * where page tables were taken that others have made, they are put into those.  false: no room. */
void cold_are_changed(const struct machine *m);
bool cold_show(struct vm *v);
/* Inflates them, and lets the guest have them.  How many there were, or -1: the snapshot is damaged. */
int cold_thaw(struct vm *v, uint64_t address, uint64_t bytes);

/* vcpu.c */
int vcpu_prepare(struct vm *v, struct error *e);
/* Runs the guest to its end; returns its exit status, or -1 with `e`. */
int vcpu_run(struct vm *v, struct error *e);

/* calls.c: serves one call.  0: go on, 1: the guest has ended, -1: it broke the rules, CALL_DAMAGED: the snapshot is. */
enum { CALL_DAMAGED = -2 };
int call_serve(struct vm *v, uint32_t number);

#endif
