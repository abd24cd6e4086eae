/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h -- checking, counting, reading and writing UTF-8 in bytes. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A Unicode scalar value: a code point that is no surrogate, so that UTF-8 has bytes for it. */
static inline bool is_scalar_value(int64_t c)
{
    return c >= 0 && c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
}

/* Bytes of the longest valid beginning; *characters counts it.  No surrogates, nothing overlong. */
size_t utf8_valid(const uint8_t *bytes, size_t n, size_t *characters);
/* All of it valid? */
static inline bool is_utf8(const uint8_t *bytes, size_t n)
{
    size_t characters;
    return utf8_valid(bytes, n, &characters) == n;
}
/* How many bytes a sequence with this first byte has, 1..4; 0: none begins so. */
static inline unsigned utf8_length(uint8_t first)
{
    return first < 0x80   ? 1
           : first < 0xC0 ? 0
           : first < 0xE0 ? 2
           : first < 0xF0 ? 3
           : first < 0xF8 ? 4
                          : 0;
}
/* All bytes below 128? */
bool is_7bit(const uint8_t *bytes, size_t n);

/* The code point at *p, which is valid; *p goes behind it. */
static inline uint32_t utf8_read(const uint8_t **p)
{
    const uint8_t *b = *p;
    if (b[0] < 0x80) return *p = b + 1, b[0];
    if (b[0] < 0xE0) return *p = b + 2, (b[0] & 0x1Fu) << 6 | (b[1] & 0x3Fu);
    if (b[0] < 0xF0) return *p = b + 3, (b[0] & 0xFu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu);
    *p = b + 4;
    return (b[0] & 7u) << 18 | (b[1] & 0x3Fu) << 12 | (b[2] & 0x3Fu) << 6 | (b[3] & 0x3Fu);
}
/* Writes a valid code point; returns the end. */
static inline uint8_t *utf8_write(uint8_t *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (uint8_t)c;
    } else if (c < 0x800) {
        *to++ = (uint8_t)(0xC0 | c >> 6);
        *to++ = 0x80 | (c & 0x3F);
    } else if (c < 0x10000) {
        *to++ = (uint8_t)(0xE0 | c >> 12);
        *to++ = 0x80 | (c >> 6 & 0x3F);
        *to++ = 0x80 | (c & 0x3F);
    } else {
        *to++ = (uint8_t)(0xF0 | c >> 18);
        *to++ = 0x80 | (c >> 12 & 0x3F);
        *to++ = 0x80 | (c >> 6 & 0x3F);
        *to++ = 0x80 | (c & 0x3F);
    }
    return to;
}

#endif
