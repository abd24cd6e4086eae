/* SPDX-License-Identifier: Apache-2.0 */
/* process_raise.c -- exceptions raised by name. */
#include "bif/bif.h"
#include "term/map.h"

term bif_erlang_exit_1(struct process *p, const term *arg)
{
    return raise_class(p, FAULT_EXIT, arg[0]);
}

term bif_erlang_throw_1(struct process *p, const term *arg)
{
    return raise_class(p, FAULT_THROW, arg[0]);
}

term bif_erlang_error_1(struct process *p, const term *arg) { return raise(p, arg[0]); }

term bif_erlang_nif_error_1(struct process *p, const term *arg) { return raise(p, arg[0]); }

static term raise_with_args(struct process *p, term reason, term args)
{
    raise(p, reason);
    p->fault.has_args = true;
    p->fault.args = args;
    return NO_VALUE;
}

/* `none` in place of the arguments: just the arity, as error/1. */
term bif_erlang_error_2(struct process *p, const term *arg)
{
    return raise_with_args(p, arg[0], arg[1]);
}

term bif_erlang_nif_error_2(struct process *p, const term *arg)
{
    return raise_with_args(p, arg[0], arg[1]);
}

/* The map of the last {error_info, Map} in a list of nothing else; NO_VALUE otherwise. */
static term error_info_of(term list)
{
    term info = NO_VALUE;
    for (; is_cons(list); list = tail(list)) {
        term option = head(list);
        if (!is_tuple_of(option, 2) || !term_same(element(option, 0), ATOM(error_info))) break;
        if (!is_map(element(option, 1))) break;
        info = element(option, 1);
    }
    return is_nil(list) ? info : NO_VALUE;
}

term bif_erlang_error_3(struct process *p, const term *arg)
{
    raise_with_args(p, arg[0], arg[1]);
    term info = error_info_of(arg[2]);
    if (is_value(info)) {
        p->fault.has_info = true;
        p->fault.info = info;
    }
    return NO_VALUE;
}

/* --- raise/3 --------------------------------------------------------------------------------- */

static bool is_location(term list)
{
    for (; is_cons(list); list = tail(list))
        if (!is_tuple_of(head(list), 2)) return false;
    return is_nil(list);
}

/* {M, F, Arity or Args}, {Fun, Args}, and both with a location behind. */
static bool is_frame(term t)
{
    if (!is_tuple(t)) return false;
    const term *e = tuple_elements(t);
    switch (tuple_size(t)) {
    case 2: return is_fun(e[0]);
    case 3: return is_fun(e[0]) ? is_location(e[2]) : is_atom(e[0]) && is_atom(e[1]);
    case 4: return is_atom(e[0]) && is_atom(e[1]) && is_location(e[3]);
    default: return false;
    }
}

/* Frames of three elements become four. */
static term complete_frame(struct heap *h, term t)
{
    const term *e = tuple_elements(t);
    if (tuple_size(t) == 2) return make_tuple3(h, e[0], e[1], NIL);
    if (tuple_size(t) == 3 && is_atom(e[0])) return make_tuple4(h, e[0], e[1], e[2], NIL);
    return t;
}

static bool is_trace(term list)
{
    for (; is_cons(list); list = tail(list))
        if (!is_frame(head(list))) return false;
    return is_nil(list);
}

static term complete_trace(struct heap *h, term list)
{
    term first = NIL, *last = NULL;
    for (; is_cons(list); list = tail(list)) {
        term cell = make_cons(h, complete_frame(h, head(list)), NIL);
        if (last)
            *last = cell;
        else
            first = cell;
        last = cons_words(cell) + 1;
    }
    return first;
}

/* Bad arguments raise nothing: the answer is then badarg. */
term bif_erlang_raise_3(struct process *p, const term *arg)
{
    enum fault_class class_;
    if (term_same(arg[0], ATOM(error)))
        class_ = FAULT_ERROR;
    else if (term_same(arg[0], ATOM(exit)))
        class_ = FAULT_EXIT;
    else if (term_same(arg[0], ATOM(throw)))
        class_ = FAULT_THROW;
    else
        return ATOM(badarg);
    if (!is_trace(arg[2])) return ATOM(badarg);
    raise_class(p, class_, arg[1]);
    p->fault.has_trace = true;
    p->fault.trace = complete_trace(&p->heap, arg[2]);
    return NO_VALUE;
}
