/* SPDX-License-Identifier: Apache-2.0 */
/* big_test.c -- integers of any size against themselves: laws of arithmetic, ways there and back,
 * and the limits.  Against the stock machine: number_test.c. */
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "test/unit/vm_setup.h"
#include "big/big.h"
#include "term/compare.h"

static struct heap heap_, *const h = &heap_;
static enum number_fault why;

/* Any sign, up to this many limbs; now and then limbs that are all ones or zeros. */
static term any_integer(size_t most)
{
    static uint64_t limbs[20000];
    size_t count = any() % (most + 1);
    uint64_t style = any() % 4;
    for (size_t i = 0; i < count; i++)
        limbs[i] = style == 0 && any() % 2 ? (any() % 2 ? UINT64_MAX : 0) : any();
    if (count) limbs[count - 1] >>= any() % 64;
    return integer_from_limbs(h, any() % 2, limbs, count, &why);
}

static bool same(term a, term b) { return is_value(a) && is_value(b) && term_same_value(a, b); }

static term add(term a, term b) { return number_add(h, a, b, &why); }
static term sub(term a, term b) { return number_subtract(h, a, b, &why); }
static term mul(term a, term b) { return number_multiply(h, a, b, &why); }

static void check_form(term t)
{
    if (!is_big(t)) return;
    size_t n = big_limbs(t);
    CHECK(n >= 1 && n <= BIG_LIMBS_MAX && big_limb(t)[n - 1] != 0);
    CHECK(n > 1 || big_limb(t)[0] > (uint64_t)SMALL_MAX + big_is_negative(t));
}

static void check_arithmetic(size_t limbs)
{
    term a = any_integer(limbs), b = any_integer(limbs), c = any_integer(limbs), q, r;
    term sum = add(a, b), product = mul(a, b);
    check_form(sum), check_form(product);
    CHECK(same(sum, add(b, a)));
    CHECK(same(sub(sum, b), a));
    CHECK(same(sub(a, a), small(0)));
    CHECK(same(product, mul(b, a)));
    CHECK(same(mul(sum, c), add(mul(a, c), mul(b, c))));
    CHECK(same(mul(sum, sum), add(add(mul(a, a), mul(b, b)), mul(small(2), product))));
    CHECK(same(number_negate(h, a, &why), sub(small(0), a)));
    if (same(b, small(0))) {
        CHECK(is_no_value(integer_div(h, a, b, &why)) && why == NUMBER_BADARITH);
        return;
    }
    CHECK(integer_div_rem(h, product, b, &q, &r, &why) && same(q, a) && same(r, small(0)));
    CHECK(integer_div_rem(h, mul(product, c), b, &q, &r, &why) && same(q, mul(a, c)));
    CHECK(integer_div_rem(h, a, b, &q, &r, &why));
    check_form(q), check_form(r);
    CHECK(same(add(mul(q, b), r), a));
    CHECK(same(integer_div(h, a, b, &why), q) && same(integer_rem(h, a, b, &why), r));
    CHECK(same(r, small(0)) || integer_is_negative(r) == integer_is_negative(a));
    CHECK(term_compare(number_absolute(h, r, &why), number_absolute(h, b, &why)) < 0);
}

static void check_bits(size_t limbs)
{
    term a = any_integer(limbs), b = any_integer(limbs), by = small((int64_t)(any() % 300));
    term and = integer_and(h, a, b, &why), or = integer_or(h, a, b, &why),
         xor = integer_xor(h, a, b, &why);
    check_form(and), check_form(or), check_form(xor);
    CHECK(same(integer_not(h, and, &why),
               integer_or(h, integer_not(h, a, &why), integer_not(h, b, &why), &why)));
    CHECK(same(integer_xor(h, xor, b, &why), a));
    CHECK(same(add(and, or), add(a, b)));
    CHECK(same(sub(or, and), xor));
    CHECK(same(add(a, integer_not(h, a, &why)), small(-1)));
    term up = integer_shift_left(h, a, by, &why), down = integer_shift_right(h, a, by, &why);
    check_form(up), check_form(down);
    CHECK(same(integer_shift_right(h, up, by, &why), a));
    CHECK(same(up, mul(a, integer_shift_left(h, small(1), by, &why))));
    term back = integer_shift_left(h, down, by, &why), lost = sub(a, back);
    CHECK(!integer_is_negative(lost));
    CHECK(term_compare(lost, integer_shift_left(h, small(1), by, &why)) < 0);
    CHECK(same(integer_shift_right(h, a, number_negate(h, by, &why), &why), up));
}

static void check_bytes(size_t limbs)
{
    static uint8_t bytes[200000];
    term a = any_integer(limbs);
    enum integer_order order = any() % 2 ? INTEGER_BIG_ENDIAN : INTEGER_LITTLE_ENDIAN;
    size_t count = integer_byte_length(a), bits = integer_bit_length(a) + 1 + any() % 70;
    integer_to_bytes(a, bytes, order);
    CHECK(same(integer_from_bytes(h, bytes, count, order, integer_is_negative(a), &why), a));
    CHECK(count == 0 || bytes[order == INTEGER_BIG_ENDIAN ? 0 : count - 1] != 0);

    integer_to_bits(a, bytes, bits, order);
    term back = integer_from_bits(h, bytes, bits, order, true, &why);
    check_form(back);
    CHECK(same(back, a));
    term wrapped = integer_is_negative(a)
                       ? add(a, integer_shift_left(h, small(1), small((int64_t)bits), &why))
                       : a;
    CHECK(same(integer_from_bits(h, bytes, bits, order, false, &why), wrapped));

    size_t few = any() % 130;
    integer_to_bits(a, bytes, few, order);
    term mask = sub(integer_shift_left(h, small(1), small((int64_t)few), &why), small(1));
    CHECK(
        same(integer_from_bits(h, bytes, few, order, false, &why), integer_and(h, a, mask, &why)));
}

static void check_text(size_t limbs)
{
    term a = any_integer(limbs);
    unsigned base = 2 + (unsigned)(any() % 35);
    size_t room = integer_text_room(a, base);
    char *text = malloc(room);
    size_t count = integer_to_text(a, base, text);
    CHECK(count > 0 && count <= room);
    CHECK(same(integer_from_text(h, text, count, base, &why), a));
    text[count / 2] = '!';
    CHECK(is_no_value(integer_from_text(h, text, count, base, &why)) && why == NUMBER_BADARG);
    free(text);
}

static void check_words(void)
{
    static const int64_t edges[] = {
        0, 1, -1, SMALL_MAX, SMALL_MIN, SMALL_MAX + 1, SMALL_MIN - 1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        int64_t s = 0;
        uint64_t u = 0;
        term t = make_integer(h, edges[i]);
        check_form(t);
        CHECK(integer_to_int64(t, &s) && s == edges[i]);
        CHECK(integer_to_uint64(t, &u) == (edges[i] >= 0) &&
              (edges[i] < 0 || u == (uint64_t)edges[i]));
        CHECK(integer_low_bits(t) == (uint64_t)edges[i]);
        CHECK(same(
            integer_from_limbs(h, edges[i] < 0,
                               &(uint64_t){edges[i] < 0 ? -(uint64_t)edges[i] : (uint64_t)edges[i]},
                               1, &why),
            t));
    }
    uint64_t u;
    int64_t s;
    term top = make_unsigned(h, UINT64_MAX), over = add(top, small(1));
    CHECK(integer_to_uint64(top, &u) && u == UINT64_MAX && !integer_to_int64(top, &s));
    CHECK(!integer_to_uint64(over, &u) && integer_bit_length(over) == 65 &&
          integer_byte_length(over) == 9);
    CHECK(integer_bit_length(small(0)) == 0 && integer_bit_length(small(-255)) == 8);
}

static term power_of_2(int64_t n) { return integer_shift_left(h, small(1), small(n), &why); }

static void check_limits(void)
{
    const int64_t most = (int64_t)BIG_LIMBS_MAX * 64; /* bits */
    term top = power_of_2(most - 1), all_ones;
    CHECK(is_big(top) && big_limbs(top) == BIG_LIMBS_MAX);
    CHECK(is_no_value(power_of_2(most)) && why == NUMBER_SYSTEM_LIMIT);
    CHECK(is_no_value(add(top, top)) && why == NUMBER_SYSTEM_LIMIT);
    all_ones = add(top, sub(top, small(1)));
    CHECK(is_big(all_ones) && big_limbs(all_ones) == BIG_LIMBS_MAX);
    CHECK(is_no_value(add(all_ones, small(1))) && why == NUMBER_SYSTEM_LIMIT);
    CHECK(is_no_value(integer_not(h, all_ones, &why)) && why == NUMBER_SYSTEM_LIMIT);
    CHECK(is_no_value(mul(all_ones, small(2))) && why == NUMBER_SYSTEM_LIMIT);
    CHECK(is_no_value(mul(all_ones, all_ones)) && why == NUMBER_SYSTEM_LIMIT);
    CHECK(same(mul(all_ones, small(0)), small(0)));
    CHECK(same(mul(power_of_2(most / 2), power_of_2(most / 2 - 1)), top));
    CHECK(is_no_value(integer_shift_left(h, small(1), power_of_2(70), &why)) &&
          why == NUMBER_SYSTEM_LIMIT);
    CHECK(same(integer_shift_right(h, top, small(most - 1), &why), small(1)));
    double d;
    CHECK(!number_to_double(top, &d) && !number_to_double(power_of_2(1024), &d));
    CHECK(number_to_double(power_of_2(1023), &d) && d == 0x1p1023);
    CHECK(same(integer_from_double(h, -0x1p1023), number_negate(h, power_of_2(1023), &why)));
    CHECK(same(integer_from_double(h, -0.9), small(0)));
    CHECK(same(integer_from_double(h, 0x1p63), power_of_2(63)));
}

/* What a result does not need goes back to the heap. */
static void check_heap_is_given_back(void)
{
    term a = any_integer(50), b = add(a, small(1)), q, r;
    heap_alloc(h, 2);
    term *before = h->top;
    CHECK(same(sub(b, a), small(1)) && h->top == before);
    CHECK(same(integer_xor(h, a, a, &why), small(0)) && h->top == before);
    CHECK(same(integer_from_text(h, "000000000000000000000000000000012", 33, 10, &why), small(12)));
    CHECK(same(integer_from_text(h, "-576460752303423488", 19, 10, &why), small(SMALL_MIN)));
    CHECK(h->top == before);
    term c = mul(power_of_2(100), power_of_2(100));
    before = h->top;
    CHECK(integer_div_rem(h, c, power_of_2(199), &q, &r, &why) && same(q, small(2)) &&
          same(r, small(0)));
    CHECK(h->top == before + BIG_WORDS(4)); /* the divisor */
}

int main(void)
{
    setup_vm();
    static const size_t sizes[] = {1, 2, 3, 5, 20, 100, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int n = 0; n < (sizes[i] > 20 ? 30 : 3000); n++) {
            heap_start(h, 4096);
            check_arithmetic(sizes[i]);
            check_bits(sizes[i]);
            check_bytes(sizes[i]);
            check_text(sizes[i]);
            heap_check(h);
            heap_end(h);
        }
    }
    heap_start(h, 1 << 23);
    check_text(15000);
    check_arithmetic(6000);
    check_words();
    check_limits();
    check_heap_is_given_back();
    heap_check(h);
    heap_end(h);
    return check_result();
}
