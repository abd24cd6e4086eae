/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c -- the seam on an ordinary hosted program: for unit tests, sanitizers and profilers.
 *
 * The same functions as the real ports offer, on libc.  main.c beside it runs a whole machine;
 * unit tests link this file alone.  Time can be made virtual (fake_time), so that tests
 * decide when it passes.
 */
#define _GNU_SOURCE
#include "platform/fake/fake.h"
#include "platform/platform.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

uint64_t *fake_time;
volatile int fake_stop_requested;
static void (*describe_crash)(void (*put)(const char *text, size_t n));
static int input_closed, input_wanted;

/* --- start and stop -------------------------------------------------------------- */

/* Set by the profiling build's main. */
void (*fake_before_exit)(void);

noreturn void plat_exit(int status)
{
    if (fake_before_exit) fake_before_exit();
    plat_console_raw(0);
    fflush(stdout);
    exit(status);
}

static void put_error(const char *text, size_t n) { plat_console_write_error(text, n); }

noreturn void plat_panic(const char *file, int line, const char *why)
{
    plat_console_raw(0);
    fprintf(stderr, "panic: %s:%d: %s\n", file, line, why);
    if (describe_crash) describe_crash(put_error);
    fflush(stderr);
    abort();
}

void plat_on_crash(void (*describe)(void (*put)(const char *text, size_t n)))
{
    describe_crash = describe;
}

/* --- time ------------------------------------------------------------------------- */

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t plat_monotonic_ns(void) { return fake_time ? *fake_time : clock_ns(CLOCK_MONOTONIC); }
uint64_t plat_wall_ns(void) { return clock_ns(CLOCK_REALTIME); }
uint64_t plat_cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }
uint64_t plat_restores(void) { return 0; }
const struct plat_boot *plat_checkpoint(void) { return NULL; }
const struct plat_boot *plat_copy(void) { return NULL; }
int plat_wants_checkpoint(void) { return 0; }
enum plat_layout plat_layout(void) { return PLAT_LAYOUT_USUAL; }
enum plat_touch plat_touch_of(uint64_t address, uint64_t bytes)
{
    (void)address, (void)bytes;
    return PLAT_UNTOUCHED;
}
int plat_was_written(uint64_t address, uint64_t bytes)
{
    (void)address, (void)bytes;
    return 0;
}
void plat_mark(enum plat_mark mark) { (void)mark; }

/* --- waiting ------------------------------------------------------------------------- */

static plat_ready poll_devices(int timeout_ms)
{
    plat_ready ready = fake_stop_requested ? PLAT_READY_STOP : 0;
    struct pollfd p[1 + PLAT_NET_MOST + FAKE_CHANNELS_MOST];
    p[0] = (struct pollfd){.fd = input_closed || !input_wanted ? -1 : 0, .events = POLLIN};
    unsigned nets = fake_net_poll(p + 1), n = 1 + nets + fake_channels_poll(p + 1 + nets);
    for (unsigned i = 1; i < n; i++) p[i].revents = 0;
    if (ready || fake_net_ready(p + 1)) timeout_ms = 0;
    int got = poll(p, n, timeout_ms);
    for (unsigned i = 0; got < 0 && i < n; i++) p[i].revents = 0;
    if (p[0].revents) ready |= PLAT_READY_CONSOLE;
    ready |= fake_net_ready(p + 1) | fake_channels_ready(p + 1 + nets);
    if (fake_stop_requested) ready |= PLAT_READY_STOP;
    fake_stop_requested = 0;
    return ready;
}

plat_ready plat_wait(uint64_t deadline_ns)
{
    uint64_t now = plat_monotonic_ns();
    if (fake_time) {
        if (deadline_ns > now && deadline_ns != UINT64_MAX) *fake_time = deadline_ns;
        return poll_devices(0);
    }
    if (deadline_ns <= now) return poll_devices(0);
    uint64_t ms = (deadline_ns - now + 999999) / 1000000;
    return poll_devices(deadline_ns == UINT64_MAX || ms > 1000000 ? 1000000 : (int)ms);
}

int plat_pending(void)
{
    struct pollfd p[PLAT_NET_MOST + FAKE_CHANNELS_MOST];
    unsigned n = fake_net_poll(p);
    n += fake_channels_poll(p + n);
    return fake_stop_requested || (n && poll(p, n, 0) > 0);
}

/* --- memory --------------------------------------------------------------------------- */

enum plat_result plat_protect(void *page, size_t bytes, enum plat_access access)
{
    static const int protection[] = {[PLAT_NO_ACCESS] = PROT_NONE,
                                     [PLAT_READ] = PROT_READ,
                                     [PLAT_READ_WRITE] = PROT_READ | PROT_WRITE,
                                     [PLAT_EXECUTE] = PROT_READ | PROT_EXEC};
    return mprotect(page, bytes, protection[access]) == 0 ? PLAT_OK : PLAT_FAILED;
}
void plat_unused(void *page, size_t bytes) { madvise(page, bytes, MADV_DONTNEED); }
void plat_image_rest(void) {}
void plat_stack_unused(void) {}
void plat_will_use(void *page, size_t bytes)
{
    (void)page;
    (void)bytes;
}

void *fake_heap(size_t bytes)
{
    void *heap = mmap((void *)FAKE_HEAP, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (heap == MAP_FAILED) {
        perror("mapping the heap");
        exit(1);
    }
    return heap;
}

void *fake_malloc(size_t bytes) { return malloc(bytes); }
void *fake_realloc(void *block, size_t bytes) { return realloc(block, bytes); }
void fake_free(void *block) { free(block); }

/* --- console ----------------------------------------------------------------------------- */

static void write_all(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return;
        at += done;
        n -= (size_t)done;
    }
}
void plat_console_write(const void *bytes, size_t n) { write_all(1, bytes, n); }
void plat_console_write_error(const void *bytes, size_t n) { write_all(2, bytes, n); }

void plat_console_pause(void) { input_wanted = 0; }

enum plat_result plat_console_read(void *bytes, size_t room, size_t *n)
{
    input_wanted = 1;
    if (input_closed) return PLAT_CLOSED;
    struct pollfd in = {.fd = 0, .events = POLLIN};
    if (poll(&in, 1, 0) <= 0) return PLAT_AGAIN;
    ssize_t got = read(0, bytes, room);
    if (got > 0) {
        *n = (size_t)got;
        return PLAT_OK;
    }
    input_closed = 1;
    return PLAT_CLOSED;
}

void plat_console_info(struct plat_console *out)
{
    struct winsize size;
    *out = (struct plat_console){.is_terminal = isatty(0) && isatty(1)};
    if (out->is_terminal && ioctl(1, TIOCGWINSZ, &size) == 0)
        out->columns = size.ws_col, out->rows = size.ws_row;
}

enum plat_result plat_console_raw(int on)
{
    static struct termios before;
    static int is_raw;
    if (on == is_raw) return PLAT_OK;
    if (on) {
        if (tcgetattr(0, &before) < 0) return PLAT_FAILED;
        struct termios raw = before;
        cfmakeraw(&raw);
        raw.c_lflag |= ISIG;
        if (tcsetattr(0, TCSANOW, &raw) < 0) return PLAT_FAILED;
    } else {
        tcsetattr(0, TCSANOW, &before);
    }
    is_raw = on;
    return PLAT_OK;
}

void plat_random(void *bytes, size_t n)
{
    uint8_t *at = bytes;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0) continue;
        at += got;
        n -= (size_t)got;
    }
}

/* --- no devices ------------------------------------------------------------------------------ */

enum plat_result plat_block_open(const char *name, unsigned *handle, struct plat_block *info)
{
    (void)name, (void)handle, (void)info;
    return PLAT_INVALID;
}
enum plat_result plat_block_start(unsigned handle, enum plat_block_op op, uint64_t at, void *bytes,
                                  size_t n, uintptr_t tag)
{
    (void)handle, (void)op, (void)at, (void)bytes, (void)n, (void)tag;
    return PLAT_INVALID;
}
enum plat_result plat_block_done(unsigned handle, uintptr_t *tag, enum plat_result *outcome)
{
    (void)handle, (void)tag, (void)outcome;
    return PLAT_INVALID;
}
