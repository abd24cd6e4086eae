/* SPDX-License-Identifier: Apache-2.0 */
/* math.c -- module math, over the C library's functions.
 *
 * No number is badarg; an integer too large for a float, or a result that is not finite, is
 * badarith.  A result that underflows is just small.
 */
#include "bif/bif.h"
#include "big/big.h"
#include <math.h>

/* The argument as a double; false with the fault raised. */
static bool to_double(struct process *p, term t, double *out)
{
    if (number_to_double(t, out)) return true;
    raise(p, is_number(t) ? ATOM(badarith) : ATOM(badarg));
    return false;
}

static term result(struct process *p, double d)
{
    return isfinite(d) ? make_float(&p->heap, d) : raise(p, ATOM(badarith));
}

static term call_1(struct process *p, double (*f)(double), const term *arg)
{
    double x;
    return to_double(p, arg[0], &x) ? result(p, f(x)) : NO_VALUE;
}

static term call_2(struct process *p, double (*f)(double, double), const term *arg)
{
    double x, y;
    return to_double(p, arg[0], &x) && to_double(p, arg[1], &y) ? result(p, f(x, y)) : NO_VALUE;
}

/* One body for each row of the table. */
#define BIF(module, function, arity, flags, meaning)                                               \
    term bif_##module##_##function##_##arity(struct process *p, const term *arg)                   \
    {                                                                                              \
        return call_##arity(p, function, arg);                                                     \
    }
#include "bif/math.def"
#undef BIF
