/* SPDX-License-Identifier: Apache-2.0 */
/* beam_records.c -- the definitions of native records in a .beam file (chunk Recs, OTP 29).
 *
 *   u32 version (0), u32 definitions, u32 fields of all of them, then each definition:
 *   call_last Name, true or false (exported), [Field, default value or the number 0, ...]
 *
 * as the assembler encodes operands.  A definition becomes [Definition | tuple of defaults] on the
 * scratch heap, in which a field without a default has RECORD_NO_DEFAULT.
 */
#include "code/beam_private.h"
#include "heap/arena.h"
#include "heap/records.h"

static bool fail(struct beam *b, const char *what)
{
    load_fail(b->private->why, "chunk Recs: %s", what);
    return false;
}

/* --- one definition ------------------------------------------------------------------------ */

static bool take_default(struct beam *b, const struct operand *o, term *value)
{
    if (o->kind == OPERAND_UNSIGNED && o->n == 0)
        *value = RECORD_NO_DEFAULT;
    else if (o->kind == OPERAND_CONSTANT)
        *value = o->value;
    else
        return fail(b, "a default that is no constant");
    return true;
}

/* The tuple of defaults, in the order of the definition's keys. */
static bool take_defaults(struct beam *b, struct heap *h, const struct operand *fields,
                          term definition, size_t n, term *out)
{
    *out = make_tuple(h, n, NULL);
    term *values = tuple_elements(*out);
    for (size_t i = 0; i < n; i++) values[i] = NIL;
    for (size_t i = 0; i < n; i++)
        if (!take_default(b, &fields[2 * i + 1], &values[record_place(boxed_words(definition), i)]))
            return false;
    return true;
}

static bool take_definition(struct beam *b, const struct generic_op *op, term *entry)
{
    struct heap *h = beam_scratch(b, 64);
    const struct operand *fields = op->a[2].list;
    size_t n = op->a[2].n / 2;
    term exported = op->a[1].value, defaults;
    term *keys = arena_malloc((n + 1) * sizeof *keys);
    if (!h || !keys) {
        arena_free(keys);
        return fail(b, "out of memory");
    }
    for (size_t i = 0; i < n; i++) keys[i] = fields[2 * i].value;
    term definition =
        record_define(h, b->module, op->a[0].value, term_same(exported, ATOM(true)), keys, n);
    arena_free(keys);
    if (is_no_value(definition)) return fail(b, "a field that is there twice");
    if (!term_same(exported, ATOM(true)) && !term_same(exported, ATOM(false)))
        return fail(b, "neither exported nor not");
    if (!take_defaults(b, h, fields, definition, n, &defaults)) return false;
    *entry = make_cons(h, definition, defaults);
    return true;
}

/* --- all of them ----------------------------------------------------------------------------- */

static uint64_t name_bits(term entry) { return boxed_words(head(entry))[RECORD_NAME].bits; }

static void sink(term *t, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && name_bits(t[child]) < name_bits(t[child + 1])) child++;
        if (name_bits(t[at]) >= name_bits(t[child])) return;
        term swap = t[at];
        t[at] = t[child], t[child] = swap;
    }
}

static bool sort_by_name(struct beam *b)
{
    term *t = b->records;
    size_t n = b->records_count;
    for (size_t i = n / 2; i-- > 0;) sink(t, i, n);
    for (size_t left = n; left-- > 1;) {
        term swap = t[0];
        t[0] = t[left], t[left] = swap;
        sink(t, 0, left);
    }
    for (size_t i = 1; i < n; i++)
        if (name_bits(t[i - 1]) == name_bits(t[i])) return fail(b, "a record that is there twice");
    return true;
}

/* With the chunk in the place of the code. */
static bool read_all(struct beam *b, uint32_t count, uint32_t fields)
{
    struct generic_op op = {0};
    b->records = arena_malloc((count + 1) * sizeof *b->records);
    if (!b->records) return fail(b, "out of memory");
    for (uint32_t i = 0; i < count; i++) {
        if (!beam_next_record(b, &op) || !take_definition(b, &op, &b->records[i])) return false;
        b->records_count = i + 1;
        if (op.a[2].n / 2 > fields) return fail(b, "more fields than it says");
        fields -= (uint32_t)(op.a[2].n / 2);
    }
    if (fields) return fail(b, "fewer fields than it says");
    return sort_by_name(b);
}

bool beam_read_records(struct beam *b)
{
    struct beam_private *p = b->private;
    struct bytes chunk = p->chunk[CHUNK_RECORDS], code = p->code;
    uint32_t version, count, fields;
    if (chunk.n == 0) return true;
    if (!take_u32(&chunk, &version) || !take_u32(&chunk, &count) || !take_u32(&chunk, &fields))
        return fail(b, "its header is cut off");
    if (version != 0) return fail(b, "not a version that we know");
    if (count > chunk.n / 4 || fields > chunk.n / 2) return fail(b, "impossible counts");
    p->code = chunk;
    beam_rewind(b);
    bool ok = read_all(b, count, fields);
    p->code = code;
    p->bigs_count = 0; /* those in defaults are theirs */
    beam_rewind(b);
    return ok;
}
