/* SPDX-License-Identifier: Apache-2.0 */
/* match_trace.c -- see match_trace.h. */
#include "bif/match_trace.h"
#include "bif/seq_trace.h"
#include "bif/trace.h"
#include "binary/binary.h"
#include "code/breakpoint.h"
#include "heap/arena.h"
#include "process/registry.h"
#include "sched/dump.h"

/* A pid, or the name of one. */
static struct process *find(term t)
{
    if (is_atom(t)) t = registry_find(t);
    return is_value(t) ? process_find(t) : NULL;
}

/* true when that changes something. */
static term set_flags(struct process *p, term tracer, uint32_t off, uint32_t on)
{
    uint32_t flags = p->trace.flags & ~(uint32_t)TRACE_ALL;
    if (!is_nil(tracer)) flags = (p->trace.flags & ~off) | on;
    if (!flags) tracer = NIL;
    bool same = term_same(p->trace.tracer, tracer) && p->trace.flags == flags;
    trace_set(p, flags, tracer);
    return atom_bool(!same);
}

static term change_flag(struct process *p, const term *arg, size_t count, bool on)
{
    uint32_t flag = trace_flag_bit(arg[count - 1]);
    struct process *of = count == 1 ? p : find(arg[0]);
    if (!flag || !of) return NO_VALUE;
    set_flags(of, p->trace.tracer, on ? 0 : flag, on ? flag : 0);
    return ATOM(true);
}

/* {trace, Disable, Enable}, {trace, Tracee, Disable, Enable} */
static term change_flags(struct process *p, const term *arg, size_t count)
{
    struct trace_options off, on;
    struct process *of = count == 2 ? p : find(arg[0]);
    if (!trace_options(arg[count - 2], &off) || !trace_options(arg[count - 1], &on) || !of ||
        off.cpu_stamps || on.cpu_stamps)
        return NO_VALUE;
    term tracer = p->trace.tracer;
    if (!is_nil(off.tracer)) tracer = off.tracer;
    if (!is_nil(on.tracer)) tracer = on.tracer;
    if (!is_nil(tracer) && !tracer_lives(tracer)) return NO_VALUE;
    return set_flags(of, tracer, off.flags, on.flags);
}

static term caller(struct process *p, bool with_line)
{
    struct code_place at;
    struct heap *h = &p->heap;
    if (!code_place_of(trace_caller(p) - 1, &at)) return ATOM(undefined);
    if (!with_line) return make_tuple3(h, at.module, at.function, small(at.arity));
    term line = ATOM(undefined);
    if (is_value(at.file)) line = make_tuple2(h, at.file, small(at.line));
    return make_tuple4(h, at.module, at.function, small(at.arity), line);
}

static term dump(struct process *p)
{
    struct text text = {0};
    process_dump(&(struct print_sink){text_write, &text}, p);
    term binary = binary_make(&p->heap, text.bytes, text.used);
    arena_free(text.bytes);
    return binary;
}

static term silence(struct process *p, term on)
{
    if (term_same(on, ATOM(true))) p->trace.flags |= TRACE_SILENT;
    if (term_same(on, ATOM(false))) p->trace.flags &= ~(uint32_t)TRACE_SILENT;
    return ATOM(true);
}

term match_trace_form(struct process *p, enum match_op op, const term *arg, size_t count, bool test)
{
    switch (op) {
    case IS_SEQ_TRACE: return atom_bool(!is_nil(p->seq_token));
    case GET_SEQ_TOKEN: return p->seq_token;
    case SET_SEQ_TOKEN: return test ? seq_trace_about(p, arg[0]) : seq_trace_set(p, arg[0], arg[1]);
    case ENABLE_TRACE: return change_flag(p, arg, count, true);
    case DISABLE_TRACE: return change_flag(p, arg, count, false);
    case CHANGE_TRACE: return change_flags(p, arg, count);
    case CALLER: return test ? ATOM(undefined) : caller(p, false);
    case CALLER_LINE: return test ? ATOM(undefined) : caller(p, true);
    case PROCESS_DUMP: return dump(p);
    case SILENT: return test ? ATOM(true) : silence(p, arg[0]);
    default: return NO_VALUE;
    }
}
