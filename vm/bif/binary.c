/* SPDX-License-Identifier: Apache-2.0 */
/* binary.c -- bodies for binary.def that search for nothing. */
#include "bif/bif.h"
#include "bif/binary_part.h"
#include "big/big.h"
#include "heap/arena.h"
#include "process/pause.h"

enum { SHORT = 4096 }; /* bytes that are worked off at once */

/* --- parts ------------------------------------------------------------------------------- */

term bif_binary_part_3(struct process *p, const term *arg)
{
    return binary_part_bif(p, arg[0], arg[1], arg[2]);
}

term bif_binary_part_2(struct process *p, const term *arg)
{
    if (!is_tuple_of(arg[1], 2)) return raise_badarg(p);
    return binary_part_bif(p, arg[0], element(arg[1], 0), element(arg[1], 1));
}

static term byte_at(struct process *p, term binary, size_t at)
{
    struct bits b = binary_bits(binary);
    if (at >= b.size / 8) return raise_badarg(p);
    return small((int64_t)bits_get(b.base, b.offset + at * 8, 8));
}

term bif_binary_at_2(struct process *p, const term *arg)
{
    if (!is_binary(arg[0]) || !is_small(arg[1]) || small_value(arg[1]) < 0) return raise_badarg(p);
    return byte_at(p, arg[0], (size_t)small_value(arg[1]));
}

term bif_binary_first_1(struct process *p, const term *arg)
{
    if (!is_binary(arg[0])) return raise_badarg(p);
    return byte_at(p, arg[0], 0);
}

term bif_binary_last_1(struct process *p, const term *arg)
{
    if (!is_binary(arg[0]) || binary_size(arg[0]) == 0) return raise_badarg(p);
    return byte_at(p, arg[0], binary_size(arg[0]) - 1);
}

term bif_binary_list_to_bin_1(struct process *p, const term *arg)
{
    return bif_erlang_list_to_binary_1(p, arg);
}

/* --- copies ----------------------------------------------------------------------------------- */

static term copies(struct process *p, term binary, term count)
{
    uint64_t n;
    term result;
    size_t total;
    if (!is_bitstring(binary) || !integer_to_uint64(count, &n)) return raise_badarg(p);
    if (n == 0) return binary_make(&p->heap, "", 0);
    struct bits b = binary_bits(binary);
    if (b.size % 8) return raise_badarg(p);
    size_t size = b.size / 8;
    if (__builtin_mul_overflow(size, n, &total)) return raise(p, ATOM(system_limit));
    uint8_t *to = binary_new(&p->heap, total, &result);
    if (!to) return raise(p, ATOM(system_limit));
    if (total == 0) return result;
    if (bits_aligned(b))
        effort_copy(to, bits_pointer(b), size);
    else
        bits_copy(to, 0, b.base, b.offset, b.size);
    for (size_t done = size; done < total;) { /* doubles what is there */
        size_t step = done < total - done ? done : total - done;
        effort_copy(to + done, to, step);
        done += step;
    }
    return result;
}

static term copy(struct process *p, const term *arg) { return copies(p, arg[0], small(1)); }
static term copy_often(struct process *p, const term *arg) { return copies(p, arg[0], arg[1]); }

term bif_binary_copy_1(struct process *p, const term *arg)
{
    bool large = is_bitstring(arg[0]) && binary_size(arg[0]) >= SHORT;
    return large ? pausing(p, copy, 1, arg) : copy(p, arg);
}
term bif_binary_copy_2(struct process *p, const term *arg)
{
    return pausing(p, copy_often, 2, arg);
}

term bif_binary_referenced_byte_size_1(struct process *p, const term *arg)
{
    if (!is_bitstring(arg[0])) return raise_badarg(p);
    term *w = boxed_words(arg[0]);
    if (header_kind(*w) == KIND_SUB_BINARY) w = boxed_words(w[1]);
    bool on_heap = header_kind(*w) == KIND_HEAP_BINARY;
    return make_unsigned(&p->heap, on_heap ? w[1].bits : refc_blob(w)->capacity);
}

/* --- numbers ------------------------------------------------------------------------------------ */

static bool to_order(term t, enum integer_order *order)
{
    *order = term_same(t, ATOM(little)) ? INTEGER_LITTLE_ENDIAN : INTEGER_BIG_ENDIAN;
    return term_same(t, ATOM(little)) || term_same(t, ATOM(big));
}

static term encode(struct process *p, term integer, term order_atom)
{
    enum integer_order order;
    term result;
    if (!to_order(order_atom, &order) || !is_integer(integer) || integer_is_negative(integer))
        return raise_badarg(p);
    size_t n = integer_byte_length(integer);
    uint8_t *to = binary_new(&p->heap, n ? n : 1, &result);
    if (!to) return raise(p, ATOM(system_limit));
    to[0] = 0;
    if (n) integer_to_bytes(integer, to, order);
    return result;
}

term bif_binary_encode_unsigned_1(struct process *p, const term *arg)
{
    return encode(p, arg[0], ATOM(big));
}
term bif_binary_encode_unsigned_2(struct process *p, const term *arg)
{
    return encode(p, arg[0], arg[1]);
}

static term decode(struct process *p, term binary, term order_atom)
{
    enum integer_order order;
    enum number_fault why;
    size_t n;
    uint8_t *copy;
    if (!to_order(order_atom, &order) || !is_binary(binary)) return raise_badarg(p);
    const uint8_t *bytes = binary_bytes_or_copy(binary, &n, &copy);
    if (!bytes) return raise(p, ATOM(system_limit));
    term result = integer_from_bytes(&p->heap, bytes, n, order, false, &why);
    arena_free(copy);
    return is_value(result) ? result : raise(p, ATOM(system_limit));
}

term bif_binary_decode_unsigned_1(struct process *p, const term *arg)
{
    return decode(p, arg[0], ATOM(big));
}
term bif_binary_decode_unsigned_2(struct process *p, const term *arg)
{
    return decode(p, arg[0], arg[1]);
}

/* --- what binaries have in common ------------------------------------------------------------------ */

/* Bytes of a and b that are the same, at most `limit`, from the front or from the back. */
static size_t common(struct bits a, struct bits b, size_t limit, bool from_back)
{
    for (size_t i = 0; i < limit; i++) {
        size_t at = i * 8, other = i * 8;
        if (i % SHORT == SHORT - 1 && !effort(SHORT)) return 0;
        if (from_back) at = a.size - at - 8, other = b.size - other - 8;
        if (bits_get(a.base, a.offset + at, 8) != bits_get(b.base, b.offset + other, 8)) return i;
    }
    return limit;
}

static term longest_common(struct process *p, term list, bool from_back)
{
    term l;
    if (!is_cons(list)) return raise_badarg(p);
    for (l = list; is_cons(l); l = tail(l))
        if (!is_binary(head(l))) return raise_badarg(p);
    if (!is_nil(l)) return raise_badarg(p);
    struct bits first = binary_bits(head(list));
    size_t n = first.size / 8;
    for (l = tail(list); is_cons(l); l = tail(l)) {
        struct bits b = binary_bits(head(l));
        if (b.size / 8 < n) n = b.size / 8;
        n = common(first, b, n, from_back);
        effort((int64_t)(n % SHORT) + 1);
    }
    return make_unsigned(&p->heap, n);
}

static term prefix(struct process *p, const term *arg) { return longest_common(p, arg[0], false); }
static term suffix(struct process *p, const term *arg) { return longest_common(p, arg[0], true); }

term bif_binary_longest_common_prefix_1(struct process *p, const term *arg)
{
    return pausing(p, prefix, 1, arg);
}
term bif_binary_longest_common_suffix_1(struct process *p, const term *arg)
{
    return pausing(p, suffix, 1, arg);
}
