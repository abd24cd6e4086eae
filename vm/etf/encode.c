/* SPDX-License-Identifier: Apache-2.0 */
/* encode.c -- terms to external terms.
 *
 * One walk serves both passes: with `to` NULL it only counts.  The stack holds terms still to be
 * written; marks between them are header words, which no term is.
 */
#include "base/hash.h"
#include "binary/binary.h"
#include "binary/bits.h"
#include "big/big.h"
#include "big/float_text.h"
#include "etf/etf.h"
#include "etf/tags.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "term/release.h"
#include "term/effort.h"
#include "term/fun.h"
#include "term/identity.h"
#include "term/map.h"
#include "term/record.h"
#include "term/work.h"

struct output {
    uint8_t *to; /* NULL: counting */
    size_t bytes;
    bool too_large;
    const struct etf_options *options;
    struct node *node; /* this one, as it is called at the start */
    struct work work;
    struct work
        *shared; /* NULL, or (bytes of ours before it, bitstring) of each that is not copied */
    size_t shared_bytes; /* of `bytes`, what is in those */
};

/* Marks: the kind in bits 5..2, a number above; what lies below on the stack belongs to them. */
enum { MARK_ARRAY = 0, MARK_CELLS = 4, MARK_FUN_END = 8, MARK_MASK = 0x3C, MARK_SHIFT = 6 };

static void put8(struct output *o, uint8_t v)
{
    if (o->to) *o->to++ = v;
    o->bytes++;
}
static void put16(struct output *o, uint16_t v)
{
    if (o->to) store_u16(o->to, v), o->to += 2;
    o->bytes += 2;
}
static void put32(struct output *o, uint32_t v)
{
    if (o->to) store_u32(o->to, v), o->to += 4;
    o->bytes += 4;
}
static void put64(struct output *o, uint64_t v)
{
    put32(o, (uint32_t)(v >> 32));
    put32(o, (uint32_t)v);
}
/* A count of elements or bytes. */
static void put_count(struct output *o, size_t n)
{
    if (n > UINT32_MAX) o->too_large = true;
    put32(o, (uint32_t)n);
}
static void put_bytes(struct output *o, const void *bytes, size_t n)
{
    if (o->to) memcpy(o->to, bytes, n), o->to += n;
    o->bytes += n;
}

/* --- leaves ------------------------------------------------------------------------------- */

/* Characters when all are Latin-1, else -1. */
static ptrdiff_t latin1_length(const struct atom_text *a)
{
    for (size_t i = 0; i < a->length; i++)
        if ((uint8_t)a->bytes[i] > 0xC3) return -1;
    return a->characters;
}

/* Its number; -1: it has none, for there are too many, or another has its slot. */
static int atom_number(const struct output *o, struct etf_atoms *a, term t)
{
    uint8_t *at = &a->at[etf_atom_slot(t)];
    if (*at) return term_same(a->atom[*at - 1], t) ? *at - 1 : -1;
    if (o->to || a->count == ETF_ATOMS_MAX) return -1;
    a->atom[a->count] = t;
    *at = (uint8_t)++a->count;
    return *at - 1;
}

static void put_atom(struct output *o, term t)
{
    int number = o->options->atoms ? atom_number(o, o->options->atoms, t) : -1;
    if (number >= 0) {
        put8(o, TAG_ATOM_NUMBER);
        put8(o, (uint8_t)number);
        return;
    }
    const struct atom_text *a = atom_text(t);
    ptrdiff_t n = o->options->utf8_atoms ? -1 : latin1_length(a);
    if (n < 0) {
        put8(o, a->length > 255 ? TAG_ATOM_UTF8 : TAG_SMALL_ATOM_UTF8);
        if (a->length > 255)
            put16(o, a->length);
        else
            put8(o, (uint8_t)a->length);
        put_bytes(o, a->bytes, a->length);
        return;
    }
    put8(o, TAG_ATOM_LATIN1);
    put16(o, (uint16_t)n);
    for (size_t i = 0; i < a->length; i++) {
        uint8_t c = (uint8_t)a->bytes[i];
        if (c >= 0x80) c = (uint8_t)(c << 6 | ((uint8_t)a->bytes[++i] & 0x3F));
        put8(o, c);
    }
}

static void put_small(struct output *o, int64_t v)
{
    if (v >= 0 && v < 256) {
        put8(o, TAG_SMALL_INTEGER);
        put8(o, (uint8_t)v);
    } else if (v == (int32_t)v) {
        put8(o, TAG_INTEGER);
        put32(o, (uint32_t)v);
    } else {
        uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
        uint8_t n = (uint8_t)((71 - __builtin_clzll(u)) / 8);
        put8(o, TAG_SMALL_BIG);
        put8(o, n);
        put8(o, v < 0);
        put_bytes(o, &u, n); /* least first, like memory */
    }
}

static void put_big(struct output *o, term t)
{
    size_t n = integer_byte_length(t);
    if (n < 256) {
        put8(o, TAG_SMALL_BIG);
        put8(o, (uint8_t)n);
    } else {
        put8(o, TAG_LARGE_BIG);
        put_count(o, n);
    }
    put8(o, big_is_negative(t));
    if (o->to) integer_to_bytes(t, o->to, INTEGER_LITTLE_ENDIAN), o->to += n;
    o->bytes += n;
}

static void put_float(struct output *o, double d)
{
    if (!o->options->text_floats) {
        uint64_t raw;
        memcpy(&raw, &d, sizeof raw);
        put8(o, TAG_NEW_FLOAT);
        put64(o, raw);
        return;
    }
    char text[FLOAT_TEXT_ROOM] = {0};
    if (o->to) float_to_scientific(d, 20, text);
    put8(o, TAG_FLOAT_TEXT);
    put_bytes(o, text, FLOAT_TEXT_BYTES);
}

static struct node *node_for(const struct output *o, term id)
{
    bool local = is_local_pid(id) || is_local_port(id) || is_local_ref(id);
    return local ? o->node : node_of(id);
}

static void put_pid(struct output *o, term t)
{
    struct node *n = node_for(o, t);
    put8(o, TAG_NEW_PID);
    put_atom(o, n->name);
    put32(o, pid_number(t));
    put32(o, pid_serial(t));
    put32(o, n->creation);
}

static void put_port(struct output *o, term t)
{
    struct node *n = node_for(o, t);
    uint64_t number = port_number(t);
    bool wide = number >> 28;
    put8(o, wide ? TAG_V4_PORT : TAG_NEW_PORT);
    put_atom(o, n->name);
    if (wide)
        put64(o, number);
    else
        put32(o, (uint32_t)number);
    put32(o, n->creation);
}

static void put_ref(struct output *o, term t)
{
    struct node *n = node_for(o, t);
    size_t count = ref_number_count(t);
    put8(o, TAG_NEWER_REFERENCE);
    put16(o, (uint16_t)count);
    put_atom(o, n->name);
    put32(o, n->creation);
    for (size_t i = 0; i < count; i++) put32(o, ref_number(t, i));
}

/* What follows the header of a bitstring whose whole bytes become a piece of their own. */
static void share(struct output *o, term t, struct bits b)
{
    if (o->to) work_push2(o->shared, o->bytes - o->shared_bytes, t.bits);
    o->bytes += b.size / 8;
    o->shared_bytes += b.size / 8;
    if (b.size % 8) put8(o, bits_pointer(b)[b.size / 8] & (uint8_t)(0xFF00 >> b.size % 8));
}

/* Large enough to be a piece of its own; before OTP 27 the bits behind its last byte do not count. */
static bool is_piece(struct bits b)
{
    uint64_t bits = otp_release < 27 ? b.size / 8 * 8 : b.size;
    return bits > HEAP_BINARY_LIMIT * 8 && b.offset % 8 == 0;
}

static void put_bitstring(struct output *o, term t)
{
    struct bits b = binary_bits(t);
    size_t n = bits_bytes(b.size);
    put8(o, b.size % 8 ? TAG_BIT_BINARY : TAG_BINARY);
    put_count(o, n);
    if (b.size % 8) put8(o, b.size % 8);
    if (o->shared && is_piece(b)) {
        share(o, t, b);
        return;
    }
    if (o->to && n) {
        o->to[n - 1] = 0;
        if (bits_aligned(b) && b.size % 8 == 0)
            effort_copy(o->to, bits_pointer(b), n);
        else
            bits_copy(o->to, 0, b.base, b.offset, b.size);
        o->to += n;
    }
    o->bytes += n;
}

/* --- what has parts --------------------------------------------------------------------------- */

static void push_array(struct output *o, const term *elements, size_t n)
{
    if (n) work_push2(&o->work, (uintptr_t)elements, n << MARK_SHIFT | MARK_ARRAY);
}

static bool is_short_string(term t, size_t *length)
{
    size_t n = 0;
    for (; is_cons(t); t = tail(t))
        if (!is_small(head(t)) || (uint64_t)small_value(head(t)) > 255 || ++n > UINT16_MAX)
            return false;
    *length = n;
    return is_nil(t);
}

static void put_list(struct output *o, term t)
{
    size_t n;
    if (is_short_string(t, &n)) {
        put8(o, TAG_STRING);
        put16(o, (uint16_t)n);
        for (; is_cons(t); t = tail(t)) put8(o, (uint8_t)small_value(head(t)));
        return;
    }
    n = 0;
    for (term c = t; is_cons(c) && effort(1); c = tail(c)) n++;
    put8(o, TAG_LIST);
    put_count(o, n);
    work_push2(&o->work, t.bits, MARK_CELLS);
}

static void put_tuple(struct output *o, term t)
{
    size_t n = tuple_size(t);
    if (n < 256) {
        put8(o, TAG_SMALL_TUPLE);
        put8(o, (uint8_t)n);
    } else {
        put8(o, TAG_LARGE_TUPLE);
        put_count(o, n);
    }
    push_array(o, tuple_elements(t), n);
}

/* The last child comes first off the stack: so does stock. */
static void push_tree(struct output *o, const term *words)
{
    const term *child = words + (map_form(*words) == MAP_HASH_ROOT ? 2 : 1);
    for (unsigned n = map_node_count(*words); n--; child++) {
        if (is_cons(*child))
            work_push2(&o->work, tail(*child).bits, head(*child).bits);
        else
            work_push(&o->work, child->bits);
    }
}

/* Merge sort of pairs by key. */
static void sort_pairs(term *pairs, term *spare, size_t n)
{
    if (n < 2) return;
    size_t half = n / 2, i = 0, j = half, out = 0;
    sort_pairs(pairs, spare, half);
    sort_pairs(pairs + 2 * half, spare, n - half);
    memcpy(spare, pairs, 2 * n * sizeof *pairs);
    while (i < half || j < n) {
        bool left = j == n || (i < half && term_compare_exact(spare[2 * i], spare[2 * j]) < 0);
        size_t from = left ? i++ : j++;
        pairs[2 * out] = spare[2 * from];
        pairs[2 * out++ + 1] = spare[2 * from + 1];
    }
    effort((int64_t)n * 4);
}

static void push_sorted(struct output *o, term map)
{
    size_t n = map_size(map), i = 0;
    term *pairs = arena_must(arena_malloc(4 * n * sizeof *pairs));
    struct map_iterator it;
    map_iterator_start(&it, map);
    while (map_iterator_next(&it)) {
        pairs[i++] = it.key, pairs[i++] = it.value;
        effort(4);
    }
    if (o->to) sort_pairs(pairs, pairs + 2 * n, n);
    work_need(&o->work, 2 * n);
    while (i--) work_push(&o->work, pairs[i].bits);
    arena_free(pairs);
}

static void put_map(struct output *o, term t)
{
    const term *words = boxed_words(t);
    if (map_form(*words) == MAP_HASH_NODE) {
        push_tree(o, words);
        return;
    }
    put8(o, TAG_MAP);
    put_count(o, map_size(t));
    if (map_form(*words) == MAP_FLAT) {
        for (size_t i = map_size(t); i--;)
            work_push2(&o->work, words[3 + i].bits, flat_map_key_array(t)[i].bits);
    } else if (o->options->deterministic) {
        push_sorted(o, t);
    } else {
        push_tree(o, words);
    }
}

/* Names and values in the order of the source. */
static void put_record(struct output *o, term t)
{
    const term *definition = record_definition(t), *values = record_values(t);
    size_t n = record_fields(t);
    put8(o, TAG_RECORD);
    put_count(o, n);
    put8(o, record_is_exported(definition));
    put_atom(o, definition[RECORD_MODULE]);
    put_atom(o, definition[RECORD_NAME]);
    for (size_t i = 0; i < n; i++) put_atom(o, record_key(definition, i));
    work_need(&o->work, n);
    while (n-- > 0) work_push(&o->work, values[record_place(definition, n)].bits);
}

static void put_fun_number(struct output *o, int64_t v)
{
    put_small(o, v);
    if (o->options->as_stock_counts && v >= 0 && v < 256) o->bytes += 3;
}

static void put_local_fun(struct output *o, term t)
{
    const struct fun_identity *f = fun_identity(t);
    size_t n = fun_free_count(t);
    put8(o, TAG_NEW_FUN);
    work_push3(&o->work, o->bytes, (uintptr_t)o->to, MARK_FUN_END);
    put32(o, 0); /* its size, by MARK_FUN_END */
    put8(o, (uint8_t)f->arity);
    put_bytes(o, f->uniq, sizeof f->uniq);
    put32(o, f->index);
    put32(o, (uint32_t)n);
    put_atom(o, f->module);
    put_fun_number(o, f->old_index);
    put_fun_number(o, f->old_uniq);
    put_pid(o, fun_creator(t));
    push_array(o, fun_free(t), n);
}

static void put_export(struct output *o, term t)
{
    const struct function_name *f = fun_name(t);
    put8(o, TAG_EXPORT);
    put_atom(o, f->module);
    put_atom(o, f->function);
    put_small(o, f->arity);
}

/* --- the walk ------------------------------------------------------------------------------------ */

static void put_boxed(struct output *o, term t)
{
    switch (boxed_kind(t)) {
    case KIND_TUPLE: put_tuple(o, t); break;
    case KIND_BIG_POSITIVE:
    case KIND_BIG_NEGATIVE: put_big(o, t); break;
    case KIND_REF:
    case KIND_EXTERNAL_REF: put_ref(o, t); break;
    case KIND_FUN: put_local_fun(o, t); break;
    case KIND_FLOAT: put_float(o, float_value(t)); break;
    case KIND_EXPORT: put_export(o, t); break;
    case KIND_REFC_BINARY:
    case KIND_HEAP_BINARY:
    case KIND_SUB_BINARY: put_bitstring(o, t); break;
    case KIND_EXTERNAL_PID: put_pid(o, t); break;
    case KIND_EXTERNAL_PORT: put_port(o, t); break;
    case KIND_MAP: put_map(o, t); break;
    case KIND_RECORD: put_record(o, t); break;
    case KIND_MATCH: break;
    }
}

static void put_immediate(struct output *o, term t)
{
    if (is_small(t))
        put_small(o, small_value(t));
    else if (is_atom(t))
        put_atom(o, t);
    else if (is_nil(t))
        put8(o, TAG_NIL_LIST);
    else if (is_local_pid(t))
        put_pid(o, t);
    else
        put_port(o, t);
}

/* Replaces a mark by what it asks for next; false: nothing now. */
static bool next_of_mark(struct output *o, uint64_t mark, term *t)
{
    uint64_t below = work_pop(&o->work);
    switch (mark & MARK_MASK) {
    case MARK_ARRAY: {
        const term *p = (const term *)(uintptr_t)below;
        push_array(o, p + 1, (mark >> MARK_SHIFT) - 1);
        *t = *p;
        return true;
    }
    case MARK_CELLS: {
        term cell = term_of(below);
        work_push(&o->work, tail(cell).bits);
        if (is_cons(tail(cell))) work_push(&o->work, MARK_CELLS);
        *t = head(cell);
        return true;
    }
    default: {
        uint8_t *start = (uint8_t *)(uintptr_t)below;
        size_t bytes_before = work_pop(&o->work);
        if (start) store_u32(start, (uint32_t)(o->bytes - bytes_before));
        return false;
    }
    }
}

static void walk(struct output *o, term t)
{
    work_start(&o->work);
    work_push(&o->work, t.bits);
    while (!work_is_empty(&o->work) && effort(2)) {
        t = term_of(work_pop(&o->work));
        if (is_header(t) && !next_of_mark(o, t.bits, &t)) continue;
        if (is_cons(t))
            put_list(o, t);
        else if (is_boxed(t))
            put_boxed(o, t);
        else
            put_immediate(o, t);
    }
    work_end(&o->work);
}

static size_t size_on(term t, const struct etf_options *options, struct node *node)
{
    struct output o = {.options = options, .node = node};
    walk(&o, t);
    return o.too_large ? SIZE_MAX : o.bytes;
}

size_t etf_size(term t, const struct etf_options *options)
{
    return size_on(t, options, node_this);
}

static uint8_t *encode_on(uint8_t *to, term t, const struct etf_options *options, struct node *node)
{
    struct output o = {.to = to, .options = options, .node = node};
    walk(&o, t);
    return o.to;
}

uint8_t *etf_encode(uint8_t *to, term t, const struct etf_options *options)
{
    return encode_on(to, t, options, node_this);
}

/* Cuts our own bytes where the shared ones belong. */
static term join_pieces(struct heap *h, term own, struct work *shared)
{
    term list = NIL;
    size_t end = binary_size(own);
    while (!work_is_empty(shared) && effort(2)) {
        term t = term_of(work_pop(shared));
        size_t at = work_pop(shared), bits = binary_bit_size(t);
        if (at < end) list = make_cons(h, binary_part(h, own, at * 8, (end - at) * 8), list);
        if (bits % 8) t = binary_part(h, t, 0, bits / 8 * 8);
        list = make_cons(h, t, list);
        end = at;
    }
    if (end < binary_size(own)) own = binary_part(h, own, 0, end * 8);
    return make_cons(h, own, list);
}

enum etf_result etf_encode_pieces(struct heap *h, term t, const struct etf_options *options,
                                  term *out)
{
    struct work shared;
    struct output o = {.options = options, .node = node_this, .shared = &shared, .bytes = 1};
    work_start(&shared);
    walk(&o, t);
    enum etf_result result = ETF_TOO_LARGE;
    if (!o.too_large) {
        o.to = binary_new(h, o.bytes - o.shared_bytes, out);
        result = o.to ? ETF_OK : ETF_NO_MEMORY;
    }
    if (result == ETF_OK) {
        *o.to++ = ETF_VERSION;
        o.bytes = 1, o.shared_bytes = 0;
        walk(&o, t);
        *out = join_pieces(h, *out, &shared);
    }
    work_end(&shared);
    return result;
}

/* Both walks take this node to be called the same, whatever happens in a pause. */
uint64_t etf_local_check(const uint8_t *bytes, size_t n)
{
    static uint64_t key; /* anything that others do not have */
    if (!key) plat_random(&key, sizeof key);
    return hash_fast(bytes, n) ^ key;
}

static enum etf_result encode_local(struct heap *h, term t, const struct etf_options *options,
                                    term *out)
{
    struct node nameless = {.name = ATOM(nonode_at_nohost)};
    size_t n = size_on(t, options, &nameless);
    if (n == SIZE_MAX) return ETF_TOO_LARGE;
    uint8_t *to = binary_new(h, n + ETF_LOCAL_HEAD, out);
    if (!to) return ETF_NO_MEMORY;
    encode_on(to + ETF_LOCAL_HEAD, t, options, &nameless);
    to[0] = ETF_VERSION, to[1] = TAG_LOCAL;
    store_u64(to + 2, etf_local_check(to + ETF_LOCAL_HEAD, n));
    return ETF_OK;
}

enum etf_result etf_encode_versioned(struct heap *h, term t, const struct etf_options *options,
                                     int level, term *out)
{
    if (options->local) return encode_local(h, t, options, out);
    struct node *node = node_this;
    size_t n = size_on(t, options, node);
    if (n == SIZE_MAX) return ETF_TOO_LARGE;
    if (level == 0 || n <= 5) {
        uint8_t *to = binary_new(h, n + 1, out);
        if (!to) return ETF_NO_MEMORY;
        *to = ETF_VERSION;
        encode_on(to + 1, t, options, node);
        return ETF_OK;
    }
    uint8_t *plain = arena_malloc(2 * n + 2), *packed = plain + n + 1;
    if (!plain) return ETF_NO_MEMORY;
    plain[0] = ETF_VERSION;
    encode_on(plain + 1, t, options, node);
    size_t size = etf_deflate(packed + 6, n - 5, plain + 1, n, level);
    if (size) {
        packed[0] = ETF_VERSION, packed[1] = TAG_COMPRESSED;
        store_u32(packed + 2, (uint32_t)n);
        *out = binary_make(h, packed, size + 6);
    } else {
        *out = binary_make(h, plain, n + 1);
    }
    arena_free(plain);
    return is_value(*out) ? ETF_OK : ETF_NO_MEMORY;
}
