/* SPDX-License-Identifier: Apache-2.0 */
/* binary.h -- binaries and bitstrings as terms: look into them, make them, take parts.
 *
 * The four layouts are drawn in term/term.h.  binary_bits() hides which one it is.
 * Always true: the original of a sub binary or match context is a heap or refc binary, never
 * a sub binary; `base` of a match context is the first byte of its original; the range
 * of a part lies inside its original.
 *
 * Functions that make a binary never collect.  They return NO_VALUE (or NULL) only when there
 * is no memory for the bytes: raise system_limit.
 */
#ifndef VM_BINARY_H
#define VM_BINARY_H

#include "heap/heap.h"
#include "binary/bits.h"

/* --- looking ----------------------------------------------------------------------------- */

/* The first byte of a heap or refc binary (boxed words). */
static inline const uint8_t *binary_original_bytes(const term *words)
{
    return (words->bits & 0x3F) == (uint64_t)KIND_HEAP_BINARY << 2
               ? (const uint8_t *)(words + 2)
               : (const uint8_t *)(uintptr_t)words[3].bits;
}

/* Of a bitstring; it points into the heap or a blob: good until the next collection. */
static inline struct bits binary_bits(term bitstring)
{
    const term *w = boxed_words(bitstring);
    switch (header_kind(*w)) {
    case KIND_HEAP_BINARY: return (struct bits){(const uint8_t *)(w + 2), 0, w[1].bits * 8};
    case KIND_REFC_BINARY:
        return (struct bits){(const uint8_t *)(uintptr_t)w[3].bits, 0, w[4].bits * 8};
    default: {
        uint64_t rest = w[4].bits;
        return (struct bits){binary_original_bytes(boxed_words(w[1])) + w[2].bits, rest & 7,
                             w[3].bits * 8 + (rest >> 8 & 7)};
    }
    }
}

/* Of a bitstring, in bits. */
static inline size_t binary_bit_size(term bitstring)
{
    const term *w = boxed_words(bitstring);
    switch (header_kind(*w)) {
    case KIND_HEAP_BINARY: return w[1].bits * 8;
    case KIND_REFC_BINARY: return w[4].bits * 8;
    default: return w[3].bits * 8 + (w[4].bits >> 8 & 7);
    }
}
/* Of a bitstring, in bytes, rounded up: what byte_size/1 answers. */
static inline size_t binary_size(term bitstring) { return bits_bytes(binary_bit_size(bitstring)); }

/* A bitstring of whole bytes: what is_binary/1 answers. */
static inline bool is_binary(term t)
{
    if (!is_boxed(t)) return false;
    const term *w = boxed_words(t);
    switch (header_kind(*w)) {
    case KIND_HEAP_BINARY:
    case KIND_REFC_BINARY: return true;
    case KIND_SUB_BINARY: return (w[4].bits & 0x700) == 0;
    default: return false;
    }
}

/* The bytes of a binary, when it is one and begins on a byte; NULL otherwise. */
static inline const uint8_t *binary_bytes(term t, size_t *size)
{
    if (!is_binary(t)) return NULL;
    struct bits b = binary_bits(t);
    if (!bits_aligned(b)) return NULL;
    *size = b.size / 8;
    return bits_pointer(b);
}

/* The same for any binary: one that begins inside a byte is copied to *copy, which the caller gives to
 * arena_free() (NULL: nothing to free).  NULL: no binary, or no memory. */
const uint8_t *binary_bytes_or_copy(term t, size_t *size, uint8_t **copy);

/* --- making -------------------------------------------------------------------------------- */

/* A binary of n bytes, on the heap or, above HEAP_BINARY_LIMIT, in a blob.  Returns where the
 * bytes go; they are not set. */
uint8_t *binary_new(struct heap *h, size_t n, term *out);
/* A copy of these bytes. */
term binary_make(struct heap *h, const void *bytes, size_t n);
/* A copy of these bits. */
term binary_from_bits(struct heap *h, struct bits b);
/* A binary over b->bytes bytes of the blob; takes over one reference of the caller's. */
term binary_of_blob(struct heap *h, struct blob *b);
/* The same over a part of the blob: [from, from + n). */
term binary_of_blob_part(struct heap *h, struct blob *b, size_t from, size_t n);

/* `size` bits from bit `offset` of a bitstring, which has them.  Whole bytes up to HEAP_BINARY_LIMIT are
 * copied (that takes less memory than a reference to them); else a sub binary. */
term binary_part(struct heap *h, term bitstring, size_t offset, size_t size);
/* The same from an original and its first byte. */
term binary_part_of_original(struct heap *h, term original, const uint8_t *base, size_t offset,
                             size_t size);

/* --- iodata: lists of bytes, binaries and lists ---------------------------------------------- */

enum iodata_result { IODATA_OK, IODATA_BAD, IODATA_TOO_LARGE, IODATA_NO_MEMORY };

/* Bytes in it; bits must be whole bytes.  No recursion; a list of any depth. */
enum iodata_result iodata_size(term t, size_t *bytes);
/* Writes it to `to`, which has room for iodata_size() bytes. */
enum iodata_result iodata_copy(term t, uint8_t *to);
/* Both: a fresh binary.  A binary itself is returned as it is. */
enum iodata_result iodata_to_binary(struct heap *h, term t, term *out);
/* The same to a block from arena_malloc, with `spare` more bytes at its end. */
enum iodata_result iodata_to_block(term t, size_t spare, uint8_t **block, size_t *bytes);
/* Bitstrings of any size are allowed too: what list_to_bitstring/1 takes. */
enum iodata_result bitdata_size(term t, size_t *bits);
enum iodata_result bitdata_copy(term t, uint8_t *to);

/* Calls piece(context, t) for each byte (a small) and bitstring in order; false stops with IODATA_NO_MEMORY. */
enum iodata_result iodata_pieces(term t, bool (*piece)(void *context, term t), void *context);
/* Calls run(context, bytes, n) for each run of bytes in order; false stops with IODATA_NO_MEMORY. */
enum iodata_result iodata_each(term t, bool (*run)(void *context, const uint8_t *bytes, size_t n),
                               void *context);

#endif
