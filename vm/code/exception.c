/* SPDX-License-Identifier: Apache-2.0 */
/* exception.c -- faults: the raw trace, the search for a handler, the list that users see.
 *
 * The trace is kept raw (addresses) until somebody asks for it: most exceptions are caught
 * without a look at their trace.
 */
#include "code/exception.h"
#include "binary/binary.h"
#include "code/breakpoint.h"
#include "code/engine.h"
#include "heap/maps.h"
#include "process/log.h"
#include "process/trace.h"

int64_t backtrace_depth = BACKTRACE_DEPTH;

/* --- raw traces ------------------------------------------------------------------------ */

static term class_atom(enum fault_class c)
{
    return c == FAULT_EXIT ? ATOM(exit) : c == FAULT_THROW ? ATOM(throw) : ATOM(error);
}

bool exception_is_for_applier(const struct export *x)
{
    if (!term_same(x->module, ATOM(erlang))) return false;
    switch (atom_index(x->function)) {
    case ATOM_error: return x->arity >= 1 && x->arity <= 3;
    case ATOM_exit:
    case ATOM_throw: return x->arity == 1;
    default: return false;
    }
}

/* Those raise for their caller, and are not in the trace themselves. */
static bool raises_for_caller(const struct export *x)
{
    if (exception_is_for_applier(x)) return true;
    if (!term_same(x->module, ATOM(erlang))) return false;
    /* +X: stock's leaves no frame. */
    return term_same(x->function, ATOM(raise)) ||
           (term_same(x->function, ATOM(plus)) && x->arity == 1);
}

/* Which module explains the errors of this module's natives. */
static term explaining_module(term module)
{
    switch (atom_index(module)) {
    case ATOM_erlang:
    case ATOM_atomics:
    case ATOM_counters:
    case ATOM_erts_internal:
    case ATOM_persistent_term: return ATOM(erl_erts_errors);
    case ATOM_os: return ATOM(erl_kernel_errors);
    case ATOM_binary:
    case ATOM_ets:
    case ATOM_lists:
    case ATOM_maps:
    case ATOM_math:
    case ATOM_re:
    case ATOM_unicode: return ATOM(erl_stdlib_errors);
    default: return NO_VALUE;
    }
}

static term info_list(struct process *p, term map)
{
    struct heap *h = &p->heap;
    return make_cons(h, make_tuple2(h, ATOM(error_info), map), NIL);
}

static term native_info(struct process *p, const struct export *native)
{
    term module = explaining_module(native->module);
    if (is_no_value(module) || term_same(p->fault.reason, ATOM(undef))) return NIL;
    struct heap *h = &p->heap;
    term map = p->fault.has_info ? map_of2(h, ATOM(cause), p->fault.info, ATOM(module), module)
                                 : map_of1(h, ATOM(module), module);
    return info_list(p, map);
}

size_t engine_backtrace(const struct process *p, const code_word **out, size_t room)
{
    size_t n = 0;
    if (n < room && p->cp && trace_frame_of(p->cp) == FRAME_PLAIN) out[n++] = p->cp;
    for (const term *s = p->heap.stack; s < p->heap.end && n < room; s++) {
        const code_word *at = (const code_word *)(uintptr_t)s->bits;
        if (is_header(*s) && at && trace_frame_of(at) == FRAME_PLAIN) out[n++] = at;
    }
    return n;
}

size_t engine_trace(const struct process *p, const code_word *last, const code_word **out,
                    size_t room)
{
    size_t n = 0;
    if (n < room && p->cp && p->cp != last && trace_frame_of(p->cp) == FRAME_PLAIN)
        out[n++] = last = p->cp;
    for (const term *s = p->heap.stack; s < p->heap.end && n < room; s++) {
        const code_word *at = (const code_word *)(uintptr_t)s->bits;
        if (!is_header(*s) || !at || at == last || trace_frame_of(at) != FRAME_PLAIN) continue;
        out[n++] = last = at;
    }
    return n;
}

static term addresses(struct process *p, const code_word *pc, bool under_native)
{
    const code_word *at[BACKTRACE_DEPTH_MOST];
    code_word words[BACKTRACE_DEPTH_MOST];
    /* There is always the current function, however little is asked for. */
    size_t depth = backtrace_depth > 0 ? (size_t)backtrace_depth : 1;
    size_t room = depth > under_native ? depth - under_native : 0, n = 0;
    /* The instruction itself, in the form of a return address. */
    if (room && trace_frame_of(pc + 1) == FRAME_PLAIN) words[n++] = low_word(pc + 1);
    size_t found = engine_trace(p, under_native ? pc + 1 : NULL, at, room - n);
    for (size_t i = 0; i < found; i++) words[n++] = low_word(at[i]);
    return binary_make(&p->heap, words, n * sizeof *words);
}

static term make_raw(struct process *p, const code_word *pc, const struct export *native,
                     const term *args)
{
    struct heap *h = &p->heap;
    struct fault *f = &p->fault;
    term class_ = class_atom(f->class_);
    if (f->has_trace)
        return exception_is_raw(f->trace) ? f->trace : make_tuple2(h, class_, f->trace);
    term top = NIL, top_args = ATOM(true), info = NIL;
    if (native && !raises_for_caller(native)) {
        top = make_tuple3(h, native->module, native->function, small(native->arity));
        top_args = make_list(h, native->arity, args, NIL);
        info = native_info(p, native);
    } else {
        if (f->has_args) top_args = f->args;
        if (f->has_info && is_map(f->info)) info = info_list(p, f->info);
        if (!native && f->has_args) info = ATOM(true);
    }
    term bin = addresses(p, pc, !is_nil(top));
    term *t = heap_alloc(h, TUPLE_WORDS(5));
    t[0] = header(5, KIND_TUPLE);
    t[1] = class_, t[2] = top, t[3] = top_args, t[4] = info, t[5] = bin;
    return boxed_term(t);
}

bool exception_is_raw(term t)
{
    return (is_tuple_of(t, 5) || is_tuple_of(t, 2)) && is_atom(element(t, 0));
}

/* --- the list ------------------------------------------------------------------------------- */

static term pair_cons(struct heap *h, term key, term value, term rest)
{
    return make_cons(h, make_tuple2(h, key, value), rest);
}

/* {M, F, ArgsOrArity, Location} in front of `rest`; no frame when the address is in no code. */
static term frame_cons(struct process *p, const code_word *return_address, term args, term info,
                       term rest)
{
    struct code_place place;
    struct heap *h = &p->heap;
    if (!code_place_of(return_address - 1, &place)) return rest;
    bool is_lost = term_same(info, ATOM(false));
    term location = is_list(info) ? info : NIL;
    if (is_value(place.file) && !is_lost) {
        location = pair_cons(h, ATOM(line), small(place.line), location);
        location = pair_cons(h, ATOM(file), place.file, location);
    }
    if (!is_list(args)) args = small(place.arity);
    return make_cons(h, make_tuple4(h, place.module, place.function, args, location), rest);
}

term exception_stacktrace(struct process *p, term raw)
{
    if (!exception_is_raw(raw)) return NIL;
    if (is_tuple_of(raw, 2)) return element(raw, 1);
    struct heap *h = &p->heap;
    term top = element(raw, 1), args = element(raw, 2), info = element(raw, 3);
    size_t bytes = 0;
    const uint8_t *at = binary_bytes(element(raw, 4), &bytes);
    term list = NIL;
    for (size_t n = bytes / sizeof(code_word); n-- > 0;) {
        code_word w;
        memcpy(&w, at + n * sizeof w, sizeof w);
        bool is_top = n == 0 && is_nil(top);
        list = frame_cons(p, low_pointer(w), is_top ? args : ATOM(true), is_top ? info : NIL, list);
    }
    if (!is_nil(top))
        list = make_cons(h, make_tuple4(h, element(top, 0), element(top, 1), args, info), list);
    return list;
}

/* --- handlers -------------------------------------------------------------------------------------- */

/* A walk from frame to frame, towards the oldest. */
struct unwinding {
    const code_word *owner;     /* where the frame is returned to, that comes next */
    bool after_return_to;       /* ... and the one before was told where to it returns */
    const code_word *return_to; /* for the frame it is in: what is to be told when it catches */
};

/* The frame at s begins: its length as far as is known. */
static size_t enter_frame(struct process *p, struct unwinding *u, const term *s, term class_,
                          term reason)
{
    enum trace_frame kind = u->owner ? trace_frame_of(u->owner) : FRAME_PLAIN;
    if (kind == FRAME_EXCEPTION) trace_frame_exception(p, s, class_, reason);
    u->return_to = kind == FRAME_PLAIN && u->after_return_to ? u->owner : NULL;
    u->after_return_to = kind == FRAME_RETURN_TO || (kind != FRAME_PLAIN && u->after_return_to);
    u->owner = (const code_word *)(uintptr_t)s->bits;
    return kind == FRAME_PLAIN ? 1 : trace_frame_words(kind);
}

/* The frame with the newest catch mark becomes the newest frame; traced functions that are left are told. */
static const code_word *unwind(struct process *p, const code_word *pc, term class_, term reason)
{
    if (p->catches <= 0 && !(p->trace.flags & TRACE_EXCEPTIONS)) return NULL;
    term *frame = p->heap.stack;
    struct unwinding u = {.owner = p->cp ? p->cp : pc + 1};
    for (term *s = p->heap.stack; s < p->heap.end;) {
        if (is_header(*s)) {
            frame = s;
            s += enter_frame(p, &u, s, class_, reason);
        } else if (is_catch(*s) && p->catches > 0) {
            p->heap.stack = frame;
            if (u.return_to && p->trace.flags & TRACE_RETURN_TO) trace_return_to(p, u.return_to);
            return low_pointer(catch_address(*s));
        } else {
            s++;
        }
    }
    return NULL;
}

void exception_leave_traced(struct process *p, term reason)
{
    int catches = p->catches;
    p->catches = 0;
    unwind(p, p->pc, ATOM(exit), reason);
    p->catches = catches;
}

const code_word *exception_handle(struct process *p, const code_word *pc,
                                  const struct export *native, const term *args)
{
    term raw = make_raw(p, pc, native, args);
    enum fault_class class_ = p->fault.class_;
    term reason = p->fault.reason;
    if (class_ == FAULT_THROW && p->catches <= 0) {
        reason = make_tuple2(&p->heap, ATOM(nocatch), reason);
        class_ = FAULT_ERROR;
    }
    const code_word *handler = unwind(p, pc, class_atom(class_), reason);
    p->fault = (struct fault){.class_ = FAULT_NONE};
    if (!handler) {
        process_crash(p, class_, reason, exception_stacktrace(p, raw));
        return NULL;
    }
    engine_x[0] = NO_VALUE;
    engine_x[1] = class_atom(class_);
    engine_x[2] = reason;
    engine_x[3] = raw;
    return handler;
}

static enum fault_class class_of(term class_)
{
    if (term_same(class_, ATOM(exit))) return FAULT_EXIT;
    return term_same(class_, ATOM(throw)) ? FAULT_THROW : FAULT_ERROR;
}

void exception_raise_again(struct process *p, term class_, term reason, term raw, bool is_new)
{
    raise_class(p, class_of(class_), reason);
    if (!exception_is_raw(raw)) return;
    p->fault.has_trace = true;
    p->fault.trace = raw;
    /* A raw trace carries its class, so it is made new when the class changed.  What was a
     * function_clause loses its place here, as in stock, where it is no longer known as one. */
    size_t n = tuple_size(raw);
    bool is_clause = is_new && n == 5 && term_same(element(raw, 3), ATOM(true));
    if (term_same(element(raw, 0), class_) && !is_clause) return;
    p->fault.trace = make_tuple(&p->heap, n, tuple_elements(raw));
    tuple_elements(p->fault.trace)[0] = class_;
    if (is_clause) tuple_elements(p->fault.trace)[3] = ATOM(false);
}

term exception_catch_value(struct process *p)
{
    term class_ = engine_x[1], reason = engine_x[2];
    if (term_same(class_, ATOM(throw))) return reason;
    struct heap *h = &p->heap;
    if (term_same(class_, ATOM(error)))
        reason = make_tuple2(h, reason, exception_stacktrace(p, engine_x[3]));
    return make_tuple2(h, ATOM(EXIT), reason);
}
