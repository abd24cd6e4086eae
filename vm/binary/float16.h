/* SPDX-License-Identifier: Apache-2.0 */
/* float16.h -- IEEE 754 half precision, by way of single precision. */
#ifndef VM_FLOAT16_H
#define VM_FLOAT16_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline double float16_to_double(uint16_t h)
{
    int exponent = h >> 10 & 31, mantissa = h & 1023;
    double d;
    if (exponent == 31)
        d = mantissa ? NAN : INFINITY;
    else if (exponent == 0)
        d = ldexp(mantissa, -24);
    else
        d = ldexp(1024 + mantissa, exponent - 25);
    return h & 0x8000 ? -d : d;
}

/* Rounds to single, then to half, each to nearest even, as the stock machine does.  Too large: infinity. */
static inline uint16_t float16_from_double(double d)
{
    float f = (float)d;
    uint32_t w;
    memcpy(&w, &f, sizeof w);
    uint16_t sign = w >> 16 & 0x8000;
    w &= 0x7FFFFFFF;
    if (w > 0x7F800000) return sign | 0x7E00;
    if (w >= 0x47800000) return sign | 0x7C00;
    if (w < 0x38800000) { /* subnormal: a multiple of 2^-24; adding 0.5 leaves it in the low bits */
        float magnitude;
        memcpy(&magnitude, &w, sizeof w);
        magnitude += 0.5f;
        memcpy(&w, &magnitude, sizeof w);
        return sign | (uint16_t)(w - 0x3F000000);
    }
    w += 0xFFF + (w >> 13 & 1);
    return sign | (uint16_t)((w - 0x38000000) >> 13);
}

#endif
