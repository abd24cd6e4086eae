/* SPDX-License-Identifier: Apache-2.0 */
/* append.c -- binaries with room at their end.  create.h says when one may be written behind. */
#include "binary/append.h"
#include "heap/arena.h"

#define LEAST_ROOM 256

/* A writable sub binary of `bits` bits over a fresh blob. */
static term writable(struct heap *h, size_t bits, size_t capacity)
{
    size_t bytes = bits_bytes(bits);
    struct blob *blob = blob_make_room(bytes, capacity);
    if (!blob && capacity > bytes) blob = blob_make_room(bytes, bytes);
    if (!blob) return NO_VALUE;
    term original = binary_of_blob(h, blob);
    term *w = heap_alloc(h, SUB_BINARY_WORDS);
    w[0] = header(5, KIND_SUB_BINARY);
    w[1] = original;
    w[2] = term_of(0);
    w[3] = term_of(bits / 8);
    w[4] = term_of(bits % 8 << 8);
    w[5] = term_of(BINARY_WRITABLE);
    return boxed_term(w);
}

term binary_init_writable(struct heap *h, term size_hint)
{
    enum { UNKNOWN = 1024, MOST = 1 << 30 };
    bool known =
        is_small(size_hint) && small_value(size_hint) >= 0 && small_value(size_hint) < MOST;
    return writable(h, 0, known ? (size_t)small_value(size_hint) : UNKNOWN);
}

/* The original of a sub binary that may be written behind its end; NULL: none. */
static term *writable_original(term to, size_t size)
{
    term *sub = boxed_words(to);
    if (header_kind(*sub) != KIND_SUB_BINARY || !(sub[5].bits & BINARY_WRITABLE)) return NULL;
    if (arena_is_low(sub)) return NULL; /* a literal is never written to */
    term *refc = boxed_words(sub[1]);
    if (header_kind(*refc) != KIND_REFC_BINARY || sub[2].bits != 0 || (sub[4].bits & 7) != 0)
        return NULL;
    struct blob *blob = refc_blob(refc);
    bool at_start = (uintptr_t)refc[3].bits == (uintptr_t)blob->data;
    return at_start && blob->references == 1 && blob->bytes == bits_bytes(size) ? refc : NULL;
}

static void set_end(term *refc, struct blob *blob, size_t bits)
{
    blob->bytes = bits_bytes(bits);
    refc[2] = term_of((uintptr_t)blob);
    refc[3] = term_of((uintptr_t)blob->data);
    refc[4] = term_of(blob->bytes);
}

/* Room for `total` bits in place, with the end already there; NO_VALUE: not possible. */
static term extend(struct heap *h, term to, term *refc, size_t total, bool is_private)
{
    term *sub = boxed_words(to);
    struct blob *blob = refc_blob(refc);
    size_t bytes = bits_bytes(total);
    if (bytes > blob->capacity) {
        if (!is_private)
            return NO_VALUE; /* match contexts may point into the blob: it cannot move */
        size_t before = blob->capacity;
        blob = blob_grow(blob, 2 * bytes);
        if (!blob) return NO_VALUE;
        h->off_heap.bytes += blob->capacity - before;
    }
    set_end(refc, blob, total);
    if (is_private) {
        sub[3] = term_of(total / 8);
        sub[4] = term_of(total % 8 << 8);
        return to;
    }
    sub[5] = term_of(0);
    term *w = heap_alloc(h, SUB_BINARY_WORDS);
    w[0] = sub[0], w[1] = sub[1], w[2] = term_of(0);
    w[3] = term_of(total / 8);
    w[4] = term_of(total % 8 << 8);
    w[5] = term_of(BINARY_WRITABLE);
    return boxed_term(w);
}

term binary_append_room(struct heap *h, term to, size_t added, unsigned unit, bool is_private,
                        uint8_t **base, term *kind)
{
    if (!is_bitstring(to)) {
        *kind = ATOM(type);
        return NO_VALUE;
    }
    size_t size = binary_bit_size(to), total;
    if (unit == 8 ? size & 7 : size % unit) {
        *kind = ATOM(unit);
        return NO_VALUE;
    }
    if (added == 0) return to;
    *kind = ATOM(size);
    if (__builtin_add_overflow(size, added, &total) || total > SIZE_MAX / 8) return NO_VALUE;
    term *refc = writable_original(to, size);
    if (refc) {
        term result = extend(h, to, refc, total, is_private);
        if (is_value(result)) {
            *base = refc_blob(refc)->data;
            return result;
        }
    }
    term result;
    size_t bytes = bits_bytes(total);
    if (!is_private && bytes <= HEAP_BINARY_LIMIT) {
        term whole;
        *base = binary_new(h, bytes, &whole);
        (*base)[bytes - 1] = 0;
        result = total % 8 == 0 ? whole : binary_front(h, whole, total);
    } else {
        result = writable(h, total, 2 * bytes < LEAST_ROOM ? LEAST_ROOM : 2 * bytes);
        if (is_no_value(result)) return NO_VALUE;
        *base = refc_blob(boxed_words(boxed_words(result)[1]))->data;
    }
    struct bits old = binary_bits(to);
    bits_copy(*base, 0, old.base, old.offset, size);
    return result;
}
