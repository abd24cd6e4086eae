/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h -- one mote as its monitor sees it; what the files of monitor/ share.
 *
 *   monitor.c   checks the options and runs the steps in order
 *   runtime.c   the runtime ELF                 record.c    the boot record
 *   kvm.c       the VM                          memory.c    its memory
 *   tables.c    page tables and descriptors     vcpu.c      its processor
 *   calls.c     what a KVM guest asks for       process.c   the guest as a Linux process
 *   heap.c      large pages for the heap
 *   stop.c      signals                         sandbox.c   privileges and seccomp
 *   stats.c     the time line                   devices/    loop.c, console.c
 */
#ifndef MONITOR_MACHINE_H
#define MONITOR_MACHINE_H

#include <signal.h>

#include "abi/rings.h"
#include "monitor/devices/console.h"
#include "monitor/monitor.h"
#include "monitor/runtime.h"
#include "monitor/stats.h"

struct machine {
    const struct monitor_options *options;
    uint64_t heap_bytes;
    struct runtime runtime;

    /* The archive's pages in our memory; the archive begins archive_skip bytes into them. */
    void *archive;
    uint64_t archive_pages_bytes, archive_skip;

    /* The rings' pages, in our memory.  The guest may write there at any time. */
    struct control *control;
    int doorbell, wake;     /* eventfds: guest to us, us to guest */
    uint64_t clock_gettime; /* process: the vDSO's function, or 0 */

    struct console console;
    struct loop loop; /* serves the devices */
    struct stats stats;
};

/* monitor.c: opens the devices once the rings are there, and lists them for the loop. */
void machine_open_devices(struct machine *m);

/* --- record.c ------------------------------------------------------------------- */

struct record_clock {
    bool even;
    uint64_t tsc_khz; /* when even */
};

/* Writes the boot record, with all it points to, for address LAYOUT_BOOT into `memory`.
 * Returns its bytes or -1: the arguments do not fit. */
int64_t record_write(const struct machine *m, const struct record_clock *clock, void *memory,
                     size_t room, struct error *e);

/* The guest's thread block, as LAYOUT_THREAD wants it. */
void record_thread(void *block);

/* The time stamp counter runs at one rate, whatever the processor does. */
bool monitor_tsc_is_even(void);

/* --- heap.c ---------------------------------------------------------------------- */

/* Tells the host where large pages are wanted.  `heap` is on a 2 MiB boundary. */
void heap_advise(void *heap, uint64_t bytes);

/* --- the platforms ----------------------------------------------------------------- */

/* Both set the machine up, lock us down, run the guest to its end and return its exit
 * status, or -1 with `e`. */
int kvm_run_machine(struct machine *m, struct error *e);
int process_run_machine(struct machine *m, struct error *e);

/* --- sandbox.c ---------------------------------------------------------------------- */

enum sandbox_role { SANDBOX_MONITOR, SANDBOX_GUEST };

/* Becomes nobody (when root), and closes all descriptors but 0 to 2 and `keep`. */
int sandbox_drop(const struct machine *m, const int *keep, unsigned keeps, struct error *e);

/* Writes the filter for a role; returns its length. */
struct sock_filter;
enum { SANDBOX_PROGRAM_MOST = 400 };
unsigned sandbox_program(struct sock_filter *program, enum sandbox_role role);

/* Allows the calls that sandbox.def lists for the role, to all threads, for good. */
int sandbox_enter(const struct machine *m, enum sandbox_role role, struct error *e);

/* --- stop.c --------------------------------------------------------------------------- */

/* From now on SIGINT, SIGTERM and SIGHUP ask the guest to stop, and what needs to happen
 * at once when it has to be ended is `*kick`, which is set to 1 (kvm: immediate_exit). */
int stop_start(struct machine *m, volatile unsigned char *kick, struct error *e);
/* True once the guest has to be ended: asked twice, or it did not react. */
bool stop_now(void);
/* For another thread than the one that called stop_start(): make that one look. */
void stop_kick(void);
extern const int stop_signals[];
void stop_signal_set(sigset_t *set);

#endif
