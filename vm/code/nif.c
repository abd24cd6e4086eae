/* SPDX-License-Identifier: Apache-2.0 */
/* nif.c -- see nif.h. */
#include "code/nif.h"
#include "code/breakpoint.h"
#include "code/engine.h"
#include "code/engine_ops.h"
#include "platform/platform.h"

struct nif_hooks nif_hooks;
uint32_t nif_live;
term nif_name;

ptrdiff_t code_function_find(const struct code_area *area, term name, uint32_t arity)
{
    for (uint32_t i = 0; i < area->functions_count; i++)
        if (term_same(area->functions[i].name, name) && area->functions[i].arity == arity)
            return (ptrdiff_t)i;
    return -1;
}

/* func_info has four words; the function follows. */
static code_word *func_info_of(const struct code_area *area, uint32_t index)
{
    return area->code + area->functions[index].offset;
}

void code_make_nif(struct code_area *area, uint32_t index, struct nif_function *f)
{
    code_word *words = func_info_of(area, index);
    require(words[0] == engine_body[OP_func_info]);
    words[1] = low_word(f);
    breakpoint_replace(words + WORDS_func_info, engine_body[OP_nif_body]);
}

const struct nif_function *code_nif_of(const struct code_area *area, uint32_t index)
{
    const code_word *words = func_info_of(area, index);
    bool is_nif = breakpoint_original(words + WORDS_func_info) == engine_body[OP_nif_body];
    return is_nif ? low_pointer(words[1]) : NULL;
}
