/* SPDX-License-Identifier: Apache-2.0 */
/* append.h -- between create.c and append.c only. */
#ifndef VM_APPEND_H
#define VM_APPEND_H

#include "binary/create.h"
#include "term/atom.h"

/* The first `bits` bits of a fresh binary, as a sub binary. */
term binary_front(struct heap *h, term whole, size_t bits);

/* A bitstring that begins with `to` and has room for `added` more bits, which the caller writes to *base
 * from bit binary_bit_size(to) on (before the call).  With added == 0 it is `to` itself, and *base is not
 * set.  NO_VALUE with *kind type or unit (badarg) or size (system_limit). */
term binary_append_room(struct heap *h, term to, size_t added, unsigned unit, bool is_private,
                        uint8_t **base, term *kind);

/* Writes the field: NO_VALUE; else the kind of fault. */
term field_put_float(struct binary_builder *b, term value, size_t bits, unsigned flags);

#endif
