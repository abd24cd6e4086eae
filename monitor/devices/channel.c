/* SPDX-License-Identifier: Apache-2.0 */
/* channel.c -- see channel.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "monitor/devices/channel.h"

/* A guest that sends one request after the other comes back sooner than we could fall asleep and be woken.
 * Not longer than that costs: there may be one processor for both. */
enum { LOOKS = 2000 };

void channel_end_open(struct channel_end *c, struct channel *shared, int doorbell, int wake,
                      int alive)
{
    *c = (struct channel_end){.shared = shared,
                              .doorbell = doorbell,
                              .wake = wake,
                              .alive = alive,
                              .other = -1,
                              .in_head = CHANNEL_IN_FIRST};
}

static void knock(int wake)
{
    uint64_t one = 1;
    ssize_t ignored = write(wake, &one, sizeof one);
    (void)ignored;
}

static void wait_for_doorbell(struct channel_end *c)
{
    struct pollfd p[3] = {{.fd = c->doorbell, .events = POLLIN},
                          {.fd = c->alive},
                          {.fd = c->other, .events = POLLIN}};
    uint64_t count;
    if (poll(p, 3, -1) <= 0) return;
    c->leave = p[1].revents != 0;
    if (p[2].revents && read(c->other, &count, sizeof count) > 0) c->on_other(c);
    if (p[0].revents && read(c->doorbell, &count, sizeof count) < 0) return;
}

/* What is there to be taken; negative: the guest's index is impossible. */
int64_t channel_bytes(const struct channel_end *c)
{
    uint32_t n = __atomic_load_n(&c->shared->out.head, __ATOMIC_ACQUIRE) - c->out_tail;
    return n <= CHANNEL_RING_BYTES ? (int64_t)n : -1;
}

int64_t channel_room(const struct channel_end *c)
{
    uint32_t used = c->in_head - __atomic_load_n(&c->shared->in.tail, __ATOMIC_ACQUIRE);
    return used <= CHANNEL_RING_BYTES ? (int64_t)(CHANNEL_RING_BYTES - used) : -1;
}

void channel_wants_bytes(struct channel_end *c, bool wants)
{
    __atomic_store_n(&c->shared->out.consumer_sleeps, wants, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void channel_wants_room(struct channel_end *c)
{
    __atomic_store_n(&c->shared->in.producer_sleeps, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Until there(c) >= n; `sleeps` is where we say that we sleep. */
static bool wait_until(struct channel_end *c, int64_t (*there)(const struct channel_end *),
                       uint32_t n, uint32_t *sleeps)
{
    for (;;) {
        int64_t have = there(c);
        for (int i = 0; i < LOOKS && have >= 0 && have < n; i++) {
            __builtin_ia32_pause();
            have = there(c);
        }
        if (have < 0) return false;
        if (have >= n) return true;
        __atomic_store_n(sleeps, 1, __ATOMIC_SEQ_CST);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        have = there(c);
        if (have < 0 || c->leave) return false;
        if (have < n) wait_for_doorbell(c);
        __atomic_store_n(sleeps, 0, __ATOMIC_RELAXED);
    }
}

static void part_of(unsigned char *ring, uint32_t at, uint32_t n, struct iovec part[2])
{
    uint32_t offset = at & (CHANNEL_RING_BYTES - 1), first = CHANNEL_RING_BYTES - offset;
    if (first > n) first = n;
    part[0] = (struct iovec){ring + offset, first};
    part[1] = (struct iovec){ring, n - first};
}

/* Our end of a ring is at `to` now; the guest is woken if it sleeps. */
static void tell(struct channel_end *c, uint32_t *end, uint32_t to, uint32_t *sleeps)
{
    __atomic_store_n(end, to, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(sleeps, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(sleeps, 0, __ATOMIC_SEQ_CST))
        knock(c->wake);
}

/* --- guest to host ----------------------------------------------------------------------------- */

bool channel_wait_bytes(struct channel_end *c, uint32_t n)
{
    return wait_until(c, channel_bytes, n, &c->shared->out.consumer_sleeps);
}

void channel_out_part(const struct channel_end *c, uint32_t offset, uint32_t n,
                      struct iovec part[2])
{
    part_of(CHANNEL_OUT(c->shared), c->out_tail + offset, n, part);
}

void channel_peek(const struct channel_end *c, uint32_t offset, void *to, uint32_t n)
{
    struct iovec part[2];
    channel_out_part(c, offset, n, part);
    memcpy(to, part[0].iov_base, part[0].iov_len);
    memcpy((char *)to + part[0].iov_len, part[1].iov_base, part[1].iov_len);
}

void channel_take(struct channel_end *c, uint32_t n)
{
    c->out_tail += n;
    tell(c, &c->shared->out.tail, c->out_tail, &c->shared->out.producer_sleeps);
}

/* --- host to guest ------------------------------------------------------------------------------- */

bool channel_wait_room(struct channel_end *c, uint32_t n)
{
    return wait_until(c, channel_room, n, &c->shared->in.producer_sleeps);
}

void channel_in_part(const struct channel_end *c, uint32_t offset, uint32_t n, struct iovec part[2])
{
    part_of(CHANNEL_IN(c->shared), c->in_head + offset, n, part);
}

void channel_put(struct channel_end *c, uint32_t offset, const void *from, uint32_t n)
{
    struct iovec part[2];
    channel_in_part(c, offset, n, part);
    memcpy(part[0].iov_base, from, part[0].iov_len);
    memcpy(part[1].iov_base, (const char *)from + part[0].iov_len, part[1].iov_len);
}

void channel_publish(struct channel_end *c, uint32_t n)
{
    c->in_head += n;
    tell(c, &c->shared->in.head, c->in_head, &c->shared->in.consumer_sleeps);
}

void channel_close(struct channel *shared, int wake)
{
    __atomic_store_n(&shared->closed, 1, __ATOMIC_RELEASE);
    knock(wake);
}
