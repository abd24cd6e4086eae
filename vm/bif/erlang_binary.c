/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_binary.c -- bodies for erlang_binary.def. */
#include "bif/bif.h"
#include "bif/binary_part.h"
#include "big/big.h"
#include "binary/binary.h"
#include "binary/match.h"
#include "heap/list.h"
#include "process/pause.h"

enum { SHORT = 4096 }; /* bytes that are made into a list at once */

/* --- size and kind ---------------------------------------------------------------------- */

term bif_erlang_byte_size_1(struct process *p, const term *arg)
{
    if (is_boxed_kind(arg[0], KIND_MATCH)) /* OTP 26 asks it what is left */
        return make_unsigned(&p->heap, (match_left(arg[0]) + 7) / 8);
    if (!is_bitstring(arg[0])) return raise_badarg(p);
    return make_unsigned(&p->heap, binary_size(arg[0]));
}

term bif_erlang_bit_size_1(struct process *p, const term *arg)
{
    if (is_boxed_kind(arg[0], KIND_MATCH)) return make_unsigned(&p->heap, match_left(arg[0]));
    if (!is_bitstring(arg[0])) return raise_badarg(p);
    return make_unsigned(&p->heap, binary_bit_size(arg[0]));
}

term bif_erlang_is_binary_1(struct process *p, const term *arg)
{
    (void)p;
    return atom_bool(is_binary(arg[0]));
}

term bif_erlang_is_bitstring_1(struct process *p, const term *arg)
{
    (void)p;
    return atom_bool(is_bitstring(arg[0]));
}

/* --- parts ---------------------------------------------------------------------------------- */

bool binary_part_range(size_t size, term start, term length, size_t *at, size_t *n)
{
    int64_t from, count;
    if (!integer_to_int64(start, &from) || !integer_to_int64(length, &count)) return false;
    if (from < 0 || (uint64_t)from > size) return false;
    if (count < 0) {
        if (count < -from) return false;
        from += count;
        count = -count;
    } else if ((uint64_t)count > size - (uint64_t)from) {
        return false;
    }
    *at = (size_t)from;
    *n = (size_t)count;
    return true;
}

term binary_part_bif(struct process *p, term binary, term start, term length)
{
    size_t at, n;
    if (!is_bitstring(binary) ||
        !binary_part_range(binary_bit_size(binary) / 8, start, length, &at, &n))
        return raise_badarg(p);
    return binary_part(&p->heap, binary, at * 8, n * 8);
}

term bif_erlang_binary_part_3(struct process *p, const term *arg)
{
    return binary_part_bif(p, arg[0], arg[1], arg[2]);
}

term bif_erlang_binary_part_2(struct process *p, const term *arg)
{
    if (!is_tuple_of(arg[1], 2)) return raise_badarg(p);
    return binary_part_bif(p, arg[0], element(arg[1], 0), element(arg[1], 1));
}

term bif_erlang_split_binary_2(struct process *p, const term *arg)
{
    if (!is_bitstring(arg[0]) || !is_small(arg[1]) || small_value(arg[1]) < 0)
        return raise_badarg(p);
    size_t size = binary_bit_size(arg[0]), at = (size_t)small_value(arg[1]);
    if (at > size / 8) return raise_badarg(p);
    term first = binary_part(&p->heap, arg[0], 0, at * 8);
    term rest = binary_part(&p->heap, arg[0], at * 8, size - at * 8);
    return make_tuple2(&p->heap, first, rest);
}

/* --- from iodata -------------------------------------------------------------------------------- */

term raise_iodata(struct process *p, enum iodata_result why)
{
    return why == IODATA_BAD ? raise_badarg(p) : raise(p, ATOM(system_limit));
}

static term to_binary(struct process *p, const term *arg)
{
    term result;
    enum iodata_result r = iodata_to_binary(&p->heap, arg[0], &result);
    return r == IODATA_OK ? result : raise_iodata(p, r);
}

term bif_erlang_iolist_to_binary_1(struct process *p, const term *arg)
{
    return is_cons(arg[0]) ? pausing(p, to_binary, 1, arg) : to_binary(p, arg);
}

term bif_erlang_list_to_binary_1(struct process *p, const term *arg)
{
    return is_list(arg[0]) ? bif_erlang_iolist_to_binary_1(p, arg) : raise_badarg(p);
}

static term size_of(struct process *p, const term *arg)
{
    size_t n;
    enum iodata_result r = iodata_size(arg[0], &n);
    return r == IODATA_OK ? make_unsigned(&p->heap, n) : raise_iodata(p, r);
}

term bif_erlang_iolist_size_1(struct process *p, const term *arg)
{
    if (is_cons(arg[0])) return pausing(p, size_of, 1, arg);
    return is_nil(arg[0]) || is_binary(arg[0]) ? size_of(p, arg) : raise_badarg(p);
}

static term to_bitstring(struct process *p, const term *arg)
{
    size_t bits;
    enum iodata_result r = bitdata_size(arg[0], &bits);
    if (r != IODATA_OK) return raise_iodata(p, r);
    term whole;
    size_t n = bits_bytes(bits);
    uint8_t *to = binary_new(&p->heap, n, &whole);
    if (!to) return raise(p, ATOM(system_limit));
    if (bits % 8) to[n - 1] = 0;
    r = bitdata_copy(arg[0], to);
    if (r != IODATA_OK) return raise_iodata(p, r);
    if (bits % 8 == 0) return whole;
    return binary_part(&p->heap, whole, 0, bits);
}

term bif_erlang_list_to_bitstring_1(struct process *p, const term *arg)
{
    return is_list(arg[0]) ? pausing(p, to_bitstring, 1, arg) : raise_badarg(p);
}

/* --- iovec: small pieces are joined, large ones taken as they are ---------------------------------- */

#define IOVEC_LARGE 256  /* from this size on a binary stands alone */
#define IOVEC_JOIN  4096 /* small pieces are collected up to this size */

struct iovec {
    struct heap *heap;
    term *last; /* where the next cell goes: the tail of the last one */
    term first;
    uint8_t joined[IOVEC_JOIN];
    size_t used;
    bool no_memory;
};

static void flush(struct iovec *v)
{
    if (v->used == 0) return;
    term binary = binary_make(v->heap, v->joined, v->used);
    if (is_no_value(binary))
        v->no_memory = true;
    else
        v->last = list_append(v->heap, v->last, binary);
    v->used = 0;
}

static void add_piece(struct iovec *v, term binary)
{
    size_t n = binary_size(binary);
    struct bits b = binary_bits(binary);
    if (n >= IOVEC_LARGE) {
        flush(v);
        v->last = list_append(v->heap, v->last, binary);
        return;
    }
    if (n > IOVEC_JOIN - v->used) flush(v);
    bits_copy(v->joined, v->used * 8, b.base, b.offset, b.size);
    v->used += n;
}

static bool add_term(void *context, term piece)
{
    struct iovec *v = context;
    if (is_small(piece)) {
        if (v->used == IOVEC_JOIN) flush(v);
        v->joined[v->used++] = (uint8_t)small_value(piece);
    } else {
        add_piece(v, piece);
    }
    return !v->no_memory;
}

static term to_iovec(struct process *p, const term *arg)
{
    struct iovec v = {.heap = &p->heap, .first = NIL};
    size_t n;
    enum iodata_result r = iodata_size(arg[0], &n);
    if (r != IODATA_OK) return raise_iodata(p, r);
    v.last = &v.first;
    r = iodata_pieces(arg[0], add_term, &v);
    if (r == IODATA_OK) flush(&v);
    if (r != IODATA_OK || v.no_memory) return raise(p, ATOM(system_limit));
    return v.first;
}

term bif_erlang_iolist_to_iovec_1(struct process *p, const term *arg)
{
    if (is_cons(arg[0])) return pausing(p, to_iovec, 1, arg);
    if (is_nil(arg[0])) return NIL;
    if (!is_binary(arg[0])) return raise_badarg(p);
    return binary_size(arg[0]) ? make_cons(&p->heap, arg[0], NIL) : NIL;
}

/* --- to lists ------------------------------------------------------------------------------------------ */

term bytes_to_list(struct process *p, struct bits b, term end)
{
    size_t n = b.size / 8;
    if (n == 0) return end;
    term *cells = heap_alloc(&p->heap, n * CONS_WORDS), *c = cells;
    bool aligned = bits_aligned(b);
    const uint8_t *from = bits_pointer(b);
    for (size_t i = 0; i < n; i++, c += 2) {
        c[0] = small((int64_t)(aligned ? from[i] : bits_get_slow(b.base, b.offset + i * 8, 8)));
        c[1] = cons_term(c + 2);
        if (i % SHORT == 0) effort(SHORT);
    }
    c[-1] = end;
    return cons_term(cells);
}

static term to_list(struct process *p, const term *arg, pausing_body *body, unsigned arity)
{
    if (binary_size(arg[0]) >= SHORT) return pausing(p, body, arity, arg);
    bump(p, (int64_t)binary_size(arg[0]) / STEPS_PER_REDUCTION);
    return body(p, arg);
}

static term all_bytes(struct process *p, const term *arg)
{
    return bytes_to_list(p, binary_bits(arg[0]), NIL);
}

term bif_erlang_binary_to_list_1(struct process *p, const term *arg)
{
    if (!is_binary(arg[0])) return raise_badarg(p);
    return to_list(p, arg, all_bytes, 1);
}

static term some_bytes(struct process *p, const term *arg)
{
    struct bits b = binary_bits(arg[0]);
    int64_t start = small_value(arg[1]), stop = small_value(arg[2]), size = (int64_t)(b.size / 8);
    if (start < 1 || start > size || stop < 1 || stop > size || stop < start)
        return raise_badarg(p);
    b.offset += (size_t)(start - 1) * 8;
    b.size = (size_t)(stop - start + 1) * 8;
    return bytes_to_list(p, b, NIL);
}

term bif_erlang_binary_to_list_3(struct process *p, const term *arg)
{
    if (!is_bitstring(arg[0]) || !are_small(arg[1], arg[2])) return raise_badarg(p);
    return to_list(p, arg, some_bytes, 3);
}

static term all_bits(struct process *p, const term *arg)
{
    struct bits b = binary_bits(arg[0]);
    size_t odd = b.size % 8;
    term end = NIL;
    if (odd) {
        term last = binary_part(&p->heap, arg[0], b.size - odd, odd);
        end = make_cons(&p->heap, last, NIL);
    }
    return bytes_to_list(p, b, end);
}

term bif_erlang_bitstring_to_list_1(struct process *p, const term *arg)
{
    if (!is_bitstring(arg[0])) return raise_badarg(p);
    return to_list(p, arg, all_bits, 1);
}
