/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.c -- making processes. */
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/defaults.h"
#include "process/hooks.h"
#include "process/memory.h"
#include "process/seq_trace.h"
#include "process/table.h"
#include "process/trace.h"
#include "process/watch.h"

struct process_hooks process_hooks;
struct process_defaults process_defaults = {.min_heap_words = 233,
                                            .min_binary_bytes = 46422 * sizeof(term),
                                            .fullsweep_after = 65535,
                                            .max_heap_kill = true,
                                            .max_heap_log = true};

void spawn_options_default(struct spawn_options *o)
{
    *o = (struct spawn_options){.priority = PRIORITY_NORMAL,
                                .min_heap_words = process_defaults.min_heap_words,
                                .max_heap_words = process_defaults.max_heap_words,
                                .min_binary_bytes = process_defaults.min_binary_bytes,
                                .max_heap_kill = process_defaults.max_heap_kill,
                                .max_heap_log = process_defaults.max_heap_log,
                                .fullsweep_after = process_defaults.fullsweep_after,
                                .monitor_tag = NO_VALUE,
                                .monitor_alias = ALIAS_NONE,
                                .list = NO_VALUE,
                                .reply_tag = NO_VALUE,
                                .reference = NO_VALUE};
}

/* Everything but heap, pid and relations. */
static void fill(struct process *p, struct process *parent, const struct spawn_options *o)
{
    p->priority = o->priority;
    p->is_system = o->system;
    p->bound = o->bound;
    p->message_off_heap = o->off_heap_messages;
    p->saved_x = p->saved_small;
    p->saved_room = sizeof p->saved_small / sizeof *p->saved_small;
    p->fault = (struct fault){.reason = NIL, .trace = NIL, .args = NIL, .info = NIL};
    p->exit_reason = p->seq_token = NIL;
    for (size_t i = 0; i < sizeof p->scratch / sizeof *p->scratch; i++) p->scratch[i] = NIL;
    p->group_leader = p->trace.tracer = p->registered_name = NIL;
    p->error_handler = ATOM(error_handler);
    p->parent = parent ? parent->pid : NIL;
    p->state = PROCESS_WAITING;
    p->started_ns = plat_monotonic_ns();
    p->heap.min_size = o->min_heap_words;
    p->heap.max_size = o->max_heap_words;
    p->heap.max_size_kill = o->max_heap_kill;
    p->heap.max_size_log = o->max_heap_log;
    p->async_dist = o->async_dist;
    p->heap.min_binary_bytes = o->min_binary_bytes;
    p->heap.fullsweep_after = o->fullsweep_after;
    p->heap.exhausted = process_exhausted;
    p->heap.over_limit = process_over_limit;
    mailbox_start(&p->mailbox);
    relations_start(&p->relations);
}

/* With a heap that has room for `words`; entered in the table.  NULL: no memory, no room. */
static struct process *make(struct process *parent, size_t words, const struct spawn_options *o)
{
    struct process *p = arena_calloc(sizeof *p);
    if (!p) return NULL;
    size_t size = words + 8 > o->min_heap_words ? heap_next_size(words + 8) : o->min_heap_words;
    bool plain = o->min_heap_words == process_defaults.min_heap_words;
    if (!(plain ? heap_start_lazily(&p->heap, words + 8, size) : heap_start(&p->heap, size))) {
        arena_free(p);
        return NULL;
    }
    fill(p, parent, o);
    if (!process_table_add(p)) {
        heap_end(&p->heap);
        arena_free(p);
        return NULL;
    }
    return p;
}

/* Takes back what make() made. */
static void unmake(struct process *p)
{
    process_table_remove(p);
    heap_end(&p->heap);
    arena_free(p);
}

static bool relate(struct process *p, struct process *parent, const struct spawn_options *o,
                   term *ref)
{
    if (!parent) return true;
    if (o->link && !link_make(parent->pid, &parent->relations, p->pid, &p->relations)) return false;
    if (o->link && o->link_priority) link_set_priority(parent->pid, p->pid, true);
    if (!o->monitor) return true;
    term made = make_ref(&parent->heap);
    struct monitor *m = monitor_make(ref_ids(made), parent, MONITOR_PROCESS, p->pid, &p->relations,
                                     NIL, o->monitor_tag, o->monitor_alias);
    if (!m) {
        link_break(parent->pid, p->pid);
        return false;
    }
    m->priority = o->monitor_priority;
    *ref = made;
    return true;
}

struct process *process_spawn(struct process *parent, term module, term function, term args,
                              const struct spawn_options *o, term *ref, term *why)
{
    term leader = parent ? parent->group_leader : NIL;
    size_t words = copy_words(args, true) + copy_words(leader, true);
    struct process *p = make(parent, words, o);
    if (p && !relate(p, parent, o, ref)) {
        unmake(p);
        p = NULL;
    }
    if (!p) {
        *why = ATOM(system_limit);
        return NULL;
    }
    args = copy_term(args, &p->heap.top, &p->heap.off_heap, true);
    leader = copy_term(leader, &p->heap.top, &p->heap.off_heap, true);
    p->group_leader = parent ? leader : p->pid;
    p->initial_module = module;
    p->initial_function = function;
    p->initial_arity = (unsigned)list_length(args);
    p->trace.id = p->pid;
    if (parent && unlikely(!is_nil(parent->seq_token))) seq_trace_spawned(parent, p, o, args);
    if (unlikely(trace_new_processes.flags || (parent && parent->trace.flags))) {
        trace_inherit(parent, p, o->link && parent);
        trace_spawned(parent, p, o->link && parent, module, function, args);
    }
    process_hooks.enter(p, module, function, args);
    if (unlikely(watch_runnable)) watch_process(p, ATOM(active));
    process_make_ready(p);
    return p;
}
