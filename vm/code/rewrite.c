/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite.c -- from generic BEAM instructions to groups of engine instructions.
 *
 * A window of a few instructions slides over the code; each case looks at the first, may take
 * followers in (fusion), and emits.  What is obsolete was refused by the reader.  One function
 * for each idea: leaving a fusion out changes speed, never meaning.
 */
#include "code/engine.h"
#include "code/rewrite.h"
#include "binary/create.h"
#include "heap/arena.h"
#include "term/compare.h"

/* --- the window ------------------------------------------------------------------------ */

struct window {
    struct beam *beam;
    struct emitter *e;
    struct generic_op ops[BEAM_WINDOW];
    unsigned first, count;
    bool ended, failed;
    struct load_error *why;
};

/* The i-th instruction from here, NULL behind the end. */
static struct generic_op *peek(struct window *w, unsigned i)
{
    while (w->count <= i && !w->ended) {
        struct generic_op *op = &w->ops[(w->first + w->count) % BEAM_WINDOW];
        if (beam_next(w->beam, op, &w->failed, w->why))
            w->count++;
        else
            w->ended = true;
    }
    return i < w->count ? &w->ops[(w->first + i) % BEAM_WINDOW] : NULL;
}

static void drop(struct window *w, unsigned n)
{
    w->first = (w->first + n) % BEAM_WINDOW;
    w->count -= n;
}

static bool next_is(struct window *w, unsigned i, enum beam_op op)
{
    struct generic_op *g = peek(w, i);
    return g && g->op == op;
}

/* --- small questions ------------------------------------------------------------------------ */

static bool is_x(const struct operand *o, uint64_t n) { return o->kind == OPERAND_X && o->n == n; }
static bool same_register(const struct operand *a, const struct operand *b)
{
    return (a->kind == OPERAND_X || a->kind == OPERAND_Y) && a->kind == b->kind && a->n == b->n;
}
static bool is_label(const struct operand *o, uint64_t n)
{
    return o->kind == OPERAND_LABEL && o->n == n;
}

/* A number that the file may give as a plain number or as an integer. */
static uint64_t number(const struct operand *o)
{
    return o->kind == OPERAND_CONSTANT ? (uint64_t)small_value(o->value) : o->n;
}
/* A source that the file may give as a plain number. */
static struct operand source(const struct operand *o)
{
    return o->kind == OPERAND_UNSIGNED ? operand_constant(small((int64_t)o->n)) : *o;
}
static struct operand frame(const struct operand *slots) { return operand_u(slots->n + 1); }
static struct operand tuple_header(uint64_t size)
{
    return operand_u(header(size, KIND_TUPLE).bits);
}
static struct export *import(struct window *w, const struct operand *o)
{
    return w->beam->imports[o->n];
}

/* --- moves -------------------------------------------------------------------------------------- */

static bool plain_move(const struct generic_op *g)
{
    return g && g->op == BEAM_move && operand_fits_word(&g->a[0]);
}

/* Source and destination of two moves are registers of the same kinds. */
static bool same_kinds(const struct generic_op *g, const struct generic_op *b)
{
    return g->a[0].kind == b->a[0].kind && g->a[1].kind == b->a[1].kind &&
           g->a[1].kind + g->a[0].kind != 2 * OPERAND_Y &&
           !(g->a[0].kind == OPERAND_CONSTANT && g->a[1].kind == OPERAND_Y);
}

/* A move that ends a function, or is the last argument of a call. */
static unsigned rewrite_last_move(struct window *w, struct operand *a, struct generic_op *b)
{
    if (!b) return 0;
    if (is_x(&a[1], 0) && b->op == BEAM_return_) {
        EMIT(w->e, move_return, a[0]);
        return 2;
    }
    if (is_x(&a[1], 0) && b->op == BEAM_deallocate && next_is(w, 2, BEAM_return_)) {
        EMIT(w->e, move_deallocate_return, a[0], frame(&b->a[0]));
        return 3;
    }
    if (b->op == BEAM_call_only) {
        EMIT(w->e, move_call_only, a[0], a[1], b->a[1]);
        return 2;
    }
    if (b->op == BEAM_call) {
        EMIT(w->e, move_call, a[0], a[1], b->a[1]);
        return 2;
    }
    return 0;
}

static unsigned rewrite_move(struct window *w, struct generic_op *g)
{
    struct operand *a = g->a;
    if (!plain_move(g)) {
        EMIT(w->e, move, a[0], a[1]);
        return 1;
    }
    struct generic_op *b = peek(w, 1);
    unsigned taken = rewrite_last_move(w, a, b);
    if (taken) return taken;
    if (!plain_move(b)) {
        EMIT(w->e, move, a[0], a[1]);
        return 1;
    }
    struct generic_op *c = peek(w, 2);
    if (plain_move(c) && same_kinds(g, b) && same_kinds(g, c)) {
        EMIT(w->e, move3, a[0], a[1], b->a[0], b->a[1], c->a[0], c->a[1]);
        return 3;
    }
    EMIT(w->e, move2, a[0], a[1], b->a[0], b->a[1]);
    return 2;
}

static unsigned rewrite_allocate(struct window *w, struct generic_op *g)
{
    struct operand words = frame(&g->a[0]), live = operand_u(g->a[1].n);
    struct generic_op *b = peek(w, 1), *c = plain_move(b) ? peek(w, 2) : NULL;
    bool one = plain_move(b) && b->a[0].kind == OPERAND_X && b->a[1].kind == OPERAND_Y;
    bool two = one && plain_move(c) && c->a[0].kind == OPERAND_X && c->a[1].kind == OPERAND_Y;
    if (two) {
        EMIT(w->e, allocate_move2, words, live, b->a[0], b->a[1], c->a[0], c->a[1]);
        return 3;
    }
    if (one) {
        EMIT(w->e, allocate_move, words, live, b->a[0], b->a[1]);
        return 2;
    }
    EMIT(w->e, allocate, words, live);
    return 1;
}

static bool all_fit(const struct operand *o, unsigned n)
{
    while (n > 0)
        if (!operand_fits_word(&o[--n])) return false;
    return true;
}

/* Room, and the first thing that is built in it. */
static unsigned rewrite_test_heap(struct window *w, struct generic_op *g)
{
    struct operand words = operand_u(g->a[0].n), live = operand_u(g->a[1].n);
    struct generic_op *b = peek(w, 1);
    if (b && b->op == BEAM_put_list && all_fit(b->a, 2)) {
        EMIT(w->e, room_put_list, words, live, b->a[0], b->a[1], b->a[2]);
        return 2;
    }
    if (b && b->op == BEAM_put_tuple2 && b->a[1].n == 2 && all_fit(b->a[1].list, 2)) {
        EMIT(w->e, room_put_tuple2, words, live, b->a[0], b->a[1].list[0], b->a[1].list[1]);
        return 2;
    }
    if (b && b->op == BEAM_put_tuple2 && b->a[1].n == 3 && all_fit(b->a[1].list, 3)) {
        EMIT(w->e, room_put_tuple3, words, live, b->a[0], b->a[1].list[0], b->a[1].list[1],
             b->a[1].list[2]);
        return 2;
    }
    EMIT(w->e, test_heap, words, live);
    return 1;
}

/* --- floats: values on their way into registers and back ------------------------------------------ */

static bool loads_float(const struct generic_op *g)
{
    return g && g->op == BEAM_fmove && g->a[0].kind != OPERAND_F && operand_fits_word(&g->a[0]);
}
static bool stores_float(const struct generic_op *g)
{
    return g && g->op == BEAM_fmove && g->a[0].kind == OPERAND_F;
}

static unsigned rewrite_fmove(struct window *w, struct generic_op *g)
{
    struct generic_op *b = peek(w, 1);
    struct operand *a = g->a;
    if (stores_float(g)) {
        if (stores_float(b)) {
            EMIT(w->e, fmove_store2, a[0], a[1], b->a[0], b->a[1]);
            return 2;
        }
        EMIT(w->e, fmove_store, a[0], a[1]);
        return 1;
    }
    if (loads_float(g) && b) {
        if (b->op == BEAM_fadd) {
            EMIT(w->e, load_fadd, a[0], a[1], b->a[1], b->a[2], b->a[3]);
            return 2;
        }
        if (b->op == BEAM_fsub) {
            EMIT(w->e, load_fsub, a[0], a[1], b->a[1], b->a[2], b->a[3]);
            return 2;
        }
        if (b->op == BEAM_fmul) {
            EMIT(w->e, load_fmul, a[0], a[1], b->a[1], b->a[2], b->a[3]);
            return 2;
        }
        if (loads_float(b)) {
            EMIT(w->e, fmove_load2, a[0], a[1], b->a[0], b->a[1]);
            return 2;
        }
    }
    EMIT(w->e, fmove_load, a[0], a[1]);
    return 1;
}

static unsigned rewrite_init_yregs(struct window *w, struct generic_op *g)
{
    struct operand *list = g->a[0].list;
    uint64_t n = g->a[0].n;
    if (n == 1) {
        EMIT(w->e, init1, list[0]);
    } else if (n == 2) {
        EMIT(w->e, init2, list[0], list[1]);
    } else {
        emit_list_start(w->e, GROUP_init_list, 0, NULL);
        for (uint64_t i = 0; i < n; i++) emit_list_word(w->e, (uint32_t)(list[i].n + 1) * 8);
        emit_list_end(w->e);
    }
    return 1;
}

/* --- calls ------------------------------------------------------------------------------------------ */

static bool runs_in_engine(const struct export *x) { return engine_body_of(x) != ENGINE_OPS; }

/* erlang:apply/2,3 are instructions of the caller, so that they are no frame of their own. */
static bool rewrite_apply(struct window *w, struct generic_op *g, enum engine_op body)
{
    if (body != OP_apply2_body && body != OP_apply3_body) return false;
    bool two = body == OP_apply2_body;
    if (g->op == BEAM_call_ext_last) {
        struct operand words = frame(&g->a[2]);
        emit(w->e, two ? GROUP_apply2_last : GROUP_apply3_last, 1, &words);
    } else if (g->op == BEAM_call_ext_only) {
        emit(w->e, two ? GROUP_apply2_only : GROUP_apply3_only, 0, NULL);
    } else {
        emit(w->e, two ? GROUP_apply2 : GROUP_apply3, 0, NULL);
    }
    return true;
}

/* A native that is traced returns to its caller, which returns then: the instruction behind is for that only. */
static void rewrite_native_tail_call(struct window *w, struct operand native, struct operand words,
                                     bool has_frame)
{
    if (has_frame)
        EMIT(w->e, call_native_last, native, words);
    else
        EMIT(w->e, call_native_only, native);
    EMIT(w->e, deallocate_return, words);
}

static void rewrite_call_ext(struct window *w, struct generic_op *g)
{
    struct export *x = import(w, &g->a[1]);
    struct operand e = operand_low(x);
    if (rewrite_apply(w, g, engine_body_of(x))) return;
    bool native = x->native && !runs_in_engine(x);
    if (g->op == BEAM_call_ext) {
        if (native)
            EMIT(w->e, call_native, e);
        else
            EMIT(w->e, call_ext, e);
    } else if (g->op == BEAM_call_ext_only) {
        if (native)
            rewrite_native_tail_call(w, e, operand_u(1), false);
        else
            EMIT(w->e, call_ext_only, e);
    } else {
        if (native)
            rewrite_native_tail_call(w, e, frame(&g->a[2]), true);
        else
            EMIT(w->e, call_ext_last, e, frame(&g->a[2]));
    }
}

/* A call of a fun right before the end of a function is a jump: the stack must not grow. */
static unsigned rewrite_call_fun(struct window *w, struct operand arity, struct operand fun)
{
    struct generic_op *b = peek(w, 1);
    if (b && b->op == BEAM_deallocate && next_is(w, 2, BEAM_return_)) {
        struct operand frame_words = frame(&b->a[0]);
        EMIT(w->e, call_fun_last, arity, fun, frame_words);
        return 3;
    }
    if (b && b->op == BEAM_return_) {
        EMIT(w->e, call_fun_only, arity, fun);
        return 2;
    }
    EMIT(w->e, call_fun, arity, fun);
    return 1;
}

static void rewrite_make_fun(struct window *w, uint64_t lambda, struct operand dst,
                             const struct operand *free, uint64_t n)
{
    const struct beam_lambda *l = &w->beam->lambdas[lambda];
    struct operand reachable[256];
    for (uint64_t i = 0; i < n; i++)
        reachable[i] =
            emit_reachable(w->e, free ? &free[i] : &(struct operand){.kind = OPERAND_X, .n = i});
    struct operand head[] = {operand_low(l->entry), dst};
    emit_list_start(w->e, GROUP_make_fun, 2, head);
    for (uint64_t i = 0; i < n; i++) emit_list_source(w->e, &reachable[i]);
    emit_list_end(w->e);
}

/* --- functions ------------------------------------------------------------------------------------------ */

/* A function that a native stands for: its own body is passed over. */
static unsigned rewrite_func_info(struct window *w, struct generic_op *g)
{
    term name = g->a[1].value;
    uint32_t arity = (uint32_t)g->a[2].n;
    emit_function(w->e, name, arity);
    struct export *x = export_get(w->beam->module, name, arity);
    if (!x || (!x->native && !runs_in_engine(x))) return 1;
    bool emitted = false;
    drop(w, 1);
    for (struct generic_op *op; (op = peek(w, 0)); drop(w, 1)) {
        if (op->op == BEAM_func_info || op->op == BEAM_int_code_end) break;
        /* The label and line before the next func_info belong to it. */
        if (op->op == BEAM_label && emitted &&
            (next_is(w, 1, BEAM_func_info) ||
             (next_is(w, 1, BEAM_line) && next_is(w, 2, BEAM_func_info))))
            break;
        if (op->op == BEAM_line && next_is(w, 1, BEAM_func_info)) break;
        if (op->op == BEAM_label) emit_label(w->e, op->a[0].n);
        if (op->op == BEAM_label && !emitted) {
            if (runs_in_engine(x))
                emit(w->e, (enum engine_group)engine_info[engine_body_of(x)].group, 0, NULL);
            else
                EMIT(w->e, native_body, operand_low(x));
            emitted = true;
        }
    }
    return 0;
}

/* --- tests ------------------------------------------------------------------------------------------------ */

static unsigned rewrite_is_nonempty_list(struct window *w, struct generic_op *g)
{
    struct generic_op *b = peek(w, 1);
    if (b && b->op == BEAM_get_list && same_register(&g->a[1], &b->a[0])) {
        EMIT(w->e, is_nonempty_list_get_list, g->a[0], g->a[1], b->a[1], b->a[2]);
        return 2;
    }
    EMIT(w->e, is_nonempty_list, g->a[0], g->a[1]);
    return 1;
}

/* The first clause of many a function: when the argument is this constant, that is the answer. */
static unsigned rewrite_eq_return(struct window *w, struct operand fail, struct operand arg,
                                  struct operand value)
{
    struct generic_op *b = peek(w, 1);
    bool plain = arg.kind == OPERAND_X && value.kind == OPERAND_CONSTANT &&
                 is_immediate(value.value) && operand_fits_word(&value);
    if (!plain || !plain_move(b) || !is_x(&b->a[1], 0) || b->a[0].kind == OPERAND_Y ||
        !next_is(w, 2, BEAM_return_))
        return 0;
    EMIT(w->e, eq_return, fail, arg, value, b->a[0]);
    return 3;
}

static unsigned rewrite_is_nil(struct window *w, struct generic_op *g)
{
    unsigned taken = rewrite_eq_return(w, g->a[0], g->a[1], operand_constant(NIL));
    if (taken) return taken;
    EMIT(w->e, is_nil, g->a[0], g->a[1]);
    return 1;
}

static unsigned rewrite_is_tagged_tuple(struct window *w, struct generic_op *g)
{
    struct operand *a = g->a, size = tuple_header(number(&a[2]));
    struct generic_op *b = peek(w, 1);
    if (b && b->op == BEAM_get_tuple_element && a[1].kind == OPERAND_X &&
        same_register(&a[1], &b->a[0])) {
        EMIT(w->e, is_tagged_tuple_get, a[0], a[1], size, a[3], operand_u(b->a[1].n + 1), b->a[2]);
        return 2;
    }
    EMIT(w->e, is_tagged_tuple, a[0], a[1], size, a[3]);
    return 1;
}

/* is_tuple, test_arity and the first two elements of a pair that are fetched into X registers. */
static bool fetches_pair(struct window *w, const struct operand *tuple, struct operand out[2])
{
    struct generic_op *c = peek(w, 2), *d = peek(w, 3);
    if (!c || !d || c->op != BEAM_get_tuple_element || d->op != BEAM_get_tuple_element)
        return false;
    if (!same_register(tuple, &c->a[0]) || !same_register(tuple, &d->a[0]) ||
        same_register(tuple, &c->a[2]))
        return false;
    out[0] = c->a[2];
    out[1] = d->a[2];
    return c->a[1].n == 0 && d->a[1].n == 1 && out[0].kind == OPERAND_X &&
           out[1].kind == OPERAND_X && tuple->kind == OPERAND_X;
}

static unsigned rewrite_is_tuple(struct window *w, struct generic_op *g)
{
    struct generic_op *b = peek(w, 1);
    struct operand pair[2];
    if (b && b->op == BEAM_test_arity && same_register(&g->a[1], &b->a[1]) &&
        is_label(&b->a[0], g->a[0].n) && fetches_pair(w, &g->a[1], pair)) {
        EMIT(w->e, is_tuple_of_get2, g->a[0], g->a[1], tuple_header(number(&b->a[2])), pair[0],
             pair[1]);
        return 4;
    }
    if (b && b->op == BEAM_test_arity && same_register(&g->a[1], &b->a[1]) &&
        is_label(&b->a[0], g->a[0].n)) {
        EMIT(w->e, is_tuple_of, g->a[0], g->a[1], tuple_header(number(&b->a[2])));
        return 2;
    }
    EMIT(w->e, is_tuple, g->a[0], g->a[1]);
    return 1;
}

/* Commutative tests want the constant last. */
static unsigned rewrite_equal(struct window *w, enum engine_group group, struct generic_op *g)
{
    bool turn = g->a[1].kind == OPERAND_CONSTANT;
    struct operand ops[] = {g->a[0], turn ? g->a[2] : g->a[1], turn ? g->a[1] : g->a[2]};
    unsigned taken = group == GROUP_is_eq_exact ? rewrite_eq_return(w, ops[0], ops[1], ops[2]) : 0;
    if (taken) return taken;
    emit(w->e, group, 3, ops);
    return 1;
}

struct choice {
    term value;
    uint64_t label;
};

static void sort_choices(struct choice *c, size_t n)
{
    for (size_t gap = n / 2; gap > 0; gap /= 2)
        for (size_t i = gap; i < n; i++) {
            struct choice x = c[i];
            size_t k = i;
            for (; k >= gap && (int64_t)c[k - gap].value.bits > (int64_t)x.value.bits; k -= gap)
                c[k] = c[k - gap];
            c[k] = x;
        }
}

#define CHOICES_LINEAR 4

static void emit_choices(struct window *w, struct operand arg, struct operand fail,
                         struct choice *c, size_t n)
{
    bool small_ones = true;
    for (size_t i = 0; i < n; i++) small_ones &= is_small(c[i].value);
    struct operand head[] = {arg, fail, fail};
    if (n <= CHOICES_LINEAR) {
        emit_list_start(w->e, GROUP_select_linear, 2, head);
        for (size_t i = 0; i < n; i++) {
            emit_list_word(w->e, (uint32_t)c[i].value.bits);
            emit_list_label(w->e, c[i].label);
        }
        emit_list_end(w->e);
        return;
    }
    sort_choices(c, n);
    int64_t low = small_value(c[0].value),
            span = small_ones ? small_value(c[n - 1].value) - low + 1 : INT64_MAX;
    if (small_ones && span <= (int64_t)n * 3 + 8) {
        head[2] = operand_constant(c[0].value);
        emit_list_start(w->e, GROUP_select_jump, 3, head);
        for (int64_t v = 0, i = 0; v < span; v++) {
            bool hit = small_value(c[i].value) - low == v;
            emit_list_label(w->e, hit ? c[i].label : fail.n);
            if (hit) i++;
        }
        emit_list_end(w->e);
        return;
    }
    emit_list_start(w->e, GROUP_select_binary, 2, head);
    for (size_t i = 0; i < n; i++) emit_list_word(w->e, (uint32_t)c[i].value.bits);
    for (size_t i = 0; i < n; i++) emit_list_label(w->e, c[i].label);
    emit_list_end(w->e);
}

static void rewrite_select_val(struct window *w, struct generic_op *g)
{
    /* Without memory for a table the choices are tried one by one. */
    struct choice *choices = arena_malloc((g->a[2].n / 2 + 1) * sizeof *choices);
    size_t n = 0;
    struct operand arg = emit_reachable(w->e, &g->a[0]);
    struct operand *list = g->a[2].list;
    for (uint64_t i = 0; i + 1 < g->a[2].n; i += 2) {
        struct operand value = source(&list[i]);
        if (!operand_fits_word(&value) || !is_immediate(value.value) || !choices)
            EMIT(w->e, is_ne_exact, operand_label(list[i + 1].n), arg, value);
        else
            choices[n++] = (struct choice){value.value, list[i + 1].n};
    }
    if (n == 0)
        EMIT(w->e, jump, g->a[1]);
    else
        emit_choices(w, arg, g->a[1], choices, n);
    arena_free(choices);
}

static void rewrite_select_arity(struct window *w, struct generic_op *g)
{
    struct operand *list = g->a[2].list;
    emit_list_start(w->e, GROUP_select_arity, 2, g->a);
    for (uint64_t i = 0; i + 1 < g->a[2].n; i += 2) {
        emit_list_word(w->e, (uint32_t)header(number(&list[i]), KIND_TUPLE).bits);
        emit_list_label(w->e, list[i + 1].n);
    }
    emit_list_end(w->e);
}

/* --- data ------------------------------------------------------------------------------------------------------ */

static bool reads(const struct operand *reg, const struct generic_op *g)
{
    return same_register(reg, &g->a[0]);
}

/* Neighbouring elements of one tuple, fetched together. */
static unsigned rewrite_get_element(struct window *w, struct generic_op *g)
{
    struct operand word = operand_u(g->a[1].n + 1);
    struct generic_op *b = peek(w, 1);
    bool two = b && b->op == BEAM_get_tuple_element && reads(&g->a[0], b) &&
               b->a[1].n == g->a[1].n + 1 && !same_register(&g->a[2], &g->a[0]);
    if (!two && loads_float(b) && same_register(&g->a[2], &b->a[0])) {
        EMIT(w->e, element_fmove, g->a[0], word, g->a[2], b->a[1]);
        return 2;
    }
    if (!two) {
        EMIT(w->e, get_element, g->a[0], word, g->a[2]);
        return 1;
    }
    struct generic_op *c = peek(w, 2);
    bool three = c && c->op == BEAM_get_tuple_element && reads(&g->a[0], c) &&
                 c->a[1].n == g->a[1].n + 2 && !same_register(&b->a[2], &g->a[0]);
    if (three) {
        EMIT(w->e, get_element3, g->a[0], word, g->a[2], b->a[2], c->a[2]);
        return 3;
    }
    EMIT(w->e, get_element2, g->a[0], word, g->a[2], b->a[2]);
    return 2;
}

/* A list of sources that may need scratch registers; more than those go one by one through the list as they
 * are only in files made by hand, so a tuple of that many large integers is refused by `fits`. */
static void rewrite_put_tuple(struct window *w, struct generic_op *g)
{
    struct operand *l = g->a[1].list;
    switch (g->a[1].n) {
    case 1: EMIT(w->e, put_tuple1, g->a[0], l[0]); break;
    case 2: EMIT(w->e, put_tuple2, g->a[0], l[0], l[1]); break;
    case 3: EMIT(w->e, put_tuple3, g->a[0], l[0], l[1], l[2]); break;
    case 4: EMIT(w->e, put_tuple4, g->a[0], l[0], l[1], l[2], l[3]); break;
    default: emit_sources(w->e, GROUP_put_tuple, 1, g->a, l, g->a[1].n);
    }
}

static void rewrite_update_record(struct window *w, struct generic_op *g)
{
    struct operand head[] = {g->a[0], operand_u(g->a[1].n), g->a[2], g->a[3]};
    struct operand *l = g->a[4].list;
    uint64_t n = g->a[4].n;
    if (!emit_all_reachable(w->e, l, n)) return;
    emit_list_start(w->e, GROUP_update_record, 4, head);
    for (uint64_t i = 0; i + 2 <= n; i += 2) {
        emit_list_word(w->e, (uint32_t)number(&l[i]));
        emit_list_source(w->e, &l[i + 1]);
    }
    emit_list_end(w->e);
}

static void rewrite_get_map_elements(struct window *w, struct generic_op *g)
{
    struct operand *l = g->a[2].list;
    if (g->a[2].n == 2)
        EMIT(w->e, get_map_element, g->a[0], g->a[1], l[0], l[1]);
    else
        emit_sources(w->e, GROUP_get_map_elements, 2, g->a, l, g->a[2].n);
}

static void rewrite_put_map(struct window *w, struct generic_op *g)
{
    struct operand assoc[] = {g->a[1], g->a[2], operand_u(g->a[3].n)};
    struct operand exact[] = {g->a[0], g->a[1], g->a[2], operand_u(g->a[3].n)};
    if (g->op == BEAM_put_map_assoc)
        emit_sources(w->e, GROUP_put_map_assoc, 3, assoc, g->a[4].list, g->a[4].n);
    else
        emit_sources(w->e, GROUP_put_map_exact, 4, exact, g->a[4].list, g->a[4].n);
}

/* --- built-in functions in place ------------------------------------------------------------------------------------ */

/* Which operators have an instruction of their own, by name; all of module erlang. */
static const struct {
    uint32_t atom;
    uint8_t arity;
    bool only_in_body; /* when there is no fail label */
    uint16_t group;
} in_place[] = {
    {ATOM_plus, 2, true, GROUP_add},       {ATOM_minus, 2, true, GROUP_subtract},
    {ATOM_times, 2, true, GROUP_multiply}, {ATOM_div, 2, true, GROUP_divide_int},
    {ATOM_rem, 2, true, GROUP_remainder},  {ATOM_band, 2, true, GROUP_bit_and},
    {ATOM_bor, 2, true, GROUP_bit_or},     {ATOM_bxor, 2, true, GROUP_bit_xor},
    {ATOM_bsl, 2, true, GROUP_shift_left}, {ATOM_bsr, 2, true, GROUP_shift_right},
};
/* ... and the same in guards, where they stand in for bif2. */
static const struct {
    uint32_t atom;
    uint16_t group;
} in_guards[] = {
    {ATOM_plus, GROUP_guard_add},       {ATOM_minus, GROUP_guard_subtract},
    {ATOM_times, GROUP_guard_multiply}, {ATOM_div, GROUP_guard_divide},
    {ATOM_rem, GROUP_guard_remainder},  {ATOM_band, GROUP_guard_and},
    {ATOM_bsl, GROUP_guard_shift_left}, {ATOM_bsr, GROUP_guard_shift_right},
};
static const struct {
    uint32_t atom;
    uint8_t arity;
    bool has_fail;
    uint16_t group;
} direct[] = {
    {ATOM_self, 0, false, GROUP_bif_self},
    {ATOM_element, 2, true, GROUP_bif_element},
    {ATOM_tuple_size, 1, true, GROUP_bif_tuple_size},
    {ATOM_hd, 1, true, GROUP_bif_hd},
    {ATOM_tl, 1, true, GROUP_bif_tl},
    {ATOM_map_get, 2, true, GROUP_bif_map_get},
    {ATOM_exactly_equal, 2, false, GROUP_bif_is_eq_exact},
    {ATOM_exactly_not_equal, 2, false, GROUP_bif_is_ne_exact},
    {ATOM_not, 1, true, GROUP_bif_not},
    {ATOM_length, 1, true, GROUP_bif_length},
    {ATOM_byte_size, 1, true, GROUP_bif_byte_size},
};

/* args: sources and the destination, `arity` + 1 of them. */
static bool emit_direct(struct window *w, const struct export *x, struct operand fail,
                        const struct operand *args)
{
    if (!term_same(x->module, ATOM(erlang))) return false;
    for (size_t i = 0; i < sizeof direct / sizeof *direct; i++) {
        if (direct[i].atom != atom_index(x->function) || direct[i].arity != x->arity) continue;
        struct operand ops[5] = {fail};
        memcpy(ops + 1, args, (x->arity + 1) * sizeof *args);
        emit(w->e, direct[i].group, x->arity + 1 + direct[i].has_fail,
             direct[i].has_fail ? ops : ops + 1);
        return true;
    }
    return false;
}

/* 1 + X as X + 1.  Nothing else is turned: errors tell the arguments in their order, but not of this. */
static bool is_turned(enum engine_group g, const struct operand *args)
{
    return g == GROUP_add && args[0].kind == OPERAND_CONSTANT && is_small(args[0].value) &&
           args[1].kind != OPERAND_CONSTANT;
}

static enum engine_group guard_group(const struct export *x, bool collects)
{
    if (!collects || x->arity != 2 || !term_same(x->module, ATOM(erlang))) return ENGINE_GROUPS;
    for (size_t i = 0; i < sizeof in_guards / sizeof *in_guards; i++)
        if (in_guards[i].atom == atom_index(x->function)) return in_guards[i].group;
    return ENGINE_GROUPS;
}

static void rewrite_bif(struct window *w, struct generic_op *g, struct operand fail, bool collects,
                        unsigned import_at, unsigned arity)
{
    struct export *x = import(w, &g->a[import_at]);
    struct operand *args = &g->a[import_at + 1];
    if (emit_direct(w, x, fail, args)) return;
    if (collects && arity == 1 && fail.n == 0 && term_same(x->module, ATOM(erlang)) &&
        term_same(x->function, ATOM(plus))) {
        EMIT(w->e, add, args[0], operand_constant(small(0)),
             args[1]); /* as stock: +(-0.0) is 0.0 */
        return;
    }
    if (collects && arity == 2 && fail.n == 0 && term_same(x->module, ATOM(erlang)))
        for (size_t i = 0; i < sizeof in_place / sizeof *in_place; i++) {
            if (in_place[i].atom != atom_index(x->function)) continue;
            enum engine_group group = in_place[i].group;
            bool turn = is_turned(group, args);
            struct operand ops[] = {args[turn], args[!turn], args[2]};
            /* As stock, which adds the negative constant: -0.0 - 0 is 0.0. */
            if (group == GROUP_subtract && args[1].kind == OPERAND_CONSTANT &&
                term_same(args[1].value, small(0)))
                group = GROUP_add;
            emit(w->e, group, 3, ops);
            return;
        }
    enum engine_group group = guard_group(x, collects);
    static const uint16_t groups[] = {GROUP_bif0, GROUP_bif1, GROUP_bif2, GROUP_bif3};
    struct operand ops[8];
    unsigned n = 0;
    if (arity > 0) ops[n++] = fail;
    ops[n++] = operand_low(x);
    for (unsigned i = 0; i <= arity; i++) ops[n++] = args[i];
    emit(w->e, group != ENGINE_GROUPS ? group : groups[arity], n, ops);
}

/* --- the switch ------------------------------------------------------------------------------------------------------- */

/* Instructions that become one of the same name with the same operands. */
static int same_shape(enum beam_op op)
{
    switch (op) {
        /* clang-format off */
#define SAME(name) case BEAM_##name: return GROUP_##name;
        SAME(swap) SAME(is_integer) SAME(is_float) SAME(is_number) SAME(is_atom) SAME(is_boolean)
        SAME(is_pid) SAME(is_port) SAME(is_reference) SAME(is_binary) SAME(is_bitstr) SAME(is_map)
        SAME(is_function) SAME(is_list) SAME(is_lt) SAME(is_ge) SAME(get_list) SAME(get_hd)
        SAME(get_tl) SAME(put_list) SAME(badmatch) SAME(badrecord) SAME(case_end)
        SAME(try_case_end) SAME(if_end) SAME(catch_) SAME(catch_end) SAME(raw_raise)
        SAME(build_stacktrace) SAME(send) SAME(loop_rec) SAME(loop_rec_end) SAME(raise)
        SAME(remove_message) SAME(wait) SAME(timeout) SAME(recv_marker_reserve)
        SAME(recv_marker_bind) SAME(recv_marker_clear) SAME(recv_marker_use) SAME(fconv)
        SAME(bs_init_writable) SAME(return_) SAME(is_function2) SAME(try_end) SAME(try_case)
        SAME(jump)
#undef SAME
            /* clang-format on */
            case BEAM_try_ : return GROUP_catch_;
    default: return -1;
    }
}

/* Emits what the first instructions of the window mean; how many were taken. */
static unsigned rewrite_one(struct window *w, struct generic_op *g)
{
    struct emitter *e = w->e;
    struct operand *a = g->a;
    int same = same_shape((enum beam_op)g->op);
    if (same >= 0) {
        emit(e, (enum engine_group)same, g->arity, a);
        return 1;
    }
    switch (g->op) {
    case BEAM_label: emit_label(e, a[0].n); return 1;
    case BEAM_func_info: return rewrite_func_info(w, g);
    case BEAM_line:
        emit_line(e, a[0].n < w->beam->locations_count ? w->beam->locations[a[0].n] : 0);
        return 1;
    case BEAM_int_code_end: EMIT0(e, if_end); return 1; /* for code that runs off its end */
    case BEAM_nif_start: emit_nif_start(e); return 1;
    case BEAM_recv_mark:
    case BEAM_recv_set:
    case BEAM_fclearerror:
    case BEAM_fcheckerror:
    case BEAM_executable_line:
    case BEAM_debug_line: return 1;
    case BEAM_on_load: emit_on_load(e); return 1;

    case BEAM_move: return rewrite_move(w, g);
    case BEAM_init: EMIT(e, init1, a[0]); return 1;
    case BEAM_init_yregs: return rewrite_init_yregs(w, g);
    case BEAM_allocate: return rewrite_allocate(w, g);
    case BEAM_allocate_heap:
        EMIT(e, allocate_heap, frame(&a[0]), operand_u(a[1].n), operand_u(a[2].n));
        return 1;
    case BEAM_allocate_zero: EMIT(e, allocate_zero, frame(&a[0]), operand_u(a[1].n)); return 1;
    case BEAM_allocate_heap_zero:
        EMIT(e, allocate_heap_zero, frame(&a[0]), operand_u(a[1].n), operand_u(a[2].n));
        return 1;
    case BEAM_test_heap: return rewrite_test_heap(w, g);
    case BEAM_deallocate:
        if (next_is(w, 1, BEAM_return_)) {
            EMIT(e, deallocate_return, frame(&a[0]));
            return 2;
        }
        EMIT(e, deallocate, frame(&a[0]));
        return 1;
    case BEAM_trim: EMIT(e, trim, operand_u(a[0].n)); return 1;

    case BEAM_call: EMIT(e, call, a[1]); return 1;
    case BEAM_call_only: EMIT(e, call_only, a[1]); return 1;
    case BEAM_call_last: EMIT(e, call_last, a[1], frame(&a[2])); return 1;
    case BEAM_call_ext:
    case BEAM_call_ext_only:
    case BEAM_call_ext_last: rewrite_call_ext(w, g); return 1;
    case BEAM_call_fun: return rewrite_call_fun(w, operand_u(a[0].n), operand_x(a[0].n));
    case BEAM_call_fun2: return rewrite_call_fun(w, operand_u(a[1].n), a[2]);
    case BEAM_apply: EMIT(e, apply, operand_u(a[0].n)); return 1;
    case BEAM_apply_last: EMIT(e, apply_last, operand_u(a[0].n), frame(&a[1])); return 1;
    case BEAM_make_fun2: {
        uint64_t n = w->beam->lambdas[a[0].n].free_count;
        EMIT(e, test_heap, operand_u(FUN_WORDS(n)), operand_u(n));
        rewrite_make_fun(w, a[0].n, operand_x(0), NULL, n);
        return 1;
    }
    case BEAM_make_fun3: rewrite_make_fun(w, a[0].n, a[1], a[2].list, a[2].n); return 1;

    case BEAM_is_nonempty_list: return rewrite_is_nonempty_list(w, g);
    case BEAM_is_tuple: return rewrite_is_tuple(w, g);
    case BEAM_test_arity: EMIT(e, test_arity, a[0], a[1], tuple_header(number(&a[2]))); return 1;
    case BEAM_is_tagged_tuple: return rewrite_is_tagged_tuple(w, g);
    case BEAM_is_nil: return rewrite_is_nil(w, g);
    case BEAM_is_eq_exact: return rewrite_equal(w, GROUP_is_eq_exact, g);
    case BEAM_is_ne_exact: return rewrite_equal(w, GROUP_is_ne_exact, g);
    case BEAM_is_eq: return rewrite_equal(w, GROUP_is_eq, g);
    case BEAM_is_ne: return rewrite_equal(w, GROUP_is_ne, g);
    case BEAM_select_val: rewrite_select_val(w, g); return 1;
    case BEAM_select_tuple_arity: rewrite_select_arity(w, g); return 1;

    case BEAM_get_tuple_element: return rewrite_get_element(w, g);
    case BEAM_set_tuple_element:
        EMIT(e, set_tuple_element, a[0], a[1], operand_u(a[2].n + 1));
        return 1;
    case BEAM_update_record: rewrite_update_record(w, g); return 1;
    case BEAM_put_tuple2: rewrite_put_tuple(w, g); return 1;
    case BEAM_put_map_assoc:
    case BEAM_put_map_exact: rewrite_put_map(w, g); return 1;
    case BEAM_has_map_fields:
        emit_sources(e, GROUP_has_map_fields, 2, a, a[2].list, a[2].n);
        return 1;
    case BEAM_get_map_elements: rewrite_get_map_elements(w, g); return 1;

    case BEAM_bif0: rewrite_bif(w, g, operand_label(0), false, 0, 0); return 1;
    case BEAM_bif1: rewrite_bif(w, g, a[0], false, 1, 1); return 1;
    case BEAM_bif2: rewrite_bif(w, g, a[0], false, 1, 2); return 1;
    case BEAM_bif3: rewrite_bif(w, g, a[0], false, 1, 3); return 1;
    case BEAM_gc_bif1: rewrite_bif(w, g, a[0], true, 2, 1); return 1;
    case BEAM_gc_bif2: rewrite_bif(w, g, a[0], true, 2, 2); return 1;
    case BEAM_gc_bif3: rewrite_bif(w, g, a[0], true, 2, 3); return 1;

    case BEAM_fmove: return rewrite_fmove(w, g);
    case BEAM_fadd: EMIT(e, fadd, a[1], a[2], a[3]); return 1;
    case BEAM_fsub: EMIT(e, fsub, a[1], a[2], a[3]); return 1;
    case BEAM_fmul: EMIT(e, fmul, a[1], a[2], a[3]); return 1;
    case BEAM_fdiv: EMIT(e, fdiv, a[1], a[2], a[3]); return 1;
    case BEAM_fnegate: EMIT(e, fnegate, a[1], a[2]); return 1;
    case BEAM_wait_timeout: EMIT(e, wait_timeout, a[0], source(&a[1])); return 1;

    default:
        if (rewrite_bits(e, g)) return 1;
        if (rewrite_record(e, w->beam, g)) return 1;
        load_fail(w->why, "instruction %u at %u has no translation", g->op, g->at);
        w->failed = true;
        return 1;
    }
}

bool rewrite(struct emitter *e, struct beam *b, struct load_error *why)
{
    struct window w = {.beam = b, .e = e, .why = why};
    for (struct generic_op *g; !w.failed && (g = peek(&w, 0));) drop(&w, rewrite_one(&w, g));
    return !w.failed;
}
