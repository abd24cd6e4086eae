/* SPDX-License-Identifier: Apache-2.0 */
/* term_text.c -- a recursive descent over Erlang's term syntax; see term_text.h. */
#include <stdio.h>

#include "cli/memory.h"
#include "cli/term_text.h"

#define DEPTH_MOST 100

struct reader {
    const uint8_t *at, *end;
    const char *name;
    unsigned line, depth;
    struct error *e;
};

static struct text_term *read_term(struct reader *r);

/* --- characters --------------------------------------------------------------------- */

static int peek(const struct reader *r) { return r->at < r->end ? *r->at : -1; }

static int peek_second(const struct reader *r) { return r->end - r->at > 1 ? r->at[1] : -1; }

static int take(struct reader *r)
{
    if (r->at == r->end) return -1;
    if (*r->at == '\n') r->line++;
    return *r->at++;
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_lower(int c) { return (c >= 'a' && c <= 'z') || c >= 0xc3; /* UTF-8 or Latin-1 */ }
static bool is_word(int c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '@' ||
           c >= 0x80;
}

static void *wrong(struct reader *r, const char *what)
{
    fail(r->e, 0, "%s, line %u: %s", r->name, r->line, what);
    return NULL;
}

static void skip_space(struct reader *r)
{
    for (int c = peek(r); c >= 0; c = peek(r)) {
        if (c == '%') {
            while (peek(r) >= 0 && peek(r) != '\n') take(r);
        } else if (c > ' ' && c != 0x7f) {
            return;
        } else {
            take(r);
        }
    }
}

static bool take_if(struct reader *r, int wanted)
{
    skip_space(r);
    if (peek(r) != wanted) return false;
    take(r);
    return true;
}

static struct text_term *make(const struct reader *r, enum text_kind kind)
{
    struct text_term *t = memory_take(sizeof *t);
    t->kind = kind;
    t->line = r->line;
    return t;
}

/* --- atoms, strings, characters --------------------------------------------------------- */

static void put_utf8(struct buffer *b, uint32_t c)
{
    uint8_t out[4];
    size_t n = 0;
    if (c < 0x80) {
        out[n++] = (uint8_t)c;
    } else if (c < 0x800) {
        out[n++] = (uint8_t)(0xc0 | c >> 6);
        out[n++] = (uint8_t)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        out[n++] = (uint8_t)(0xe0 | c >> 12);
        out[n++] = (uint8_t)(0x80 | (c >> 6 & 63));
        out[n++] = (uint8_t)(0x80 | (c & 63));
    } else {
        out[n++] = (uint8_t)(0xf0 | c >> 18);
        out[n++] = (uint8_t)(0x80 | (c >> 12 & 63));
        out[n++] = (uint8_t)(0x80 | (c >> 6 & 63));
        out[n++] = (uint8_t)(0x80 | (c & 63));
    }
    buffer_add(b, out, n);
}

static int hex_value(int c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The character after "\x": two digits, or any number of them in braces. */
static bool take_hex(struct reader *r, uint32_t *out)
{
    bool braces = peek(r) == '{';
    uint32_t v = 0;
    int digits = 0;
    if (braces) take(r);
    for (int d; (d = hex_value(peek(r))) >= 0 && (braces ? digits < 6 : digits < 2); digits++) {
        v = v * 16 + (uint32_t)d;
        take(r);
    }
    if (braces && take(r) != '}') return false;
    *out = v;
    return digits > 0 && v <= 0x10ffff;
}

static bool take_escape(struct reader *r, uint32_t *out)
{
    static const char letters[] = "bdefnrstv";
    static const uint8_t meaning[] = {8, 127, 27, 12, 10, 13, ' ', 9, 11};
    int c = take(r);
    if (c < 0) return false;
    if (c == 'x') return take_hex(r, out);
    if (c == '^') {
        c = take(r);
        *out = (uint32_t)c & 31;
        return c >= 0;
    }
    if (c >= '0' && c <= '7') {
        uint32_t v = (uint32_t)(c - '0');
        for (int i = 0; i < 2 && peek(r) >= '0' && peek(r) <= '7'; i++)
            v = v * 8 + (uint32_t)(take(r) - '0');
        *out = v;
        return true;
    }
    const char *letter = memchr(letters, c, sizeof letters - 1);
    *out = letter ? meaning[letter - letters] : (uint32_t)c;
    return true;
}

/* Bytes up to the closing quote; what is not escaped passes as it stands. */
static bool take_quoted(struct reader *r, struct buffer *b, int quote)
{
    for (int c; (c = take(r)) != quote;) {
        uint32_t escaped;
        uint8_t byte = (uint8_t)c;
        if (c < 0) return wrong(r, "a quote is not closed"), false;
        if (c != '\\') {
            buffer_add(b, &byte, 1);
        } else if (take_escape(r, &escaped)) {
            put_utf8(b, escaped);
        } else {
            return wrong(r, "an escape is malformed"), false;
        }
    }
    return true;
}

static struct text_term *finish_text(struct text_term *t, struct buffer *b)
{
    t->text = memory_text((const char *)b->at, b->n);
    t->text_bytes = b->n;
    buffer_drop(b);
    return t;
}

static struct text_term *read_quoted(struct reader *r, enum text_kind kind, int quote)
{
    struct text_term *t = make(r, kind);
    struct buffer b = {0};
    do { /* "strings" "side by side" are one */
        take(r);
        if (!take_quoted(r, &b, quote)) return NULL;
        skip_space(r);
    } while (kind == TEXT_STRING && peek(r) == quote);
    return finish_text(t, &b);
}

static struct text_term *read_word(struct reader *r, enum text_kind kind)
{
    struct text_term *t = make(r, kind);
    const uint8_t *start = r->at;
    while (is_word(peek(r))) take(r);
    t->text = memory_text((const char *)start, (size_t)(r->at - start));
    t->text_bytes = (size_t)(r->at - start);
    return t;
}

static struct text_term *read_number(struct reader *r)
{
    struct text_term *t = make(r, TEXT_NUMBER);
    const uint8_t *start = r->at;
    if (peek(r) == '-' || peek(r) == '+') take(r);
    if (!is_digit(peek(r))) return wrong(r, "a number has no digits");
    for (;;) {
        int c = peek(r), next = peek_second(r);
        bool exponent = r->at > start && (r->at[-1] == 'e' || r->at[-1] == 'E');
        if (!is_word(c) && c != '#' && !(c == '.' && is_digit(next)) &&
            !(exponent && (c == '-' || c == '+')))
            break;
        take(r);
    }
    t->text = memory_text((const char *)start, (size_t)(r->at - start));
    t->text_bytes = (size_t)(r->at - start);
    return t;
}

static struct text_term *read_character(struct reader *r)
{
    struct text_term *t = make(r, TEXT_NUMBER);
    take(r);
    int c = take(r);
    uint32_t value = (uint32_t)c;
    if (c < 0 || (c == '\\' && !take_escape(r, &value)))
        return wrong(r, "a character is malformed");
    t->text = memory_print("%u", value);
    t->text_bytes = strlen(t->text);
    return t;
}

/* --- compound terms ------------------------------------------------------------------------ */

/* Elements up to `close`; in a map, keys and values take turns. */
static struct text_term *read_elements(struct reader *r, enum text_kind kind, int close)
{
    struct text_term *t = make(r, kind), **tail = &t->first;
    if (++r->depth > DEPTH_MOST) return wrong(r, "terms are nested too deeply");
    if (!take_if(r, close)) {
        for (;;) {
            struct text_term *element = read_term(r);
            if (!element) return NULL;
            *tail = element, tail = &element->next, t->size++;
            skip_space(r);
            if (kind == TEXT_MAP && t->size % 2) {
                if (take(r) != '=' || take(r) != '>') return wrong(r, "a map wants => here");
                continue;
            }
            if (take_if(r, ',')) continue;
            if (kind == TEXT_LIST && take_if(r, '|')) continue; /* improper: as good as proper */
            if (take_if(r, close)) break;
            return wrong(r, peek(r) < 0 ? "the file ends inside a term"
                                        : "',' or the end of a "
                                          "term was expected");
        }
    }
    r->depth--;
    return t;
}

static struct text_term *read_binary(struct reader *r)
{
    struct text_term *t = make(r, TEXT_BINARY);
    struct buffer b = {0};
    take(r), take(r);
    while (!take_if(r, '>')) {
        struct text_term *part = read_term(r);
        if (!part) return NULL;
        if (part->kind == TEXT_STRING) {
            buffer_add(&b, part->text, part->text_bytes);
        } else if (part->kind == TEXT_NUMBER) {
            unsigned value = 0;
            if (sscanf(part->text, "%u", &value) != 1 || value > 255)
                return wrong(r, "a binary may hold strings and bytes only");
            buffer_add(&b, &(uint8_t){(uint8_t)value}, 1);
        } else {
            return wrong(r, "a binary may hold strings and bytes only");
        }
        if (take_if(r, '/')) read_word(r, TEXT_ATOM); /* "text"/utf8: the bytes are UTF-8 */
        if (!take_if(r, ',') && peek(r) != '>') return wrong(r, "a binary is not closed");
    }
    if (take(r) != '>') return wrong(r, "a binary is not closed");
    return finish_text(t, &b);
}

static struct text_term *read_term(struct reader *r)
{
    skip_space(r);
    int c = peek(r);
    switch (c) {
    case -1: return wrong(r, "the file ends where a term was expected");
    case '{': take(r); return read_elements(r, TEXT_TUPLE, '}');
    case '[': take(r); return read_elements(r, TEXT_LIST, ']');
    case '"': return read_quoted(r, TEXT_STRING, '"');
    case '\'': return read_quoted(r, TEXT_ATOM, '\'');
    case '$': return read_character(r);
    case '<':
        if (peek_second(r) == '<') return read_binary(r);
        break;
    case '#':
        if (peek_second(r) == '{') {
            take(r), take(r);
            return read_elements(r, TEXT_MAP, '}');
        }
        break;
    default:
        if (is_digit(c) || c == '-' || c == '+') return read_number(r);
        if (is_lower(c)) return read_word(r, TEXT_ATOM);
    }
    return wrong(r, "this is not an Erlang term");
}

const struct text_term *text_read(struct bytes file, const char *name, struct error *e)
{
    struct reader r = {.at = file.at, .end = file.at + file.n, .name = name, .line = 1, .e = e};
    struct text_term *t = read_term(&r);
    if (!t) return NULL;
    if (!take_if(&r, '.')) return wrong(&r, "a full stop was expected behind the term");
    return t;
}

const struct text_term *text_read_all(struct bytes file, const char *name, struct error *e)
{
    struct reader r = {.at = file.at, .end = file.at + file.n, .name = name, .line = 1, .e = e};
    struct text_term *all = make(&r, TEXT_LIST), **last = &all->first;
    for (skip_space(&r); peek(&r) >= 0; skip_space(&r)) {
        struct text_term *t = read_term(&r);
        if (!t) return NULL;
        if (!take_if(&r, '.')) return wrong(&r, "a full stop was expected behind the term");
        *last = t, last = &t->next, all->size++;
    }
    return all;
}

/* --- access ----------------------------------------------------------------------------------- */

const struct text_term *text_element(const struct text_term *t, size_t i)
{
    if (!t || (t->kind != TEXT_TUPLE && t->kind != TEXT_LIST)) return NULL;
    const struct text_term *element = t->first;
    while (element && i--) element = element->next;
    return element;
}

bool text_is_atom(const struct text_term *t, const char *name)
{
    return t && t->kind == TEXT_ATOM && strcmp(t->text, name) == 0;
}

const struct text_term *text_property(const struct text_term *list, const char *key)
{
    if (!list || list->kind != TEXT_LIST) return NULL;
    for (const struct text_term *pair = list->first; pair; pair = pair->next)
        if (pair->kind == TEXT_TUPLE && pair->size == 2 && text_is_atom(pair->first, key))
            return pair->first->next;
    return NULL;
}
