/* SPDX-License-Identifier: Apache-2.0 */
/* any.h -- numbers for tests that try what they like: the same ones in every run (xorshift). */
#ifndef TEST_ANY_H
#define TEST_ANY_H

#include <stdint.h>

static inline uint64_t any(void)
{
    static uint64_t seed = 88172645463325252u;
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

#endif
