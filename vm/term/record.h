/* SPDX-License-Identifier: Apache-2.0 */
/* record.h -- looking into native records (OTP 29).  Making them: heap/records.h.
 *
 *   record:      header(1 + fields), definition, values
 *   definition:  a tuple {Order, Hash, Module, Name, Exported, Keys...} that no user sees
 *
 * A definition belongs to the code of its module, or lies on the heap when nobody's code has it (it came
 * from outside, or from records:create/4).  Records with equal definitions are of one type, so a
 * definition is compared like any tuple.
 *
 * Always true: keys are different atoms in term order, and values in the order of the keys.  Order is a
 * tuple: the i-th is the place of the i-th field of the source; [] when there are no fields.  Hash is
 * that of the tuple {Module, Name, Exported, Keys in the order of the source...}.
 */
#ifndef VM_RECORD_H
#define VM_RECORD_H

#include "term/atom.h"

/* Words of a definition, as boxed_words() counts. */
enum { RECORD_ORDER = 1, RECORD_HASH, RECORD_MODULE, RECORD_NAME, RECORD_EXPORTED, RECORD_KEYS };
#define RECORD_DEFINITION_WORDS(fields) (RECORD_KEYS + (fields))
#define RECORD_ORDER_WORDS(fields)      ((fields) ? 1 + (fields) : 0)
#define RECORD_WORDS(fields)            (2 + (fields))

static inline bool is_record(term t) { return is_boxed_kind(t, KIND_RECORD); }
static inline size_t record_fields(term record) { return header_arity(*boxed_words(record)) - 1; }
static inline term *record_definition(term record) { return boxed_words(boxed_words(record)[1]); }
static inline term *record_values(term record) { return boxed_words(record) + 2; }

static inline uint32_t record_hash(const term *definition)
{
    return (uint32_t)small_value(definition[RECORD_HASH]);
}
static inline bool record_is_exported(const term *definition)
{
    return term_same(definition[RECORD_EXPORTED], ATOM(true));
}
/* Where the value of the i-th field of the source is. */
static inline size_t record_place(const term *definition, size_t i)
{
    return (size_t)small_value(element(definition[RECORD_ORDER], i));
}
/* Its name. */
static inline term record_key(const term *definition, size_t i)
{
    return definition[RECORD_KEYS + record_place(definition, i)];
}
static inline bool record_is(term record, term module, term name)
{
    const term *d = record_definition(record);
    return term_same(d[RECORD_MODULE], module) && term_same(d[RECORD_NAME], name);
}
/* The value of a field, or NO_VALUE. */
static inline term record_get(term record, term key)
{
    const term *keys = record_definition(record) + RECORD_KEYS;
    for (size_t i = 0, n = record_fields(record); i < n; i++)
        if (term_same(keys[i], key)) return record_values(record)[i];
    return NO_VALUE;
}

/* hash.c: the hash of a definition with these n keys in the order of the source. */
uint32_t record_names_hash(term module, term name, bool exported, const term *keys, size_t n);

#endif
