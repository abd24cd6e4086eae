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

/* --- functions where C libraries differ in the last bit ------------------------------------------
 *
 * The library under the stock machine rounds these correctly but for one argument in thousands; the
 * guest's own does so for nine in ten.  80-bit arithmetic, rounded once more, agrees with the former. */

#define ROUNDED(function)                                                                          \
    static double rounded_##function(double x) { return (double)function##l(x); }
ROUNDED(sin)
ROUNDED(cos)
ROUNDED(tan)
ROUNDED(asin)
ROUNDED(acos)
ROUNDED(atan)
static double rounded_atan2(double y, double x) { return (double)atan2l(y, x); }

/* These are not rounded correctly there either: the same steps give the same last bit nearly always. */
static double stock_tanh(double x)
{
    double a = fabs(x), r;
    if (a < 0x1p-55) return x;
    if (a >= 22.0) {
        r = 1.0;
    } else if (a >= 1.0) {
        r = 1.0 - 2.0 / (expm1(2.0 * a) + 2.0);
    } else {
        double t = expm1(-2.0 * a);
        r = -t / (t + 2.0);
    }
    return copysign(r, x);
}

static double stock_log10(double x)
{
    static const double log10_e = 0x1.bcb7b1526e50ep-2;
    static const double log10_2 = 0x1.34413509f6p-2, log10_2_rest = 0x1.9fef311f12b36p-42;
    if (!(x > 0.0) || isinf(x)) return log10(x);
    int exponent;
    double mantissa = frexp(x, &exponent);
    if (exponent > 0) exponent--, mantissa *= 2.0;
    double rest = exponent * log10_2_rest + log10_e * log(mantissa);
    return rest + exponent * log10_2;
}

static double stock_sinh(double x)
{
    double a = fabs(x);
    return a > 22.0 && a < 709.0 ? copysign(0.5 * exp(a), x) : sinh(x);
}

static const double ln_2 = 0x1.62e42fefa39efp-1;

static double stock_acosh(double x)
{
    if (x < 1.0) return NAN; /* some libraries find a value for some of them */
    if (!(x > 2.0)) return acosh(x);
    return x >= 0x1p28 ? log(x) + ln_2 : log(2.0 * x - 1.0 / (x + sqrt(x * x - 1.0)));
}

static double stock_asinh(double x)
{
    double a = fabs(x), r;
    if (a < 0x1p-28) return x;
    if (a > 0x1p28)
        r = log(a) + ln_2;
    else if (a > 2.0)
        r = log(2.0 * a + 1.0 / (sqrt(a * a + 1.0) + a));
    else
        r = log1p(a + a * a / (1.0 + sqrt(1.0 + a * a)));
    return copysign(r, x);
}

#define sin   rounded_sin
#define cos   rounded_cos
#define tan   rounded_tan
#define asin  rounded_asin
#define acos  rounded_acos
#define atan  rounded_atan
#define atan2 rounded_atan2
#define tanh  stock_tanh
#define log10 stock_log10
#define sinh  stock_sinh
#define acosh stock_acosh
#define asinh stock_asinh

/* One body for each row of the table. */
#define BIF(module, function, arity, flags, meaning)                                               \
    term bif_##module##_##function##_##arity(struct process *p, const term *arg)                   \
    {                                                                                              \
        return call_##arity(p, function, arg);                                                     \
    }
#include "bif/math.def"
#undef BIF
