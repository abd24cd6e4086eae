/* SPDX-License-Identifier: Apache-2.0 */
/* integer.c -- sums, products and quotients of integers of any size.
 *
 * Smalls with a small result are computed in the word; all else is an operand with limbs.
 */
#include "big/integer.h"

term finish_result(struct result *r, struct heap *h, size_t count, bool negative,
                   enum number_fault *why)
{
    while (count > 0 && r->limbs[count - 1] == 0) count--;
    if (count <= 1) {
        uint64_t v = count ? r->limbs[0] : 0;
        if (v <= (uint64_t)SMALL_MAX + negative) {
            drop_result(r, h);
            return small(negative ? -(int64_t)v : (int64_t)v);
        }
    }
    if (unlikely(count > BIG_LIMBS_MAX)) {
        drop_result(r, h);
        return refuse(why, NUMBER_SYSTEM_LIMIT);
    }
    r->words[0] = header(count, negative ? KIND_BIG_NEGATIVE : KIND_BIG_POSITIVE);
    if (r->room > count) heap_trim(h, r->words + 1 + count, r->room - count);
    return boxed_term(r->words);
}

term integer_from_word(struct heap *h, uint64_t magnitude, bool negative)
{
    if (magnitude <= (uint64_t)SMALL_MAX + negative)
        return small(negative ? -(int64_t)magnitude : (int64_t)magnitude);
    term *p = heap_alloc(h, BIG_WORDS(1));
    p[0] = header(1, negative ? KIND_BIG_NEGATIVE : KIND_BIG_POSITIVE);
    p[1] = term_of(magnitude);
    return boxed_term(p);
}

static term from_signed(struct heap *h, int64_t v)
{
    return integer_from_word(h, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

/* --- sum and difference ----------------------------------------------------------------------- */

/* x + y; the longer is x. */
static term add_operands(struct heap *h, struct operand *x, struct operand *y,
                         enum number_fault *why)
{
    if (x->count < y->count) swap_operands(&x, &y);
    struct result r;
    begin_result(&r, h, x->count + 1);
    if (x->negative == y->negative) {
        r.limbs[x->count] = mpn_add(r.limbs, x->limbs, x->count, y->limbs, y->count);
        return finish_result(&r, h, x->count + 1, x->negative, why);
    }
    if (x->count == y->count && mpn_cmp(x->limbs, y->limbs, x->count) < 0) swap_operands(&x, &y);
    mpn_sub(r.limbs, x->limbs, x->count, y->limbs, y->count);
    return finish_result(&r, h, x->count, x->negative, why);
}

term integer_add(struct heap *h, term a, term b, enum number_fault *why)
{
    if (are_small(a, b)) return from_signed(h, small_value(a) + small_value(b));
    if (term_same(a, small(0))) return b;
    if (term_same(b, small(0))) return a;
    struct operand x, y;
    view_integer(&x, a), view_integer(&y, b);
    return add_operands(h, &x, &y, why);
}

term integer_subtract(struct heap *h, term a, term b, enum number_fault *why)
{
    if (are_small(a, b)) return from_signed(h, small_value(a) - small_value(b));
    if (term_same(b, small(0))) return a;
    struct operand x, y;
    view_integer(&x, a), view_integer(&y, b);
    y.negative = !y.negative;
    return add_operands(h, &x, &y, why);
}

term integer_negate(struct heap *h, term a, enum number_fault *why)
{
    if (is_small(a)) return from_signed(h, -small_value(a));
    struct result r;
    begin_result(&r, h, big_limbs(a));
    memcpy(r.limbs, big_limb(a), r.room * sizeof *r.limbs);
    return finish_result(&r, h, r.room, !big_is_negative(a), why);
}

/* --- product ------------------------------------------------------------------------------------ */

static term multiply_words(struct heap *h, const struct operand *x, const struct operand *y)
{
    unsigned __int128 product = (unsigned __int128)x->one * y->one;
    bool negative = x->negative != y->negative;
    if (!(product >> 64)) return integer_from_word(h, (uint64_t)product, negative && product);
    term *p = heap_alloc(h, BIG_WORDS(2));
    p[0] = header(2, negative ? KIND_BIG_NEGATIVE : KIND_BIG_POSITIVE);
    p[1] = term_of((uint64_t)product);
    p[2] = term_of((uint64_t)(product >> 64));
    return boxed_term(p);
}

term integer_multiply(struct heap *h, term a, term b, enum number_fault *why)
{
    struct operand first, second, *x = &first, *y = &second;
    view_integer(x, a), view_integer(y, b);
    if (are_small(a, b)) return multiply_words(h, x, y);
    if (x->count < y->count) swap_operands(&x, &y);
    if (y->count == 1 && y->limbs[0] == 0) return small(0);
    /* The product has at least this many limbs: don't compute what must be thrown away. */
    if (x->count + y->count - 1 > BIG_LIMBS_MAX) return refuse(why, NUMBER_SYSTEM_LIMIT);

    struct result r;
    size_t count = x->count + y->count;
    begin_result(&r, h, count);
    if (y->count == 1)
        r.limbs[x->count] = mpn_mul_1(r.limbs, x->limbs, x->count, y->limbs[0]);
    else if (x->limbs == y->limbs)
        mpn_sqr(r.limbs, x->limbs, x->count);
    else
        mpn_mul(r.limbs, x->limbs, x->count, y->limbs, y->count);
    return finish_result(&r, h, count, x->negative != y->negative, why);
}

/* --- quotient and remainder ------------------------------------------------------------------------ */

static int compare_magnitudes(const struct operand *x, const struct operand *y)
{
    if (x->count != y->count) return x->count < y->count ? -1 : 1;
    return mpn_cmp(x->limbs, y->limbs, x->count);
}

static bool are_divisible(term a, term b, enum number_fault *why)
{
    if (is_integer(a) && is_integer(b) && !term_same(b, small(0))) return true;
    *why = NUMBER_BADARITH;
    return false;
}

term integer_div(struct heap *h, term a, term b, enum number_fault *why)
{
    if (!are_divisible(a, b, why)) return NO_VALUE;
    if (are_small(a, b)) return from_signed(h, small_value(a) / small_value(b));
    struct operand x, y;
    view_integer(&x, a), view_integer(&y, b);
    bool negative = x.negative != y.negative;
    int order = compare_magnitudes(&x, &y);
    if (order < 0) return small(0);
    if (order == 0) return small(negative ? -1 : 1);

    struct result r;
    size_t count = x.count - y.count + 1;
    if (y.count == 1) {
        begin_result(&r, h, count);
        mpn_divrem_1(r.limbs, 0, x.limbs, x.count, y.limbs[0]);
    } else {
        begin_result(&r, h, count + y.count); /* the remainder goes behind */
        mpn_tdiv_qr(r.limbs, r.limbs + count, 0, x.limbs, x.count, y.limbs, y.count);
    }
    return finish_result(&r, h, count, negative, why);
}

term integer_rem(struct heap *h, term a, term b, enum number_fault *why)
{
    if (!are_divisible(a, b, why)) return NO_VALUE;
    if (are_small(a, b)) return small(small_value(a) % small_value(b));
    struct operand x, y;
    view_integer(&x, a), view_integer(&y, b);
    int order = compare_magnitudes(&x, &y);
    if (order < 0) return a;
    if (order == 0) return small(0);
    if (y.count == 1) {
        uint64_t left = mpn_mod_1(x.limbs, x.count, y.limbs[0]);
        return integer_from_word(h, left, x.negative && left);
    }
    struct result r;
    begin_result(&r, h, y.count + x.count - y.count + 1); /* the quotient goes behind */
    mpn_tdiv_qr(r.limbs + y.count, r.limbs, 0, x.limbs, x.count, y.limbs, y.count);
    return finish_result(&r, h, y.count, x.negative, why);
}

/* Divides x by the shorter or equal y: quotient first, remainder behind it, then each is made a
 * term; the remainder moves down to where the quotient ends so that no hole is left. */
static bool divide_both(struct heap *h, const struct operand *x, const struct operand *y,
                        term *quotient, term *remainder, enum number_fault *why)
{
    size_t count = x->count - y->count + 1;
    struct result q, r;
    begin_result(&q, h, count + 1 + y->count);
    mp_limb_t *left = q.limbs + count + 1;
    mpn_tdiv_qr(q.limbs, left, 0, x->limbs, x->count, y->limbs, y->count);

    while (count > 0 && q.limbs[count - 1] == 0) count--;
    bool negative = x->negative != y->negative;
    size_t used = 0; /* words that the quotient keeps */
    if (count == 1 && q.limbs[0] <= (uint64_t)SMALL_MAX + negative) {
        *quotient = small(negative ? -(int64_t)q.limbs[0] : (int64_t)q.limbs[0]);
    } else {
        q.words[0] = header(count, negative ? KIND_BIG_NEGATIVE : KIND_BIG_POSITIVE);
        *quotient = boxed_term(q.words);
        used = BIG_WORDS(count);
    }
    r.words = q.words + used;
    r.limbs = (mp_limb_t *)(r.words + 1);
    r.room = q.room - used;
    memmove(r.limbs, left, y->count * sizeof *left);
    *remainder = finish_result(&r, h, y->count, x->negative, why);
    return is_value(*remainder);
}

bool integer_div_rem(struct heap *h, term a, term b, term *quotient, term *remainder,
                     enum number_fault *why)
{
    if (!are_divisible(a, b, why)) return false;
    if (are_small(a, b)) {
        *quotient = from_signed(h, small_value(a) / small_value(b));
        *remainder = small(small_value(a) % small_value(b));
        return true;
    }
    struct operand x, y;
    view_integer(&x, a), view_integer(&y, b);
    int order = compare_magnitudes(&x, &y);
    if (order > 0) return divide_both(h, &x, &y, quotient, remainder, why);
    *quotient = small(order < 0 ? 0 : x.negative != y.negative ? -1 : 1);
    *remainder = order < 0 ? a : small(0);
    return true;
}
