/* SPDX-License-Identifier: Apache-2.0 */
/* engine_records.h -- what the instructions for native records do outside the loop.
 *
 * Each returns NO_VALUE with p->fault set where it fails: {badrecord, _}, {badfield, {{Module, Name},
 * Field}} or {novalue, {{Module, Name}, Field}}.  Pairs are n keys and values in term order of the keys.
 */
#ifndef VM_ENGINE_RECORDS_H
#define VM_ENGINE_RECORDS_H

#include "code/code.h"

/* A record of the definition in `entry` (code_area.records). */
term make_record(struct process *p, term entry, const term *pairs, size_t n);
/* A record that another module exports; id: {Module, Name}.  The module is loaded: OTP 29.1 does not load it
 * for this. */
term make_other_record(struct process *p, term id, const term *pairs, size_t n);
/* `record` with other values of these fields. */
term update_fields(struct process *p, term record, const term *pairs, size_t n);
/* Field `field` of `record` is not there, or, when it does not fit, the record is not the right one. */
term raise_no_field(struct process *p, term record, bool fits, term field);
/* {What, {{Module, Name}, Field}} */
term raise_field(struct process *p, term what, term module, term name, term field);

#endif
