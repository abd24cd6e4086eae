/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c -- a process's roots, and what is done when its memory runs out. */
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/accounting.h"
#include "process/dictionary.h"
#include "process/hooks.h"
#include "process/log.h"
#include "process/memory.h"
#include "process/message.h"
#include "process/pause.h"
#include "process/trace.h"
#include "process/watch.h"

/* --- roots ------------------------------------------------------------------------------------ */

#define RANGES 6

struct roots {
    struct root_range ranges[RANGES];
    struct root_set set;
};

/* Messages on their way carry their own memory; the others are on the heap. */
static void walk_messages(void *owner, void (*visit)(void *collector, term *t), void *collector)
{
    struct process *p = owner;
    size_t left = p->mailbox.on_heap;
    for (struct message *m = p->mailbox.first; left; m = m->next) {
        if (m->fragment || (is_immediate(m->body) && is_immediate(m->token))) continue;
        visit(collector, &m->body);
        visit(collector, &m->token);
        left--;
    }
}

static void add(struct roots *r, term *first, size_t count)
{
    if (count) r->ranges[r->set.count++] = (struct root_range){first, count};
}

static void gather(struct roots *r, struct process *p, term *x, uint32_t live)
{
    r->set = (struct root_set){.ranges = r->ranges, .walk = walk_messages, .owner = p};
    if (x)
        add(r, x, live);
    else
        add(r, p->saved_x, p->saved_live);
    add(r, p->roots_first, (size_t)(p->roots_end - p->roots_first));
    if (p->dictionary) add(r, p->dictionary->pairs, 2 * (size_t)p->dictionary->count);
    switch (p->fault.class_) {
    case FAULT_ERROR:
    case FAULT_EXIT:
    case FAULT_THROW: /* reason, trace, args, info are neighbours */
        add(r, &p->fault.reason, 4);
        break;
    case FAULT_TRAP: add(r, p->trap.args, p->trap.count); break;
    default: break;
    }
}
_Static_assert(offsetof(struct fault, info) == offsetof(struct fault, reason) + 3 * sizeof(term),
               "four terms in a row");

/* Messages count for max_heap_size as if they were on the heap, but where they are kept off it. */
static void limit_messages(struct process *p)
{
    if (p->message_off_heap) return;
    struct heap *h = &p->heap;
    size_t words = (size_t)(h->end - h->start), queued = 0;
    for (const struct message *m = p->mailbox.first; m; m = m->next)
        if (m->fragment) queued += m->fragment->words;
    if (queued && words + queued + (size_t)(h->old_end - h->old_start) > h->max_size)
        h->over_limit(h, words + queued);
}

uint32_t collect_test_sleep_ms;

static void test_sleep(void)
{
    uint64_t until = plat_monotonic_ns() + (uint64_t)collect_test_sleep_ms * 1000000;
    while (plat_monotonic_ns() < until) {}
}

static void collect(struct process *p, size_t need, term *x, uint32_t live, bool full)
{
    struct roots r;
    enum account before = account(ACCOUNT_GC);
    bool first = p->heap.is_first && !full; /* that does not count as one */
    gather(&r, p, x, live);
    heap_collect(&p->heap, need, &r.set, full);
    if (unlikely(collect_test_sleep_ms)) test_sleep();
    account(before);
    if (p->heap.max_size && !first) limit_messages(p);
}

/* Somebody wants to hear of it. */
static void collect_watched(struct process *p, size_t need, term *x, uint32_t live, bool full)
{
    struct heap *h = &p->heap;
    bool minor = !full && h->minors < h->fullsweep_after, told = TRACED(&p->trace, TRACE_GC);
    if (told) trace_collection(p, minor ? ATOM(gc_minor_start) : ATOM(gc_major_start), need);
    uint64_t before = h->words_reclaimed, start = plat_monotonic_ns();
    collect(p, need, x, live, full);
    uint64_t reclaimed = h->words_reclaimed - before;
    if (told && minor && h->minors == 0) { /* no room for the old: that was not enough */
        trace_collection(p, ATOM(gc_minor_end), 0);
        trace_collection(p, ATOM(gc_major_start), need);
        minor = false;
    }
    if (told) trace_collection(p, minor ? ATOM(gc_minor_end) : ATOM(gc_major_end), reclaimed);
    if (!is_nil(system_monitor.pid)) watch_collection(p, plat_monotonic_ns() - start);
}

void process_collect(struct process *p, size_t need, term *x, uint32_t live, bool full)
{
    mailbox_settle(p);
    bool watched = TRACED(&p->trace, TRACE_GC) || unlikely(!is_nil(system_monitor.pid));
    if (watched && !(p->heap.is_first && !full))
        collect_watched(p, need, x, live, full);
    else
        collect(p, need, x, live, full);
}

static void tighten(void *process)
{
    struct process *p = process;
    struct roots r;
    gather(&r, p, NULL, 0);
    heap_tighten(&p->heap, &r.set);
}

void process_tighten(struct process *p)
{
    if (p != process_running && p->state == PROCESS_WAITING && p->heap.start)
        (void)process_guarded(p, tighten, p);
}

void process_shrink(struct process *p, term *x, uint32_t live)
{
    struct roots r;
    gather(&r, p, x, live);
    heap_shrink_to_fit(&p->heap, &r.set);
}

/* --- who points into an area? --------------------------------------------------------------------- */

static bool points_into(term t, const void *area, size_t bytes)
{
    if (!is_cons(t) && !is_boxed(t)) return false;
    return (uintptr_t)(t.bits & ~(uint64_t)TAG_MASK) - (uintptr_t)area < bytes;
}

/* Every word counts, the insides of numbers, funs and bytes too: what only looks like such a pointer costs a
 * collection, while a walk from header to header would be led astray by what natives leave unused. */
static bool range_refers(const term *at, size_t count, const void *area, size_t bytes)
{
    for (size_t i = 0; i < count; i++)
        if (points_into(at[i], area, bytes)) return true;
    return false;
}

static bool fragments_refer(const struct fragment *f, const void *area, size_t bytes)
{
    for (; f; f = f->next)
        if (range_refers(f->memory, f->used, area, bytes)) return true;
    return false;
}

static uint32_t doomed;

bool process_refers_to(struct process *p, const void *area, size_t bytes)
{
    if (p->doomed) return false;
    if (!pause_finish(p)) {
        p->doomed = true;
        doomed++;
        return false;
    }
    mailbox_fetch(p);
    const struct heap *h = &p->heap;
    if (range_refers(h->start, (size_t)(h->top - h->start), area, bytes)) return true;
    if (range_refers(h->old_start, (size_t)(h->old_top - h->old_start), area, bytes)) return true;
    if (fragments_refer(h->fragments, area, bytes)) return true;
    if (range_refers(h->stack, (size_t)(h->end - h->stack), area, bytes)) return true;
    struct roots r;
    gather(&r, p, p == process_running ? process_hooks.registers : NULL, MAX_X);
    /* The running process's registers beyond the live ones hold leftovers: they are no roots. */
    for (size_t i = p == process_running ? 1 : 0; i < r.set.count; i++)
        if (range_refers(r.ranges[i].first, r.ranges[i].count, area, bytes)) return true;
    for (const struct message *m = p->mailbox.first; m; m = m->next) {
        if (points_into(m->body, area, bytes)) return true;
        if (fragments_refer(m->fragment, area, bytes)) return true;
    }
    return false;
}

/* --- running out -------------------------------------------------------------------------------------- */

/* The process other than the running one whose heap is being worked on, and the way out. */
static struct process *guarded;
static void *guard[5];

static struct process *owner_of(struct heap *h)
{
    return (struct process *)((char *)h - offsetof(struct process, heap));
}

/* Ends the owner of a heap that cannot have what it needs. */
static void kill_owner(struct process *p, bool report) __attribute__((__noreturn__));
static void kill_owner(struct process *p, bool report)
{
    if (p == guarded) __builtin_longjmp(guard, 1);
    if (p != process_running) plat_panic(__FILE__, __LINE__, "out of memory");
    size_t words =
        (size_t)(p->heap.end - p->heap.start) + (size_t)(p->heap.old_end - p->heap.old_start);
    process_exit(p, ATOM(killed));
    if (report) log_out_of_memory(p->pid, words);
    process_hooks.abandon(p);
}

void process_exhausted(struct heap *h) { kill_owner(owner_of(h), true); }

void process_over_limit(struct heap *h, size_t words)
{
    struct process *p = owner_of(h);
    if (h->max_size_log) log_max_heap_size(p, words + (size_t)(h->old_end - h->old_start));
    if (h->max_size_kill) kill_owner(p, false); /* max_size_log has said whether to tell */
}

/* Only what is on the heap is looked at. */
static void adopt_messages(struct process *p, const void *area, size_t bytes)
{
    for (struct message *m = p->mailbox.first; m; m = m->next)
        if (m->fragment &&
            (points_into(m->body, area, bytes) || fragments_refer(m->fragment, area, bytes)))
            message_adopt(p, m);
}

void process_collect_area(struct process *p, term *x, uint32_t live, const void *area, size_t bytes)
{
    if (p->doomed) return;
    mailbox_fetch(p);
    mailbox_settle(p);
    adopt_messages(p, area, bytes);
    if (p == process_running || __builtin_setjmp(guard) == 0) {
        if (p != process_running) guarded = p;
        struct roots r;
        gather(&r, p, x, live);
        heap_collect_area(&p->heap, &r.set, area, bytes);
        guarded = NULL;
    } else {
        guarded->doomed = true;
        guarded = NULL;
        doomed++;
    }
}

static void find_doomed(struct process *p, void *found)
{
    if (p->doomed) *(struct process **)found = p;
}

void process_end_doomed(void)
{
    while (doomed) {
        struct process *p = NULL;
        process_each(find_doomed, &p);
        if (!p)
            doomed = 0; /* others' exits have ended it */
        else
            process_exit(p, ATOM(killed)), doomed--;
    }
}

bool process_guarded(struct process *p, void (*work)(void *context), void *context)
{
    struct process *outer = guarded;
    void *way_out[5];
    memcpy(way_out, guard, sizeof way_out);
    volatile bool ok = false;
    if (__builtin_setjmp(guard) == 0) {
        guarded = p;
        work(context);
        ok = true;
    }
    guarded = outer;
    memcpy(guard, way_out, sizeof guard);
    return ok;
}

void process_collect_from_bif(struct process *p, unsigned live, bool full)
{
    if (p == process_running) {
        process_collect(p, 0, process_hooks.registers, live, full);
        return;
    }
    if (!pause_finish(p)) {
        process_exit(p, ATOM(killed));
        return;
    }
    if (__builtin_setjmp(guard) == 0) {
        guarded = p;
        process_collect(p, 0, NULL, 0, full);
        guarded = NULL;
    } else {
        struct process *dead = guarded;
        guarded = NULL;
        process_exit(dead, ATOM(killed));
    }
}

size_t process_memory(const struct process *p)
{
    size_t bytes = sizeof *p + heap_total_words(&p->heap) * sizeof(term);
    bytes += p->mailbox.length * sizeof(struct message);
    for (const struct message *m = p->mailbox.first; m; m = m->next)
        if (m->fragment) bytes += sizeof *m->fragment + m->fragment->words * sizeof(term);
    if (p->saved_x != p->saved_small) bytes += p->saved_room * sizeof(term);
    return bytes + dictionary_bytes(p->dictionary);
}

static struct collection_totals of_the_dead;

void collection_totals_keep(const struct process *p)
{
    of_the_dead.collections += p->heap.collections;
    of_the_dead.words += p->heap.words_reclaimed;
}

static void add_totals(struct process *p, void *context)
{
    struct collection_totals *t = context;
    t->collections += p->heap.collections;
    t->words += p->heap.words_reclaimed;
}

struct collection_totals collection_totals(void)
{
    struct collection_totals t = of_the_dead;
    process_each(add_totals, &t);
    return t;
}
