/* SPDX-License-Identifier: Apache-2.0 */
/* engine_records.c -- making native records, and the errors of doing so. */
#include "code/engine_records.h"
#include "heap/records.h"

term raise_field(struct process *p, term what, term module, term name, term field)
{
    struct heap *h = &p->heap;
    term id = make_tuple2(h, module, name);
    return raise(p, make_tuple2(h, what, make_tuple2(h, id, field)));
}

static term raise_record(struct process *p, term bad)
{
    return raise(p, make_tuple2(&p->heap, ATOM(badrecord), bad));
}

static term raise_defined(struct process *p, term what, const term *definition, term field)
{
    return raise_field(p, what, definition[RECORD_MODULE], definition[RECORD_NAME], field);
}

term raise_no_field(struct process *p, term record, bool fits, term field)
{
    if (!fits) return raise_record(p, record);
    return raise_defined(p, ATOM(badfield), record_definition(record), field);
}

term make_record(struct process *p, term entry, const term *pairs, size_t n)
{
    enum record_fault why;
    term field = NIL;
    term r = record_create(&p->heap, head(entry), tail(entry), pairs, n, &why, &field);
    if (is_value(r)) return r;
    return raise_defined(p, why == RECORD_NO_VALUE ? ATOM(novalue) : ATOM(badfield),
                         boxed_words(head(entry)), field);
}

term make_other_record(struct process *p, term id, const term *pairs, size_t n)
{
    term entry = record_entry_of(element(id, 0), element(id, 1));
    if (is_value(entry) && record_is_exported(boxed_words(head(entry))))
        return make_record(p, entry, pairs, n);
    return raise_record(p, id);
}

term update_fields(struct process *p, term record, const term *pairs, size_t n)
{
    term field = NIL;
    if (!is_record(record)) return raise_record(p, record);
    term r = record_update(&p->heap, record, pairs, n, &field);
    return is_value(r) ? r : raise_no_field(p, record, true, field);
}
