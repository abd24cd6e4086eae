/* SPDX-License-Identifier: Apache-2.0 */
/* fields.c -- writing one field of the bit syntax: the bs_put_* of old, and the steps of binary_create(). */
#include "binary/append.h"
#include "binary/float16.h"
#include "big/big.h"
#include "heap/arena.h"

/* --- integers -------------------------------------------------------------------------------- */

static void put_little(uint8_t *base, size_t offset, uint64_t v, unsigned bits)
{
    if (bits && bits % 8 == 0) {
        bits_put(base, offset, __builtin_bswap64(v) >> (64 - bits), bits);
        return;
    }
    for (; bits >= 8; bits -= 8, offset += 8, v >>= 8) bits_put(base, offset, v & 0xFF, 8);
    if (bits) bits_put(base, offset, v, bits);
}

/* Every byte of a long field but the last 64 bits is the sign. */
static void put_long_small(uint8_t *base, size_t offset, int64_t v, size_t bits, unsigned flags)
{
    size_t fill = bits - 64, at = offset;
    if (flags & FIELD_LITTLE) {
        put_little(base, at, (uint64_t)v, 64);
        at += 64;
    }
    uint64_t sign = v < 0 ? ~UINT64_C(0) : 0;
    for (; fill >= 64; fill -= 64, at += 64) bits_put(base, at, sign, 64);
    if (fill) bits_put(base, at, sign, (unsigned)fill), at += fill;
    if (!(flags & FIELD_LITTLE)) bits_put(base, at, (uint64_t)v, 64);
}

/* integer_to_bits() has left its odd bits in the low end of a byte: the other way round to gather(). */
static void scatter(uint8_t *base, size_t offset, const uint8_t *from, size_t bits, bool little)
{
    unsigned rest = bits % 8;
    if (little) {
        bits_copy(base, offset, from, 0, bits - rest);
        if (rest) bits_put(base, offset + bits - rest, from[bits / 8], rest);
    } else {
        if (rest) bits_put(base, offset, *from++, rest);
        bits_copy(base, offset + rest, from, 0, bits - rest);
    }
}

static bool put_big(uint8_t *base, size_t offset, term value, size_t bits, unsigned flags)
{
    enum integer_order order = flags & FIELD_LITTLE ? INTEGER_LITTLE_ENDIAN : INTEGER_BIG_ENDIAN;
    if (((offset | bits) & 7) == 0) {
        integer_to_bits(value, base + offset / 8, bits, order);
        return true;
    }
    uint8_t few[256], *bytes = few;
    size_t n = bits_bytes(bits);
    if (n > sizeof few) bytes = arena_malloc(n);
    if (!bytes) return false;
    integer_to_bits(value, bytes, bits, order);
    scatter(base, offset, bytes, bits, flags & FIELD_LITTLE);
    if (bytes != few) arena_free(bytes);
    return true;
}

bool builder_put_integer(struct binary_builder *b, term value, size_t bits, unsigned flags)
{
    size_t at = b->offset;
    if (likely(is_small(value))) {
        int64_t v = small_value(value);
        if (likely(bits <= 64)) {
            if (likely(!(flags & FIELD_LITTLE)))
                bits_put(b->base, at, (uint64_t)v, (unsigned)bits);
            else
                put_little(b->base, at, (uint64_t)v, (unsigned)bits);
        } else {
            put_long_small(b->base, at, v, bits, flags);
        }
    } else if (!is_big(value)) {
        return false;
    } else if (bits && !put_big(b->base, at, value, bits, flags)) {
        return false;
    }
    b->offset = at + bits;
    return true;
}

/* --- floats ------------------------------------------------------------------------------------- */

/* NO_VALUE: written; else the kind of fault. */
term field_put_float(struct binary_builder *b, term value, size_t bits, unsigned flags)
{
    double d;
    uint64_t v;
    if (bits != 16 && bits != 32 && bits != 64) return ATOM(invalid);
    if (!is_number(value)) return ATOM(type);
    if (is_small(value))
        d = (double)small_value(value);
    else if (!number_to_double(value, &d))
        return ATOM(no_float);
    if (bits == 64) {
        memcpy(&v, &d, sizeof v);
    } else if (bits == 32) {
        float f = is_small(value) ? (float)small_value(value) : (float)d;
        uint32_t w;
        memcpy(&w, &f, sizeof w);
        v = w;
    } else {
        v = float16_from_double(d);
    }
    if (flags & FIELD_LITTLE)
        put_little(b->base, b->offset, v, (unsigned)bits);
    else
        bits_put(b->base, b->offset, v, (unsigned)bits);
    b->offset += bits;
    return NO_VALUE;
}

bool builder_put_float(struct binary_builder *b, term value, size_t bits, unsigned flags)
{
    return is_no_value(field_put_float(b, value, bits, flags));
}

/* --- binaries ------------------------------------------------------------------------------------- */

bool builder_put_binary(struct binary_builder *b, term value, size_t bits)
{
    if (!is_bitstring(value)) return false;
    struct bits from = binary_bits(value);
    if (from.size < bits) return false;
    bits_copy(b->base, b->offset, from.base, from.offset, bits);
    b->offset += bits;
    return true;
}

bool builder_put_binary_all(struct binary_builder *b, term value, unsigned unit)
{
    if (!is_bitstring(value)) return false;
    struct bits from = binary_bits(value);
    if (unit == 8 ? from.size & 7 : from.size % unit) return false;
    bits_copy(b->base, b->offset, from.base, from.offset, from.size);
    b->offset += from.size;
    return true;
}

void builder_put_string(struct binary_builder *b, const uint8_t *bytes, size_t n)
{
    bits_copy(b->base, b->offset, bytes, 0, n * 8);
    b->offset += n * 8;
}

/* --- code points -------------------------------------------------------------------------------------- */

term utf8_size(term value)
{
    uint64_t c = is_small(value) ? (uint64_t)small_value(value) : UINT64_MAX;
    return small(c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
}

term utf16_size(term value)
{
    uint64_t c = is_small(value) ? (uint64_t)small_value(value) : UINT64_MAX;
    return small(c < 0x10000 ? 2 : 4);
}

bool builder_put_utf8(struct binary_builder *b, term value)
{
    if (!is_code_point(value)) return false;
    uint32_t c = (uint32_t)small_value(value);
    unsigned bits = (unsigned)small_value(utf8_size(value)) * 8;
    uint32_t v;
    switch (bits) {
    case 8: v = c; break;
    case 16: v = 0xC080 | c >> 6 << 8 | (c & 0x3F); break;
    case 24: v = 0xE08080 | c >> 12 << 16 | (c >> 6 & 0x3F) << 8 | (c & 0x3F); break;
    default:
        v = 0xF0808080 | c >> 18 << 24 | (c >> 12 & 0x3F) << 16 | (c >> 6 & 0x3F) << 8 | (c & 0x3F);
    }
    bits_put(b->base, b->offset, v, bits);
    b->offset += bits;
    return true;
}

static void put_unit(struct binary_builder *b, uint32_t v, unsigned flags)
{
    if (flags & FIELD_LITTLE)
        put_little(b->base, b->offset, v, 16);
    else
        bits_put(b->base, b->offset, v, 16);
    b->offset += 16;
}

bool builder_put_utf16(struct binary_builder *b, term value, unsigned flags)
{
    if (!is_code_point(value)) return false;
    uint32_t c = (uint32_t)small_value(value);
    if (c < 0x10000) {
        put_unit(b, c, flags);
    } else {
        put_unit(b, 0xD800 | (c - 0x10000) >> 10, flags);
        put_unit(b, 0xDC00 | (c & 0x3FF), flags);
    }
    return true;
}
