/* SPDX-License-Identifier: Apache-2.0 */
/* binary.c -- making binaries and parts of them. */
#include "binary/binary.h"
#include "heap/arena.h"

const uint8_t *binary_bytes_or_copy(term t, size_t *size, uint8_t **copy)
{
    *copy = NULL;
    if (!is_binary(t)) return NULL;
    struct bits b = binary_bits(t);
    *size = b.size / 8;
    if (bits_aligned(b)) return bits_pointer(b);
    *copy = arena_malloc(b.size / 8 + 1);
    if (*copy) bits_copy(*copy, 0, b.base, b.offset, b.size);
    return *copy;
}

/* --- whole binaries ------------------------------------------------------------------------- */

term binary_of_blob_part(struct heap *h, struct blob *b, size_t from, size_t n)
{
    term *w = heap_alloc(h, REFC_BINARY_WORDS);
    w[0] = header(4, KIND_REFC_BINARY);
    w[2] = term_of((uintptr_t)b);
    w[3] = term_of((uintptr_t)(b->data + from));
    w[4] = term_of(n);
    off_heap_link(&h->off_heap, w);
    h->off_heap.bytes += b->capacity;
    return boxed_term(w);
}

term binary_of_blob(struct heap *h, struct blob *b)
{
    return binary_of_blob_part(h, b, 0, b->bytes);
}

uint8_t *binary_new(struct heap *h, size_t n, term *out)
{
    if (n <= HEAP_BINARY_LIMIT) {
        size_t words = HEAP_BINARY_WORDS(n);
        term *w = heap_alloc(h, words);
        w[0] = header(words - 1, KIND_HEAP_BINARY);
        w[1] = term_of(n);
        *out = boxed_term(w);
        return (uint8_t *)(w + 2);
    }
    struct blob *b = blob_make(n);
    if (!b) {
        *out = NO_VALUE;
        return NULL;
    }
    *out = binary_of_blob(h, b);
    return b->data;
}

term binary_make(struct heap *h, const void *bytes, size_t n)
{
    term result;
    uint8_t *to = binary_new(h, n, &result);
    if (to && n) memcpy(to, bytes, n);
    return result;
}

static term sub_binary(struct heap *h, term original, size_t byte_offset, size_t bit_offset,
                       size_t size)
{
    term *w = heap_alloc(h, SUB_BINARY_WORDS);
    w[0] = header(5, KIND_SUB_BINARY);
    w[1] = original;
    w[2] = term_of(byte_offset);
    w[3] = term_of(size / 8);
    w[4] = term_of(bit_offset | size % 8 << 8);
    w[5] = term_of(0);
    return boxed_term(w);
}

term binary_from_bits(struct heap *h, struct bits b)
{
    term whole;
    size_t n = bits_bytes(b.size);
    uint8_t *to = binary_new(h, n, &whole);
    if (!to) return NO_VALUE;
    if (b.size % 8 == 0) {
        if (n) bits_copy(to, 0, b.base, b.offset, b.size);
        return whole;
    }
    to[n - 1] = 0;
    bits_copy(to, 0, b.base, b.offset, b.size);
    return sub_binary(h, whole, 0, 0, b.size);
}

/* --- parts ------------------------------------------------------------------------------------ */

term binary_part_of_original(struct heap *h, term original, const uint8_t *base, size_t offset,
                             size_t size)
{
    if (size % 8 == 0 && size <= HEAP_BINARY_LIMIT * 8) {
        size_t n = size / 8, words = HEAP_BINARY_WORDS(n);
        term *w = heap_alloc(h, words);
        w[0] = header(words - 1, KIND_HEAP_BINARY);
        w[1] = term_of(n);
        bits_copy((uint8_t *)(w + 2), 0, base, offset, size);
        return boxed_term(w);
    }
    return sub_binary(h, original, offset / 8, offset % 8, size);
}

term binary_part(struct heap *h, term bitstring, size_t offset, size_t size)
{
    term *w = boxed_words(bitstring);
    if (header_kind(*w) != KIND_SUB_BINARY)
        return binary_part_of_original(h, bitstring, binary_original_bytes(w), offset, size);
    offset += w[2].bits * 8 + (w[4].bits & 7);
    return binary_part_of_original(h, w[1], binary_original_bytes(boxed_words(w[1])), offset, size);
}
