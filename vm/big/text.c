/* SPDX-License-Identifier: Apache-2.0 */
/* text.c -- integers as digits in any base from 2 to 36, both ways.
 *
 * One machine word is done here; longer ones by GMP, which divides and conquers.
 */
#include "big/limbs.h"
#include "heap/arena.h"

static const char digit_names[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* --- out --------------------------------------------------------------------------------------- */

size_t integer_text_room(term integer, unsigned base)
{
    struct operand x;
    view_integer(&x, integer);
    return 2 + mpn_sizeinbase(x.limbs, x.count, (int)base);
}

static size_t write_word(uint64_t v, unsigned base, char *out)
{
    char digits[64];
    size_t n = 0;
    if (base == 10) /* a constant divisor is a multiplication */
        do digits[n++] = (char)('0' + v % 10);
        while (v /= 10);
    else
        do digits[n++] = digit_names[v % base];
        while (v /= base);
    for (size_t i = 0; i < n; i++) out[i] = digits[n - 1 - i];
    return n;
}

static size_t write_limbs(const struct operand *x, unsigned base, char *out)
{
    mp_limb_t near[64], *copy = near; /* mpn_get_str spoils its operand */
    if (x->count >= 64 && !(copy = arena_malloc((x->count + 1) * sizeof *copy))) return 0;
    memcpy(copy, x->limbs, x->count * sizeof *copy);
    size_t n = mpn_get_str((unsigned char *)out, (int)base, copy, x->count), zeros = 0;
    if (copy != near) arena_free(copy);
    while (zeros + 1 < n && out[zeros] == 0) zeros++;
    for (size_t i = zeros; i < n; i++) out[i - zeros] = digit_names[(unsigned char)out[i]];
    return n - zeros;
}

size_t integer_to_text(term integer, unsigned base, char *out)
{
    struct operand x;
    view_integer(&x, integer);
    size_t sign = x.negative;
    if (sign) out[0] = '-';
    size_t n =
        x.count == 1 ? write_word(x.limbs[0], base, out + sign) : write_limbs(&x, base, out + sign);
    return n ? sign + n : 0;
}

/* --- in ------------------------------------------------------------------------------------------ */

static inline unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    if (c >= 'A' && c <= 'Z') return (unsigned)(c - 'A') + 10;
    if (c >= 'a' && c <= 'z') return (unsigned)(c - 'a') + 10;
    return 99;
}

/* Digits of a base that surely fit 64 bits. */
static unsigned digits_per_word(unsigned base)
{
    unsigned n = 0;
    if (base == 10) return 19;
    for (uint64_t v = UINT64_MAX; v >= base; v /= base) n++;
    return n;
}

static term read_word(struct heap *h, const char *text, size_t digits, unsigned base, bool negative,
                      enum number_fault *why)
{
    uint64_t v = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned d = digit_value(text[i]);
        if (d >= base) return refuse(why, NUMBER_BADARG);
        v = v * base + d;
    }
    return integer_from_word(h, v, negative);
}

/* The limbs, and behind them the digits as numbers, both on the heap until the result is trimmed. */
static term read_limbs(struct heap *h, const char *text, size_t digits, unsigned base,
                       bool negative, enum number_fault *why)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(base - 1); /* of a digit, rounded up */
    for (size_t i = 0; i < digits; i++)
        if (digit_value(text[i]) >= base) return refuse(why, NUMBER_BADARG);
    /* No digit but the first is less than one bit less than `bits`. */
    if (digits > (size_t)BIG_LIMBS_MAX * 64 + 1) return refuse(why, NUMBER_SYSTEM_LIMIT);
    if (base != 2 && digits / 64 * (bits - 1) > BIG_LIMBS_MAX)
        return refuse(why, NUMBER_SYSTEM_LIMIT);

    size_t limbs = digits / 64 * bits + (digits % 64 * bits + 63) / 64 + 2;
    struct result r;
    begin_result(&r, h, limbs + (digits + 7) / 8);
    unsigned char *values = (unsigned char *)(r.limbs + limbs);
    for (size_t i = 0; i < digits; i++) values[i] = (unsigned char)digit_value(text[i]);
    size_t count = mpn_set_str(r.limbs, values, digits, (int)base);
    return finish_result(&r, h, count, negative, why);
}

term integer_from_text(struct heap *h, const char *text, size_t bytes, unsigned base,
                       enum number_fault *why)
{
    bool negative = false;
    if (bytes > 0 && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        text++, bytes--;
    }
    if (bytes == 0) return refuse(why, NUMBER_BADARG);
    while (bytes > 1 && text[0] == '0') text++, bytes--;
    if (bytes <= 12 || bytes <= digits_per_word(base)) /* 36^12 < 2^64 */
        return read_word(h, text, bytes, base, negative, why);
    return read_limbs(h, text, bytes, base, negative, why);
}
