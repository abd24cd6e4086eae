/* SPDX-License-Identifier: Apache-2.0 */
/* binary_part.h -- what the tables about binaries share. */
#ifndef VM_BINARY_PART_H
#define VM_BINARY_PART_H

#include "binary/binary.h"
#include "code/native.h"

/* Start and Length terms to a range of bytes: a negative Length ends before Start.  false: badarg. */
bool binary_part_range(size_t size, term start, term length, size_t *at, size_t *n);
/* The part, or badarg raised. */
term binary_part_bif(struct process *p, term binary, term start, term length);
/* The whole bytes of b as a list that ends in `end`. */
term bytes_to_list(struct process *p, struct bits b, term end);
/* badarg or system_limit. */
term raise_iodata(struct process *p, enum iodata_result why);

#endif
