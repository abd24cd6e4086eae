/* SPDX-License-Identifier: Apache-2.0 */
/* beam_check.c -- looks at every instruction of a module on its way to emission.
 *
 * Refused here, besides what the reader refuses: code outside functions; a function without
 * an entry; labels that are defined twice, not at all, or in another function than the one
 * that jumps there; calls, exports and lambdas that do not lead to the entry of a
 * function with their arity; a frame that is smaller than the Y registers and deallocations
 * of its function; segments of binaries that are of no known type; malformed bs_match.
 *
 * Not checked, as in the stock machine: that registers hold what instructions expect of them, that
 * every path allocates before it uses Y registers, that room on the heap is asked for before it
 * is used, and that type hints are true.  A compiler makes it so; do not load .beam
 * files from people whose code you would not run.
 */
#include "code/beam_private.h"
#include "code/engine_ops.h"
#include "heap/arena.h"

struct label {
    uint32_t defined_in, used_in; /* number of the function from 1; 0: nowhere */
    uint32_t before;              /* the label just before it, when no instruction is between */
    uint16_t call_arity;          /* arity of calls of it plus 1; 0: not called */
    uint16_t entry;               /* it is the entry of defined_in */
};
struct function {
    term name;
    uint32_t arity;
};
struct checker {
    struct beam *b;
    struct load_error *why;
    struct label *labels;
    struct function *functions; /* [0] is not used */
    uint32_t current;           /* function; 0: before the first */
    uint32_t run;               /* newest of the labels that we passed since the last instruction */
    bool wants_entry;           /* func_info was just there */
    uint64_t frame, used_frame; /* slots allocated, and needed, by the current function */
    const struct generic_op *op;
};

static bool fail(const struct checker *c, const char *what)
{
    load_fail(c->why, "code at byte %u: %s: %s", c->op->at, beam_row(c->op->op)->name, what);
    return false;
}
static bool fail_label(const struct checker *c, uint32_t label, const char *what)
{
    load_fail(c->why, "code: label %u %s", label, what);
    return false;
}

/* --- labels and functions -------------------------------------------------------------------- */

static bool define_label(struct checker *c)
{
    uint64_t n = c->op->a[0].n;
    if (n == 0 || n >= c->b->labels_count) return fail(c, "no such label");
    struct label *l = &c->labels[n];
    if (l->defined_in) return fail(c, "it is there already");
    /* One that stands before the first function belongs to it. */
    l->defined_in = c->current ? c->current : 1;
    l->before = c->run;
    l->entry = c->wants_entry;
    c->wants_entry = false;
    c->run = (uint32_t)n;
    return true;
}

static bool end_function(struct checker *c)
{
    if (c->wants_entry) return fail(c, "the function before it has no entry");
    if (c->used_frame > c->frame)
        return fail(c, "the function before it uses more Y registers than it allocates");
    c->frame = c->used_frame = 0;
    return true;
}

static bool begin_function(struct checker *c)
{
    const struct operand *a = c->op->a;
    if (!end_function(c)) return false;
    if (c->current >= c->b->functions_count) return fail(c, "more functions than the header says");
    if (!term_same(a[0].value, c->b->module)) return fail(c, "a function of another module");
    if (a[2].n > 255) return fail(c, "too many arguments");
    c->current++;
    c->functions[c->current] = (struct function){a[1].value, (uint32_t)a[2].n};
    for (uint32_t l = c->run; l; l = c->labels[l].before) c->labels[l].defined_in = c->current;
    c->run = 0;
    c->wants_entry = true;
    return true;
}

static bool use_label(struct checker *c, uint64_t n)
{
    struct label *l = &c->labels[n];
    if (l->used_in && l->used_in != c->current) return fail(c, "a jump out of its function");
    l->used_in = c->current;
    return true;
}

static bool use_entry(struct checker *c, uint64_t arity, uint64_t n)
{
    struct label *l = &c->labels[n];
    if (arity > 255) return fail(c, "too many arguments");
    if (l->call_arity && l->call_arity != arity + 1)
        return fail(c, "calls of one function disagree");
    l->call_arity = (uint16_t)(arity + 1);
    return true;
}

/* --- frames -------------------------------------------------------------------------------------- */

static bool allocate(struct checker *c, uint64_t slots)
{
    if (slots > 1023) return fail(c, "too large a frame");
    if (slots > c->frame) c->frame = slots;
    return true;
}
static bool need_frame(struct checker *c, uint64_t slots)
{
    if (slots > c->used_frame) c->used_frame = slots;
    return true;
}

/* --- binaries --------------------------------------------------------------------------------------- */

static bool check_segment(struct checker *c, const struct operand *a)
{
    switch (atom_index(a[0].value)) {
    case ATOM_append:
    case ATOM_private_append:
    case ATOM_binary:
    case ATOM_float:
    case ATOM_integer:
    case ATOM_utf8:
    case ATOM_utf16:
    case ATOM_utf32: return a[4].kind != OPERAND_UNSIGNED || fail(c, "a segment without a source");
    case ATOM_string: break;
    default: return fail(c, "a segment of an unknown type");
    }
    if (a[4].kind != OPERAND_UNSIGNED || a[5].kind != OPERAND_CONSTANT || !is_small(a[5].value) ||
        small_value(a[5].value) < 0 || a[4].n > c->b->strings_bytes ||
        (uint64_t)small_value(a[5].value) > c->b->strings_bytes - a[4].n)
        return fail(c, "a string that is outside the string table");
    return true;
}

static bool check_create(struct checker *c, const struct operand *list)
{
    for (uint64_t i = 0; i < list->n; i += 6)
        if (!check_segment(c, list->list + i)) return false;
    return true;
}

/* The operands of each command: u number of 32 bits, v number of 64 bits, c constant, d register, l live X
 * registers or []. */
static const char *command_kinds(term name)
{
    if (!is_atom(name)) return NULL;
    switch (atom_index(name)) {
    case ATOM_ensure_at_least: return "uu";
    case ATOM_ensure_exactly: return "u";
    case ATOM_integer:
    case ATOM_binary: return "lcuud";
    case ATOM_skip: return "u";
    case ATOM_get_tail: return "lud";
    case ATOM_exactly_equal: return "luv";
    default: return NULL;
    }
}

static bool fits(const struct operand *o, char kind)
{
    switch (kind) {
    case 'u': return o->kind == OPERAND_UNSIGNED && o->n <= UINT32_MAX;
    case 'v': return o->kind == OPERAND_UNSIGNED;
    case 'l': return o->kind == OPERAND_UNSIGNED || o->kind == OPERAND_CONSTANT;
    case 'c': return o->kind == OPERAND_CONSTANT;
    default: return o->kind == OPERAND_X || o->kind == OPERAND_Y;
    }
}

static bool check_match(struct checker *c, const struct operand *list)
{
    for (uint64_t i = 0; i < list->n;) {
        const struct operand *o = &list->list[i++];
        const char *kinds = o->kind == OPERAND_CONSTANT ? command_kinds(o->value) : NULL;
        if (!kinds) return fail(c, "an unknown command");
        for (; *kinds; kinds++, i++)
            if (i >= list->n || !fits(&list->list[i], *kinds))
                return fail(c, "a malformed command");
    }
    return true;
}

/* --- instructions -------------------------------------------------------------------------------------- */

static bool check_operands(struct checker *c, const struct operand *o, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        if (o[i].kind == OPERAND_LABEL && o[i].n && !use_label(c, o[i].n)) return false;
        if (o[i].kind == OPERAND_Y) need_frame(c, o[i].n + 1);
        if (o[i].kind == OPERAND_LIST && !check_operands(c, o[i].list, o[i].n)) return false;
    }
    return true;
}

static bool check_body(struct checker *c)
{
    const struct operand *a = c->op->a;
    if (!c->current) return fail(c, "code outside any function");
    if (c->wants_entry) return fail(c, "the function has no entry");
    switch (c->op->op) {
    case BEAM_call: return use_entry(c, a[0].n, a[1].n);
    case BEAM_call_only: return use_entry(c, a[0].n, a[1].n);
    case BEAM_call_last: return use_entry(c, a[0].n, a[1].n) && need_frame(c, a[2].n);
    case BEAM_call_ext_last: need_frame(c, a[2].n); break;
    case BEAM_deallocate: need_frame(c, a[0].n); break;
    case BEAM_trim: need_frame(c, a[0].n + a[1].n); break;
    case BEAM_apply_last: need_frame(c, a[1].n); /* fall through */
    case BEAM_apply:
    case BEAM_call_fun:
        if (a[0].n > 255) return fail(c, "too many arguments");
        break;
    case BEAM_call_fun2:
        if (a[1].n > 255) return fail(c, "too many arguments");
        if (a[0].kind == OPERAND_UNSIGNED && a[0].n >= c->b->lambdas_count)
            return fail(c, "no such lambda");
        break;
    case BEAM_allocate:
    case BEAM_allocate_zero:
    case BEAM_allocate_heap:
    case BEAM_allocate_heap_zero:
        if (!allocate(c, a[0].n)) return false;
        break;
    case BEAM_fmove: /* from or to a float register, not both */
        if ((a[0].kind == OPERAND_F) == (a[1].kind == OPERAND_F))
            return fail(c, "one float register is wanted");
        break;
    case BEAM_put_map_assoc:
    case BEAM_put_map_exact:
        if (a[4].n > 2 * MAX_PAIRS) return fail(c, "too many pairs");
        break;
    case BEAM_put_record:
        if (a[5].n > 2 * MAX_PAIRS) return fail(c, "too many fields");
        break;
    case BEAM_bs_create_bin:
        if (a[5].n > 6 * MAX_SEGMENTS) return fail(c, "too many segments");
        if (!check_create(c, &a[5])) return false;
        break;
    case BEAM_bs_match:
        if (!check_match(c, &a[2])) return false;
        break;
    default: break;
    }
    return check_operands(c, a, c->op->arity);
}

static bool check_op(struct checker *c)
{
    if (c->op->op == BEAM_label) return define_label(c);
    if (c->op->op == BEAM_line) return true;
    if (c->op->op == BEAM_func_info) return begin_function(c);
    if (c->op->op == BEAM_int_code_end) return end_function(c);
    c->run = 0;
    return check_body(c);
}

/* --- the whole ----------------------------------------------------------------------------------------------- */

static bool is_entry(const struct checker *c, uint32_t label, term name, uint32_t arity)
{
    const struct label *l = &c->labels[label];
    if (!l->entry) return false;
    const struct function *f = &c->functions[l->defined_in];
    return f->arity == arity && (is_nil(name) || term_same(f->name, name));
}

static bool check_labels(struct checker *c)
{
    for (uint32_t i = 1; i < c->b->labels_count; i++) {
        const struct label *l = &c->labels[i];
        if ((l->used_in || l->call_arity) && !l->defined_in)
            return fail_label(c, i, "is not defined");
        if (l->used_in && l->used_in != l->defined_in)
            return fail_label(c, i, "is jumped to from another function");
        if (l->call_arity && !is_entry(c, i, NIL, l->call_arity - 1u))
            return fail_label(c, i, "is called, and is not the entry of a function of that arity");
    }
    return true;
}

static bool check_tables(struct checker *c)
{
    for (uint32_t i = 0; i < c->b->exports_count; i++) {
        const struct beam_export *e = &c->b->exports[i];
        if (is_entry(c, e->label, e->function, e->arity)) continue;
        load_fail(c->why, "chunk ExpT: entry %u is not the entry of that function", i);
        return false;
    }
    for (uint32_t i = 0; i < c->b->lambdas_count; i++) {
        const struct beam_lambda *l = &c->b->lambdas[i];
        if (is_entry(c, l->label, l->function, l->arity)) continue;
        load_fail(c->why, "chunk FunT: entry %u is not the entry of that function", i);
        return false;
    }
    return true;
}

static struct checker checker; /* one module is loaded at a time */

bool beam_check_begin(struct beam *b, struct load_error *why)
{
    checker = (struct checker){.b = b, .why = why};
    checker.labels = arena_calloc((b->labels_count + 1) * sizeof *checker.labels);
    checker.functions = arena_malloc((b->functions_count + 1) * sizeof *checker.functions);
    b->private->checker = &checker;
    if (checker.labels && checker.functions) return true;
    load_fail(why, "out of memory");
    return false;
}

bool beam_check_op(struct checker *c, const struct generic_op *op, struct load_error *why)
{
    c->op = op;
    c->why = why;
    return check_op(c);
}

bool beam_check_end(struct beam *b, struct load_error *why)
{
    struct checker *c = b->private->checker;
    struct generic_op end = {.op = BEAM_int_code_end, .at = (uint32_t)b->private->at};
    c->op = &end;
    c->why = why;
    if (b->private->at != b->private->code.n) return fail(c, "there is more code after it");
    if (c->current != b->functions_count) {
        load_fail(why, "code: %u functions, and the header says %u", c->current,
                  b->functions_count);
        return false;
    }
    return check_labels(c) && check_tables(c);
}

void beam_check_free(struct beam *b)
{
    if (!b->private || !b->private->checker) return;
    arena_free(checker.labels), arena_free(checker.functions);
    b->private->checker = NULL;
}

static bool read_and_check(struct beam *b)
{
    struct generic_op op;
    bool failed;
    while (beam_next(b, &op, &failed, b->private->why)) {}
    return !failed && beam_check_end(b, b->private->why);
}

bool beam_check(struct beam *b, struct load_error *why)
{
    beam_rewind(b);
    b->private->why = why;
    bool ok = beam_check_begin(b, why) && beam_guarded(b, read_and_check);
    beam_check_free(b);
    return ok;
}
