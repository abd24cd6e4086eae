/* SPDX-License-Identifier: Apache-2.0 */
/* lists.c -- the functions of the lists module that are not written in Erlang, ++, and heads and tails.
 *
 * Short lists, nearly all, are worked off in place; what has more than SHORT cells pauses.
 */
#include "bif/bif.h"
#include "process/pause.h"
#include "term/compare.h"

/* Cells that cost one reduction. */
enum { CELLS_FOR_ONE = 60, SHORT = 2048 };

/* Has the list more than SHORT cells?  If not, they are paid for. */
static bool is_long(struct process *p, term list)
{
    if (unlikely(p->bif_state)) return true; /* it has paused */
    size_t n = list_cells(list, SHORT + 1);
    if (n > SHORT) return true;
    bump(p, (int64_t)n / CELLS_FOR_ONE);
    return false;
}

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

static term reverse(struct process *p, const term *arg)
{
    ptrdiff_t n = effort_list_length(arg[0]);
    if (n < 0) return raise_badarg(p);
    term *cells = heap_alloc(&p->heap, CONS_WORDS * (size_t)n), result = arg[1];
    for (term t = arg[0]; is_cons(t); t = tail(t), cells += CONS_WORDS) {
        cells[0] = head(t), cells[1] = result;
        result = cons_term(cells);
        effort(1);
    }
    return result;
}

term bif_lists_reverse_2(struct process *p, const term *arg)
{
    return is_long(p, arg[0]) ? pausing(p, reverse, 2, arg) : reverse(p, arg);
}

static term append(struct process *p, const term *arg)
{
    ptrdiff_t n = effort_list_length(arg[0]);
    if (n < 0) return raise_badarg(p);
    term *cells = heap_alloc(&p->heap, CONS_WORDS * (size_t)n), result = cons_term(cells);
    for (term t = arg[0]; is_cons(t); t = tail(t), cells += CONS_WORDS) {
        cells[0] = head(t);
        cells[1] = cons_term(cells + CONS_WORDS);
        effort(1);
    }
    cells[-1] = arg[1];
    return result;
}

static term is_proper(struct process *p, const term *arg)
{
    return effort_list_length(arg[0]) < 0 ? raise_badarg(p) : arg[0];
}

term bif_erlang_append_2(struct process *p, const term *arg)
{
    if (is_nil(arg[0])) return arg[1];
    pausing_body *body = is_nil(arg[1]) ? is_proper : append;
    return is_long(p, arg[0]) ? pausing(p, body, 2, arg) : body(p, arg);
}
term bif_erlang_plusplus_2(struct process *p, const term *arg)
{
    return bif_erlang_append_2(p, arg);
}

/* --- searching ------------------------------------------------------------------------------------ */

/* The first cell with the key, or the end; of at most `most` cells. */
static term member_cell(term key, term list, int64_t *most)
{
    int64_t left = *most;
    if (is_immediate(key)) {
        for (; left > 0 && is_cons(list) && !term_same(head(list), key); list = tail(list)) left--;
    } else {
        for (; left > 0 && is_cons(list) && !term_same_value(head(list), key); list = tail(list))
            left--;
    }
    *most = left;
    return list;
}

static term member(struct process *p, const term *arg)
{
    term list = arg[1];
    int64_t left;
    do {
        left = SHORT;
        list = member_cell(arg[0], list, &left);
    } while (left == 0 && effort(SHORT));
    if (is_cons(list)) return ATOM(true);
    return is_nil(list) ? ATOM(false) : raise_badarg(p);
}

term bif_lists_member_2(struct process *p, const term *arg)
{
    int64_t left = SHORT;
    if (unlikely(p->bif_state)) return pausing(p, member, 2, arg);
    term list = member_cell(arg[0], arg[1], &left);
    bump(p, (SHORT - left) / CELLS_FOR_ONE);
    if (is_cons(list)) return left ? ATOM(true) : pausing(p, member, 2, arg);
    return is_nil(list) ? ATOM(false) : raise_badarg(p);
}

static bool equal_to_small(term t, int64_t key)
{
    /* Stock compares as floats here, whatever the size of the key; so do we. */
    return term_same(t, small(key)) || (is_float(t) && float_value(t) == (double)key);
}

/* The first cell with a tuple whose element at `position` == key, or the end; of at most `most` cells. */
static term find_cell(term key, size_t position, term list, int64_t *most)
{
    int64_t left = *most;
    for (; left > 0 && is_cons(list); list = tail(list), left--) {
        term t = head(list);
        if (!is_tuple(t) || tuple_size(t) < position) continue;
        term e = element(t, position - 1);
        bool found = is_small(key)       ? equal_to_small(e, small_value(key))
                     : is_immediate(key) ? term_same(e, key)
                                         : term_equal(e, key);
        if (found) break;
    }
    *most = left;
    return list;
}

static term find_far(struct process *p, const term *arg)
{
    term list = arg[2];
    int64_t left;
    do {
        left = SHORT;
        list = find_cell(arg[0], (size_t)small_value(arg[1]), list, &left);
    } while (left == 0 && effort(SHORT));
    if (is_cons(list)) return head(list);
    return is_nil(list) ? NIL : raise_badarg(p);
}

/* The tuple; NIL: none; NO_VALUE: badarg was raised, or it has paused. */
static term find_tuple(struct process *p, const term *arg)
{
    int64_t left = SHORT;
    if (unlikely(p->bif_state)) return pausing(p, find_far, 3, arg);
    if (!is_small(arg[1]) || small_value(arg[1]) < 1) return raise_badarg(p);
    term list = find_cell(arg[0], (size_t)small_value(arg[1]), arg[2], &left);
    bump(p, (SHORT - left) / CELLS_FOR_ONE);
    if (is_cons(list)) return left ? head(list) : pausing(p, find_far, 3, arg);
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
