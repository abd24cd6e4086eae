/* SPDX-License-Identifier: Apache-2.0 */
/* records.c -- the module records: native records by module, name and fields. */
#include "bif/bif.h"
#include "code/engine_records.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "heap/records.h"
#include "term/compare.h"

static term bad_record(struct process *p, term t)
{
    return raise(p, make_tuple2(&p->heap, ATOM(badrecord), t));
}
static term bad_map(struct process *p, term t)
{
    return raise(p, make_tuple2(&p->heap, ATOM(badmap), t));
}

/* --- making ------------------------------------------------------------------------------------ */

/* #{is_exported => boolean()}; false: the fault is set. */
static bool read_options(struct process *p, term options, bool *exported)
{
    if (!is_map(options)) return bad_map(p, options), false;
    term value = map_get(options, ATOM(is_exported));
    *exported = is_value(value) && term_same(value, ATOM(true));
    if (map_size(options) == 1 && is_value(value) && (*exported || term_same(value, ATOM(false))))
        return true;
    return raise_badarg(p), false;
}

/* The keys and values of [{Key, Value}..]; false: the fault is set. */
static bool read_fields(struct process *p, const term *arg, term *keys, term *values)
{
    for (term l = arg[2]; is_cons(l); l = tail(l)) {
        if (!is_tuple_of(head(l), 2)) return raise_badarg(p), false;
        *keys = element(head(l), 0), *values++ = element(head(l), 1);
        if (!is_atom(*keys)) return raise_field(p, ATOM(badfield), arg[0], arg[1], *keys), false;
        keys++;
    }
    return true;
}

static term create(struct process *p, const term *arg, bool exported, term *keys, size_t n)
{
    term *values = keys + n;
    if (!read_fields(p, arg, keys, values)) return NO_VALUE;
    term definition = record_define(&p->heap, arg[0], arg[1], exported, keys, n);
    if (is_no_value(definition)) return raise_badarg(p);
    definition = record_known(definition);
    term r = record_make(&p->heap, definition);
    for (size_t i = 0; i < n; i++)
        record_values(r)[record_place(boxed_words(definition), i)] = values[i];
    return r;
}

term bif_records_create_4(struct process *p, const term *arg)
{
    bool exported;
    if (!is_atom(arg[0]) || !is_atom(arg[1])) return bad_record(p, arg[1]);
    if (!read_options(p, arg[3], &exported)) return NO_VALUE;
    ptrdiff_t n = is_list(arg[2]) ? list_length(arg[2]) : -1;
    if (n < 0) return raise_badarg(p);
    term *keys = arena_malloc((2 * (size_t)n + 1) * sizeof *keys);
    if (!keys) return raise(p, ATOM(system_limit));
    bump(p, n / 16);
    term r = create(p, arg, exported, keys, (size_t)n);
    arena_free(keys);
    return r;
}

/* --- changing ------------------------------------------------------------------------------------ */

static void sink(term *pairs, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        term *a = pairs + 2 * at, *b = pairs + 2 * child;
        if (child + 1 < n && term_compare_exact(b[0], b[2]) < 0) child++, b += 2;
        if (term_compare_exact(a[0], b[0]) >= 0) return;
        term key = a[0], value = a[1];
        a[0] = b[0], a[1] = b[1], b[0] = key, b[1] = value;
    }
}

/* Pairs of a large map come in any order; those of a small one are in order. */
static void sort_pairs(term *pairs, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) sink(pairs, i, n);
    for (size_t left = n; left-- > 1;) {
        term key = pairs[0], value = pairs[1], *last = pairs + 2 * left;
        pairs[0] = last[0], pairs[1] = last[1], last[0] = key, last[1] = value;
        sink(pairs, 0, left);
    }
}

static term *pairs_of(term map)
{
    size_t n = map_size(map), i = 0;
    term *pairs = arena_malloc(2 * n * sizeof *pairs);
    if (!pairs) return NULL;
    struct map_iterator it;
    map_iterator_start(&it, map);
    while (map_iterator_next(&it)) pairs[i++] = it.key, pairs[i++] = it.value;
    if (!is_flat_map(map)) sort_pairs(pairs, n);
    return pairs;
}

term bif_records_update_4(struct process *p, const term *arg)
{
    term record = arg[0], name = arg[2], map = arg[3];
    if (!is_record(record)) return bad_record(p, record);
    if (!term_same(name, ATOM(underscore)) &&
        (!is_atom(arg[1]) || !is_atom(name) || !record_is(record, arg[1], name)))
        return bad_record(p, name);
    if (!is_map(map)) return bad_map(p, map);
    if (map_size(map) == 0) return record;
    term *pairs = pairs_of(map);
    if (!pairs) return raise(p, ATOM(system_limit));
    bump(p, (int64_t)map_size(map) / 16);
    term r = update_fields(p, record, pairs, map_size(map));
    arena_free(pairs);
    return r;
}

/* --- looking --------------------------------------------------------------------------------------- */

term bif_records_get_2(struct process *p, const term *arg)
{
    if (!is_record(arg[1]) || !is_atom(arg[0])) return raise_badarg(p);
    term value = record_get(arg[1], arg[0]);
    return is_value(value) ? value : raise_badarg(p);
}

term bif_records_get_module_1(struct process *p, const term *arg)
{
    return is_record(arg[0]) ? record_definition(arg[0])[RECORD_MODULE] : raise_badarg(p);
}

term bif_records_get_name_1(struct process *p, const term *arg)
{
    return is_record(arg[0]) ? record_definition(arg[0])[RECORD_NAME] : raise_badarg(p);
}

term bif_records_get_field_names_1(struct process *p, const term *arg)
{
    if (!is_record(arg[0])) return bad_record(p, arg[0]);
    term list = NIL;
    for (size_t i = record_fields(arg[0]); i-- > 0;)
        list = make_cons(&p->heap, record_key(record_definition(arg[0]), i), list);
    return list;
}

term bif_records_is_exported_1(struct process *p, const term *arg)
{
    if (!is_record(arg[0])) return bad_record(p, arg[0]);
    return record_definition(arg[0])[RECORD_EXPORTED];
}

term bif_records_get_definition_2(struct process *p, const term *arg)
{
    if (!is_atom(arg[0]) || !is_atom(arg[1])) return raise_badarg(p);
    term entry = record_entry_of(arg[0], arg[1]);
    if (is_no_value(entry)) return raise_badarg(p);
    struct heap *h = &p->heap;
    const term *d = boxed_words(head(entry));
    term fields = NIL;
    for (size_t i = tuple_size(tail(entry)); i-- > 0;) {
        term field = record_key(d, i), value = element(tail(entry), record_place(d, i));
        if (!is_catch(value)) field = make_tuple2(h, field, value);
        fields = make_cons(h, field, fields);
    }
    return make_tuple2(h, map_of1(h, ATOM(is_exported), d[RECORD_EXPORTED]), fields);
}
