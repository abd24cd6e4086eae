/* SPDX-License-Identifier: Apache-2.0 */
/* net.c -- moves frames between the rings of abi/net.h and a backend.
 *
 * The guest may write anything into the shared memory at any time.  So: its indexes and lengths are read
 * once, into variables of ours, and checked; our own indexes are kept in struct net, and what stands in shared
 * memory is only a copy for the guest.
 *
 * When the world is faster than the guest its ring fills up, and we stop reading: the queue is then where it
 * was before, in the kernel or at the sender.  When it is the other way round the guest's ring fills up.
 */
#include <string.h>

#include "monitor/devices/net.h"

enum { SEND_AT_ONCE = 64 };

/* --- the rings ------------------------------------------------------------------------------- */

void net_start(struct net *n, void *rings)
{
    n->rings = rings;
    n->send = (uint8_t *)rings + LAYOUT_PAGE;
    n->receive = n->send + n->boot.send_bytes;
}

/* --- from the guest --------------------------------------------------------------------------- */

/* Checks the record at our tail, `there` bytes before the head.  Returns all its bytes, and 0 in *length for
 * a filler; or 0: it cannot be. */
static uint32_t check_record(const struct net *n, uint32_t there, uint32_t *length,
                             uint32_t *segment)
{
    uint32_t offset = n->send_tail & (n->boot.send_bytes - 1);
    uint32_t to_end = n->boot.send_bytes - offset, most = n->boot.mtu + NET_HEADER;
    const struct net_record *record = (const struct net_record *)(n->send + offset);
    uint32_t bytes = *length = __atomic_load_n(&record->length, __ATOMIC_RELAXED);
    if (bytes == NET_FILLER) {
        *length = 0;
        return to_end <= there ? to_end : 0;
    }
    *segment = __atomic_load_n(&record->segment, __ATOMIC_RELAXED);
    if (*segment && (!(n->boot.flags & NET_CUTS) || *segment > n->boot.mtu)) return 0;
    if (*segment) most = NET_FRAME_MOST;
    if (bytes < NET_HEADER || bytes > most) return 0;
    bytes = net_record_bytes(bytes);
    return bytes <= there && bytes <= to_end ? bytes : 0;
}

static void knock_for_room(struct net *n, const struct loop *l)
{
    struct ring *r = &n->rings->send;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&r->producer_sleeps, __ATOMIC_RELAXED)) return;
    if (__atomic_load_n(&r->head, __ATOMIC_RELAXED) - n->send_tail > n->boot.send_bytes / 2) return;
    if (__atomic_exchange_n(&r->producer_sleeps, 0, __ATOMIC_SEQ_CST)) loop_knock(l), n->knocks++;
}

/* 1: took some, 0: there is nothing, or the backend does not want it now, -1: broken rules. */
static int serve_send(struct net *n, const struct loop *l)
{
    struct ring *r = &n->rings->send;
    uint32_t took = 0;
    n->blocked = false;
    for (; took < SEND_AT_ONCE; took++) {
        uint32_t length, segment,
            there = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) - n->send_tail;
        if (!there) break;
        if (there > n->boot.send_bytes || there % NET_ALIGN) return -1;
        uint32_t bytes = check_record(n, there, &length, &segment);
        if (!bytes) return -1;
        const uint8_t *record = n->send + (n->send_tail & (n->boot.send_bytes - 1));
        if (length && !n->backend->send(n, record + sizeof(struct net_record), length, segment)) {
            n->blocked = true;
            break;
        }
        n->frames_out += length != 0;
        n->bytes_out += length;
        n->send_tail += bytes;
        __atomic_store_n(&r->tail, n->send_tail, __ATOMIC_RELEASE);
    }
    if (took) knock_for_room(n, l);
    return took != 0;
}

/* --- to the guest -------------------------------------------------------------------------------- */

/* Free bytes; 0 also when the guest's index cannot be. */
static uint32_t receive_free(struct net *n)
{
    uint32_t used = n->receive_head - __atomic_load_n(&n->rings->receive.tail, __ATOMIC_ACQUIRE);
    if (used <= n->boot.receive_bytes) return n->boot.receive_bytes - used;
    n->hostile = true;
    return 0;
}

uint8_t *net_room(struct net *n, uint32_t most)
{
    struct ring *r = &n->rings->receive;
    uint32_t bytes = net_record_bytes(most), size = n->boot.receive_bytes;
    uint32_t offset = n->receive_head & (size - 1), to_end = size - offset;
    uint32_t filler = bytes > to_end ? to_end : 0;
    n->full = false;
    if (receive_free(n) < bytes + filler) {
        __atomic_store_n(&r->producer_sleeps, 1, __ATOMIC_SEQ_CST);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        n->full = receive_free(n) < bytes + filler;
    }
    if (n->full || n->hostile) return NULL;
    if (filler) {
        const struct net_record record = {.length = NET_FILLER};
        memcpy(n->receive + offset, &record, sizeof record);
        n->receive_head += filler;
        offset = 0;
    }
    return n->receive + offset + sizeof(struct net_record);
}

/* The guest hears of it when a round of the loop is over, or a good part of the ring is new. */
void net_put(struct net *n, uint32_t length)
{
    const struct net_record record = {.length = length};
    memcpy(n->receive + (n->receive_head & (n->boot.receive_bytes - 1)), &record, sizeof record);
    n->receive_head += net_record_bytes(length);
    n->frames_in++;
    n->bytes_in += length;
    if (n->receive_head - n->receive_told >= n->boot.receive_bytes / 4) {
        n->receive_told = n->receive_head;
        __atomic_store_n(&n->rings->receive.head, n->receive_head, __ATOMIC_RELEASE);
    }
}

static void publish(struct net *n, const struct loop *l)
{
    struct ring *r = &n->rings->receive;
    n->receive_told = n->receive_head;
    __atomic_store_n(&r->head, n->receive_head, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&r->consumer_sleeps, __ATOMIC_RELAXED)) return;
    if (__atomic_exchange_n(&r->consumer_sleeps, 0, __ATOMIC_SEQ_CST)) loop_knock(l), n->knocks++;
}

/* --- for the loop ----------------------------------------------------------------------------------- */

static int serve(void *state, struct loop *l)
{
    struct net *n = state;
    uint32_t before = n->receive_head;
    __atomic_store_n(&n->rings->send.consumer_sleeps, 0, __ATOMIC_RELAXED); /* we are awake */
    int sent = serve_send(n, l);
    if (sent < 0) return -1;
    bool received = n->backend->receive(n, l);
    if (n->receive_head != before) publish(n, l);
    return n->hostile ? -1 : sent || received;
}

static bool prepare(void *state, struct loop *l, bool sleep)
{
    struct net *n = state;
    n->backend->prepare(n, l);
    if (!sleep || n->blocked) return false;
    __atomic_store_n(&n->rings->send.consumer_sleeps, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(&n->rings->send.head, __ATOMIC_ACQUIRE) != n->send_tail;
}

struct loop_device net_device(struct net *n) { return (struct loop_device){n, serve, prepare}; }
