/* SPDX-License-Identifier: Apache-2.0 */
/* width.c -- see width.h. */
#include "port/width.h"

/* Bytes of the character that this byte begins; 0: none. */
static size_t length_of(uint8_t first)
{
    if (first < 0x80) return 1;
    if (first < 0xC2) return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

/* How many of the first n bytes go together as one character so far. */
static size_t good_bytes(const uint8_t *bytes, size_t n)
{
    size_t i = 1;
    while (i < n && (bytes[i] & 0xC0) == 0x80) i++;
    return i;
}

bool utf8_is_half(const uint8_t *bytes, size_t n)
{
    size_t length = length_of(bytes[0]);
    return length > n && good_bytes(bytes, n) == n;
}

size_t utf8_decode(const uint8_t *bytes, size_t n, uint32_t *out)
{
    size_t length = length_of(bytes[0]);
    *out = bytes[0];
    if (length < 2 || length > n || good_bytes(bytes, length) < length) return 1;
    uint32_t c = bytes[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) c = c << 6 | (bytes[i] & 0x3F);
    *out = c;
    return length;
}

static bool within(uint32_t c, const uint32_t (*ranges)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
    return false;
}

uint32_t code_point_width(uint32_t c)
{
    static const uint32_t none[][2] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},
                                       {0x610, 0x61A},   {0x64B, 0x65F},   {0x1AB0, 0x1AFF},
                                       {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
                                       {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}};
    static const uint32_t wide[][2] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                                       {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                       {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    if (c < 0x300) return 1;
    if (within(c, none, sizeof none / sizeof *none)) return 0;
    return within(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}
