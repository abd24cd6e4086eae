/* SPDX-License-Identifier: Apache-2.0 */
/* body_records.h -- native records; included by engine.c into its loop.
 * Lists of fields are in the order of a record's keys: one walk over both finds them all. */

/* Fetches the pairs of a list whose count is operand `i` into map_pairs. */
#define GATHER_PAIRS(i)                                                                            \
    for (code_word k = 0; k < pc[i]; k++) map_pairs[k] = source(pc[(i) + 1 + k], stack)
/* A value was not there, and p->fault says why. */
#define RAISE_OR_JUMP()                                                                            \
    do {                                                                                           \
        faulty = NULL;                                                                             \
        if (!pc[1]) goto fault;                                                                    \
        p->fault.class_ = FAULT_NONE;                                                              \
        JUMP(1);                                                                                   \
    } while (0)

do_get_fields:
{
    term record = S(2);
    if (unlikely(!is_record(record))) JUMP(1);
    const term *key = record_definition(record) + RECORD_KEYS;
    const term *value = record_values(record), *end = value + record_fields(record);
    for (code_word i = 0; i < pc[3]; i += 2) {
        while (value < end && key->bits != C(4 + i).bits) key++, value++;
        if (value == end) JUMP(1);
        *destination(pc[5 + i], stack) = *value;
    }
    NEXT_AFTER_LIST(3);
}
/* D(5) = the field C(4) of a record that `fits` what the instruction asks for. */
#define FIELD_OR_FAULT(record, fits)                                                               \
    left = (fits) ? record_get(record, C(4)) : NO_VALUE;                                           \
    if (unlikely(is_no_value(left))) {                                                             \
        if (pc[1]) JUMP(1);                                                                        \
        SAVE();                                                                                    \
        raise_no_field(p, record, fits, C(4));                                                     \
        LOAD();                                                                                    \
        RAISE_OR_JUMP();                                                                           \
    }                                                                                              \
    D(5) = left

do_get_own_field:
{
    term record = S(2), name = C(3);
    bool fits = is_record(record) && (term_same(name, ATOM(underscore)) ||
                                      term_same(record_definition(record)[RECORD_NAME], name));
    FIELD_OR_FAULT(record, fits);
    NEXT(get_own_field);
}
do_get_field:
{
    term record = S(2), id = C(3);
    bool fits = is_record(record) && record_is(record, element(id, 0), element(id, 1)) &&
                record_is_exported(record_definition(record));
    FIELD_OR_FAULT(record, fits);
    NEXT(get_field);
}

/* A record from `made`, which uses map_pairs; the list of pairs is operand 4, the destination operand 3. */
#define NEW_RECORD(name, made)                                                                     \
    do_##name:                                                                                     \
    {                                                                                              \
        GATHER_PAIRS(4);                                                                           \
        SAVE();                                                                                    \
        left = (made);                                                                             \
        LOAD();                                                                                    \
        if (unlikely(is_no_value(left))) RAISE_OR_JUMP();                                          \
        D(3) = left;                                                                               \
        COLLECT_SOON();                                                                            \
        NEXT_AFTER_LIST(4);                                                                        \
    }

/* fail, [Definition | Defaults], destination, count, (field, value).. */
NEW_RECORD(make_record, make_record(p, C(2), map_pairs, pc[4] / 2))
/* fail, {Module, Name}, destination, count, (field, value).. */
NEW_RECORD(make_other_record, make_other_record(p, C(2), map_pairs, pc[4] / 2))
/* fail, record, destination, count, (field, value).. */
NEW_RECORD(update_fields, update_fields(p, S(2), map_pairs, pc[4] / 2))
