/* SPDX-License-Identifier: Apache-2.0 */
/* guest.c -- a runtime without an Erlang machine: it does what its first argument says.
 *
 * Linked with platform/ and libc/ to build/test/monitor/guest.elf and run by test/monitor/
 * run.sh on both platforms.  A wall's test prints "survived" if the wall is not there.
 */
#include <stdbool.h>
#include <string.h>

#include "abi/layout.h"
#include "abi/rings.h"
#include "platform/platform.h"
#include "platform/random.h"
#include "test/monitor/guest.h"

static const struct plat_boot *boot;

/* --- printing ------------------------------------------------------------------------------ */

void print(const char *text) { plat_console_write(text, strlen(text)); }

void print_number(uint64_t n)
{
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + n % 10);
    } while (n /= 10);
    plat_console_write(text + at, sizeof text - at);
}

static uint64_t number(const char *text)
{
    uint64_t n = 0;
    for (; *text >= '0' && *text <= '9'; text++) n = 10 * n + (uint64_t)(*text - '0');
    return n;
}

static uint64_t argument(int i, uint64_t otherwise)
{
    return i < boot->argc ? number(boot->argv[i]) : otherwise;
}

/* --- what works ------------------------------------------------------------------------------ */

static int hello(void)
{
    print("hello\n");
    return (int)argument(2, 0);
}

static int arguments(void)
{
    for (int i = 0; i < boot->argc; i++) print(boot->argv[i]), print("\n");
    for (const char *const *v = boot->environment; *v; v++) print(*v), print("\n");
    return 0;
}

/* Copies input to output until the end, then says how much it was. */
static int echo(void)
{
    char bytes[5000];
    size_t n, all = 0;
    for (;;) {
        enum plat_result r = plat_console_read(bytes, sizeof bytes, &n);
        if (r == PLAT_CLOSED) break;
        if (r == PLAT_AGAIN) {
            plat_wait(UINT64_MAX);
            continue;
        }
        plat_console_write(bytes, n);
        all += n;
    }
    plat_console_write_error("end\n", 4);
    return all ? 0 : 1;
}

/* Much output, in pieces of all lengths, to both descriptors. */
static int flood(void)
{
    static char line[40000];
    uint64_t most = argument(2, 1 << 20), n = 0;
    memset(line, 'x', sizeof line);
    for (size_t length = 1; n < most; length = length * 3 % sizeof line + 1) {
        size_t left = (size_t)(most - n);
        size_t piece = length < left ? length : left;
        plat_console_write(line, piece);
        n += piece;
    }
    plat_console_write_error("done\n", 5);
    return 0;
}

static int wait_for_deadline(void)
{
    uint64_t before = plat_monotonic_ns(), wall = plat_wall_ns(), cpu = plat_cpu_ns();
    uint64_t want = argument(2, 100) * 1000000;
    if (plat_wait(before + want) != 0) return 2;
    uint64_t took = plat_monotonic_ns() - before, wall_took = plat_wall_ns() - wall;
    if (took < want || took > want + 500000000) return 3;
    if (wall_took + 5000000 < took || wall_took > took + 5000000) return 4;
    if (plat_cpu_ns() - cpu > want / 2) return 5;
    if (plat_wait(0) != 0 || plat_pending()) return 6;
    print("waited\n");
    return 0;
}

/* Ten million readings; the wall clock in seconds goes to the output. */
static int clock_check(void)
{
    uint64_t last = plat_monotonic_ns(), start = last, n = argument(2, 1000000);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t now = plat_monotonic_ns();
        if (now < last) return 2;
        last = now;
    }
    print_number((last - start) / n), print(" ns\n");
    print_number(plat_wall_ns() / 1000000000), print("\n");
    return 0;
}

/* Busy for some time by our clock: the tester compares with his. */
static int spin(void)
{
    uint64_t end = plat_monotonic_ns() + argument(2, 1000) * 1000000;
    while (plat_monotonic_ns() < end) continue;
    return 0;
}

static int random_check(void)
{
    /* RFC 8439, 2.3.2 */
    static const uint8_t nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a},
                         first[4] = {0x10, 0xf1, 0xe7, 0xe4};
    uint8_t key[32], out[64];
    for (unsigned i = 0; i < 32; i++) key[i] = (uint8_t)i;
    random_block(key, 1, nonce, out);
    if (memcmp(out, first, 4) != 0 || out[63] != 0x4e) return 2;
    for (unsigned i = 0; i < 64; i++) /* wiped? */
        if (((const struct control *)LAYOUT_RINGS)->seed[i]) return 3;
    static uint8_t many[3 << 20]; /* over two new seeds */
    plat_random(many, sizeof many);
    uint32_t count[256] = {0}, mean = sizeof many / 256;
    for (size_t i = 0; i < sizeof many; i++) count[many[i]]++;
    for (unsigned i = 0; i < 256; i++)
        if (count[i] < mean - mean / 20 || count[i] > mean + mean / 20) return 4;
    for (unsigned i = 0; i < 16; i++) print_number(many[i]), print(" ");
    print("\n");
    return 0;
}

/* Steps through memory as the arena does, gives some back, and looks at it again. */
static int memory(void)
{
    uint64_t bytes = argument(2, 8) << 20, step = 1 << 20;
    uint8_t *heap = boot->heap;
    if (bytes > boot->heap_bytes) return 2;
    for (uint64_t at = 0; at < bytes; at += step) {
        plat_will_use(heap + at, step);
        for (uint64_t i = 0; i < step; i += 8) {
            if (*(uint64_t *)(heap + at + i)) return 3;
            *(uint64_t *)(heap + at + i) = at + i + 1;
        }
    }
    plat_unused(heap + step, step);
    for (uint64_t i = 0; i < step; i += 8)
        if (*(uint64_t *)(heap + step + i)) return 4;
    for (uint64_t i = 0; i < step; i += 8)
        if (*(uint64_t *)(heap + i) != i + 1) return 5;
    if (plat_protect(heap, 8192, PLAT_READ) != PLAT_OK) return 6;
    if (*(volatile uint64_t *)heap != 1) return 7;
    if (plat_protect(heap, 8192, PLAT_NO_ACCESS) != PLAT_OK) return 8;
    if (plat_protect(heap, 8192, PLAT_READ_WRITE) != PLAT_OK) return 9;
    *(volatile uint64_t *)heap += 1;
    if (*(volatile uint64_t *)heap != 2) return 10;
    if (plat_protect(heap, 4096, PLAT_EXECUTE) != PLAT_FAILED) return 11;
    print("memory is fine\n");
    return 0;
}

/* First touches without asking for them before. */
static int touch(void)
{
    uint64_t bytes = argument(2, 8) << 20, start = plat_monotonic_ns();
    volatile uint8_t *heap = boot->heap;
    for (uint64_t at = 0; at < bytes; at += 4096) heap[at] = 1;
    print_number((plat_monotonic_ns() - start) / (bytes / 4096)), print(" ns a page\n");
    return 0;
}

static int populated(void)
{
    uint64_t bytes = argument(2, 8) << 20, step = argument(3, 1024) << 10;
    uint64_t start = plat_monotonic_ns();
    volatile uint8_t *heap = boot->heap;
    for (uint64_t at = 0; at < bytes; at += step) {
        plat_will_use((void *)(heap + at), step);
        for (uint64_t i = 0; i < step; i += 4096) heap[at + i] = 1;
    }
    print_number((plat_monotonic_ns() - start) / (bytes / 4096)), print(" ns a page\n");
    return 0;
}

static int archive(void)
{
    const uint8_t *p = boot->image;
    uint64_t sum = 0;
    for (size_t i = 0; i < boot->image_bytes; i++) sum += p[i];
    print_number(boot->image_bytes), print(" "), print_number(sum), print("\n");
    return 0;
}

static int console_info(void)
{
    struct plat_console c;
    plat_console_info(&c);
    if (c.is_terminal) plat_console_raw(1);
    print(c.is_terminal ? "terminal " : "no terminal ");
    print_number(c.columns), print(" "), print_number(c.rows), print("\n");
    return 0;
}

static int devices(void)
{
    unsigned handle;
    struct plat_net net;
    struct plat_block block;
    return plat_net_count() == 0 && plat_net_open("eth0", &handle, &net) == PLAT_INVALID &&
                   plat_block_open("disk", &handle, &block) == PLAT_INVALID &&
                   plat_channel_open("host", &handle) == PLAT_INVALID
               ? 0
               : 1;
}

/* Until it is asked to stop. */
static int stop(void)
{
    print("ready\n");
    while (!(plat_wait(UINT64_MAX) & PLAT_READY_STOP)) continue;
    print("asked to stop\n");
    return 7;
}

/* Notices, and goes on. */
static noreturn int stubborn(void)
{
    print("ready\n");
    for (;;)
        if (plat_wait(UINT64_MAX) & PLAT_READY_STOP) print("asked to stop\n");
}

static noreturn int deaf(void)
{
    print("ready\n");
    for (;;) __asm__ volatile("pause");
}

static void describe(void (*put)(const char *text, size_t n)) { put("<0.42.0> in test:run/1", 22); }

static noreturn int panic(void)
{
    plat_on_crash(describe);
    plat_panic("guest.c", 1, "on purpose");
}

static int run_frames(void) { return frames(boot); }

static const struct command {
    const char *name;
    int (*run)(void);
} commands[] = {
    {"hello", hello},
    {"arguments", arguments},
    {"echo", echo},
    {"flood", flood},
    {"wait", wait_for_deadline},
    {"clock", clock_check},
    {"spin", spin},
    {"random", random_check},
    {"memory", memory},
    {"touch", touch},
    {"populated", populated},
    {"archive", archive},
    {"console", console_info},
    {"devices", devices},
    {"stop", stop},
    {"stubborn", stubborn},
    {"deaf", deaf},
    {"panic", panic},
    {"libraries", libraries},
    {"frames", run_frames},
};

int vm_main(const struct plat_boot *b)
{
    boot = b;
    if (b->argc < 2) return hello();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(b->argv[1], commands[i].name)) return commands[i].run();
    plat_on_crash(describe);
    if (wall_try(b))
        print("survived\n");
    else
        print("no such test\n");
    return 99;
}

/* --- what the libraries need -------------------------------------------------------------------- */

void *arena_malloc(size_t bytes) { return arena_calloc(bytes); }
void *arena_calloc(size_t bytes)
{
    static size_t used;
    char *p = (char *)boot->heap + (16 << 20) + used;
    used += (bytes + 15) & ~(size_t)15;
    return p;
}
void *arena_realloc(void *block, size_t bytes)
{
    (void)block, (void)bytes;
    return NULL;
}
void arena_free(void *block) { (void)block; }
