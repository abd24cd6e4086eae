/* SPDX-License-Identifier: Apache-2.0 */
/* float_short.c -- the shortest decimal text that reads back as the same double.
 *
 * The method is Raffaello Giulietti's "Schubfach": scale the double and the two ends of the
 * interval that rounds to it by one 128-bit power of ten, and choose among at most four
 * candidates by comparing integers.  A power is computed exactly when first needed, and kept.
 */
#include "big/decimal.h"

struct power {
    uint64_t high, low; /* high is 0 when not yet computed */
};
#define LEAST_POWER (-292)
#define MOST_POWER  324
static struct power known[MOST_POWER - LEAST_POWER + 1];

static int floor_log2_of_power(int k) { return (k * 1741647) >> 19; }

/* The 128 leading bits of 10^k, rounded up: ceil(10^k / 2^(floor(log2 10^k) - 127)). */
static struct power compute_power(int k)
{
    mp_limb_t five[DECIMAL_LIMBS] = {1}, scaled[DECIMAL_LIMBS], left[DECIMAL_LIMBS];
    unsigned magnitude = (unsigned)(k < 0 ? -k : k);
    size_t count = multiply_by_power_of_5(five, 1, magnitude);
    unsigned lead = (unsigned)__builtin_clzll(five[count - 1]);
    if (k >= 0) {
        count = shift_limbs_up(five, count, lead);
        if (count <= 2)
            return (struct power){five[count - 1], count == 2 ? five[0] : 0}; /* exact */
        memcpy(scaled, five + count - 2, 2 * sizeof *scaled);
    } else { /* 2^(bits of 5^-k + 127) / 5^-k has 128 bits */
        mp_limb_t one[DECIMAL_LIMBS] = {1};
        size_t length = shift_limbs_up(one, 1, (unsigned)count * 64 - lead + 127);
        mpn_tdiv_qr(scaled, left, 0, one, length, five, count);
    }
    /* Never exact here, so up by one; never all ones. */
    struct power p = {scaled[1], scaled[0] + 1};
    if (p.low == 0) p.high++;
    return p;
}

static struct power power_of_10(int k)
{
    struct power *p = &known[k - LEAST_POWER];
    if (!p->high) *p = compute_power(k);
    return *p;
}

/* The high 64 bits of the 192-bit product, with the lowest set if any bit below is (but for
 * the error of the power, which reaches no further than 1). */
static uint64_t round_to_odd(struct power g, uint64_t x)
{
    unsigned __int128 low = (unsigned __int128)g.low * x, high = (unsigned __int128)g.high * x;
    high += (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

struct decimal { /* digits * 10^exponent */
    uint64_t digits;
    int exponent;
};

static struct decimal shortest(const struct parts *p)
{
    uint64_t c = p->mantissa;
    bool even = !(c & 1), uneven_gap = p->is_power;
    int q = p->exponent;
    int k = (q * 1262611 - (uneven_gap ? 524031 : 0)) >> 22;
    int up = q + floor_log2_of_power(-k) + 1;
    struct power g = power_of_10(-k);
    uint64_t low = round_to_odd(g, (4 * c - 2 + uneven_gap) << up) + !even;
    uint64_t middle = round_to_odd(g, (4 * c) << up);
    uint64_t high = round_to_odd(g, (4 * c + 2) << up) - !even;
    uint64_t s = middle / 4;
    if (s >= 10) { /* one digit fewer? */
        uint64_t tens = s / 10;
        bool down = low <= 40 * tens, above = 40 * tens + 40 <= high;
        if (down != above) return (struct decimal){tens + above, k + 1};
    }
    bool down = low <= 4 * s, above = 4 * s + 4 <= high;
    if (down != above) return (struct decimal){s + above, k};
    uint64_t half = 4 * s + 2;
    return (struct decimal){s + (middle > half || (middle == half && (s & 1))), k};
}

static struct decimal digits_of(const struct parts *p)
{
    struct decimal v;
    int down = -p->exponent;
    if (down >= 0 && down < 53 && (p->mantissa & ((UINT64_C(1) << down) - 1)) == 0)
        v = (struct decimal){p->mantissa >> down, 0}; /* a whole number below 2^53 */
    else
        v = shortest(p);
    while (v.digits % 10 == 0) v.digits /= 10, v.exponent++;
    return v;
}

/* --- layout ------------------------------------------------------------------------------------------ */

/* Erlang writes ddd.ddd where that is no longer than d.ddde+X, and never a whole number beyond 2^53
 * as if all its digits were known. */
static bool is_fixed(struct decimal v, int length)
{
    int scientific = v.exponent + length - 1, least = -(length + 2), most = 1;
    if (length == 1)
        least = -4, most = 2;
    else if (scientific >= 10)
        most = 2;
    if (v.exponent < least || v.exponent > most) return false;
    const uint64_t limit = UINT64_C(1) << 53;
    return !((v.exponent == 0 && v.digits >= limit) || (v.exponent == 1 && v.digits > limit / 10) ||
             (v.exponent == 2 && v.digits > limit / 100));
}

static char *write_fixed(char *out, const char *digits, int length, int exponent)
{
    int whole = length + exponent; /* digits before the point */
    if (whole <= 0) {
        *out++ = '0', *out++ = '.';
        for (int i = whole; i < 0; i++) *out++ = '0';
        memcpy(out, digits, (size_t)length);
        return out + length;
    }
    for (int i = 0; i < whole; i++) *out++ = i < length ? digits[i] : '0';
    *out++ = '.';
    if (whole >= length) return *out++ = '0', out;
    memcpy(out, digits + whole, (size_t)(length - whole));
    return out + (length - whole);
}

static char *write_scientific(char *out, const char *digits, int length, int exponent)
{
    int x = exponent + length - 1;
    *out++ = digits[0];
    *out++ = '.';
    if (length == 1) *out++ = '0';
    for (int i = 1; i < length; i++) *out++ = digits[i];
    *out++ = 'e';
    if (x < 0) *out++ = '-', x = -x;
    if (x >= 100) *out++ = (char)('0' + x / 100);
    if (x >= 10) *out++ = (char)('0' + x / 10 % 10);
    *out++ = (char)('0' + x % 10);
    return out;
}

size_t float_to_short(double d, char out[FLOAT_SHORT_ROOM])
{
    struct parts p = take_apart(d);
    char *end = out, digits[20];
    if (p.negative) *end++ = '-';
    if (p.mantissa == 0) {
        memcpy(end, "0.0", 3);
        return (size_t)(end + 3 - out);
    }
    struct decimal v = digits_of(&p);
    int length = 0;
    for (uint64_t rest = v.digits; rest; rest /= 10) length++;
    uint64_t rest = v.digits;
    for (int i = length; i-- > 0; rest /= 10) digits[i] = (char)('0' + rest % 10);
    end = is_fixed(v, length) ? write_fixed(end, digits, length, v.exponent)
                              : write_scientific(end, digits, length, v.exponent);
    return (size_t)(end - out);
}
