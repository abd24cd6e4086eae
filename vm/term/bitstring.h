/* SPDX-License-Identifier: Apache-2.0 */
/* bitstring.h -- the bits of a bit string term; what to do with them: binary/bits.h. */
#ifndef VM_BITSTRING_H
#define VM_BITSTRING_H

#include "binary/bits.h"
#include "term/term.h"

/* Of a heap, refc or sub binary. */
static inline struct bits term_bits(term bitstring)
{
    const term *w = boxed_words(bitstring);
    size_t offset = 0, size = w[1].bits * 8;
    if (header_kind(*w) == KIND_REFC_BINARY) {
        return (struct bits){(const uint8_t *)(uintptr_t)w[3].bits, 0, w[4].bits * 8};
    } else if (header_kind(*w) == KIND_SUB_BINARY) {
        offset = w[2].bits * 8 + (w[4].bits & 7);
        size = w[3].bits * 8 + (w[4].bits >> 8 & 7);
        w = boxed_words(w[1]);
        if (header_kind(*w) == KIND_REFC_BINARY)
            return (struct bits){(const uint8_t *)(uintptr_t)w[3].bits, offset, size};
    }
    return (struct bits){(const uint8_t *)(w + 2), offset, size};
}

#endif
