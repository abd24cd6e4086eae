/* SPDX-License-Identifier: Apache-2.0 */
/* console.c -- standard input, output and error as ports: {fd, 0, 1}, {fd, 0, 0}, {fd, 1, 1}, {fd, 2, 2}. */
#include "port/console.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/timer.h"
#include "sched/sched.h"

#define CHUNK 16384
#define MOST  (1 << 20) /* kept for a reader that has not come yet */

static struct port *reader;
static void (*reader_take)(struct port *p, const uint8_t *bytes, size_t n);
static uint8_t *early; /* what came before there was a reader */
static size_t early_bytes;
static bool ended, end_told;
static struct timer kick; /* gives a new reader what has been waiting for it */

static void keep_early(const uint8_t *bytes, size_t n)
{
    if (n > MOST - early_bytes) n = MOST - early_bytes;
    uint8_t *fresh = arena_realloc(early, early_bytes + n + 1);
    if (!fresh) return;
    early = fresh;
    memcpy(early + early_bytes, bytes, n);
    early_bytes += n;
}

static void tell_end(void)
{
    if (!ended || end_told || !reader) return;
    end_told = true;
    port_end_of_input(reader);
}

static void ready(plat_ready which)
{
    (void)which;
    static uint8_t chunk[CHUNK];
    size_t n;
    switch (plat_console_read(chunk, sizeof chunk, &n)) {
    case PLAT_OK:
        if (reader)
            reader_take(reader, chunk, n);
        else
            keep_early(chunk, n);
        break;
    case PLAT_CLOSED:
        ended = true;
        tell_end();
        break;
    default: break;
    }
}

/* Also the first to read: the platform takes no input before somebody has asked for it. */
static void deliver_early(struct timer *t)
{
    (void)t;
    uint8_t *bytes = early;
    size_t n = early_bytes;
    if (!reader) return;
    early = NULL;
    early_bytes = 0;
    if (n) reader_take(reader, bytes, n);
    arena_free(bytes);
    if (ended)
        tell_end();
    else
        ready(PLAT_READY_CONSOLE);
}

void console_attach(struct port *p, void (*take)(struct port *p, const uint8_t *bytes, size_t n))
{
    reader = p;
    reader_take = take;
    end_told = false;
    sched_watch(PLAT_READY_CONSOLE, ready);
    timer_set(&kick, 0, deliver_early); /* not from within open_port/2 */
}

void console_detach(struct port *p)
{
    if (reader == p) reader = NULL;
}

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

const struct port_driver console_driver = {.start = start, .stop = stop, .output = output};
