/* SPDX-License-Identifier: Apache-2.0 */
/* channel.c -- channels, on the rings of abi/channel.h.
 *
 * The handle of channel N is FIRST_HANDLE + N, for the whole life of the mote.
 *
 * Always true: our own indexes (out.head, in.tail) are written by nobody else that we trust; a host
 * that says impossible things has made a mistake, which is a panic, as in console.c.
 */
#include <string.h>

#include "platform/port.h"

enum { FIRST_HANDLE = HANDLE_CHANNEL };
_Static_assert(FIRST_HANDLE + CHANNELS_MOST <= 62, "the bits of plat_ready above are taken");

static uint32_t opened;                     /* a bit for each channel */
static uint32_t wants_room;                 /* a sender was turned away, and has not come again */
static uint32_t room_wanted[CHANNELS_MOST]; /* so many bytes, by that */
static uint32_t unflushed;                  /* sent, and not yet told */
static uint32_t expects;                    /* sent, and nothing has come since */
static uint32_t ended;                      /* PLAT_CLOSED has been given out */

static struct channel *channel(unsigned number)
{
    return (struct channel *)CHANNEL_ADDRESS(number);
}

static unsigned number_of(unsigned handle)
{
    unsigned n = handle - FIRST_HANDLE;
    require(n < CHANNELS_MOST && opened >> n & 1);
    return n;
}

static uint32_t room_in(const struct channel *c)
{
    uint32_t used = c->out.head - __atomic_load_n(&c->out.tail, __ATOMIC_ACQUIRE);
    require(used <= CHANNEL_RING_BYTES);
    return CHANNEL_RING_BYTES - used;
}

static uint32_t waiting_in(const struct channel *c)
{
    uint32_t n = __atomic_load_n(&c->in.head, __ATOMIC_ACQUIRE) - c->in.tail;
    require(n <= CHANNEL_RING_BYTES);
    return n;
}

static int is_closed(const struct channel *c)
{
    return __atomic_load_n(&c->closed, __ATOMIC_ACQUIRE) != 0;
}

void channels_resumed(void) { opened = wants_room = unflushed = ended = 0; }

enum plat_result plat_channel_open(const char *name, unsigned *handle)
{
    const char *const *names = (const char *const *)boot_record->channels;
    for (unsigned i = 0; names && names[i] && i < CHANNELS_MOST; i++) {
        if (strcmp(names[i], name) != 0 || opened >> i & 1) continue;
        opened |= 1u << i;
        *handle = FIRST_HANDLE + i;
        return PLAT_OK;
    }
    return PLAT_INVALID;
}

/* --- guest to host --------------------------------------------------------------------------- */

enum plat_result plat_channel_send(unsigned handle, const void *bytes, size_t n, size_t *sent)
{
    unsigned number = number_of(handle);
    struct channel *c = channel(number);
    if (is_closed(c)) return PLAT_CLOSED;
    uint32_t room = room_in(c), take = n < room ? (uint32_t)n : room;
    wants_room &= ~(1u << number);
    if (take < n) wants_room |= 1u << number, room_wanted[number] = 1;
    if (!take && n) return PLAT_AGAIN;
    uint32_t offset = c->out.head & (CHANNEL_RING_BYTES - 1), first = CHANNEL_RING_BYTES - offset;
    if (first > take) first = take;
    memcpy(CHANNEL_OUT(c) + offset, bytes, first);
    memcpy(CHANNEL_OUT(c), (const char *)bytes + first, take - first);
    __atomic_store_n(&c->out.head, c->out.head + take, __ATOMIC_RELEASE);
    unflushed |= 1u << number;
    expects |= 1u << number;
    *sent = take;
    return PLAT_OK;
}

enum plat_result plat_channel_room(unsigned handle, size_t n)
{
    unsigned number = number_of(handle);
    const struct channel *c = channel(number);
    require(n <= CHANNEL_RING_BYTES);
    if (is_closed(c)) return PLAT_CLOSED;
    wants_room &= ~(1u << number);
    if (room_in(c) >= n) return PLAT_OK;
    wants_room |= 1u << number;
    room_wanted[number] = (uint32_t)n;
    return PLAT_AGAIN;
}

void plat_channel_flush(unsigned handle)
{
    unsigned number = number_of(handle);
    struct channel *c = channel(number);
    if (!(unflushed >> number & 1)) return;
    unflushed &= ~(1u << number);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->out.consumer_sleeps, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(&c->out.consumer_sleeps, 0, __ATOMIC_SEQ_CST))
        port->channel_doorbell(number, c);
}

/* --- host to guest ----------------------------------------------------------------------------- */

enum plat_result plat_channel_receive(unsigned handle, void *bytes, size_t room, size_t *n)
{
    unsigned number = number_of(handle);
    struct channel *c = channel(number);
    int closed = is_closed(c); /* first: what was put before it is visible once it is */
    uint32_t there = waiting_in(c);
    if (!there && closed) ended |= 1u << number;
    if (!there) return closed ? PLAT_CLOSED : PLAT_AGAIN;
    uint32_t take = there < room ? there : (uint32_t)room;
    expects &= ~(1u << number);
    uint32_t offset = c->in.tail & (CHANNEL_RING_BYTES - 1), first = CHANNEL_RING_BYTES - offset;
    if (first > take) first = take;
    memcpy(bytes, CHANNEL_IN(c) + offset, first);
    memcpy((char *)bytes + first, CHANNEL_IN(c), take - first);
    __atomic_store_n(&c->in.tail, c->in.tail + take, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->in.producer_sleeps, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(&c->in.producer_sleeps, 0, __ATOMIC_SEQ_CST))
        port->channel_doorbell(number, c);
    *n = take;
    return PLAT_OK;
}

/* --- waiting --------------------------------------------------------------------------------------- */

static int has_room(unsigned number, const struct channel *c)
{
    return wants_room >> number & 1 && room_in(c) >= room_wanted[number];
}

plat_ready channels_ready(void)
{
    plat_ready r = 0;
    for (uint32_t left = opened & ~ended; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        const struct channel *c = channel(i);
        if (waiting_in(c) || is_closed(c) || has_room(i, c)) r |= UINT64_C(1) << (FIRST_HANDLE + i);
    }
    return r;
}

void channels_flush(void)
{
    for (uint32_t left = unflushed; left; left &= left - 1)
        plat_channel_flush(FIRST_HANDLE + (unsigned)__builtin_ctz(left));
}

int channels_expect(void)
{
    int some = expects != 0;
    expects = 0;
    return some;
}

void channels_before_sleep(void)
{
    for (uint32_t left = opened & ~ended; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        struct channel *c = channel(i);
        plat_channel_flush(FIRST_HANDLE + i);
        __atomic_store_n(&c->in.consumer_sleeps, 1, __ATOMIC_SEQ_CST);
        if (wants_room >> i & 1) __atomic_store_n(&c->out.producer_sleeps, 1, __ATOMIC_SEQ_CST);
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
