/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c -- external terms to terms; the input may be anything.
 *
 * Each compound term is made at once with its slots empty, and a frame on the stack says which
 * slots come next.  Always true: `pending`, the slots that are not filled yet, is at most the
 * bytes that are left, since each needs one at least; so no claim of a size costs more memory
 * than a few times the input.
 * Maps can be put in order only when their keys are whole: their pairs are gathered in blocks
 * and made into maps at the end, inner ones first.
 */
#include "big/big.h"
#include "big/float_text.h"
#include "binary/binary.h"
#include "binary/bits.h"
#include "etf/etf.h"
#include "etf/tags.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "heap/records.h"
#include "term/release.h"
#include "term/effort.h"
#include "term/identity.h"
#include "term/work.h"

struct etf_hooks etf_hooks;

struct input {
    struct heap *heap;
    const uint8_t *at, *end;
    unsigned flags;
    const term *atoms; /* by number */
    size_t atom_count;
    size_t pending;
    struct work frames; /* slot, slots left, words from one to the next */
    struct work maps;   /* slot of the map, pairs, count */
};

static size_t left(const struct input *in) { return (size_t)(in->end - in->at); }

/* --- reading ---------------------------------------------------------------------------- */

static bool get8(struct input *in, uint8_t *v)
{
    if (left(in) < 1) return false;
    *v = *in->at++;
    return true;
}
static bool get16(struct input *in, uint16_t *v)
{
    if (left(in) < 2) return false;
    *v = load_u16(in->at);
    in->at += 2;
    return true;
}
static bool get32(struct input *in, uint32_t *v)
{
    if (left(in) < 4) return false;
    *v = load_u32(in->at);
    in->at += 4;
    return true;
}
static bool get64(struct input *in, uint64_t *v)
{
    if (left(in) < 8) return false;
    *v = load_u64(in->at);
    in->at += 8;
    return true;
}
static const uint8_t *get_bytes(struct input *in, size_t n)
{
    if (left(in) < n) return NULL;
    in->at += n;
    return in->at - n;
}

/* --- atoms --------------------------------------------------------------------------------- */

static bool read_atom_text(struct input *in, size_t n, bool utf8, term *out)
{
    const char *p = (const char *)get_bytes(in, n);
    if (!p) return false;
    if (in->flags & ETF_SAFE)
        *out = utf8 ? atom_find(p, n) : atom_find_latin1(p, n);
    else
        *out = utf8 ? atom_make(p, n) : atom_make_latin1(p, n);
    return is_value(*out);
}

static bool read_atom_tagged(struct input *in, uint8_t tag, term *out)
{
    uint8_t n8;
    uint16_t n16;
    switch (tag) {
    case TAG_ATOM_LATIN1:
    case TAG_ATOM_UTF8:
        return get16(in, &n16) && read_atom_text(in, n16, tag == TAG_ATOM_UTF8, out);
    case TAG_SMALL_ATOM_LATIN1:
    case TAG_SMALL_ATOM_UTF8:
        return get8(in, &n8) && read_atom_text(in, n8, tag == TAG_SMALL_ATOM_UTF8, out);
    case TAG_ATOM_NUMBER:
        if (!get8(in, &n8) || n8 >= in->atom_count) return false;
        *out = in->atoms[n8];
        return true;
    default: return false;
    }
}

static bool read_atom(struct input *in, term *out)
{
    uint8_t tag;
    return get8(in, &tag) && read_atom_tagged(in, tag, out);
}

/* --- numbers --------------------------------------------------------------------------------- */

static bool read_big(struct input *in, size_t n, term *out)
{
    uint8_t sign;
    if (!get8(in, &sign)) return false;
    const uint8_t *p = get_bytes(in, n);
    if (!p) return false;
    while (n && p[n - 1] == 0) n--;
    enum number_fault why;
    *out = integer_from_bytes(in->heap, p, n, INTEGER_LITTLE_ENDIAN, sign != 0, &why);
    return is_value(*out);
}

static bool make_finite(struct input *in, double d, term *out)
{
    if (!__builtin_isfinite(d)) return false;
    *out = make_float(in->heap, d);
    return true;
}

static bool read_float(struct input *in, term *out)
{
    uint64_t raw;
    double d;
    if (!get64(in, &raw)) return false;
    memcpy(&d, &raw, sizeof d);
    return make_finite(in, d, out);
}

static bool read_float_text(struct input *in, term *out)
{
    const uint8_t *p = get_bytes(in, FLOAT_TEXT_BYTES);
    double d;
    if (!p) return false;
    size_t n = 0;
    while (n < FLOAT_TEXT_BYTES && p[n]) n++;
    return float_from_text((const char *)p, n, &d) && make_finite(in, d, out);
}

/* A small integer inside a fun. */
static bool read_small(struct input *in, int64_t *v)
{
    uint8_t tag, byte;
    uint32_t word;
    if (!get8(in, &tag)) return false;
    if (tag == TAG_SMALL_INTEGER) {
        if (!get8(in, &byte)) return false;
        *v = byte;
        return true;
    }
    if (tag != TAG_INTEGER || !get32(in, &word)) return false;
    *v = (int32_t)word;
    return true;
}

/* --- pids, ports, references -------------------------------------------------------------------- */

/* A creation of one byte (old tags) is 0..3. */
static bool read_creation(struct input *in, bool wide, uint32_t *creation)
{
    uint8_t byte;
    if (wide) return get32(in, creation);
    if (!get8(in, &byte) || byte > 3) return false;
    *creation = byte;
    return true;
}

static bool is_this_node(const struct input *in, term name, uint32_t creation)
{
    if (in->flags & ETF_NAMELESS && term_same(name, ATOM(nonode_at_nohost)) && creation == 0)
        return true;
    return term_same(name, node_this->name) && creation == node_this->creation;
}

static bool make_external(struct input *in, enum boxed_kind kind, term name, uint32_t creation,
                          uint64_t data, term *out)
{
    struct node *node = node_make(name, creation);
    if (!node) return false;
    term *p = heap_alloc(in->heap, EXTERNAL_ID_WORDS);
    p[0] = header(2, kind), p[1] = term_of((uintptr_t)node), p[2] = term_of(data);
    *out = boxed_term(p);
    return true;
}

static bool read_pid(struct input *in, bool wide, term *out)
{
    term name;
    uint32_t number, serial, creation;
    if (!read_atom(in, &name) || !get32(in, &number) || !get32(in, &serial)) return false;
    if (!read_creation(in, wide, &creation)) return false;
    if (!is_this_node(in, name, creation))
        return make_external(in, KIND_EXTERNAL_PID, name, creation, number | (uint64_t)serial << 32,
                             out);
    if (number >> ID_NUMBER_BITS) return false;
    *out = pid_term(number | (uint64_t)serial << ID_NUMBER_BITS);
    return true;
}

static bool read_port(struct input *in, uint8_t tag, term *out)
{
    term name;
    uint64_t number;
    uint32_t low, creation;
    if (!read_atom(in, &name)) return false;
    if (tag == TAG_V4_PORT) {
        if (!get64(in, &number)) return false;
    } else {
        if (!get32(in, &low)) return false;
        number = low;
    }
    if (!read_creation(in, tag != TAG_OLD_PORT, &creation)) return false;
    if (!is_this_node(in, name, creation))
        return make_external(in, KIND_EXTERNAL_PORT, name, creation, number, out);
    if (number >> 60) return false;
    *out = port_term(number);
    return true;
}

static bool make_own_ref(struct input *in, const uint32_t *number, size_t count, term *out)
{
    if (count > 3) return false;
    uint64_t ids[2] = {number[0] | (uint64_t)number[1] << 32, number[2]};
    struct resource *r = etf_hooks.resource ? etf_hooks.resource(ids) : NULL;
    if (r) {
        *out = make_magic_ref(in->heap, r);
        return true;
    }
    term *p = heap_alloc(in->heap, REF_WORDS);
    p[0] = header(2, KIND_REF), p[1] = term_of(ids[0]), p[2] = term_of(ids[1]);
    *out = boxed_term(p);
    return true;
}

static bool make_foreign_ref(struct input *in, term name, uint32_t creation, const uint32_t *number,
                             size_t count, term *out)
{
    struct node *node = node_make(name, creation);
    if (!node) return false;
    size_t words = EXTERNAL_REF_WORDS(count);
    term *p = heap_alloc(in->heap, words);
    p[0] = header(words - 1, KIND_EXTERNAL_REF);
    p[1] = term_of((uintptr_t)node), p[2] = term_of(count);
    for (size_t i = 0; i < count; i += 2)
        p[3 + i / 2] = term_of(number[i] | (i + 1 < count ? (uint64_t)number[i + 1] << 32 : 0));
    *out = boxed_term(p);
    return true;
}

static bool read_ref(struct input *in, uint8_t tag, term *out)
{
    term name;
    uint16_t count = 1;
    uint32_t number[REF_NUMBERS_MAX] = {0}, creation;
    if (tag != TAG_REFERENCE && !get16(in, &count)) return false;
    if (count == 0 || count > REF_NUMBERS_MAX || !read_atom(in, &name)) return false;
    if (tag == TAG_REFERENCE && !get32(in, &number[0])) return false;
    if (!read_creation(in, tag == TAG_NEWER_REFERENCE, &creation)) return false;
    for (size_t i = 0; tag != TAG_REFERENCE && i < count; i++)
        if (!get32(in, &number[i])) return false;
    if (tag != TAG_NEWER_REFERENCE && number[0] >> 18) return false;
    if (is_this_node(in, name, creation)) return make_own_ref(in, number, count, out);
    return make_foreign_ref(in, name, creation, number, count, out);
}

/* --- binaries -------------------------------------------------------------------------------------- */

static bool read_binary(struct input *in, bool with_bits, term *out)
{
    uint32_t n;
    uint8_t last = 8;
    if (!get32(in, &n) || (with_bits && !get8(in, &last))) return false;
    if (with_bits && ((last == 0) != (n == 0) || last > 8)) return false;
    const uint8_t *p = get_bytes(in, n);
    if (!p) return false;
    if (n == 0 || last == 8) {
        uint8_t *to = binary_new(in->heap, n, out);
        if (to) effort_copy(to, p, n);
    } else
        *out = binary_from_bits(in->heap, (struct bits){p, 0, ((size_t)n - 1) * 8 + last});
    return is_value(*out);
}

/* --- what has parts ---------------------------------------------------------------------------------- */

/* May `n` more slots be promised? */
static bool claim(struct input *in, size_t n)
{
    if (n > left(in) || in->pending > left(in) - n) return false;
    in->pending += n;
    return true;
}

static void push_slots(struct input *in, term *first, size_t n, size_t step)
{
    if (n) work_push3(&in->frames, (uintptr_t)first, n, step);
}

enum { TUPLE_LIMIT = (1 << 24) - 1 }; /* elements, as in stock */

static bool read_tuple(struct input *in, size_t n, term *out)
{
    if (n > TUPLE_LIMIT || !claim(in, n)) return false;
    term *p = heap_alloc(in->heap, TUPLE_WORDS(n));
    p[0] = header(n, KIND_TUPLE);
    *out = boxed_term(p);
    push_slots(in, p + 1, n, 1);
    return true;
}

static bool read_list(struct input *in, term *out)
{
    uint32_t n;
    if (!get32(in, &n)) return false;
    if (n == 0) { /* only its tail: the slot once more */
        if (!claim(in, 1)) return false;
        push_slots(in, out, 1, 1);
        return true;
    }
    if (!claim(in, (size_t)n + 1)) return false;
    term *p = heap_alloc(in->heap, CONS_WORDS * (size_t)n);
    for (size_t i = 0; i + 1 < n; i++) {
        p[2 * i + 1] = cons_term(p + 2 * i + 2);
        effort(1);
    }
    *out = cons_term(p);
    push_slots(in, p + 2 * (size_t)n - 1, 1, 1);
    push_slots(in, p, n, 2);
    return true;
}

static bool read_string(struct input *in, term *out)
{
    uint16_t n;
    if (!get16(in, &n)) return false;
    const uint8_t *s = get_bytes(in, n);
    if (!s) return false;
    *out = make_string(in->heap, (const char *)s, n);
    return true;
}

static bool read_map(struct input *in, term *out)
{
    uint32_t n;
    if (!get32(in, &n) || !claim(in, 2 * (size_t)n)) return false;
    *out = NIL;
    term *pairs = NULL;
    if (n) {
        pairs = arena_malloc(2 * (size_t)n * sizeof *pairs);
        if (!pairs) return false;
    }
    work_push3(&in->maps, (uintptr_t)out, (uintptr_t)pairs, n);
    push_slots(in, pairs, 2 * (size_t)n, 1);
    return true;
}

/* The definition that n names in the input make, behind module, name and flag. */
static bool read_definition(struct input *in, size_t n, term *out)
{
    uint8_t exported;
    term module, name;
    if (!get8(in, &exported) || exported > 1) return false;
    if (!read_atom(in, &module) || !read_atom(in, &name) || n > left(in) / 2) return false;
    term *keys = arena_malloc((n + 1) * sizeof *keys);
    if (!keys) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) ok = read_atom(in, &keys[i]);
    *out = ok ? record_define(in->heap, module, name, exported, keys, n) : NO_VALUE;
    arena_free(keys);
    if (is_no_value(*out)) return false;
    if (etf_hooks.definition) *out = etf_hooks.definition(*out);
    return true;
}

/* The values come in the order of the source: a frame for each, unless that is the order of the slots. */
static bool read_record(struct input *in, term *out)
{
    uint32_t n;
    term definition;
    if (!get32(in, &n) || n > TUPLE_LIMIT || !read_definition(in, n, &definition)) return false;
    if (!claim(in, n)) return false;
    if (!work_try_need(&in->frames, 3 * (size_t)n)) {
        in->pending -= n;
        return false;
    }
    *out = record_make(in->heap, definition);
    const term *d = boxed_words(definition);
    term *values = record_values(*out);
    size_t ordered = 0;
    while (ordered < n && record_place(d, ordered) == ordered) ordered++;
    for (size_t i = n; i-- > ordered;) push_slots(in, &values[record_place(d, i)], 1, 1);
    push_slots(in, values, ordered, 1);
    return true;
}

#define MOST_FREE 255 /* variables that a fun carries */

static bool read_local_fun(struct input *in, term *out)
{
    uint32_t size, index, count;
    uint8_t arity;
    term module;
    int64_t old_index, old_uniq;
    if (!get32(in, &size) || !get8(in, &arity)) return false;
    const uint8_t *uniq = get_bytes(in, 16);
    if (!uniq || !get32(in, &index) || !get32(in, &count) || !read_atom(in, &module)) return false;
    if (!read_small(in, &old_index) || !read_small(in, &old_uniq)) return false;
    if (old_index < 0 || old_uniq < 0 || count > MOST_FREE || !etf_hooks.fun_entry) return false;
    if (left(in) < 1 || (*in->at != TAG_NEW_PID && *in->at != TAG_OLD_PID)) return false;
    if (count > 255 || !claim(in, (size_t)count + 1)) return false;
    struct fun_entry *entry = etf_hooks.fun_entry(module, (uint32_t)old_uniq, index, uniq, arity);
    term *p = heap_alloc(in->heap, FUN_WORDS(count));
    p[0] = header(2 + (size_t)count, KIND_FUN), p[1] = term_of((uintptr_t)entry);
    *out = boxed_term(p);
    push_slots(in, p + 2, (size_t)count + 1, 1);
    return entry != NULL;
}

static bool read_export(struct input *in, term *out)
{
    term module, function;
    int64_t arity;
    if (!read_atom(in, &module) || !read_atom(in, &function) || !read_small(in, &arity))
        return false;
    if (arity < 0 || arity > 255 || !etf_hooks.export_get) return false;
    struct export *e = in->flags & ETF_SAFE
                           ? etf_hooks.export_find(module, function, (uint32_t)arity)
                           : etf_hooks.export_get(module, function, (uint32_t)arity);
    if (!e) return false;
    term *p = heap_alloc(in->heap, EXPORT_WORDS);
    p[0] = header(1, KIND_EXPORT), p[1] = term_of((uintptr_t)e);
    *out = boxed_term(p);
    return true;
}

/* --- the walk ------------------------------------------------------------------------------------------ */

static bool read_term(struct input *in, term *out)
{
    uint8_t tag, n8;
    uint32_t n32;
    /* Room for all that one term pushes: input of others must not end the mote. */
    if (!work_try_need(&in->frames, 6) || !work_try_need(&in->maps, 3)) return false;
    if (!get8(in, &tag)) return false;
    switch (tag) {
    case TAG_SMALL_INTEGER:
        if (!get8(in, &n8)) return false;
        *out = small(n8);
        return true;
    case TAG_INTEGER:
        if (!get32(in, &n32)) return false;
        *out = small((int32_t)n32);
        return true;
    case TAG_SMALL_BIG: return get8(in, &n8) && read_big(in, n8, out);
    case TAG_LARGE_BIG: return get32(in, &n32) && read_big(in, n32, out);
    case TAG_NEW_FLOAT: return read_float(in, out);
    case TAG_FLOAT_TEXT: return read_float_text(in, out);
    case TAG_NIL_LIST: *out = NIL; return true;
    case TAG_STRING: return read_string(in, out);
    case TAG_LIST: return read_list(in, out);
    case TAG_SMALL_TUPLE: return get8(in, &n8) && read_tuple(in, n8, out);
    case TAG_LARGE_TUPLE: return get32(in, &n32) && read_tuple(in, n32, out);
    case TAG_MAP: return read_map(in, out);
    case TAG_RECORD: return read_record(in, out);
    case TAG_BINARY: return read_binary(in, false, out);
    case TAG_BIT_BINARY: return read_binary(in, true, out);
    case TAG_OLD_PID:
    case TAG_NEW_PID: return read_pid(in, tag == TAG_NEW_PID, out);
    case TAG_OLD_PORT:
    case TAG_NEW_PORT:
    case TAG_V4_PORT: return read_port(in, tag, out);
    case TAG_REFERENCE:
    case TAG_NEW_REFERENCE:
    case TAG_NEWER_REFERENCE: return read_ref(in, tag, out);
    case TAG_NEW_FUN: return read_local_fun(in, out);
    case TAG_EXPORT: return read_export(in, out);
    default: return read_atom_tagged(in, tag, out);
    }
}

static bool fill_slots(struct input *in)
{
    while (!work_is_empty(&in->frames)) {
        uint64_t *frame = in->frames.words + in->frames.used - 3;
        term *slot = (term *)(uintptr_t)frame[0];
        frame[0] += frame[2] * sizeof *slot;
        if (--frame[1] == 0) in->frames.used -= 3;
        in->pending--;
        if (!read_term(in, slot) || !effort(2)) {
            *slot = NIL;
            return false;
        }
    }
    return true;
}

/* The heap must have no word that is not set. */
static void fill_rest(struct input *in)
{
    while (!work_is_empty(&in->frames)) {
        size_t step = work_pop(&in->frames), n = work_pop(&in->frames);
        term *slot = (term *)(uintptr_t)work_pop(&in->frames);
        for (; n; n--, slot += step) *slot = NIL;
    }
}

static bool make_maps(struct input *in, bool ok)
{
    while (!work_is_empty(&in->maps)) {
        size_t n = work_pop(&in->maps);
        term *pairs = (term *)(uintptr_t)work_pop(&in->maps);
        term *slot = (term *)(uintptr_t)work_pop(&in->maps);
        term map = ok ? map_from_pairs(in->heap, pairs, n, true) : NO_VALUE;
        ok = is_value(map);
        *slot = ok ? map : NIL;
        arena_free(pairs);
    }
    return ok;
}

static term decode(struct input *in, const uint8_t *bytes, size_t n, size_t *used)
{
    term result = NIL;
    in->at = bytes, in->end = bytes + n;
    in->pending = 1;
    work_start(&in->frames);
    work_start(&in->maps);
    push_slots(in, &result, 1, 1);
    bool ok = fill_slots(in);
    fill_rest(in);
    ok = make_maps(in, ok);
    work_end(&in->frames);
    work_end(&in->maps);
    if (used) *used = (size_t)(in->at - bytes);
    return ok ? result : NO_VALUE;
}

term etf_decode(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags, size_t *used)
{
    struct input in = {.heap = h, .flags = flags};
    return decode(&in, bytes, n, used);
}

term etf_decode_numbered(struct heap *h, const uint8_t *bytes, size_t n, const term *atoms,
                         size_t count, size_t *used)
{
    struct input in = {.heap = h, .atoms = atoms, .atom_count = count};
    return decode(&in, bytes, n, used);
}

/* zlib makes at most this many bytes of one. */
enum { MOST_INFLATION = 1040 };

static term decode_compressed(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags,
                              size_t *used)
{
    size_t size = load_u32(bytes), taken;
    if (size / MOST_INFLATION > n) return NO_VALUE;
    uint8_t *plain = arena_malloc(size + 1);
    if (!plain) return NO_VALUE;
    term t = NO_VALUE;
    if (etf_inflate(plain, size, bytes + 4, n - 4, &taken)) {
        t = etf_decode(h, plain, size, flags, NULL);
        if (used) *used = taken + 4;
    }
    arena_free(plain);
    return t;
}

static term decode_local(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags,
                         size_t *used)
{
    size_t inside = 0;
    const uint8_t *from = bytes + ETF_LOCAL_HEAD;
    term t = etf_decode(h, from, n - ETF_LOCAL_HEAD, flags | ETF_NAMELESS, &inside);
    if (is_no_value(t) || load_u64(bytes + 2) != etf_local_check(from, inside)) return NO_VALUE;
    if (used) *used = ETF_LOCAL_HEAD + inside;
    return t;
}

term etf_decode_versioned(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags,
                          size_t *used)
{
    if (used) *used = 0;
    if (n < 1 || bytes[0] != ETF_VERSION) return NO_VALUE;
    if (otp_release >= 26 && n > ETF_LOCAL_HEAD && bytes[1] == TAG_LOCAL)
        return decode_local(h, bytes, n, flags, used);
    bool compressed = n >= 6 && bytes[1] == TAG_COMPRESSED;
    size_t before = compressed ? 2 : 1, inside = 0;
    term t = compressed ? decode_compressed(h, bytes + before, n - before, flags, &inside)
                        : etf_decode(h, bytes + before, n - before, flags, &inside);
    if (used) *used = before + inside;
    return t;
}
