/* SPDX-License-Identifier: Apache-2.0 */
/* emit.c -- writes engine code: picks rows of engine_ops.def, encodes operands, patches labels.
 *
 * Words are gathered in a buffer; labels are offsets until the end, when the code gets its place
 * in low memory, behind it the module's string table, and every label becomes an address.
 */
#include "code/emit.h"
#include "code/engine.h"
#include "code/parts.h"
#include "heap/arena.h"
#include "platform/platform.h"

#define LEFT_FOR_HEAD 16          /* scratch registers for the operands before a list */
#define STRING_PATCH  0x80000000u /* in patch.label: an offset in the string table */

struct patch {
    uint32_t at, label;
};

/* An array that grows. */
struct grow {
    void *items;
    uint32_t used, room;
};

struct emitter {
    struct beam *beam;
    struct grow words, patches, functions, lines;
    uint32_t *labels; /* offset + 1; 0: not met */
    uint32_t list_at; /* word of the count of the list being written */
    uint32_t location, pending_location;
    uint32_t scratch;
    uint32_t on_load; /* offset + 1 */
    bool no_memory;
    const char *no_row; /* an instruction that came with operands no row of its group takes */
};

static void *grow_by_one(struct emitter *e, struct grow *g, size_t item_bytes)
{
    if (g->used == g->room) {
        uint32_t room = g->room ? g->room * 2 : 256;
        void *items = arena_realloc(g->items, room * item_bytes);
        if (!items) {
            e->no_memory = true;
            g->used = 0; /* go on in place; nothing of it is used */
            if (!g->items) return NULL;
        } else {
            g->items = items;
            g->room = room;
        }
    }
    return (uint8_t *)g->items + g->used++ * item_bytes;
}

static void word(struct emitter *e, code_word w)
{
    code_word *at = grow_by_one(e, &e->words, sizeof *at);
    if (at) *at = w;
}

static void patch_here(struct emitter *e, uint32_t label)
{
    struct patch *p = grow_by_one(e, &e->patches, sizeof *p);
    if (p) *p = (struct patch){e->words.used, label};
}

/* --- choosing a row ---------------------------------------------------------------- */

static uint16_t first_row[ENGINE_GROUPS];

static void find_first_rows(void)
{
    for (unsigned op = ENGINE_OPS; op-- > 0;) first_row[engine_info[op].group] = (uint16_t)op;
}

static bool fits_32(term t) { return (int64_t)t.bits == (int32_t)t.bits; }

bool operand_fits_word(const struct operand *o)
{
    return o->kind != OPERAND_CONSTANT || fits_32(o->value);
}

static bool kind_fits(char kind, const struct operand *o)
{
    switch (kind) {
    case 'x': return o->kind == OPERAND_X;
    case 'y': return o->kind == OPERAND_Y;
    case 'd': return o->kind == OPERAND_X || o->kind == OPERAND_Y;
    case 's': return o->kind == OPERAND_X || o->kind == OPERAND_Y || o->kind == OPERAND_CONSTANT;
    case 'c': return o->kind == OPERAND_CONSTANT;
    case 'i': return o->kind == OPERAND_CONSTANT && is_small(o->value);
    case 'q': return o->kind == OPERAND_CONSTANT && is_immediate(o->value);
    case 'f': return o->kind == OPERAND_LABEL;
    case 'r': return o->kind == OPERAND_F;
    case 'u':
    case 'e':
    case 'h':
    case 'p': return o->kind == OPERAND_UNSIGNED;
    default: return false;
    }
}

static bool row_fits(const char *kinds, unsigned n, const struct operand *operands)
{
    for (unsigned i = 0; i < n; i++)
        if (!kind_fits(kinds[i], &operands[i])) return false;
    return kinds[n] == 0 || (kinds[n] == 'u' && kinds[n + 1] == '*');
}

static enum engine_op choose(enum engine_group group, unsigned n, const struct operand *operands)
{
    if (!first_row[GROUP_move + 1]) find_first_rows();
    for (unsigned op = first_row[group]; op < ENGINE_OPS && engine_info[op].group == group; op++)
        if (row_fits(engine_info[op].kinds, n, operands)) return (enum engine_op)op;
    return ENGINE_OPS;
}

/* --- operands ---------------------------------------------------------------------------- */

static void encode(struct emitter *e, char kind, const struct operand *o)
{
    switch (o->kind) {
    case OPERAND_X: word(e, (code_word)o->n * 8); return;
    case OPERAND_Y: word(e, ((code_word)o->n + 1) * 8 + (kind == 'y' ? 0 : 4)); return;
    case OPERAND_F: word(e, (code_word)o->n * 8); return;
    case OPERAND_CONSTANT: word(e, (code_word)o->value.bits); return;
    case OPERAND_LABEL:
        if (o->n) patch_here(e, (uint32_t)o->n);
        word(e, 0);
        return;
    default:
        if (kind == 'p') patch_here(e, STRING_PATCH | (uint32_t)o->n);
        word(e, (code_word)o->n);
    }
}

struct operand operand_string(uint64_t offset) { return operand_u(offset); }

struct operand emit_reachable(struct emitter *e, const struct operand *o)
{
    if (operand_fits_word(o)) return *o;
    struct operand x = operand_x(LAST_X - e->scratch++ % SCRATCH_X);
    EMIT(e, load64, x, operand_u(o->value.bits & 0xFFFFFFFF), operand_u(o->value.bits >> 32));
    return x;
}

bool emit_all_reachable(struct emitter *e, struct operand *list, uint64_t n)
{
    uint64_t large = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (operand_fits_word(&list[i])) continue;
        if (large++ == SCRATCH_X - LEFT_FOR_HEAD) {
            emit_refuse(e, GROUP_load64);
            return false;
        }
        list[i] = emit_reachable(e, &list[i]);
    }
    return true;
}

/* --- lines --------------------------------------------------------------------------------- */

static void note_line(struct emitter *e)
{
    if (e->pending_location == e->location) return;
    e->location = e->pending_location;
    struct line_entry *l = grow_by_one(e, &e->lines, sizeof *l);
    if (l) *l = (struct line_entry){e->words.used, e->location};
}

void emit_line(struct emitter *e, uint32_t location) { e->pending_location = location; }

/* --- instructions ------------------------------------------------------------------------------ */

static void write_op(struct emitter *e, enum engine_group group, unsigned n,
                     const struct operand *operands)
{
    enum engine_op op = choose(group, n, operands);
    if (op == ENGINE_OPS) { /* only a damaged file asks for this */
        e->no_row = engine_info[first_row[group]].name;
        return;
    }
    note_line(e);
    word(e, engine_body[op]);
    for (unsigned i = 0; i < n; i++) encode(e, engine_info[op].kinds[i], &operands[i]);
}

void emit_refuse(struct emitter *e, enum engine_group group)
{
    if (!first_row[GROUP_move + 1]) find_first_rows();
    e->no_row = engine_info[first_row[group]].name;
}

void emit(struct emitter *e, enum engine_group group, unsigned n, const struct operand *operands)
{
    struct operand near[12];
    require(n <= 12);
    if (group != GROUP_load64) {
        for (unsigned i = 0; i < n; i++) near[i] = emit_reachable(e, &operands[i]);
        operands = near;
    }
    write_op(e, group, n, operands);
}

void emit_list_start(struct emitter *e, enum engine_group group, unsigned n,
                     const struct operand *operands)
{
    emit(e, group, n, operands);
    e->list_at = e->words.used;
    word(e, 0);
}

void emit_list_word(struct emitter *e, uint32_t w) { word(e, w); }

void emit_list_source(struct emitter *e, const struct operand *o) { encode(e, 's', o); }

void emit_sources(struct emitter *e, enum engine_group group, unsigned n,
                  const struct operand *head, struct operand *list, uint64_t count)
{
    if (!emit_all_reachable(e, list, count)) return;
    emit_list_start(e, group, n, head);
    for (uint64_t i = 0; i < count; i++) emit_list_source(e, &list[i]);
    emit_list_end(e);
}

void emit_list_label(struct emitter *e, uint64_t label)
{
    struct operand o = operand_label(label);
    encode(e, 'f', &o);
}

void emit_list_string(struct emitter *e, uint64_t offset)
{
    struct operand o = operand_u(offset);
    encode(e, 'p', &o);
}

void emit_list_end(struct emitter *e)
{
    if (e->words.items && e->list_at < e->words.used)
        ((code_word *)e->words.items)[e->list_at] = e->words.used - e->list_at - 1;
}

void emit_label(struct emitter *e, uint64_t label)
{
    if (label < e->beam->labels_count) e->labels[label] = e->words.used + 1;
}

void emit_function(struct emitter *e, term name, uint32_t arity)
{
    struct function_info *f = grow_by_one(e, &e->functions, sizeof *f);
    uint32_t number = e->functions.used - 1;
    if (f)
        *f = (struct function_info){.offset = e->words.used,
                                    .arity = arity & 0x1FF,
                                    .number = number & 0x3FFFFF,
                                    .name = name};
    e->location = UINT32_MAX; /* every function starts with an entry of its own */
    EMIT(e, func_info, operand_constant(e->beam->module), operand_constant(name), operand_u(arity));
    /* The line before func_info goes on into the body: the compiler leaves out a second one. */
}

void emit_nif_start(struct emitter *e)
{
    struct function_info *f = e->functions.items;
    if (e->functions.used) f[e->functions.used - 1].declared_nif = true;
}

void emit_on_load(struct emitter *e) { e->on_load = e->words.used + 1; }

/* --- the end -------------------------------------------------------------------------------------- */

static bool patch_all(struct emitter *e, const struct code_parts *parts, const uint8_t *strings,
                      struct load_error *why)
{
    const struct patch *p = e->patches.items;
    code_word *code = parts->code;
    for (uint32_t i = 0; i < e->patches.used; i++) {
        code_word *at = code + code_parts_moved(parts, p[i].at);
        if (p[i].label & STRING_PATCH) {
            *at = low_word(strings + (p[i].label & ~STRING_PATCH));
            continue;
        }
        uint32_t offset = p[i].label < e->beam->labels_count ? e->labels[p[i].label] : 0;
        if (!offset) {
            load_fail(why, "label %u is used and not defined", p[i].label);
            return false;
        }
        *at = low_word(code + code_parts_moved(parts, offset - 1));
    }
    return true;
}

static const code_word *entry_of(struct emitter *e, const struct code_parts *parts, uint32_t label)
{
    uint32_t offset = label < e->beam->labels_count ? e->labels[label] : 0;
    return offset ? parts->code + code_parts_moved(parts, offset - 1) : NULL;
}

/* Without the strings. */
static void copy_code(struct emitter *e, const struct code_parts *parts)
{
    const code_word *words = e->words.items;
    if (!parts->part) memcpy(parts->code, words, e->words.used * sizeof *words);
    for (uint32_t i = 0; parts->part && i + 1 < parts->n; i++) {
        const struct code_part *part = &parts->part[i];
        memcpy(parts->code + part->to, words + part->from, part->words * sizeof *words);
    }
}

/* The tables of functions and lines are in the order in which the functions lie. */
static bool sort_tables(struct emitter *e, const struct code_parts *parts)
{
    struct function_info *f = e->functions.items;
    struct line_entry *l = e->lines.items;
    struct function_info *functions = arena_malloc(e->functions.used * sizeof *f);
    struct line_entry *lines = arena_malloc(e->lines.used * sizeof *l);
    uint32_t fs = 0, ls = 0, *first = arena_calloc((parts->n + 1) * sizeof *first);
    bool ok = functions && lines && first;
    for (uint32_t i = 0; ok && i < e->lines.used; i++)
        first[code_part_of(parts, l[i].offset) + 1]++;
    for (uint32_t i = 0; ok && i < parts->n; i++) first[i + 1] += first[i];
    for (uint32_t i = 0; ok && i < parts->n; i++) {
        uint32_t which = parts->order[i];
        for (uint32_t k = first[which]; k < first[which + 1]; k++) lines[ls++] = l[k];
        if (which < e->functions.used) functions[fs++] = f[which];
    }
    for (uint32_t i = 0; ok && i < fs; i++)
        functions[i].offset = code_parts_moved(parts, functions[i].offset);
    for (uint32_t i = 0; ok && i < ls; i++)
        lines[i].offset = code_parts_moved(parts, lines[i].offset);
    if (ok && fs) memcpy(f, functions, fs * sizeof *f);
    if (ok && ls) memcpy(l, lines, ls * sizeof *l);
    arena_free(functions);
    arena_free(lines);
    arena_free(first);
    return ok;
}

static bool place_parts(struct emitter *e, struct code_area *area, const struct code_parts *parts,
                        const code_word **lambda_code, struct load_error *why)
{
    struct beam *b = e->beam;
    copy_code(e, parts);
    uint8_t *strings = (uint8_t *)(parts->code + code_parts_moved(parts, e->words.used));
    if (b->strings_bytes) memcpy(strings, b->strings, b->strings_bytes);
    if (!patch_all(e, parts, strings, why)) return false;
    for (uint32_t i = 0; i < b->exports_count; i++) {
        area->exports[i].code = entry_of(e, parts, b->exports[i].label);
        if (!area->exports[i].code) {
            load_fail(why, "export %u has no code", i);
            return false;
        }
    }
    for (uint32_t i = 0; i < b->lambdas_count; i++) {
        lambda_code[i] = entry_of(e, parts, b->lambdas[i].label);
        if (!lambda_code[i]) {
            load_fail(why, "fun %u has no code", i);
            return false;
        }
    }
    if (e->on_load) area->on_load = parts->code + code_parts_moved(parts, e->on_load - 1);
    if (!parts->part || sort_tables(e, parts)) return true;
    load_fail(why, "out of memory while loading");
    return false;
}

static bool place(struct emitter *e, struct code_area *area, const code_word **lambda_code,
                  struct load_error *why)
{
    struct code_parts parts;
    uint32_t string_words = (uint32_t)((e->beam->strings_bytes + 3) / 4);
    uint32_t words = e->words.used + string_words;
    bool ok = code_parts_make(&parts, e->functions.items, e->functions.used, words, string_words);
    if (ok) {
        area->code = parts.code;
        area->words = parts.words, area->padding = parts.padding;
        ok = place_parts(e, area, &parts, lambda_code, why);
    } else {
        load_fail(why, "no memory for %u words of code", words);
    }
    code_parts_free(&parts);
    return ok;
}

/* Hands the array over in a block of its size. */
static void *fit(struct grow *g, size_t item_bytes)
{
    void *items = g->used ? arena_realloc(g->items, g->used * item_bytes) : NULL;
    if (items) g->items = NULL;
    return items;
}

static bool finish(struct emitter *e, struct code_area *area, const code_word **lambda_code,
                   struct load_error *why)
{
    if (e->no_memory || !e->words.items) {
        load_fail(why, e->no_memory ? "out of memory while loading" : "no code");
        return false;
    }
    if (e->no_row) {
        load_fail(why, "code: operands that instruction %s cannot take", e->no_row);
        return false;
    }
    if (!place(e, area, lambda_code, why)) return false;
    area->functions_count = e->functions.used;
    area->lines_count = e->lines.used;
    area->functions = fit(&e->functions, sizeof(struct function_info));
    area->lines = fit(&e->lines, sizeof(struct line_entry));
    return true;
}

bool emit_code(struct beam *b, struct code_area *area, const code_word **lambda_code,
               struct load_error *why)
{
    struct emitter e = {.beam = b};
    e.labels = arena_calloc(b->labels_count * sizeof *e.labels);
    if (!e.labels) {
        load_fail(why, "no memory for %u labels", b->labels_count);
        return false;
    }
    bool ok = rewrite(&e, b, why) && finish(&e, area, lambda_code, why);
    arena_free(e.labels);
    arena_free(e.words.items);
    arena_free(e.patches.items);
    arena_free(e.functions.items);
    arena_free(e.lines.items);
    return ok;
}
