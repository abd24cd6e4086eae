/* SPDX-License-Identifier: Apache-2.0 */
/* float_print.c -- a double with a wanted number of digits, exactly rounded (half to even).
 *
 * The double is scaled by a power of ten in exact arithmetic, rounded once to an integer,
 * and that integer's digits are laid out.
 */
#include "big/decimal.h"
#include <math.h>

#define POWER_STEP 27 /* the largest power of 5 in a limb */
#define POWER_LIMB UINT64_C(7450580596923828125)

size_t multiply_by_power_of_5(mp_limb_t *limbs, size_t count, unsigned power)
{
    while (power > 0) {
        unsigned step = power < POWER_STEP ? power : POWER_STEP;
        mp_limb_t factor = POWER_LIMB;
        if (step < POWER_STEP) {
            factor = 1;
            for (unsigned i = 0; i < step; i++) factor *= 5;
        }
        mp_limb_t carry = mpn_mul_1(limbs, limbs, count, factor);
        if (carry) limbs[count++] = carry;
        power -= step;
    }
    return count;
}

size_t shift_limbs_up(mp_limb_t *limbs, size_t count, unsigned bits)
{
    size_t whole = bits / 64;
    if (bits % 64) {
        mp_limb_t carry = mpn_lshift(limbs, limbs, count, bits % 64);
        if (carry) limbs[count++] = carry;
    }
    if (whole) {
        memmove(limbs + whole, limbs, count * sizeof *limbs);
        memset(limbs, 0, whole * sizeof *limbs);
    }
    return count + whole;
}

static size_t trimmed(const mp_limb_t *limbs, size_t count)
{
    while (count > 1 && limbs[count - 1] == 0) count--;
    return count;
}

static size_t add_one(mp_limb_t *limbs, size_t count)
{
    if (mpn_add_1(limbs, limbs, count, 1)) limbs[count++] = 1;
    return count;
}

/* limbs / 2^bits, rounded half to even; the new count. */
static size_t shift_down_rounded(mp_limb_t *limbs, size_t count, unsigned bits)
{
    if (bits == 0) return count;
    size_t whole = bits / 64, part = bits % 64;
    if (whole >= count + 1) return limbs[0] = 0, 1; /* less than a half */
    limbs[count] = 0;                               /* so that the half bit and bit 0 exist */
    size_t half = (bits - 1) / 64;
    bool is_half = limbs[half] >> (bits - 1) % 64 & 1, sticky = false;
    for (size_t i = 0; i < half; i++) sticky |= limbs[i] != 0;
    sticky |= (limbs[half] & ((UINT64_C(1) << (bits - 1) % 64) - 1)) != 0;
    count = count + 1 - whole;
    if (part)
        mpn_rshift(limbs, limbs + whole, count, (unsigned)part);
    else
        memmove(limbs, limbs + whole, count * sizeof *limbs);
    if (is_half && (sticky || (limbs[0] & 1))) count = add_one(limbs, count);
    return trimmed(limbs, count);
}

/* limbs / divisor, rounded half to even; the new count. */
static size_t divide_rounded(mp_limb_t *limbs, size_t count, const mp_limb_t *divisor,
                             size_t length)
{
    mp_limb_t quotient[DECIMAL_LIMBS], left[DECIMAL_LIMBS + 1];
    size_t n = 1;
    quotient[0] = 0;
    if (count >= length) {
        mpn_tdiv_qr(quotient, left, 0, limbs, count, divisor, length);
        n = trimmed(quotient, count - length + 1);
    } else {
        memset(left, 0, length * sizeof *left);
        memcpy(left, limbs, count * sizeof *left);
    }
    left[length] = mpn_lshift(left, left, length, 1);
    int order = left[length] ? 1 : mpn_cmp(left, divisor, length);
    if (order > 0 || (order == 0 && (quotient[0] & 1))) n = add_one(quotient, n);
    memcpy(limbs, quotient, n * sizeof *limbs);
    return n;
}

/* |d| * 10^power rounded to an integer, as digit values; the count of digits, without leading zeros
 * ("0" for zero).  digits has room for any. */
static size_t scaled_digits(const struct parts *d, int power, unsigned char *digits)
{
    mp_limb_t limbs[DECIMAL_LIMBS], divisor[DECIMAL_LIMBS];
    size_t count = 1;
    int shift = d->exponent + power; /* 10^power is 5^power * 2^power */
    limbs[0] = d->mantissa;
    if (power >= 0) {
        count = multiply_by_power_of_5(limbs, count, (unsigned)power);
        count = shift >= 0 ? shift_limbs_up(limbs, count, (unsigned)shift)
                           : shift_down_rounded(limbs, count, (unsigned)-shift);
    } else {
        divisor[0] = 1;
        size_t length = multiply_by_power_of_5(divisor, 1, (unsigned)-power);
        if (shift >= 0)
            count = shift_limbs_up(limbs, count, (unsigned)shift);
        else
            length = shift_limbs_up(divisor, length, (unsigned)-shift);
        count = divide_rounded(limbs, count, divisor, length);
    }
    count = trimmed(limbs, count);
    if (count == 1 && limbs[0] == 0) return digits[0] = 0, 1;
    size_t n = mpn_get_str(digits, 10, limbs, count), zeros = 0;
    while (digits[zeros] == 0) zeros++;
    memmove(digits, digits + zeros, n - zeros);
    return n - zeros;
}

#define DIGITS_ROOM 640 /* 308 before the point, 253 after, and what GMP may write beyond */

static char *write_digits(char *out, const unsigned char *digits, size_t n)
{
    for (size_t i = 0; i < n; i++) *out++ = (char)('0' + digits[i]);
    return out;
}

static char *write_exponent(char *out, int x)
{
    *out++ = 'e';
    *out++ = x < 0 ? '-' : '+';
    if (x < 0) x = -x;
    if (x >= 100) *out++ = (char)('0' + x / 100);
    *out++ = (char)('0' + x / 10 % 10);
    *out++ = (char)('0' + x % 10);
    return out;
}

size_t float_to_scientific(double d, unsigned decimals, char out[FLOAT_TEXT_ROOM])
{
    unsigned char digits[DIGITS_ROOM];
    struct parts p = take_apart(d);
    if (decimals > FLOAT_TEXT_ROOM) return 0;
    int x =
        0; /* the decimal exponent: guessed, never too high, and raised while digits are too many */
    if (p.mantissa == 0) {
        memset(digits, 0, decimals + 1);
    } else {
        x = (int)floor(log10(fabs(d)) - 1e-10);
        while (scaled_digits(&p, (int)decimals - x, digits) > decimals + 1) x++;
    }
    size_t length = p.negative + 1 + (decimals > 0) + decimals + 4 + (x >= 100 || x <= -100);
    if (length >= FLOAT_TEXT_ROOM) return 0;
    char *end = out;
    if (p.negative) *end++ = '-';
    *end++ = (char)('0' + digits[0]);
    if (decimals > 0) *end++ = '.';
    end = write_digits(end, digits + 1, decimals);
    end = write_exponent(end, x);
    return (size_t)(end - out);
}

/* --- a fixed number of decimals ------------------------------------------------------------------- */

/* The stock machine's shortcut for numbers up to 2^53 with up to 18 decimals works in doubles
 * and rounds half up: its results differ from exact ones, and are what programs see. */
#define QUICK_DECIMALS 18
#define QUICK_LIMIT    0x1p53

static char *write_number(char *out, uint64_t v, unsigned at_least)
{
    char digits[20];
    unsigned n = 0;
    while (v || n < at_least) digits[n++] = (char)('0' + v % 10), v /= 10;
    while (n > 0) *out++ = digits[--n];
    return out;
}

static char *write_quickly(char *out, double d, unsigned decimals)
{
    static const double powers[QUICK_DECIMALS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                      1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                      1e14, 1e15, 1e16, 1e17, 1e18};
    if (decimals == 0) return write_number(out, (uint64_t)round(d), 1);
    double whole = floor(d), rest = round((d - whole) * powers[decimals]);
    bool carry = rest >= powers[decimals];
    out = write_number(out, (uint64_t)whole + carry, 1);
    *out++ = '.';
    return write_number(out, carry ? 0 : (uint64_t)rest, decimals);
}

/* NULL when it does not fit. */
static char *write_exactly(char *out, const char *limit, const struct parts *p, unsigned decimals)
{
    unsigned char digits[DIGITS_ROOM];
    if (decimals > FLOAT_TEXT_ROOM) return NULL;
    size_t n = scaled_digits(p, (int)decimals, digits);
    if (n <= decimals) { /* less than 1: zeros before what there is, one of them before the point */
        size_t zeros = decimals + 1 - n;
        memmove(digits + zeros, digits, n);
        memset(digits, 0, zeros);
        n = decimals + 1;
    }
    if (n + (decimals > 0) >= (size_t)(limit - out)) return NULL;
    out = write_digits(out, digits, n - decimals);
    if (decimals > 0) *out++ = '.';
    return write_digits(out, digits + n - decimals, decimals);
}

/* Without the zeros at the end, except one after the point.  (A number without a point loses the
 * zeros of its whole part: so does the stock machine.) */
static char *drop_zeros(char *out, char *end)
{
    while (end > out && end[-1] == '0') end--;
    return end > out && end[-1] == '.' ? end + 1 : end;
}

size_t float_to_decimal(double d, unsigned decimals, bool compact, char out[FLOAT_TEXT_ROOM])
{
    struct parts p = take_apart(d);
    bool quick = fabs(d) <= QUICK_LIMIT && decimals <= QUICK_DECIMALS;
    char *start = out, *end;
    if (p.negative) *start++ = '-';
    end = quick ? write_quickly(start, fabs(d), decimals)
                : write_exactly(start, out + FLOAT_TEXT_ROOM, &p, decimals);
    if (!end) return 0;
    if (compact && (decimals > 0 || !quick)) end = drop_zeros(start, end);
    return (size_t)(end - out);
}
