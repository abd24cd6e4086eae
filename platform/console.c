/* SPDX-License-Identifier: Apache-2.0 */
/* console.c -- stdin, stdout and stderr, as two rings of bytes shared with the monitor.
 *
 * Output is never lost: a writer that finds the ring full sleeps until the monitor has
 * made room.  (It is the one place besides plat_wait() that sleeps; the host's pipe is
 * full then, and there is nowhere for the bytes to go.)  Input is read by the monitor
 * only after somebody here has asked for it once.
 *
 * The monitor is trusted with our life, but a mistake there should be found here: indexes
 * that cannot be are a panic.
 */
#include <string.h>

#include "platform/port.h"

static int end_reported; /* PLAT_CLOSED has been given out */
static int input_paused; /* until the next plat_console_read() */
static int input_wanted; /* somebody has asked */
static int raw;          /* the terminal's mode, as it was asked for */
/* By when the monitor hears that input is wanted; 0: it has, or has seen it by itself. */
static uint64_t knock_due;

/* --- output ------------------------------------------------------------------------ */

static unsigned char *output_bytes(void) { return (unsigned char *)RING_OUTPUT; }

static uint32_t output_room(void)
{
    const struct ring *r = &control()->output;
    uint32_t used = r->head - __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
    return used <= RING_OUTPUT_BYTES ? RING_OUTPUT_BYTES - used : 0;
}

static void put(uint32_t at, const void *bytes, uint32_t n)
{
    uint32_t offset = at & (RING_OUTPUT_BYTES - 1), first = RING_OUTPUT_BYTES - offset;
    if (first > n) first = n;
    memcpy(output_bytes() + offset, bytes, first);
    memcpy(output_bytes(), (const char *)bytes + first, n - first);
}

/* Sleeps until there is room for a piece of at least one byte. */
static uint32_t wait_for_room(void)
{
    struct ring *r = &control()->output;
    uint32_t room;
    while ((room = output_room()) <= sizeof(struct output_piece)) {
        __atomic_store_n(&r->producer_sleeps, 1, __ATOMIC_SEQ_CST);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (output_room() > sizeof(struct output_piece)) continue;
        port->doorbell();
        port->sleep(1000000000);
    }
    return room;
}

static void write_all(const unsigned char *bytes, size_t n, uint32_t flag)
{
    struct ring *r = &control()->output;
    mark(RING_MARK_OUTPUT);
    while (n) {
        uint32_t length = wait_for_room() - (uint32_t)sizeof(struct output_piece);
        if (length > n) length = (uint32_t)n;
        struct output_piece piece = {length | flag};
        put(r->head, &piece, sizeof piece);
        put(r->head + (uint32_t)sizeof piece, bytes, length);
        __atomic_store_n(&r->head, r->head + (uint32_t)sizeof piece + length, __ATOMIC_RELEASE);
        bytes += length;
        n -= length;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (__atomic_exchange_n(&r->consumer_sleeps, 0, __ATOMIC_SEQ_CST)) port->doorbell();
        knock_due = 0; /* before it sleeps again it looks at what is wanted, too */
    }
}

void plat_console_write(const void *bytes, size_t n) { write_all(bytes, n, 0); }
void plat_console_write_error(const void *bytes, size_t n) { write_all(bytes, n, OUTPUT_ERROR); }

/* --- input ------------------------------------------------------------------------- */

static uint32_t input_waiting(void)
{
    const struct ring *r = &control()->input;
    uint32_t n = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) - r->tail;
    require(n <= RING_INPUT_BYTES);
    return n;
}

/* The end first: what was put before it is visible once it is. */
static int input_ended(void) { return __atomic_load_n(&control()->input_closed, __ATOMIC_ACQUIRE); }

static void knock(void)
{
    knock_due = 0;
    port->doorbell();
}

void console_before_sleep(void)
{
    if (knock_due) knock();
}

int console_input_ready(void)
{
    if (__builtin_expect(knock_due != 0, 0) && plat_monotonic_ns() >= knock_due) knock();
    if (!control()->input_wanted || input_paused || end_reported) return 0;
    return input_ended() || input_waiting() != 0;
}

static void want_input(void)
{
    input_wanted = 1;
    if (control()->input_wanted) return;
    __atomic_store_n(&control()->input_wanted, 1, __ATOMIC_SEQ_CST);
    port->doorbell();
}

/* Another console, of which nothing has been read.  A knock is an exit on kvm, and most motes are about to knock anyway, for they have something to
 * say or nothing to do: it can wait as long. */
void console_resumed(void)
{
    enum { SOON_NS = 1000000 };
    end_reported = 0;
    if (input_wanted) {
        __atomic_store_n(&control()->input_wanted, 1, __ATOMIC_SEQ_CST);
        knock_due = plat_monotonic_ns() + SOON_NS;
    }
    if (raw) plat_console_raw(raw);
}

void plat_console_pause(void) { input_paused = 1; }

enum plat_result plat_console_read(void *bytes, size_t room, size_t *n)
{
    struct ring *r = &control()->input;
    input_paused = 0;
    want_input();
    int ended = input_ended();
    uint32_t there = input_waiting();
    if (!there) {
        if (!ended) return PLAT_AGAIN;
        end_reported = 1;
        return PLAT_CLOSED;
    }
    uint32_t take = there < room ? there : (uint32_t)room;
    uint32_t offset = r->tail & (RING_INPUT_BYTES - 1), first = RING_INPUT_BYTES - offset;
    if (first > take) first = take;
    memcpy(bytes, (const char *)RING_INPUT + offset, first);
    memcpy((char *)bytes + first, (const char *)RING_INPUT, take - first);
    __atomic_store_n(&r->tail, r->tail + take, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&r->producer_sleeps, 0, __ATOMIC_SEQ_CST)) port->doorbell();
    *n = take;
    return PLAT_OK;
}

/* --- the terminal -------------------------------------------------------------------- */

void plat_console_info(struct plat_console *out)
{
    out->is_terminal = control()->is_terminal != 0;
    out->columns = __atomic_load_n(&control()->columns, __ATOMIC_RELAXED);
    out->output_closed = __atomic_load_n(&control()->output_closed, __ATOMIC_RELAXED) != 0;
    out->rows = __atomic_load_n(&control()->rows, __ATOMIC_RELAXED);
}

enum plat_result plat_console_raw(int on)
{
    if (!control()->is_terminal) return PLAT_FAILED;
    raw = on != 0;
    __atomic_store_n(&control()->raw_wanted, on != 0, __ATOMIC_SEQ_CST);
    port->doorbell();
    return PLAT_OK;
}
