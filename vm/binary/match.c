/* SPDX-License-Identifier: Apache-2.0 */
/* match.c -- the less frequent steps of bit syntax matching. */
#include "binary/match.h"
#include "base/utf8.h"
#include "binary/float16.h"
#include "big/big.h"
#include "heap/arena.h"

term match_start(struct heap *h, term t)
{
    if (!is_boxed(t)) return NO_VALUE;
    const term *from = boxed_words(t);
    enum boxed_kind kind = header_kind(*from);
    if (kind == KIND_MATCH) return t;
    if (kind < KIND_REFC_BINARY || kind > KIND_SUB_BINARY) return NO_VALUE;
    term *m = heap_alloc(h, MATCH_WORDS);
    m[0] = header(5, KIND_MATCH);
    if (kind == KIND_SUB_BINARY) {
        size_t offset = from[2].bits * 8 + (from[4].bits & 7);
        m[1] = from[1];
        m[3] = term_of(offset);
        m[4] = term_of(offset + from[3].bits * 8 + (from[4].bits >> 8 & 7));
        m[2] = term_of((uintptr_t)binary_original_bytes(boxed_words(from[1])));
    } else {
        m[1] = t;
        m[2] = term_of((uintptr_t)binary_original_bytes(from));
        m[3] = term_of(0);
        m[4] = term_of((kind == KIND_HEAP_BINARY ? from[1].bits : from[4].bits) * 8);
    }
    m[5] = term_of(0);
    return boxed_term(m);
}

/* --- integers ---------------------------------------------------------------------------------- */

static uint64_t little_endian(const uint8_t *base, size_t offset, unsigned bits)
{
    uint64_t v = 0;
    unsigned at = 0;
    if (bits && bits % 8 == 0)
        return __builtin_bswap64(bits_get(base, offset, bits) << (64 - bits));
    for (; at + 8 <= bits; at += 8) v |= bits_get(base, offset + at, 8) << at;
    if (at < bits) v |= bits_get(base, offset + at, bits - at) << at;
    return v;
}

/* Puts the bits in the form that integer_from_bits() takes. */
static void gather(uint8_t *to, const uint8_t *base, size_t offset, size_t bits, bool little)
{
    unsigned rest = bits % 8;
    if (little) {
        bits_copy(to, 0, base, offset, bits - rest);
        if (rest) to[bits / 8] = (uint8_t)bits_get(base, offset + bits - rest, rest);
    } else {
        if (rest) *to++ = (uint8_t)bits_get(base, offset, rest);
        bits_copy(to, 0, base, offset + rest, bits - rest);
    }
}

static term long_integer(struct heap *h, const uint8_t *base, size_t offset, size_t bits,
                         unsigned flags)
{
    enum integer_order order = flags & FIELD_LITTLE ? INTEGER_LITTLE_ENDIAN : INTEGER_BIG_ENDIAN;
    bool is_signed = flags & FIELD_SIGNED;
    enum number_fault why;
    if (((offset | bits) & 7) == 0)
        return integer_from_bits(h, base + offset / 8, bits, order, is_signed, &why);
    uint8_t few[256], *bytes = few;
    size_t n = bits_bytes(bits);
    if (n > sizeof few) bytes = arena_malloc(n);
    if (!bytes) return NO_VALUE;
    gather(bytes, base, offset, bits, flags & FIELD_LITTLE);
    term result = integer_from_bits(h, bytes, bits, order, is_signed, &why);
    if (bytes != few) arena_free(bytes);
    return result;
}

term integer_of_bits(struct heap *h, const uint8_t *base, size_t offset, size_t bits,
                     unsigned flags)
{
    if (bits == 0) return small(0);
    if (bits > 64) return long_integer(h, base, offset, bits, flags);
    unsigned n = (unsigned)bits;
    uint64_t v = flags & FIELD_LITTLE ? little_endian(base, offset, n) : bits_get(base, offset, n);
    if (flags & FIELD_SIGNED) return make_integer(h, (int64_t)(v << (64 - n)) >> (64 - n));
    return make_unsigned(h, v);
}

/* --- floats --------------------------------------------------------------------------------------- */

term match_get_float(struct heap *h, term context, size_t bits, unsigned flags)
{
    term *m = boxed_words(context);
    if (bits == 0) return make_float(h, 0.0);
    if ((bits != 16 && bits != 32 && bits != 64) || !match_has(context, bits)) return NO_VALUE;
    unsigned n = (unsigned)bits;
    uint64_t v = flags & FIELD_LITTLE ? little_endian(MATCH_BASE(m), m[3].bits, n)
                                      : bits_get(MATCH_BASE(m), m[3].bits, n);
    double d;
    if (bits == 64) {
        memcpy(&d, &v, sizeof d);
    } else if (bits == 32) {
        uint32_t half = (uint32_t)v;
        float f;
        memcpy(&f, &half, sizeof f);
        d = f;
    } else {
        d = float16_to_double((uint16_t)v);
    }
    if (!isfinite(d)) return NO_VALUE;
    m[3].bits += bits;
    return make_float(h, d);
}

/* --- code points -------------------------------------------------------------------------------------- */

term match_get_utf8(term context)
{
    term *m = boxed_words(context);
    const uint8_t *base = MATCH_BASE(m);
    size_t at = m[3].bits, left = m[4].bits - at;
    if (left < 8) return NO_VALUE;
    uint32_t c = (uint32_t)bits_get(base, at, 8);
    if (c < 0x80) {
        m[3].bits = at + 8;
        return small(c);
    }
    unsigned more = c < 0xC2 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : 0;
    if (more == 0 || left < 8 + more * 8) return NO_VALUE;
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    c &= 0x3F >> more;
    for (unsigned i = 1; i <= more; i++) {
        uint32_t next = (uint32_t)bits_get(base, at + i * 8, 8);
        if ((next & 0xC0) != 0x80) return NO_VALUE;
        c = c << 6 | (next & 0x3F);
    }
    if (c < least[more] || !is_scalar_value(c)) return NO_VALUE;
    m[3].bits = at + 8 + more * 8;
    return small(c);
}

static uint32_t get_unit(const term *m, size_t ahead, unsigned bits, unsigned flags)
{
    return (uint32_t)(flags & FIELD_LITTLE ? little_endian(MATCH_BASE(m), m[3].bits + ahead, bits)
                                           : bits_get(MATCH_BASE(m), m[3].bits + ahead, bits));
}

term match_get_utf16(term context, unsigned flags)
{
    term *m = boxed_words(context);
    size_t left = match_left(context);
    if (left < 16) return NO_VALUE;
    uint32_t c = get_unit(m, 0, 16, flags);
    if (c < 0xD800 || c > 0xDFFF) {
        m[3].bits += 16;
        return small(c);
    }
    if (c > 0xDBFF || left < 32) return NO_VALUE;
    uint32_t low = get_unit(m, 16, 16, flags);
    if (low < 0xDC00 || low > 0xDFFF) return NO_VALUE;
    m[3].bits += 32;
    return small(0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF)));
}

term match_get_utf32(term context, unsigned flags)
{
    term *m = boxed_words(context);
    if (!match_has(context, 32)) return NO_VALUE;
    uint32_t c = get_unit(m, 0, 32, flags);
    if (!is_scalar_value(c)) return NO_VALUE;
    m[3].bits += 32;
    return small(c);
}

/* --- strings -------------------------------------------------------------------------------------------- */

bool match_string(term context, const uint8_t *string, size_t bits)
{
    term *m = boxed_words(context);
    if (!match_has(context, bits)) return false;
    struct bits here = {MATCH_BASE(m), m[3].bits, bits}, there = {string, 0, bits};
    if (!bits_equal(here, there)) return false;
    m[3].bits += bits;
    return true;
}
