/* SPDX-License-Identifier: Apache-2.0 */
/* timer_test.c -- the wheels against a plain list: thousands of timers at all distances. */
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "test/unit/process_setup.h"
#include "process/message_timer.h"

#define MS    UINT64_C(1000000)
#define COUNT 20000

struct test_timer {
    struct timer timer;
    uint64_t due;
    uint64_t fired_at; /* 0: not yet */
    unsigned order;
    bool cancelled;
};
static struct test_timer timers[COUNT];
static unsigned order;

static void fire(struct timer *t)
{
    struct test_timer *x = (struct test_timer *)t;
    CHECK(!x->fired_at && !x->cancelled);
    x->fired_at = test_clock;
    x->order = order++;
}

/* Distances from nothing to years, more of them near. */
static uint64_t distance(void)
{
    static const unsigned bits[] = {0, 3, 8, 9, 14, 15, 20, 21, 26, 27, 32, 33, 36};
    unsigned b = bits[any() % (sizeof bits / sizeof *bits)];
    return (any() & ((UINT64_C(1) << b) - 1)) * MS + any() % MS;
}

static void all_distances(void)
{
    uint64_t last = 0;
    for (int i = 0; i < COUNT; i++) {
        timers[i] = (struct test_timer){.due = test_clock + distance()};
        timer_set(&timers[i].timer, timers[i].due, fire);
        if (timers[i].due > last) last = timers[i].due;
        if (any() % 5 == 0) {
            int victim = (int)(any() % (uint64_t)(i + 1));
            if (!timers[victim].fired_at) timers[victim].cancelled = true;
            timer_cancel(&timers[victim].timer);
        }
    }
    /* Sleep as the scheduler does: to the next event, sometimes a little longer. */
    uint64_t next;
    while ((next = timer_next()) != UINT64_MAX) {
        CHECK(next > test_clock || next / MS > (test_clock - MS) / MS);
        if (next > test_clock) test_clock = next;
        if (any() % 3 == 0) test_clock += any() % (2 * MS);
        timer_advance(test_clock);
    }
    for (int i = 0; i < COUNT; i++) {
        struct test_timer *t = &timers[i];
        if (t->cancelled) {
            CHECK(!t->fired_at);
            continue;
        }
        CHECK(t->fired_at >= t->due);          /* never early */
        CHECK(t->fired_at - t->due <= 5 * MS); /* nor later than a tick and our own sleep */
    }
}

static void same_time_in_order(void)
{
    order = 0;
    for (int i = 0; i < 100; i++) {
        timers[i] = (struct test_timer){.due = test_clock + 700 * MS};
        timer_set(&timers[i].timer, timers[i].due, fire);
    }
    test_clock += 2000 * MS;
    CHECK(timer_advance(test_clock) == 100);
    for (unsigned i = 0; i < 100; i++) CHECK(timers[i].order == i);
    CHECK(timer_next() == UINT64_MAX);
}

static void chain(struct timer *t)
{
    if (++order < 50) timer_set(t, 0, chain);
}

/* One that sets itself again for now goes to the next tick each time: it cannot hang the loop. */
static void set_again(void)
{
    order = 0;
    timers[0] = (struct test_timer){0};
    timer_set(&timers[0].timer, 0, chain);
    test_clock += 1000 * MS;
    CHECK(timer_advance(test_clock) == 50);
}

static void messages(void)
{
    struct process *p = make_process(NULL, false);
    struct heap *h = &p->heap;
    term ref = message_timer_start(h, test_clock + 50 * MS, p->pid, ATOM(init), true);
    term other = message_timer_start(h, test_clock + 90 * MS, p->pid, small(1), false);
    CHECK(message_timer_left(ref, false) == 50);
    CHECK(message_timer_left(other, true) == 90 && message_timer_left(other, true) == -1);
    test_clock += 100 * MS;
    timer_advance(test_clock);
    struct message *m = mailbox_peek(p);
    CHECK(m && is_tuple_of(m->body, 3) && term_same(element(m->body, 2), ATOM(init)));
    CHECK(m && memcmp(ref_ids(element(m->body, 1)), ref_ids(ref), 16) == 0);
    CHECK(p->mailbox.length == 1 && message_timer_left(ref, false) == -1);
    /* A timer goes with its process. */
    message_timer_start(h, test_clock + 50 * MS, p->pid, ATOM(init), false);
    process_exit(p, ATOM(normal));
    process_next_ready(); /* frees it */
    CHECK(timer_next() == UINT64_MAX);
}

int main(void)
{
    setup_processes();
    same_time_in_order();
    set_again();
    messages();
    all_distances();
    return check_result();
}
