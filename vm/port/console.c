/* SPDX-License-Identifier: Apache-2.0 */
/* console.c -- standard input, output and error as ports: {fd, 0, 1}, {fd, 0, 0}, {fd, 1, 1}, {fd, 2, 2}.
 *
 * Always true: no byte of the input is lost.  What nobody reads, or has the memory for, is left with the
 * platform, whose sender waits.
 */
#include "port/console.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/memory.h"
#include "process/timer.h"
#include "sched/sched.h"

#define CHUNK      16384
#define SIP        1024
#define PAUSE_NS   20000000
#define COLLECT_NS 200000000
#define MOST_LEFT  ((size_t)64 << 20)

static struct port *reader;
static size_t (*reader_take)(struct port *p, const uint8_t *bytes, size_t n);
static void (*selector)(void); /* who wants to be told, when no port reads */
static uint8_t chunk[CHUNK];
static size_t chunk_from, chunk_to; /* what of it the reader has not taken yet */
static bool ended, end_told;
static struct timer again;

/* Little is left: a reader that collects what it is given must not take the last of it. */
static bool memory_is_short(void)
{
    struct arena_usage u = arena_usage();
    size_t least = u.total / 4;
    return u.free < (least < MOST_LEFT ? least : MOST_LEFT);
}

/* What the reader is done with may be all that there is to free, and sips make no process collect. */
static void collect_reader(void)
{
    static uint64_t next_ns;
    uint64_t now = plat_monotonic_ns();
    struct process *owner = process_find(reader->connected);
    if (now < next_ns || !owner) return;
    if (heap_total_words(&owner->heap) * sizeof(term) > arena_usage().free / 4) return;
    next_ns = now + COLLECT_NS;
    process_collect_from_bif(owner, 0, true);
}

static void pump(void);
static void pump_again(struct timer *t)
{
    (void)t;
    pump();
}

static void rest(void)
{
    plat_console_pause();
    timer_set(&again, plat_monotonic_ns() + PAUSE_NS, pump_again);
}

/* false: the reader has no room. */
static bool offer(void)
{
    while (chunk_from < chunk_to && reader) {
        size_t n = reader_take(reader, chunk + chunk_from, chunk_to - chunk_from);
        if (n == 0) return false;
        chunk_from += n;
    }
    return true;
}

static bool tell_end(void)
{
    if (!ended || end_told) return true;
    end_told = port_end_of_input(reader);
    return end_told;
}

/* For who fetches himself: one chunk from outside, and word of it. */
static void pump_selected(void)
{
    if (chunk_from == chunk_to && !ended) {
        size_t n = 0;
        enum plat_result result = plat_console_read(chunk, CHUNK, &n);
        if (result == PLAT_CLOSED) ended = true;
        chunk_from = 0;
        chunk_to = result == PLAT_OK ? n : 0;
    }
    if (chunk_from == chunk_to && !ended) return;
    void (*tell)(void) = selector;
    selector = NULL;
    plat_console_pause();
    tell();
}

/* One chunk from outside to the reader.  What has no room stays here or outside and is tried again; when
 * memory is short it comes in sips, so that a terminal still answers. */
static void pump(void)
{
    if (selector) {
        pump_selected();
        return;
    }
    if (!reader) {
        plat_console_pause();
        return;
    }
    if (!offer() || !tell_end()) {
        rest();
        return;
    }
    if (ended) { /* a copy of this mote has another console; here what has ended stays so */
        plat_console_pause();
        return;
    }
    bool is_short = memory_is_short();
    if (is_short) collect_reader();
    if (!reader) return;
    is_short = is_short && memory_is_short();
    size_t n = 0;
    enum plat_result result = plat_console_read(chunk, is_short ? SIP : CHUNK, &n);
    if (result == PLAT_CLOSED) ended = true;
    chunk_from = 0;
    chunk_to = result == PLAT_OK ? n : 0;
    if (!offer() || !tell_end() || (is_short && !ended)) rest();
}

static void ready(plat_ready which)
{
    (void)which;
    if (!timer_is_set(&again)) pump();
}

void console_attach(struct port *p, size_t (*take)(struct port *p, const uint8_t *bytes, size_t n))
{
    reader = p;
    reader_take = take;
    selector = NULL;
    end_told = false;
    sched_watch(PLAT_READY_CONSOLE, ready);
    /* The first to read: the platform takes no input before that.  Not from within open_port/2. */
    timer_set(&again, 0, pump_again);
}

void console_detach(struct port *p)
{
    if (reader != p) return;
    reader = NULL;
    plat_console_pause();
}

/* --- without a port ----------------------------------------------------------------------------------- */

void console_select(void (*tell)(void))
{
    selector = tell;
    sched_watch(PLAT_READY_CONSOLE, ready);
    timer_set(&again, 0, pump_again);
}

size_t console_fetch(uint8_t *to, size_t room, bool *at_end)
{
    size_t n = chunk_to - chunk_from < room ? chunk_to - chunk_from : room;
    memcpy(to, chunk + chunk_from, n);
    chunk_from += n;
    *at_end = n == 0 && ended;
    return n;
}

bool console_has_ended(void) { return ended && chunk_from == chunk_to; }

/* --- the driver ------------------------------------------------------------------------------------- */

static const char *start(struct port *p)
{
    const struct port_settings *s = &p->settings;
    if (s->in_fd < 0 || s->in_fd > 2 || s->out_fd < 0 || s->out_fd > 2) return "einval";
    if (s->in && s->in_fd == 0) console_attach(p, port_input);
    return NULL;
}

static void stop(struct port *p) { console_detach(p); }

/* The pipe behind standard output has no reader: the port ends as stock's does. */
static struct timer broken;
static term broken_port;

static void end_broken(struct timer *t)
{
    (void)t;
    struct port *p = port_find(broken_port);
    if (p) port_close(p, ATOM(epipe), false);
}

/* The request of user.erl, with the magic number of such requests in it. */
#define CONTROL_GET_SIZE (0x018b0900u + 100)

static void look_for_reader(struct port *p)
{
    struct plat_console info;
    plat_console_info(&info);
    if (!info.output_closed) return;
    broken_port = p->id;
    timer_set(&broken, 0, end_broken);
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    if (p->settings.out_fd == 2) {
        plat_console_write_error(bytes, n);
        return;
    }
    plat_console_write(bytes, n);
    look_for_reader(p);
}

/* The size of the terminal, when there is one that knows it: {columns, rows}. */
static bool control(struct port *p, unsigned op, const uint8_t *bytes, size_t n,
                    struct port_answer *answer)
{
    (void)p;
    (void)bytes;
    (void)n;
    struct plat_console info;
    plat_console_info(&info);
    if (op != CONTROL_GET_SIZE || !info.is_terminal || !info.columns || !info.rows) return false;
    uint32_t size[2] = {info.columns, info.rows};
    answer->bytes = arena_malloc(sizeof size);
    if (!answer->bytes) return false;
    memcpy(answer->bytes, size, sizeof size);
    answer->size = sizeof size;
    return true;
}

const struct port_driver console_driver = {
    .stream = true, .start = start, .stop = stop, .output = output, .control = control};
