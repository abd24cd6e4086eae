/* SPDX-License-Identifier: Apache-2.0 */
/* text_line.h -- one line of text in the making; what does not fit ends in "...". */
#ifndef VM_TEXT_LINE_H
#define VM_TEXT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TEXT_LINE 480

struct text_line {
    char text[TEXT_LINE + 4];
    size_t n;
    bool full;
};

static inline void text_start(struct text_line *t) { t->n = 0, t->full = false, t->text[0] = 0; }
static inline void text_add(struct text_line *t, const char *s, size_t n)
{
    if (t->full) return;
    if (n > TEXT_LINE - t->n) {
        t->full = true;
        s = "...", n = 3;
    }
    memcpy(t->text + t->n, s, n);
    t->n += n;
    t->text[t->n] = 0;
}
static inline void text_put(struct text_line *t, const char *s) { text_add(t, s, strlen(s)); }
static inline void text_number(struct text_line *t, int64_t v)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do digits[--at] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0) digits[--at] = '-';
    text_add(t, digits + at, sizeof digits - at);
}
/* Blanks up to this column, at least one. */
static inline void text_column(struct text_line *t, size_t column)
{
    do text_add(t, " ", 1);
    while (t->n < column && !t->full);
}

#endif
