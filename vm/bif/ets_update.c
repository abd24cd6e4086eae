/* SPDX-License-Identifier: Apache-2.0 */
/* ets_update.c -- ets: changing elements of an object in its place. */
#include "big/big.h"
#include "bif/ets_table.h"
#include "term/compare.h"

static bool has_unique_keys(const struct ets_table *t)
{
    return t->kind == TABLE_SET || t->kind == TABLE_ORDERED_SET;
}

/* Its elements may point into an object that is gone. */
static void forget(term tuple)
{
    for (size_t i = 0; i < tuple_size(tuple); i++) tuple_elements(tuple)[i] = NIL;
}

/* The default object with the key that was asked for. */
static term default_object(struct process *p, const struct ets_table *t, term tuple, term key)
{
    term fresh = make_tuple(&p->heap, tuple_size(tuple), tuple_elements(tuple));
    tuple_elements(fresh)[t->keypos - 1] = key;
    return fresh;
}

/* --- update_element/3,4 ------------------------------------------------------------------------- */

/* Is this {Pos, Value} for that object?  *cause: why not, when there is something to say. */
static bool is_change(const struct ets_table *t, size_t arity, term change, term *cause)
{
    if (!is_tuple_of(change, 2) || !is_small(element(change, 0))) return false;
    int64_t position = small_value(element(change, 0));
    if (position == t->keypos) *cause = ATOM(keypos);
    return position >= 1 && position != t->keypos && (size_t)position <= arity;
}

static bool fits_in_place(const struct object *o, term change)
{
    return is_immediate(element(change, 1)) &&
           is_immediate(o->tuple[small_value(element(change, 0))]);
}

static term update_elements(struct process *p, struct ets_table *t, struct object *o, term list)
{
    bool in_place = true;
    term cause = NO_VALUE, l = list;
    for (; is_cons(l); l = tail(l)) {
        if (!is_change(t, object_arity(o), head(l), &cause))
            return is_value(cause) ? ets_badarg(p, cause) : raise_badarg(p);
        in_place &= fits_in_place(o, head(l));
    }
    if (!is_nil(l)) return raise_badarg(p);
    term *to = o->tuple + 1, tuple = NO_VALUE;
    if (!in_place) {
        tuple = make_tuple(&p->heap, object_arity(o), object_plain(o)->tuple + 1);
        to = tuple_elements(tuple);
    }
    for (l = list; is_cons(l); l = tail(l))
        to[small_value(element(head(l), 0)) - 1] = element(head(l), 1);
    if (in_place) return ATOM(true);
    bool done = ets_replace(t, o, tuple);
    forget(tuple);
    return done ? ATOM(true) : ets_no_memory(p);
}

/* The same for an object that is not in the table yet. */
static term put_updated(struct process *p, struct ets_table *t, term fresh, term list)
{
    term cause = NO_VALUE, l = list;
    for (; is_cons(l); l = tail(l)) {
        if (!is_change(t, tuple_size(fresh), head(l), &cause))
            return is_value(cause) ? ets_badarg(p, cause) : raise_badarg(p);
        tuple_elements(fresh)[small_value(element(head(l), 0)) - 1] = element(head(l), 1);
    }
    if (!is_nil(l)) return raise_badarg(p);
    return ets_put(p, t, fresh, false) == PUT_OK ? ATOM(true) : ets_no_memory(p);
}

/* `fallback`: the object to begin with when there is none; or NO_VALUE. */
static term update_element(struct process *p, struct ets_table *t, const term *arg, term fallback)
{
    if (!has_unique_keys(t)) return raise_badarg(p);
    struct object *o = ets_object(t, arg[1]);
    if (!o && is_no_value(fallback)) return ATOM(false);
    term list = arg[2], cell[CONS_WORDS] = {list, NIL};
    if (is_tuple(list)) list = cons_term(cell);
    if (o) return update_elements(p, t, o, list);
    return put_updated(p, t, default_object(p, t, fallback, arg[1]), list);
}

term bif_ets_update_element_3(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    return t ? update_element(p, t, arg, NO_VALUE) : NO_VALUE;
}

term bif_ets_update_element_4(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    if (!ets_is_object(t, arg[3])) return ets_badarg(p, ATOM(default_));
    return update_element(p, t, arg, arg[3]);
}

/* --- update_counter/3,4 --------------------------------------------------------------------------- */

/* Is this an operation {Pos, Incr} or {Pos, Incr, Threshold, SetValue} for that object? */
static bool is_operation(const struct ets_table *t, term object, term op, term *cause)
{
    bool bounded = is_tuple_of(op, 4);
    if (!bounded && !is_tuple_of(op, 2)) return false;
    if (bounded && (!is_integer(element(op, 2)) || !is_integer(element(op, 3)))) return false;
    if (!is_small(element(op, 0)) || !is_integer(element(op, 1))) return false;
    int64_t position = small_value(element(op, 0));
    if (position == t->keypos) {
        *cause = ATOM(keypos);
        return false;
    }
    if (position < 1 || (size_t)position > tuple_size(object)) {
        *cause = ATOM(position);
        return false;
    }
    return is_integer(element(object, (size_t)position - 1));
}

/* NO_VALUE: too large an integer. */
static term next_value(struct process *p, term old, term op)
{
    enum number_fault why;
    term increment = element(op, 1), value;
    value = number_add(&p->heap, old, increment, &why);
    if (is_no_value(value) || tuple_size(op) == 2) return value;
    int c = term_compare(value, element(op, 2));
    bool down = term_compare(increment, small(0)) < 0;
    return (down ? c < 0 : c > 0) ? element(op, 3) : value;
}

/* The tuple with all operations done, and the list of new values in *results. */
static term operate(struct process *p, term object, term list, term *results)
{
    term tuple = make_tuple(&p->heap, tuple_size(object), tuple_elements(object));
    *results = NIL;
    term *last = results;
    for (; is_cons(list); list = tail(list)) {
        term *slot = tuple_elements(tuple) + small_value(element(head(list), 0)) - 1;
        term value = next_value(p, *slot, head(list));
        if (is_no_value(value)) return NO_VALUE;
        *slot = value;
        *last = make_cons(&p->heap, value, NIL);
        last = &cons_words(*last)[1];
    }
    return tuple;
}

/* `list` of operations on the object, or on `fresh`, which is not in the table yet. */
static term update_counters(struct process *p, struct ets_table *t, struct object *o, term fresh,
                            term list, term *results)
{
    term cause = NO_VALUE, l = list, object = o ? object_term(object_plain(o)) : fresh;
    for (; is_cons(l); l = tail(l))
        if (!is_operation(t, object, head(l), &cause))
            return is_value(cause) ? ets_badarg(p, cause) : raise_badarg(p);
    if (!is_nil(l)) return raise_badarg(p);
    term tuple = operate(p, object, list, results);
    if (is_no_value(tuple)) return ets_no_memory(p);
    bool done = o ? ets_replace(t, o, tuple) : ets_put(p, t, tuple, false) == PUT_OK;
    forget(tuple);
    return done ? ATOM(true) : ets_no_memory(p);
}

/* The common case: one small counter, one small step. */
static inline bool count_in_place(struct ets_table *t, struct object *o, size_t position, term step,
                                  term *result)
{
    if (unlikely(!o || position > object_arity(o) || position == t->keypos)) return false;
    term *slot = o->tuple + position;
    if (!are_small(*slot, step)) return false;
    int64_t sum = small_value(*slot) + small_value(step);
    if (!fits_small(sum)) return false;
    *result = *slot = small(sum);
    return true;
}

static term update_counter(struct process *p, struct ets_table *t, const term *arg, term fallback)
{
    if (!has_unique_keys(t)) return ets_badarg(p, ATOM(table_type));
    struct object *o = ets_object(t, arg[1]);
    term result, by = arg[2];
    if (is_small(by) && count_in_place(t, o, t->keypos + 1, by, &result)) return result;
    if (is_tuple_of(by, 2) && is_small(element(by, 0)) && small_value(element(by, 0)) > 0 &&
        count_in_place(t, o, (size_t)small_value(element(by, 0)), element(by, 1), &result))
        return result;

    term fresh = NO_VALUE, op[3], cell[CONS_WORDS];
    if (!o) {
        if (is_no_value(fallback)) return ets_badarg(p, ATOM(badkey));
        fresh = default_object(p, t, fallback, arg[1]);
    }
    bool one = is_integer(by) || is_tuple(by);
    if (is_integer(by)) {
        op[0] = header(2, KIND_TUPLE), op[1] = small((int64_t)t->keypos + 1), op[2] = by;
        by = boxed_term(op);
    }
    if (one) cell[0] = by, cell[1] = NIL, by = cons_term(cell);
    if (is_no_value(update_counters(p, t, o, fresh, by, &result))) return NO_VALUE;
    return one ? head(result) : result;
}

term bif_ets_update_counter_3(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    return t ? update_counter(p, t, arg, NO_VALUE) : NO_VALUE;
}

term bif_ets_update_counter_4(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    if (!ets_is_object(t, arg[3])) return raise_badarg(p);
    return update_counter(p, t, arg, arg[3]);
}
