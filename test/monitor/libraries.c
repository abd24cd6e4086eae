/* SPDX-License-Identifier: Apache-2.0 */
/* libraries.c -- GMP, zlib, PCRE2 and musl's mathematics, freestanding on libc/.
 *
 * Not a test of those libraries, but of what libc/ gives them: memory, character classes,
 * the checks of fortified functions, and that none of it needs a system call.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <gmp.h>
#include <math.h>
#include <pcre2.h>
#include <string.h>
#include <zlib.h>

#include "test/monitor/guest.h"

static int numbers(void)
{
    mp_limb_t a[8], b[8], product[16], quotient[16], rest[8];
    for (int i = 0; i < 8; i++) a[i] = ~(mp_limb_t)i, b[i] = (mp_limb_t)i * 7919 + 1;
    mpn_mul(product, a, 8, b, 8);
    mpn_tdiv_qr(quotient, rest, 0, product, 16, b, 8);
    if (mpn_cmp(quotient, a, 8) != 0 || !mpn_zero_p(rest, 8)) return 2;
    unsigned char digits[200];
    mp_limb_t copy[9];
    mpn_copyi(copy, a, 8);
    size_t n = mpn_get_str(digits, 10, copy, 8);
    mp_limb_t back[9];
    if (mpn_set_str(back, digits, n, 10) != 8 || mpn_cmp(back, a, 8) != 0) return 3;
    return 0;
}

static int compression(void)
{
    static unsigned char text[50000], packed[60000], again[50000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)("mote"[i % 4] + i / 5000);
    uLongf packed_bytes = sizeof packed, bytes = sizeof again;
    if (compress2(packed, &packed_bytes, text, sizeof text, 9) != Z_OK) return 12;
    if (packed_bytes > 5000) return 13;
    if (uncompress(again, &bytes, packed, packed_bytes) != Z_OK) return 14;
    if (bytes != sizeof text || memcmp(text, again, bytes) != 0) return 15;
    return crc32(0, (const Bytef *)"123456789", 9) == 0xcbf43926 ? 0 : 16;
}

static int expressions(void)
{
    int code;
    PCRE2_SIZE where;
    static const char pattern[] = "(?i)(\\w+)\\s+([[:digit:]]+)", text[] = "  Mote 42!";
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &where, NULL);
    if (!re) return 22;
    if (pcre2_jit_compile(re, PCRE2_JIT_COMPLETE) != PCRE2_ERROR_JIT_BADOPTION) return 23;
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(re, NULL);
    if (pcre2_match(re, (PCRE2_SPTR)text, sizeof text - 1, 0, 0, match, NULL) != 3) return 24;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(match);
    if (at[2] != 2 || at[3] != 6 || at[4] != 7 || at[5] != 9) return 25;
    const uint8_t *tables = pcre2_maketables(NULL);
    if (!tables || tables['A'] != 'a' || tables[0xc0] != 0xc0) return 26;
    pcre2_match_data_free(match);
    pcre2_code_free(re);
    return 0;
}

static int mathematics(void)
{
    volatile double two = 2, half = 0.5;
    if (pow(two, 10) != 1024 || sqrt(two * two) != two || floor(half) != 0) return 32;
    if (fabs(sin(two) - 0.9092974268256817) > 1e-15) return 33;
    if (fabs(lgamma(half) - 0.5723649429247001) > 1e-15) return 34;
    if (fabs(erf(half) - 0.5204998778130465) > 1e-15) return 35;
    if (fmod(7.5, two) != 1.5 || !isinf(exp(1000 * two))) return 36;
    return 0;
}

int libraries(void)
{
    int (*const all[])(void) = {numbers, compression, expressions, mathematics};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int status = all[i]();
        if (status) return status;
    }
    print("libraries are fine\n");
    return 0;
}
