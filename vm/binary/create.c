/* SPDX-License-Identifier: Apache-2.0 */
/* create.c -- bs_create_bin, and how the older instructions begin. */
#include "binary/create.h"
#include "binary/append.h"

enum segment_type segment_type_of(term atom)
{
    if (!is_atom(atom)) return SEGMENT_TYPES;
    switch (atom_index(atom)) {
    case ATOM_append: return SEGMENT_APPEND;
    case ATOM_private_append: return SEGMENT_PRIVATE_APPEND;
    case ATOM_binary: return SEGMENT_BINARY;
    case ATOM_float: return SEGMENT_FLOAT;
    case ATOM_integer: return SEGMENT_INTEGER;
    case ATOM_string: return SEGMENT_STRING;
    case ATOM_utf8: return SEGMENT_UTF8;
    case ATOM_utf16: return SEGMENT_UTF16;
    case ATOM_utf32: return SEGMENT_UTF32;
    default: return SEGMENT_TYPES;
    }
}

/* --- faults -------------------------------------------------------------------------------------- */

static bool fault(struct create_fault *why, const struct segment *s, term reason, term kind,
                  term value)
{
    *why = (struct create_fault){
        .reason = reason, .kind = kind, .value = value, .type = s->type, .number = s->number};
    return false;
}

static term type_atom(enum segment_type type)
{
    switch (type) {
    case SEGMENT_APPEND:
    case SEGMENT_PRIVATE_APPEND:
    case SEGMENT_BINARY: return ATOM(binary);
    case SEGMENT_FLOAT: return ATOM(float);
    case SEGMENT_INTEGER: return ATOM(integer);
    case SEGMENT_STRING: return ATOM(string);
    case SEGMENT_UTF8: return ATOM(utf8);
    case SEGMENT_UTF16: return ATOM(utf16);
    case SEGMENT_UTF32: return ATOM(utf32);
    default: return ATOM(none);
    }
}

term create_fault_info(struct heap *h, const struct create_fault *why)
{
    term cause = make_tuple4(h, small(why->number), type_atom(why->type), why->kind, why->value);
    term keys = make_tuple3(h, ATOM(cause), ATOM(function), ATOM(module));
    term *m = heap_alloc(h, 6);
    m[0] = map_header(MAP_FLAT, 0);
    m[1] = term_of(3);
    m[2] = keys;
    m[3] = cause;
    m[4] = ATOM(format_bs_fail);
    m[5] = ATOM(erl_erts_errors);
    return boxed_term(m);
}

/* --- first pass: how many bits ----------------------------------------------------------------------- */

static inline bool size_operand(struct segment *s, struct create_fault *why)
{
    if (likely(is_small(s->size) && small_value(s->size) >= 0)) {
        uint64_t bits;
        if (__builtin_mul_overflow((uint64_t)small_value(s->size), (uint64_t)s->unit, &bits) ||
            bits >> 61)
            return fault(why, s, ATOM(system_limit), ATOM(size), s->size);
        s->bits = bits;
        return true;
    }
    bool huge = is_big(s->size) && !big_is_negative(s->size);
    return fault(why, s, huge ? ATOM(system_limit) : ATOM(badarg), ATOM(size), s->size);
}

static inline bool measure(struct segment *s, struct create_fault *why)
{
    switch (s->type) {
    case SEGMENT_APPEND:
    case SEGMENT_PRIVATE_APPEND: s->bits = 0; return true;
    case SEGMENT_BINARY:
        if (s->size.bits != ATOM(all).bits) return size_operand(s, why);
        if (!is_bitstring(s->value)) return fault(why, s, ATOM(badarg), ATOM(type), s->value);
        s->bits = binary_bit_size(s->value);
        return true;
    case SEGMENT_FLOAT:
    case SEGMENT_INTEGER: return size_operand(s, why);
    case SEGMENT_STRING: s->bits = (size_t)small_value(s->size) * 8; return true;
    case SEGMENT_UTF8: s->bits = (size_t)small_value(utf8_size(s->value)) * 8; return true;
    case SEGMENT_UTF16: s->bits = (size_t)small_value(utf16_size(s->value)) * 8; return true;
    default:
        if (!is_code_point(s->value)) return fault(why, s, ATOM(badarg), ATOM(type), s->value);
        s->bits = 32;
        return true;
    }
}

/* --- second pass: write -------------------------------------------------------------------------------- */

static inline bool write(struct binary_builder *b, struct segment *s, struct create_fault *why)
{
    term kind = ATOM(type), value = s->value;
    switch (s->type) {
    case SEGMENT_BINARY:
        if (s->size.bits == ATOM(all).bits) {
            if (likely(builder_put_binary_all(b, value, s->unit))) return true;
            kind = ATOM(unit);
        } else {
            if (likely(builder_put_binary(b, value, s->bits))) return true;
            if (is_bitstring(value)) kind = ATOM(short);
        }
        break;
    case SEGMENT_FLOAT:
        kind = field_put_float(b, value, s->bits, s->flags);
        if (is_no_value(kind)) return true;
        if (term_same(kind, ATOM(invalid))) value = small((int64_t)s->bits);
        break;
    case SEGMENT_INTEGER:
    case SEGMENT_UTF32:
        if (likely(builder_put_integer(b, value, s->bits, s->flags))) return true;
        break;
    case SEGMENT_STRING: builder_put_string(b, s->string, s->bits / 8); return true;
    case SEGMENT_UTF8:
        if (builder_put_utf8(b, value)) return true;
        break;
    case SEGMENT_UTF16:
        if (builder_put_utf16(b, value, s->flags)) return true;
        break;
    default: return true;
    }
    return fault(why, s, ATOM(badarg), kind, value);
}

/* --- both ------------------------------------------------------------------------------------------------ */

term binary_front(struct heap *h, term whole, size_t bits)
{
    term *w = heap_alloc(h, SUB_BINARY_WORDS);
    w[0] = header(5, KIND_SUB_BINARY);
    w[1] = whole;
    w[2] = term_of(0);
    w[3] = term_of(bits / 8);
    w[4] = term_of(bits % 8 << 8);
    w[5] = term_of(0);
    return boxed_term(w);
}

term builder_start(struct binary_builder *b, struct heap *h, size_t bits)
{
    term whole;
    size_t bytes = bits_bytes(bits);
    b->offset = 0;
    b->base = binary_new(h, bytes, &whole);
    if (!b->base || bits % 8 == 0) return whole;
    b->base[bytes - 1] = 0;
    return binary_front(h, whole, bits);
}

term binary_create(struct heap *h, struct segment *segments, size_t count, struct create_fault *why)
{
    struct segment *s = segments, *end = segments + count;
    struct binary_builder b;
    size_t bits = 0;
    term result;
    for (; s < end; s++) {
        if (unlikely(!measure(s, why))) return NO_VALUE;
        if (unlikely(__builtin_add_overflow(bits, s->bits, &bits) || bits >> 62)) {
            fault(why, s, ATOM(system_limit), ATOM(size), s->size);
            return NO_VALUE;
        }
    }
    s = segments;
    if (count && s->type <= SEGMENT_PRIVATE_APPEND) {
        term kind;
        b.base = NULL;
        b.offset = is_bitstring(s->value) ? binary_bit_size(s->value) : 0;
        result = binary_append_room(h, s->value, bits, s->unit, s->type == SEGMENT_PRIVATE_APPEND,
                                    &b.base, &kind);
        if (unlikely(is_no_value(result))) {
            bool limit = term_same(kind, ATOM(size));
            fault(why, s, limit ? ATOM(system_limit) : ATOM(badarg), kind, s->value);
            return NO_VALUE;
        }
        s++;
    } else {
        result = builder_start(&b, h, bits);
        if (unlikely(is_no_value(result))) {
            fault(why, s, ATOM(system_limit), ATOM(size), s->size);
            return NO_VALUE;
        }
    }
    if (bits == 0) b.base = (uint8_t *)""; /* only empty fields follow: checked, not written */
    for (; s < end; s++)
        if (unlikely(!write(&b, s, why))) return NO_VALUE;
    return result;
}

int64_t create_reductions(const struct segment *segments, size_t count, term result)
{
    size_t bits = 0;
    for (const struct segment *s = segments; s < segments + count; s++) {
        if (s->type > SEGMENT_PRIVATE_APPEND)
            bits += s->bits;
        else if (binary_bits(s->value).base !=
                 binary_bits(result).base) /* not written behind it in place */
            bits += binary_bit_size(s->value);
    }
    return (int64_t)(bits >> 13);
}

/* --- the older instructions ---------------------------------------------------------------------------------- */

term builder_start_size(struct binary_builder *b, struct heap *h, term size, unsigned unit,
                        term *reason)
{
    struct segment s = {.unit = (uint16_t)unit, .size = size};
    struct create_fault why;
    *reason = ATOM(system_limit);
    if (size_operand(&s, &why)) return builder_start(b, h, s.bits);
    *reason = why.reason;
    return NO_VALUE;
}

term builder_append(struct binary_builder *b, struct heap *h, term to, size_t bits, unsigned unit,
                    bool is_private, term *reason)
{
    term kind;
    b->base = (uint8_t *)"";
    b->offset = is_bitstring(to) ? binary_bit_size(to) : 0;
    term result = binary_append_room(h, to, bits, unit, is_private, &b->base, &kind);
    if (is_no_value(result))
        *reason = term_same(kind, ATOM(size)) ? ATOM(system_limit) : ATOM(badarg);
    return result;
}

term builder_add(struct heap *h, term a, term b, unsigned unit, term *reason)
{
    struct create_fault why;
    struct segment first = {.unit = 1, .size = a}, second = {.unit = (uint16_t)unit, .size = b};
    if (!size_operand(&first, &why) || !size_operand(&second, &why)) {
        *reason = why.reason;
        return NO_VALUE;
    }
    return make_unsigned(h, first.bits + second.bits);
}
