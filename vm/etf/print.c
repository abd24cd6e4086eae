/* SPDX-License-Identifier: Apache-2.0 */
/* print.c -- terms as erlang:display/1 writes them.
 *
 * The stack holds terms still to be printed; marks between them are header words.
 */
#include "etf/print.h"
#include "base/utf8.h"
#include "big/big.h"
#include "big/float_text.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "term/fun.h"
#include "term/identity.h"
#include "term/map.h"
#include "term/record.h"
#include "term/release.h"
#include "term/work.h"

struct printer {
    const struct print_sink *sink;
    size_t left; /* parts until "..." */
    char buffer[128];
    size_t used;
    struct work work;
};

/* Marks: kind in bits 5..2, a number above it. */
enum {
    MARK_TEXT = 12, /* number: index in texts[] */
    MARK_ARRAY = 4, /* number: elements left; below: pointer to the first */
    MARK_CELLS = 8, /* below: the cell that comes next */
    MARK_MASK = 0x3C,
    MARK_SHIFT = 6
};
enum { TEXT_COMMA, TEXT_BAR, TEXT_CLOSE_LIST, TEXT_CLOSE_TUPLE, TEXT_ARROW, TEXT_EQUALS };
static const char *const texts[] = {",", "|", "]", "}", "=>", "="};

static void flush(struct printer *p)
{
    if (p->used) p->sink->write(p->sink->context, p->buffer, p->used);
    p->used = 0;
}
static void put_bytes(struct printer *p, const char *bytes, size_t n)
{
    if (n > sizeof p->buffer - p->used) flush(p);
    if (n > sizeof p->buffer) {
        p->sink->write(p->sink->context, bytes, n);
        return;
    }
    memcpy(p->buffer + p->used, bytes, n);
    p->used += n;
}
static void put(struct printer *p, const char *text) { put_bytes(p, text, strlen(text)); }
static void put_char(struct printer *p, char c) { put_bytes(p, &c, 1); }

static void put_unsigned(struct printer *p, uint64_t v, unsigned base)
{
    char text[24];
    size_t at = sizeof text;
    do text[--at] = "0123456789abcdef"[v % base];
    while (v /= base);
    put_bytes(p, text + at, sizeof text - at);
}
static void put_signed(struct printer *p, int64_t v)
{
    if (v < 0) put_char(p, '-');
    put_unsigned(p, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}
static void put_text_later(struct printer *p, uint64_t text)
{
    work_push(&p->work, text << MARK_SHIFT | MARK_TEXT);
}
static bool spend(struct printer *p, size_t n)
{
    if (p->left == PRINT_ALL) return true;
    if (p->left < n) {
        p->left = 0;
        return false;
    }
    p->left -= n;
    return true;
}

/* --- atoms ---------------------------------------------------------------------------------- */

static bool is_lower(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7);
}
static bool is_upper(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
}

/* One character of UTF-8 that is known to be valid; 0x110000 for any outside Latin-1. */
static uint32_t latin1_at(const char *s, size_t *length)
{
    uint8_t a = (uint8_t)s[0];
    *length = utf8_length(a);
    if (a < 0x80) return a;
    return a <= 0xC3 ? (uint32_t)(a & 3) << 6 | ((uint8_t)s[1] & 0x3F) : 0x110000;
}

static bool needs_quotes(const struct atom_text *a)
{
    size_t n;
    if (a->length == 0 || !is_lower(latin1_at(a->bytes, &n))) return true;
    for (size_t i = 0; i < a->length; i += n) {
        uint32_t c = latin1_at(a->bytes + i, &n);
        if (!is_lower(c) && !is_upper(c) && !(c >= '0' && c <= '9') && c != '_') return true;
    }
    return false;
}

static void put_quoted(struct printer *p, const struct atom_text *a)
{
    static const char names[] = "\n\f\t\r\b\v\\'", letters[] = "nftrbv\\'";
    size_t n;
    put_char(p, '\'');
    for (size_t i = 0; i < a->length; i += n) {
        uint32_t c = latin1_at(a->bytes + i, &n);
        const char *named = c && c < 128 ? strchr(names, (int)c) : NULL;
        if (named) {
            put_char(p, '\\');
            put_char(p, letters[named - names]);
        } else if (c < ' ' || (c >= 128 && c < 160)) {
            const char octal[4] = {'\\', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)),
                                   (char)('0' + (c & 7))};
            put_bytes(p, octal, 4);
        } else {
            put_bytes(p, a->bytes + i, n);
        }
    }
    put_char(p, '\'');
}

static void put_atom(struct printer *p, term t)
{
    const struct atom_text *a = atom_text(t);
    if (needs_quotes(a))
        put_quoted(p, a);
    else
        put_bytes(p, a->bytes, a->length);
    spend(p, a->length);
}

/* --- other leaves ----------------------------------------------------------------------------- */

static void put_big(struct printer *p, term t)
{
    size_t room = integer_text_room(t, 10);
    char few[128], *text = room > sizeof few ? arena_malloc(room) : few;
    if (!text) {
        put(p, "<big>");
        return;
    }
    flush(p);
    put_bytes(p, text, integer_to_text(t, 10, text));
    flush(p);
    if (text != few) arena_free(text);
}

static void put_float(struct printer *p, double d)
{
    char text[FLOAT_TEXT_ROOM];
    put_bytes(p, text, float_to_scientific(d, 6, text));
}

static uint64_t channel(term id)
{
    struct node *n = node_of(id);
    return n == node_this ? 0 : atom_index(n->name);
}

static void put_ref(struct printer *p, term t)
{
    put(p, "#Ref<");
    put_unsigned(p, channel(t), 10);
    for (size_t i = ref_number_count(t); i--;) {
        put_char(p, '.');
        put_unsigned(p, ref_number(t, i), 10);
    }
    put_char(p, '>');
}

static void put_pid(struct printer *p, term t)
{
    put_char(p, '<');
    put_unsigned(p, channel(t), 10);
    put_char(p, '.');
    put_unsigned(p, pid_number(t), 10);
    put_char(p, '.');
    put_unsigned(p, pid_serial(t), 10);
    put_char(p, '>');
}

static void put_port(struct printer *p, term t)
{
    put(p, "#Port<");
    put_unsigned(p, channel(t), 10);
    put_char(p, '.');
    put_unsigned(p, port_number(t), 10);
    put_char(p, '>');
}

static void put_local_fun(struct printer *p, term t)
{
    const struct fun_identity *f = fun_identity(t);
    const struct atom_text *module = atom_text(f->module);
    put(p, "#Fun<");
    put_bytes(p, module->bytes, module->length);
    put_char(p, '.');
    put_signed(p, (int32_t)f->old_index);
    put_char(p, '.');
    put_signed(p, (int32_t)f->old_uniq);
    put_char(p, '>');
}

static void put_export(struct printer *p, term t)
{
    const struct function_name *f = fun_name(t);
    put(p, "fun ");
    put_atom(p, f->module);
    put_char(p, ':');
    put_atom(p, f->function);
    put_char(p, '/');
    put_unsigned(p, f->arity, 10);
}

static bool all_printable(struct bits b)
{
    for (size_t i = 0; i < b.size; i += 8) {
        uint64_t c = bits_get(b.base, b.offset + i, 8);
        if (c < ' ' || c >= 127) return false;
    }
    return true;
}

static void put_bitstring(struct printer *p, term t)
{
    struct bits b = binary_bits(t);
    unsigned extra = b.size % 8;
    bool text = b.size && !extra && all_printable(b);
    put(p, text ? "<<\"" : "<<");
    for (size_t i = 0; i + 8 <= b.size; i += 8) {
        uint64_t c = bits_get(b.base, b.offset + i, 8);
        if (i && !text) put_char(p, ',');
        if (text && c == '"') put_char(p, '\\');
        if (text)
            put_char(p, (char)c);
        else
            put_unsigned(p, c, 10);
        if (!spend(p, 1)) return;
    }
    if (extra) {
        if (b.size > 8) put_char(p, ',');
        put_unsigned(p, bits_get(b.base, b.offset + b.size - extra, extra), 10);
        put_char(p, ':');
        put_unsigned(p, extra, 10);
    }
    put(p, text ? "\">>" : ">>");
}

/* --- what has parts ------------------------------------------------------------------------------ */

static bool is_printable_string(term t)
{
    for (; is_cons(t); t = tail(t)) {
        if (!is_small(head(t))) return false;
        int64_t c = small_value(head(t));
        bool space = c == '\n' || c == '\t' || c == '\r';
        if ((c < ' ' || c >= 127) && !space) return false;
    }
    return is_nil(t);
}

static void put_string(struct printer *p, term t)
{
    put_char(p, '"');
    for (; is_cons(t); t = tail(t)) {
        if (!spend(p, 1)) return;
        char c = (char)small_value(head(t));
        if (c == '"') put_char(p, '\\');
        if (c == '\n')
            put(p, "\\n");
        else
            put_char(p, c);
    }
    put_char(p, '"');
}

static void put_list(struct printer *p, term t)
{
    if (is_printable_string(t)) {
        put_string(p, t);
        return;
    }
    put_char(p, '[');
    put_text_later(p, TEXT_CLOSE_LIST);
    work_push2(&p->work, t.bits, MARK_CELLS);
}

static void push_array(struct printer *p, const term *elements, size_t n)
{
    if (n) work_push2(&p->work, (uintptr_t)elements, n << MARK_SHIFT | MARK_ARRAY);
}

/* The pairs of a map that are pushed first are shown last. */
static void push_pair(struct printer *p, term key, term value, bool is_last)
{
    if (!is_last) put_text_later(p, TEXT_COMMA);
    work_push(&p->work, value.bits);
    put_text_later(p, TEXT_ARROW);
    work_push(&p->work, key.bits);
}

/* Those of a tree, the first ones first. */
static void put_pairs(struct printer *p, term t)
{
    put(p, "#{");
    size_t from = p->work.used;
    struct map_iterator it;
    map_iterator_start(&it, t);
    while (map_iterator_next(&it)) {
        if (p->work.used > from) put_text_later(p, TEXT_COMMA);
        work_push(&p->work, it.key.bits);
        put_text_later(p, TEXT_ARROW);
        work_push(&p->work, it.value.bits);
    }
    for (uint64_t *a = p->work.words + from, *b = p->work.words + p->work.used - 1; a < b;
         a++, b--) {
        uint64_t word = *a;
        *a = *b, *b = word;
    }
}

/* Trees show their nodes before OTP 26, and pairs in the order of the nodes since then. */
static void put_map(struct printer *p, term t)
{
    const term *words = boxed_words(t);
    put_text_later(p, TEXT_CLOSE_TUPLE);
    if (map_form(*words) == MAP_FLAT) {
        put(p, "#{");
        for (size_t n = map_size(t), i = n; i--;)
            push_pair(p, flat_map_key_array(t)[i], words[3 + i], i + 1 == n);
        return;
    }
    if (otp_release >= 26) {
        put_pairs(p, t);
        return;
    }
    bool root = map_form(*words) == MAP_HASH_ROOT;
    put(p, root ? "#<" : "<");
    put_unsigned(p, map_bitmap(*words), 16);
    put(p, ">{");
    push_array(p, words + (root ? 2 : 1), map_node_count(*words));
}

static void put_record(struct printer *p, term t)
{
    const term *definition = record_definition(t), *values = record_values(t);
    put_char(p, '#');
    put_atom(p, definition[RECORD_MODULE]);
    put_char(p, ':');
    put_atom(p, definition[RECORD_NAME]);
    put_char(p, '{');
    put_text_later(p, TEXT_CLOSE_TUPLE);
    for (size_t n = record_fields(t), i = n; i-- > 0;) {
        if (i + 1 < n) put_text_later(p, TEXT_COMMA);
        work_push(&p->work, values[i].bits);
        put_text_later(p, TEXT_EQUALS);
        work_push(&p->work, definition[RECORD_KEYS + i].bits);
    }
}

static void put_boxed(struct printer *p, term t)
{
    switch (boxed_kind(t)) {
    case KIND_TUPLE:
        put_char(p, '{');
        put_text_later(p, TEXT_CLOSE_TUPLE);
        push_array(p, tuple_elements(t), tuple_size(t));
        break;
    case KIND_BIG_POSITIVE:
    case KIND_BIG_NEGATIVE: put_big(p, t); break;
    case KIND_REF:
    case KIND_EXTERNAL_REF: put_ref(p, t); break;
    case KIND_FUN: put_local_fun(p, t); break;
    case KIND_FLOAT: put_float(p, float_value(t)); break;
    case KIND_EXPORT: put_export(p, t); break;
    case KIND_REFC_BINARY:
    case KIND_HEAP_BINARY:
    case KIND_SUB_BINARY: put_bitstring(p, t); break;
    case KIND_EXTERNAL_PID: put_pid(p, t); break;
    case KIND_EXTERNAL_PORT: put_port(p, t); break;
    case KIND_MAP: put_map(p, t); break;
    case KIND_RECORD: put_record(p, t); break;
    case KIND_MATCH: put(p, "<match context>"); break;
    }
}

static void put_immediate(struct printer *p, term t)
{
    if (is_no_value(t))
        put(p, "<no value>");
    else if (is_small(t))
        put_signed(p, small_value(t));
    else if (is_atom(t))
        put_atom(p, t);
    else if (is_nil(t))
        put(p, "[]");
    else if (is_local_pid(t))
        put_pid(p, t);
    else if (is_local_port(t))
        put_port(p, t);
    else
        put(p, "<catch>");
}

/* --- the walk ----------------------------------------------------------------------------------------- */

/* Replaces a mark by the term that it asks for; false: none. */
static bool next_of_mark(struct printer *p, uint64_t mark, term *t)
{
    struct work *w = &p->work;
    if ((mark & MARK_MASK) == MARK_TEXT) {
        put(p, texts[mark >> MARK_SHIFT]);
        return false;
    }
    uint64_t below = work_pop(w);
    if ((mark & MARK_MASK) == MARK_ARRAY) {
        const term *e = (const term *)(uintptr_t)below;
        size_t n = mark >> MARK_SHIFT;
        push_array(p, e + 1, n - 1);
        if (n > 1) put_text_later(p, TEXT_COMMA);
        *t = *e;
        return true;
    }
    term cell = term_of(below), rest = tail(cell);
    if (is_cons(rest)) {
        work_push2(w, rest.bits, MARK_CELLS);
        put_text_later(p, TEXT_COMMA);
    } else if (!is_nil(rest)) {
        work_push(w, rest.bits);
        put_text_later(p, TEXT_BAR);
    }
    *t = head(cell);
    return true;
}

void term_print(const struct print_sink *sink, term t, size_t limit)
{
    struct printer p;
    p.sink = sink, p.left = limit, p.used = 0;
    work_start(&p.work);
    work_push(&p.work, t.bits);
    while (!work_is_empty(&p.work)) {
        t = term_of(work_pop(&p.work));
        if (is_header(t) && is_value(t) && !next_of_mark(&p, t.bits, &t)) continue;
        if (!spend(&p, 1)) break;
        if (is_cons(t))
            put_list(&p, t);
        else if (is_boxed(t))
            put_boxed(&p, t);
        else
            put_immediate(&p, t);
        if (p.left == 0) break;
    }
    if (p.left == 0 && !work_is_empty(&p.work)) put(&p, "...");
    flush(&p);
    work_end(&p.work);
}

void print_text(const struct print_sink *sink, const char *text)
{
    sink->write(sink->context, text, strlen(text));
}

void print_number(const struct print_sink *sink, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    sink->write(sink->context, digits + at, sizeof digits - at);
}

void print_line(const struct print_sink *sink, const char *name, uint64_t n)
{
    print_text(sink, name);
    print_text(sink, ": ");
    print_number(sink, n);
    print_text(sink, "\n");
}

struct text {
    char *to;
    size_t used, room;
};

static void write_text(void *context, const char *bytes, size_t n)
{
    struct text *t = context;
    if (n > t->room - t->used) n = t->room - t->used;
    memcpy(t->to + t->used, bytes, n);
    t->used += n;
}

size_t term_print_to(char *text, size_t room, term t, size_t limit)
{
    struct text to = {text, 0, room - 1};
    term_print(&(struct print_sink){write_text, &to}, t, limit);
    text[to.used] = 0;
    return to.used;
}
