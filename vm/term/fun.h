/* SPDX-License-Identifier: Apache-2.0 */
/* fun.h -- what funs are compared, hashed, printed and sent by.
 *
 * struct fun_entry and struct export (code/code.h) start with the fields below, so that this
 * folder can look at a fun without knowing what code is; bif/erlang_term.c asserts that
 * they agree.
 */
#ifndef VM_FUN_H
#define VM_FUN_H

#include "term/term.h"

/* The start of struct fun_entry: a lambda of a module. */
struct fun_identity {
    const void *code;
    term module; /* atom */
    uint32_t old_index, old_uniq;
    uint32_t index;
    uint32_t arity; /* without the free variables */
    uint32_t free_count;
    uint8_t uniq[16];
};

/* The start of struct export. */
struct function_name {
    const void *code;
    term module, function; /* atoms */
    uint32_t arity;
};

static inline const struct fun_identity *fun_identity(term local_fun)
{
    return (const struct fun_identity *)fun_entry_of(local_fun);
}
static inline const struct function_name *fun_name(term export_fun)
{
    return (const struct function_name *)fun_export(export_fun);
}
static inline term fun_creator(term local_fun) { return boxed_words(local_fun)[2]; }
static inline uint32_t fun_arity(term fun)
{
    return is_local_fun(fun) ? fun_identity(fun)->arity : fun_name(fun)->arity;
}

#endif
