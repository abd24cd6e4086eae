/* SPDX-License-Identifier: Apache-2.0 */
/* capability.c -- see capability.h. */
#include "port/capability.h"
#include <string.h>

#define STRING(code, name, full, text)                                                             \
    {                                                                                              \
        CAPABILITY_STRING, code, name, full, text, 0                                               \
    }

static const struct capability table[] = {
    {CAPABILITY_FLAG, "am", "am", "auto_right_margin", NULL, 1},
    {CAPABILITY_FLAG, "bs", "OTbs", "backspaces_with_bs", NULL, 1},
    {CAPABILITY_FLAG, "xn", "xenl", "eat_newline_glitch", NULL, 1},
    {CAPABILITY_NUMBER, "co", "cols", "columns", NULL, 80},
    {CAPABILITY_NUMBER, "li", "lines", "lines", NULL, 24},
    {CAPABILITY_NUMBER, "Co", "colors", "max_colors", NULL, 8},
    STRING("bl", "bel", "bell", "\a"),
    STRING("cr", "cr", "carriage_return", "\r"),
    STRING("cl", "clear", "clear_screen", "\033[H\033[2J"),
    STRING("ce", "el", "clr_eol", "\033[K"),
    STRING("cd", "ed", "clr_eos", "\033[J"),
    STRING("cm", "cup", "cursor_address", "\033[%i%p1%d;%p2%dH"),
    STRING("do", "cud1", "cursor_down", "\n"),
    STRING("ho", "home", "cursor_home", "\033[H"),
    STRING("le", "cub1", "cursor_left", "\b"),
    STRING("nd", "cuf1", "cursor_right", "\033[C"),
    STRING("up", "cuu1", "cursor_up", "\033[A"),
    STRING("DO", "cud", "parm_down_cursor", "\033[%p1%dB"),
    STRING("LE", "cub", "parm_left_cursor", "\033[%p1%dD"),
    STRING("RI", "cuf", "parm_right_cursor", "\033[%p1%dC"),
    STRING("UP", "cuu", "parm_up_cursor", "\033[%p1%dA"),
    STRING("IC", "ich", "parm_ich", "\033[%p1%d@"),
    STRING("DC", "dch", "parm_dch", "\033[%p1%dP"),
    STRING("ta", "ht", "tab", "\t"),
    STRING("u6", "u6", "user6", "\033[%i%d;%dR"),
    STRING("u7", "u7", "user7", "\033[6n"),
    STRING("me", "sgr0", "exit_attribute_mode", "\033[m"),
    STRING("md", "bold", "enter_bold_mode", "\033[1m"),
    STRING("us", "smul", "enter_underline_mode", "\033[4m"),
    STRING("ue", "rmul", "exit_underline_mode", "\033[24m"),
    STRING("mr", "rev", "enter_reverse_mode", "\033[7m"),
    STRING("AF", "setaf", "set_a_foreground", "\033[3%p1%dm"),
    STRING("AB", "setab", "set_a_background", "\033[4%p1%dm"),
    STRING("op", "op", "orig_pair", "\033[39;49m"),
};

#define COUNT (sizeof table / sizeof *table)

bool terminal_is_known(const char *name, size_t bytes)
{
    static const char dumb[] = "dumb", unknown[] = "unknown";
    return bytes > 0 && !(bytes == sizeof dumb - 1 && memcmp(name, dumb, bytes) == 0) &&
           !(bytes == sizeof unknown - 1 && memcmp(name, unknown, bytes) == 0);
}

const struct capability *capability_by_code(const char *code, enum capability_kind kind)
{
    for (size_t i = 0; i < COUNT; i++)
        if (table[i].kind == kind && strncmp(table[i].code, code, 2) == 0) return &table[i];
    return NULL;
}

const struct capability *capability_by_name(const char *name, enum capability_kind kind)
{
    for (size_t i = 0; i < COUNT; i++)
        if (table[i].kind == kind && strcmp(table[i].name, name) == 0) return &table[i];
    return NULL;
}

const struct capability *capability_next(const struct capability *last, enum capability_kind kind)
{
    for (size_t i = last ? (size_t)(last - table) + 1 : 0; i < COUNT; i++)
        if (table[i].kind == kind) return &table[i];
    return NULL;
}

/* --- parameters -------------------------------------------------------------------------------- */

struct expansion {
    char *at, *end;
};

static void put(struct expansion *x, char c)
{
    if (x->at < x->end) *x->at++ = c;
}

static void put_number(struct expansion *x, long n)
{
    char digits[24];
    size_t count = 0;
    unsigned long rest = n < 0 ? -(unsigned long)n : (unsigned long)n;
    if (n < 0) put(x, '-');
    do digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    while (count) put(x, digits[--count]);
}

size_t capability_expand(const char *text, const long *parameters, size_t count, char *out,
                         size_t room)
{
    struct expansion x = {out, out + room};
    long more = 0, stacked = 0;
    bool has_stacked = false;
    size_t next = 0; /* the parameter that a bare %d takes */
    for (; *text; text++) {
        if (*text != '%' || !text[1]) {
            put(&x, *text);
            continue;
        }
        switch (*++text) {
        case 'i': more = 1; break;
        case 'p':
            if (text[1] >= '1' && text[1] <= '9') {
                size_t which = (size_t)(*++text - '1');
                stacked = which < count ? parameters[which] + (which < 2 ? more : 0) : 0;
                has_stacked = true;
            }
            break;
        case 'd':
            if (!has_stacked) {
                stacked = next < count ? parameters[next] + (next < 2 ? more : 0) : 0;
                next++;
            }
            put_number(&x, stacked);
            has_stacked = false;
            break;
        default: put(&x, *text); break;
        }
    }
    return (size_t)(x.at - out);
}
