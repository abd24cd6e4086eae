/* SPDX-License-Identifier: Apache-2.0 */
/* print.c -- erl_nif.h: printf with %T for a term.
 *
 * Everything but %T is done by the C library's snprintf, one directive at a time.
 */
#include "nif/nif.h"
#include "etf/print.h"
#include "heap/arena.h"
#include "platform/platform.h"

struct out {
    char *to;
    size_t room, used; /* used: as if there were room for all */
};

static void put(void *context, const char *bytes, size_t n)
{
    struct out *o = context;
    for (size_t i = 0; i < n; i++, o->used++)
        if (o->used + 1 < o->room) o->to[o->used] = bytes[i];
}

static void pad(struct out *o, size_t used, int width)
{
    for (; (int)used < width; used++) put(o, " ", 1);
}

static size_t text_length(term t)
{
    struct out count = {NULL, 0, 0};
    term_print(&(struct print_sink){put, &count}, t, PRINT_ALL);
    return count.used;
}

static void put_term(struct out *o, term t, int width, bool left)
{
    size_t n = width ? text_length(t) : 0;
    if (!left) pad(o, n, width);
    term_print(&(struct print_sink){put, o}, t, PRINT_ALL);
    if (left) pad(o, n, width);
}

/* A directive: "%", flags, width, precision, length, conversion. */
struct directive {
    char text[40];
    int width;
    bool left;
    unsigned longs; /* l, z, j, t: 1; ll: 2; L: 3 */
    char conversion;
};

static const char *read_number(const char *p, char **to, va_list *list, int *value)
{
    *value = 0;
    if (*p == '*') {
        *value = va_arg(*list, int);
        int n = *value < 0 ? -*value : *value, digits = 1;
        if (*value < 0) *(*to)++ = '-';
        for (int rest = n; rest >= 10; rest /= 10) digits++;
        for (int i = digits; i-- > 0; n /= 10) (*to)[i] = (char)('0' + n % 10);
        *to += digits;
        return p + 1;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        *value = *value * 10 + (*p - '0');
        if (*value < 100000) *(*to)++ = *p;
    }
    return p;
}

static const char *read_directive(const char *p, struct directive *d, va_list *list)
{
    char *to = d->text;
    int precision;
    *d = (struct directive){.width = 0};
    *to++ = '%';
    for (; *p && strchr("-+ #0", *p); p++) {
        if (to < d->text + 8) *to++ = *p;
        d->left |= *p == '-';
    }
    p = read_number(p, &to, list, &d->width);
    if (d->width < 0) d->left = true, d->width = -d->width;
    if (*p == '.') {
        *to++ = '.';
        p = read_number(p + 1, &to, list, &precision);
    }
    for (; *p && strchr("hlLzjt", *p); p++) {
        if (*p != 'h') d->longs = *p == 'L' ? 3 : d->longs + 1;
        if (to < d->text + 34) *to++ = *p;
    }
    d->conversion = *p;
    *to++ = *p;
    *to = 0;
    return *p ? p + 1 : p;
}

#define FORMAT(value)                                                                              \
    do {                                                                                           \
        int n_ = snprintf(small_text, sizeof small_text, d.text, value);                           \
        if (n_ >= (int)sizeof small_text && (text = arena_malloc((size_t)n_ + 1)))                 \
            snprintf(text, (size_t)n_ + 1, d.text, value);                                         \
        if (n_ > 0) put(&o, text ? text : small_text, (size_t)n_);                                 \
    } while (0)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
int enif_vsnprintf(char *to, size_t room, const char *format, va_list given)
{
    struct out o = {to, room, 0};
    char small_text[400], *text;
    va_list list;
    va_copy(list, given);
    for (const char *p = format; *p;) {
        if (*p != '%') {
            put(&o, p++, 1);
            continue;
        }
        struct directive d;
        text = NULL;
        p = read_directive(p + 1, &d, &list);
        switch (d.conversion) {
        case 'T': put_term(&o, of_nif(va_arg(list, ERL_NIF_TERM)), d.width, d.left); break;
        case 'd':
        case 'i':
        case 'u':
        case 'o':
        case 'x':
        case 'X':
            if (d.longs) {
                long v = va_arg(list, long);
                FORMAT(v);
                break;
            } /* fall through */
        case 'c': {
            int v = va_arg(list, int);
            FORMAT(v);
            break;
        }
        case 's': {
            const char *s = va_arg(list, const char *);
            FORMAT(s);
            break;
        }
        case 'p': {
            void *address = va_arg(list, void *);
            FORMAT(address);
            break;
        }
        case 'a':
        case 'A':
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
            if (d.longs == 3) {
                long double v = va_arg(list, long double);
                FORMAT(v);
            } else {
                double v = va_arg(list, double);
                FORMAT(v);
            }
            break;
        case '%': put(&o, "%", 1); break;
        default: put(&o, d.text, strlen(d.text));
        }
        arena_free(text);
    }
    va_end(list);
    if (room) to[o.used < room ? o.used : room - 1] = 0;
    return (int)o.used;
}
#pragma GCC diagnostic pop

int enif_snprintf(char *to, size_t room, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = enif_vsnprintf(to, room, format, list);
    va_end(list);
    return n;
}

int enif_vfprintf(FILE *file, const char *format, va_list list)
{
    int n = enif_vsnprintf(NULL, 0, format, list);
    char *text = arena_malloc((size_t)n + 1);
    if (!text) return -1;
    enif_vsnprintf(text, (size_t)n + 1, format, list);
    if (file == stdout)
        plat_console_write(text, (size_t)n);
    else
        plat_console_write_error(text, (size_t)n);
    arena_free(text);
    return n;
}

int enif_fprintf(FILE *file, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = enif_vfprintf(file, format, list);
    va_end(list);
    return n;
}
