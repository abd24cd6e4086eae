/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite.h -- the parts of the rewriting that stand in files of their own. */
#ifndef VM_REWRITE_H
#define VM_REWRITE_H

#include "code/emit.h"

/* rewrite_bits.c: the bs_* instructions.  false: g is none of them. */
bool rewrite_bits(struct emitter *e, struct generic_op *g);
/* rewrite_records.c: native records.  The same. */
bool rewrite_record(struct emitter *e, const struct beam *b, struct generic_op *g);

#endif
