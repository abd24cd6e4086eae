/* SPDX-License-Identifier: Apache-2.0 */
/* big.h -- numbers of any kind and size: arithmetic and conversion.
 *
 * An integer is a small (in the word) or a big (limbs on the heap, least first, sign in
 * the header).  `term` arguments called `number` are small, big or float; `integer` is small or big.
 *
 * Always true of a big: at least one limb, the last limb is not 0, at most BIG_LIMBS_MAX
 * limbs, and the value does not fit a small.  So two equal integers have equal words.
 *
 * True for every function that takes a heap: it never collects; the result is on that heap,
 * a small, or one of the operands itself.  When it cannot answer it returns NO_VALUE and
 * says why; *why is not touched otherwise.  Operands may be the same term.
 * Work inside is proportional to what GMP does: callers count reductions by limbs.
 */
#ifndef VM_BIG_H
#define VM_BIG_H

#include "heap/heap.h"
#include "term/atom.h"

#define BIG_LIMBS_MAX    ((1u << 19) - 1) /* more is system_limit, as in the stock machine */
#define BIG_WORDS(limbs) (1 + (limbs))

enum number_fault {
    NUMBER_BADARITH,     /* an operand is of the wrong kind, a zero divisor, a float overflow */
    NUMBER_SYSTEM_LIMIT, /* the result has more than BIG_LIMBS_MAX limbs */
    NUMBER_BADARG        /* not the text of a number */
};
/* The error reason for Erlang: badarith, system_limit, badarg. */
term number_fault_reason(enum number_fault why);

/* --- arithmetic, with the rules of the Erlang operators ------------------------------------- */

term number_add(struct heap *h, term a, term b, enum number_fault *why);
term number_subtract(struct heap *h, term a, term b, enum number_fault *why);
term number_multiply(struct heap *h, term a, term b, enum number_fault *why);
term number_divide(struct heap *h, term a, term b, enum number_fault *why); /* operator '/' */
term number_negate(struct heap *h, term a, enum number_fault *why);
term number_absolute(struct heap *h, term a, enum number_fault *why); /* badarg when no number */

term integer_div(struct heap *h, term a, term b, enum number_fault *why);
term integer_rem(struct heap *h, term a, term b, enum number_fault *why);
/* Both at once: false with *why set, or true with *quotient and *remainder. */
bool integer_div_rem(struct heap *h, term a, term b, term *quotient, term *remainder,
                     enum number_fault *why);
term integer_and(struct heap *h, term a, term b, enum number_fault *why);
term integer_or(struct heap *h, term a, term b, enum number_fault *why);
term integer_xor(struct heap *h, term a, term b, enum number_fault *why);
term integer_not(struct heap *h, term a, enum number_fault *why);
term integer_shift_left(struct heap *h, term a, term by, enum number_fault *why);  /* bsl */
term integer_shift_right(struct heap *h, term a, term by, enum number_fault *why); /* bsr */

/* Comparison: term/compare.h. */
static inline bool integer_is_negative(term i)
{
    return is_small(i) ? small_value(i) < 0 : big_is_negative(i);
}

/* --- machine words ------------------------------------------------------------------------------ */

/* true with *out when the integer fits; false when it does not, or `t` is no integer. */
bool integer_to_int64(term t, int64_t *out);
bool integer_to_uint64(term t, uint64_t *out);
/* The low 64 bits in two's complement, of any integer. */
uint64_t integer_low_bits(term integer);
/* From limbs, least first, in any form (leading zeros, fits a small). */
term integer_from_limbs(struct heap *h, bool negative, const uint64_t *limbs, size_t count,
                        enum number_fault *why);
/* Bits of the magnitude: 0 for 0, 8 for 255 and -255. */
size_t integer_bit_length(term integer);

/* --- floats --------------------------------------------------------------------------------------- */

/* The nearest double in the way the stock machine rounds; false when `t` is no number or too large. */
bool number_to_double(term t, double *out);
/* The integer part of a finite double. */
term integer_from_double(struct heap *h, double d);
/* A float on the heap; badarith when d is infinite or NaN. */
term number_from_double(struct heap *h, double d, enum number_fault *why);

/* --- bytes ------------------------------------------------------------------------------------------ */

enum integer_order { INTEGER_BIG_ENDIAN, INTEGER_LITTLE_ENDIAN };

/* The unsigned value of `count` bytes, negated when `negative`: external terms, decode_unsigned. */
term integer_from_bytes(struct heap *h, const uint8_t *bytes, size_t count,
                        enum integer_order order, bool negative, enum number_fault *why);
/* Bytes of the magnitude (0 for 0), and those bytes. */
size_t integer_byte_length(term integer);
void integer_to_bytes(term integer, uint8_t *bytes, enum integer_order order);

/* The bit syntax: `bits` bits in (bits + 7) / 8 bytes.  When bits is no multiple of 8 the most
 * significant byte (first in big endian, last in little endian) holds bits % 8 of them, in its low
 * end; its other bits are ignored, and written as 0.  is_signed: two's complement. */
term integer_from_bits(struct heap *h, const uint8_t *bytes, size_t bits, enum integer_order order,
                       bool is_signed, enum number_fault *why);
/* The low `bits` bits of the integer in two's complement. */
void integer_to_bits(term integer, uint8_t *bytes, size_t bits, enum integer_order order);

/* --- text -------------------------------------------------------------------------------------------- */

/* At least as many characters as integer_to_text writes. */
size_t integer_text_room(term integer, unsigned base);
/* Digits 0-9A-Z after a '-' for negative ones, not terminated; the count of characters written, 0 when
 * there is no memory to work in.  Base 2..36.  Faster than quadratic in the size. */
size_t integer_to_text(term integer, unsigned base, char *out);
/* One optional sign and at least one digit, nothing else; else badarg. */
term integer_from_text(struct heap *h, const char *text, size_t bytes, unsigned base,
                       enum number_fault *why);

#endif
