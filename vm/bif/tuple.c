/* SPDX-License-Identifier: Apache-2.0 */
/* tuple.c -- looking into tuples, making and changing them. */
#include "bif/bif.h"

#define TUPLE_LIMIT ((1 << 24) - 1) /* elements */

/* The index from 0 of position `t`, which is 1..n; SIZE_MAX when it is not. */
static size_t index_of(term t, size_t n)
{
    if (!is_small(t) || small_value(t) < 1 || (uint64_t)small_value(t) > n) return SIZE_MAX;
    return (size_t)small_value(t) - 1;
}

term bif_erlang_element_2(struct process *p, const term *arg)
{
    if (!is_tuple(arg[1])) return raise_badarg(p);
    size_t i = index_of(arg[0], tuple_size(arg[1]));
    return i == SIZE_MAX ? raise_badarg(p) : element(arg[1], i);
}

term bif_erlang_tuple_size_1(struct process *p, const term *arg)
{
    return is_tuple(arg[0]) ? small((int64_t)tuple_size(arg[0])) : raise_badarg(p);
}

term bif_erlang_setelement_3(struct process *p, const term *arg)
{
    if (!is_tuple(arg[1])) return raise_badarg(p);
    size_t n = tuple_size(arg[1]), i = index_of(arg[0], n);
    if (i == SIZE_MAX) return raise_badarg(p);
    term t = make_tuple(&p->heap, n, tuple_elements(arg[1]));
    tuple_elements(t)[i] = arg[2];
    bump(p, (int64_t)n / 64);
    return t;
}

static term fill_tuple(struct process *p, term count, term value)
{
    if (!is_small(count) || small_value(count) < 0 || small_value(count) > TUPLE_LIMIT)
        return NO_VALUE;
    size_t n = (size_t)small_value(count);
    term t = make_tuple(&p->heap, n, NULL);
    for (size_t i = 0; i < n; i++) tuple_elements(t)[i] = value;
    bump(p, (int64_t)n / 64);
    return t;
}

term bif_erlang_make_tuple_2(struct process *p, const term *arg)
{
    term t = fill_tuple(p, arg[0], arg[1]);
    return is_value(t) ? t : raise_badarg(p);
}

term bif_erlang_make_tuple_3(struct process *p, const term *arg)
{
    term t = fill_tuple(p, arg[0], arg[1]), list = arg[2];
    if (is_no_value(t)) return raise_badarg(p);
    for (; is_cons(list); list = tail(list)) {
        if (!is_tuple_of(head(list), 2)) return raise_badarg(p);
        size_t i = index_of(element(head(list), 0), tuple_size(t));
        if (i == SIZE_MAX) return raise_badarg(p);
        tuple_elements(t)[i] = element(head(list), 1);
    }
    return is_nil(list) ? t : raise_badarg(p);
}

/* The tuple with `value` before index i; i may be its size. */
static term insert(struct process *p, term tuple, size_t i, term value)
{
    size_t n = tuple_size(tuple);
    if (n >= TUPLE_LIMIT) return raise_badarg(p);
    term t = make_tuple(&p->heap, n + 1, NULL);
    term *to = tuple_elements(t);
    memcpy(to, tuple_elements(tuple), i * sizeof *to);
    to[i] = value;
    memcpy(to + i + 1, tuple_elements(tuple) + i, (n - i) * sizeof *to);
    return t;
}

term bif_erlang_append_element_2(struct process *p, const term *arg)
{
    return is_tuple(arg[0]) ? insert(p, arg[0], tuple_size(arg[0]), arg[1]) : raise_badarg(p);
}

term bif_erlang_insert_element_3(struct process *p, const term *arg)
{
    if (!is_tuple(arg[1])) return raise_badarg(p);
    size_t i = index_of(arg[0], tuple_size(arg[1]) + 1);
    return i == SIZE_MAX ? raise_badarg(p) : insert(p, arg[1], i, arg[2]);
}

term bif_erlang_delete_element_2(struct process *p, const term *arg)
{
    if (!is_tuple(arg[1])) return raise_badarg(p);
    size_t n = tuple_size(arg[1]), i = index_of(arg[0], n);
    if (i == SIZE_MAX) return raise_badarg(p);
    term t = make_tuple(&p->heap, n - 1, NULL);
    term *to = tuple_elements(t);
    memcpy(to, tuple_elements(arg[1]), i * sizeof *to);
    memcpy(to + i, tuple_elements(arg[1]) + i + 1, (n - 1 - i) * sizeof *to);
    return t;
}

term bif_erlang_tuple_to_list_1(struct process *p, const term *arg)
{
    if (!is_tuple(arg[0])) return raise_badarg(p);
    size_t n = tuple_size(arg[0]);
    bump(p, (int64_t)n / 64);
    return make_list(&p->heap, n, tuple_elements(arg[0]), NIL);
}

term bif_erlang_list_to_tuple_1(struct process *p, const term *arg)
{
    ptrdiff_t n = list_length(arg[0]);
    if (n < 0 || n > TUPLE_LIMIT) return raise_badarg(p);
    term t = make_tuple(&p->heap, (size_t)n, NULL);
    term *to = tuple_elements(t);
    for (term list = arg[0]; is_cons(list); list = tail(list)) *to++ = head(list);
    bump(p, n / 64);
    return t;
}
