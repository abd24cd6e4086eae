/* SPDX-License-Identifier: Apache-2.0 */
/* match.h -- taking a bitstring apart: the match context and what the bs_* instructions do to it.
 *
 * A context is a boxed term that is changed in place: words[3] is the position and words[4]
 * the end, both in bits from words[2], the first byte of the original.
 *
 * match_take_*: the bits are there (match_has said so); match_get_*: NO_VALUE (or false) when the
 * match fails, and then the position is unchanged.  Nothing collects.
 * A NO_VALUE may also mean that an integer is too large to be (some 33 million bits): no match.
 */
#ifndef VM_MATCH_H
#define VM_MATCH_H

#include "binary/binary.h"

/* Bits of the flags operand in BEAM code. */
enum field_flags { FIELD_ALIGNED = 1, FIELD_LITTLE = 2, FIELD_SIGNED = 4, FIELD_NATIVE = 16 };
/* The loader applies it: native is little here, and the hint is dropped. */
static inline unsigned field_flags_plain(unsigned flags)
{
    return (flags & (FIELD_LITTLE | FIELD_SIGNED)) | (flags & FIELD_NATIVE ? FIELD_LITTLE : 0);
}

/* size * unit as a count of bits; false: no match (negative, no integer, or more bits than can exist). */
static inline bool match_size(term size, unsigned unit, size_t *bits)
{
    if (unlikely(!is_small(size) || small_value(size) < 0)) return false;
    return !__builtin_mul_overflow((size_t)small_value(size), (size_t)unit, bits);
}

/* --- context -------------------------------------------------------------------------------- */

/* A fresh context over a bitstring; a context is returned as it is.  NO_VALUE: something else. */
term match_start(struct heap *h, term t);

#define MATCH_BASE(m) ((const uint8_t *)(uintptr_t)(m)[2].bits)

static inline size_t match_left(term context)
{
    const term *m = boxed_words(context);
    return m[4].bits - m[3].bits;
}
static inline bool match_has(term context, size_t bits) { return match_left(context) >= bits; }
/* bs_get_position, bs_set_position: a small integer. */
static inline term match_position(term context)
{
    return small((int64_t)boxed_words(context)[3].bits);
}
static inline void match_set_position(term context, term position)
{
    boxed_words(context)[3].bits = (uint64_t)small_value(position);
}
/* bs_test_tail2: exactly this many bits are left. */
static inline bool match_test_tail(term context, size_t bits)
{
    return match_left(context) == bits;
}
/* bs_test_unit: what is left divides by unit. */
static inline bool match_test_unit(term context, unsigned unit)
{
    return unit == 8 ? (match_left(context) & 7) == 0 : match_left(context) % unit == 0;
}
/* ensure_at_least S U: S bits, and what follows them divides by U. */
static inline bool match_ensure_at_least(term context, size_t bits, unsigned unit)
{
    size_t left = match_left(context);
    return left >= bits && (unit == 1 || (left - bits) % unit == 0);
}

/* --- steps ------------------------------------------------------------------------------------- */

static inline void match_take_skip(term context, size_t bits)
{
    boxed_words(context)[3].bits += bits;
}
static inline bool match_skip(term context, size_t bits)
{
    if (unlikely(!match_has(context, bits))) return false;
    match_take_skip(context, bits);
    return true;
}

/* An integer from `bits` bits at `offset`; flags plain. */
term integer_of_bits(struct heap *h, const uint8_t *base, size_t offset, size_t bits,
                     unsigned flags);

static inline term match_take_integer(struct heap *h, term context, size_t bits, unsigned flags)
{
    term *m = boxed_words(context);
    size_t at = m[3].bits;
    const uint8_t *base = MATCH_BASE(m);
    m[3].bits = at + bits;
    if (likely(flags == 0)) {
        if (likely(((at | bits) & 7) == 0)) {
            const uint8_t *p = base + at / 8;
            switch (bits) {
            case 8: return small(*p);
            case 16: return small(load_u16(p));
            case 24: return small((int64_t)p[0] << 16 | load_u16(p + 1));
            case 32: return small(load_u32(p));
            }
        }
        if (likely(bits - 1 < 58)) return small((int64_t)bits_get_slow(base, at, (unsigned)bits));
    }
    term result = integer_of_bits(h, base, at, bits, flags);
    if (unlikely(is_no_value(result))) m[3].bits = at;
    return result;
}
static inline term match_get_integer(struct heap *h, term context, size_t bits, unsigned flags)
{
    return likely(match_has(context, bits)) ? match_take_integer(h, context, bits, flags)
                                            : NO_VALUE;
}

/* 0 (gives 0.0), 16, 32 or 64 bits; NO_VALUE also for other sizes, infinities and NaN. */
term match_get_float(struct heap *h, term context, size_t bits, unsigned flags);

static inline term match_take_binary(struct heap *h, term context, size_t bits)
{
    term *m = boxed_words(context);
    size_t at = m[3].bits;
    m[3].bits = at + bits;
    return binary_part_of_original(h, m[1], MATCH_BASE(m), at, bits);
}
static inline term match_get_binary(struct heap *h, term context, size_t bits)
{
    return likely(match_has(context, bits)) ? match_take_binary(h, context, bits) : NO_VALUE;
}
/* Size `all`: all that is left, when it divides by unit. */
static inline term match_get_rest(struct heap *h, term context, unsigned unit)
{
    return match_test_unit(context, unit) ? match_take_binary(h, context, match_left(context))
                                          : NO_VALUE;
}
/* bs_get_tail: what is left, without taking it. */
static inline term match_tail(struct heap *h, term context)
{
    const term *m = boxed_words(context);
    return binary_part_of_original(h, m[1], MATCH_BASE(m), m[3].bits, m[4].bits - m[3].bits);
}

/* A code point, as a small integer.  flags: FIELD_LITTLE for utf16 and utf32. */
term match_get_utf8(term context);
term match_get_utf16(term context, unsigned flags);
term match_get_utf32(term context, unsigned flags);

/* bs_match_string: the next `bits` bits are these. */
bool match_string(term context, const uint8_t *string, size_t bits);
/* bs_match `=:=`: the next `bits` bits (at most 64; they are there), big endian and unsigned, are `value`.
 * They are taken when they are. */
static inline bool match_take_equal(term context, unsigned bits, uint64_t value)
{
    term *m = boxed_words(context);
    if (bits_get(MATCH_BASE(m), m[3].bits, bits) != value) return false;
    m[3].bits += bits;
    return true;
}

#endif
