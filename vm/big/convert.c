/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c -- integers to and from machine words, doubles and bytes. */
#include "big/limbs.h"
#include <math.h>

/* --- machine words ------------------------------------------------------------------------------ */

bool integer_to_int64(term t, int64_t *out)
{
    if (is_small(t)) return *out = small_value(t), true;
    if (!is_big(t) || big_limbs(t) != 1) return false;
    uint64_t v = big_limb(t)[0];
    bool negative = big_is_negative(t);
    if (v > (uint64_t)INT64_MAX + negative) return false;
    *out = (int64_t)(negative ? -v : v);
    return true;
}

bool integer_to_uint64(term t, uint64_t *out)
{
    if (is_small(t)) return *out = (uint64_t)small_value(t), small_value(t) >= 0;
    if (!is_big(t) || big_limbs(t) != 1 || big_is_negative(t)) return false;
    *out = big_limb(t)[0];
    return true;
}

uint64_t integer_low_bits(term integer)
{
    if (is_small(integer)) return (uint64_t)small_value(integer);
    uint64_t v = big_limb(integer)[0];
    return big_is_negative(integer) ? -v : v;
}

term integer_from_limbs(struct heap *h, bool negative, const uint64_t *limbs, size_t count,
                        enum number_fault *why)
{
    while (count > 0 && limbs[count - 1] == 0) count--;
    if (count <= 1) return integer_from_word(h, count ? limbs[0] : 0, negative);
    if (count > BIG_LIMBS_MAX) return refuse(why, NUMBER_SYSTEM_LIMIT);
    struct result r;
    begin_result(&r, h, count);
    memcpy(r.limbs, limbs, count * sizeof *limbs);
    return finish_result(&r, h, count, negative, why);
}

size_t integer_bit_length(term integer)
{
    struct operand x;
    view_integer(&x, integer);
    mp_limb_t last = x.limbs[x.count - 1];
    return last ? x.count * 64 - (size_t)__builtin_clzll(last) : 0;
}

/* --- doubles ---------------------------------------------------------------------------------------- */

/* The stock machine rounds after each limb, from the top, not once at the end: so do we. */
static bool big_to_double(term big, double *out)
{
    const uint64_t *limbs = big_limb(big);
    double d = 0.0;
    for (size_t i = big_limbs(big); i-- > 0;) {
        d = d * 0x1p64 + (double)limbs[i];
        if (!isfinite(d)) return false;
    }
    *out = big_is_negative(big) ? -d : d;
    return true;
}

bool number_to_double(term t, double *out)
{
    if (is_float(t)) return *out = float_value(t), true;
    if (is_small(t)) return *out = (double)small_value(t), true;
    return is_big(t) && big_to_double(t, out);
}

term integer_from_double(struct heap *h, double d)
{
    if (d > -0x1p63 && d < 0x1p63) {
        int64_t v = (int64_t)d;
        return integer_from_word(h, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
    }
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    unsigned exponent =
        (bits >> 52 & 0x7FF) - 1075; /* |d| = mantissa << exponent, exponent >= 11 */
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    size_t whole = exponent / 64, part = exponent % 64;
    uint64_t limbs[18] = {0};
    limbs[whole] = mantissa << part;
    limbs[whole + 1] = part ? mantissa >> (64 - part) : 0;
    enum number_fault why;
    return integer_from_limbs(h, bits >> 63, limbs, whole + 2, &why);
}

/* --- bytes -------------------------------------------------------------------------------------------- */

/* The limb number `i` of `count` bytes; bytes beyond the end are 0. */
static uint64_t limb_of_bytes(const uint8_t *bytes, size_t count, enum integer_order order,
                              size_t i)
{
    uint64_t v = 0;
    size_t done = i * 8, here = count - done < 8 ? count - done : 8;
    if (order == INTEGER_LITTLE_ENDIAN) {
        memcpy(&v, bytes + done, here);
        return v;
    }
    if (here == 8) {
        memcpy(&v, bytes + count - done - 8, 8);
        return __builtin_bswap64(v);
    }
    for (size_t k = 0; k < here; k++) v = v << 8 | bytes[k];
    return v;
}

static void limb_to_bytes(uint64_t v, uint8_t *bytes, size_t count, enum integer_order order,
                          size_t i)
{
    size_t done = i * 8, here = count - done < 8 ? count - done : 8;
    if (order == INTEGER_LITTLE_ENDIAN) {
        memcpy(bytes + done, &v, here);
    } else if (here == 8) {
        v = __builtin_bswap64(v);
        memcpy(bytes + count - done - 8, &v, 8);
    } else {
        for (size_t k = here; k-- > 0; v >>= 8) bytes[k] = (uint8_t)v;
    }
}

term integer_from_bytes(struct heap *h, const uint8_t *bytes, size_t count,
                        enum integer_order order, bool negative, enum number_fault *why)
{
    if (order == INTEGER_BIG_ENDIAN)
        while (count > 0 && bytes[0] == 0) bytes++, count--;
    else
        while (count > 0 && bytes[count - 1] == 0) count--;
    size_t limbs = (count + 7) / 8;
    if (limbs <= 1)
        return integer_from_word(h, limbs ? limb_of_bytes(bytes, count, order, 0) : 0, negative);
    if (limbs > BIG_LIMBS_MAX) return refuse(why, NUMBER_SYSTEM_LIMIT);
    struct result r;
    begin_result(&r, h, limbs);
    for (size_t i = 0; i < limbs; i++) r.limbs[i] = limb_of_bytes(bytes, count, order, i);
    return finish_result(&r, h, limbs, negative, why);
}

size_t integer_byte_length(term integer) { return (integer_bit_length(integer) + 7) / 8; }

void integer_to_bytes(term integer, uint8_t *bytes, enum integer_order order)
{
    struct operand x;
    view_integer(&x, integer);
    size_t count = integer_byte_length(integer);
    for (size_t i = 0; i * 8 < count; i++) limb_to_bytes(x.limbs[i], bytes, count, order, i);
}

/* --- the bit syntax -------------------------------------------------------------------------------------- */

static term small_field(struct heap *h, uint64_t v, size_t bits, bool is_signed)
{
    unsigned unused = 64 - (unsigned)bits; /* 0..63 */
    if (!is_signed) return integer_from_word(h, v << unused >> unused, false);
    int64_t s = (int64_t)(v << unused) >> unused;
    return integer_from_word(h, s < 0 ? -(uint64_t)s : (uint64_t)s, s < 0);
}

term integer_from_bits(struct heap *h, const uint8_t *bytes, size_t bits, enum integer_order order,
                       bool is_signed, enum number_fault *why)
{
    if (bits == 0) return small(0);
    size_t count = bits / 8 + (bits % 8 != 0), limbs = (count + 7) / 8;
    if (limbs == 1) return small_field(h, limb_of_bytes(bytes, count, order, 0), bits, is_signed);
    bool negative =
        is_signed && bytes[order == INTEGER_BIG_ENDIAN ? 0 : count - 1] >> (bits - 1) % 8 & 1;

    /* A field longer than any integer may still hold a short one: look at what it holds. */
    if (limbs > BIG_LIMBS_MAX) {
        uint8_t fill = negative ? 0xFF : 0;
        if (bits % 8) return refuse(why, NUMBER_SYSTEM_LIMIT);
        while (limbs > BIG_LIMBS_MAX) {
            if (bytes[order == INTEGER_BIG_ENDIAN ? 0 : count - 1] != fill)
                return refuse(why, NUMBER_SYSTEM_LIMIT);
            if (order == INTEGER_BIG_ENDIAN) bytes++;
            count--, bits -= 8, limbs = (count + 7) / 8;
        }
    }
    struct result r;
    begin_result(&r, h, limbs);
    for (size_t i = 0; i < limbs; i++) r.limbs[i] = limb_of_bytes(bytes, count, order, i);
    if (bits % 64) {
        mp_limb_t beyond = ~(mp_limb_t)0 << bits % 64;
        r.limbs[limbs - 1] = negative ? r.limbs[limbs - 1] | beyond : r.limbs[limbs - 1] & ~beyond;
    }
    if (negative) mpn_neg(r.limbs, r.limbs, limbs);
    return finish_result(&r, h, limbs, negative, why);
}

void integer_to_bits(term integer, uint8_t *bytes, size_t bits, enum integer_order order)
{
    if (bits == 0) return;
    struct operand x;
    view_integer(&x, integer);
    size_t count = bits / 8 + (bits % 8 != 0);
    mp_limb_t carry = 1; /* of ~x + 1, for negative ones */
    for (size_t i = 0; i * 8 < count; i++) {
        mp_limb_t v = i < x.count ? x.limbs[i] : 0;
        if (x.negative) {
            v = ~v + carry;
            carry = carry && v == 0;
        }
        limb_to_bytes(v, bytes, count, order, i);
    }
    if (bits % 8)
        bytes[order == INTEGER_BIG_ENDIAN ? 0 : count - 1] &= (uint8_t)((1u << bits % 8) - 1);
}
