/* SPDX-License-Identifier: Apache-2.0 */
/* process_setup.h -- for hosted unit tests: processes that never run.  Linked with platform/fake, whose
 * clock the tests turn.
 */
#ifndef TEST_PROCESS_SETUP_H
#define TEST_PROCESS_SETUP_H

#include "heap/arena.h"
#include "platform/fake/fake.h"
#include "platform/platform.h"
#include "process/clock.h"
#include "process/hooks.h"
#include "process/timer.h"
#include "term/node.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t test_clock = UINT64_C(1000000000);

static void enter_nothing(struct process *p, term m, term f, term args)
{
    (void)m, (void)f;
    process_save_registers(p, &args, 1);
}

static void abandon_nothing(struct process *p) __attribute__((__noreturn__));
static void abandon_nothing(struct process *p)
{
    (void)p;
    fputs("out of memory\n", stderr);
    exit(2);
}

static inline void setup_processes(void)
{
    enum { BYTES = 256 << 20 };
    fake_time = &test_clock;
    arena_start(fake_heap(BYTES), BYTES);
    atom_start();
    node_start();
    clock_start();
    timer_start(plat_monotonic_ns());
    process_table_start(1024);
    process_hooks.enter = enter_nothing;
    process_hooks.abandon = abandon_nothing;
}

/* A process that waits. */
static inline struct process *make_process(struct process *parent, bool link)
{
    struct spawn_options o;
    spawn_options_default(&o);
    o.link = link;
    term ref, why;
    struct process *p = process_spawn(parent, ATOM(init), ATOM(start), NIL, &o, &ref, &why);
    if (!p) {
        fputs("no process\n", stderr);
        exit(2);
    }
    struct process *next;
    while ((next = process_next_ready())) next->state = PROCESS_WAITING;
    return p;
}

/* Vm_main's parts that a test without Erlang code does not have. */
#include "sched/start.h"
__attribute__((weak)) const struct native_table *const image_natives[] = {NULL};
__attribute__((weak)) void (*const image_starts[])(const struct plat_boot *boot) = {NULL};

#endif
