/* SPDX-License-Identifier: Apache-2.0 */
/* bits.c -- ranges of bits: the cases that do not fall on bytes. */
#include "binary/bits.h"

/* --- up to 64 bits ----------------------------------------------------------------------- */

/* n bytes, 1..8, most significant first. */
static uint64_t load_bytes(const uint8_t *p, size_t n)
{
    switch (n) {
    case 1: return p[0];
    case 2: return load_u16(p);
    case 3: return (uint64_t)load_u16(p) << 8 | p[2];
    case 4: return load_u32(p);
    case 5: return (uint64_t)load_u32(p) << 8 | p[4];
    case 6: return (uint64_t)load_u32(p) << 16 | load_u16(p + 4);
    case 7: return (uint64_t)load_u32(p) << 24 | (uint64_t)load_u16(p + 4) << 8 | p[6];
    default: return load_u64(p);
    }
}

uint64_t bits_get_slow(const uint8_t *base, size_t offset, unsigned n)
{
    if (n == 0) return 0;
    const uint8_t *p = base + offset / 8;
    unsigned skip = offset % 8, end = skip + n;
    uint64_t v;
    if (end <= 64)
        v = load_bytes(p, (end + 7) / 8) >> ((64 - end) & 7);
    else
        v = load_u64(p) << (end - 64) | p[8] >> (72 - end);
    return n == 64 ? v : v & ((UINT64_C(1) << n) - 1);
}

/* The low n bits of v to bits from..from+n of one byte. */
static void put_in_byte(uint8_t *p, unsigned from, unsigned v, unsigned n)
{
    unsigned shift = 8 - from - n, mask = ((1u << n) - 1) << shift;
    *p = (uint8_t)((*p & ~mask) | ((v << shift) & mask));
}

void bits_put_slow(uint8_t *base, size_t offset, uint64_t v, unsigned n)
{
    uint8_t *p = base + offset / 8;
    unsigned from = offset % 8;
    if (n == 0) return;
    if (from + n <= 8) {
        put_in_byte(p, from, (unsigned)v & 0xFF, n);
        return;
    }
    if (from) {
        unsigned first = 8 - from;
        n -= first;
        put_in_byte(p++, from, (unsigned)(v >> n) & 0xFF, first);
    }
    for (; n >= 8; n -= 8) *p++ = (uint8_t)(v >> (n - 8));
    if (n) put_in_byte(p, 0, (unsigned)v & 0xFF, n);
}

/* --- ranges ---------------------------------------------------------------------------------- */

void bits_copy_slow(uint8_t *to, size_t to_offset, const uint8_t *from, size_t from_offset,
                    size_t n)
{
    unsigned first = (8 - to_offset % 8) % 8;
    if (first > n) first = (unsigned)n;
    if (first) {
        bits_put_slow(to, to_offset, bits_get_slow(from, from_offset, first), first);
        to_offset += first, from_offset += first, n -= first;
    }
    uint8_t *p = to + to_offset / 8;
    const uint8_t *q = from + from_offset / 8;
    unsigned skip = from_offset % 8;
    if (skip == 0) {
        memcpy(p, q, n / 8);
        p += n / 8, q += n / 8, n %= 8;
    } else {
        for (; n >= 64; n -= 64, p += 8, q += 8)
            store_u64(p, load_u64(q) << skip | q[8] >> (8 - skip));
    }
    if (n) bits_put_slow(p, 0, bits_get_slow(q, skip, (unsigned)n), (unsigned)n);
}

void bits_clear(uint8_t *base, size_t offset, size_t n)
{
    unsigned first = (8 - offset % 8) % 8;
    if (first > n) first = (unsigned)n;
    bits_put_slow(base, offset, 0, first);
    offset += first, n -= first;
    memset(base + offset / 8, 0, n / 8);
    bits_put_slow(base, offset + n / 8 * 8, 0, n % 8);
}

/* Orders the first n bits. */
static int compare(const uint8_t *a, size_t a_offset, const uint8_t *b, size_t b_offset, size_t n)
{
    if (((a_offset | b_offset) & 7) == 0) {
        int c = memcmp(a + a_offset / 8, b + b_offset / 8, n / 8);
        if (c) return c < 0 ? -1 : 1;
        size_t whole = n / 8 * 8;
        a_offset += whole, b_offset += whole, n -= whole;
    }
    while (n) {
        unsigned step = n < 64 ? (unsigned)n : 64;
        uint64_t x = bits_get_slow(a, a_offset, step), y = bits_get_slow(b, b_offset, step);
        if (x != y) return x < y ? -1 : 1;
        a_offset += step, b_offset += step, n -= step;
    }
    return 0;
}

int bits_compare(struct bits a, struct bits b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int c = compare(a.base, a.offset, b.base, b.offset, n);
    if (c) return c;
    return (a.size > b.size) - (a.size < b.size);
}

bool bits_equal(struct bits a, struct bits b)
{
    return a.size == b.size && compare(a.base, a.offset, b.base, b.offset, a.size) == 0;
}
