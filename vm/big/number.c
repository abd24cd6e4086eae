/* SPDX-License-Identifier: Apache-2.0 */
/* number.c -- the operators + - * / on any mix of integers and floats.
 *
 * Two integers stay integers; otherwise both become floats first.  A float that is not
 * finite never becomes a term: badarith instead.
 */
#include "big/integer.h"
#include "term/release.h"
#include <math.h>

term number_fault_reason(enum number_fault why)
{
    switch (why) {
    case NUMBER_BADARITH: return ATOM(badarith);
    case NUMBER_SYSTEM_LIMIT: return ATOM(system_limit);
    case NUMBER_BADARG: break;
    }
    return ATOM(badarg);
}

term number_from_double(struct heap *h, double d, enum number_fault *why)
{
    return isfinite(d) ? make_float(h, d) : refuse(why, NUMBER_BADARITH);
}

static inline bool both_doubles(term a, term b, double *x, double *y)
{
    return number_to_double(a, x) && number_to_double(b, y);
}

term number_add(struct heap *h, term a, term b, enum number_fault *why)
{
    double x, y;
    if (is_integer(a) && is_integer(b)) return integer_add(h, a, b, why);
    if (!both_doubles(a, b, &x, &y)) return refuse(why, NUMBER_BADARITH);
    return number_from_double(h, x + y, why);
}

term number_subtract(struct heap *h, term a, term b, enum number_fault *why)
{
    double x, y;
    if (is_integer(a) && is_integer(b)) return integer_subtract(h, a, b, why);
    if (!both_doubles(a, b, &x, &y)) return refuse(why, NUMBER_BADARITH);
    return number_from_double(h, x - y, why);
}

term number_multiply(struct heap *h, term a, term b, enum number_fault *why)
{
    double x, y;
    if (is_integer(a) && is_integer(b)) return integer_multiply(h, a, b, why);
    if (!both_doubles(a, b, &x, &y)) return refuse(why, NUMBER_BADARITH);
    return number_from_double(h, x * y, why);
}

term number_divide(struct heap *h, term a, term b, enum number_fault *why)
{
    double x, y;
    if (!both_doubles(a, b, &x, &y) || y == 0.0) return refuse(why, NUMBER_BADARITH);
    return number_from_double(h, x / y, why);
}

term number_negate(struct heap *h, term a, enum number_fault *why)
{
    if (is_integer(a)) return integer_negate(h, a, why);
    if (is_float(a)) return make_float(h, -float_value(a)); /* -(0.0) is -0.0 */
    return refuse(why, NUMBER_BADARITH);
}

term number_absolute(struct heap *h, term a, enum number_fault *why)
{
    if (is_integer(a)) return integer_is_negative(a) ? integer_negate(h, a, why) : a;
    if (!is_float(a)) return refuse(why, NUMBER_BADARG);
    if (otp_release >= 27) return signbit(float_value(a)) ? make_float(h, -float_value(a)) : a;
    /* -0.0 is not below 0.0 and stays as it is. */
    return float_value(a) < 0.0 ? make_float(h, -float_value(a)) : a;
}
