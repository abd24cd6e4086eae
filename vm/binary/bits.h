/* SPDX-License-Identifier: Apache-2.0 */
/* bits.h -- ranges of bits in memory: read, write, copy, compare.  No terms here.
 *
 * Bit 0 of a byte sequence is the highest bit of its first byte, as in the bit syntax.
 * Offsets and sizes count bits.  Nothing outside the bytes that a range touches is read
 * or written; bits of those bytes that are outside the range keep their value.
 * Nothing here allocates or fails.
 */
#ifndef VM_BITS_H
#define VM_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bits {
    const uint8_t *base;
    size_t offset; /* of the first bit, from base */
    size_t size;
};

/* Bytes that hold this many bits. */
static inline size_t bits_bytes(size_t bits) { return bits / 8 + (bits % 8 != 0); }
static inline bool bits_aligned(struct bits b) { return b.offset % 8 == 0; }
/* The first byte of an aligned range. */
static inline const uint8_t *bits_pointer(struct bits b) { return b.base + b.offset / 8; }

/* --- machine words in memory order ------------------------------------------------------ */

static inline uint16_t load_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}
static inline uint32_t load_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}
static inline uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}
static inline void store_u16(uint8_t *p, uint16_t v)
{
    v = __builtin_bswap16(v);
    memcpy(p, &v, sizeof v);
}
static inline void store_u32(uint8_t *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}
static inline void store_u64(uint8_t *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

/* --- up to 64 bits as a number, most significant first ------------------------------------- */

uint64_t bits_get_slow(const uint8_t *base, size_t offset, unsigned n);
static inline uint64_t bits_get(const uint8_t *base, size_t offset, unsigned n)
{
    if (((offset | n) & 7) == 0) {
        const uint8_t *p = base + offset / 8;
        switch (n) {
        case 8: return *p;
        case 16: return load_u16(p);
        case 32: return load_u32(p);
        case 64: return load_u64(p);
        }
    }
    return bits_get_slow(base, offset, n);
}

/* The low n bits of v. */
void bits_put_slow(uint8_t *base, size_t offset, uint64_t v, unsigned n);
static inline void bits_put(uint8_t *base, size_t offset, uint64_t v, unsigned n)
{
    if (((offset | n) & 7) == 0) {
        uint8_t *p = base + offset / 8;
        switch (n) {
        case 8: *p = (uint8_t)v; return;
        case 16: store_u16(p, (uint16_t)v); return;
        case 32: store_u32(p, (uint32_t)v); return;
        case 64: store_u64(p, v); return;
        }
    }
    bits_put_slow(base, offset, v, n);
}

/* --- ranges of any size ---------------------------------------------------------------------- */

/* The ranges do not overlap. */
void bits_copy_slow(uint8_t *to, size_t to_offset, const uint8_t *from, size_t from_offset,
                    size_t n);
static inline void bits_copy(uint8_t *to, size_t to_offset, const uint8_t *from, size_t from_offset,
                             size_t n)
{
    if (((to_offset | from_offset | n) & 7) == 0)
        memcpy(to + to_offset / 8, from + from_offset / 8, n / 8);
    else
        bits_copy_slow(to, to_offset, from, from_offset, n);
}

/* Sets the bits to 0. */
void bits_clear(uint8_t *base, size_t offset, size_t n);

/* The order of bitstrings: -1, 0, 1.  A prefix comes before what it is a prefix of. */
int bits_compare(struct bits a, struct bits b);
bool bits_equal(struct bits a, struct bits b);

#endif
