/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h -- one mote as its monitor sees it; what the files of monitor/ share.
 *
 *   monitor.c   checks the options and runs the steps in order
 *   runtime.c   the runtime ELF                 record.c    the boot record
 *   kvm.c       the VM                          memory.c    its memory
 *   tables.c    page tables and descriptors     vcpu.c      its processor
 *   slots.c     which memory KVM knows of
 *   calls.c     what a KVM guest asks for       process.c   the guest as a Linux process
 *   heap.c      large pages for the heap        snapshot.c  memory kept, and mapped again
 *   trial.c     what a start touches            cold.c      pages that are still compressed
 *   leap.c      the guest's process, entered    flat.c      a snapshot for many
 *   settle.c    what is left of a monitor that waits
 *   window.c    a snapshot's pages at one piece  large.c   the runtime's code, for many
 *   stop.c      signals                         sandbox.c   privileges and seccomp
 *   stats.c     the time line                   devices/    loop.c, console.c,
 *   channels.c  streams beside the console                  net*.c, switch*.c
 *   copy.c      its memory, while it runs        overlay.c   checkpoints
 */
#ifndef MONITOR_MACHINE_H
#define MONITOR_MACHINE_H

#include <signal.h>

#include "abi/rings.h"
#include "monitor/copy.h"
#include "monitor/flat.h"
#include "monitor/devices/console.h"
#include "monitor/devices/net.h"
#include "monitor/monitor.h"
#include "monitor/mounts.h"
#include "monitor/overlay.h"
#include "monitor/runtime.h"
#include "monitor/snapshot.h"
#include "monitor/stats.h"

/* Of Linux 5.14; not every C library's headers have them. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

/* Of variables that each monitor writes to: waits.ld. */
#define MACHINE_WAITS __attribute__((section(".bss.waits")))

struct machine {
    const struct monitor_options *options;
    uint64_t heap_bytes;
    uint64_t heap_room; /* mapped: heap_bytes, or as much as the snapshot's machine had */
    struct runtime runtime;
    struct snapshot snapshot;
    const struct flat *flat; /* the same, and whole; or NULL */
    struct overlay overlay;
    struct areas areas; /* the guest's memory, to write a snapshot, or to map one */

    /* The archive's pages in our memory; the archive begins archive_skip bytes into them. */
    void *archive;
    uint64_t archive_pages_bytes, archive_skip;

    struct made_tables *made; /* kvm: page tables that were made before, or NULL */

    /* The rings' pages, in our memory.  The guest may write there at any time. */
    struct control *control;
    int doorbell, wake;     /* eventfds: guest to us, us to guest */
    uint64_t clock_gettime; /* process: the vDSO's function, or 0 */

    struct channels channels;
    struct mounts mounts;
    struct console console;
    struct copier copier;
    struct net *net;  /* MONITOR_NETS_MOST of them */
    struct loop loop; /* serves the devices */
    struct stats stats;
};

/* The guest goes on from memory that is there, and does not begin. */
static inline bool machine_resumes(const struct machine *m)
{
    return m->snapshot.header || m->overlay.header;
}

/* A copy of it may be asked for. */
static inline bool machine_is_copied(const struct machine *m)
{
    return m->options->copies.wanted || (m->options->link && m->options->link->copies >= 0);
}

/* Nothing of the host's time and chance gets to the guest. */
static inline bool machine_is_virtual(const struct machine *m)
{
    return m->options->make_snapshot.wanted || m->options->trial.wanted;
}

/* A guest goes on from a snapshot with pages that are compressed. */
static inline bool snapshot_is_cold(const struct machine *m)
{
    return m->snapshot.header && m->snapshot.header->chunks && !m->flat;
}

/* monitor.c: opens the devices once the rings are there, and lists them for the loop. */
void machine_open_devices(struct machine *m);
/* Of what a device needs: descriptors that stay open go to `keep`, with room for MACHINE_KEEP_MOST. */
enum {
    MACHINE_KEEP_OTHERS = 4, /* of the caller's */
    MACHINE_KEEP_MOST = 16 + MACHINE_KEEP_OTHERS + MONITOR_NETS_MOST * NET_KEEP_MOST
};
unsigned machine_keep(const struct machine *m, int *keep, unsigned keeps);

/* Tells who started us, if he wants to know. */
void machine_stage(const struct machine *m, enum monitor_stage stage);
/* He says that the guest has broken the rules of the channel that he serves. */
bool machine_is_hostile(const struct machine *m);

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
void record_thread(const struct machine *m, void *block);

/* The time stamp counter runs at one rate, whatever the processor does. */
bool monitor_tsc_is_even(void);

/* --- heap.c ---------------------------------------------------------------------- */

/* Tells the host where large pages are wanted.  `heap` is on a 2 MiB boundary. */
void heap_advise(void *heap, uint64_t bytes);

/* --- the platforms ----------------------------------------------------------------- */

/* Both set the machine up, lock us down, run the guest to its end and return its exit
 * status, or -1 with `e`. */
int kvm_run_machine(struct machine *m, struct error *e);
/* memory.c, kvm: makes the page tables of a plain instance of this image, before a process forks many: they are the same in all, and
 * nobody changes many of them.  NULL: each makes its own. */
struct made_tables *vm_prepare(const struct machine *m);
void vm_forget(struct made_tables *made);
int process_run_machine(struct machine *m, struct error *e);
/* cold.c, kvm: this page is compressed, and nobody has touched it; what lies there means nothing. */
bool cold_hides(const struct snapshot *s, uint64_t address);

/* --- sandbox.c ---------------------------------------------------------------------- */

/* Bits: a program may have several. */
enum sandbox_role {
    SANDBOX_MONITOR = 1,
    SANDBOX_GUEST = 2,
    SANDBOX_USER_NET = 4, /* a monitor with such an interface */
    SANDBOX_TAP = 8,
    SANDBOX_SWITCH = 16,
    SANDBOX_SWITCH_SERVER = 32,
    SANDBOX_FILES = 64,
    SANDBOX_AGENT = 128,
    SANDBOX_CGROUPS = 256,
    SANDBOX_COPIES = 512,    /* a monitor that may be asked for a copy of its guest */
    SANDBOX_LISTENER = 1024, /* by a command, which connects to it */
};

/* Gives up the identity and the capabilities of the calling thread; each thread has its own. */
int sandbox_drop_thread(const struct machine *m, struct error *e);
/* Becomes nobody (when root), and closes all descriptors but 0 to 2 and `keep`. */
int sandbox_drop(const struct machine *m, const int *keep, unsigned keeps, struct error *e);

/* Both steps for a server of files, which stays who it is: of root's privileges it keeps those over files. */
int sandbox_files(const struct monitor_options *o, const int *keep, unsigned keeps,
                  struct error *e);

/* Writes the filter for these roles; returns its length. */
struct sock_filter;
enum { SANDBOX_PROGRAM_MOST = 2000 };
unsigned sandbox_program(struct sock_filter *program, unsigned roles);

/* Both steps for the agent, which starts monitors: it can do nothing that none of them does before it is locked.  What needs
 * to be who we are: servers of files, and of switches. */
struct sandbox_agent_needs {
    bool folders, nets, switches;
};
int sandbox_agent(const struct monitor_options *o, const struct sandbox_agent_needs *needs,
                  const int *keep, unsigned keeps, struct error *e);
/* Who it will be. */
uid_t sandbox_agent_owner(const struct monitor_options *o, const struct sandbox_agent_needs *needs);
/* For the process that makes cgroups for it, of the same identity: nothing but this folder, what is open in `keep`, and a few system calls. */
int sandbox_cgroups(const struct monitor_options *o, const struct sandbox_agent_needs *needs,
                    int folder, const int *keep, unsigned keeps, struct error *e);

/* We end with who started us, if he wants that; after every change of identity, which forgets it.  -1: he has ended. */
int sandbox_die_with_parent(const struct machine *m, struct error *e);

/* Allows the monitor the calls that sandbox.def lists for it and its devices, to all threads, for good. */
int sandbox_enter(const struct machine *m, struct error *e);

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
