/* SPDX-License-Identifier: Apache-2.0 */
/* process_info.c -- process_info/1,2.
 *
 * Facts about the caller share terms with its heap; those about others are copied.
 */
#include "bif/debug_state.h"
#include "bif/nap.h"
#include "bif/process_options.h"
#include "binary/binary.h"
#include "code/engine.h"
#include "code/exception.h"
#include "heap/arena.h"
#include "process/dictionary.h"
#include "process/log.h"
#include "process/memory.h"
#include "platform/platform.h"
#include "process/saved_calls.h"
#include "process/suspend.h"
#include "sched/dump.h"
#include "term/release.h"

#define STACK_DEPTH BACKTRACE_DEPTH_MOST

/* Who asks, on whose heap the answer goes, and about whom. */
struct inquiry {
    struct process *asker, *about;
    struct heap *heap;
    term list; /* being built */
};

static term bring(const struct inquiry *q, term t)
{
    return q->asker == q->about ? t : copy_to_heap(t, q->heap);
}
static term number(const struct inquiry *q, size_t n) { return make_unsigned(q->heap, n); }

/* --- where it is --------------------------------------------------------------------------------- */

static term place_list(struct heap *h, const struct code_place *at)
{
    if (is_no_value(at->file)) return NIL;
    term line = make_tuple2(h, ATOM(line), small(at->line));
    term file = make_tuple2(h, ATOM(file), at->file);
    return make_cons(h, file, make_cons(h, line, NIL));
}

/* The places where p is and where it will return to, newest first.  A return address belongs to
 * the call before it. */
static size_t places(const struct process *p, struct code_place *out, size_t room)
{
    const code_word *at[STACK_DEPTH];
    size_t n = !engine_in_native(p) && code_place_of(p->pc, &out[0]) ? 1 : 0;
    size_t count = engine_trace(p, NULL, at, room);
    for (size_t i = 0; i < count && n < room; i++)
        if (code_place_of(at[i] - 1, &out[n])) n++;
    return n;
}

static term where(const struct inquiry *q, bool with_location)
{
    struct code_place at;
    const struct process *p = q->about;
    if (p->hibernating && p->state == PROCESS_WAITING)
        at = (struct code_place){ATOM(erlang), ATOM(hibernate), 3, NO_VALUE, 0};
    else if (is_napping(p) && p != process_running && engine_native_at(p->pc)) {
        const struct export *e = engine_native_at(p->pc);
        at = (struct code_place){e->module, e->function, e->arity, NO_VALUE, 0};
    } else if (places(p, &at, 1) == 0)
        at = (struct code_place){p->initial_module, p->initial_function, p->initial_arity, NO_VALUE,
                                 0};
    if (!with_location) return make_tuple3(q->heap, at.module, at.function, small(at.arity));
    return make_tuple4(q->heap, at.module, at.function, small(at.arity), place_list(q->heap, &at));
}

static term stack_trace(const struct inquiry *q)
{
    struct code_place at[STACK_DEPTH];
    size_t n = backtrace_depth > 0 ? places(q->about, at, (size_t)backtrace_depth) : 0;
    term list = NIL;
    while (n-- > 0) {
        term frame = make_tuple4(q->heap, at[n].module, at[n].function, small(at[n].arity),
                                 place_list(q->heap, &at[n]));
        list = make_cons(q->heap, frame, list);
    }
    return list;
}

/* --- relations --------------------------------------------------------------------------------------- */

static void add_link(void *context, term other)
{
    struct inquiry *q = context;
    q->list = make_cons(q->heap, copy_to_heap(other, q->heap), q->list);
}

static void add_monitor(void *context, const struct monitor *m)
{
    struct inquiry *q = context;
    if (m->kind == MONITOR_NOTHING || m->kind == MONITOR_SPAWN) return;
    term kind = m->kind == MONITOR_PORT          ? ATOM(port)
                : m->kind == MONITOR_TIME_OFFSET ? ATOM(time_offset)
                                                 : ATOM(process);
    term what = is_nil(m->name)
                    ? copy_to_heap(m->target, q->heap)
                    : make_tuple2(q->heap, m->name, is_value(m->node) ? m->node : node_this->name);
    q->list = make_cons(q->heap, make_tuple2(q->heap, kind, what), q->list);
}

static void add_watcher(void *context, const struct monitor *m)
{
    struct inquiry *q = context;
    bool resource = m->kind == MONITOR_RESOURCE;
    if (resource) resource_keep(m->resource);
    term who = resource ? make_magic_ref(q->heap, m->resource) : copy_to_heap(m->origin, q->heap);
    q->list = make_cons(q->heap, who, q->list);
}

static void add_suspension(void *context, term target, unsigned count)
{
    struct inquiry *q = context;
    term entry = make_tuple3(q->heap, target, small(count), small(0));
    q->list = make_cons(q->heap, entry, q->list);
}

/* --- memory -------------------------------------------------------------------------------------------- */

static term messages(const struct inquiry *q)
{
    term list = NIL, *last = NULL;
    for (struct message *m = q->about->mailbox.first; m; m = m->next) {
        /* A message that has not been received yet may lie outside its heap: copy. */
        term body = q->asker == q->about && !m->fragment ? m->body : copy_to_heap(m->body, q->heap);
        term cell = make_cons(q->heap, body, NIL);
        if (last)
            *last = cell;
        else
            list = cell;
        last = cons_words(cell) + 1;
    }
    bump(q->asker, (int64_t)(q->about->mailbox.length / 4));
    return list;
}

/* Of messages that are counted with the heap although nobody has received them yet. */
static size_t words_waiting(const struct process *p)
{
    size_t words = 0;
    if (p->message_off_heap) return 0;
    for (const struct message *m = p->mailbox.first; m; m = m->next)
        if (m->fragment) words += m->fragment->words;
    return words;
}

static term total_heap_size(const struct inquiry *q)
{
    const struct heap *h = &q->about->heap;
    size_t spared = heap_block_words(h) - (size_t)(h->end - h->start);
    return number(q, heap_total_words(h) + spared + words_waiting(q->about));
}

static term collection_policy(const struct inquiry *q)
{
    struct heap *h = q->heap;
    const struct heap *of = &q->about->heap;
    const term rows[][2] = {
        {ATOM(max_heap_size),
         max_heap_size_map(h, of->max_size, of->max_size_kill, of->max_size_log)},
        {ATOM(min_bin_vheap_size), number(q, of->min_binary_bytes / sizeof(term))},
        {ATOM(min_heap_size), number(q, of->min_size)},
        {ATOM(fullsweep_after), small(of->fullsweep_after)},
        {ATOM(minor_gcs), small(of->minors)},
    };
    term list = NIL;
    for (size_t i = sizeof rows / sizeof *rows; i-- > 0;)
        list = make_cons(h, make_tuple2(h, rows[i][0], rows[i][1]), list);
    return list;
}

/* [{Address, Bytes, References}] */
static term binaries(const struct inquiry *q)
{
    term list = NIL;
    for (const term *w = q->about->heap.off_heap.first; w; w = off_heap_next(w)) {
        if (w->bits != header(4, KIND_REFC_BINARY).bits) continue;
        const struct blob *b = refc_blob(w);
        term entry = make_tuple3(q->heap, number(q, (uintptr_t)b), number(q, b->bytes),
                                 number(q, b->references));
        list = make_cons(q->heap, entry, list);
    }
    return list;
}

term process_state_atom(const struct process *p)
{
    if (p == process_running || is_napping(p)) return ATOM(running);
    switch (p->state) {
    case PROCESS_RUNNABLE: return ATOM(runnable);
    case PROCESS_SUSPENDED: return ATOM(suspended);
    case PROCESS_EXITING: return ATOM(exiting);
    case PROCESS_RUNNING: return ATOM(running);
    default: return ATOM(waiting);
    }
}

/* Oldest first. */
static term last_calls(struct heap *h, const struct saved_calls *s)
{
    if (!s) return ATOM(false);
    term list = NIL;
    for (uint32_t i = 1; i <= s->used; i++) {
        const struct saved_call *c = &s->calls[(s->next + s->room - i) % s->room];
        term call = is_no_value(c->module)
                        ? c->function
                        : make_tuple3(h, c->module, c->function, small(c->arity));
        list = make_cons(h, call, list);
    }
    return list;
}

/* --- items --------------------------------------------------------------------------------------------- */

static term about_relations(struct inquiry *q, uint32_t item)
{
    const struct process *p = q->about;
    q->list = NIL;
    switch (item) {
    case ATOM_links: link_each(&p->relations, add_link, q); break;
    case ATOM_monitors: monitor_each(&p->relations, false, add_monitor, q); break;
    case ATOM_monitored_by: monitor_each(&p->relations, true, add_watcher, q); break;
    default: suspensions_each(p, add_suspension, q); break;
    }
    return q->list;
}

static term about_memory(struct inquiry *q, uint32_t item)
{
    const struct process *p = q->about;
    const struct heap *h = &p->heap;
    switch (item) {
    case ATOM_heap_size: return number(q, heap_block_words(h));
    case ATOM_total_heap_size: return total_heap_size(q);
    case ATOM_stack_size: return number(q, (size_t)(h->end - h->stack));
    case ATOM_memory: return number(q, process_memory(p));
    case ATOM_min_heap_size: return number(q, h->min_size);
    case ATOM_min_bin_vheap_size: return number(q, h->min_binary_bytes / sizeof(term));
    case ATOM_max_heap_size:
        return max_heap_size_map(q->heap, h->max_size, h->max_size_kill, h->max_size_log);
    case ATOM_fullsweep_after: return small(h->fullsweep_after);
    case ATOM_garbage_collection: return collection_policy(q);
    case ATOM_garbage_collection_info: return heap_info_list(q->heap, p);
    case ATOM_binary: return binaries(q);
    case ATOM_magic_ref: return NIL;
    default: return NO_VALUE;
    }
}

/* What a stack dump prints: not meant for programs. */
static term backtrace(const struct inquiry *q)
{
    if (q->about->trace.flags & TRACE_SENSITIVE) return binary_make(q->heap, "", 0);
    struct text text = {0};
    process_stack_text(&(struct print_sink){text_write, &text}, q->about);
    term binary = binary_make(q->heap, text.bytes, text.used);
    arena_free(text.bytes);
    return is_value(binary) ? binary : NIL;
}

/* As the stock machine lists them, for process_info_items(). */
static const term all_items[] = {ATOM(registered_name),
                                 ATOM(current_function),
                                 ATOM(initial_call),
                                 ATOM(status),
                                 ATOM(messages),
                                 ATOM(message_queue_len),
                                 ATOM(links),
                                 ATOM(monitors),
                                 ATOM(monitored_by),
                                 ATOM(dictionary),
                                 ATOM(trap_exit),
                                 ATOM(error_handler),
                                 ATOM(heap_size),
                                 ATOM(stack_size),
                                 ATOM(memory),
                                 ATOM(garbage_collection),
                                 ATOM(group_leader),
                                 ATOM(reductions),
                                 ATOM(priority),
                                 ATOM(trace),
                                 ATOM(binary),
                                 ATOM(sequential_trace_token),
                                 ATOM(catchlevel),
                                 ATOM(backtrace),
                                 ATOM(last_calls),
                                 ATOM(total_heap_size),
                                 ATOM(suspending),
                                 ATOM(min_heap_size),
                                 ATOM(min_bin_vheap_size),
                                 ATOM(max_heap_size),
                                 ATOM(current_location),
                                 ATOM(current_stacktrace),
                                 ATOM(message_queue_data),
                                 ATOM(garbage_collection_info),
                                 ATOM(magic_ref),
                                 ATOM(fullsweep_after),
                                 ATOM(parent)};

term process_info_items(struct heap *h)
{
    return make_list(h, sizeof all_items / sizeof *all_items, all_items, NIL);
}

static term dictionary_value(struct inquiry *q, term key)
{
    term value = dictionary_get(q->about->dictionary, key);
    return is_value(value) ? bring(q, value) : ATOM(undefined);
}

/* {dictionary, Key} */
static term about_key(struct inquiry *q, term item)
{
    if (otp_release < 26 || !term_same(element(item, 0), ATOM(dictionary))) return NO_VALUE;
    if (q->about->trace.flags & TRACE_SENSITIVE) return ATOM(undefined);
    return dictionary_value(q, element(item, 1));
}

/* NO_VALUE: there is no such item. */
static term about(struct inquiry *q, term item)
{
    struct process *p = q->about;
    if (is_tuple_of(item, 2)) return about_key(q, item);
    if (!is_atom(item)) return NO_VALUE;
    switch (atom_index(item)) {
    case ATOM_registered_name: return p->registered_name;
    case ATOM_current_function: return where(q, false);
    case ATOM_current_location: return where(q, true);
    case ATOM_current_stacktrace: return stack_trace(q);
    case ATOM_initial_call:
        return make_tuple3(q->heap, p->initial_module, p->initial_function,
                           small(p->initial_arity));
    case ATOM_status: return process_state_atom(p);
    case ATOM_messages:
        mailbox_fetch(q->about);
        return p->trace.flags & TRACE_SENSITIVE ? NIL : messages(q);
    case ATOM_message_queue_len: return number(q, p->mailbox.length);
    case ATOM_links:
    case ATOM_monitors:
    case ATOM_monitored_by:
    case ATOM_suspending: return about_relations(q, atom_index(item));
    case ATOM_dictionary:
        if (p->trace.flags & TRACE_SENSITIVE) return NIL;
        if (p == q->asker) return dictionary_list(q->heap, p->dictionary);
        q->list = NIL;
        for (uint32_t i = 0; i < dictionary_count(p->dictionary); i++) {
            term key = bring(q, p->dictionary->pairs[2 * i]);
            term pair = make_tuple2(q->heap, key, bring(q, p->dictionary->pairs[2 * i + 1]));
            q->list = make_cons(q->heap, pair, q->list);
        }
        return q->list;
    case ATOM_trap_exit: return atom_bool(p->trap_exit);
    case ATOM_label:
        return otp_release >= 27 ? dictionary_value(q, ATOM(dollar_process_label)) : NO_VALUE;
    case ATOM_priority_messages:
        return otp_release >= 28 ? atom_bool(relations_take_priority(&p->relations)) : NO_VALUE;
    case ATOM_async_dist: return otp_release >= 26 ? atom_bool(p->async_dist) : NO_VALUE;
    case ATOM_error_handler: return p->error_handler;
    case ATOM_group_leader: return bring(q, p->group_leader);
    case ATOM_reductions: {
        int64_t used = p == process_running ? 4000 - p->reductions : 0;
        return number(q, p->total_reductions + (uint64_t)(used > 0 ? used : 0));
    }
    case ATOM_priority: return priority_atom(p->priority);
    case ATOM_trace: return small(p->trace.flags & TRACE_ALL);
    case ATOM_sequential_trace_token: return bring(q, p->seq_token);
    case ATOM_catchlevel: return small(p->catches);
    case ATOM_backtrace: return backtrace(q);
    case ATOM_last_calls: return last_calls(q->heap, p->saved_calls);
    case ATOM_message_queue_data: return p->message_off_heap ? ATOM(off_heap) : ATOM(on_heap);
    case ATOM_parent: return is_nil(p->parent) ? ATOM(undefined) : copy_to_heap(p->parent, q->heap);
    default: return about_memory(q, atom_index(item));
    }
}

/* --- the two BIFs ------------------------------------------------------------------------------------------ */

static term pair(struct inquiry *q, term item, term value)
{
    return make_tuple2(q->heap, item, value);
}

static term list_of(struct process *p, struct inquiry *q, const term *items, size_t count, bool all)
{
    term list = NIL, *last = NULL;
    for (size_t i = 0; i < count; i++) {
        term value = about(q, items[i]);
        if (is_no_value(value)) return raise_badarg(p);
        if (!all && is_nil(value) && term_same(items[i], ATOM(registered_name))) continue;
        term cell = make_cons(q->heap, pair(q, items[i], value), NIL);
        if (last)
            *last = cell;
        else
            list = cell;
        last = cons_words(cell) + 1;
    }
    bump(p, (int64_t)count);
    return list;
}

/* 1: alive, 0: dead, -1: no pid that can be asked about. */
static int find(struct process *p, term pid, struct inquiry *q)
{
    if (!is_local_pid(pid))
        return is_external_pid(pid) && term_same(node_of(pid)->name, node_this->name) ? 0 : -1;
    struct process *about_ = process_find(pid);
    *q = (struct inquiry){p, about_, &p->heap, NIL};
    return about_ != NULL;
}

term bif_erlang_process_info_1(struct process *p, const term *arg)
{
    static const term usual[] = {ATOM(registered_name),   ATOM(current_function),
                                 ATOM(initial_call),      ATOM(status),
                                 ATOM(message_queue_len), ATOM(links),
                                 ATOM(dictionary),        ATOM(trap_exit),
                                 ATOM(error_handler),     ATOM(priority),
                                 ATOM(group_leader),      ATOM(total_heap_size),
                                 ATOM(heap_size),         ATOM(stack_size),
                                 ATOM(reductions),        ATOM(garbage_collection),
                                 ATOM(suspending)};
    struct inquiry q;
    int found = find(p, arg[0], &q);
    if (found < 0) return raise_badarg(p);
    if (found == 0) return ATOM(undefined);
    return list_of(p, &q, usual, sizeof usual / sizeof *usual, false);
}

/* Only the names matter here: a dead process has no facts, but bad names are bad. */
static bool are_items(struct process *p, term items)
{
    struct inquiry q = {p, p, &p->heap, NIL};
    if (!is_list(items)) return is_value(about(&q, items));
    for (; is_cons(items); items = tail(items))
        if (is_no_value(about(&q, head(items)))) return false;
    return is_nil(items);
}

term bif_erlang_process_info_2(struct process *p, const term *arg)
{
    struct inquiry q;
    int found = find(p, arg[0], &q);
    if (found < 0) return raise_badarg(p);
    if (found == 0) return are_items(p, arg[1]) ? ATOM(undefined) : raise_badarg(p);
    bump(p, 1);
    if (!is_list(arg[1])) {
        term value = about(&q, arg[1]);
        if (is_no_value(value)) return raise_badarg(p);
        if (is_nil(value) && term_same(arg[1], ATOM(registered_name))) return NIL;
        return pair(&q, arg[1], value);
    }
    if (list_length(arg[1]) < 0) return raise_badarg(p);
    term list = NIL, *last = NULL;
    for (term rest = arg[1]; is_cons(rest); rest = tail(rest)) {
        term one = list_of(p, &q, (term[]){head(rest)}, 1, true);
        if (is_no_value(one)) return NO_VALUE;
        if (last)
            *last = one;
        else
            list = one;
        last = cons_words(one) + 1;
    }
    return list;
}

/* --- process_display/2 ------------------------------------------------------------------------------- */

static void to_console(void *context, const char *bytes, size_t n)
{
    (void)context;
    plat_console_write_error(bytes, n);
}

/* true, or badarg. */
term bif_erts_internal_process_display_2(struct process *p, const term *arg)
{
    struct process *q = process_find(arg[0]);
    if (!is_local_pid(arg[0]) || !term_same(arg[1], ATOM(backtrace))) return raise_badarg(p);
    if (!q) return ATOM(badarg);
    process_stack_text(&(struct print_sink){to_console, NULL}, q);
    return ATOM(true);
}
