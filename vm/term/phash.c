/* SPDX-License-Identifier: Apache-2.0 */
/* phash.c -- the hash of erlang:phash/2: every byte of a term goes through
 * hash = hash * prime + byte.  Kept only because its values are promised for ever.
 */
#include "term/bitstring.h"
#include "term/fun.h"
#include "term/hash.h"
#include "term/identity.h"
#include "term/work.h"

/* Primes just above 2^28. */
enum {
    P1 = 268440163,
    P2 = 268439161,
    P3 = 268435459,
    P4 = 268436141,
    P5 = 268438633,
    P6 = 268437017,
    P8 = 268437511,
    P9 = 268439627,
    P10 = 268440479,
    P11 = 268440577,
    P12 = 268440581,
    P13 = 268440593,
    P14 = 268440611
};

/* Marks on the stack: header words, which no term is. */
enum { MARK_LIST_END = 1 << 6, MARK_TUPLE_END = 2 << 6, MARK_TAIL = 3 << 6 };

static uint32_t hash_u32(uint32_t hash, uint32_t x, uint32_t prime)
{
    for (int i = 0; i < 4; i++, x >>= 8) hash = hash * prime + (x & 0xFF);
    return hash;
}

static uint32_t hash_small(uint32_t hash, int64_t v)
{
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    hash = hash_u32(hash, (uint32_t)u, P2);
    if (u >> 32) hash = hash_u32(hash, (uint32_t)(u >> 32), P2);
    return hash * (v < 0 ? P4 : P3);
}

static uint32_t hash_big(uint32_t hash, term t)
{
    size_t n = big_limbs(t);
    for (size_t i = 0; i < n; i++) {
        uint64_t d = big_limb(t)[i];
        hash = hash_u32(hash, (uint32_t)d, P2);
        if (i + 1 < n || d >> 32) hash = hash_u32(hash, (uint32_t)(d >> 32), P2);
    }
    return hash * (big_is_negative(t) ? P4 : P3);
}

static uint32_t hash_bitstring(uint32_t hash, term t)
{
    struct bits b = term_bits(t);
    size_t bytes = b.size / 8;
    unsigned extra = b.size % 8;
    for (size_t i = 0; i < bytes; i++)
        hash = hash * P1 + (uint32_t)bits_get(b.base, b.offset + 8 * i, 8);
    if (extra) {
        uint32_t last = (uint32_t)bits_get(b.base, b.offset + 8 * bytes, extra);
        hash = (hash * P1 + last) * P12 + extra;
    }
    return hash * P4 + (uint32_t)bytes;
}

static uint32_t hash_port(uint32_t hash, uint64_t number)
{
    if (number >> 32) hash = hash_u32(hash, (uint32_t)(number >> 32), P11);
    return hash_u32(hash, (uint32_t)number, P9) * P10;
}

static uint32_t hash_float(uint32_t hash, double d)
{
    uint64_t raw = 0;
    if (d != 0) memcpy(&raw, &d, sizeof raw);
    return hash * P6 + ((uint32_t)raw ^ (uint32_t)(raw >> 32));
}

static uint32_t atom_hash(term t) { return atom_text(t)->hash; }

static uint32_t hash_immediate(uint32_t hash, term t)
{
    if (is_small(t)) return hash_small(hash, small_value(t));
    if (is_atom(t)) return hash * P1 + atom_hash(t);
    if (is_nil(t)) return hash * P3 + 1;
    if (is_local_pid(t)) return hash_u32(hash, pid_number(t), P5) * P6;
    return hash_port(hash, id_data(t));
}

static void push_elements(struct work *w, const term *e, size_t n)
{
    work_need(w, n);
    while (n) w->words[w->used++] = e[--n].bits;
}

static uint32_t hash_local_fun(struct work *w, uint32_t hash, term t)
{
    const struct fun_identity *f = fun_identity(t);
    push_elements(w, fun_free(t), fun_free_count(t));
    hash = hash * P10 + (uint32_t)fun_free_count(t);
    hash = hash * P1 + atom_hash(f->module);
    return (hash * P2 + f->index) * P2 + f->old_uniq;
}

static uint32_t hash_boxed(struct work *w, uint32_t hash, term t)
{
    const term *words = boxed_words(t);
    switch (header_kind(*words)) {
    case KIND_TUPLE:
        work_push2(w, header_arity(*words), MARK_TUPLE_END);
        push_elements(w, words + 1, header_arity(*words));
        return hash;
    case KIND_RECORD: /* stock's own depends on numbers of atoms */
    case KIND_MAP: return hash * P13 + P14 + term_phash2(t);
    case KIND_FUN: return hash_local_fun(w, hash, t);
    case KIND_EXPORT:
        hash = hash * P11 + fun_name(t)->arity;
        hash = hash * P1 + atom_hash(fun_name(t)->module);
        return hash * P1 + atom_hash(fun_name(t)->function);
    case KIND_BIG_POSITIVE:
    case KIND_BIG_NEGATIVE: return hash_big(hash, t);
    case KIND_REF:
    case KIND_EXTERNAL_REF: return hash_u32(hash, ref_number(t, 0), P9) * P10;
    case KIND_EXTERNAL_PID: return hash_u32(hash, pid_number(t), P5) * P6;
    case KIND_EXTERNAL_PORT: return hash_port(hash, external_data(t));
    case KIND_FLOAT: return hash_float(hash, float_value(t));
    default: return hash_bitstring(hash, t);
    }
}

/* A list: its head comes next, then MARK_TAIL looks at the tail. */
static uint32_t hash_list(struct work *w, uint32_t hash, term t)
{
    while (is_cons(t) && is_small(head(t)) && (uint64_t)small_value(head(t)) < 256) {
        hash = hash * P2 + (uint32_t)small_value(head(t));
        t = tail(t);
    }
    if (is_cons(t))
        work_push3(w, tail(t).bits, MARK_TAIL, head(t).bits);
    else
        work_push2(w, MARK_LIST_END, t.bits);
    return hash;
}

uint32_t term_phash(term t)
{
    struct work w;
    uint32_t hash = 0;
    work_start(&w);
    work_push(&w, t.bits);
    while (!work_is_empty(&w)) {
        t = term_of(work_pop(&w));
        switch (t.bits & TAG_MASK) {
        case TAG_CONS: hash = hash_list(&w, hash, t); break;
        case TAG_BOXED: hash = hash_boxed(&w, hash, t); break;
        case TAG_IMMEDIATE: hash = hash_immediate(hash, t); break;
        default:
            if (t.bits == MARK_LIST_END) {
                hash *= P8;
            } else if (t.bits == MARK_TUPLE_END) {
                hash = hash * P9 + (uint32_t)work_pop(&w);
            } else {
                t = term_of(work_pop(&w));
                if (is_cons(t))
                    hash = hash_list(&w, hash, t);
                else
                    work_push2(&w, MARK_LIST_END, t.bits);
            }
        }
    }
    work_end(&w);
    return hash;
}
