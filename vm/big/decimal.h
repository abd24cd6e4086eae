/* SPDX-License-Identifier: Apache-2.0 */
/* decimal.h -- inside vm/big: a double taken apart, and exact powers of ten for it. */
#ifndef VM_BIG_DECIMAL_H
#define VM_BIG_DECIMAL_H

#include "big/float_text.h"
#include "big/limbs.h"

struct parts { /* |d| = mantissa * 2^exponent */
    uint64_t mantissa;
    int exponent;
    bool negative;
    bool
        is_power; /* the lowest mantissa of its exponent: the double below is nearer than that above */
};

static inline struct parts take_apart(double d)
{
    uint64_t bits, fraction;
    memcpy(&bits, &d, sizeof bits);
    fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52 & 0x7FF);
    return (struct parts){
        .mantissa = biased ? fraction | UINT64_C(1) << 52 : fraction,
        .exponent = (biased ? biased : 1) - 1075,
        .negative = bits >> 63,
        .is_power = fraction == 0 && biased > 1,
    };
}

/* Limbs for the largest exact number: 5^1130 with a shift over all exponents stays below. */
#define DECIMAL_LIMBS 96

/* limbs[0..count-1] *= 5^power; the new count.  There is room. */
size_t multiply_by_power_of_5(mp_limb_t *limbs, size_t count, unsigned power);
/* limbs <<= bits; the new count.  There is room. */
size_t shift_limbs_up(mp_limb_t *limbs, size_t count, unsigned bits);

#endif
