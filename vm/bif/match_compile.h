/* SPDX-License-Identifier: Apache-2.0 */
/* match_compile.h -- what the two halves of the compiler of match specifications share. */
#ifndef VM_MATCH_COMPILE_H
#define VM_MATCH_COMPILE_H

#include "bif/match_program.h"
#include "etf/print.h"

#define FEW_VARIABLES 16

struct compiler {
    struct process *p; /* errors go on its heap */
    struct match_program *program;
    enum match_dialect dialect;
    bool lint; /* collect all errors instead of stopping at the first */
    bool failed, no_memory;
    term errors; /* newest first */
    term reason;
    bool deep; /* inside a part of the head */
    bool in_guard;
    unsigned depth; /* of nested expressions */
    uint32_t on_stack;
    /* Variables of this clause: the slot is the place. */
    int64_t few_numbers[FEW_VARIABLES], *numbers;
    uint32_t bound, numbers_room;
};

/* The place of the instruction. */
uint32_t match_emit(struct compiler *c, enum match_op op, size_t n, uint32_t b);
void match_emit_term(struct compiler *c, enum match_op op, size_t n, term t);
/* Something is wrong: before, t (may be NO_VALUE), after.  true: go on looking for more. */
bool match_error(struct compiler *c, const char *before, term t, const char *after);
/* The slot of $number, -1 when it is not bound. */
int64_t match_slot(const struct compiler *c, int64_t number);

/* Each returns false to stop. */
bool match_compile_guards(struct compiler *c, term guards);
bool match_compile_body(struct compiler *c, term body);

#endif
