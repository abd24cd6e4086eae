/* SPDX-License-Identifier: Apache-2.0 */
/* binary_test.c -- binaries, iodata, unicode, re and the bit syntax against the stock machine's answers.
 *
 *   binary_test [CASES]      a file made by binary_cases.escript; without one the script is run
 */
#define _GNU_SOURCE
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "test/unit/call.h"
#include "test/unit/vm_setup.h"
#include "bif/bif.h"
#include "code/code.h"
#include "binary/create.h"
#include "etf/etf.h"
#include "term/compare.h"
#include <stdlib.h>
#include <stdnoreturn.h>

static struct process process;
static struct heap *const heap = &process.heap;

/* An atom that the machine itself has no use for. */
static term own_atom(const char *name) { return atom_make(name, strlen(name)); }

/* --- the functions under test -------------------------------------------------------------------- */

static const struct native rows[] = {
#define BIF(module, function, arity, flags, meaning)                                               \
    {#module, #function, arity, flags, bif_##module##_##function##_##arity},
#define BIF_AS(module, text, arity, c_name, flags, meaning)                                        \
    {#module, text, arity, flags, bif_##module##_##c_name##_##arity},
#include "bif/erlang_binary.def"
#include "bif/checksum.def"
#include "bif/binary.def"
#include "bif/unicode.def"
#include "bif/re.def"
#undef BIF
#undef BIF_AS
};

static native_function *find_body(term module, term function, size_t arity)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (atom_is(module, rows[i].module) && atom_is(function, rows[i].function) &&
            rows[i].arity == arity)
            return rows[i].body;
    return NULL;
}

/* --- what they need of the rest of the machine ------------------------------------------------------ */

__attribute__((weak)) struct export *export_get(term module, term function, uint32_t arity)
{
    (void)module, (void)function, (void)arity;
    return NULL;
}
__attribute__((weak)) term bif_trap(struct process *p, struct export *to, unsigned count,
                                    const term *args)
{
    (void)to, (void)count, (void)args;
    return raise_class(p, FAULT_TRAP, own_atom("trap"));
}
__attribute__((weak)) void ref_new_ids(uint64_t ids[2])
{
    static uint64_t last;
    ids[0] = ++last;
    ids[1] = 0;
}

/* --- reporting ------------------------------------------------------------------------------------------- */

static unsigned failures;

static void say(const char *label, term t)
{
    size_t n = etf_size(t, &(struct etf_options){0});
    uint8_t *bytes = malloc(n);
    etf_encode(bytes, t, &(struct etf_options){0});
    fprintf(stderr, "  %s <<131", label);
    for (size_t i = 0; i < n && i < 400; i++) fprintf(stderr, ",%u", bytes[i]);
    fprintf(stderr, ">>\n");
    free(bytes);
}

static void fail(term the_case, term got)
{
    if (failures++ > 20) return;
    fprintf(stderr, "differs:\n");
    say("case", the_case);
    if (is_value(got)) say("got ", got);
}

/* --- the same bits in other clothes ------------------------------------------------------------------------ */

static unsigned random_below(unsigned n) { return (unsigned)(any() % n); }

/* A bitstring as a part of a larger one, at some bit. */
static term disguise(term t)
{
    if (!is_bitstring(t) || random_below(2)) return t;
    struct bits b = binary_bits(t);
    size_t before = random_below(20), total = before + b.size + 70 * 8;
    term whole;
    uint8_t *to = binary_new(heap, bits_bytes(total), &whole);
    memset(to, (int)random_below(256), bits_bytes(total));
    bits_copy(to, before, b.base, b.offset, b.size);
    term *w = heap_alloc(heap, SUB_BINARY_WORDS);
    w[0] = header(5, KIND_SUB_BINARY), w[1] = whole, w[2] = term_of(before / 8);
    w[3] = term_of(b.size / 8), w[4] = term_of(before % 8 | b.size % 8 << 8), w[5] = term_of(0);
    return boxed_term(w);
}

static term disguise_deep(term t)
{
    if (is_cons(t)) {
        for (term l = t; is_cons(l); l = tail(l)) cons_words(l)[0] = disguise(head(l));
        return t;
    }
    return disguise(t);
}

/* --- functions -------------------------------------------------------------------------------------------------- */

static bool is_outcome(term outcome, term result)
{
    if (is_value(result))
        return term_same(element(outcome, 0), ATOM(ok)) &&
               term_compare_exact(element(outcome, 1), result) == 0;
    return term_same(element(outcome, 0), ATOM(error)) &&
           term_compare_exact(element(outcome, 1), process.fault.reason) == 0;
}

/* The error text is ours to compare; the place may be another in PCRE2. */
static bool is_same_but_place(term outcome, term result)
{
    if (!is_value(result) || !is_tuple_of(result, 2)) return false;
    if (!term_same(element(result, 0), ATOM(error))) /* compiled: its form is ours */
        return is_tuple_of(element(outcome, 1), 2) &&
               term_same(element(element(outcome, 1), 0), ATOM(ok));
    term ours = element(result, 1), theirs = element(element(outcome, 1), 1);
    if (!is_tuple_of(theirs, 2)) return false;
    return term_compare_exact(element(ours, 0), element(theirs, 0)) == 0;
}

static void run_bif(term c)
{
    term args = element(c, 3), x[8];
    size_t n = 0;
    for (; is_cons(args); args = tail(args)) x[n++] = disguise_deep(head(args));
    native_function *body = find_body(element(c, 1), element(c, 2), n);
    if (!body) {
        fail(c, NO_VALUE);
        return;
    }
    term result = call_native(&process, body, x);
    if (is_no_value(result) && process.fault.class_ == FAULT_TRAP) return;
    if (is_outcome(element(c, 4), result)) return;
    if (term_same(element(c, 2), ATOM(compile)) && is_same_but_place(element(c, 4), result)) {
        if (getenv("SHOW_PLACES")) say("place", make_tuple2(heap, c, result));
        return;
    }
    fail(c, is_value(result) ? result : make_tuple2(heap, ATOM(error), process.fault.reason));
}

/* --- construction ---------------------------------------------------------------------------------------------------- */

static void run_create(term c)
{
    struct segment segments[8];
    struct create_fault why;
    size_t n = 0;
    for (term l = element(c, 1); is_cons(l); l = tail(l), n++) {
        term s = head(l);
        segments[n] = (struct segment){.type = (uint8_t)segment_type_of(element(s, 0)),
                                       .flags = (uint8_t)small_value(element(s, 4)),
                                       .unit = (uint16_t)small_value(element(s, 3)),
                                       .number = (uint32_t)n + 1,
                                       .value = disguise(element(s, 1)),
                                       .size = element(s, 2)};
        bool whole = term_same(segments[n].size, ATOM(all));
        if (n == 0 && whole && segments[n].type == SEGMENT_BINARY)
            segments[n].type = SEGMENT_APPEND;
    }
    term result = binary_create(heap, segments, n, &why), outcome = element(c, 2);
    if (is_value(result)) {
        if (!term_same(element(outcome, 0), ATOM(ok)) ||
            term_compare_exact(element(outcome, 1), result) != 0)
            fail(c, result);
        return;
    }
    term cause = boxed_words(create_fault_info(heap, &why))[3];
    bool same =
        term_same(element(outcome, 0), ATOM(error)) && term_same(why.reason, element(outcome, 1));
    if (same && is_tuple(element(outcome, 2)))
        same = term_compare_exact(cause, element(outcome, 2)) == 0;
    if (!same) fail(c, make_tuple2(heap, why.reason, cause));
}

/* --- matching ------------------------------------------------------------------------------------------------------------- */

static term get_field(term context, term field)
{
    term type = element(field, 0), size = element(field, 1);
    unsigned unit = (unsigned)small_value(element(field, 2)),
             flags = (unsigned)small_value(element(field, 3));
    size_t bits;
    switch (atom_index(type)) {
    case ATOM_utf8: return match_get_utf8(context);
    case ATOM_utf16: return match_get_utf16(context, flags);
    case ATOM_utf32: return match_get_utf32(context, flags);
    }
    if (term_same(size, ATOM(all))) return match_get_rest(heap, context, unit);
    if (!match_size(size, unit, &bits)) return NO_VALUE;
    if (term_same(type, ATOM(integer))) return match_get_integer(heap, context, bits, flags);
    if (term_same(type, ATOM(float))) return match_get_float(heap, context, bits, flags);
    return match_get_binary(heap, context, bits);
}

static void run_match(term c)
{
    term context = match_start(heap, disguise(element(c, 1))), outcome = element(c, 3);
    term values[8];
    size_t n = 0;
    term result = ATOM(nomatch);
    term l = element(c, 2);
    for (; is_cons(l); l = tail(l), n++)
        if (is_no_value(values[n] = get_field(context, head(l)))) break;
    if (is_nil(l) && match_test_tail(context, 0))
        result = make_tuple2(heap, ATOM(ok), make_list(heap, n, values, NIL));
    if (term_compare_exact(result, outcome) != 0) fail(c, result);
}

/* --- what the cases do not show ------------------------------------------------------------------------------------------------ */

static term append_byte(term to, unsigned byte)
{
    struct create_fault why;
    struct segment s[2] = {
        {.type = SEGMENT_APPEND, .unit = 8, .value = to, .size = ATOM(all)},
        {.type = SEGMENT_INTEGER, .unit = 1, .value = small(byte), .size = small(8), .number = 1}};
    return binary_create(heap, s, 2, &why);
}

static void test_append(void)
{
    term t = binary_make(heap, "", 0), kept = NIL;
    for (unsigned i = 0; i < 5000; i++) {
        t = append_byte(t, i & 0xFF);
        if (i == 999) kept = t;
    }
    CHECK(binary_size(t) == 5000 && binary_size(kept) == 1000);
    term fork = append_byte(kept, 7), other = append_byte(kept, 8);
    CHECK(bits_get(binary_bits(fork).base, binary_bits(fork).offset + 8000, 8) == 7);
    CHECK(bits_get(binary_bits(other).base, binary_bits(other).offset + 8000, 8) == 8);
    for (unsigned i = 0; i < 5000; i++)
        CHECK(bits_get(binary_bits(t).base, binary_bits(t).offset + i * 8, 8) == (i & 0xFF));

    struct create_fault why;
    term w = binary_init_writable(heap, small(256));
    for (unsigned i = 0; i < 3000; i++) {
        struct segment s[2] = {
            {.type = SEGMENT_PRIVATE_APPEND, .unit = 1, .value = w, .size = ATOM(all)},
            {.type = SEGMENT_INTEGER, .unit = 1, .value = small(i), .size = small(3), .number = 1}};
        w = binary_create(heap, s, 2, &why);
    }
    CHECK(binary_bit_size(w) == 9000);
    for (unsigned i = 0; i < 3000; i++)
        CHECK(bits_get(binary_bits(w).base, binary_bits(w).offset + i * 3, 3) == (i & 7));
}

static void test_bits(void)
{
    static uint8_t from[600], to[600], model[600];
    for (unsigned i = 0; i < sizeof from; i++) from[i] = (uint8_t)random_below(256);
    for (unsigned round = 0; round < 5000; round++) {
        size_t a = random_below(100), b = random_below(100), n = random_below(3000);
        memset(to, 0x5A, sizeof to);
        memcpy(model, to, sizeof to);
        bits_copy(to, a, from, b, n);
        for (size_t i = 0; i < n; i++)
            bits_put_slow(model, a + i, from[(b + i) / 8] >> (7 - (b + i) % 8), 1);
        CHECK(memcmp(to, model, sizeof to) == 0);
        CHECK(bits_equal((struct bits){to, a, n}, (struct bits){from, b, n}));
        size_t at = random_below(500), bits = random_below(65);
        uint64_t v = bits_get(from, at, (unsigned)bits), w = 0;
        for (size_t i = 0; i < bits; i++)
            w = w << 1 | (from[(at + i) / 8] >> (7 - (at + i) % 8) & 1);
        CHECK(v == w);
        bits_clear(to, a, n);
        for (size_t i = 0; i < n; i++) CHECK(bits_get_slow(to, a + i, 1) == 0);
    }
}

/* The older instructions: <<"ab", 5:4, 1.5:32/float, X/utf8, Rest/bitstring>> piece by piece. */
static void test_builder(void)
{
    struct binary_builder b;
    term reason = NO_VALUE, rest = binary_make(heap, "xyz", 3);
    size_t bits = 16 + 4 + 32 + 16 + 24;
    term t = builder_start_size(&b, heap, small((int64_t)bits), 1, &reason);
    builder_put_string(&b, (const uint8_t *)"ab", 2);
    CHECK(builder_put_integer(&b, small(5), 4, 0));
    CHECK(builder_put_float(&b, make_float(heap, 1.5), 32, 0));
    CHECK(small_value(utf8_size(small(228))) == 2 && small_value(utf16_size(small(0x10000))) == 4);
    CHECK(builder_put_utf8(&b, small(228)) && !builder_put_utf8(&b, small(0xD800)));
    CHECK(builder_put_binary_all(&b, rest, 8) && !builder_put_binary(&b, rest, 25));
    CHECK(b.offset == bits && binary_bit_size(t) == bits);

    term m = match_start(heap, t);
    CHECK(match_string(m, (const uint8_t *)"ab", 16) && match_take_equal(m, 4, 5));
    CHECK(float_value(match_get_float(heap, m, 32, 0)) == 1.5);
    CHECK(small_value(match_get_utf8(m)) == 228 && match_ensure_at_least(m, 8, 8));
    CHECK(term_compare_exact(match_tail(heap, m), rest) == 0 && match_left(m) == 24);

    CHECK(is_no_value(builder_start_size(&b, heap, small(-1), 8, &reason)));
    CHECK(term_same(reason, ATOM(badarg)));
    CHECK(is_no_value(builder_start_size(&b, heap, small(SMALL_MAX), 8, &reason)));
    CHECK(term_same(reason, ATOM(system_limit)));
    CHECK(small_value(builder_add(heap, small(3), small(4), 8, &reason)) == 35);
    CHECK(is_no_value(builder_add(heap, small(3), small(-4), 8, &reason)));
    t = builder_append(&b, heap, rest, 8, 8, false, &reason);
    CHECK(builder_put_integer(&b, small('!'), 8, 0));
    CHECK(term_compare_exact(t, binary_make(heap, "xyz!", 4)) == 0);
    CHECK(is_no_value(builder_append(&b, heap, own_atom("a"), 8, 8, false, &reason)));
    CHECK(term_same(reason, ATOM(badarg)));
}

static term call(native_function *body, const term *args)
{
    return call_native(&process, body, args);
}

static void test_zlib(void)
{
    static uint8_t plain[200000];
    for (unsigned i = 0; i < sizeof plain; i++) plain[i] = (uint8_t)("abcdefgh"[random_below(8)]);
    term data = binary_make(heap, plain, sizeof plain), packed = NIL;
    term z = call(bif_zlib_open_nif_0, NULL);
    CHECK(is_magic_ref(z));
    term init[6] = {z, small(-1), small(8), small(15), small(8), small(0)};
    CHECK(term_same(call(bif_zlib_deflateInit_nif_6, init), ATOM(ok)));
    CHECK(is_no_value(call(bif_zlib_deflateInit_nif_6, init)));
    term input[2] = {z, make_cons(heap, data, NIL)};
    CHECK(term_same(call(bif_zlib_enqueue_nif_2, input), ATOM(ok)));
    term step[4] = {z, small(8 << 10), small(16 << 10), small(4)};
    for (bool more = true; more;) {
        term r = call(bif_zlib_deflate_nif_4, step);
        CHECK(is_tuple_of(r, 2));
        packed = make_cons(heap, packed, element(r, 1));
        more = !term_same(element(r, 0), ATOM(finished));
    }
    CHECK(term_same(call(bif_zlib_deflateEnd_nif_1, &z), ATOM(ok)));
    term binary;
    CHECK(iodata_to_binary(heap, packed, &binary) == IODATA_OK &&
          binary_size(binary) < sizeof plain / 2);

    term start[3] = {z, small(15), small(2)}, out = NIL;
    CHECK(term_same(call(bif_zlib_inflateInit_nif_3, start), ATOM(ok)));
    input[1] = make_cons(heap, binary, NIL);
    CHECK(term_same(call(bif_zlib_enqueue_nif_2, input), ATOM(ok)));
    step[3] = small(0);
    for (bool more = true; more;) {
        term r = call(bif_zlib_inflate_nif_4, step);
        CHECK(is_tuple_of(r, 2));
        out = make_cons(heap, out, element(r, 1));
        more = !term_same(element(r, 0), ATOM(finished));
    }
    term back;
    CHECK(iodata_to_binary(heap, out, &back) == IODATA_OK && term_compare_exact(back, data) == 0);
    CHECK(term_same(call(bif_zlib_inflateEnd_nif_1, &z), ATOM(ok)));
    term stash[2] = {z, make_tuple2(heap, ATOM(ok), data)};
    CHECK(term_same(call(bif_zlib_setStash_nif_2, stash), ATOM(ok)));
    CHECK(is_no_value(call(bif_zlib_setStash_nif_2, stash)));
    CHECK(term_compare_exact(element(call(bif_zlib_getStash_nif_1, &z), 1), stash[1]) == 0);
    CHECK(term_same(call(bif_zlib_close_nif_1, &z), ATOM(ok)));
    CHECK(is_no_value(call(bif_zlib_close_nif_1, &z)));
}

static void test_buffer(void)
{
    term b = call(bif_prim_buffer_new_0, NULL);
    term big = NO_VALUE;
    memset(binary_new(heap, 3000, &big), 'x', 3000);
    term parts[3] = {binary_make(heap, "hello ", 6), big, binary_make(heap, "wor\nld", 6)};
    term args[2] = {b, make_list(heap, 3, parts, NIL)};
    CHECK(term_same(call(bif_prim_buffer_write_2, args), ATOM(ok)));
    CHECK(small_value(call(bif_prim_buffer_size_1, &b)) == 3012);
    args[1] = small('\n');
    CHECK(small_value(element(call(bif_prim_buffer_find_byte_index_2, args), 1)) == 3009);
    args[1] = small(5);
    CHECK(term_compare_exact(call(bif_prim_buffer_copying_read_2, args),
                             binary_make(heap, "hello", 5)) == 0);
    args[1] = small(3001);
    CHECK(term_same(call(bif_prim_buffer_skip_2, args), ATOM(ok)));
    CHECK(term_compare_exact(call(bif_prim_buffer_peek_head_1, &b), parts[2]) == 0);
    args[1] = small(7);
    CHECK(is_no_value(call(bif_prim_buffer_skip_2, args)));
    CHECK(term_same(call(bif_prim_buffer_try_lock_1, &b), ATOM(acquired)));
    CHECK(term_same(call(bif_prim_buffer_try_lock_1, &b), ATOM(busy)));
    CHECK(term_same(call(bif_prim_buffer_unlock_1, &b), ATOM(ok)));
}

/* --- all ----------------------------------------------------------------------------------------------------------------------------- */

static uint8_t *read_all(FILE *f, size_t *n)
{
    uint8_t *bytes = NULL;
    *n = 0;
    for (size_t got = 1; got; *n += got) {
        bytes = realloc(bytes, *n + 65536);
        got = fread(bytes + *n, 1, 65536, f);
    }
    return bytes;
}

static void run_case(term c)
{
    if (term_same(element(c, 0), own_atom("bif")))
        run_bif(c);
    else if (term_same(element(c, 0), own_atom("create")))
        run_create(c);
    else
        run_match(c);
}

int main(int argc, char **argv)
{
    static const char script[] =
        "f=$(mktemp) && escript test/unit/binary_cases.escript 20 1 $f && cat $f && rm $f";
    setup_vm();
    fresh_heap(heap, 1 << 16);
    process.pid = pid_term(1);
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : popen(script, "r");
    size_t n, cases = 0;
    uint8_t *bytes = f ? read_all(f, &n) : NULL;
    term all = bytes ? etf_decode_versioned(heap, bytes, n, 0, NULL) : NO_VALUE;
    CHECK(is_cons(all));
    for (term l = all; is_cons(l); l = tail(l), cases++) run_case(head(l));
    CHECK(failures == 0);
    test_append();
    test_bits();
    test_builder();
    test_zlib();
    test_buffer();
    printf("binary_test: %zu cases, %u differ\n", cases, failures);
    heap_end(heap);
    free(bytes);
    return check_result();
}
