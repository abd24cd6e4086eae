/* SPDX-License-Identifier: Apache-2.0 */
/* engine_ops.h -- numbers, sizes and names of the engine's instructions, from engine_ops.def. */
#ifndef VM_ENGINE_OPS_H
#define VM_ENGINE_OPS_H

#include "code/code.h"

enum engine_op {
#define OP(name, group, kinds, meaning) OP_##name,
#include "code/engine_ops.def"
#undef OP
    ENGINE_OPS
};

/* The groups in order, collected from the rows at build time (tools/gather_groups). */
enum engine_group {
#define GROUP(name) GROUP_##name,
#include "gen/engine_groups.def"
#undef GROUP
    ENGINE_GROUPS
};

/* Words of an instruction.  Of one that ends in a list it is the place after the list's first word. */
enum {
#define OP(name, group, kinds, meaning) WORDS_##name = sizeof kinds,
#include "code/engine_ops.def"
#undef OP
};

struct engine_info {
    const char *name, *kinds, *meaning;
    uint16_t group;
};
extern const struct engine_info engine_info[ENGINE_OPS];

/* Addresses of the bodies; engine_start() fills it. */
extern code_word engine_body[ENGINE_OPS];

/* The instruction whose body this is; ENGINE_OPS when it is none. */
enum engine_op engine_op_of(code_word body);

/* The instruction that is the whole body of this function (erlang:apply/2,3 and the like); ENGINE_OPS: none. */
enum engine_op engine_body_of(const struct export *e);

/* Registers the engine keeps behind X[MAX_X - 1]: large constants on their way into an instruction.  The last is used first, and for what
 * nobody reads: of those before it, and of most of X, no page is written to. */
#define SCRATCH_X 1024
#define LAST_X    (MAX_X + SCRATCH_X - 1)

/* Segments of one binary, and pairs of one map or native record, that an instruction may have. */
#define MAX_SEGMENTS 4096
#define MAX_PAIRS    4096

#endif
