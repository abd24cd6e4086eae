/* SPDX-License-Identifier: Apache-2.0 */
/* area_tables.c -- the tables of a code area, made one by one, put into one low block: load.h.
 *
 * Nothing that runs looks at them, but stack traces and questions about a module.
 */
#include <string.h>

#include "code/load.h"
#include "heap/arena.h"
#include "heap/low.h"

enum { PARTS = 8 };
struct part {
    void **table; /* of the area */
    size_t bytes;
};

static void list_parts(struct code_area *a, struct part part[PARTS])
{
    const struct part all[PARTS] = {
        {(void **)&a->functions, a->functions_count * sizeof *a->functions},
        {(void **)&a->lines, a->lines_count * sizeof *a->lines},
        {(void **)&a->files, a->files_count * sizeof *a->files},
        {(void **)&a->exports, a->exports_count * sizeof *a->exports},
        {(void **)&a->funs, a->funs_count * sizeof *a->funs},
        {(void **)&a->fun_code, a->funs_count * sizeof *a->fun_code},
        {(void **)&a->attributes, a->attributes_bytes},
        {(void **)&a->compile_info, a->compile_info_bytes},
    };
    memcpy(part, all, sizeof all);
}

static size_t room(size_t bytes) { return (bytes + 15) & ~(size_t)15; }

static void free_table(struct code_area *a, void **table)
{
    if (!a->tables) arena_free(*table);
    *table = NULL;
}

void code_area_free_tables(struct code_area *a)
{
    struct part part[PARTS];
    list_parts(a, part);
    for (unsigned i = 0; i < PARTS; i++) free_table(a, part[i].table);
    if (a->tables) arena_low_free(a->tables, a->tables_bytes);
    a->tables = NULL;
}

void code_area_gather(struct code_area *a)
{
    struct part part[PARTS];
    size_t bytes = 0;
    list_parts(a, part);
    for (unsigned i = 0; i < PARTS; i++) bytes += room(part[i].bytes);
    uint8_t *block = bytes ? low_alloc(LOW_TABLES, bytes) : NULL, *to = block;
    if (!block) return;
    for (unsigned i = 0; i < PARTS; i++) {
        void *from = *part[i].table;
        if (!from) continue;
        memcpy(to, from, part[i].bytes);
        free_table(a, part[i].table);
        *part[i].table = to;
        to += room(part[i].bytes);
    }
    if (a->tables) arena_low_free(a->tables, a->tables_bytes);
    a->tables = block;
    a->tables_bytes = bytes;
}

void code_area_make_slim(struct code_area *a)
{
    free_table(a, (void **)&a->lines);
    free_table(a, (void **)&a->files);
    free_table(a, (void **)&a->compile_info);
    a->lines_count = a->files_count = a->compile_info_bytes = 0;
    code_area_gather(a);
}
