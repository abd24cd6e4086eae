/* SPDX-License-Identifier: Apache-2.0 */
/* disasm_engine.c -- prints the internal code of a loaded module, from the rows of engine_ops.def. */
#include "code/disasm.h"
#include "code/engine_ops.h"
#include "code/text_line.h"
#include "etf/print.h"

#define NAME_COLUMN    9
#define OPERAND_COLUMN 32
#define MEANING_COLUMN 72

struct view {
    const struct code_area *area;
    uint32_t at, function; /* word; index of the function that starts there or later */
    struct text_line line;
    disasm_line *out;
    void *context;
};

static void flush(struct view *v)
{
    v->out(v->context, v->line.text);
    text_start(&v->line);
}

static void put_name(struct text_line *t, const char *prefix, uint64_t n)
{
    text_put(t, prefix);
    text_number(t, (int64_t)n);
}

static void put_term(struct text_line *t, term value)
{
    char text[200];
    size_t n = term_print_to(text, sizeof text, value, 20);
    text_add(t, text, n);
}

static void put_function(struct text_line *t, term module, term name, uint32_t arity)
{
    put_term(t, module);
    text_put(t, ":");
    put_term(t, name);
    put_name(t, "/", arity);
}

/* How emit.c writes operands is said at the top of engine_ops.def. */
static void put_source(struct text_line *t, code_word w)
{
    if (w & 3)
        put_term(t, term_of((uint64_t)(int64_t)(int32_t)w));
    else if (w & 4)
        put_name(t, "y", w / 8 - 1);
    else
        put_name(t, "x", w / 8);
}

static void put_place(struct view *v, code_word w)
{
    const code_word *to = low_pointer(w);
    if (w == 0)
        text_put(&v->line, "-");
    else if (to >= v->area->code && to < v->area->code + v->area->words)
        put_name(&v->line, "@", (uint64_t)(to - v->area->code));
    else
        text_put(&v->line, "@?");
}

static void put_operand(struct view *v, char kind, code_word w)
{
    struct text_line *t = &v->line;
    switch (kind) {
    case 'x': put_name(t, "x", w / 8); break;
    case 'y': put_name(t, "y", w / 8 - 1); break;
    case 'r': put_name(t, "fr", w / 8); break;
    case 'c':
    case 'i':
    case 'q': put_term(t, term_of((uint64_t)(int64_t)(int32_t)w)); break;
    case 'd':
    case 's': put_source(t, w); break;
    case 'f': put_place(v, w); break;
    case 'e': {
        const struct export *e = low_pointer(w);
        put_function(t, e->module, e->function, e->arity);
        break;
    }
    case 'h': {
        const struct fun_entry *f = low_pointer(w);
        put_term(t, f->module);
        put_name(t, " lambda ", f->index);
        break;
    }
    case 'p': put_place(v, w); break;
    default: put_name(t, "", w);
    }
}

/* What the words of a list are, repeated; a list that is not here is shown as numbers and places. */
static const char *list_kinds(enum engine_op op)
{
    switch (op) {
    case OP_put_tuple:
    case OP_make_fun:
    case OP_has_map_fields:
    case OP_put_map_assoc:
    case OP_put_map_exact:
    case OP_get_map_elements: return "s";
    case OP_update_record: return "us";
    case OP_select_linear: return "qf";
    case OP_select_arity: return "uf";
    case OP_select_jump_x:
    case OP_select_jump: return "f";
    default: return "n";
    }
}

/* A word of which nothing is known. */
static void put_any(struct view *v, code_word w)
{
    const code_word *to = low_pointer(w);
    if (to >= v->area->code && to < v->area->code + v->area->words)
        put_place(v, w);
    else
        put_name(&v->line, "", w);
}

static uint32_t put_list(struct view *v, uint32_t at, const char *kinds)
{
    uint32_t n = v->area->code[at];
    size_t period = strlen(kinds);
    if (n > v->area->words - at - 1) n = v->area->words - at - 1;
    text_put(&v->line, "[");
    for (uint32_t i = 0; i < n; i++) {
        char kind = kinds[i % period];
        if (i) text_put(&v->line, " ");
        if (kind == 'n')
            put_any(v, v->area->code[at + 1 + i]);
        else
            put_operand(v, kind, v->area->code[at + 1 + i]);
    }
    text_put(&v->line, "]");
    return n + 1;
}

static void put_head(struct view *v)
{
    const struct code_area *a = v->area;
    if (v->function >= a->functions_count || a->functions[v->function].offset != v->at) return;
    const struct function_info *f = &a->functions[v->function++];
    flush(v);
    put_function(&v->line, a->module, f->name, f->arity);
    flush(v);
}

/* false: no instruction starts here, so the strings have been reached. */
static bool put_instruction(struct view *v)
{
    enum engine_op op = engine_op_of(v->area->code[v->at]);
    if (op == ENGINE_OPS) return false;
    put_head(v);
    const struct engine_info *row = &engine_info[op];
    put_name(&v->line, "", v->at);
    text_column(&v->line, NAME_COLUMN);
    text_put(&v->line, row->name);
    text_column(&v->line, OPERAND_COLUMN);
    uint32_t at = v->at + 1;
    for (const char *k = row->kinds; *k && at < v->area->words; k++) {
        if (k != row->kinds) text_put(&v->line, ", ");
        if (k[1] == '*') {
            at += put_list(v, at, list_kinds(op));
            break;
        }
        put_operand(v, *k, v->area->code[at++]);
    }
    v->at = at;
    text_column(&v->line, MEANING_COLUMN);
    text_put(&v->line, "% ");
    text_put(&v->line, row->meaning);
    flush(v);
    return true;
}

void engine_disassemble(const struct code_area *area, disasm_line *line, void *context)
{
    struct view v = {.area = area, .out = line, .context = context};
    text_start(&v.line);
    while (v.at < area->words && put_instruction(&v)) {}
}

uint32_t engine_disassemble_function(const struct code_area *area, uint32_t i, disasm_line *line,
                                     void *context)
{
    struct view v = {.area = area,
                     .at = area->functions[i].offset,
                     .function = i,
                     .out = line,
                     .context = context};
    uint32_t end = i + 1 < area->functions_count ? area->functions[i + 1].offset : area->words;
    text_start(&v.line);
    while (v.at < end && put_instruction(&v)) {}
    return end;
}
