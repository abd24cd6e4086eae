/* SPDX-License-Identifier: Apache-2.0 */
/* ctype.c -- glibc's character class tables, in the C locale.
 *
 * Code that was compiled against glibc reads three tables directly, at -128 to 255; the bits
 * of the first are glibc's on little-endian machines (its <ctype.h>, _ISbit).  They are made
 * by the preprocessor from the rules of ASCII, so that there is nothing to start.
 */
#include <stdint.h>
#include <stddef.h>

enum {
    UPPER = 1 << 8,
    LOWER = 1 << 9,
    ALPHA = 1 << 10,
    DIGIT = 1 << 11,
    HEX = 1 << 12,
    SPACE = 1 << 13,
    PRINT = 1 << 14,
    GRAPH = 1 << 15,
    BLANK = 1 << 0,
    CONTROL = 1 << 1,
    PUNCTUATION = 1 << 2,
    ALPHANUMERIC = 1 << 3,
};

#define IN(c, low, high) ((c) >= (low) && (c) <= (high))
#define IS_UPPER(c)      IN(c, 'A', 'Z')
#define IS_LOWER(c)      IN(c, 'a', 'z')
#define IS_ALPHA(c)      (IS_UPPER(c) || IS_LOWER(c))
#define IS_DIGIT(c)      IN(c, '0', '9')
#define IS_GRAPH(c)      IN(c, '!', '~')

#define CLASS(c)                                                                                   \
    (uint16_t)((IS_UPPER(c) ? UPPER : 0) | (IS_LOWER(c) ? LOWER : 0) | (IS_ALPHA(c) ? ALPHA : 0) | \
               (IS_DIGIT(c) ? DIGIT : 0) |                                                         \
               (IS_DIGIT(c) || IN(c, 'A', 'F') || IN(c, 'a', 'f') ? HEX : 0) |                     \
               ((c) == ' ' || IN(c, 9, 13) ? SPACE : 0) | (IN(c, ' ', '~') ? PRINT : 0) |          \
               (IS_GRAPH(c) ? GRAPH : 0) | ((c) == ' ' || (c) == 9 ? BLANK : 0) |                  \
               (IN(c, 0, 31) || (c) == 127 ? CONTROL : 0) |                                        \
               (IS_GRAPH(c) && !IS_ALPHA(c) && !IS_DIGIT(c) ? PUNCTUATION : 0) |                   \
               (IS_ALPHA(c) || IS_DIGIT(c) ? ALPHANUMERIC : 0))
#define TO_LOWER(c) (IS_UPPER(c) ? (c) + 32 : (c))
#define TO_UPPER(c) (IS_LOWER(c) ? (c)-32 : (c))

#define ROW4(F, c)   F(c), F((c) + 1), F((c) + 2), F((c) + 3)
#define ROW16(F, c)  ROW4(F, c), ROW4(F, (c) + 4), ROW4(F, (c) + 8), ROW4(F, (c) + 12)
#define ROW64(F, c)  ROW16(F, c), ROW16(F, (c) + 16), ROW16(F, (c) + 32), ROW16(F, (c) + 48)
#define ROW128(F, c) ROW64(F, c), ROW64(F, (c) + 64)
#define TABLE(F)                                                                                   \
    {                                                                                              \
        ROW128(F, -128), ROW128(F, 0), ROW128(F, 128)                                              \
    }

/* Below zero the classes are those of the same byte seen unsigned: none, in the C locale. */
static const uint16_t classes[384] = TABLE(CLASS);
static const int32_t lower[384] = TABLE(TO_LOWER);
static const int32_t upper[384] = TABLE(TO_UPPER);

static const uint16_t *const classes_at_zero = classes + 128;
static const int32_t *const lower_at_zero = lower + 128;
static const int32_t *const upper_at_zero = upper + 128;

const uint16_t *const *__ctype_b_loc(void);
const uint16_t *const *__ctype_b_loc(void) { return &classes_at_zero; }

const int32_t *const *__ctype_tolower_loc(void);
const int32_t *const *__ctype_tolower_loc(void) { return &lower_at_zero; }

const int32_t *const *__ctype_toupper_loc(void);
const int32_t *const *__ctype_toupper_loc(void) { return &upper_at_zero; }

/* GMP asks for the decimal point and knows what to do with "none". */
char *nl_langinfo(int item);
char *nl_langinfo(int item)
{
    (void)item;
    return (char *)(uintptr_t) ".";
}
