/* SPDX-License-Identifier: Apache-2.0 */
/* lists.c -- the functions of the lists module that are not written in Erlang, ++, and heads and tails. */
#include "bif/bif.h"
#include "term/compare.h"

/* Cells that cost one reduction. */
enum { CELLS_FOR_ONE = 60 };

term bif_erlang_length_1(struct process *p, const term *arg)
{
    ptrdiff_t n = list_length(arg[0]);
    bump(p, n / CELLS_FOR_ONE);
    return n < 0 ? raise_badarg(p) : small(n);
}

term bif_erlang_hd_1(struct process *p, const term *arg)
{
    return is_cons(arg[0]) ? head(arg[0]) : raise_badarg(p);
}

term bif_erlang_tl_1(struct process *p, const term *arg)
{
    return is_cons(arg[0]) ? tail(arg[0]) : raise_badarg(p);
}

/* --- copying ----------------------------------------------------------------------------------- */

term bif_lists_reverse_2(struct process *p, const term *arg)
{
    ptrdiff_t n = list_length(arg[0]);
    if (n < 0) return raise_badarg(p);
    bump(p, n / CELLS_FOR_ONE);
    term *cells = heap_alloc(&p->heap, CONS_WORDS * (size_t)n), result = arg[1];
    for (term t = arg[0]; is_cons(t); t = tail(t), cells += CONS_WORDS) {
        cells[0] = head(t), cells[1] = result;
        result = cons_term(cells);
    }
    return result;
}

term bif_erlang_append_2(struct process *p, const term *arg)
{
    if (is_nil(arg[0])) return arg[1];
    ptrdiff_t n = list_length(arg[0]);
    if (n < 0) return raise_badarg(p);
    if (is_nil(arg[1])) return arg[0];
    bump(p, n / CELLS_FOR_ONE);
    term *cells = heap_alloc(&p->heap, CONS_WORDS * (size_t)n), result = cons_term(cells);
    for (term t = arg[0]; is_cons(t); t = tail(t), cells += CONS_WORDS) {
        cells[0] = head(t);
        cells[1] = cons_term(cells + CONS_WORDS);
    }
    cells[-1] = arg[1];
    return result;
}
term bif_erlang_plusplus_2(struct process *p, const term *arg)
{
    return bif_erlang_append_2(p, arg);
}

/* --- searching ------------------------------------------------------------------------------------ */

term bif_lists_member_2(struct process *p, const term *arg)
{
    term key = arg[0], list = arg[1];
    int64_t cells = 0;
    if (is_immediate(key)) {
        for (; is_cons(list) && !term_same(head(list), key); list = tail(list)) cells++;
    } else {
        for (; is_cons(list) && !term_same_value(head(list), key); list = tail(list)) cells++;
    }
    bump(p, cells / CELLS_FOR_ONE);
    if (is_cons(list)) return ATOM(true);
    return is_nil(list) ? ATOM(false) : raise_badarg(p);
}

static bool equal_to_small(term t, int64_t key)
{
    /* Stock compares as floats here, whatever the size of the key; so do we. */
    return term_same(t, small(key)) || (is_float(t) && float_value(t) == (double)key);
}

/* The first tuple whose element at `position` == key; NIL: none; NO_VALUE: badarg was raised. */
static term find_tuple(struct process *p, const term *arg)
{
    term key = arg[0], list = arg[2];
    if (!is_small(arg[1]) || small_value(arg[1]) < 1) return raise_badarg(p);
    size_t position = (size_t)small_value(arg[1]);
    int64_t cells = 0;
    for (; is_cons(list); list = tail(list), cells++) {
        term t = head(list);
        if (!is_tuple(t) || tuple_size(t) < position) continue;
        term e = element(t, position - 1);
        bool found = is_small(key)       ? equal_to_small(e, small_value(key))
                     : is_immediate(key) ? term_same(e, key)
                                         : term_equal(e, key);
        if (found) break;
    }
    bump(p, cells / CELLS_FOR_ONE);
    if (is_cons(list)) return head(list);
    return is_nil(list) ? NIL : raise_badarg(p);
}

term bif_lists_keyfind_3(struct process *p, const term *arg)
{
    term t = find_tuple(p, arg);
    return is_nil(t) ? ATOM(false) : t;
}

term bif_lists_keymember_3(struct process *p, const term *arg)
{
    term t = find_tuple(p, arg);
    return is_no_value(t) ? t : atom_bool(!is_nil(t));
}

term bif_lists_keysearch_3(struct process *p, const term *arg)
{
    term t = find_tuple(p, arg);
    if (is_no_value(t)) return t;
    return is_nil(t) ? ATOM(false) : make_tuple2(&p->heap, ATOM(value), t);
}
