/* SPDX-License-Identifier: Apache-2.0 */
/* engine_profile.c -- see engine_profile.h; empty in all builds but `profile`. */
#include "code/engine_profile.h"
#include "platform/platform.h"

#ifndef ENGINE_PROFILE
#define ENGINE_PROFILE 0
#endif

#if ENGINE_PROFILE

static uint64_t pairs[ENGINE_OPS][ENGINE_OPS];
static uint16_t last;

void engine_profile_note(code_word body)
{
    static uint16_t number[1 << 16]; /* by the low bits of the address, + 1 */
    uint16_t *slot = &number[body & 0xFFFF];
    if (*slot == 0 || engine_body[*slot - 1] != body) *slot = (uint16_t)(engine_op_of(body) + 1);
    uint16_t op = *slot - 1;
    pairs[last][op]++;
    last = op;
}

static void put(const char *text) { plat_console_write_error(text, strlen(text)); }

static void put_row(uint64_t count, uint64_t total, const char *a, const char *b)
{
    char digits[32];
    unsigned permille = (unsigned)(count * 1000 / total), at = sizeof digits;
    digits[--at] = 0;
    digits[--at] = (char)('0' + permille % 10);
    digits[--at] = '.';
    permille /= 10;
    do digits[--at] = (char)('0' + permille % 10), permille /= 10;
    while (permille);
    put(digits + at);
    put(" %  ");
    put(a);
    put("  ");
    put(b);
    put("\n");
}

void engine_profile_print(void)
{
    uint64_t total = 1;
    static uint64_t single[ENGINE_OPS];
    for (unsigned a = 0; a < ENGINE_OPS; a++)
        for (unsigned b = 0; b < ENGINE_OPS; b++) total += pairs[a][b], single[b] += pairs[a][b];
    for (unsigned a = 0; a < ENGINE_OPS; a++)
        if (single[a] == 0) put("never  "), put(engine_info[a].name), put("\n");
    for (unsigned n = 0; n < 50; n++) {
        unsigned best = 0;
        for (unsigned a = 1; a < ENGINE_OPS; a++)
            if (single[a] > single[best]) best = a;
        put_row(single[best], total, engine_info[best].name, "");
        single[best] = 0;
    }
    for (unsigned n = 0; n < 60; n++) {
        unsigned x = 0, y = 0;
        for (unsigned a = 0; a < ENGINE_OPS; a++)
            for (unsigned b = 0; b < ENGINE_OPS; b++)
                if (pairs[a][b] > pairs[x][y]) x = a, y = b;
        put_row(pairs[x][y], total, engine_info[x].name, engine_info[y].name);
        pairs[x][y] = 0;
    }
}

#else

void engine_profile_note(code_word body) { (void)body; }
void engine_profile_print(void) {}

#endif
