/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite_records.c -- rewriting of the instructions for native records (OTP 29).
 *
 * Fields are put in the order that records keep them in, so that the engine walks over both at once.
 * A record of the module itself is known here; one of another module is looked up when it is made.
 */
#include "code/rewrite.h"
#include "term/record.h"

/* --- fields in order ------------------------------------------------------------------------ */

static void swap_pairs(struct operand *list, uint64_t i, uint64_t k)
{
    for (unsigned part = 0; part < 2; part++) {
        struct operand o = list[2 * i + part];
        list[2 * i + part] = list[2 * k + part];
        list[2 * k + part] = o;
    }
}

static bool before(const struct operand *list, uint64_t i, uint64_t k)
{
    return atom_compare(list[2 * i].value, list[2 * k].value) < 0;
}

static void sink(struct operand *list, uint64_t at, uint64_t n)
{
    for (uint64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(list, child, child + 1)) child++;
        if (!before(list, at, child)) return;
        swap_pairs(list, at, child);
    }
}

/* false: a field is no atom. */
static bool sort_fields(struct operand *list)
{
    uint64_t n = list->n / 2;
    struct operand *pairs = list->list;
    for (uint64_t i = 0; i < n; i++)
        if (!is_atom(pairs[2 * i].value)) return false;
    for (uint64_t i = n / 2; i-- > 0;) sink(pairs, i, n);
    for (uint64_t left = n; left-- > 1;) {
        swap_pairs(pairs, 0, left);
        sink(pairs, 0, left);
    }
    return true;
}

/* --- instructions ------------------------------------------------------------------------------ */

static bool is_name(const struct operand *o)
{
    return o->kind == OPERAND_CONSTANT && is_atom(o->value);
}

/* {Module, Name} */
static bool is_full_name(const struct operand *o)
{
    return o->kind == OPERAND_CONSTANT && is_tuple_of(o->value, 2) &&
           is_atom(element(o->value, 0)) && is_atom(element(o->value, 1));
}

static void put_record(struct emitter *e, const struct beam *b, struct operand *a)
{
    struct operand *list = &a[5]; /* Fail Id Record Dst Live Pairs */
    if (!sort_fields(list)) {
        emit_refuse(e, GROUP_make_record);
    } else if (a[2].kind != OPERAND_CONSTANT || !is_nil(a[2].value)) {
        struct operand head[] = {a[0], emit_reachable(e, &a[2]), a[3]};
        emit_sources(e, GROUP_update_fields, 3, head, list->list, list->n);
    } else if (is_full_name(&a[1])) {
        struct operand head[] = {a[0], a[1], a[3]};
        emit_sources(e, GROUP_make_other_record, 3, head, list->list, list->n);
    } else {
        term entry =
            is_name(&a[1]) ? record_entry(b->records, b->records_count, a[1].value) : NO_VALUE;
        struct operand head[] = {a[0], operand_constant(entry), a[3]};
        if (is_value(entry))
            emit_sources(e, GROUP_make_record, 3, head, list->list, list->n);
        else
            emit_refuse(e, GROUP_make_record);
    }
}

static void get_fields(struct emitter *e, struct operand *a) /* Fail Record Pairs */
{
    if (sort_fields(&a[2]))
        emit_sources(e, GROUP_get_fields, 2, a, a[2].list, a[2].n);
    else
        emit_refuse(e, GROUP_get_fields);
}

static void get_field(struct emitter *e, struct operand *a) /* Fail Record Id Name Dst */
{
    if (is_name(&a[2]))
        EMIT(e, get_own_field, a[0], a[1], a[2], a[3], a[4]);
    else if (is_full_name(&a[2]))
        EMIT(e, get_field, a[0], a[1], a[2], a[3], a[4]);
    else
        emit_refuse(e, GROUP_get_field);
}

bool rewrite_record(struct emitter *e, const struct beam *b, struct generic_op *g)
{
    struct operand *a = g->a;
    switch (g->op) {
    case BEAM_is_any_native_record: EMIT(e, is_any_record, a[0], a[1]); return true;
    case BEAM_is_native_record: EMIT(e, is_record_of, a[0], a[1], a[2], a[3]); return true;
    case BEAM_is_record_accessible: /* Fail Record Scope */
        if (is_name(&a[2]) && term_same(a[2].value, ATOM(external)))
            EMIT(e, is_record_exported, a[0], a[1]);
        else
            EMIT(e, is_record_open, a[0], a[1], operand_constant(b->module));
        return true;
    case BEAM_get_record_elements: get_fields(e, a); return true;
    case BEAM_put_record: put_record(e, b, a); return true;
    case BEAM_get_record_field: get_field(e, a); return true;
    default: return false;
    }
}
