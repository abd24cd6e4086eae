/* SPDX-License-Identifier: Apache-2.0 */
/* bits.c -- band, bor, bxor, bnot and shifts of integers of any size.
 *
 * Integers behave as two's complement numbers with endlessly many sign bits; limbs hold
 * magnitudes.  So a negative operand is complemented on the way in, limb by limb, and a
 * negative result on the way out.
 */
#include "big/limbs.h"

/* Hands out the limbs of an operand in two's complement, one after the other. */
struct stream {
    const struct operand *of;
    size_t next;
    mp_limb_t carry; /* of ~x + 1 */
};

static inline mp_limb_t next_limb(struct stream *s)
{
    mp_limb_t v = s->next < s->of->count ? s->of->limbs[s->next] : 0;
    s->next++;
    if (!s->of->negative) return v;
    v = ~v + s->carry;
    s->carry = s->carry && v == 0;
    return v;
}

/* In place: the magnitude of a negative number in two's complement. */
static void complement(mp_limb_t *limbs, size_t count) { mpn_neg(limbs, limbs, count); }

enum bit_operation { BITS_AND, BITS_OR, BITS_XOR };

static inline uint64_t apply(enum bit_operation op, uint64_t x, uint64_t y)
{
    return op == BITS_AND ? x & y : op == BITS_OR ? x | y : x ^ y;
}

/* Neither is negative: limb by limb, and the longer one's rest for or and xor. */
static term combine_positive(struct heap *h, const struct operand *x, const struct operand *y,
                             enum bit_operation op, enum number_fault *why)
{
    size_t both = x->count < y->count ? x->count : y->count;
    const struct operand *longer = x->count < y->count ? y : x;
    size_t count = op == BITS_AND ? both : longer->count;
    struct result r;
    begin_result(&r, h, count);
    if (op == BITS_AND)
        mpn_and_n(r.limbs, x->limbs, y->limbs, both);
    else if (op == BITS_OR)
        mpn_ior_n(r.limbs, x->limbs, y->limbs, both);
    else
        mpn_xor_n(r.limbs, x->limbs, y->limbs, both);
    if (count > both)
        memcpy(r.limbs + both, longer->limbs + both, (count - both) * sizeof(mp_limb_t));
    return finish_result(&r, h, count, false, why);
}

static term combine(struct heap *h, term a, term b, enum bit_operation op, enum number_fault *why)
{
    if (are_small(a, b))
        return small((int64_t)apply(op, (uint64_t)small_value(a), (uint64_t)small_value(b)));
    if (!is_integer(a) || !is_integer(b)) return refuse(why, NUMBER_BADARITH);
    struct operand x, y;
    view_integer(&x, a), view_integer(&y, b);
    if (!x.negative && !y.negative) return combine_positive(h, &x, &y, op, why);

    struct stream xs = {&x, 0, 1}, ys = {&y, 0, 1};
    /* One limb more than the longer: the magnitude of a negative result may need it. */
    size_t count = (x.count > y.count ? x.count : y.count) + 1;
    struct result r;
    begin_result(&r, h, count);
    for (size_t i = 0; i < count; i++) {
        mp_limb_t xi = next_limb(&xs), yi = next_limb(&ys);
        r.limbs[i] = apply(op, xi, yi);
    }
    bool negative = apply(op, x.negative, y.negative);
    if (negative) complement(r.limbs, count);
    return finish_result(&r, h, count, negative, why);
}

term integer_and(struct heap *h, term a, term b, enum number_fault *why)
{
    return combine(h, a, b, BITS_AND, why);
}
term integer_or(struct heap *h, term a, term b, enum number_fault *why)
{
    return combine(h, a, b, BITS_OR, why);
}
term integer_xor(struct heap *h, term a, term b, enum number_fault *why)
{
    return combine(h, a, b, BITS_XOR, why);
}

term integer_not(struct heap *h, term a, enum number_fault *why)
{
    if (is_small(a)) return small(~small_value(a));
    if (!is_big(a)) return refuse(why, NUMBER_BADARITH);
    /* ~x is -x - 1: the magnitude goes up by one for x >= 0, down by one for x < 0. */
    size_t count = big_limbs(a);
    struct result r;
    begin_result(&r, h, count + 1);
    if (big_is_negative(a)) {
        mpn_sub_1(r.limbs, big_limb(a), count, 1);
        r.limbs[count] = 0;
    } else {
        r.limbs[count] = mpn_add_1(r.limbs, big_limb(a), count, 1);
    }
    return finish_result(&r, h, count + 1, !big_is_negative(a), why);
}

/* --- shifts ---------------------------------------------------------------------------------- */

static term shift_up(struct heap *h, term a, uint64_t by, enum number_fault *why)
{
    if (term_same(a, small(0)) || by == 0) return a;
    struct operand x;
    view_integer(&x, a);
    size_t whole = by / 64;
    unsigned part = by % 64;
    /* Too long when even the lowest bit of its top limb is: and such sums cannot wrap after this. */
    if (whole >= BIG_LIMBS_MAX || x.count + whole > BIG_LIMBS_MAX)
        return refuse(why, NUMBER_SYSTEM_LIMIT);
    if (x.count == 1 && by < 64 && x.limbs[0] >> (63 - part) >> 1 == 0)
        return integer_from_word(h, x.limbs[0] << part, x.negative);

    struct result r;
    size_t count = whole + x.count + 1;
    begin_result(&r, h, count);
    memset(r.limbs, 0, whole * sizeof(mp_limb_t));
    if (part) {
        r.limbs[count - 1] = mpn_lshift(r.limbs + whole, x.limbs, x.count, part);
    } else {
        memcpy(r.limbs + whole, x.limbs, x.count * sizeof(mp_limb_t));
        r.limbs[count - 1] = 0;
    }
    return finish_result(&r, h, count, x.negative, why);
}

static bool any_bit_below(const struct operand *x, size_t whole, unsigned part)
{
    for (size_t i = 0; i < whole; i++)
        if (x->limbs[i]) return true;
    return part && x->limbs[whole] << (64 - part);
}

/* Rounds down: a negative number that loses set bits ends one lower. */
static term shift_down(struct heap *h, term a, uint64_t by, enum number_fault *why)
{
    if (is_small(a)) return small(small_value(a) >> (by < 63 ? by : 63));
    struct operand x;
    view_integer(&x, a);
    size_t whole = by / 64;
    unsigned part = by % 64;
    if (by == 0) return a;
    if (whole >= x.count) return small(x.negative ? -1 : 0);

    struct result r;
    size_t count = x.count - whole;
    bool lost = x.negative && any_bit_below(&x, whole, part);
    begin_result(&r, h, count + 1);
    if (part)
        mpn_rshift(r.limbs, x.limbs + whole, count, part);
    else
        memcpy(r.limbs, x.limbs + whole, count * sizeof(mp_limb_t));
    r.limbs[count] = lost ? mpn_add_1(r.limbs, r.limbs, count, 1) : 0;
    return finish_result(&r, h, count + 1, x.negative, why);
}

static term shift(struct heap *h, term a, term by, bool left, enum number_fault *why)
{
    if (!is_integer(a) || !is_integer(by)) return refuse(why, NUMBER_BADARITH);
    if (integer_is_negative(by)) left = !left;
    uint64_t distance = UINT64_MAX;
    if (is_small(by)) {
        int64_t v = small_value(by);
        distance = v < 0 ? -(uint64_t)v : (uint64_t)v;
    }
    return left ? shift_up(h, a, distance, why) : shift_down(h, a, distance, why);
}

term integer_shift_left(struct heap *h, term a, term by, enum number_fault *why)
{
    return shift(h, a, by, true, why);
}
term integer_shift_right(struct heap *h, term a, term by, enum number_fault *why)
{
    return shift(h, a, by, false, why);
}
