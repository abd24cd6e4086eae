/* SPDX-License-Identifier: Apache-2.0 */
/* hostile_rings.c -- the monitor's console against a guest that writes anything anywhere.
 *
 * Random indexes, lengths and flags, some of them nearly right; the console must neither
 * touch memory outside of the rings (they are exactly as long as they are: the sanitizers
 * watch) nor hang.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "monitor/devices/console.h"

enum { ROUNDS = 200000 };

static uint64_t state = 88172645463325252ull;
static uint64_t next(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static uint32_t some_number(void)
{
    static const uint32_t extremes[] = {0, 1, RING_OUTPUT_BYTES, RING_OUTPUT_BYTES + 1, UINT32_MAX};
    switch (next() % 4) {
    case 0: return (uint32_t)next();
    case 1: return extremes[next() % 5];
    default: return (uint32_t)(next() % 300);
    }
}

static void be_hostile(struct console *c)
{
    struct control *control = c->control;
    struct ring *out = &control->output, *in = &control->input;
    switch (next() % 6) {
    case 0: out->tail = some_number(); break; /* ours: it must not matter */
    case 1: in->head = some_number(); break;
    case 2: in->tail = c->input_head - some_number(); break;
    case 3: control->input_wanted = (uint32_t)next() & 1; break;
    default: break;
    }
    if (next() % 8) {
        uint32_t at = c->output_tail & (RING_OUTPUT_BYTES - 1);
        uint32_t length = some_number() | (next() % 2 ? OUTPUT_ERROR : 0);
        if (at + 4 <= RING_OUTPUT_BYTES) memcpy(c->output + at, &length, 4);
    }
    out->head = c->output_tail + (next() % 2 ? some_number() : 0);
}

int main(void)
{
    void *rings = NULL;
    if (posix_memalign(&rings, 4096, RING_USED_BYTES) != 0) return 2;
    memset(rings, 0, RING_USED_BYTES);
    int doorbell = eventfd(1, EFD_NONBLOCK), wake = eventfd(0, EFD_NONBLOCK), until = eventfd(1, 0);
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY), say = dup(1);
    dup2(zero, 0), dup2(null, 1), dup2(null, 2);
    struct console c;
    console_open(&c, rings, wake, false);
    struct loop loop = {0};
    loop_start(&loop, doorbell, wake, &c.leave);
    loop_add(&loop, console_device(&c));
    unsigned refused = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        be_hostile(&c);
        if (loop_run(&loop, until) < 0) { /* a real monitor would end the guest here */
            refused++;
            c.piece_left = 0;
            c.control->input.tail = c.input_head;
            c.control->output.head = c.output_tail;
        }
        uint64_t count;
        if (read(wake, &count, sizeof count) < 0) continue;
    }
    dprintf(say, "%d rounds, %u refused\n", ROUNDS, refused);
    free(rings);
    return refused ? 0 : 1;
}
