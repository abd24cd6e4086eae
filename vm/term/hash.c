/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c -- phash2 and the internal hash: Bob Jenkins' mixing over the parts of a term.
 *
 * The state is one 32-bit number that is mixed with two others at a time.  What is left of a
 * term waits on a stack; its marks are header words, which no term is.
 */
#include "term/hash.h"
#include "term/bitstring.h"
#include "heap/arena.h"
#include "term/effort.h"
#include "term/fun.h"
#include "term/identity.h"
#include "term/map.h"
#include "term/record.h"
#include "term/work.h"

#define GOLDEN     UINT32_C(0x9e3779b9)
/* Each kind of part is mixed with its own multiple of the golden ratio. */
#define SEED(kind) ((uint32_t)(GOLDEN * (uint32_t)(kind)))
enum seed {
    SEED_NUMBER = 1,
    SEED_NIL = 2,
    SEED_ATOM = 3,
    SEED_STRING = 4,
    SEED_PID = 5,
    SEED_PORT = 6,
    SEED_REF = 7,
    SEED_REF_REST = 8,
    SEED_TUPLE = 9,
    SEED_BIG_NEGATIVE = 10,
    SEED_BIG_POSITIVE = 11,
    SEED_FLOAT = 12,
    SEED_BINARY = 13,
    SEED_EXPORT = 14,
    SEED_BITS = 15,
    SEED_MAP = 16,
    SEED_HEAD = 17,
    SEED_TAIL = 18,
    SEED_PAIRS = 19,
    SEED_FUN = 20,
    SEED_FUN_REST = 21,
    SEED_STRING_REST = 22, /* and the salt of deep levels of maps */
    SEED_RECORD = 23
};

#define MIX(a, b, c)                                                                               \
    do {                                                                                           \
        a -= b, a -= c, a ^= c >> 13;                                                              \
        b -= c, b -= a, b ^= a << 8;                                                               \
        c -= a, c -= b, c ^= b >> 13;                                                              \
        a -= b, a -= c, a ^= c >> 12;                                                              \
        b -= c, b -= a, b ^= a << 16;                                                              \
        c -= a, c -= b, c ^= b >> 5;                                                               \
        a -= b, a -= c, a ^= c >> 3;                                                               \
        b -= c, b -= a, b ^= a << 10;                                                              \
        c -= a, c -= b, c ^= b >> 15;                                                              \
    } while (0)

static inline uint32_t mix(uint32_t hash, uint32_t x, uint32_t y, uint32_t seed)
{
    uint32_t a = seed + x, b = seed + y;
    MIX(a, b, hash);
    return hash;
}

/* --- parts that both hashes treat alike ----------------------------------------------------- */

static uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

enum { PIECE = 12 << 10 }; /* bytes between two calls of effort() */

static uint32_t hash_bytes(const uint8_t *p, size_t n, uint32_t start)
{
    uint32_t a = GOLDEN, b = GOLDEN, c = start;
    size_t left = n;
    while (left >= 12) {
        size_t piece = left < PIECE ? left - left % 12 : PIECE;
        left -= piece;
        for (const uint8_t *end = p + piece; p < end; p += 12) {
            a += load32(p), b += load32(p + 4), c += load32(p + 8);
            MIX(a, b, c);
        }
        effort((int64_t)piece / BYTES_SEEN_PER_STEP);
    }
    uint8_t last[12] = {0};
    memcpy(last, p, left);
    /* The lowest byte of c is the length's. */
    a += load32(last), b += load32(last + 4), c += (uint32_t)n + (load32(last + 8) << 8);
    MIX(a, b, c);
    return c;
}

/* The bytes of a bit string that does not begin on a byte, in a block for arena_free(). */
static uint8_t *aligned_copy(struct bits b)
{
    uint8_t *copy = arena_must(arena_calloc(bits_bytes(b.size) + 1));
    bits_copy(copy, 0, b.base, b.offset, b.size);
    return copy;
}

static uint32_t hash_bitstring(term t, uint32_t hash, size_t size_mask)
{
    struct bits b = term_bits(t);
    hash += SEED(SEED_BINARY);
    if (b.size == 0) return hash;
    size_t bytes = b.size / 8 & size_mask;
    unsigned extra = b.size % 8;
    uint8_t *copy = bits_aligned(b) ? NULL : aligned_copy(b);
    const uint8_t *p = copy ? copy : bits_pointer(b);
    hash = hash_bytes(p, bytes, hash);
    if (extra) hash = mix(hash, extra, p[bytes] >> (8 - extra), SEED(SEED_BITS));
    arena_free(copy);
    return hash;
}

static uint32_t hash_big(term t, uint32_t hash)
{
    uint32_t seed = SEED(big_is_negative(t) ? SEED_BIG_NEGATIVE : SEED_BIG_POSITIVE);
    const uint64_t *limb = big_limb(t);
    for (size_t i = 0, n = big_limbs(t); i < n; i++)
        hash = mix(hash, (uint32_t)limb[i], (uint32_t)(limb[i] >> 32), seed);
    return hash;
}

/* 0.0 and -0.0 are equal, so they hash alike. */
static uint64_t float_bits(term t)
{
    double d = float_value(t);
    uint64_t raw;
    if (d == 0) return 0;
    memcpy(&raw, &d, sizeof raw);
    return raw;
}

static uint32_t atom_hash(term t) { return atom_text(t)->hash; }

static bool is_byte(term t) { return is_small(t) && (uint64_t)small_value(t) < 256; }

static void push_elements(struct work *w, const term *e, size_t n)
{
    work_need(w, n);
    while (n) w->words[w->used++] = e[--n].bits;
}

/* --- phash2 ----------------------------------------------------------------------------------- */

/* Marks on its stack. */
enum { MARK_MAP_END = 1 << 6, MARK_PAIR_END = 2 << 6, MARK_TAIL = 3 << 6 };

static uint32_t phash2_small(int64_t v, uint32_t hash)
{
    if (v < -(1 << 27) || v >= 1 << 27) {
        uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
        return mix(hash, (uint32_t)u, (uint32_t)(u >> 32),
                   SEED(v < 0 ? SEED_BIG_NEGATIVE : SEED_BIG_POSITIVE));
    }
    if (v < 0) hash = mix(hash, (uint32_t)-v, 0, SEED(SEED_NUMBER));
    return mix(hash, (uint32_t)v, 0, SEED(SEED_NUMBER));
}

/* Bytes at the start of a list, four at a time.  What follows: *rest, pushed or left; false: nothing. */
static uint32_t hash_string(uint32_t hash, term *list, bool internal)
{
    uint32_t four = 0;
    unsigned n = 0;
    term t = *list;
    while (is_cons(t) && is_byte(head(t))) {
        four = (four << 8) + (uint32_t)small_value(head(t));
        if (++n == 4) {
            hash = mix(hash, four, 0, SEED(SEED_STRING));
            n = 0, four = 0;
            effort(6);
        }
        t = tail(t);
    }
    if (n && internal) hash = mix(hash, four, n, SEED(SEED_STRING_REST));
    if (n && !internal) hash = mix(hash, four, 0, SEED(SEED_STRING));
    *list = t;
    return hash;
}

static uint32_t phash2_immediate(term t, uint32_t hash)
{
    if (is_small(t)) return phash2_small(small_value(t), hash);
    if (is_atom(t)) return hash ? mix(hash, atom_hash(t), 0, SEED(SEED_ATOM)) : atom_hash(t);
    if (is_nil(t)) return hash ? mix(hash, 2, 0, SEED(SEED_NIL)) : UINT32_C(3468870702);
    if (is_local_pid(t)) return mix(hash, pid_number(t), 0, SEED(SEED_PID));
    return mix(hash, (uint32_t)id_data(t), (uint32_t)(id_data(t) >> 32), SEED(SEED_PORT));
}

/* Of a map, pairs are hashed alone and xored, so that their order does not matter. */
struct phash2 {
    struct work work;
    uint32_t hash, pairs;
};

static void push_pair(struct work *w, term key, term value)
{
    work_push3(w, MARK_PAIR_END, value.bits, key.bits);
}

static void phash2_map(struct phash2 *s, const term *words)
{
    struct work *w = &s->work;
    if (map_form(*words) != MAP_HASH_NODE) {
        s->hash = mix(s->hash, (uint32_t)words[1].bits, 0, SEED(SEED_MAP));
        if (words[1].bits == 0) return;
        work_push3(w, s->pairs, s->hash, MARK_MAP_END);
        s->hash = s->pairs = 0;
    }
    if (map_form(*words) == MAP_FLAT) {
        const term *keys = tuple_elements(words[2]), *values = words + 3;
        for (size_t i = words[1].bits; i--;) push_pair(w, keys[i], values[i]);
        return;
    }
    const term *child = words + (map_form(*words) == MAP_HASH_ROOT ? 2 : 1);
    for (unsigned i = map_node_count(*words); i--; child++) {
        if (is_cons(*child))
            push_pair(w, head(*child), tail(*child));
        else
            work_push(w, child->bits);
    }
}

static void phash2_fun(struct phash2 *s, term t)
{
    const struct fun_identity *f = fun_identity(t);
    size_t n = fun_free_count(t);
    s->hash = mix(s->hash, (uint32_t)n, atom_hash(f->module), SEED(SEED_NUMBER));
    s->hash = mix(s->hash, f->index, f->old_uniq, SEED(SEED_NUMBER));
    push_elements(&s->work, fun_free(t), n);
}

/* Values in the order of the definition, whose own hash stands in it. */
static uint32_t hash_record(struct work *w, term t, uint32_t hash)
{
    const term *definition = record_definition(t), *values = record_values(t);
    size_t n = record_fields(t);
    work_need(w, n);
    for (size_t i = n; i-- > 0;) w->words[w->used++] = values[record_place(definition, i)].bits;
    return mix(hash, (uint32_t)n, record_hash(definition), SEED(SEED_RECORD));
}

uint32_t record_names_hash(term module, term name, bool exported, const term *keys, size_t n)
{
    uint32_t hash = mix(0, (uint32_t)n + 3, 0, SEED(SEED_TUPLE));
    hash = phash2_immediate(module, hash);
    hash = phash2_immediate(name, hash);
    hash = phash2_immediate(exported ? ATOM(true) : ATOM(false), hash);
    for (size_t i = 0; i < n; i++) hash = phash2_immediate(keys[i], hash);
    return hash;
}

static void phash2_boxed(struct phash2 *s, term t)
{
    const term *words = boxed_words(t);
    uint32_t hash = s->hash;
    switch (header_kind(*words)) {
    case KIND_TUPLE:
        s->hash = mix(hash, (uint32_t)header_arity(*words), 0, SEED(SEED_TUPLE));
        push_elements(&s->work, words + 1, header_arity(*words));
        return;
    case KIND_RECORD: s->hash = hash_record(&s->work, t, hash); return;
    case KIND_MAP: phash2_map(s, words); return;
    case KIND_FUN: phash2_fun(s, t); return;
    case KIND_EXPORT:
        hash = mix(hash, fun_name(t)->arity, atom_hash(fun_name(t)->module), SEED(SEED_NUMBER));
        s->hash = mix(hash, atom_hash(fun_name(t)->function), 0, SEED(SEED_EXPORT));
        return;
    case KIND_BIG_POSITIVE:
    case KIND_BIG_NEGATIVE: s->hash = hash_big(t, hash); return;
    case KIND_REF:
    case KIND_EXTERNAL_REF: s->hash = mix(hash, ref_number(t, 0), 0, SEED(SEED_REF)); return;
    case KIND_EXTERNAL_PID: s->hash = mix(hash, pid_number(t), 0, SEED(SEED_PID)); return;
    case KIND_EXTERNAL_PORT:
        s->hash = mix(hash, (uint32_t)external_data(t), (uint32_t)(external_data(t) >> 32),
                      SEED(SEED_PORT));
        return;
    case KIND_FLOAT: {
        uint64_t raw = float_bits(t);
        s->hash = mix(hash, (uint32_t)(raw >> 32), (uint32_t)raw, SEED(SEED_FLOAT));
        return;
    }
    default: s->hash = hash_bitstring(t, hash, UINT32_MAX); return;
    }
}

uint32_t term_phash2(term t)
{
    if (is_immediate(t)) return phash2_immediate(t, 0);
    struct phash2 s;
    s.hash = s.pairs = 0;
    work_start(&s.work);
    work_push(&s.work, t.bits);
    while (!work_is_empty(&s.work) && effort(4)) {
        t = term_of(work_pop(&s.work));
again:
        switch (t.bits & TAG_MASK) {
        case TAG_CONS:
            s.hash = hash_string(s.hash, &t, false);
            if (!is_cons(t)) goto again;
            work_push2(&s.work, tail(t).bits, head(t).bits);
            break;
        case TAG_BOXED: phash2_boxed(&s, t); break;
        case TAG_IMMEDIATE: s.hash = phash2_immediate(t, s.hash); break;
        default:
            if (t.bits == MARK_PAIR_END) {
                s.pairs ^= s.hash;
                s.hash = 0;
            } else {
                s.hash = mix((uint32_t)work_pop(&s.work), s.pairs, 0, SEED(SEED_PAIRS));
                s.pairs = (uint32_t)work_pop(&s.work);
            }
        }
    }
    work_end(&s.work);
    return s.hash;
}

/* --- the internal hash ---------------------------------------------------------------------------- */

static uint32_t rotate_in(uint32_t hash, uint32_t seed)
{
    hash ^= seed;
    return hash << 17 ^ hash >> 15;
}

static uint32_t mix_word(uint32_t hash, uint64_t word, uint32_t seed)
{
    return mix(hash, (uint32_t)word, (uint32_t)(word >> 32), seed);
}

static uint32_t internal_map(struct work *w, const term *words, uint32_t hash)
{
    if (map_form(*words) != MAP_HASH_NODE)
        hash = mix(hash, (uint32_t)words[1].bits, 0, SEED(SEED_MAP));
    if (map_form(*words) == MAP_FLAT) {
        for (size_t i = words[1].bits; i--;)
            work_push2(w, words[3 + i].bits, tuple_elements(words[2])[i].bits);
        return hash;
    }
    const term *child = words + (map_form(*words) == MAP_HASH_ROOT ? 2 : 1);
    for (unsigned i = map_node_count(*words); i--; child++) {
        if (is_cons(*child))
            work_push2(w, tail(*child).bits, head(*child).bits);
        else
            work_push(w, child->bits);
    }
    return hash;
}

static uint32_t internal_ref(term t, uint32_t hash)
{
    if (is_external_ref(t)) hash = mix_word(hash, (uintptr_t)external_node(t), SEED(SEED_REF));
    uint32_t n[REF_NUMBERS_MAX] = {0};
    for (size_t i = 0; i < ref_number_count(t); i++) n[i] = ref_number(t, i);
    hash = mix(hash, n[0], 0, SEED(SEED_REF));
    hash = mix(hash, n[1], n[2], SEED(SEED_REF_REST));
    if (n[3] | n[4]) hash = mix(hash, n[3], n[4], SEED(SEED_REF_REST));
    return hash;
}

static uint32_t internal_boxed(struct work *w, term t, uint32_t hash)
{
    const term *words = boxed_words(t);
    switch (header_kind(*words)) {
    case KIND_TUPLE:
        push_elements(w, words + 1, header_arity(*words));
        return mix(hash, (uint32_t)header_arity(*words), 0, SEED(SEED_TUPLE));
    case KIND_RECORD: return hash_record(w, t, hash);
    case KIND_MAP: return internal_map(w, words, hash);
    case KIND_FUN: {
        const struct fun_identity *f = fun_identity(t);
        push_elements(w, fun_free(t), fun_free_count(t));
        hash = mix(hash, (uint32_t)fun_free_count(t), (uint32_t)f->module.bits, SEED(SEED_FUN));
        return mix(hash, f->index, f->old_uniq, SEED(SEED_FUN_REST));
    }
    case KIND_EXPORT: return mix_word(hash, (uintptr_t)fun_export(t), SEED(SEED_EXPORT));
    case KIND_BIG_POSITIVE:
    case KIND_BIG_NEGATIVE: return hash_big(t, hash);
    case KIND_REF:
    case KIND_EXTERNAL_REF: return internal_ref(t, hash);
    case KIND_EXTERNAL_PID:
        hash = mix_word(hash, (uintptr_t)external_node(t), SEED(SEED_PID));
        return mix(hash, pid_number(t), pid_serial(t), SEED(SEED_PID));
    case KIND_EXTERNAL_PORT:
        hash = mix_word(hash, (uintptr_t)external_node(t), SEED(SEED_PORT));
        return mix_word(hash, external_data(t), SEED(SEED_PORT));
    case KIND_FLOAT: return mix_word(hash, float_bits(t), SEED(SEED_FLOAT));
    default: return hash_bitstring(t, hash, SIZE_MAX);
    }
}

/* So that a term has not the same hash as in phash2, which others use to spread terms over tables. */
#define INTERNAL_SALT UINT32_C(3432918353)

uint32_t term_internal_hash(term t, uint32_t salt)
{
    uint32_t hash = salt ^ INTERNAL_SALT;
    if (is_immediate(t)) return mix_word(hash, t.bits, SEED(SEED_NUMBER));
    struct work w;
    work_start(&w);
    work_push(&w, t.bits);
    while (!work_is_empty(&w)) {
        t = term_of(work_pop(&w));
again:
        switch (t.bits & TAG_MASK) {
        case TAG_CONS:
            hash = hash_string(hash, &t, true);
            if (!is_cons(t)) goto again;
            hash = rotate_in(hash, SEED(SEED_HEAD));
            work_push(&w, tail(t).bits);
            if (!is_cons(tail(t))) work_push(&w, MARK_TAIL);
            t = head(t);
            goto again;
        case TAG_BOXED: hash = internal_boxed(&w, t, hash); break;
        case TAG_IMMEDIATE: hash = mix_word(hash, t.bits, SEED(SEED_NUMBER)); break;
        default: hash = rotate_in(hash, SEED(SEED_TAIL));
        }
    }
    work_end(&w);
    return hash;
}

uint32_t map_hash_at(term key, unsigned level_over_8)
{
    uint32_t salt = level_over_8 ? mix(0, level_over_8, 1, SEED(SEED_STRING_REST)) : 0;
    return term_internal_hash(key, salt);
}
