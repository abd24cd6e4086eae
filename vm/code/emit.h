/* SPDX-License-Identifier: Apache-2.0 */
/* emit.h -- between rewrite.c, which decides what a generic instruction becomes, and emit.c,
 * which picks the row and writes the words. */
#ifndef VM_EMIT_H
#define VM_EMIT_H

#include "code/beam.h"
#include "code/engine_ops.h"

struct emitter;

/* Writes the first row of the group that fits these operands.  A constant that does not fit 32 bits goes
 * through a scratch register.  Running out of memory is remembered and reported at the end. */
void emit(struct emitter *e, enum engine_group group, unsigned n, const struct operand *operands);
#define EMIT(e, group, ...)                                                                        \
    emit(e, GROUP_##group, sizeof((struct operand[]){__VA_ARGS__}) / sizeof(struct operand),       \
         (struct operand[]){__VA_ARGS__})
#define EMIT0(e, group) emit(e, GROUP_##group, 0, NULL)

/* The list of an instruction whose kinds end in '*': after emit_list_start() with all operands but the count,
 * each emit_list_* adds one word, emit_list_end() fills in the count.  Sources that may be large constants
 * are given to emit_reachable() before the start. */
void emit_list_start(struct emitter *e, enum engine_group group, unsigned n,
                     const struct operand *operands);
void emit_list_word(struct emitter *e, uint32_t word);
void emit_list_source(struct emitter *e, const struct operand *o); /* s or d */
void emit_list_label(struct emitter *e, uint64_t label);
void emit_list_string(struct emitter *e, uint64_t offset);
void emit_list_end(struct emitter *e);

/* o, or a scratch register that was loaded with it when it is too large for a word. */
struct operand emit_reachable(struct emitter *e, const struct operand *o);
bool operand_fits_word(const struct operand *o);
/* The same for each operand of a list, in place.  false: more of them are too large than there are scratch
 * registers; the module is refused then. */
bool emit_all_reachable(struct emitter *e, struct operand *list, uint64_t n);
/* An instruction whose list is sources and destinations, its other operands being head[0..n-1]. */
void emit_sources(struct emitter *e, enum engine_group group, unsigned n,
                  const struct operand *head, struct operand *list, uint64_t count);
/* The module cannot be emitted: it asks an instruction of this group for what there is not. */
void emit_refuse(struct emitter *e, enum engine_group group);

/* For kind p: the address that this offset in the module's string table will have. */
struct operand operand_string(uint64_t offset);

void emit_label(struct emitter *e, uint64_t label);
void emit_function(struct emitter *e, term name, uint32_t arity);
void emit_line(struct emitter *e, uint32_t location);
void emit_nif_start(struct emitter *e); /* of the function that was begun last */
void emit_on_load(struct emitter *e);

static inline struct operand operand_x(uint64_t n)
{
    return (struct operand){.kind = OPERAND_X, .n = n};
}
static inline struct operand operand_u(uint64_t n)
{
    return (struct operand){.kind = OPERAND_UNSIGNED, .n = n};
}
static inline struct operand operand_low(const void *p) { return operand_u(low_word(p)); }
static inline struct operand operand_label(uint64_t n)
{
    return (struct operand){.kind = OPERAND_LABEL, .n = n};
}
static inline struct operand operand_constant(term t)
{
    return (struct operand){.kind = OPERAND_CONSTANT, .value = t};
}

/* rewrite.c: reads all instructions of b and emits them. */
bool rewrite(struct emitter *e, struct beam *b, struct load_error *why);

#endif
