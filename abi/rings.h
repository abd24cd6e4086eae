/* SPDX-License-Identifier: Apache-2.0 */
/* rings.h -- the memory that guest and monitor share while the mote runs.
 *
 *   LAYOUT_RINGS            struct control: one page
 *   LAYOUT_RINGS + 1'0000   bytes of the output ring
 *   LAYOUT_RINGS + 2'0000   bytes of the input ring
 *
 * A ring has one producer and one consumer.  `head` counts the bytes ever put in and is
 * written by the producer only, `tail` those ever taken out and is written by the consumer
 * only; both run freely modulo 2^32, and head - tail never exceeds the ring's size (a power
 * of two).  As with a virtqueue, the side that is about to sleep says so in the ring and
 * then looks once more, and the other side knocks only if it has to:
 *
 *   consumer_sleeps  set by the consumer; the producer that clears it rings the doorbell
 *   producer_sleeps  the same the other way round: "wake me when there is room"
 *
 * Console output is a sequence of pieces, each a struct output_piece and its bytes, so that
 * stdout and stderr keep their order.  Console input is plain bytes.
 *
 * Either side reads what the other wrote once, into a variable of its own, and checks it.
 * The guest that breaks a rule is ended with BOOT_STATUS_HOSTILE.
 */
#ifndef ABI_RINGS_H
#define ABI_RINGS_H

#include <stdint.h>

#include "abi/layout.h"

#define RING_OUTPUT       (LAYOUT_RINGS + 0x10000)
#define RING_OUTPUT_BYTES 0x8000u
#define RING_INPUT        (LAYOUT_RINGS + 0x20000)
#define RING_INPUT_BYTES  0x4000u
/* What the monitor backs. */
#define RING_USED_BYTES   0x30000u

struct ring {
    uint32_t head; /* producer's */
    uint32_t producer_sleeps;
    uint32_t pad1[14]; /* a cache line each */
    uint32_t tail;     /* consumer's */
    uint32_t consumer_sleeps;
    uint32_t pad2[14];
};

/* For people. The clock is the host's monotonic one (process), or counts from the first instruction (kvm). */
enum ring_mark { RING_MARK_STARTED, RING_MARK_ERLANG, RING_MARK_APPLICATION, RING_MARK_OUTPUT };

#define OUTPUT_ERROR 0x80000000u /* the piece is for stderr */
struct output_piece {
    uint32_t length; /* of the bytes that follow; OUTPUT_ERROR may be added */
};

struct control {
    /* The monitor's; the guest only reads, but for `seed`, which it wipes after use. */
    uint64_t wall_ns;       /* UTC since 1970, set before the start and after each sleep */
    uint64_t result;        /* of the last call */
    uint32_t stop_requests; /* counts them */
    uint32_t input_closed;  /* nothing comes after what is in the input ring */
    uint32_t is_terminal;   /* stdin and stdout are one */
    uint32_t columns, rows; /* 0: unknown */
    uint32_t output_closed; /* nobody reads stdout any more */
    uint8_t seed[64];       /* at the start, and after CALL_SEED */

    /* The guest's. */
    uint64_t argument[3];  /* of the next call */
    uint32_t stop_seen;    /* how many stop requests the runtime has been told of */
    uint32_t input_wanted; /* read the console from now on */
    uint32_t raw_wanted;   /* the terminal should be in raw mode */
    uint32_t ended;        /* 1: the guest left by itself, with this exit status */
    int32_t exit_status;
    uint32_t snapshot;   /* 1: it ended (`ended`) at a point from which its memory can go on */
    uint64_t mark_ns[4]; /* enum ring_mark: when it got there, by its own clock; 0: not yet */
    /* Of a machine that runs, and goes on.  The monitor makes `copy_wanted` odd, and even again when it has what it wants
     * or does not want it any more.  The guest that comes to a point from which its memory can go on repeats the odd number in
     * `copy_here`, and writes to nothing that counts until it is even. */
    uint32_t copy_wanted, copy_here;
    uint32_t thawed; /* process: how many chunks of the snapshot were inflated */
    uint32_t pad2[15];

    struct ring output, input;
};

_Static_assert(sizeof(struct ring) == 128, "shared with the guest");
_Static_assert(sizeof(struct control) == 512, "shared with the guest");

/* --- kvm: port writes ----------------------------------------------------------------
 *
 * `out` of 32 bits.  PORT_DOORBELL is bound to an eventfd and does not leave the guest for
 * long; PORT_CALL takes the number of a call, whose arguments are in the control page, and
 * continues when it is done.  An unknown call, or an argument outside what is said here,
 * is a broken rule.
 */
#define PORT_DOORBELL 0x500
#define PORT_CALL     0x504

enum call {
    CALL_EXIT = 1, /* does not return; control->ended and exit_status say how */
    CALL_SLEEP,    /* (nanoseconds): until then, or until the monitor has something; 0 polls */
    CALL_POPULATE, /* (address, bytes) in the heap: back these pages now.  result: 1 if done */
    CALL_UNUSED,   /* (address, bytes): take these pages.  In the heap they read as zero then; the
                    * archive's pages keep their contents and come from the file again */
    CALL_PROTECT,  /* (address, bytes, enum ring_access) in the heap.  result: 1 if done */
    CALL_SEED,     /* fill control->seed anew */
    CALL_CLOCK,    /* result: monotonic nanoseconds, where BOOT_TSC is not set */
    CALL_FAULT,    /* result: the address that the last page fault was about */
    CALL_BACK,     /* the same; result: 1 if there is memory now, and was none: try again */
};

enum ring_access { RING_NO_ACCESS, RING_READ, RING_READ_WRITE };

#endif
