/* SPDX-License-Identifier: Apache-2.0 */
/* guest.c -- a mote without Erlang that speaks abi/agent.h, for test/agent/run.
 *
 * The first mote does what argv[1] names (scenarios[] below), with argv[2] and on, but for the last; an instance does what its AGENT_START
 * says (lives[]), words apart by blanks.  What they have to say they print, a line each.
 */
#include <stdbool.h>
#include <stdnoreturn.h>
#include <string.h>

#include "abi/agent.h"
#include "abi/channel.h"
#include "platform/platform.h"

static const struct plat_boot *boot;
static unsigned channel;
static struct agent_hello self;

/* --- printing ----------------------------------------------------------------------------------- */

static char line[400];
static size_t line_n;

static void print(const char *text)
{
    for (; *text && line_n < sizeof line; text++) {
        line[line_n++] = *text;
        if (*text != '\n') continue;
        plat_console_write(line, line_n);
        line_n = 0;
    }
}

static void print_number(uint64_t n)
{
    char text[24];
    size_t at = sizeof text - 1;
    text[at] = 0;
    do text[--at] = (char)('0' + n % 10);
    while (n /= 10);
    print(text + at);
}

static void print_named(const char *name, uint64_t n) { print(name), print_number(n); }

static uint64_t number_of(const char *text)
{
    uint64_t n = 0;
    while (*text >= '0' && *text <= '9') n = n * 10 + (uint64_t)(*text++ - '0');
    return n;
}

static uint64_t argument(int i, uint64_t otherwise)
{
    return boot->argc > i ? number_of(boot->argv[i]) : otherwise;
}

/* --- frames ------------------------------------------------------------------------------------------ */

static uint8_t in[2 * AGENT_FRAME_MOST];
static size_t in_from, in_to;
static bool stopped;

static struct agent_frame *frame_there(void)
{
    struct agent_frame *f = (struct agent_frame *)(in + in_from);
    size_t n = in_to - in_from;
    if (n < sizeof *f || n < sizeof *f + f->bytes) return NULL;
    in_from += sizeof *f + f->bytes;
    return f;
}

/* The next frame, or NULL: there was none until the deadline, or we were asked to stop, or the channel is closed. */
static struct agent_frame *next_frame(uint64_t deadline)
{
    for (;;) {
        struct agent_frame *f = frame_there();
        if (f) return f;
        memmove(in, in + in_from, in_to - in_from);
        in_to -= in_from, in_from = 0;
        size_t n;
        enum plat_result r = plat_channel_receive(channel, in + in_to, sizeof in - in_to, &n);
        if (r == PLAT_OK) {
            in_to += n;
            continue;
        }
        if (r == PLAT_CLOSED) {
            print("closed\n");
            return NULL;
        }
        if (plat_wait(deadline) & PLAT_READY_STOP) stopped = true;
        if (stopped || plat_monotonic_ns() >= deadline) return NULL;
    }
}

static void send_bytes(const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n) {
        size_t sent = 0;
        enum plat_result r = plat_channel_send(channel, at, n, &sent);
        if (r == PLAT_CLOSED) plat_exit(70);
        at += sent, n -= sent;
        if (n) plat_wait(UINT64_MAX);
    }
}

static void send_frame(enum agent_request kind, const void *a, size_t an, const void *b, size_t bn)
{
    struct agent_frame f = {.bytes = (uint32_t)(an + bn), .kind = (uint8_t)kind};
    send_bytes(&f, sizeof f);
    send_bytes(a, an);
    send_bytes(b, bn);
}

/* --- spawning ------------------------------------------------------------------------------------------- */

static uint8_t options[1000];
static size_t options_n;

static void option(enum agent_option_name name, const void *value, size_t n)
{
    struct agent_option o = {(uint16_t)name, (uint16_t)n};
    memcpy(options + options_n, &o, sizeof o);
    memcpy(options + options_n + sizeof o, value, n);
    options_n += sizeof o + n;
}

static void option_u64(enum agent_option_name name, uint64_t n) { option(name, &n, sizeof n); }
static void option_u32(enum agent_option_name name, uint64_t n)
{
    uint32_t small = (uint32_t)n;
    option(name, &small, sizeof small);
}

static void spawn(uint64_t tag, const char *what)
{
    uint8_t head[sizeof(struct agent_spawn) + sizeof options];
    struct agent_spawn s = {.tag = tag, .options_bytes = (uint32_t)options_n};
    memcpy(head, &s, sizeof s);
    memcpy(head + sizeof s, options, options_n);
    send_frame(AGENT_SPAWN, head, sizeof s + options_n, what, strlen(what));
    options_n = 0;
}

static struct agent_name children[4096];
static unsigned spawned, refused, downs;
static uint64_t last_status;

static void note_spawned(const struct agent_frame *f)
{
    memcpy(&children[spawned++ % 4096], (const char *)(f + 1) + 8, sizeof *children);
}

static void print_text(const void *text, size_t n)
{
    char copy[200];
    if (n >= sizeof copy) n = sizeof copy - 1;
    memcpy(copy, text, n);
    copy[n] = 0;
    print(copy);
}

static void print_refused(const struct agent_frame *f)
{
    uint32_t why;
    memcpy(&why, (const char *)(f + 1) + 8, sizeof why);
    print_named("refused ", why), print(" ");
    print_text((const char *)(f + 1) + 12, f->bytes - 12);
    print("\n");
}

static void print_down(const struct agent_frame *f)
{
    static const char *const ends[] = {"?",     "exit",    "killed", "time",  "memory",
                                       "crash", "hostile", "start",  "parent"};
    struct agent_down d;
    memcpy(&d, f + 1, sizeof d);
    last_status = d.status;
    print("down "), print(d.end < 9 ? ends[d.end] : "??"), print_named(" ", d.status);
    if (f->bytes > sizeof d)
        print(" "), print_text((const char *)(f + 1) + sizeof d, f->bytes - sizeof d);
    print("\n");
}

/* Takes a frame; counts and, with `say`, prints it. */
static struct agent_frame *take(bool say)
{
    struct agent_frame *f = next_frame(plat_monotonic_ns() + 60000000000ull);
    if (!f) return NULL;
    if (f->kind == AGENT_SPAWNED) note_spawned(f);
    if (f->kind == AGENT_REFUSED) refused++;
    if (f->kind == AGENT_DOWN) downs++;
    if (say && f->kind == AGENT_REFUSED) print_refused(f);
    if (say && f->kind == AGENT_DOWN) print_down(f);
    return f;
}

/* Until one of this kind comes. */
static struct agent_frame *until(enum agent_event kind, bool say)
{
    struct agent_frame *f;
    while ((f = take(say)))
        if (f->kind == kind) return f;
    return NULL;
}

/* One child, whose end is told. */
static int one(const char *what)
{
    spawn(1, what);
    while (!downs && !refused)
        if (!take(true)) return 1;
    return 0;
}

/* --- lives of instances ------------------------------------------------------------------------------------- */

static int live_exit(const char *rest) { return (int)number_of(rest); }

static int live_last(const char *rest)
{
    send_frame(AGENT_LAST, rest, strlen(rest), NULL, 0);
    return 0;
}

static int live_sleep(const char *rest)
{
    (void)rest;
    for (;;) {
        struct agent_frame *f = next_frame(UINT64_MAX);
        if (!f) return stopped ? 3 : 4;
        if (f->kind == AGENT_ASKED) return 5;
    }
}

/* What comes goes back. */
static int live_echo(const char *rest)
{
    (void)rest;
    for (;;) {
        struct agent_frame *f = next_frame(UINT64_MAX);
        if (!f) return 1;
        if (f->kind == AGENT_ASKED) return 0;
        if (f->kind != AGENT_MESSAGE) continue;
        f->kind = AGENT_SEND; /* the sender's name becomes the receiver's */
        send_bytes(f, sizeof *f + f->bytes);
    }
}

static noreturn int live_spin(const char *rest)
{
    (void)rest;
    for (;;) __asm__ volatile("pause");
}

static int live_crash(const char *rest)
{
    (void)rest;
    volatile uintptr_t nowhere = 8;
    *(volatile int *)nowhere = 1;
    return 0;
}

static noreturn int live_panic(const char *rest)
{
    (void)rest;
    plat_panic("guest.c", 1, "on purpose");
}

/* Sends without end to its parent, and says how much went. */
static int live_flood(const char *rest)
{
    static uint8_t some[50000];
    uint64_t n = number_of(rest);
    for (uint64_t i = 0; !n || i < n; i++)
        send_frame(AGENT_SEND, &self.parent, sizeof self.parent, some, 1 + i * 7919 % sizeof some);
    return 0;
}

static int live_malformed(const char *rest)
{
    static const struct agent_frame bad[] = {
        {.bytes = AGENT_FRAME_MOST, .kind = AGENT_LAST},
        {.bytes = 8, .kind = 77},
        {.bytes = 8, .kind = AGENT_KILL, .zero = 1},
        {.bytes = 7, .kind = AGENT_KILL},
        {.bytes = 3, .kind = AGENT_SPAWN},
        {.bytes = 16, .kind = AGENT_INFO, .flags = 1},
        {.bytes = UINT32_MAX, .kind = AGENT_SEND},
        {.bytes = 8, .kind = 0},
        {.bytes = 16, .kind = AGENT_CHECKPOINT},
        {.bytes = 8, .kind = AGENT_FORGET},
    };
    static const char zeros[64];
    send_bytes(&bad[number_of(rest)], sizeof *bad);
    send_bytes(zeros, sizeof zeros);
    return live_sleep("");
}

/* Indexes that cannot be. */
static int live_index(const char *rest)
{
    const char *const *names = (const char *const *)boot->channels;
    unsigned i = 0;
    while (strcmp(names[i], AGENT_CHANNEL) != 0) i++;
    struct channel *c = (struct channel *)CHANNEL_ADDRESS(i);
    if (number_of(rest)) { /* one that the host looks at when it has something to say */
        c->in.tail = 0x7fffffff;
        send_frame(AGENT_INFO, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, NULL, 0);
    } else {
        send_frame(AGENT_LAST, NULL, 0, NULL, 0);
        c->out.head += 0x10000000;
    }
    plat_channel_flush(channel);
    return live_spin("");
}

/* A tree: `rest` is its depth, a blank, and how many children each has. */
static int live_tree(const char *rest)
{
    char what[] = "tree 0 0";
    uint64_t depth = number_of(rest), width = number_of(rest + 2);
    what[5] = (char)('0' + depth - 1), what[7] = (char)('0' + width);
    for (uint64_t i = 0; depth && i < width; i++) {
        option_u32(AGENT_CHILDREN, self.children / width - 1);
        spawn(i, what);
    }
    return live_sleep("");
}

/* As many children as it can have, and more. */
static int live_greedy(const char *rest)
{
    unsigned n = 0;
    (void)rest;
    spawn(0, "sleep");
    for (; !refused; spawn(++n, "sleep"))
        while (spawned + refused == n) take(false);
    print_named("greedy had ", spawned), print("\n");
    return 0;
}

/* Asks for more than it was given, in every way. */
static int live_liar(const char *rest)
{
    (void)rest;
    spawn(1, "exit 0");
    option_u32(AGENT_CHILDREN, 1000000);
    spawn(2, "exit 0");
    uint64_t number = self.parent.number;
    send_frame(AGENT_KILL, &number, 8, NULL, 0);
    uint64_t ask[2] = {3, number};
    send_frame(AGENT_INFO, ask, sizeof ask, NULL, 0);
    uint64_t tag = 0;
    while (tag != 3) {
        struct agent_frame *f = until(AGENT_REFUSED, false);
        if (!f) return 1;
        memcpy(&tag, f + 1, sizeof tag);
    }
    return refused == 3 && !spawned ? 0 : 2;
}

/* Asks for checkpoints without end, and never stands still for one; gives up those of others, which are not its own. */
static int live_asker(const char *rest)
{
    uint64_t n = number_of(rest);
    for (uint64_t i = 0; i < n; i++) {
        struct agent_name name = {i + 1, i};
        send_frame(AGENT_CHECKPOINT, &i, sizeof i, NULL, 0);
        send_frame(AGENT_FORGET, &name, sizeof name, NULL, 0);
        option(AGENT_FROM, &name, sizeof name);
        spawn(n + i, "exit 0");
    }
    /* The first one is still being made. */
    while (refused < n + n - (self.children > 0))
        if (!take(false)) return 1;
    return spawned ? 2 : 0;
}

static int live_memory(const char *rest)
{
    volatile uint8_t *heap = boot->heap;
    uint64_t bytes = number_of(rest) << 20;
    for (uint64_t at = 0; at < bytes && at < boot->heap_bytes; at += 4096) heap[at] = 1;
    return live_echo("");
}

/* What it sees of time, and a number that nobody else has. */
static int live_clock(const char *rest)
{
    uint64_t random = 0, monotonic = plat_monotonic_ns(), wall = plat_wall_ns();
    plat_random(&random, sizeof random);
    print_named("clock ", wall), print_named(" ", monotonic), print_named(" ", self.asked_ns);
    print_named(" ", self.forked_ns), print_named(" ", random), print("\n");
    return live_sleep(rest);
}

/* Nothing for so many milliseconds, and then another life. */
static int live_as(const char *what);
static int live_late(const char *rest)
{
    uint64_t until_ns = plat_monotonic_ns() + number_of(rest) * 1000000;
    while (!next_frame(until_ns) && !stopped && plat_monotonic_ns() < until_ns) continue;
    print("late\n");
    return live_as(strchr(rest, ' ') + 1);
}

static const struct life {
    const char *name;
    int (*live)(const char *rest);
} lives[] = {
    {"exit", live_exit},   {"last", live_last},     {"sleep", live_sleep},
    {"echo", live_echo},   {"spin", live_spin},     {"crash", live_crash},
    {"panic", live_panic}, {"flood", live_flood},   {"malformed", live_malformed},
    {"index", live_index}, {"tree", live_tree},     {"greedy", live_greedy},
    {"liar", live_liar},   {"memory", live_memory}, {"clock", live_clock},
    {"asker", live_asker}, {"late", live_late},
};

static int live_as(const char *what)
{
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        size_t length = strlen(lives[i].name);
        if (strncmp(what, lives[i].name, length) == 0 && (!what[length] || what[length] == ' '))
            return lives[i].live(what[length] ? what + length + 1 : "");
    }
    print("no such life\n");
    return 99;
}

static int live(const struct agent_frame *start)
{
    static char what[200];
    size_t n = start->bytes < sizeof what - 1 ? start->bytes : sizeof what - 1;
    memcpy(what, start + 1, n);
    return live_as(what);
}

/* --- what a first mote does ----------------------------------------------------------------------------------- */

static int do_one(void) { return one(boot->argv[2]); }

static int wait_downs(unsigned n)
{
    while (downs < n)
        if (!until(AGENT_DOWN, true)) return 1;
    return 0;
}

/* Options, as "m64" (memory in MiB), "t100" (time limit), "w50" (weight), "q" (no console), "c" (cold), "k3" (children),
 * "K64" (their memory), "vPATH", "nNETWORK", "iIMAGE", and at last what it is to do. */
static int do_with(void)
{
    int i = 2;
    for (; i + 2 < boot->argc; i++) {
        const char *o = boot->argv[i], *rest = o + 1;
        switch (*o) {
        case 'm': option_u64(AGENT_MEMORY, number_of(rest) << 20); break;
        case 't': option_u64(AGENT_TIME_LIMIT, number_of(rest)); break;
        case 'w': option_u32(AGENT_CPU_WEIGHT, number_of(rest)); break;
        case 'q': option(AGENT_CONSOLE, "none", 4); break;
        case 'c': option(AGENT_COLD, NULL, 0); break;
        case 'k': option_u32(AGENT_CHILDREN, number_of(rest)); break;
        case 'K': option_u64(AGENT_CHILD_MEMORY, number_of(rest) << 20); break;
        case 'v': option(AGENT_MOUNT, rest, strlen(rest)); break;
        case 'n': option(AGENT_NETWORK, rest, strlen(rest)); break;
        case 'g': option(AGENT_GIVE_IMAGE, rest, strlen(rest)); break;
        case 'i': option(AGENT_IMAGE, rest, strlen(rest)); break;
        case 'x': option((enum agent_option_name)number_of(rest), "x", 1); break;
        default: return 98;
        }
    }
    return one(boot->argv[i]);
}

/* argv[2] spawns at once; then all are killed. */
static int do_storm(void)
{
    uint64_t n = argument(2, 200);
    for (uint64_t i = 0; i < n; i++) {
        option_u64(AGENT_MEMORY, 16 << 20);
        spawn(i, "sleep");
    }
    while (spawned + refused < n)
        if (!take(false)) return 1;
    print_named("spawned ", spawned), print_named(" refused ", refused), print("\n");
    unsigned had = spawned;
    for (unsigned i = 0; i < had; i++) send_frame(AGENT_KILL, &children[i].number, 8, NULL, 0);
    while (downs < had)
        if (!until(AGENT_DOWN, false)) return 2;
    spawn(1, "exit 0");
    return until(AGENT_DOWN, true) ? 0 : 3;
}

/* One after the other: start, run, end; argv[3] is 1: without a limit of memory that is its own. */
static int do_cycle(void)
{
    uint64_t n = argument(2, 100), start = plat_monotonic_ns();
    for (uint64_t i = 0; i < n; i++) {
        if (argument(3, 0) != 1) option_u64(AGENT_MEMORY, 16 << 20);
        spawn(i, "exit 0");
        if (!until(AGENT_DOWN, last_status != 0)) return 1;
    }
    uint64_t took = plat_monotonic_ns() - start;
    print_named("cycles ", n), print_named(" microseconds each ", took / n / 1000), print("\n");
    return 0;
}

static int send_to(const struct agent_name *to, size_t n)
{
    static uint8_t some[AGENT_FRAME_MOST];
    if (n > sizeof some - 24) n = sizeof some - 24;
    send_frame(AGENT_SEND, to, sizeof *to, some, n);
    return 0;
}

/* argv[2] messages of argv[3] bytes, there and back. */
static int do_echo(void)
{
    uint64_t n = argument(2, 1000), bytes = argument(3, 100), got = 0;
    spawn(1, "echo");
    if (!until(AGENT_SPAWNED, true)) return 1;
    send_to(&children[0], bytes);
    if (!until(AGENT_MESSAGE, true)) return 2;
    uint64_t start = plat_monotonic_ns();
    for (uint64_t i = 0; i < n; i++) {
        send_to(&children[0], bytes);
        struct agent_frame *f = until(AGENT_MESSAGE, true);
        if (!f) return 3;
        got += f->bytes - sizeof(struct agent_name);
    }
    uint64_t took = plat_monotonic_ns() - start;
    send_frame(AGENT_STOP, &children[0].number, 8, NULL, 0);
    if (!until(AGENT_DOWN, true)) return 4;
    print_named("echoed ", got), print_named(" bytes, nanoseconds each ", took / n), print("\n");
    return 0;
}

/* Children that flood, which this one does not read for a while; another one is as quick as ever. */
static int do_flood(void)
{
    spawn(1, "flood 200");
    if (!until(AGENT_SPAWNED, true)) return 1;
    uint64_t later = plat_monotonic_ns() + 300000000;
    while (plat_monotonic_ns() < later) plat_wait(later);
    spawn(2, "exit 9");
    if (wait_downs(2)) return 2;
    print("both ended\n");
    return 0;
}

/* Sends to one that does not read, until it is full; then ends it. */
static int do_deaf(void)
{
    spawn(1, "spin");
    if (!until(AGENT_SPAWNED, true)) return 1;
    for (int i = 0; i < 14; i++) send_to(&children[0], 70000); /* seven wait in our own ring */
    uint64_t ask[2] = {9, children[0].number}, last[2] = {10, 0};
    send_frame(AGENT_INFO, ask, sizeof ask, NULL, 0);
    if (!until(AGENT_TOLD, true)) return 2;
    spawn(2, "exit 8");
    if (wait_downs(1)) return 3;
    send_to(&self.self, 10);
    send_frame(AGENT_KILL, &children[0].number, 8, NULL, 0);
    if (!until(AGENT_MESSAGE, true) || wait_downs(2)) return 4;
    send_frame(AGENT_INFO, last, sizeof last, NULL, 0);
    struct agent_frame *f = until(AGENT_TOLD, true);
    uint64_t tag = f ? *(uint64_t *)(f + 1) : 0;
    return tag == 10 && downs == 2 ? 0 : 5; /* nothing of it was done twice */
}

/* Sends to one that does not read more than anybody has room for. */
static int do_wall(void)
{
    spawn(1, "spin");
    spawn(2, "exit 8");
    if (!until(AGENT_SPAWNED, true)) return 1;
    for (int i = 0; i < 12; i++) send_to(&children[0], 130000);
    return wait_downs(2);
}

/* Nobody at all: a number that never was, a wrong key. */
static int do_nobody(void)
{
    struct agent_name to = {.number = 123456789, .key = 1};
    send_to(&to, 10);
    to = self.self, to.key++;
    send_to(&to, 10);
    for (int i = 0; i < 2; i++)
        if (!until(AGENT_NOBODY, true)) return 1;
    to = self.self;
    send_to(&to, 10);
    if (!until(AGENT_MESSAGE, true)) return 2;
    print("heard myself\n");
    return 0;
}

/* argv[2] of them live until we are asked to stop, or until argv[4] milliseconds are over; each lives argv[3]. */
static int do_sleepers(void)
{
    uint64_t n = argument(2, 3);
    const char *what = boot->argc > 3 ? boot->argv[3] : "sleep";
    for (uint64_t i = 0; i < n; i++) {
        option_u64(AGENT_MEMORY, 16 << 20);
        option_u32(AGENT_CHILDREN, self.children / n - 1);
        spawn(i, what);
    }
    while (spawned < n)
        if (!until(AGENT_SPAWNED, true)) return 1;
    print_named("ready ", spawned), print("\n");
    uint64_t until_ns =
        boot->argc > 5 ? plat_monotonic_ns() + argument(4, 0) * 1000000 : UINT64_MAX;
    for (;;) {
        struct agent_frame *f = next_frame(until_ns);
        if (!f) return 0;
        if (f->kind == AGENT_DOWN) print_down(f);
    }
}

/* Ends while its children are on their way. */
static int do_leave(void)
{
    for (uint64_t i = 0, n = argument(2, 100); i < n; i++) {
        option_u64(AGENT_MEMORY, 16 << 20);
        spawn(i, "sleep");
    }
    uint64_t later = plat_monotonic_ns() + argument(3, 0) * 1000000;
    while (plat_monotonic_ns() < later) plat_wait(later);
    return 6;
}

static int do_info(void)
{
    struct agent_info info;
    option_u64(AGENT_MEMORY, 64 << 20);
    spawn(1, "memory 32");
    if (!until(AGENT_SPAWNED, true)) return 1;
    send_to(&children[0], 1); /* when it answers, it has touched it */
    if (!until(AGENT_MESSAGE, true)) return 2;
    uint64_t ask[2] = {9, children[0].number};
    send_frame(AGENT_INFO, ask, sizeof ask, NULL, 0);
    struct agent_frame *f = until(AGENT_TOLD, true);
    if (!f || f->bytes != 8 + sizeof info) return 3;
    memcpy(&info, (char *)(f + 1) + 8, sizeof info);
    print_named("memory ", info.memory >> 20), print_named(" resident ", info.resident >> 20);
    print(info.cpu_ns && info.age_ns && info.pid && info.parent == self.self.number ? " good\n"
                                                                                    : " bad\n");
    uint64_t myself[2] = {10, 0};
    send_frame(AGENT_INFO, myself, sizeof myself, NULL, 0);
    if (!(f = until(AGENT_TOLD, true))) return 4;
    memcpy(&info, (char *)(f + 1) + 8, sizeof info);
    print_named("alive ", info.alive), print_named(" of ", info.granted), print("\n");
    return 0;
}

/* One with a limit of memory that is its own, and one without. */
static int do_mixed(void)
{
    option_u64(AGENT_MEMORY, 32 << 20);
    spawn(1, "sleep");
    if (!until(AGENT_SPAWNED, true)) return 1;
    spawn(2, "sleep");
    if (!until(AGENT_SPAWNED, true)) return 2;
    print("ready\n");
    return until(AGENT_DOWN, true) ? 0 : 3;
}

/* argv[2] of them, with argv[3] milliseconds between them, of argv[4] kinds in turn; who they are on the host. */
static int do_spare(void)
{
    for (uint64_t i = 0, n = argument(2, 2); i < n; i++) {
        uint64_t later = plat_monotonic_ns() + argument(3, 2000) * 1000000;
        option_u64(AGENT_MEMORY, (16 + i % (argument(4, 1) ? argument(4, 1) : 1)) << 20);
        spawn(i, "clock");
        if (!until(AGENT_SPAWNED, false)) return 1;
        uint64_t ask[2] = {9, children[i].number};
        send_frame(AGENT_INFO, ask, sizeof ask, NULL, 0);
        struct agent_frame *f = until(AGENT_TOLD, false);
        struct agent_info info;
        if (!f || f->bytes != 8 + sizeof info) return 3;
        memcpy(&info, (char *)(f + 1) + 8, sizeof info);
        print_named("pid ", info.pid), print("\n");
        while (plat_monotonic_ns() < later)
            if (plat_wait(later) & PLAT_READY_STOP) return 0;
    }
    print("done\n");
    while (!(plat_wait(UINT64_MAX) & PLAT_READY_STOP)) continue;
    return 0;
}

/* When the child was asked for, was there, and said its first word. */
static int do_times(void)
{
    uint64_t n = argument(2, 100), sum = 0, least = UINT64_MAX;
    for (uint64_t i = 0; i < n; i++) {
        option_u64(AGENT_MEMORY, 16 << 20);
        uint64_t asked = plat_monotonic_ns();
        spawn(i, "flood 1");
        if (!until(AGENT_MESSAGE, true)) return 1;
        uint64_t took = plat_monotonic_ns() - asked;
        sum += took;
        if (took < least) least = took;
        if (!until(AGENT_DOWN, false)) return 2;
    }
    print_named("spawn to first word: microseconds ", sum / n / 1000),
        print_named(", at least ", least / 1000);
    print("\n");
    return 0;
}

static const struct scenario {
    const char *name;
    int (*run)(void);
} scenarios[] = {
    {"one", do_one},       {"with", do_with},   {"storm", do_storm},       {"cycle", do_cycle},
    {"echo", do_echo},     {"flood", do_flood}, {"deaf", do_deaf},         {"wall", do_wall},
    {"nobody", do_nobody}, {"info", do_info},   {"sleepers", do_sleepers}, {"leave", do_leave},
    {"times", do_times},   {"spare", do_spare}, {"mixed", do_mixed},
};

int vm_main(const struct plat_boot *b)
{
    boot = b;
    if (plat_channel_open(AGENT_CHANNEL, &channel) != PLAT_OK) {
        print("no agent\n");
        return 97;
    }
    struct agent_frame *f = next_frame(UINT64_MAX);
    if (!f || f->kind != AGENT_HELLO || f->bytes != sizeof self) return 96;
    memcpy(&self, f + 1, sizeof self);
    if (self.parent.number) {
        f = next_frame(UINT64_MAX);
        if (!f || f->kind != AGENT_START) return 95;
        return live(f);
    }
    for (size_t i = 0; b->argc > 1 && i < sizeof scenarios / sizeof *scenarios; i++) {
        /* The first words of argv[1] may be a life, too. */
        if (strcmp(b->argv[1], scenarios[i].name) == 0) return scenarios[i].run();
    }
    if (b->argc < 2) return 94;
    struct {
        struct agent_frame head;
        char text[200];
    } own = {0};
    own.head.bytes = (uint32_t)strlen(b->argv[1]);
    memcpy(own.text, b->argv[1], own.head.bytes);
    return live(&own.head);
}

/* --- what the libraries need -------------------------------------------------------------------- */

void *arena_malloc(size_t bytes);
void *arena_calloc(size_t bytes);
void *arena_realloc(void *block, size_t bytes);
void arena_free(void *block);
void *arena_malloc(size_t bytes) { return arena_calloc(bytes); }
void *arena_calloc(size_t bytes)
{
    (void)bytes;
    return NULL;
}
void *arena_realloc(void *block, size_t bytes)
{
    (void)block, (void)bytes;
    return NULL;
}
void arena_free(void *block) { (void)block; }
