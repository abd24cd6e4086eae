/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c -- checking UTF-8. */
#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

static bool eight_are_7bit(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return (v & HIGH_BITS) == 0;
}

bool is_7bit(const uint8_t *bytes, size_t n)
{
    for (; n >= 8; n -= 8, bytes += 8)
        if (!eight_are_7bit(bytes)) return false;
    for (; n; n--, bytes++)
        if (*bytes & 0x80) return false;
    return true;
}

static bool continues(uint8_t b) { return (b & 0xC0) == 0x80; }

/* Length of the valid sequence at p, which has a first byte over 127; 0: not valid, or cut off. */
static unsigned sequence(const uint8_t *p, size_t left)
{
    unsigned n = utf8_length(p[0]);
    if (n < 2 || left < n || !continues(p[1])) return 0;
    switch (n) {
    case 2: return p[0] < 0xC2 ? 0 : 2;
    case 3:
        if (!continues(p[2])) return 0;
        if (p[0] == 0xE0 && p[1] < 0xA0) return 0;
        return p[0] == 0xED && p[1] >= 0xA0 ? 0 : 3;
    default:
        if (!continues(p[2]) || !continues(p[3])) return 0;
        if (p[0] == 0xF0 && p[1] < 0x90) return 0;
        return p[0] > 0xF4 || (p[0] == 0xF4 && p[1] >= 0x90) ? 0 : 4;
    }
}

size_t utf8_valid(const uint8_t *bytes, size_t n, size_t *characters)
{
    const uint8_t *p = bytes, *end = bytes + n;
    size_t count = 0;
    while (p < end) {
        if (end - p >= 8 && eight_are_7bit(p)) {
            p += 8, count += 8;
            continue;
        }
        unsigned step = *p < 0x80 ? 1 : sequence(p, (size_t)(end - p));
        if (step == 0) break;
        p += step, count++;
    }
    *characters = count;
    return (size_t)(p - bytes);
}
