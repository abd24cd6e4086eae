/* SPDX-License-Identifier: Apache-2.0 */
/* iodata.c -- walking lists of bytes, binaries and lists.
 *
 * The walk keeps the tails it has to come back to on a stack of its own, so the depth of a list is
 * bounded by memory only.
 */
#include "binary/binary.h"
#include "heap/arena.h"
#include "term/effort.h"

#define FIRST_ROOM 32

struct walk {
    term at;
    term *stack;
    size_t depth, room;
    term first[FIRST_ROOM];
};

enum step { STEP_END, STEP_BYTE, STEP_BITS, STEP_BAD, STEP_NO_MEMORY };

static void walk_start(struct walk *w, term t)
{
    w->at = t;
    w->stack = w->first;
    w->depth = 0;
    w->room = FIRST_ROOM;
}

static void walk_end(struct walk *w)
{
    if (w->stack != w->first) arena_free(w->stack);
}

static bool grow(struct walk *w)
{
    size_t bytes = w->room * 2 * sizeof(term);
    term *larger = w->stack == w->first ? arena_malloc(bytes) : arena_realloc(w->stack, bytes);
    if (!larger) return false;
    if (w->stack == w->first) memcpy(larger, w->first, sizeof w->first);
    w->stack = larger;
    w->room *= 2;
    return true;
}

static void pop(struct walk *w) { w->at = w->depth ? w->stack[--w->depth] : NO_VALUE; }

/* The next byte (a small) or bitstring in *out. */
static inline enum step walk_next(struct walk *w, term *out)
{
    for (;;) {
        if (!effort(2)) return STEP_NO_MEMORY;
        term t = w->at;
        if (is_cons(t)) {
            term hd = head(t), tl = tail(t);
            w->at = tl;
            if (is_small(hd)) {
                *out = hd;
                return (uint64_t)small_value(hd) < 256 ? STEP_BYTE : STEP_BAD;
            }
            if (is_bitstring(hd)) {
                *out = hd;
                return STEP_BITS;
            }
            if (is_cons(hd)) {
                if (!is_nil(tl)) {
                    if (w->depth == w->room && !grow(w)) return STEP_NO_MEMORY;
                    w->stack[w->depth++] = tl;
                }
                w->at = hd;
            } else if (!is_nil(hd)) {
                return STEP_BAD;
            }
        } else if (is_no_value(t)) {
            return STEP_END;
        } else if (is_nil(t)) {
            pop(w);
        } else if (is_bitstring(t)) {
            *out = t;
            pop(w);
            return STEP_BITS;
        } else {
            return STEP_BAD;
        }
    }
}

/* --- size and copy ----------------------------------------------------------------------------- */

static enum iodata_result size_of(term t, bool whole_bytes, size_t *out)
{
    struct walk w;
    term piece;
    size_t bits = 0;
    enum step s;
    *out = 0;
    walk_start(&w, t);
    while ((s = walk_next(&w, &piece)) == STEP_BYTE || s == STEP_BITS) {
        size_t n = s == STEP_BYTE ? 8 : binary_bit_size(piece);
        if (whole_bytes && n % 8 != 0) {
            s = STEP_BAD;
            break;
        }
        if (__builtin_add_overflow(bits, n, &bits)) {
            walk_end(&w);
            return IODATA_TOO_LARGE;
        }
    }
    walk_end(&w);
    *out = bits;
    return s == STEP_END ? IODATA_OK : s == STEP_BAD ? IODATA_BAD : IODATA_NO_MEMORY;
}

enum iodata_result bitdata_size(term t, size_t *bits) { return size_of(t, false, bits); }

enum iodata_result iodata_size(term t, size_t *bytes)
{
    enum iodata_result r = size_of(t, true, bytes);
    *bytes /= 8;
    return r;
}

/* Large ones are copied in parts. */
static void copy_piece(uint8_t *to, size_t at, struct bits b)
{
    enum { PART = 1 << 20 };
    while (b.size > PART && effort(PART / 8 / BYTES_COPIED_PER_STEP)) {
        bits_copy(to, at, b.base, b.offset, PART);
        at += PART, b.offset += PART, b.size -= PART;
    }
    bits_copy(to, at, b.base, b.offset, b.size);
    effort((int64_t)(b.size / 8 / BYTES_COPIED_PER_STEP));
}

enum iodata_result bitdata_copy(term t, uint8_t *to)
{
    struct walk w;
    term piece;
    size_t at = 0;
    enum step s;
    walk_start(&w, t);
    while ((s = walk_next(&w, &piece)) == STEP_BYTE || s == STEP_BITS) {
        if (s == STEP_BYTE) {
            bits_put(to, at, (uint64_t)small_value(piece), 8);
            at += 8;
        } else {
            struct bits b = binary_bits(piece);
            copy_piece(to, at, b);
            at += b.size;
        }
    }
    walk_end(&w);
    return s == STEP_END ? IODATA_OK : s == STEP_BAD ? IODATA_BAD : IODATA_NO_MEMORY;
}

enum iodata_result iodata_copy(term t, uint8_t *to) { return bitdata_copy(t, to); }

enum iodata_result iodata_to_binary(struct heap *h, term t, term *out)
{
    size_t n;
    if (is_binary(t)) {
        *out = t;
        return IODATA_OK;
    }
    if (!is_list(t)) return IODATA_BAD;
    enum iodata_result r = iodata_size(t, &n);
    if (r != IODATA_OK) return r;
    uint8_t *to = binary_new(h, n, out);
    if (!to) return IODATA_TOO_LARGE;
    return iodata_copy(t, to);
}

enum iodata_result iodata_to_block(term t, size_t spare, uint8_t **block, size_t *bytes)
{
    *block = NULL;
    if (!is_list(t) && !is_binary(t)) return IODATA_BAD;
    enum iodata_result r = iodata_size(t, bytes);
    if (r != IODATA_OK) return r;
    size_t room;
    if (__builtin_add_overflow(*bytes, spare, &room)) return IODATA_TOO_LARGE;
    *block = arena_malloc(room ? room : 1);
    if (!*block) return IODATA_NO_MEMORY;
    r = iodata_copy(t, *block);
    if (r != IODATA_OK) {
        arena_free(*block);
        *block = NULL;
    }
    return r;
}

enum iodata_result iodata_pieces(term t, bool (*take)(void *context, term t), void *context)
{
    struct walk w;
    term piece;
    enum step s;
    walk_start(&w, t);
    while ((s = walk_next(&w, &piece)) == STEP_BYTE || s == STEP_BITS) {
        if (take(context, piece)) continue;
        s = STEP_NO_MEMORY;
        break;
    }
    walk_end(&w);
    return s == STEP_END ? IODATA_OK : s == STEP_BAD ? IODATA_BAD : IODATA_NO_MEMORY;
}

/* --- runs ------------------------------------------------------------------------------------------ */

#define RUN_BYTES 256

/* A binary that begins inside a byte goes through `buffer` in pieces. */
static bool run_bits(struct bits b, uint8_t *buffer, bool (*run)(void *, const uint8_t *, size_t),
                     void *context)
{
    if (bits_aligned(b)) return b.size == 0 || run(context, bits_pointer(b), b.size / 8);
    for (size_t at = 0; at < b.size;) {
        size_t n = b.size - at < RUN_BYTES * 8 ? b.size - at : RUN_BYTES * 8;
        bits_copy(buffer, 0, b.base, b.offset + at, n);
        if (!run(context, buffer, n / 8)) return false;
        at += n;
    }
    return true;
}

enum iodata_result iodata_each(term t, bool (*run)(void *context, const uint8_t *bytes, size_t n),
                               void *context)
{
    struct walk w;
    term piece;
    uint8_t buffer[RUN_BYTES];
    size_t used = 0;
    enum step s;
    enum iodata_result r = IODATA_OK;
    if (!is_list(t) && !is_binary(t)) return IODATA_BAD;
    walk_start(&w, t);
    while (r == IODATA_OK && (s = walk_next(&w, &piece)) != STEP_END) {
        if (s == STEP_BYTE && used < RUN_BYTES) {
            buffer[used++] = (uint8_t)small_value(piece);
            continue;
        }
        if (s != STEP_BYTE && s != STEP_BITS) {
            r = s == STEP_BAD ? IODATA_BAD : IODATA_NO_MEMORY;
            break;
        }
        if (used && !run(context, buffer, used)) r = IODATA_NO_MEMORY;
        used = 0;
        if (s == STEP_BYTE) {
            buffer[used++] = (uint8_t)small_value(piece);
        } else if (r == IODATA_OK) {
            struct bits b = binary_bits(piece);
            if (b.size % 8 != 0)
                r = IODATA_BAD;
            else if (!run_bits(b, buffer, run, context))
                r = IODATA_NO_MEMORY;
        }
    }
    if (r == IODATA_OK && used && !run(context, buffer, used)) r = IODATA_NO_MEMORY;
    walk_end(&w);
    return r;
}
