/* SPDX-License-Identifier: Apache-2.0 */
/* seq_trace.c -- the sequential trace token of the caller: seq_trace/2 and its kin. */
#include "bif/seq_trace.h"
#include "term/compare.h"

static int64_t flag_of(term name)
{
    if (!is_atom(name)) return 0;
    switch (atom_index(name)) {
    case ATOM_send: return SEQ_SEND;
    case ATOM_receive: return SEQ_RECEIVE;
    case ATOM_print: return SEQ_PRINT;
    case ATOM_timestamp: return SEQ_NOW;
    case ATOM_strict_monotonic_timestamp: return SEQ_STRICT;
    case ATOM_monotonic_timestamp: return SEQ_MONOTONIC;
    default: return 0;
    }
}

static term part(struct process *p, enum seq_part which)
{
    /* Asking for a part to change it makes a token. */
    if (is_nil(p->seq_token)) seq_trace_put(p, SEQ_FLAGS, small(0));
    return element(p->seq_token, which);
}

static term set_flag(struct process *p, int64_t flag, bool on)
{
    int64_t flags = small_value(part(p, SEQ_FLAGS));
    seq_trace_put(p, SEQ_FLAGS, small(on ? flags | flag : flags & ~flag));
    return atom_bool(flags & flag);
}

/* {Previous, Current} */
static term serial(struct process *p)
{
    return make_tuple2(&p->heap, part(p, SEQ_LAST), part(p, SEQ_SERIAL));
}

static term set_serial(struct process *p, term value)
{
    term old = serial(p);
    seq_trace_put(p, SEQ_LAST, element(value, 0));
    seq_trace_put(p, SEQ_SERIAL, element(value, 1));
    p->seq_last = small_value(element(value, 0));
    p->seq_clock = small_value(element(value, 1));
    return old;
}

term seq_trace_set(struct process *p, term what, term value)
{
    int64_t flag = flag_of(what);
    bool on = term_same(value, ATOM(true));
    if (flag && (on || term_same(value, ATOM(false)))) return set_flag(p, flag, on);
    if (term_same(what, ATOM(label))) {
        term old = part(p, SEQ_LABEL);
        seq_trace_put(p, SEQ_LABEL, value);
        return old;
    }
    if (term_same(what, ATOM(serial)) && is_tuple_of(value, 2) && is_small(element(value, 0)) &&
        is_small(element(value, 1)))
        return set_serial(p, value);
    if (term_same(what, ATOM(sequential_trace_token)) && is_nil(value)) {
        term old = p->seq_token;
        p->seq_token = NIL;
        return old;
    }
    return NO_VALUE;
}

term seq_trace_about(struct process *p, term what)
{
    struct heap *h = &p->heap;
    int64_t flag = flag_of(what);
    bool none = is_nil(p->seq_token);
    if (flag || (none && term_same(what, ATOM(spawn)))) {
        int64_t flags = none ? 0 : small_value(part(p, SEQ_FLAGS));
        return make_tuple2(h, what, atom_bool(flags & flag));
    }
    if (term_same(what, ATOM(label))) return none ? NIL : make_tuple2(h, what, part(p, SEQ_LABEL));
    if (term_same(what, ATOM(serial))) return none ? NIL : make_tuple2(h, what, serial(p));
    return NO_VALUE;
}

term bif_erlang_seq_trace_2(struct process *p, const term *arg)
{
    term old = seq_trace_set(p, arg[0], arg[1]);
    return is_value(old) ? old : raise_badarg(p);
}

term bif_erlang_seq_trace_info_1(struct process *p, const term *arg)
{
    term info = seq_trace_about(p, arg[0]);
    return is_value(info) ? info : raise_badarg(p);
}

static term print(struct process *p, term message)
{
    seq_trace_step(p);
    seq_trace_tell(p->seq_token, message, SEQ_PRINT, NIL, p);
    return ATOM(true);
}

term bif_erlang_seq_trace_print_1(struct process *p, const term *arg)
{
    return is_nil(p->seq_token) ? ATOM(false) : print(p, arg[0]);
}

term bif_erlang_seq_trace_print_2(struct process *p, const term *arg)
{
    if (is_nil(p->seq_token) || !term_same_value(arg[0], part(p, SEQ_LABEL))) return ATOM(false);
    return print(p, arg[1]);
}
