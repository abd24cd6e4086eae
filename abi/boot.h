/* SPDX-License-Identifier: Apache-2.0 */
/* boot.h -- what monitor and guest tell each other at the start and at the end.
 *
 *   runtime header   first bytes of the runtime, at LAYOUT_RUNTIME: guest tells monitor
 *   boot record      at LAYOUT_BOOT, read only: monitor tells guest
 *   exit statuses    how a mote ends when the Erlang program did not say
 *
 * All pointers are guest addresses.  The monitor trusts nothing in the header beyond what
 * it checks; the guest trusts the record (a hostile monitor can do as it likes anyway).
 */
#ifndef ABI_BOOT_H
#define ABI_BOOT_H

#include <stdint.h>

#define BOOT_VERSION 6u

/* --- the runtime header ------------------------------------------------------- */

#define BOOT_HEADER_MAGIC 0x314e55522145544dull /* the bytes "MTE!RUN1" */

struct boot_header {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes;       /* of this structure */
    uint64_t entry;       /* entry(const struct boot_record *), on an empty stack */
    uint64_t exception;   /* kvm: code for vector n starts at exception + n * stride */
    uint64_t stride;      /* ... for vectors 0 to 31 */
    uint64_t signal;      /* process: handler(int, siginfo_t *, void *) for what faults */
    uint64_t crash_stack; /* the lowest byte of the stack for both */
    uint64_t crash_stack_bytes;
    uint64_t resume; /* resume(const struct boot_record *), on memory out of a snapshot */
};

_Static_assert(sizeof(struct boot_header) == 72, "shared with the guest");

/* --- the boot record ------------------------------------------------------------ */

#define BOOT_RECORD_MAGIC 0x31544f4f4245544dull /* the bytes "MTEBOOT1" */

enum boot_platform { BOOT_KVM = 1, BOOT_PROCESS = 2 };

enum boot_flags {
    BOOT_TSC = 1,    /* the time stamp counter runs evenly: tsc_multiplier is right */
    BOOT_RDRAND = 2, /* the processor has the instruction, and we may use it */
    /* This boot is for a snapshot (abi/snapshot.h), and ends with control->snapshot set.  So that equal images have
     * equal snapshots, time is not the host's: it goes on by being looked at, from snapshot_wall_ns. */
    BOOT_SNAPSHOT = 4,
    /* This start is a trial: time as above.  It ends when the guest has nothing to do, or a while after its first output. */
    BOOT_TRIAL = 8,
    /* Before the boot for a snapshot, a boot like it that finds out what trial starts touch: whatever has a place of its own in low
     * memory, a function or a name, has pages of its own. */
    BOOT_SPREAD = 16,
    /* With BOOT_TRIAL: where it would end it is asked to stop, and ends when it has, or as above. */
    BOOT_TRIAL_STOP = 32,
};

struct boot_record {
    uint64_t magic;
    uint32_t version;
    uint32_t platform; /* enum boot_platform */
    uint64_t flags;    /* enum boot_flags */

    uint64_t heap, heap_bytes;
    uint64_t heap_room; /* bytes that are mapped there: not less; more of it may not be used */
    uint64_t archive, archive_bytes; /* abi/archive.h */

    uint64_t argc;
    uint64_t argv;        /* -> argc pointers, and a zero */
    uint64_t environment; /* -> pointers to "NAME=value", and a zero */

    /* Nanoseconds since the first instruction: (ticks * tsc_multiplier) >> tsc_shift. */
    uint64_t tsc_multiplier;
    uint32_t tsc_shift;
    uint32_t reserved;

    /* The runtime's ELF symbols, for backtraces; 0 when it has none. */
    uint64_t symbols, symbols_bytes; /* Elf64_Sym[] */
    uint64_t strings, strings_bytes;

    /* process only */
    uint64_t clock_gettime; /* the vDSO's, or 0: make the system call */
    int32_t doorbell;       /* eventfd: guest to monitor */
    int32_t wake;           /* eventfd: monitor to guest */

    /* Interfaces, abi/net.h: -> struct boot_net[nets]; -> struct boot_names, or 0. */
    uint64_t net, nets;
    uint64_t names;

    uint64_t channels; /* -> pointers to the names of channels (abi/channel.h), and a zero */

    uint64_t snapshot_wall_ns; /* with either: UTC since 1970 */

    /* process only: the snapshot that this start goes on from, when some of it is compressed; else 0.  Of abi/snapshot.h.
     * With BOOT_SNAPSHOT: of the boot with BOOT_SPREAD before this one, only its header, as ranges of bytes what the start of an instance
     * writes to in the heap, and the list of what was touched. */
    uint64_t snapshot;
};

_Static_assert(sizeof(struct boot_record) == 200, "shared with the guest");

/* --- exit statuses -----------------------------------------------------------------
 *
 * BOOT_STATUS(name, number, what the user is told)
 * All other statuses are what the Erlang program gave to halt/1, modulo 256. */
#define BOOT_STATUSES(BOOT_STATUS)                                                                 \
    BOOT_STATUS(EXHAUSTED, 120, "the runtime could not go on in the memory that it was given")     \
    BOOT_STATUS(PANIC, 121, "the runtime found itself in a state that cannot be")                  \
    BOOT_STATUS(EXCEPTION, 122, "the processor stopped the runtime: bad memory access or code")    \
    BOOT_STATUS(MEMORY, 123, "the host could not back the memory that the guest touched")          \
    BOOT_STATUS(STOPPED, 124, "ended from outside: asked twice, deaf, or its process was killed")  \
    BOOT_STATUS(MONITOR, 125, "the monitor could not set the machine up, or failed")               \
    BOOT_STATUS(HOSTILE, 126, "the guest broke the rules of abi/rings.h, or of its sandbox")

enum boot_status {
#define BOOT_STATUS(name, number, meaning) BOOT_STATUS_##name = number,
    BOOT_STATUSES(BOOT_STATUS)
#undef BOOT_STATUS
};

#endif
