/* SPDX-License-Identifier: Apache-2.0 */
/* records.c -- making native records: definitions, and values from pairs in order.
 *
 * Pairs and keys are both in term order, so a record is made in one walk over both.  A pair that fits no
 * key stops the walk over the pairs: it is the one that is reported, as in stock.
 */
#include "heap/records.h"

/* --- definitions --------------------------------------------------------------------------- */

static bool before(const term *keys, term a, term b)
{
    return atom_compare(keys[small_value(a)], keys[small_value(b)]) < 0;
}

/* Lets place[at] sink in the heap of n places, whose largest is on top. */
static void sink(term *place, size_t at, size_t n, const term *keys)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(keys, place[child], place[child + 1])) child++;
        if (!before(keys, place[at], place[child])) return;
        term t = place[at];
        place[at] = place[child], place[child] = t;
    }
}

/* place[i] = the number of the key that is the i-th in order.  Needs no memory. */
static void sort_keys(term *place, const term *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) place[i] = small((int64_t)i);
    for (size_t i = n / 2; i-- > 0;) sink(place, i, n, keys);
    for (size_t left = n; left-- > 1;) {
        term t = place[0];
        place[0] = place[left], place[left] = t;
        sink(place, 0, left, keys);
    }
}

term record_define(struct heap *h, term module, term name, bool exported, const term *keys,
                   size_t n)
{
    term *order = heap_alloc(h, RECORD_ORDER_WORDS(n) + RECORD_DEFINITION_WORDS(n));
    term *d = order + RECORD_ORDER_WORDS(n);
    if (n) *order = header(n, KIND_TUPLE);
    d[0] = header(RECORD_DEFINITION_WORDS(n) - 1, KIND_TUPLE);
    d[RECORD_ORDER] = n ? boxed_term(order) : NIL;
    d[RECORD_HASH] = small(record_names_hash(module, name, exported, keys, n));
    d[RECORD_MODULE] = module, d[RECORD_NAME] = name;
    d[RECORD_EXPORTED] = exported ? ATOM(true) : ATOM(false);
    term *sorted = d + RECORD_KEYS;
    sort_keys(sorted, keys, n);
    for (size_t i = 0; i < n; i++) {
        size_t from = (size_t)small_value(sorted[i]);
        order[1 + from] = small((int64_t)i);
        sorted[i] = keys[from];
    }
    for (size_t i = 1; i < n; i++)
        if (term_same(sorted[i - 1], sorted[i])) return NO_VALUE;
    return boxed_term(d);
}

term record_make(struct heap *h, term definition)
{
    size_t n = tuple_size(definition) + 1 - RECORD_KEYS;
    term *r = heap_alloc(h, RECORD_WORDS(n));
    r[0] = header(1 + n, KIND_RECORD);
    r[1] = definition;
    return boxed_term(r);
}

/* --- values --------------------------------------------------------------------------------- */

term record_create(struct heap *h, term definition, term defaults, const term *pairs, size_t n,
                   enum record_fault *why, term *field)
{
    term r = record_make(h, definition), *to = record_values(r);
    const term *keys = boxed_words(definition) + RECORD_KEYS, *end = pairs + 2 * n;
    *why = RECORD_FINE;
    for (size_t i = 0, fields = record_fields(r); i < fields; i++) {
        term value = element(defaults, i);
        if (pairs < end && term_same(pairs[0], keys[i])) {
            value = pairs[1];
            pairs += 2;
        } else if (is_catch(value)) {
            if (*why == RECORD_FINE) *field = keys[i];
            *why = RECORD_NO_VALUE;
            value = NIL;
        }
        to[i] = value;
    }
    if (pairs < end) *why = RECORD_BAD_FIELD, *field = pairs[0];
    return *why == RECORD_FINE ? r : NO_VALUE;
}

term record_update(struct heap *h, term record, const term *pairs, size_t n, term *field)
{
    if (n == 0) return record;
    term r = record_make(h, boxed_words(record)[1]), *to = record_values(r);
    const term *keys = record_definition(record) + RECORD_KEYS, *end = pairs + 2 * n;
    for (size_t i = 0, fields = record_fields(record); i < fields; i++) {
        to[i] = record_values(record)[i];
        if (pairs < end && term_same(pairs[0], keys[i])) {
            to[i] = pairs[1];
            pairs += 2;
        }
    }
    if (pairs == end) return r;
    *field = pairs[0];
    return NO_VALUE;
}
