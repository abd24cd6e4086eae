/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_number.c -- the operators as functions, and what turns numbers into other numbers.
 *
 * The engine has its own short ways for small integers; these are for apply, match
 * specifications and everything longer.
 */
#include "bif/bif.h"
#include "big/big.h"
#include "term/compare.h"
#include <math.h>

static term fault(struct process *p, enum number_fault why)
{
    return raise(p, number_fault_reason(why));
}

/* The value, or the fault raised. */
static inline term answer(struct process *p, term value, enum number_fault why)
{
    return is_value(value) ? value : fault(p, why);
}

#define UNARY(name, operation)                                                                     \
    term bif_erlang_##name##_1(struct process *p, const term *arg)                                 \
    {                                                                                              \
        enum number_fault why = NUMBER_BADARITH;                                                   \
        term value = operation(&p->heap, arg[0], &why);                                            \
        return answer(p, value, why);                                                              \
    }
#define BINARY(name, operation)                                                                    \
    term bif_erlang_##name##_2(struct process *p, const term *arg)                                 \
    {                                                                                              \
        enum number_fault why = NUMBER_BADARITH;                                                   \
        term value = operation(&p->heap, arg[0], arg[1], &why);                                    \
        return answer(p, value, why);                                                              \
    }

UNARY(minus, number_negate)
UNARY(bnot, integer_not)
UNARY(abs, number_absolute)
BINARY(plus, number_add)
BINARY(minus, number_subtract)
BINARY(times, number_multiply)
BINARY(slash, number_divide)
BINARY(div, integer_div)
BINARY(rem, integer_rem)
BINARY(band, integer_and)
BINARY(bor, integer_or)
BINARY(bxor, integer_xor)
BINARY(bsl, integer_shift_left)
BINARY(bsr, integer_shift_right)

term bif_erlang_plus_1(struct process *p, const term *arg)
{
    /* Called by name: +(-0.0) is -0.0.  Written in code it is X + 0 (code/rewrite.c). */
    return is_number(arg[0]) ? arg[0] : fault(p, NUMBER_BADARITH);
}

/* --- floats to integers and back ---------------------------------------------------------------- */

term bif_erlang_float_1(struct process *p, const term *arg)
{
    double d;
    if (is_float(arg[0])) return arg[0];
    if (!number_to_double(arg[0], &d)) return raise_badarg(p);
    return make_float(&p->heap, d);
}

static term whole(struct process *p, term number, double (*to_whole)(double))
{
    if (is_integer(number)) return number;
    if (!is_float(number)) return raise_badarg(p);
    return integer_from_double(&p->heap, to_whole(float_value(number)));
}

term bif_erlang_round_1(struct process *p, const term *arg) { return whole(p, arg[0], round); }
term bif_erlang_trunc_1(struct process *p, const term *arg) { return whole(p, arg[0], trunc); }
term bif_erlang_ceil_1(struct process *p, const term *arg) { return whole(p, arg[0], ceil); }
term bif_erlang_floor_1(struct process *p, const term *arg) { return whole(p, arg[0], floor); }

/* --- order and equality ---------------------------------------------------------------------------- */

#define TEST(name, condition)                                                                      \
    term bif_erlang_##name##_2(struct process *p, const term *arg)                                 \
    {                                                                                              \
        (void)p;                                                                                   \
        return atom_bool(condition);                                                               \
    }

TEST(less, term_compare(arg[0], arg[1]) < 0)
TEST(greater, term_compare(arg[0], arg[1]) > 0)
TEST(less_equal, term_compare(arg[0], arg[1]) <= 0)
TEST(greater_equal, term_compare(arg[0], arg[1]) >= 0)
TEST(equal, term_equal(arg[0], arg[1]))
TEST(not_equal, !term_equal(arg[0], arg[1]))
TEST(exactly_equal, term_same_value(arg[0], arg[1]))
TEST(exactly_not_equal, !term_same_value(arg[0], arg[1]))

term bif_erlang_max_2(struct process *p, const term *arg)
{
    (void)p;
    return term_compare(arg[0], arg[1]) >= 0 ? arg[0] : arg[1];
}

term bif_erlang_min_2(struct process *p, const term *arg)
{
    (void)p;
    return term_compare(arg[0], arg[1]) <= 0 ? arg[0] : arg[1];
}

term bif_erlang_is_integer_3(struct process *p, const term *arg)
{
    if (!is_integer(arg[1]) || !is_integer(arg[2])) return raise_badarg(p);
    return atom_bool(is_integer(arg[0]) && term_compare(arg[1], arg[0]) <= 0 &&
                     term_compare(arg[0], arg[2]) <= 0);
}

/* --- booleans ----------------------------------------------------------------------------------------- */

static inline bool is_boolean(term t)
{
    return term_same(t, ATOM(true)) || term_same(t, ATOM(false));
}
static inline bool is_true(term t) { return term_same(t, ATOM(true)); }

#define LOGIC(name, operator)                                                                      \
    term bif_erlang_##name##_2(struct process *p, const term *arg)                                 \
    {                                                                                              \
        if (!is_boolean(arg[0]) || !is_boolean(arg[1])) return raise_badarg(p);                    \
        return atom_bool(is_true(arg[0]) operator is_true(arg[1]));                                \
    }

LOGIC(and, &&)
LOGIC(or, ||)
LOGIC(xor, !=)

term bif_erlang_not_1(struct process *p, const term *arg)
{
    return is_boolean(arg[0]) ? atom_bool(!is_true(arg[0])) : raise_badarg(p);
}
