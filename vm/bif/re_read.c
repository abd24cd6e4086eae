/* SPDX-License-Identifier: Apache-2.0 */
/* re_read.c -- see re_read.h. */
#include "bif/re_read.h"
#include "heap/arena.h"

#include <string.h>

/* --- the text ------------------------------------------------------------------------------- */

bool re_text_copy(struct re_text *t, const uint8_t *bytes, size_t n)
{
    *t = (struct re_text){.bytes = arena_malloc(n + 16), .n = n, .room = n + 16};
    if (t->bytes) memcpy(t->bytes, bytes, n);
    return t->bytes != NULL;
}

/* In place of `removed` bytes at `at`. */
static bool put(struct re_text *t, size_t at, size_t removed, const char *with, size_t n)
{
    if (t->n + n > t->room) {
        size_t room = (t->n + n) * 2;
        uint8_t *bytes = arena_realloc(t->bytes, room);
        if (!bytes) return false;
        t->bytes = bytes;
        t->room = room;
    }
    memmove(t->bytes + at + n, t->bytes + at + removed, t->n - at - removed);
    memcpy(t->bytes + at, with, n);
    t->n = t->n - removed + n;
    return true;
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static bool is_letter(uint8_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static uint8_t at(const struct re_text *t, size_t i) { return i < t->n ? t->bytes[i] : 0; }

static bool is_one_of(uint8_t c, const char *these) { return c && strchr(these, c); }

static bool starts(const struct re_text *t, size_t i, const char *with)
{
    size_t n = strlen(with);
    return i + n <= t->n && memcmp(t->bytes + i, with, n) == 0;
}

/* --- what PCRE2 refuses --------------------------------------------------------------------------- */

static bool remove(struct re_text *t, size_t i, ptrdiff_t *moved)
{
    --*moved;
    return put(t, i, 1, "", 0);
}

/* \d-z in a class: the hyphen is one. */
static bool mend_range(struct re_text *t, size_t offset, ptrdiff_t *moved)
{
    if (at(t, offset) != '-' || offset < 2) return false;
    size_t i = offset - 1;
    if (t->bytes[i] == '}')
        while (i > 0 && t->bytes[i] != '\\') i--;
    else
        i--;
    if (t->bytes[i] != '\\') return false;
    ++*moved;
    return put(t, offset, 0, "\\", 1);
}

/* \c with a character that has no picture. */
static bool mend_control(struct re_text *t, size_t offset, ptrdiff_t *moved)
{
    static const char digits[] = "0123456789abcdef";
    if (offset < 2 || offset >= t->n || t->bytes[offset] > 127) return false;
    uint8_t c = t->bytes[offset] ^ 0x40;
    const char text[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
    ++*moved;
    return put(t, offset - 2, 3, text, sizeof text);
}

/* \8 and \9 with fewer groups are these digits. */
static bool mend_reference(struct re_text *t, size_t offset, ptrdiff_t *moved)
{
    size_t i = offset;
    while (i > 0 && is_digit(t->bytes[i - 1])) i--;
    if (i == 0 || t->bytes[i - 1] != '\\' || !is_one_of(at(t, i), "89")) return false;
    const char digit[4] = {'\\', 'x', '3',
                           (char)t->bytes[i]}; /* not a bare one: it may stand in {} */
    *moved += 2;
    return put(t, i - 1, 2, digit, sizeof digit);
}

bool re_text_mend(struct re_text *t, int error, size_t offset, ptrdiff_t *moved)
{
    if (offset == 0 || offset > t->n) return false;
    switch (error) {
    case PCRE2_ERROR_UNKNOWN_ESCAPE:
    case PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS:
        if (t->strict || t->bytes[offset - 1] != '\\') return false;
        return remove(t, offset - 1, moved);
    case PCRE2_ERROR_UNSUPPORTED_ESCAPE_SEQUENCE:
        if (t->strict || offset < 2 || !starts(t, offset - 2, "\\F")) return false;
        return remove(t, offset - 2, moved);
    case PCRE2_ERROR_CLASS_INVALID_RANGE: return mend_range(t, offset, moved);
    case PCRE2_ERROR_BACKSLASH_C_SYNTAX: return mend_control(t, offset, moved);
    case PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE: return mend_reference(t, offset, moved);
    case PCRE2_ERROR_INVALID_AFTER_PARENS_QUERY:
        if (at(t, offset) != 'X') return false;
        t->strict = true;
        return remove(t, offset, moved);
    default: return false;
    }
}

/* --- what PCRE2 reads in its own way ----------------------------------------------------------------- */

/* Behind \Q at i: where \E ends, or the text. */
static size_t after_quoted(const struct re_text *t, size_t i)
{
    for (; i < t->n; i++)
        if (starts(t, i, "\\E")) return i + 2;
    return t->n;
}

static size_t after_escape(const struct re_text *t, size_t i)
{
    return starts(t, i, "\\Q") ? after_quoted(t, i + 2) : i + 2;
}

static size_t after_class(const struct re_text *t, size_t i)
{
    i++;
    if (at(t, i) == '^') i++;
    if (at(t, i) == ']') i++;
    while (i < t->n && t->bytes[i] != ']') {
        if (t->bytes[i] == '\\') {
            i = after_escape(t, i);
            continue;
        }
        size_t j = i + 2;
        if (starts(t, i, "[:"))
            while (is_letter(at(t, j)) || at(t, j) == '^') j++;
        i = j > i + 2 && starts(t, j, ":]") ? j + 2 : i + 1;
    }
    return i + 1;
}

static size_t after_byte(const struct re_text *t, size_t i, uint8_t byte)
{
    const uint8_t *found = i < t->n ? memchr(t->bytes + i, byte, t->n - i) : NULL;
    return found ? (size_t)(found - t->bytes) + 1 : t->n;
}

/* The end of a call of a group at i, or 0. */
static size_t after_call(const struct re_text *t, size_t i)
{
    if (starts(t, i, "\\g<")) return after_byte(t, i, '>');
    if (starts(t, i, "\\g'")) return after_byte(t, i + 3, '\'');
    if (!starts(t, i, "(?")) return 0;
    size_t j = i + 2;
    bool named = at(t, j) == '&' || starts(t, j, "P>");
    if (is_one_of(at(t, j), "+-")) j++;
    return named || is_digit(at(t, j)) || starts(t, j, "R)") ? after_byte(t, j, ')') : 0;
}

/* Verbs of PCRE2 alone. */
static bool is_new_verb(const struct re_text *t, size_t i)
{
    static const char *const verbs[] = {"(*NOTEMPTY",   "(*NO_JIT",      "(*NO_DOTSTAR_ANCHOR",
                                        "(*LIMIT_HEAP", "(*LIMIT_DEPTH", "(*NUL)"};
    uint8_t c = at(t, i + 2);
    if (c >= 'a' && c <= 'z') return true;
    for (size_t k = 0; k < sizeof verbs / sizeof *verbs; k++)
        if (starts(t, i, verbs[k])) return true;
    return false;
}

static int verb_error(const struct re_text *t, size_t i, size_t *offset)
{
    for (i += 2; is_letter(at(t, i));) i++;
    if (at(t, i) == ':')
        while (i < t->n && t->bytes[i] != ')') i++;
    *offset = i;
    return PCRE2_ERROR_VERB_UNKNOWN;
}

/* Options at i, which is behind (?. */
static int read_options(struct re_text *t, size_t i, bool *changed, size_t *offset)
{
    for (; is_one_of(at(t, i), "imsxJU-^n"); i++) {
        *offset = i;
        if (t->bytes[i] == '^' || t->bytes[i] == 'n') return PCRE2_ERROR_INVALID_AFTER_PARENS_QUERY;
        while (starts(t, i, "xx")) {
            put(t, i, 1, "", 0);
            *changed = true;
        }
    }
    return 0;
}

int re_text_translate(struct re_text *t, uint32_t options, bool *changed, size_t *offset)
{
    int error = 0;
    *changed = false;
    for (size_t i = 0; i < t->n && !error;) {
        uint8_t c = t->bytes[i];
        size_t end = after_call(t, i);
        if (end) {
            if (!put(t, end, 0, ")", 1) || !put(t, i, 0, "(?>", 3)) return PCRE2_ERROR_NOMEMORY;
            *changed = true;
            i = end + 4;
        } else if (c == '\\') {
            i = after_escape(t, i);
        } else if (c == '[') {
            i = after_class(t, i);
        } else if (c == '#' && options & PCRE2_EXTENDED) {
            i = after_byte(t, i, '\n');
        } else if (starts(t, i, "(?#")) {
            i = after_byte(t, i, ')');
        } else if (starts(t, i, "(?")) {
            error = read_options(t, i + 2, changed, offset);
            i += 2;
        } else if (starts(t, i, "(*") && is_new_verb(t, i)) {
            error = verb_error(t, i, offset);
        } else {
            i++;
        }
    }
    return error;
}

/* --- errors -------------------------------------------------------------------------------------- */

static bool is_backreference(const struct re_text *t, size_t offset)
{
    size_t i = offset;
    while (is_digit(at(t, i))) i++;
    while (i > 0 && is_digit(t->bytes[i - 1])) i--;
    return is_digit(at(t, i)) && i > 0 && t->bytes[i - 1] == '\\';
}

/* Does the text end in the options of a group? */
static bool ends_in_options(const struct re_text *t)
{
    size_t i = t->n;
    while (i > 0 && is_one_of(t->bytes[i - 1], "imsxJUX-")) i--;
    return i >= 2 && starts(t, i - 2, "(?");
}

int re_text_error(const struct re_source *s, int error, size_t *offset)
{
    struct re_text t = {.bytes = (uint8_t *)s->text, .n = s->bytes};
    size_t i = *offset;
    if (i > t.n) return error;
    switch (error) {
    case PCRE2_ERROR_VERB_UNKNOWN:
        while (i > 0 && !starts(&t, i, "(*")) i--;
        if (starts(&t, i, "(*")) verb_error(&t, i, offset);
        return error;
    case PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE:
        if (is_backreference(&t, i)) *offset = t.n;
        return error;
    case PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS:
        return ends_in_options(&t) ? PCRE2_ERROR_INVALID_AFTER_PARENS_QUERY : error;
    case PCRE2_ERROR_BACKSLASH_G_SYNTAX:
        if (i == 0 || t.bytes[i - 1] != 'g' || is_one_of(at(&t, i), "{<'")) return error;
        --*offset;
        return PCRE2_ERROR_ZERO_RELATIVE_REFERENCE;
    case PCRE2_ERROR_CALLOUT_BAD_STRING_DELIMITER: return PCRE2_ERROR_MISSING_CALLOUT_CLOSING;
    case PCRE2_ERROR_SUBPATTERN_NAME_EXPECTED:
        if (i >= 3 && i < t.n && starts(&t, i - 3, "(?<")) return RE_ERROR_AFTER_QUERY_LESS;
        return error;
    default: return error;
    }
}
