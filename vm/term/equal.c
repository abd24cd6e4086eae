/* SPDX-License-Identifier: Apache-2.0 */
/* equal.c -- =:= of terms that are not the same word.
 *
 * Equal maps have equal form (map.h), so trees are compared like tuples.  The stack holds
 * runs of pairs that are left: two pointers and a count, or, with count 0, two terms.
 */
#include "term/bitstring.h"
#include "term/compare.h"
#include "term/fun.h"
#include "term/identity.h"
#include "term/map.h"
#include "term/work.h"
#include "term/release.h"

static bool same_words(const term *a, const term *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

/* Since OTP 27 0.0 and -0.0 are two terms. */
static bool same_floats(term a, term b)
{
    if (otp_release >= 27) return boxed_words(a)[1].bits == boxed_words(b)[1].bits;
    return float_value(a) == float_value(b);
}

static bool same_refs(term a, term b)
{
    if (is_local_ref(a))
        return is_local_ref(b) && ref_ids(a)[0] == ref_ids(b)[0] && ref_ids(a)[1] == ref_ids(b)[1];
    if (!is_external_ref(b) || external_node(a) != external_node(b)) return false;
    size_t n = ref_number_count(a), m = ref_number_count(b);
    for (size_t i = 0; i < n || i < m; i++)
        if ((i < n ? ref_number(a, i) : 0) != (i < m ? ref_number(b, i) : 0)) return false;
    return true;
}

static bool same_fun_code(term a, term b)
{
    const struct fun_identity *x = fun_identity(a), *y = fun_identity(b);
    return term_same(x->module, y->module) && x->index == y->index && x->old_uniq == y->old_uniq &&
           fun_free_count(a) == fun_free_count(b);
}

/* A run of pairs to compare. */
struct pairs {
    const term *a, *b;
    size_t n;
};

/* Everything about two boxed terms but what *rest gets.  They have different addresses. */
static bool same_outside(term a, term b, struct pairs *rest)
{
    const term *x = boxed_words(a), *y = boxed_words(b);
    rest->n = 0;
    switch (header_kind(*x)) {
    case KIND_TUPLE:
    case KIND_RECORD: /* the definition, then the values */
        *rest = (struct pairs){x + 1, y + 1, header_arity(*x)};
        return term_same(*x, *y);
    case KIND_BIG_POSITIVE:
    case KIND_BIG_NEGATIVE: return term_same(*x, *y) && same_words(x + 1, y + 1, header_arity(*x));
    case KIND_FLOAT: return is_float(b) && same_floats(a, b);
    case KIND_REF:
    case KIND_EXTERNAL_REF: return is_ref(b) && same_refs(a, b);
    case KIND_FUN:
        if (!is_local_fun(b) || !same_fun_code(a, b)) return false;
        *rest = (struct pairs){fun_free(a), fun_free(b), fun_free_count(a)};
        return true;
    case KIND_EXPORT: return is_export_fun(b) && fun_export(a) == fun_export(b);
    case KIND_EXTERNAL_PID:
    case KIND_EXTERNAL_PORT: return term_same(*x, *y) && same_words(x + 1, y + 1, 2);
    case KIND_REFC_BINARY:
    case KIND_HEAP_BINARY:
    case KIND_SUB_BINARY: return is_bitstring(b) && bits_equal(term_bits(a), term_bits(b));
    case KIND_MAP:
        if (!term_same(*x, *y)) return false;
        if (map_form(*x) == MAP_HASH_NODE) {
            *rest = (struct pairs){x + 1, y + 1, map_node_count(*x)};
            return true;
        }
        if (!term_same(x[1], y[1])) return false;
        /* flat: keys and values; root: children */
        *rest = (struct pairs){x + 2, y + 2, map_object_words(x) - 2};
        return true;
    case KIND_MATCH: break;
    }
    return false;
}

bool same_value_different(term a, term b)
{
    struct work w;
    bool same = true;
    work_start(&w);
    for (;;) {
        if (!term_same(a, b)) {
            if (is_cons(a) && is_cons(b)) {
                while (term_same(head(a), head(b)) && is_cons(tail(a)) && is_cons(tail(b)))
                    a = tail(a), b = tail(b);
                work_push3(&w, tail(b).bits, tail(a).bits, 0);
                a = head(a), b = head(b);
                continue;
            }
            struct pairs p;
            if (!is_boxed(a) || !is_boxed(b) || !same_outside(a, b, &p)) {
                same = false;
                break;
            }
            if (p.n) work_push3(&w, (uintptr_t)p.b, (uintptr_t)p.a, p.n);
        }
        /* The next pair from the stack. */
        for (;;) {
            if (work_is_empty(&w)) goto done;
            size_t n = work_pop(&w);
            term x = term_of(work_pop(&w)), y = term_of(work_pop(&w));
            a = x, b = y;
            if (n == 0) break;
            const term *p = (const term *)(uintptr_t)x.bits, *q = (const term *)(uintptr_t)y.bits;
            while (n && term_same(*p, *q)) p++, q++, n--;
            if (n == 0) continue;
            if (n > 1) work_push3(&w, (uintptr_t)(q + 1), (uintptr_t)(p + 1), n - 1);
            a = *p, b = *q;
            break;
        }
    }
done:
    work_end(&w);
    return same;
}
