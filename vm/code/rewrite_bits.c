/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite_bits.c -- rewriting of the bit syntax: old and new instructions to one set.
 *
 * Flags become plain here (native is little), and a size that is known becomes a count of bits.
 */
#include "binary/create.h"
#include "code/rewrite.h"

static struct operand u(uint64_t n) { return operand_u(n); }

/* A size in the file: a plain number, a term, or a register. */
static struct operand size_operand(const struct operand *o)
{
    return o->kind == OPERAND_UNSIGNED ? operand_constant(small((int64_t)o->n)) : *o;
}

/* Bits of a constant size; -1 when it is no constant, or no sensible one. */
static int64_t known_bits(const struct operand *size, uint64_t unit)
{
    struct operand s = size_operand(size);
    if (s.kind != OPERAND_CONSTANT || !is_small(s.value)) return -1;
    int64_t n = small_value(s.value);
    return n < 0 || n > (INT32_MAX / 256) || unit > 256 ? -1 : n * (int64_t)unit;
}

static bool is_all(const struct operand *o)
{
    return o->kind == OPERAND_CONSTANT && term_same(o->value, ATOM(all));
}
static unsigned plain(const struct operand *o) { return field_flags_plain((unsigned)o->n); }

/* --- taking apart ----------------------------------------------------------------------- */

static void get_integer(struct emitter *e,
                        struct operand *a) /* Fail Context Live Size Unit Flags Dst */
{
    int64_t bits = known_bits(&a[3], a[4].n);
    unsigned flags = plain(&a[5]);
    if (bits >= 1 && bits <= 56 && flags == 0)
        EMIT(e, bs_get_small, a[0], a[1], u((uint64_t)bits), u(0), a[6]);
    else if (bits >= 0)
        EMIT(e, bs_get_integer_fixed, a[0], a[1], u((uint64_t)bits), u(flags), a[6]);
    else
        EMIT(e, bs_get_integer, a[0], a[1], size_operand(&a[3]), u(a[4].n), u(flags), a[6]);
}

static void get_binary(struct emitter *e, struct operand *a)
{
    int64_t bits = known_bits(&a[3], a[4].n);
    if (is_all(&a[3]))
        EMIT(e, bs_get_binary_all, a[0], a[1], u(a[4].n), a[6]);
    else if (bits >= 0)
        EMIT(e, bs_get_binary_fixed, a[0], a[1], u((uint64_t)bits), a[6]);
    else
        EMIT(e, bs_get_binary, a[0], a[1], size_operand(&a[3]), u(a[4].n), a[6]);
}

static void skip(struct emitter *e, struct operand *a) /* Fail Context Size Unit Flags */
{
    int64_t bits = known_bits(&a[2], a[3].n);
    if (is_all(&a[2]))
        EMIT(e, bs_test_unit, a[0], a[1], u(a[3].n));
    else if (bits >= 0)
        EMIT(e, bs_skip_fixed, a[0], a[1], u((uint64_t)bits));
    else
        EMIT(e, bs_skip, a[0], a[1], size_operand(&a[2]), u(a[3].n));
}

static void start_match(struct emitter *e, struct operand *fail, struct operand src,
                        struct operand dst)
{
    if (fail->kind == OPERAND_LABEL && fail->n)
        EMIT(e, bs_start_match, *fail, src, dst);
    else
        EMIT(e, bs_start_match_sure, src, dst); /* no_fail, resume, or label 0 */
}

/* A code point to skip is fetched into a scratch register. */
static struct operand nowhere(void) { return operand_x(LAST_X); }

/* --- bs_match: a row of commands, each an atom and its operands ------------------------------ */

static uint64_t number(const struct operand *o)
{
    return o->kind == OPERAND_CONSTANT && is_small(o->value) ? (uint64_t)small_value(o->value)
                                                             : o->n;
}

static unsigned list_flags(const struct operand *o)
{
    unsigned flags = 0;
    if (o->kind != OPERAND_CONSTANT) return field_flags_plain((unsigned)o->n);
    if (is_small(o->value)) return field_flags_plain((unsigned)small_value(o->value));
    for (term l = o->value; is_cons(l); l = tail(l)) {
        if (term_same(head(l), ATOM(little))) flags |= FIELD_LITTLE;
        if (term_same(head(l), ATOM(signed))) flags |= FIELD_SIGNED;
        if (term_same(head(l), ATOM(native))) flags |= FIELD_NATIVE;
    }
    return field_flags_plain(flags);
}

static uint64_t match_command(struct emitter *e, struct operand fail, struct operand context,
                              struct operand *c, uint64_t left)
{
    term name = c[0].value;
    if (term_same(name, ATOM(ensure_at_least)) && left >= 3) {
        EMIT(e, bs_ensure, fail, context, u(number(&c[1])), u(number(&c[2])));
        return 3;
    }
    if (term_same(name, ATOM(ensure_exactly)) && left >= 2) {
        EMIT(e, bs_test_tail, fail, context, u(number(&c[1])));
        return 2;
    }
    if (term_same(name, ATOM(integer)) && left >= 6) { /* Live Flags Size Unit Dst */
        EMIT(e, bs_take_integer, context, u(number(&c[3]) * number(&c[4])), u(list_flags(&c[2])),
             c[5]);
        return 6;
    }
    if (term_same(name, ATOM(binary)) && left >= 6) {
        EMIT(e, bs_take_binary, context, u(number(&c[3]) * number(&c[4])), c[5]);
        return 6;
    }
    if (term_same(name, ATOM(skip)) && left >= 2) {
        EMIT(e, bs_take_skip, context, u(number(&c[1])));
        return 2;
    }
    if (term_same(name, ATOM(get_tail)) && left >= 4) { /* Live Unit Dst */
        EMIT(e, bs_get_tail, context, c[3]);
        return 4;
    }
    if (term_same(name, ATOM(exactly_equal)) && left >= 4) { /* Live Size Value */
        uint64_t value = number(&c[3]);
        EMIT(e, bs_match_equal, fail, context, u(number(&c[2])), u(value & 0xFFFFFFFF),
             u(value >> 32));
        return 4;
    }
    return 0;
}

static bool match(struct emitter *e, struct operand *a) /* Fail Context Commands */
{
    for (uint64_t i = 0, n; i < a[2].n; i += n) {
        n = match_command(e, a[0], a[1], &a[2].list[i], a[2].n - i);
        if (n == 0) return false;
    }
    return true;
}

/* --- putting together ---------------------------------------------------------------------------- */

#define SEGMENT_OPERANDS 6 /* type, number, unit, flags, source, size */

static bool create(struct emitter *e, struct operand *a) /* Fail Heap Live Unit Dst Segments */
{
    struct operand *l = a[5].list;
    struct operand head[] = {a[0], u(a[1].n), u(a[2].n), a[4]};
    if (!emit_all_reachable(e, l, a[5].n)) return true;
    emit_list_start(e, GROUP_bs_create_bin, 4, head);
    for (uint64_t i = 0; i + SEGMENT_OPERANDS <= a[5].n;
         i += SEGMENT_OPERANDS, l += SEGMENT_OPERANDS) {
        enum segment_type type = segment_type_of(l[0].value);
        if (type == SEGMENT_TYPES) return false;
        emit_list_word(e, type);
        emit_list_word(e, (uint32_t)number(&l[1]));
        emit_list_word(e, (uint32_t)number(&l[2]));
        emit_list_word(e, list_flags(&l[3]));
        for (unsigned k = 4; k < 6; k++) {
            struct operand o = size_operand(&l[k]);
            if (type == SEGMENT_STRING && k == 4)
                emit_list_string(e, number(&l[k]));
            else
                emit_list_source(e, &o);
        }
    }
    emit_list_end(e);
    return true;
}

/* --- all ---------------------------------------------------------------------------------------------- */

bool rewrite_bits(struct emitter *e, struct generic_op *g)
{
    struct operand *a = g->a;
    switch (g->op) {
    case BEAM_bs_start_match3: start_match(e, &a[0], a[1], a[3]); return true;
    case BEAM_bs_start_match4: start_match(e, &a[0], a[2], a[3]); return true;
    case BEAM_bs_get_integer2: get_integer(e, a); return true;
    case BEAM_bs_get_float2:
        EMIT(e, bs_get_float, a[0], a[1], size_operand(&a[3]), u(a[4].n), u(plain(&a[5])), a[6]);
        return true;
    case BEAM_bs_get_binary2: get_binary(e, a); return true;
    case BEAM_bs_skip_bits2: skip(e, a); return true;
    case BEAM_bs_test_tail2:
        if (a[2].n <= UINT32_MAX)
            EMIT(e, bs_test_tail, a[0], a[1], u(a[2].n));
        else
            EMIT(e, bs_test_tail_large, a[0], a[1], u(a[2].n & UINT32_MAX), u(a[2].n >> 32));
        return true;
    case BEAM_bs_test_unit: EMIT(e, bs_test_unit, a[0], a[1], u(a[2].n)); return true;
    case BEAM_bs_match_string:
        EMIT(e, bs_match_string, a[0], a[1], u(a[2].n), operand_string(a[3].n));
        return true;
    case BEAM_bs_get_utf8: EMIT(e, bs_get_utf8, a[0], a[1], a[4]); return true;
    case BEAM_bs_skip_utf8: EMIT(e, bs_get_utf8, a[0], a[1], nowhere()); return true;
    case BEAM_bs_get_utf16: EMIT(e, bs_get_utf16, a[0], a[1], u(plain(&a[3])), a[4]); return true;
    case BEAM_bs_skip_utf16:
        EMIT(e, bs_get_utf16, a[0], a[1], u(plain(&a[3])), nowhere());
        return true;
    case BEAM_bs_get_utf32: EMIT(e, bs_get_utf32, a[0], a[1], u(plain(&a[3])), a[4]); return true;
    case BEAM_bs_skip_utf32:
        EMIT(e, bs_get_utf32, a[0], a[1], u(plain(&a[3])), nowhere());
        return true;
    case BEAM_bs_get_tail: EMIT(e, bs_get_tail, a[0], a[1]); return true;
    case BEAM_bs_get_position: EMIT(e, bs_get_position, a[0], a[1]); return true;
    case BEAM_bs_set_position: EMIT(e, bs_set_position, a[0], a[1]); return true;
    case BEAM_bs_match: return match(e, a);

    case BEAM_bs_create_bin: return create(e, a);
    case BEAM_bs_init2:
        EMIT(e, bs_init, a[0], size_operand(&a[1]), u(8), u(a[2].n), u(a[3].n), a[5]);
        return true;
    case BEAM_bs_init_bits:
        EMIT(e, bs_init, a[0], size_operand(&a[1]), u(1), u(a[2].n), u(a[3].n), a[5]);
        return true;
    case BEAM_bs_append: /* Fail Size Heap Live Unit Src Flags Dst */
        EMIT(e, bs_append, a[0], size_operand(&a[1]), u(a[2].n), u(a[3].n), u(a[4].n), a[5], u(0),
             a[7]);
        return true;
    case BEAM_bs_private_append: /* Fail Size Unit Src Flags Dst */
        EMIT(e, bs_append, a[0], size_operand(&a[1]), u(0), u(LAST_X), u(a[2].n), a[3], u(1), a[5]);
        return true;
    case BEAM_bs_put_integer:
        EMIT(e, bs_put_integer, a[0], size_operand(&a[1]), u(a[2].n), u(plain(&a[3])), a[4]);
        return true;
    case BEAM_bs_put_float:
        EMIT(e, bs_put_float, a[0], size_operand(&a[1]), u(a[2].n), u(plain(&a[3])), a[4]);
        return true;
    case BEAM_bs_put_binary:
        if (is_all(&a[1]))
            EMIT(e, bs_put_binary_all, a[0], u(a[2].n), a[4]);
        else
            EMIT(e, bs_put_binary, a[0], size_operand(&a[1]), u(a[2].n), a[4]);
        return true;
    case BEAM_bs_put_string: EMIT(e, bs_put_string, u(a[0].n), operand_string(a[1].n)); return true;
    case BEAM_bs_put_utf8: EMIT(e, bs_put_utf8, a[0], a[2]); return true;
    case BEAM_bs_put_utf16: EMIT(e, bs_put_utf16, a[0], u(plain(&a[1])), a[2]); return true;
    case BEAM_bs_put_utf32: EMIT(e, bs_put_utf32, a[0], u(plain(&a[1])), a[2]); return true;
    case BEAM_bs_utf8_size: EMIT(e, bs_utf8_size, a[1], a[2]); return true;
    case BEAM_bs_utf16_size: EMIT(e, bs_utf16_size, a[1], a[2]); return true;
    case BEAM_bs_add: EMIT(e, bs_add, a[0], a[1], a[2], u(a[3].n), a[4]); return true;
    default: return false;
    }
}
