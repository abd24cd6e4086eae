/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c -- see watch.h. */
#include "process/watch.h"
#include "process/hooks.h"
#include "process/message.h"
#include "process/trace.h"

struct system_monitor system_monitor = {.pid = {TAG_NIL}};
struct system_profile system_profile = {.pid = {TAG_NIL}};
bool watch_runnable;

/* --- system_monitor ----------------------------------------------------------------------- */

static term put_pair(struct parts *b, term key, term value)
{
    return parts_tuple(b, 2, (const term[]){key, value});
}
static term put_cons(struct parts *b, term head_, term tail_)
{
    term *w = parts_take(b, CONS_WORDS);
    w[0] = head_, w[1] = tail_;
    return cons_term(w);
}

/* {monitor, Pid, What, List} */
static void tell(struct parts *b, struct process *about, term what, term list)
{
    struct process *to = process_find(system_monitor.pid);
    const term message[] = {ATOM(monitor), about->pid, what, list};
    term body = parts_tuple(b, 4, message);
    if (to)
        parts_deliver(b, to, body);
    else
        fragment_free(b->fragment);
}

static void tell_sizes(struct process *p, term what, int64_t ms)
{
    const struct heap *h = &p->heap;
    const term rows[][2] = {
        {ATOM(heap_size), small(h->top - h->start)},
        {ATOM(old_heap_size), small(h->old_top - h->old_start)},
        {ATOM(stack_size), small(h->end - h->stack)},
        {ATOM(mbuf_size), small((int64_t)h->fragment_words)},
        {ATOM(heap_block_size), small(heap_block_words(h))},
        {ATOM(old_heap_block_size), small(h->old_end - h->old_start)},
        {ATOM(timeout), small(ms)},
    };
    size_t count = sizeof rows / sizeof *rows - (ms < 0);
    struct parts b;
    if (!parts_start(&b, count * (CONS_WORDS + TUPLE_WORDS(2)) + TUPLE_WORDS(4))) return;
    /* Stock's list: a time first, the heap's size last. */
    term list = NIL;
    for (size_t i = 0; i < count; i++)
        list = put_cons(&b, put_pair(&b, rows[i][0], rows[i][1]), list);
    tell(&b, p, what, list);
}

void watch_collection(struct process *p, uint64_t ns)
{
    if (term_same(p->pid, system_monitor.pid)) return;
    uint64_t ms = ns / 1000000;
    size_t size =
        (size_t)(p->heap.end - p->heap.start) + (size_t)(p->heap.old_end - p->heap.old_start);
    if (system_monitor.long_gc && ms > system_monitor.long_gc)
        tell_sizes(p, ATOM(long_gc), (int64_t)ms);
    if (system_monitor.large_heap && size >= system_monitor.large_heap)
        tell_sizes(p, ATOM(large_heap), -1);
}

static term put_place(struct parts *b, const term place[3])
{
    return is_value(place[0]) ? parts_tuple(b, 3, place) : ATOM(undefined);
}

void watch_slice(struct process *p, uint64_t ns, const term in[3], const term out[3])
{
    if (term_same(p->pid, system_monitor.pid)) return;
    uint64_t ms = ns / 1000000;
    if (ms <= system_monitor.long_schedule) return;
    struct parts b;
    if (!parts_start(&b, 3 * (CONS_WORDS + TUPLE_WORDS(2)) + 2 * TUPLE_WORDS(3) + TUPLE_WORDS(4)))
        return;
    term list = put_cons(&b, put_pair(&b, ATOM(out), put_place(&b, out)), NIL);
    list = put_cons(&b, put_pair(&b, ATOM(in), put_place(&b, in)), list);
    list = put_cons(&b, put_pair(&b, ATOM(timeout), small((int64_t)ms)), list);
    tell(&b, p, ATOM(long_schedule), list);
}

void watch_busy_port(struct process *p, term port)
{
    struct parts b;
    if (!system_monitor.busy_port || term_same(p->pid, system_monitor.pid)) return;
    if (parts_start(&b, TUPLE_WORDS(4))) tell(&b, p, ATOM(busy_port), port);
}

void watch_off(void) { system_monitor = (struct system_monitor){.pid = NIL}; }

/* --- system_profile ------------------------------------------------------------------------- */

static void profile(const term *items, size_t count)
{
    term all[7], stamp[TRACE_STAMP_WORDS];
    memcpy(all, items, count * sizeof *all);
    all[count++] = trace_stamp(system_profile.stamp, stamp);
    trace_deliver(system_profile.pid, ATOM(system), all, count);
}

void watch_process(struct process *p, term state)
{
    if (term_same(p->pid, system_profile.pid)) return;
    term words[4] = {header(3, KIND_TUPLE)};
    bool known = p->state != PROCESS_EXITING && process_hooks.place(p, words + 1);
    const term items[] = {ATOM(profile), p->pid, state, known ? boxed_term(words) : small(0)};
    profile(items, 4);
}

void watch_port(term port, term state)
{
    if (term_same(port, system_profile.pid)) return;
    profile((const term[]){ATOM(profile), port, state, small(0)}, 4);
}

void watch_scheduler(term state)
{
    const term items[] = {ATOM(profile), ATOM(scheduler), small(1), state,
                          small(term_same(state, ATOM(active)))};
    profile(items, 5);
}

void watch_profile_off(void)
{
    system_profile = (struct system_profile){.pid = NIL};
    watch_runnable = false;
}

void watch_ended(term pid)
{
    if (term_same(pid, system_monitor.pid)) watch_off();
    if (term_same(pid, system_profile.pid)) watch_profile_off();
}
