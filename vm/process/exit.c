/* SPDX-License-Identifier: Apache-2.0 */
/* exit.c -- how processes end, and what others hear of it.
 *
 * Ending one may end others through links, and those more: process_exit() only marks and
 * queues; the outermost call works through the queue, so that chains of any length need no stack.
 */
#include "heap/arena.h"
#include "process/collection_hold.h"
#include "process/dictionary.h"
#include "process/distance.h"
#include "process/hooks.h"
#include "process/memory.h"
#include "process/message.h"
#include "process/message_timer.h"
#include "process/node_watch.h"
#include "process/registry.h"
#include "process/saved_calls.h"
#include "process/scheduling_block.h"
#include "process/seq_trace.h"
#include "process/suspend.h"
#include "process/table.h"
#include "process/timer.h"
#include "process/trace.h"
#include "process/watch.h"

static struct process *first_dying, *last_dying;
static bool at_work;

static void queue_dying(struct process *p)
{
    p->next_dying = NULL;
    if (first_dying)
        last_dying->next_dying = p;
    else
        first_dying = p;
    last_dying = p;
}

static void finish(struct process *p);

static void work_off(void)
{
    if (at_work) return;
    at_work = true;
    while (first_dying) {
        struct process *p = first_dying;
        first_dying = p->next_dying;
        finish(p);
    }
    at_work = false;
}

void process_exit(struct process *p, term reason)
{
    if (p->state == PROCESS_EXITING) return;
    p->state = PROCESS_EXITING;
    p->exit_reason = reason;
    process_table_remove(p);
    if (TRACED(&p->trace, TRACE_PROCS)) trace_procs(p, ATOM(exit), reason);
    if (p == process_running) {
        p->reductions = 0; /* the engine leaves it at the next call */
        return;
    }
    queue_dying(p);
    work_off();
}

void process_finish(struct process *p)
{
    queue_dying(p);
    work_off();
}

/* --- signals ---------------------------------------------------------------------------------- */

/* {'EXIT', From, Reason} */
static void send_exit_message(term from, struct process *to, term reason, term token, bool priority)
{
    struct parts b;
    size_t words = TUPLE_WORDS(3) + copy_words(from, true) + copy_words(reason, true) +
                   copy_words(token, true);
    if (!parts_start(&b, words)) return;
    term *w = parts_take(&b, TUPLE_WORDS(3));
    w[0] = header(3, KIND_TUPLE);
    w[1] = ATOM(EXIT);
    w[2] = parts_copy(&b, from);
    w[3] = parts_copy(&b, reason);
    token = parts_copy(&b, token);
    b.fragment->used = (size_t)(b.at - b.fragment->memory);
    term who = is_pid(from) ? from : ATOM(system);
    if (priority)
        mailbox_deliver_priority(who, to, boxed_term(w), b.fragment, token);
    else
        mailbox_deliver_from(who, to, boxed_term(w), b.fragment, token);
}

/* Its reason must be on its own heap. */
static void die_of(struct process *p, term reason)
{
    struct fragment *f = NULL;
    term copy;
    if (!copy_to_fragment(reason, &f, &copy, true)) copy = ATOM(system_limit);
    if (f) heap_adopt(&p->heap, f);
    process_exit(p, copy);
}

void process_exit_signal(term from, struct process *to, term reason, bool by_link)
{
    process_exit_signal_as(from, to, reason, by_link, false);
}

void process_exit_signal_as(term from, struct process *to, term reason, bool by_link, bool priority)
{
    if (to->state == PROCESS_EXITING) return;
    term token = seq_trace_exit(from, to, reason);
    bool kill = !by_link && term_same(reason, ATOM(kill));
    if (!kill && to->trap_exit) {
        send_exit_message(from, to, reason, token, priority);
        return;
    }
    if (!kill && term_same(reason, ATOM(normal))) return;
    /* It hears of it when it runs next. */
    if (TRACED(&to->trace, TRACE_RUNNING | TRACE_RUNNING_PROCS) && to != process_running)
        trace_scheduled(to, ATOM(in));
    if (TRACED(&to->trace, TRACE_EXCEPTIONS) && to != process_running)
        process_hooks.leave_traced(to, kill ? ATOM(killed) : reason);
    if (kill)
        process_exit(to, ATOM(killed));
    else
        die_of(to, reason);
}

static void break_links(struct process *p)
{
    struct link_ends ends;
    while (link_take(&p->relations, &ends)) {
        const term other = ends.other;
        if (is_boxed(other)) {
            if (!ends.unlinking) distance.link_ended(p, other, p->exit_reason);
            distance.drop(other);
            continue;
        }
        struct process *q = process_find(other);
        if (is_local_port(other) && process_hooks.port_exit_signal)
            process_hooks.port_exit_signal(p->pid, other, p->exit_reason, true);
        if (!q) continue;
        process_exit_signal_as(p->pid, q, p->exit_reason, true, ends.priority);
        trace_linked(other, ATOM(getting_unlinked), p->pid); /* when it is still there */
    }
}

/* --- the end ---------------------------------------------------------------------------------------- */

static void release(struct process *p)
{
    if (p->bif_state && p->bif_state_free) p->bif_state_free(p->bif_state);
    if (p->saved_x != p->saved_small) arena_free(p->saved_x);
    if (is_boxed(p->parent)) distance.drop(p->parent);
    saved_calls_set(p, 0);
    dictionary_free(p->dictionary);
    mailbox_end(&p->mailbox);
    collection_totals_keep(p);
    heap_end(&p->heap);
}

static void finish(struct process *p)
{
    receive_timer_cancel(p);
    arena_free(p->receive_timer);
    p->receive_timer = NULL;
    message_timers_end(p);
    if (process_hooks.tables_exit) process_hooks.tables_exit(p);
    if (!is_nil(p->registered_name)) {
        if (TRACED(&p->trace, TRACE_PROCS)) trace_procs(p, ATOM(unregister), p->registered_name);
        registry_remove(p->registered_name);
    }
    if (TRACED(&p->trace, TRACE_EXITING)) trace_scheduled(p, ATOM(out_exited));
    if (watch_runnable) watch_process(p, ATOM(inactive));
    watch_ended(p->pid);
    if (unlikely(p->serves_distance)) distance.process_ended(p);
    suspensions_end(p);
    collections_end(p);
    node_watches_end(p);
    scheduling_blocks_end(p);
    seq_trace_ending = p;
    break_links(p);
    monitors_end(&p->relations, p->exit_reason);
    seq_trace_ending = NULL;
    if (p->call_clock) arena_free(p->call_clock);
    const bool was_first = id_data(p->pid) == 0;
    release(p);
    process_discard(p);
    if (unlikely(was_first) && process_hooks.first_ended) process_hooks.first_ended();
}

void process_discard(struct process *p)
{
    if (!p->queued) arena_free(p);
}
