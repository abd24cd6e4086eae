/* SPDX-License-Identifier: Apache-2.0 */
/* console.h -- the guest's console: descriptors 0 to 2 of the monitor.
 *
 * The loop serves it (loop.h), as console_device(); nobody else touches it meanwhile.  After that,
 * console_drain() writes what is left.
 */
#ifndef MONITOR_CONSOLE_H
#define MONITOR_CONSOLE_H

#include <stdbool.h>
#include <termios.h>

#include "abi/rings.h"
#include "monitor/devices/loop.h"

struct console {
    /* Set by console_open(), then constant. */
    struct control *control; /* shared with the guest, who is hostile */
    unsigned char *output, *input;
    int wake;
    bool is_terminal, error_is_terminal, pipe_like[3];
    struct termios cooked; /* the terminal as it was */

    /* The server's. */
    bool raw, input_closed, closed[3]; /* closed: nobody reads what we write there */
    uint32_t output_tail, input_head;  /* ours; the guest sees copies */
    uint32_t piece_left;               /* of the piece of output that is being written, */
    int piece_fd;                      /* to this descriptor */
    unsigned char error_last;          /* byte written to descriptor 2 */
    bool blocked;                      /* nobody takes our output just now */
    int polled_input, polled_output;   /* of the loop */
    uint64_t bytes_out, bytes_in;

    /* Set by a signal handler; it rings the doorbell too. */
    volatile int window_changed, continued, leave;
};

/* `rings` is the memory of the rings (RING_USED_BYTES) as we see it. */
void console_open(struct console *c, void *rings, int wake, bool no_input);

struct loop_device console_device(struct console *c);

/* Writes what the output ring holds; gives up when nobody takes it for `patience_ms`
 * (-1: never). */
void console_drain(struct console *c, int patience_ms);

/* The terminal as it was.  Safe in a signal handler, and more than once. */
void console_restore(struct console *c);

#endif
