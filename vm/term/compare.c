/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c -- the order of terms.
 *
 * One comparison is a pair (a, b) and a stack of what is left to do when that pair turns out
 * equal.  descend() either answers or puts a smaller pair in its place; resume() takes the next
 * piece of work from the stack.  A difference runs through the whole stack, because a
 * tree of a map wants to know it: there the smallest key that differs decides, and keys are
 * not met in order.
 */
#include <math.h>

#include "term/compare.h"
#include "heap/arena.h"
#include "term/bitstring.h"
#include "term/fun.h"
#include "term/identity.h"
#include "term/map.h"
#include "term/record.h"
#include "term/work.h"
#include "term/release.h"

enum { NEXT = 2 }; /* no answer yet: compare c->a with c->b */

/* Work on the stack: the last word of each has one of these in its low bits. */
enum {
    WORK_RECORD = 0,
    WORK_TAILS = 1,
    WORK_ARRAY = 2,
    WORK_MAP = 3,
    WORK_MASK = 3,
    WORK_EXACT = 4,
    WORK_SHIFT = 3
};

struct comparison {
    term a, b;
    bool exact;
    bool only_equal; /* the sign does not matter: stop at the first difference */
    struct map_walk *walk;
    struct work work;
};

/* --- trees of maps ---------------------------------------------------------------------------
 * Both trees are walked in step while their keys are the same; then the smallest key whose
 * values differ decides.  At the first different key only keys matter from there on: the
 * smallest that one map has and the other has not decides, for its owner is the smaller map. */

enum map_question {
    SAME_KEYS,          /* are the two current keys the same? */
    SMALLER_THAN_LEAST, /* is the current key (with different values?) before `least`? */
    SAME_VALUES,
    SAME_LATER_KEYS,
    LEAST_OF_A, /* is the key that only one map has before `least`? */
    LEAST_OF_B
};
struct map_walk {
    struct map_walk *outer;
    struct map_iterator a, b;
    bool a_more, b_more, was_exact;
    enum map_question question;
    term least; /* the key that decides so far */
    int result; /* 0: none has */
};

static int sign(int64_t d) { return d < 0 ? -1 : d > 0; }
static int order_u64(uint64_t a, uint64_t b) { return a < b ? -1 : a > b; }
static int order_double(double a, double b) { return a < b ? -1 : a > b; }

/* --- numbers ----------------------------------------------------------------------------------- */

static int compare_bigs(term a, term b)
{
    bool negative = big_is_negative(a);
    if (negative != big_is_negative(b)) return negative ? -1 : 1;
    size_t n = big_limbs(a), m = big_limbs(b);
    int r = order_u64(n, m);
    while (r == 0 && n--) r = order_u64(big_limb(a)[n], big_limb(b)[n]);
    return negative ? -r : r;
}

static int compare_small_float(int64_t i, double f)
{
    if (f >= 0x1p62) return -1;
    if (f <= -0x1p62) return 1;
    int64_t whole = (int64_t)f;
    if (i != whole) return i < whole ? -1 : 1;
    return order_double(0.0, f - (double)whole);
}

/* The magnitude of a big against a positive double. */
static int compare_limbs_double(const uint64_t *limb, size_t n, double f)
{
    uint64_t raw;
    memcpy(&raw, &f, sizeof raw);
    raw &= ~(UINT64_C(1) << 63);            /* of -0.0 */
    int exponent = (int)(raw >> 52) - 1022; /* f is in [2^(exponent-1), 2^exponent) */
    size_t length = n * 64 - (size_t)__builtin_clzll(limb[n - 1]);
    if (exponent <= 0 || length != (size_t)exponent)
        return length > (size_t)(exponent < 0 ? 0 : exponent) ? 1 : -1;
    uint64_t top_of_f = (raw << 11) | UINT64_C(1) << 63;
    unsigned shift = (unsigned)__builtin_clzll(limb[n - 1]);
    uint64_t top = limb[n - 1] << shift, rest = 0;
    if (n > 1) {
        if (shift) top |= limb[n - 2] >> (64 - shift);
        rest = limb[n - 2] << shift;
        for (size_t i = 0; i + 2 < n; i++) rest |= limb[i];
    }
    if (top != top_of_f) return order_u64(top, top_of_f);
    return rest != 0;
}

int compare_integer_float(term integer, double f)
{
    if (is_small(integer)) return compare_small_float(small_value(integer), f);
    bool negative = big_is_negative(integer);
    if (negative != (f < 0)) return negative ? -1 : 1;
    int r = compare_limbs_double(big_limb(integer), big_limbs(integer), negative ? -f : f);
    return negative ? -r : r;
}

static int compare_numbers(term a, term b, bool exact)
{
    bool af = is_float(a), bf = is_float(b);
    if (af && bf) {
        int r = order_double(float_value(a), float_value(b));
        if (r || !exact || otp_release < 27) return r;
        return (int)signbit(float_value(b)) - (int)signbit(float_value(a)); /* -0.0 is first */
    }
    if (exact && af != bf) return af ? 1 : -1;
    if (af) return -compare_integer_float(b, float_value(a));
    if (bf) return compare_integer_float(a, float_value(b));
    if (is_small(a))
        return is_small(b) ? sign(small_value(a) - small_value(b)) : big_is_negative(b) ? 1 : -1;
    if (is_small(b)) return big_is_negative(a) ? -1 : 1;
    return compare_bigs(a, b);
}

/* --- identities --------------------------------------------------------------------------------- */

static int compare_refs(term a, term b)
{
    int r = node_compare(node_of(a), node_of(b));
    if (r) return r;
    size_t n = ref_number_count(a), m = ref_number_count(b);
    for (size_t i = n > m ? n : m; r == 0 && i--;)
        r = order_u64(i < n ? ref_number(a, i) : 0, i < m ? ref_number(b, i) : 0);
    return r;
}

static int compare_ports(term a, term b)
{
    int r = node_compare(node_of(a), node_of(b));
    return r ? r : order_u64(port_number(a), port_number(b));
}

static int compare_pids(term a, term b)
{
    int r = order_u64(pid_serial(a), pid_serial(b));
    if (r == 0) r = order_u64(pid_number(a), pid_number(b));
    return r ? r : node_compare(node_of(a), node_of(b));
}

static int compare_exports(term a, term b)
{
    const struct function_name *x = fun_name(a), *y = fun_name(b);
    int r = atom_compare(x->module, y->module);
    if (r == 0) r = atom_compare(x->function, y->function);
    return r ? r : order_u64(x->arity, y->arity);
}

/* Without the free variables. */
static int compare_local_funs(term a, term b)
{
    const struct fun_identity *x = fun_identity(a), *y = fun_identity(b);
    int r = atom_compare(x->module, y->module);
    if (r == 0) r = sign((int64_t)x->index - (int64_t)y->index);
    if (r == 0) r = sign((int64_t)x->old_uniq - (int64_t)y->old_uniq);
    return r ? r : order_u64(fun_free_count(a), fun_free_count(b));
}

/* --- kinds --------------------------------------------------------------------------------------- */

enum rank {
    RANK_NUMBER,
    RANK_ATOM,
    RANK_REF,
    RANK_FUN,
    RANK_PORT,
    RANK_PID,
    RANK_TUPLE,
    RANK_RECORD,
    RANK_MAP,
    RANK_NIL,
    RANK_LIST,
    RANK_BITS
};

static enum rank rank_of(term t)
{
    static const uint8_t boxed[16] = {
        [KIND_TUPLE] = RANK_TUPLE,
        [KIND_BIG_POSITIVE] = RANK_NUMBER,
        [KIND_BIG_NEGATIVE] = RANK_NUMBER,
        [KIND_REF] = RANK_REF,
        [KIND_FUN] = RANK_FUN,
        [KIND_FLOAT] = RANK_NUMBER,
        [KIND_EXPORT] = RANK_FUN,
        [KIND_REFC_BINARY] = RANK_BITS,
        [KIND_HEAP_BINARY] = RANK_BITS,
        [KIND_SUB_BINARY] = RANK_BITS,
        [KIND_MATCH] = RANK_BITS,
        [KIND_RECORD] = RANK_RECORD,
        [KIND_EXTERNAL_PID] = RANK_PID,
        [KIND_EXTERNAL_PORT] = RANK_PORT,
        [KIND_EXTERNAL_REF] = RANK_REF,
        [KIND_MAP] = RANK_MAP,
    };
    switch (t.bits & TAG_MASK) {
    case TAG_BOXED: return boxed[boxed_kind(t)];
    case TAG_CONS: return RANK_LIST;
    default: break;
    }
    if (is_small(t)) return RANK_NUMBER;
    if (is_atom(t)) return RANK_ATOM;
    if (is_nil(t)) return RANK_NIL;
    return is_local_pid(t) ? RANK_PID : RANK_PORT;
}

/* --- descending --------------------------------------------------------------------------------------- */

static int compare_array(struct comparison *c, const term *a, const term *b, size_t n)
{
    for (; n > 1; a++, b++, n--) {
        if (term_same(*a, *b)) continue;
        if (are_small(*a, *b)) return (int64_t)a->bits < (int64_t)b->bits ? -1 : 1;
        if (is_atom(*a) && is_atom(*b)) return atom_compare(*a, *b);
        work_push3(&c->work, (uintptr_t)(a + 1), (uintptr_t)(b + 1),
                   (n - 1) << WORK_SHIFT | (c->exact ? WORK_EXACT : 0) | WORK_ARRAY);
        break;
    }
    if (n == 0) return 0;
    c->a = *a, c->b = *b;
    return NEXT;
}

static int compare_lists(struct comparison *c)
{
    term a = c->a, b = c->b;
    while (is_cons(a) && is_cons(b)) {
        term x = head(a), y = head(b);
        if (!term_same(x, y)) {
            if (are_small(x, y)) return (int64_t)x.bits < (int64_t)y.bits ? -1 : 1;
            if (is_atom(x) && is_atom(y)) return atom_compare(x, y);
            work_push3(&c->work, tail(a).bits, tail(b).bits,
                       (c->exact ? WORK_EXACT : 0) | WORK_TAILS);
            c->a = x, c->b = y;
            return NEXT;
        }
        a = tail(a), b = tail(b);
        if (term_same(a, b)) return 0;
    }
    c->a = a, c->b = b;
    return NEXT;
}

static int ask(struct comparison *c, term a, term b, bool exact, enum map_question question)
{
    c->walk->question = question;
    work_push(&c->work, WORK_MAP);
    c->a = a, c->b = b, c->exact = exact;
    return NEXT;
}

static int begin_walk(struct comparison *c)
{
    struct map_walk *w = arena_must(arena_malloc(sizeof *w));
    w->outer = c->walk;
    w->was_exact = c->exact;
    w->result = 0;
    c->walk = w;
    map_iterator_start(&w->a, c->a);
    map_iterator_start(&w->b, c->b);
    w->a_more = map_iterator_next(&w->a);
    w->b_more = map_iterator_next(&w->b);
    return ask(c, w->a.key, w->b.key, true, SAME_KEYS);
}

static int compare_maps(struct comparison *c)
{
    size_t n = map_size(c->a), m = map_size(c->b);
    if (n != m) return order_u64(n, m);
    if (n == 0) return 0;
    if (!is_flat_map(c->a)) return begin_walk(c);
    work_push3(&c->work, (uintptr_t)flat_map_values(c->a), (uintptr_t)flat_map_values(c->b),
               n << WORK_SHIFT | (c->exact ? WORK_EXACT : 0) | WORK_ARRAY);
    c->a = flat_map_keys(c->a), c->b = flat_map_keys(c->b);
    c->exact = true;
    return NEXT;
}

/* The values from the i-th of the definition on. */
static int compare_values(struct comparison *c, term a, term b, size_t i)
{
    const term *da = record_definition(a), *db = record_definition(b);
    for (size_t n = record_fields(a); i < n; i++) {
        c->a = record_values(a)[record_place(da, i)];
        c->b = record_values(b)[record_place(db, i)];
        if (term_same(c->a, c->b)) continue;
        if (i + 1 < n)
            work_push3(&c->work, a.bits, b.bits,
                       (i + 1) << WORK_SHIFT | (c->exact ? WORK_EXACT : 0) | WORK_RECORD);
        return NEXT;
    }
    return 0;
}

/* Module, name, exported or not, number of fields, their names, their values. */
static int compare_records(struct comparison *c)
{
    term a = c->a, b = c->b;
    const term *da = record_definition(a), *db = record_definition(b);
    if (da != db) {
        int r = atom_compare(da[RECORD_MODULE], db[RECORD_MODULE]);
        if (r == 0) r = atom_compare(da[RECORD_NAME], db[RECORD_NAME]);
        if (r == 0) r = atom_compare(da[RECORD_EXPORTED], db[RECORD_EXPORTED]);
        if (r == 0) r = order_u64(record_fields(a), record_fields(b));
        for (size_t i = 0; r == 0 && i < record_fields(a); i++)
            r = atom_compare(record_key(da, i), record_key(db, i));
        if (r) return r;
    }
    return compare_values(c, a, b, 0);
}

static int compare_funs(struct comparison *c)
{
    bool a_local = is_local_fun(c->a), b_local = is_local_fun(c->b);
    if (a_local != b_local) return a_local ? -1 : 1;
    if (!a_local) return compare_exports(c->a, c->b);
    int r = compare_local_funs(c->a, c->b);
    return r ? r : compare_array(c, fun_free(c->a), fun_free(c->b), fun_free_count(c->a));
}

static int descend(struct comparison *c)
{
    term a = c->a, b = c->b;
    if (term_same(a, b)) return 0;
    enum rank ra = rank_of(a), rb = rank_of(b);
    if (ra != rb) return ra < rb ? -1 : 1;
    switch (ra) {
    case RANK_NUMBER: return compare_numbers(a, b, c->exact);
    case RANK_ATOM: return atom_compare(a, b);
    case RANK_REF: return compare_refs(a, b);
    case RANK_FUN: return compare_funs(c);
    case RANK_PORT: return compare_ports(a, b);
    case RANK_PID: return compare_pids(a, b);
    case RANK_TUPLE:
        if (tuple_size(a) != tuple_size(b)) return order_u64(tuple_size(a), tuple_size(b));
        return compare_array(c, tuple_elements(a), tuple_elements(b), tuple_size(a));
    case RANK_RECORD: return compare_records(c);
    case RANK_MAP: return compare_maps(c);
    case RANK_NIL: return 0;
    case RANK_LIST: return compare_lists(c);
    case RANK_BITS: break;
    }
    struct bits x = term_bits(a), y = term_bits(b);
    return c->only_equal ? !bits_equal(x, y) : bits_compare(x, y);
}

/* --- resuming ------------------------------------------------------------------------------------------- */

static int end_walk(struct comparison *c)
{
    struct map_walk *w = c->walk;
    int r = w->result;
    c->walk = w->outer;
    arena_free(w);
    return r;
}

/* Keys differ somewhere: skip the equal ones, and ask about each that only one map has. */
static int later_keys(struct comparison *c)
{
    struct map_walk *w = c->walk;
    if (w->a_more && w->b_more) return ask(c, w->a.key, w->b.key, true, SAME_LATER_KEYS);
    if (w->a_more) return ask(c, w->a.key, w->least, true, LEAST_OF_A);
    if (w->b_more) return ask(c, w->b.key, w->least, true, LEAST_OF_B);
    return end_walk(c);
}

static int first_different_key(struct comparison *c)
{
    struct map_walk *w = c->walk;
    if (map_key_order(w->a.key, w->b.key) < 0) {
        w->least = w->a.key, w->result = -1;
        w->a_more = map_iterator_next(&w->a);
    } else {
        w->least = w->b.key, w->result = 1;
        w->b_more = map_iterator_next(&w->b);
    }
    return later_keys(c);
}

static int next_pair(struct comparison *c)
{
    struct map_walk *w = c->walk;
    w->a_more = map_iterator_next(&w->a);
    w->b_more = map_iterator_next(&w->b);
    if (!w->a_more) return end_walk(c);
    return ask(c, w->a.key, w->b.key, true, SAME_KEYS);
}

/* The answer to the question that the walk asked is r. */
static int continue_walk(struct comparison *c, int r)
{
    struct map_walk *w = c->walk;
    switch (w->question) {
    case SAME_KEYS:
        if (r) return first_different_key(c);
        if (w->result) return ask(c, w->a.key, w->least, true, SMALLER_THAN_LEAST);
        return ask(c, w->a.value, w->b.value, w->was_exact, SAME_VALUES);
    case SMALLER_THAN_LEAST:
        if (r < 0) return ask(c, w->a.value, w->b.value, w->was_exact, SAME_VALUES);
        return next_pair(c);
    case SAME_VALUES:
        if (r) w->result = r, w->least = w->a.key;
        return next_pair(c);
    case SAME_LATER_KEYS:
        if (r == 0) {
            w->a_more = map_iterator_next(&w->a);
            w->b_more = map_iterator_next(&w->b);
            return later_keys(c);
        }
        if (map_key_order(w->a.key, w->b.key) < 0)
            return ask(c, w->a.key, w->least, true, LEAST_OF_A);
        return ask(c, w->b.key, w->least, true, LEAST_OF_B);
    case LEAST_OF_A:
        if (r < 0) w->least = w->a.key, w->result = -1;
        w->a_more = map_iterator_next(&w->a);
        return later_keys(c);
    case LEAST_OF_B:
        if (r < 0) w->least = w->b.key, w->result = 1;
        w->b_more = map_iterator_next(&w->b);
        return later_keys(c);
    }
    __builtin_unreachable();
}

static int abandon(struct comparison *c, int r)
{
    while (c->walk) end_walk(c);
    return r;
}

/* The last pair gave r: NEXT with another pair, or the answer. */
static int resume(struct comparison *c, int r)
{
    struct work *w = &c->work;
    if (r && c->only_equal) return abandon(c, r);
    while (!work_is_empty(w)) {
        uint64_t what = work_pop(w);
        if ((what & WORK_MASK) == WORK_MAP) {
            r = continue_walk(c, r);
            if (r && r != NEXT && c->only_equal) return abandon(c, r);
            if (r == NEXT) return r;
            continue;
        }
        term b = term_of(work_pop(w)), a = term_of(work_pop(w));
        if (r) continue;
        c->exact = what & WORK_EXACT;
        if ((what & WORK_MASK) == WORK_TAILS) {
            c->a = a, c->b = b;
            return NEXT;
        }
        r = (what & WORK_MASK) == WORK_RECORD
                ? compare_values(c, a, b, what >> WORK_SHIFT)
                : compare_array(c, (const term *)(uintptr_t)a.bits, (const term *)(uintptr_t)b.bits,
                                what >> WORK_SHIFT);
        if (r == NEXT) return r;
        if (r && c->only_equal) return abandon(c, r);
    }
    return r;
}

/* Field by field: clearing the stack inside would cost more than most comparisons. */
static int run(term a, term b, bool exact, bool only_equal)
{
    struct comparison c;
    c.a = a, c.b = b, c.exact = exact, c.only_equal = only_equal;
    c.walk = NULL;
    work_start(&c.work);
    int r;
    do {
        r = descend(&c);
        if (r != NEXT) r = resume(&c, r);
    } while (r == NEXT);
    work_end(&c.work);
    return r;
}

int compare_different(term a, term b, bool exact)
{
    if (is_atom(a) && is_atom(b)) return atom_compare(a, b);
    return run(a, b, exact, false);
}

bool equal_different(term a, term b) { return run(a, b, false, true) == 0; }
