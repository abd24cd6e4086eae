/* SPDX-License-Identifier: Apache-2.0 */
/* records.h -- making native records on a heap.  Looking into them: term/record.h.
 *
 * Nothing is collected; memory runs out as in heap_alloc().  What fails leaves at most garbage.
 */
#ifndef VM_RECORDS_H
#define VM_RECORDS_H

#include "heap/heap.h"
#include "term/record.h"

/* A definition from n keys in the order of the source; NO_VALUE when a key is there twice. */
term record_define(struct heap *h, term module, term name, bool exported, const term *keys,
                   size_t n);
/* A record of this definition (a term); the caller fills in record_values() at once. */
term record_make(struct heap *h, term definition);

/* What is wrong with fields that are given. */
enum record_fault { RECORD_FINE, RECORD_BAD_FIELD, RECORD_NO_VALUE };

/* In the values of a default tuple: the field has none. */
#define RECORD_NO_DEFAULT catch_term(0)

/* A record of `definition`: its n pairs of key and value in term order of the keys, the rest from `defaults`
 * (a tuple in the order of the definition's keys).  NO_VALUE: *why, and the field in *field. */
term record_create(struct heap *h, term definition, term defaults, const term *pairs, size_t n,
                   enum record_fault *why, term *field);
/* `record` with n fields replaced, pairs as before; NO_VALUE: *field is none of its fields. */
term record_update(struct heap *h, term record, const term *pairs, size_t n, term *field);

#endif
