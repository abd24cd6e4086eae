/* SPDX-License-Identifier: Apache-2.0 */
/* place.c -- from a code address to the function and the line of source it belongs to. */
#include "code/code.h"

/* How many of the functions start at or before this word. */
static uint32_t functions_until(const struct code_area *a, uint32_t offset)
{
    uint32_t low = 0, high = a->functions_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (a->functions[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The location that is in force at this word, 0 when none is. */
static uint32_t location_at(const struct code_area *a, uint32_t offset, uint32_t function_start)
{
    uint32_t low = 0, high = a->lines_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (a->lines[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low && a->lines[low - 1].offset >= function_start ? a->lines[low - 1].location : 0;
}

bool code_place_of(const code_word *pc, struct code_place *out)
{
    struct code_area *a = code_area_of(pc);
    if (!a) return false;
    uint32_t offset = (uint32_t)(pc - a->code);
    uint32_t n = functions_until(a, offset);
    if (n == 0) return false;
    const struct function_info *f = &a->functions[n - 1];
    uint32_t location = location_at(a, offset, f->offset), file = location >> 24;
    bool known = (location & 0xFFFFFF) != 0 && file < a->files_count;
    *out = (struct code_place){.module = a->module,
                               .function = f->name,
                               .arity = f->arity,
                               .file = known ? a->files[file] : NO_VALUE,
                               .line = location & 0xFFFFFF};
    return true;
}
