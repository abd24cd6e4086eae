/* SPDX-License-Identifier: Apache-2.0 */
/* bits.h -- where the bits of a bit string are; compare and copy them.
 *
 * Only reading: making binaries is binary/binary.h.
 */
#ifndef VM_BITS_H
#define VM_BITS_H

#include "term/term.h"

/* bytes[0] holds the first bit, `offset` (0..7) bits from its top; `bits` in all. */
struct bits {
    const uint8_t *bytes;
    size_t offset, bits;
};

/* The bits of a heap, refc or sub binary. */
struct bits term_bits(term bitstring);
/* <0, 0, >0 as the shorter is a prefix or the first difference decides: the order of bit strings. */
int bits_compare(struct bits a, struct bits b);
bool bits_equal(struct bits a, struct bits b);
/* Copies all to `to`, starting at its top bit; unused bits of the last byte become 0. */
void bits_copy(uint8_t *to, struct bits from);
/* Byte i (its bits past the end are 0). */
static inline uint8_t bits_byte(struct bits b, size_t i)
{
    if (b.offset == 0) return b.bytes[i];
    uint8_t top = (uint8_t)(b.bytes[i] << b.offset);
    if (b.bits - 8 * i <= 8 - b.offset) return top;
    return (uint8_t)(top | b.bytes[i + 1] >> (8 - b.offset));
}

#endif
