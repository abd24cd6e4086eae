/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c -- five wheels, each turning 64 (the first: 256) times slower than the one before.
 *
 * A timer goes into the wheel whose span covers the distance to its tick; when a slot of an outer
 * wheel comes up, its timers move inwards.  What is further ahead than all wheels reach waits in the
 * outermost and is put in again each time round.
 *
 * Always true: `now` is the last tick that was handled; every timer's tick is later.
 * Slots are rings through `next` and `link` (the address of the predecessor's `next`), so a
 * timer leaves without knowing its slot; bit i of a map is set when slot i has a timer.
 */
#include "process/timer.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/process.h"

#define TICK_NS   UINT64_C(1000000)
#define INNER     256
#define OUTER     64
#define OUTER_LOG 6
#define WHEELS    5

static struct timer inner[INNER], outer[WHEELS - 1][OUTER]; /* slots: only next and link count */
static uint64_t inner_map[INNER / 64], outer_map[WHEELS - 1];
static uint64_t now;

static void slot_clear(struct timer *slot)
{
    slot->next = slot;
    slot->link = &slot->next;
}

void timer_start(uint64_t now_ns)
{
    now = now_ns / TICK_NS;
    for (int i = 0; i < INNER; i++) slot_clear(&inner[i]);
    for (int w = 0; w < WHEELS - 1; w++)
        for (int i = 0; i < OUTER; i++) slot_clear(&outer[w][i]);
}

/* Ticks that one slot of outer wheel w stands for, as a shift. */
static unsigned slot_shift(int w) { return 8 + OUTER_LOG * (unsigned)w; }

static uint64_t tick_of(uint64_t due_ns) { return due_ns / TICK_NS + (due_ns % TICK_NS != 0); }

/* `tick` is not in the past; for the present only while its slot is yet to be handled. */
static void insert(struct timer *t, uint64_t tick)
{
    struct timer *s;
    if (tick - now < INNER) {
        unsigned i = tick % INNER;
        inner_map[i / 64] |= UINT64_C(1) << i % 64;
        s = &inner[i];
    } else {
        int w = 0;
        while (w < WHEELS - 2 && (tick >> slot_shift(w)) - (now >> slot_shift(w)) >= OUTER) w++;
        uint64_t turns = tick >> slot_shift(w), far = (now >> slot_shift(w)) + OUTER - 1;
        unsigned i = (turns < far ? turns : far) % OUTER;
        outer_map[w] |= UINT64_C(1) << i;
        s = &outer[w][i];
    }
    struct timer **last = s->link;
    t->next = s;
    t->link = last;
    *last = t;
    s->link = &t->next;
}

/* The slot whose only timer is leaving: its bit goes too. */
static void clear_bit(const struct timer *slot)
{
    if (slot >= inner && slot < inner + INNER) {
        size_t i = (size_t)(slot - inner);
        inner_map[i / 64] &= ~(UINT64_C(1) << i % 64);
    } else {
        size_t i = (size_t)(slot - outer[0]);
        outer_map[i / OUTER] &= ~(UINT64_C(1) << i % OUTER);
    }
}

static void unlink_timer(struct timer *t)
{
    if (t->link == &t->next->next) clear_bit(t->next);
    *t->link = t->next;
    t->next->link = t->link;
    t->next = NULL;
    t->link = NULL;
}

void timer_set(struct timer *t, uint64_t due_ns, void (*fire)(struct timer *t))
{
    timer_cancel(t);
    t->due_ns = due_ns;
    t->fire = fire;
    uint64_t tick = tick_of(due_ns);
    insert(t, tick > now ? tick : now + 1);
}

void timer_cancel(struct timer *t)
{
    if (t->link) unlink_timer(t);
}

/* Moves the timers of a slot that has come up into the wheels further in. */
static void spread(int w)
{
    unsigned i = (now >> slot_shift(w)) % OUTER;
    if (i == 0 && w < WHEELS - 2) spread(w + 1);
    struct timer *s = &outer[w][i];
    if (!(outer_map[w] >> i & 1)) return;
    outer_map[w] &= ~(UINT64_C(1) << i);
    /* Detach first: a timer may go back into this very slot. */
    struct timer *first = s->next, **last = s->link;
    if (first == s) return;
    slot_clear(s);
    *last = NULL;
    for (struct timer *t = first, *next; t; t = next) {
        next = t->next;
        uint64_t tick = tick_of(t->due_ns);
        insert(t, tick > now ? tick : now);
    }
}

static unsigned fire_slot(unsigned i)
{
    struct timer *s = &inner[i];
    unsigned fired = 0;
    inner_map[i / 64] &= ~(UINT64_C(1) << i % 64);
    /* New timers are always for a later tick, so this ends. */
    while (s->next != s) {
        struct timer *t = s->next;
        unlink_timer(t);
        t->fire(t);
        fired++;
    }
    return fired;
}

/* The first tick after `now` at which something may have to be done; UINT64_MAX: never. */
static uint64_t next_tick(void)
{
    uint64_t best = UINT64_MAX;
    for (unsigned ahead = 1; ahead < INNER;) {
        unsigned i = (now + ahead) % INNER;
        uint64_t word = inner_map[i / 64] >> i % 64;
        if (word) {
            unsigned at = ahead + (unsigned)__builtin_ctzll(word);
            if (at < INNER) best = now + at;
            break;
        }
        ahead += 64 - i % 64;
    }
    for (int w = 0; w < WHEELS - 1; w++) {
        uint64_t map = outer_map[w];
        if (!map) continue;
        unsigned here = (now >> slot_shift(w)) % OUTER;
        unsigned first = (here + 1) % OUTER;
        uint64_t turned = first ? map >> first | map << (OUTER - first) : map;
        uint64_t turn = (now >> slot_shift(w)) + 1 + (uint64_t)__builtin_ctzll(turned);
        uint64_t tick = turn << slot_shift(w);
        if (tick < best) best = tick;
    }
    return best;
}

unsigned timer_advance(uint64_t now_ns)
{
    uint64_t until = now_ns / TICK_NS;
    unsigned fired = 0;
    while (now < until) {
        uint64_t next = next_tick();
        if (next > until) {
            now = until;
            break;
        }
        now = next;
        if (now % INNER == 0) spread(0);
        fired += fire_slot(now % INNER);
    }
    return fired;
}

uint64_t timer_next(void)
{
    uint64_t tick = next_tick();
    return tick == UINT64_MAX ? tick : tick * TICK_NS;
}

/* --- receive ... after ------------------------------------------------------------------------- */

struct receive_timer {
    struct timer timer;
    struct process *process;
};

static void receive_expired(struct timer *t)
{
    struct process *p = ((struct receive_timer *)t)->process;
    p->receive_state = RECEIVE_TIMED_OUT;
    process_wake(p);
}

void receive_timer_set(struct process *p, uint64_t ms)
{
    struct receive_timer *r = (struct receive_timer *)p->receive_timer;
    if (!r) {
        r = arena_calloc(sizeof *r);
        if (!r) p->heap.exhausted(&p->heap);
        r->process = p;
        p->receive_timer = &r->timer;
    }
    timer_set(&r->timer, plat_monotonic_ns() + ms * TICK_NS, receive_expired);
}

void receive_timer_cancel(struct process *p)
{
    if (p->receive_timer) timer_cancel(p->receive_timer);
}

bool receive_timer_is_set(const struct process *p)
{
    return p->receive_timer && timer_is_set(p->receive_timer);
}
