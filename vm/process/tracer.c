/* SPDX-License-Identifier: Apache-2.0 */
/* tracer.c -- see tracer.h. */
#include "process/tracer.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "process/seq_trace.h"
#include "process/trace.h"
#include "term/compare.h"

/* A row that is as young as this may be in nobody's hands yet. */
#define YOUNG 16
#define FEW   32

static struct row {
    term module; /* NIL: free */
    term state;
    struct fragment *memory;
    uint64_t born;
    bool used;
} * rows;
static size_t rows_count;
static uint64_t births;

/* --- rows ------------------------------------------------------------------------------------- */

static void mark(term tracer)
{
    if (tracer_is_module(tracer) && small_value(tracer) >= 0 &&
        (size_t)small_value(tracer) < rows_count)
        rows[small_value(tracer)].used = true;
}

/* Trace frames on its stack have the word of a tracer; any number that is equal to one counts. */
static void mark_process(struct process *p, void *context)
{
    (void)context;
    mark(p->trace.tracer);
    for (const term *t = p->heap.stack; t < p->heap.end; t++) mark(*t);
}

static void free_unused(void)
{
    for (size_t i = 0; i < rows_count; i++) rows[i].used = births - rows[i].born < YOUNG;
    process_each(mark_process, NULL);
    mark(trace_new_processes.tracer);
    mark(trace_new_ports.tracer);
    mark(seq_trace_kept_tracer());
    if (trace_hooks.mark_port_tracers) trace_hooks.mark_port_tracers(mark);
    if (trace_hooks.mark_call_tracers) trace_hooks.mark_call_tracers(mark);
    for (size_t i = 0; i < rows_count; i++) {
        if (rows[i].used || is_nil(rows[i].module)) continue;
        if (rows[i].memory) fragment_free(rows[i].memory);
        rows[i] = (struct row){.module = NIL};
    }
}

static size_t free_row(void)
{
    size_t i = 0;
    while (i < rows_count && !is_nil(rows[i].module)) i++;
    return i;
}

/* A free one; rows_count: there is no memory. */
static size_t new_row(void)
{
    size_t at = free_row(), count = rows_count ? rows_count * 2 : FEW;
    if (at < rows_count) return at;
    free_unused();
    at = free_row();
    if (at < rows_count) return at;
    struct row *more = arena_realloc(rows, count * sizeof *rows);
    if (!more) return rows_count;
    rows = more;
    for (size_t i = rows_count; i < count; i++) rows[i] = (struct row){.module = NIL};
    rows_count = count;
    return at;
}

term tracer_of_module(term module, term state)
{
    if (!trace_hooks.module_traces || !trace_hooks.module_traces(module)) return NO_VALUE;
    for (size_t i = 0; i < rows_count; i++)
        if (term_same(rows[i].module, module) && term_same_value(rows[i].state, state))
            return small((int64_t)i);
    struct row row = {.module = module, .born = births++};
    if (!copy_to_fragment(state, &row.memory, &row.state, false)) return NO_VALUE;
    size_t at = new_row();
    if (at < rows_count) {
        rows[at] = row;
        return small((int64_t)at);
    }
    if (row.memory) fragment_free(row.memory);
    return NO_VALUE;
}

term tracer_term(struct heap *h, term tracer)
{
    if (!tracer_is_module(tracer)) return tracer;
    const struct row *row = &rows[small_value(tracer)];
    return make_tuple2(h, row->module, copy_to_heap(row->state, h));
}

/* --- asking and telling ------------------------------------------------------------------------- */

static enum tracer_group group_of(term tag, bool port)
{
    switch (atom_index(tag)) {
    case ATOM_trace_status:
    case ATOM_seq_trace: return TRACER_ANY;
    case ATOM_send:
    case ATOM_send_to_non_existing_process: return TRACER_SEND;
    case ATOM_receive: return TRACER_RECEIVE;
    case ATOM_call:
    case ATOM_return_to:
    case ATOM_return_from:
    case ATOM_exception_from: return TRACER_CALL;
    case ATOM_in:
    case ATOM_out:
    case ATOM_in_exiting:
    case ATOM_out_exiting:
    case ATOM_out_exited: return port ? TRACER_RUNNING_PORTS : TRACER_RUNNING_PROCS;
    case ATOM_gc_minor_start:
    case ATOM_gc_minor_end:
    case ATOM_gc_major_start:
    case ATOM_gc_major_end: return TRACER_GC;
    default: return port ? TRACER_PORTS : TRACER_PROCS;
    }
}

/* The answer of enabled/3; NO_VALUE: the module has no natives any more. */
static term ask(term tracer, term tag, term id)
{
    const struct row *row = &rows[small_value(tracer)];
    const term args[TRACER_ENABLED] = {tag, row->state, id};
    return trace_hooks.module_call(row->module, group_of(tag, is_port(id)), TRACER_ENABLED, args);
}

bool tracer_stays(term tracer, term id)
{
    if (process_find(tracer)) return true;
    if (is_local_port(tracer)) return trace_hooks.port_lives && trace_hooks.port_lives(tracer);
    if (!tracer_is_module(tracer)) return false;
    term answer = ask(tracer, ATOM(trace_status), id);
    return is_value(answer) && !term_same(answer, ATOM(remove));
}

bool tracer_lives(term tracer) { return tracer_stays(tracer, ATOM(undefined)); }

bool tracer_wants(term tracer, term tag, term id, bool *over)
{
    term answer = ask(tracer, tag, id);
    *over = false;
    if (is_no_value(answer) || term_same(answer, ATOM(discard))) return false;
    *over = !term_same(answer, ATOM(trace));
    return !*over;
}

static term options(struct heap *h, uint32_t flags, term extra, term result)
{
    term map = map_empty(h);
    if (is_value(extra)) map = map_put(h, map, ATOM(extra), extra);
    if (!term_same(result, ATOM(true))) map = map_put(h, map, ATOM(match_spec_result), result);
    if (flags & TRACE_SCHEDULER) map = map_put(h, map, ATOM(scheduler_id), small(1));
    term stamp = flags & TRACE_NOW && trace_cpu_stamps ? ATOM(cpu_timestamp)
                 : flags & TRACE_NOW                   ? ATOM(timestamp)
                 : flags & TRACE_STRICT                ? ATOM(strict_monotonic)
                                                       : ATOM(monotonic);
    return flags & TRACE_STAMPS ? map_put(h, map, ATOM(timestamp), stamp) : map;
}

void tracer_tell(term tracer, uint32_t flags, term id, term tag, term what, term extra, term result)
{
    struct heap h;
    if (!trace_heap_start(&h)) return;
    const struct row *row = &rows[small_value(tracer)];
    const term args[TRACER_TRACE] = {tag, row->state, id, what, options(&h, flags, extra, result)};
    trace_hooks.module_call(row->module, group_of(tag, is_port(id)), TRACER_TRACE, args);
    heap_end(&h);
}
