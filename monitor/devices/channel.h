/* SPDX-License-Identifier: Apache-2.0 */
/* channel.h -- the host's end of a channel (abi/channel.h), for the one thread that serves it.
 *
 * The guest may write anything into the shared memory at any time.  Our own indexes are kept here, and what
 * stands in shared memory is only a copy for the guest; its indexes are read once and checked.  Bytes that are
 * looked at in place (channel_out_part) may change under our eyes: copy what is to be checked.
 */
#ifndef MONITOR_CHANNEL_H
#define MONITOR_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "abi/channel.h"

struct channel_end {
    struct channel *shared;
    int doorbell, wake; /* eventfds: the guest to us, us to the guest */
    int alive;          /* a pipe that hangs up when the monitor has ended */
    int other; /* whenever it can be read while we would sleep, on_other() is called; -1: nothing */
    void (*on_other)(struct channel_end *c);
    uint32_t out_tail, in_head;
    bool leave;
};

void channel_end_open(struct channel_end *c, struct channel *shared, int doorbell, int wake,
                      int alive);

/* Waits until the guest has sent n bytes that are not taken yet.  n <= CHANNEL_RING_BYTES.
 * false: it broke the rules of the ring, or we should leave. */
bool channel_wait_bytes(struct channel_end *c, uint32_t n);
/* Of those, copies n from `offset`; or says where they lie. */
void channel_peek(const struct channel_end *c, uint32_t offset, void *to, uint32_t n);
void channel_out_part(const struct channel_end *c, uint32_t offset, uint32_t n,
                      struct iovec part[2]);
/* The guest may use their room again. */
void channel_take(struct channel_end *c, uint32_t n);

/* The same for n bytes of room for what we send. */
bool channel_wait_room(struct channel_end *c, uint32_t n);
void channel_put(struct channel_end *c, uint32_t offset, const void *from, uint32_t n);
void channel_in_part(const struct channel_end *c, uint32_t offset, uint32_t n,
                     struct iovec part[2]);
/* The guest may read n bytes more. */
void channel_publish(struct channel_end *c, uint32_t n);

/* For who serves many and waits for all of them in his own way: what is there to be taken, and the room for what we send;
 * negative: the guest's index is impossible. */
int64_t channel_bytes(const struct channel_end *c);
int64_t channel_room(const struct channel_end *c);
/* From now on it rings its doorbell when it has sent something, or (after that) when it has read something.  Look once more. */
void channel_wants_bytes(struct channel_end *c, bool wants);
void channel_wants_room(struct channel_end *c);

/* Nothing comes any more.  Safe in a signal handler. */
void channel_close(struct channel *shared, int wake);

#endif
