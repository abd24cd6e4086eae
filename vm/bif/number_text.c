/* SPDX-License-Identifier: Apache-2.0 */
/* number_text.c -- numbers to lists and binaries of characters, and back. */
#include "bif/bif.h"
#include "big/big.h"
#include "big/float_text.h"
#include "binary/binary.h"
#include "heap/arena.h"

/* Characters: in place when few, else in a block. */
struct text {
    char near[512];
    char *bytes;
    size_t count;
};

static bool text_start(struct text *t, size_t room)
{
    t->bytes = room <= sizeof t->near ? t->near : arena_malloc(room);
    t->count = 0;
    return t->bytes != NULL;
}
static void text_end(struct text *t)
{
    if (t->bytes != t->near) arena_free(t->bytes);
}

static term no_memory(struct process *p) { return raise(p, ATOM(system_limit)); }

static term to_list(struct process *p, const char *bytes, size_t count)
{
    return make_string(&p->heap, bytes, count);
}
static term to_binary(struct process *p, const char *bytes, size_t count)
{
    term t = binary_make(&p->heap, bytes, count);
    return is_value(t) ? t : no_memory(p);
}
typedef term to_term(struct process *p, const char *bytes, size_t count);

static bool is_base(term t) { return is_small(t) && small_value(t) >= 2 && small_value(t) <= 36; }

/* Work in digits, as reductions. */
static void bump_digits(struct process *p, size_t digits) { bump(p, (int64_t)(digits / 64)); }

/* --- integers out --------------------------------------------------------------------------------- */

static term print_integer(struct process *p, term integer, term base, to_term *make)
{
    struct text t;
    if (!is_integer(integer) || !is_base(base)) return raise_badarg(p);
    unsigned radix = (unsigned)small_value(base);
    if (!text_start(&t, integer_text_room(integer, radix))) return no_memory(p);
    t.count = integer_to_text(integer, radix, t.bytes);
    term result = t.count ? make(p, t.bytes, t.count) : no_memory(p);
    bump_digits(p, t.count);
    text_end(&t);
    return result;
}

term bif_erlang_integer_to_list_1(struct process *p, const term *arg)
{
    return print_integer(p, arg[0], small(10), to_list);
}
term bif_erlang_integer_to_list_2(struct process *p, const term *arg)
{
    return print_integer(p, arg[0], arg[1], to_list);
}
term bif_erlang_integer_to_binary_1(struct process *p, const term *arg)
{
    return print_integer(p, arg[0], small(10), to_binary);
}
term bif_erlang_integer_to_binary_2(struct process *p, const term *arg)
{
    return print_integer(p, arg[0], arg[1], to_binary);
}

/* --- integers in, from lists -------------------------------------------------------------------------- */

/* The character of an element, -1 when it is none.  Only the low byte counts: so does the stock machine. */
static int element_char(term list)
{
    if (!is_cons(list) || !is_small(head(list))) return -1;
    return (int)(small_value(head(list)) & 0xFF);
}

static bool is_digit_of(int c, unsigned base)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0') < base;
    if (c >= 'a' && c <= 'z') return (unsigned)(c - 'a') + 10 < base;
    return c >= 'A' && c <= 'Z' && (unsigned)(c - 'A') + 10 < base;
}

enum list_integer { LIST_INTEGER, LIST_NO_INTEGER, LIST_NO_LIST, LIST_TOO_LARGE };

/* The integer at the start of a list, and what follows it. */
static enum list_integer scan_integer(struct process *p, term list, unsigned base, term *out,
                                      term *rest)
{
    if (is_nil(list)) return LIST_NO_INTEGER;
    if (!is_cons(list)) return LIST_NO_LIST;
    term first = list, sign = head(list);
    bool negative = term_same(sign, small('-'));
    if (negative || term_same(sign, small('+'))) first = tail(list);

    size_t count = 0;
    uint64_t v = 0; /* good while there are at most 18 decimal digits */
    term at = first;
    for (; is_digit_of(element_char(at), base); at = tail(at), count++)
        v = v * 10 + (uint64_t)(element_char(at) - '0');
    *rest = at;
    if (count == 0) return LIST_NO_INTEGER;
    if (base == 10 && count <= 18) {
        *out = make_integer(&p->heap, negative ? -(int64_t)v : (int64_t)v);
        return LIST_INTEGER;
    }
    struct text t;
    if (!text_start(&t, count + 1)) return LIST_TOO_LARGE;
    if (negative) t.bytes[t.count++] = '-';
    for (at = first; count > 0; at = tail(at), count--) t.bytes[t.count++] = (char)element_char(at);
    enum number_fault why;
    *out = integer_from_text(&p->heap, t.bytes, t.count, base, &why);
    bump_digits(p, t.count);
    text_end(&t);
    return is_value(*out) ? LIST_INTEGER : LIST_TOO_LARGE;
}

static term parse_list(struct process *p, term list, term base)
{
    term value, rest;
    switch (scan_integer(p, list, (unsigned)small_value(base), &value, &rest)) {
    case LIST_INTEGER: return is_nil(rest) ? value : raise_badarg(p);
    case LIST_TOO_LARGE: return is_nil(rest) ? raise(p, ATOM(system_limit)) : raise_badarg(p);
    default: return raise_badarg(p);
    }
}

term bif_erlang_list_to_integer_1(struct process *p, const term *arg)
{
    return parse_list(p, arg[0], small(10));
}

term bif_erlang_list_to_integer_2(struct process *p, const term *arg)
{
    return is_base(arg[1]) ? parse_list(p, arg[0], arg[1]) : raise_badarg(p);
}

static term error_tuple(struct process *p, term reason)
{
    return make_tuple2(&p->heap, ATOM(error), reason);
}

term bif_string_list_to_integer_1(struct process *p, const term *arg)
{
    term value, rest;
    switch (scan_integer(p, arg[0], 10, &value, &rest)) {
    case LIST_INTEGER: return make_tuple2(&p->heap, value, rest);
    case LIST_NO_INTEGER: return error_tuple(p, ATOM(no_integer));
    case LIST_NO_LIST: return error_tuple(p, ATOM(not_a_list));
    case LIST_TOO_LARGE: break;
    }
    return error_tuple(p, ATOM(system_limit));
}

term bif_erts_internal_list_to_integer_2(struct process *p, const term *arg)
{
    term value, rest;
    if (!is_base(arg[1])) return ATOM(badarg);
    switch (scan_integer(p, arg[0], (unsigned)small_value(arg[1]), &value, &rest)) {
    case LIST_INTEGER: return make_tuple2(&p->heap, value, rest);
    case LIST_NO_INTEGER: return ATOM(no_integer);
    case LIST_NO_LIST: return ATOM(not_a_list);
    case LIST_TOO_LARGE: break;
    }
    return ATOM(big);
}

/* --- integers in, from binaries --------------------------------------------------------------------------- */

static term parse_binary(struct process *p, term binary, term base, enum number_fault *why)
{
    size_t size;
    uint8_t *copy = NULL;
    *why = NUMBER_BADARG;
    if (!is_base(base) || !is_boxed(binary)) return NO_VALUE;
    const uint8_t *bytes = binary_bytes_or_copy(binary, &size, &copy);
    if (!bytes) return NO_VALUE;
    term value =
        integer_from_text(&p->heap, (const char *)bytes, size, (unsigned)small_value(base), why);
    bump_digits(p, size);
    arena_free(copy);
    return value;
}

term bif_erlang_binary_to_integer_1(struct process *p, const term *arg)
{
    enum number_fault why;
    term value = parse_binary(p, arg[0], small(10), &why);
    return is_value(value) ? value : raise(p, number_fault_reason(why));
}

term bif_erlang_binary_to_integer_2(struct process *p, const term *arg)
{
    enum number_fault why;
    term value = parse_binary(p, arg[0], arg[1], &why);
    return is_value(value) ? value : raise(p, number_fault_reason(why));
}

term bif_erts_internal_binary_to_integer_2(struct process *p, const term *arg)
{
    enum number_fault why;
    term value = parse_binary(p, arg[0], arg[1], &why);
    return is_value(value) ? value : why == NUMBER_SYSTEM_LIMIT ? ATOM(big) : ATOM(badarg);
}

/* --- floats out ------------------------------------------------------------------------------------------- */

#define DEFAULT_DECIMALS 20

struct float_format {
    enum { FORMAT_SCIENTIFIC, FORMAT_DECIMAL, FORMAT_SHORT } kind;
    int decimals;
    bool compact;
};

/* {decimals, N} or {scientific, N}. */
static bool read_decimals(term option, struct float_format *f)
{
    if (!is_tuple_of(option, 2) || !is_small(element(option, 1))) return false;
    f->decimals = (int)small_value(element(option, 1));
    if (term_same(element(option, 0), ATOM(decimals)))
        f->kind = FORMAT_DECIMAL;
    else if (term_same(element(option, 0), ATOM(scientific)))
        f->kind = FORMAT_SCIENTIFIC;
    else
        return false;
    return true;
}

/* Later options win. */
static bool read_format(term options, struct float_format *f)
{
    *f = (struct float_format){FORMAT_SCIENTIFIC, DEFAULT_DECIMALS, false};
    for (; is_cons(options); options = tail(options)) {
        term option = head(options);
        if (term_same(option, ATOM(compact)))
            f->compact = true;
        else if (term_same(option, ATOM(short)))
            f->kind = FORMAT_SHORT;
        else if (!read_decimals(option, f))
            return false;
    }
    return is_nil(options);
}

static term print_float(struct process *p, term number, term options, to_term *make)
{
    char text[FLOAT_TEXT_ROOM];
    struct float_format f;
    size_t count = 0;
    if (!is_float(number) || !read_format(options, &f)) return raise_badarg(p);
    double d = float_value(number);
    if (f.kind == FORMAT_SHORT)
        count = float_to_short(d, text);
    else if (f.kind == FORMAT_SCIENTIFIC) /* fewer than 0 means 6, as in C */
        count = float_to_scientific(d, f.decimals < 0 ? 6 : (unsigned)f.decimals, text);
    else if (f.decimals >= 0)
        count = float_to_decimal(d, (unsigned)f.decimals, f.compact, text);
    return count ? make(p, text, count) : raise_badarg(p);
}

term bif_erlang_float_to_list_1(struct process *p, const term *arg)
{
    return print_float(p, arg[0], NIL, to_list);
}
term bif_erlang_float_to_list_2(struct process *p, const term *arg)
{
    return print_float(p, arg[0], arg[1], to_list);
}
term bif_erlang_float_to_binary_1(struct process *p, const term *arg)
{
    return print_float(p, arg[0], NIL, to_binary);
}
term bif_erlang_float_to_binary_2(struct process *p, const term *arg)
{
    return print_float(p, arg[0], arg[1], to_binary);
}

/* --- floats in ------------------------------------------------------------------------------------------------ */

/* Text ends at a zero character: what follows it is not looked at, here as in the stock machine. */
static term parse_float(struct process *p, const char *bytes, size_t count)
{
    double d;
    const char *zero = count ? memchr(bytes, 0, count) : NULL;
    if (zero) count = (size_t)(zero - bytes);
    return float_from_text(bytes, count, &d) ? make_float(&p->heap, d) : NO_VALUE;
}

/* The first `count` elements of a list, all of them bytes. */
static term parse_float_list(struct process *p, term list, size_t count)
{
    struct text t;
    term value = NO_VALUE;
    if (!text_start(&t, count)) return NO_VALUE;
    for (; t.count < count && is_small(head(list)); list = tail(list)) {
        int64_t c = small_value(head(list));
        if (c < 0 || c > 255) break;
        t.bytes[t.count++] = (char)c;
    }
    if (t.count == count) value = parse_float(p, t.bytes, count);
    bump_digits(p, count);
    text_end(&t);
    return value;
}

term bif_erlang_list_to_float_1(struct process *p, const term *arg)
{
    ptrdiff_t count = list_length(arg[0]);
    if (count < 0) return raise_badarg(p);
    term value = parse_float_list(p, arg[0], (size_t)count);
    return is_value(value) ? value : raise_badarg(p);
}

term bif_erlang_binary_to_float_1(struct process *p, const term *arg)
{
    size_t size;
    uint8_t *copy = NULL;
    if (!is_boxed(arg[0])) return raise_badarg(p);
    const uint8_t *bytes = binary_bytes_or_copy(arg[0], &size, &copy);
    if (!bytes) return raise_badarg(p);
    term value = parse_float(p, (const char *)bytes, size);
    arena_free(copy);
    return is_value(value) ? value : raise_badarg(p);
}

static bool is_char(term list, const char *set)
{
    if (!is_cons(list) || !is_small(head(list))) return false;
    int64_t c = small_value(head(list));
    return c > 0 && c < 128 && strchr(set, (int)c);
}

/* Moves over digits; how many. */
static size_t skip_digits(term *list)
{
    size_t count = 0;
    for (; is_char(*list, "0123456789"); *list = tail(*list)) count++;
    return count;
}

/* Elements of the longest float at the start of a list, 0 when there is none; *rest follows it. */
static size_t measure_float(term list, term *rest)
{
    size_t count = 0, digits;
    if (is_char(list, "+-")) list = tail(list), count++;
    if (!(digits = skip_digits(&list))) return 0;
    count += digits;
    if (!is_char(list, ".,")) return 0;
    list = tail(list), count++;
    if (!(digits = skip_digits(&list))) return 0;
    count += digits;
    *rest = list;
    if (!is_char(list, "eE")) return count;

    size_t more = 1;
    list = tail(list);
    if (is_char(list, "+-")) list = tail(list), more++;
    if (!(digits = skip_digits(&list))) return count;
    *rest = list;
    return count + more + digits;
}

term bif_string_list_to_float_1(struct process *p, const term *arg)
{
    term rest = NIL;
    if (!is_list(arg[0])) return error_tuple(p, ATOM(not_a_list));
    size_t count = measure_float(arg[0], &rest);
    term value = count ? parse_float_list(p, arg[0], count) : NO_VALUE;
    return is_value(value) ? make_tuple2(&p->heap, value, rest) : error_tuple(p, ATOM(no_float));
}
