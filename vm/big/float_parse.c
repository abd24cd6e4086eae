/* SPDX-License-Identifier: Apache-2.0 */
/* float_parse.c -- decimal text to the nearest double, ties to even.
 *
 * Up to 19 digits that are exact in a double, with a small power of ten, take one
 * multiplication or division.  All else is compared in exact arithmetic.
 */
#include "big/decimal.h"
#include <math.h>

/* Every double and every midpoint of two has fewer significant digits; what follows in a longer text
 * only says whether the value is above: one more digit stands for it. */
#define DIGITS_KEPT 800

struct number_text {
    unsigned char digits[DIGITS_KEPT + 1]; /* values, no leading zero */
    size_t count;
    int64_t exponent; /* value = digits * 10^exponent */
    bool negative;
};

static bool is_digit(const char *p, const char *end) { return p < end && *p >= '0' && *p <= '9'; }

/* Takes the digit; what does not fit counts as a power of ten, and as not zero. */
static void take_digit(struct number_text *t, char c, bool after_point, bool *beyond)
{
    unsigned char v = (unsigned char)(c - '0');
    if (t->count < DIGITS_KEPT) {
        if (v || t->count) t->digits[t->count++] = v;
        t->exponent -= after_point;
    } else {
        *beyond |= v != 0;
        t->exponent += !after_point;
    }
}

static bool scan_exponent(struct number_text *t, const char *p, const char *end)
{
    bool negative = false;
    int64_t x = 0;
    if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    if (!is_digit(p, end)) return false;
    for (; is_digit(p, end); p++)
        if (x < INT64_C(1000000000000)) x = x * 10 + (*p - '0');
    t->exponent += negative ? -x : x;
    return p == end;
}

static bool scan(struct number_text *t, const char *p, const char *end)
{
    bool beyond = false;
    t->count = 0, t->exponent = 0;
    t->negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    if (!is_digit(p, end)) return false;
    for (; is_digit(p, end); p++) take_digit(t, *p, false, &beyond);
    if (p == end || (*p != '.' && *p != ',') || !is_digit(p + 1, end)) return false;
    for (p++; is_digit(p, end); p++) take_digit(t, *p, true, &beyond);
    if (beyond) t->digits[t->count++] = 1, t->exponent--;
    if (p == end) return true;
    return (*p == 'e' || *p == 'E') && scan_exponent(t, p + 1, end);
}

static bool convert_quickly(const struct number_text *t, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (t->count > 19 || t->exponent < -22 || t->exponent > 22) return false;
    uint64_t v = 0;
    for (size_t i = 0; i < t->count; i++) v = v * 10 + t->digits[i];
    if (v > UINT64_C(1) << 53) return false;
    *out = t->exponent < 0 ? (double)v / powers[-t->exponent] : (double)v * powers[t->exponent];
    return true;
}

/* mantissa * 2^exponent to the nearest double; `sticky`: the true value is a little more. */
static double round_to_double(uint64_t mantissa, int exponent, bool sticky)
{
    int lead = __builtin_clzll(mantissa);
    mantissa <<= lead, exponent -= lead; /* 2^63 <= mantissa */
    int drop = exponent + 11 >= -1074 ? 11 : -1074 - exponent;
    if (drop > 64) return 0.0;
    uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
    uint64_t below = drop == 64 ? mantissa : mantissa << (64 - drop), half = UINT64_C(1) << 63;
    if (below > half || (below == half && (sticky || (kept & 1)))) kept++;
    return ldexp((double)kept, exponent + drop); /* exact, or infinite */
}

/* digits * 10^exponent = numerator / denominator, to a quotient of 65 bits or more. */
static double convert_exactly(struct number_text *t)
{
    mp_limb_t numerator[DECIMAL_LIMBS], denominator[DECIMAL_LIMBS] = {1};
    mp_limb_t quotient[DECIMAL_LIMBS], left[DECIMAL_LIMBS];
    size_t count = mpn_set_str(numerator, t->digits, t->count, 10), length = 1;
    int exponent = (int)t->exponent;
    if (exponent >= 0)
        count = multiply_by_power_of_5(numerator, count, (unsigned)exponent);
    else
        length = multiply_by_power_of_5(denominator, 1, (unsigned)-exponent);

    int bits = (int)(count * 64) - __builtin_clzll(numerator[count - 1]);
    int divisor_bits = (int)(length * 64) - __builtin_clzll(denominator[length - 1]);
    int up = divisor_bits + 65 - bits;
    if (up > 0)
        count = shift_limbs_up(numerator, count, (unsigned)up);
    else
        up = 0;
    mpn_tdiv_qr(quotient, left, 0, numerator, count, denominator, length);
    size_t n = count - length + 1;
    while (quotient[n - 1] == 0) n--;

    bool sticky = false;
    for (size_t i = 0; i < length; i++) sticky |= left[i] != 0;
    int lead = __builtin_clzll(quotient[n - 1]);
    uint64_t top = quotient[n - 1];
    if (lead) {
        top = top << lead | quotient[n - 2] >> (64 - lead);
        sticky |= (quotient[n - 2] << lead) != 0;
    } else {
        sticky |= quotient[n - 2] != 0;
    }
    for (size_t i = 0; i + 2 < n; i++) sticky |= quotient[i] != 0;
    return round_to_double(top, exponent - up + (int)(n - 1) * 64 - lead, sticky);
}

bool float_from_text(const char *text, size_t bytes, double *out)
{
    struct number_text t;
    double d = 0.0;
    if (!scan(&t, text, text + bytes)) return false;
    int64_t magnitude = (int64_t)t.count + t.exponent; /* value < 10^magnitude */
    if (t.count == 0 || magnitude < -324)
        d = 0.0;
    else if (magnitude > 310)
        return false;
    else if (!convert_quickly(&t, &d))
        d = convert_exactly(&t);
    if (!isfinite(d)) return false;
    *out = t.negative ? -d : d;
    return true;
}
