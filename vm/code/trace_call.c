/* SPDX-License-Identifier: Apache-2.0 */
/* trace_call.c -- what happens at a breakpoint, and when a traced function returns. */
#include "binary/match.h"
#include "code/breakpoint.h"
#include "code/call_time.h"
#include "code/engine.h"
#include "code/engine_ops.h"
#include "process/saved_calls.h"
#include "process/trace.h"

#define WISH_RETURN_TO 16
#define OWN_TRACER     ATOM(true) /* in a trace frame: whoever traces the process */

/* --- frames ------------------------------------------------------------------------------------- */

static code_word frame_code[FRAME_TIME + 1][1];

void breakpoint_start(void)
{
    frame_code[FRAME_RETURN][0] = frame_code[FRAME_EXCEPTION][0] = engine_body[OP_return_trace];
    frame_code[FRAME_RETURN_TO][0] = engine_body[OP_return_to_trace];
    frame_code[FRAME_TIME][0] = engine_body[OP_return_time_trace];
}

enum trace_frame trace_frame_of(const code_word *a)
{
    size_t offset = (size_t)((uintptr_t)a - (uintptr_t)frame_code);
    return offset < sizeof frame_code ? (enum trace_frame)(offset / sizeof *frame_code)
                                      : FRAME_PLAIN;
}

size_t trace_frame_words(enum trace_frame kind)
{
    return kind == FRAME_RETURN_TO ? 1 : kind == FRAME_TIME ? 2 : 3;
}

static const code_word *address(term t) { return (const code_word *)(uintptr_t)t.bits; }

/* Where execution comes back to below all trace frames that begin at `frame`, reached through `to`. */
static const code_word *real_address(const code_word *to, const term *frame, bool *return_to)
{
    for (enum trace_frame kind; (kind = trace_frame_of(to)) != FRAME_PLAIN;) {
        if (kind == FRAME_RETURN_TO) *return_to = true;
        to = address(frame[0]);
        frame += trace_frame_words(kind);
    }
    return to;
}

const code_word *trace_caller(const struct process *p)
{
    bool return_to;
    return real_address(p->cp, p->heap.stack, &return_to);
}

static void push(struct process *p, enum trace_frame kind, term a, term b)
{
    size_t words = trace_frame_words(kind);
    term *frame = p->heap.stack -= words;
    frame[0] = term_of((uintptr_t)p->cp);
    if (words > 1) frame[1] = a;
    if (words > 2) frame[2] = b;
    p->cp = frame_code[kind];
}

static term export_word(const struct export *e) { return small(e ? low_word(e) : 0); }
static struct export *word_export(term t) { return low_pointer((code_word)small_value(t)); }

/* --- calls ----------------------------------------------------------------------------------------- */

/* A function may be called with the state of a binary match in place of the binary. */
static void plain_arguments(struct process *p, term *to, uint32_t arity)
{
    for (uint32_t i = 0; i < arity; i++) {
        term t = engine_x[i];
        bool matching = is_boxed(t) && header_kind(*boxed_words(t)) == KIND_MATCH;
        to[i] = matching ? match_tail(&p->heap, t) : t;
    }
}

static void tell_call(struct process *p, const struct export *f, const term *args, term tracer,
                      uint32_t flags, term result)
{
    term cells[2 * 256], list = small(f->arity);
    if (!(flags & TRACE_ARITY)) {
        list = NIL;
        for (uint32_t i = f->arity; i-- > 0;) {
            cells[2 * i] = args[i];
            cells[2 * i + 1] = list;
            list = cons_term(&cells[2 * i]);
        }
    }
    const term mfa[4] = {header(3, KIND_TUPLE), f->module, f->function, list};
    trace_tell_to(tracer, flags, p->pid, ATOM(call), boxed_term(mfa), NO_VALUE, result);
}

static bool module_wants(struct process *p, term tracer, bool own)
{
    bool over;
    if (own) return trace_wanted(&p->trace, ATOM(call));
    return tracer_wants(tracer, ATOM(call), p->pid, &over);
}

/* Tells; what is wished for when the function returns.  meta: the tracer of a meta breakpoint, NIL for the
 * process's own. */
static unsigned call(struct process *p, const struct export *f, struct resource *spec, bool local,
                     term meta)
{
    term args[256], result = ATOM(true);
    unsigned wishes = 0;
    term tracer = is_nil(meta) ? p->trace.tracer : meta;
    if (term_same(tracer, p->pid)) return 0;
    if (tracer_is_module(tracer) && !module_wants(p, tracer, is_nil(meta))) return 0;
    struct heap *h = &p->heap;
    term *top = h->top, *off_heap = h->off_heap.first;
    size_t fragments = h->fragment_words;
    term token = p->seq_token;
    plain_arguments(p, args, f->arity);
    if (spec) result = trace_hooks.match(p, spec, args, f->arity, &wishes);
    if (is_no_value(result)) result = ATOM(false);
    uint32_t flags = is_nil(meta) ? p->trace.flags : TRACE_CALL | TRACE_NOW;
    if (is_nil(meta) && flags & TRACE_SILENT)
        wishes = 0;
    else if (!term_same(result, ATOM(false))) {
        if (is_nil(meta) && local && flags & TRACE_RETURN_TO) wishes |= WISH_RETURN_TO;
        tell_call(p, f, args, tracer, flags, result);
    }
    /* Nobody but the message has seen what was made here. */
    if (h->fragment_words == fragments && h->off_heap.first == off_heap &&
        term_same(token, p->seq_token))
        h->top = top;
    return wishes;
}

static void push_wished(struct process *p, const struct export *f, unsigned wishes, term tracer)
{
    bool has_return_to = false;
    real_address(p->cp, p->heap.stack, &has_return_to);
    if (p->heap.stack - p->heap.top < 4) process_collect(p, 4, engine_x, f->arity, false);
    if (wishes & WISH_RETURN_TO && !has_return_to) push(p, FRAME_RETURN_TO, NIL, NIL);
    if (!(wishes & (TRACE_WISH_RETURN | TRACE_WISH_EXCEPTION))) return;
    bool exceptions = wishes & TRACE_WISH_EXCEPTION;
    push(p, exceptions ? FRAME_EXCEPTION : FRAME_RETURN, export_word(f), tracer);
    p->trace.flags |= TRACE_EXCEPTIONS;
}

static bool is_call_traced(struct process *p)
{
    uint32_t flags = p->trace.flags;
    return flags & TRACE_CALL && !(flags & TRACE_SENSITIVE) && trace_check(&p->trace);
}

static void call_meta(struct process *p, struct breakpoint *b)
{
    if (p->trace.flags & TRACE_SENSITIVE || is_nil(b->meta_tracer)) return;
    if (!tracer_stays(b->meta_tracer, p->pid)) {
        b->meta_tracer = NIL;
        return;
    }
    term tracer = b->meta_tracer;
    const struct export *f = b->function;
    unsigned wishes = call(p, f, b->meta_spec, true, tracer);
    if (wishes) push_wished(p, f, wishes, tracer);
}

static void call_timed(struct process *p, struct breakpoint *b)
{
    struct export *before = call_clock_enter(p, b);
    if (trace_frame_of(p->cp) != FRAME_PLAIN) return;
    if (p->heap.stack - p->heap.top < 2) process_collect(p, 2, engine_x, b->function->arity, false);
    push(p, FRAME_TIME, export_word(before), NIL);
}

void breakpoint_call(struct process *p, struct breakpoint *b)
{
    uint32_t flags = b->flags, own = BREAK_LOCAL | BREAK_GLOBAL | BREAK_TIMING;
    const struct export *f = b->function;
    if (flags & own && !is_call_traced(p)) flags &= ~own;
    if (flags & (BREAK_LOCAL | BREAK_GLOBAL)) {
        unsigned wishes = call(p, f, b->spec, flags & BREAK_LOCAL, NIL);
        if (wishes) push_wished(p, f, wishes, OWN_TRACER);
    }
    if (flags & BREAK_SAVE) saved_calls_note(p, f->module, f->function, f->arity);
    if (flags & BREAK_META) call_meta(p, b);
    if (flags & BREAK_COUNTING) b->count++;
    if (flags & BREAK_TIMING) call_timed(p, b);
    if (unlikely(heap_wants_collection(&p->heap))) process_collect(p, 0, engine_x, f->arity, false);
}

/* --- returns ------------------------------------------------------------------------------------------ */

static void tell_end(struct process *p, const term *frame, term tag, term value)
{
    const struct export *f = word_export(frame[1]);
    term tracer = frame[2];
    uint32_t flags = TRACE_CALL | TRACE_NOW;
    if (term_same(tracer, OWN_TRACER)) tracer = p->trace.tracer, flags = p->trace.flags;
    if (is_nil(tracer) || !(flags & TRACE_CALL)) return;
    const term mfa[4] = {header(3, KIND_TUPLE), f->module, f->function, small(f->arity)};
    trace_tell_to(tracer, flags, p->pid, tag, boxed_term(mfa), value, ATOM(true));
}

void trace_frame_return(struct process *p)
{
    tell_end(p, p->heap.stack, ATOM(return_from), engine_x[0]);
}

void trace_frame_exception(struct process *p, const term *frame, term class_, term reason)
{
    const term pair[3] = {header(2, KIND_TUPLE), class_, reason};
    tell_end(p, frame, ATOM(exception_from), boxed_term(pair));
}

void trace_return_to(struct process *p, const code_word *to)
{
    struct code_place at;
    term mfa[4] = {header(3, KIND_TUPLE)}, place = ATOM(undefined);
    if (code_place_of(to - 1, &at)) {
        mfa[1] = at.module, mfa[2] = at.function, mfa[3] = small(at.arity);
        place = boxed_term(mfa);
    }
    trace_tell(&p->trace, ATOM(return_to), place, NO_VALUE, ATOM(true));
}

void trace_frame_return_to(struct process *p)
{
    if (!(p->trace.flags & TRACE_RETURN_TO)) return;
    const term *frame = p->heap.stack;
    bool more;
    trace_return_to(p, real_address(address(frame[0]), frame + 1, &more));
}

void trace_frame_time(struct process *p) { call_clock_leave(p, word_export(p->heap.stack[1])); }
