/* SPDX-License-Identifier: Apache-2.0 */
/* match_expression.c -- the compiler of match specifications: guards and bodies. */
#include "bif/match_compile.h"
#include "code/code.h"
#include "heap/arena.h"
#include "term/map.h"
#include "term/release.h"

#define DEPTH_MAX 2000

/* Where the value of an expression goes: into a term that leaves the match has to be a copy. */
enum use { USE_HERE, USE_RESULT };

static bool expression(struct compiler *c, term t, enum use use);

static void pushed(struct compiler *c, uint32_t count)
{
    c->on_stack += count;
    if (c->on_stack > c->program->stack) c->program->stack = c->on_stack;
}
static void popped(struct compiler *c, uint32_t count) { c->on_stack -= count; }

static void constant(struct compiler *c, term t, enum use use)
{
    match_emit_term(c, use == USE_RESULT && !is_immediate(t) ? PUSH_COPY : PUSH, 0, t);
    pushed(c, 1);
}

/* --- building terms ------------------------------------------------------------------------- */

static bool tuple(struct compiler *c, term t, enum use use)
{
    size_t n = tuple_size(t);
    for (size_t i = 0; i < n; i++)
        if (!expression(c, element(t, i), use)) return false;
    match_emit(c, MAKE_TUPLE, n, 0);
    popped(c, (uint32_t)n);
    pushed(c, 1);
    return true;
}

static bool list(struct compiler *c, term t, enum use use)
{
    size_t n = 0;
    for (; is_cons(t); t = tail(t), n++)
        if (!expression(c, head(t), use)) return false;
    if (!expression(c, t, use)) return false;
    if (n > 0xFFFFFF) {
        c->reason = ATOM(system_limit);
        return match_error(c, "Too long a list.", NO_VALUE, ""), false;
    }
    match_emit(c, MAKE_LIST, n, 0);
    popped(c, (uint32_t)n);
    return true;
}

static bool map(struct compiler *c, term t, enum use use)
{
    struct map_iterator it;
    map_iterator_start(&it, t);
    size_t n = map_size(t);
    while (map_iterator_next(&it))
        if (!expression(c, it.key, use) || !expression(c, it.value, use)) return false;
    match_emit(c, MAKE_MAP, n, 0);
    popped(c, 2 * (uint32_t)n);
    pushed(c, 1);
    return true;
}

/* --- variables --------------------------------------------------------------------------------- */

static bool variable(struct compiler *c, int64_t number, enum use use)
{
    int64_t slot = match_slot(c, number);
    if (slot < 0) {
        char text[48] = "Variable $";
        char digits[24];
        size_t n = 0, at = strlen(text);
        do digits[n++] = (char)('0' + number % 10), number /= 10;
        while (number);
        while (n) text[at++] = digits[--n];
        memcpy(text + at, " is unbound.", sizeof " is unbound.");
        pushed(c, 1);
        return match_error(c, text, NO_VALUE, "");
    }
    match_emit(c, use == USE_RESULT ? PUSH_VARIABLE_COPY : PUSH_VARIABLE, 0, (uint32_t)slot);
    pushed(c, 1);
    return true;
}

/* '$$': the variables in the order of their numbers. */
static void all_variables(struct compiler *c, enum use use)
{
    int64_t last = -1;
    for (uint32_t i = 0; i < c->bound; i++) {
        int64_t next = INT64_MAX;
        for (uint32_t k = 0; k < c->bound; k++)
            if (c->numbers[k] > last && c->numbers[k] < next) next = c->numbers[k];
        variable(c, next, use);
        last = next;
    }
    constant(c, NIL, use);
    match_emit(c, MAKE_LIST, c->bound, 0);
    popped(c, c->bound);
}

/* --- functions ------------------------------------------------------------------------------------ */

struct guard_function {
    uint32_t name; /* of erlang */
    uint8_t arity;
    uint8_t op; /* an instruction for it, or CALL */
    uint8_t b;
    bool plain; /* the result is a number or an atom: never part of an argument */
};

static const struct guard_function functions[] = {
    {ATOM_exactly_equal, 2, COMPARE, IS_SAME, true},
    {ATOM_exactly_not_equal, 2, COMPARE, IS_NOT_SAME, true},
    {ATOM_equal, 2, COMPARE, IS_EQUAL, true},
    {ATOM_not_equal, 2, COMPARE, IS_NOT_EQUAL, true},
    {ATOM_less, 2, COMPARE, IS_LESS, true},
    {ATOM_greater, 2, COMPARE, IS_GREATER, true},
    {ATOM_less_equal, 2, COMPARE, IS_AT_MOST, true},
    {ATOM_greater_equal, 2, COMPARE, IS_AT_LEAST, true},
    {ATOM_plus, 2, ADD, 0, false},
    {ATOM_minus, 2, SUBTRACT, 0, false},
    {ATOM_plus, 1, CALL, 0, false},
    {ATOM_minus, 1, CALL, 0, false},
    {ATOM_times, 2, CALL, 0, false},
    {ATOM_slash, 2, CALL, 0, false},
    {ATOM_div, 2, CALL, 0, false},
    {ATOM_rem, 2, CALL, 0, false},
    {ATOM_band, 2, CALL, 0, false},
    {ATOM_bor, 2, CALL, 0, false},
    {ATOM_bxor, 2, CALL, 0, false},
    {ATOM_bnot, 1, CALL, 0, false},
    {ATOM_bsl, 2, CALL, 0, false},
    {ATOM_bsr, 2, CALL, 0, false},
    {ATOM_not, 1, CALL, 0, true},
    {ATOM_xor, 2, CALL, 0, true},
    {ATOM_is_atom, 1, CALL, 0, true},
    {ATOM_is_float, 1, CALL, 0, true},
    {ATOM_is_integer, 1, CALL, 0, true},
    {ATOM_is_list, 1, CALL, 0, true},
    {ATOM_is_number, 1, CALL, 0, true},
    {ATOM_is_pid, 1, CALL, 0, true},
    {ATOM_is_port, 1, CALL, 0, true},
    {ATOM_is_reference, 1, CALL, 0, true},
    {ATOM_is_tuple, 1, CALL, 0, true},
    {ATOM_is_map, 1, CALL, 0, true},
    {ATOM_is_map_key, 2, CALL, 0, true},
    {ATOM_is_binary, 1, CALL, 0, true},
    {ATOM_is_function, 1, CALL, 0, true},
    {ATOM_is_record, 3, CALL, 0, true},
    {ATOM_abs, 1, CALL, 0, false},
    {ATOM_element, 2, CALL, 0, false},
    {ATOM_hd, 1, CALL, 0, false},
    {ATOM_tl, 1, CALL, 0, false},
    {ATOM_length, 1, CALL, 0, true},
    {ATOM_node, 0, CALL, 0, true},
    {ATOM_node, 1, CALL, 0, true},
    {ATOM_round, 1, CALL, 0, false},
    {ATOM_trunc, 1, CALL, 0, false},
    {ATOM_float, 1, CALL, 0, false},
    {ATOM_size, 1, CALL, 0, true},
    {ATOM_tuple_size, 1, CALL, 0, true},
    {ATOM_min, 2, CALL, 0, false},
    {ATOM_max, 2, CALL, 0, false},
    {ATOM_ceil, 1, CALL, 0, false},
    {ATOM_floor, 1, CALL, 0, false},
    {ATOM_map_size, 1, CALL, 0, true},
    {ATOM_map_get, 2, CALL, 0, false},
    {ATOM_bit_size, 1, CALL, 0, true},
    {ATOM_byte_size, 1, CALL, 0, true},
    {ATOM_binary_part, 2, CALL, 0, false},
    {ATOM_binary_part, 3, CALL, 0, false},
};

/* Those that OTP 26 added. */
static bool is_there(term name)
{
    switch (atom_index(name)) {
    case ATOM_tuple_size:
    case ATOM_min:
    case ATOM_max:
    case ATOM_ceil:
    case ATOM_floor: return otp_release >= 26;
    default: return true;
    }
}

static const struct guard_function *find_function(term name, size_t arity)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (functions[i].name == atom_index(name) && functions[i].arity == arity)
            return is_there(name) ? &functions[i] : NULL;
    return NULL;
}

static bool unknown_function(struct compiler *c, term name, size_t arity)
{
    char text[40] = "/";
    size_t at = 1;
    char digits[24];
    size_t n = 0;
    do digits[n++] = (char)('0' + arity % 10), arity /= 10;
    while (arity);
    while (n) text[at++] = digits[--n];
    memcpy(text + at, " does_not_exist.", sizeof " does_not_exist.");
    pushed(c, 1);
    return match_error(c, "Function ", name, text);
}

/* get_tcw and set_tcw: functions, for their errors, that only the trace dialect has. */
static bool control_word(struct compiler *c, term t, size_t arity)
{
    term name = element(t, 0);
    bool set = term_same(name, ATOM(set_tcw));
    if (c->dialect == MATCH_TABLE || (set && c->in_guard)) {
        pushed(c, 1);
        return match_error(c, "Function ", name,
                           set ? "/1 cannot be called in this context."
                               : "/0 cannot be called in this context.");
    }
    if (set && !expression(c, element(t, 1), USE_HERE)) return false;
    match_emit(c, set ? SET_CONTROL : PUSH_CONTROL, 0, c->lint);
    if (arity == 0) pushed(c, 1);
    return true;
}

static bool call(struct compiler *c, term t, enum use use)
{
    term name = element(t, 0);
    size_t arity = tuple_size(t) - 1;
    if ((term_same(name, ATOM(get_tcw)) && arity == 0) ||
        (term_same(name, ATOM(set_tcw)) && arity == 1))
        return control_word(c, t, arity);
    const struct guard_function *f = find_function(name, arity);
    const struct native *native = f ? native_find(ATOM(erlang), name, (uint32_t)arity) : NULL;
    if (!f || (f->op == CALL && !native)) return unknown_function(c, name, arity);
    for (size_t i = 1; i <= arity; i++)
        if (!expression(c, element(t, i), USE_HERE)) return false;
    uint32_t at = match_emit(c, f->op, arity, f->b);
    if (f->op == CALL) {
        (void)at;
        uint32_t word = match_emit(c, CALL, 0, 0);
        if (c->program->room) c->program->code[word].native = native;
    }
    popped(c, (uint32_t)arity);
    pushed(c, 1);
    if (use == USE_RESULT && !f->plain) match_emit(c, COPY, 0, 0);
    return true;
}

/* --- special forms ------------------------------------------------------------------------------------ */

static bool form_error(struct compiler *c, const char *text, term t)
{
    pushed(c, 1);
    return match_error(c, text, t, ".");
}

static bool boolean(struct compiler *c, term t, enum match_op op)
{
    size_t n = tuple_size(t) - 1;
    if (n < 1)
        return form_error(c,
                          op == ALL ? "Special form 'and' called without arguments in "
                                    : "Special form 'or' called without arguments in ",
                          t);
    for (size_t i = 1; i <= n; i++)
        if (!expression(c, element(t, i), USE_HERE)) return false;
    match_emit(c, op, n, 0);
    popped(c, (uint32_t)n);
    pushed(c, 1);
    return true;
}

static bool shortcut(struct compiler *c, term t, enum match_op op, enum use use)
{
    size_t n = tuple_size(t) - 1;
    if (n < 1)
        return form_error(c,
                          op == AND_ALSO ? "Special form 'andalso' called without arguments in "
                                         : "Special form 'orelse' called without arguments in ",
                          t);
    uint32_t chain = UINT32_MAX; /* of jumps to the end */
    for (size_t i = 1; i <= n; i++) {
        if (!expression(c, element(t, i), i == n ? use : USE_HERE)) return false;
        if (i == n) break;
        chain = match_emit(c, op, 0, chain);
        popped(c, 1);
    }
    for (union match_word *code = c->program->code; chain != UINT32_MAX && !c->no_memory;) {
        uint32_t next = code[chain].b;
        code[chain].b = c->program->used;
        chain = next;
    }
    return true;
}

/* Forms of the trace dialect: how many arguments, whether a guard may have them, and messages too. */
struct trace_form {
    uint32_t name;
    uint8_t least, most;
    bool in_guard;
    enum { EVERYWHERE, NOT_RECEIVE, ONLY_CALLS } place;
    enum match_op op;
    uint32_t b;
};

static const struct trace_form trace_forms[] = {
    {ATOM_message, 1, 1, false, EVERYWHERE, RESULT, 0},
    {ATOM_return_trace, 0, 0, false, EVERYWHERE, SET_FLAG, MATCH_RETURN_TRACE},
    {ATOM_exception_trace, 0, 0, false, EVERYWHERE, SET_FLAG, MATCH_EXCEPTION_TRACE},
    {ATOM_is_seq_trace, 0, 0, true, NOT_RECEIVE, IS_SEQ_TRACE, 0},
    {ATOM_get_seq_token, 0, 0, false, NOT_RECEIVE, GET_SEQ_TOKEN, 0},
    {ATOM_set_seq_token, 2, 2, false, NOT_RECEIVE, SET_SEQ_TOKEN, 0},
    {ATOM_display, 1, 1, false, EVERYWHERE, DISPLAY, 0},
    {ATOM_process_dump, 0, 0, false, NOT_RECEIVE, PROCESS_DUMP, 0},
    {ATOM_enable_trace, 1, 2, false, NOT_RECEIVE, ENABLE_TRACE, 0},
    {ATOM_disable_trace, 1, 2, false, NOT_RECEIVE, DISABLE_TRACE, 0},
    {ATOM_trace, 2, 3, false, NOT_RECEIVE, CHANGE_TRACE, 0},
    {ATOM_caller, 0, 0, false, ONLY_CALLS, CALLER, 0},
    {ATOM_caller_line, 0, 0, false, ONLY_CALLS, CALLER_LINE, 0},
    {ATOM_silent, 1, 1, false, NOT_RECEIVE, SILENT, 0},
};

static const struct trace_form *find_trace_form(term name)
{
    for (size_t i = 0; i < sizeof trace_forms / sizeof *trace_forms; i++)
        if (trace_forms[i].name == atom_index(name)) return &trace_forms[i];
    return NULL;
}

/* "Special form 'name' ..." */
static bool trace_form_error(struct compiler *c, const struct trace_form *f, const char *what,
                             term t, const char *after)
{
    char text[160] = "Special form '";
    const struct atom_text *name = atom_text(atom_term(f->name));
    size_t n = strlen(text), more = strlen(what);
    memcpy(text + n, name->bytes, name->length);
    memcpy(text + n + name->length, what, more + 1);
    pushed(c, 1);
    return match_error(c, text, t, after);
}

static bool is_out_of_place(const struct compiler *c, const struct trace_form *f)
{
    return (c->dialect == MATCH_TRACE_RECEIVE && f->place != EVERYWHERE) ||
           (c->dialect == MATCH_TRACE_SEND && f->place == ONLY_CALLS);
}

static bool trace_form(struct compiler *c, const struct trace_form *f, term t)
{
    size_t n = tuple_size(t) - 1;
    if (c->dialect == MATCH_TABLE)
        return trace_form_error(c, f, "' used in wrong dialect.", NO_VALUE, "");
    if (is_out_of_place(c, f))
        return trace_form_error(c, f, "' not allow for this trace event.", NO_VALUE, "");
    if (c->in_guard && !f->in_guard)
        return trace_form_error(c, f, "' called in guard context.", NO_VALUE, "");
    if (n < f->least || n > f->most) {
        bool any = f->most > 0;
        return trace_form_error(c, f,
                                any ? "' called with wrong number of arguments in "
                                    : "' called with arguments in ",
                                t, ".");
    }
    for (size_t i = 1; i <= n; i++)
        if (!expression(c, element(t, i), f->op == RESULT ? USE_RESULT : USE_HERE)) return false;
    match_emit(c, f->op, f->op == SET_FLAG || f->op == DISPLAY ? 0 : n, f->b);
    popped(c, (uint32_t)n);
    if (f->op == RESULT)
        constant(c, ATOM(true), USE_HERE);
    else
        pushed(c, 1);
    return true;
}

static bool function(struct compiler *c, term t, enum use use)
{
    const struct trace_form *f;
    switch (atom_index(element(t, 0))) {
    case ATOM_const:
        if (tuple_size(t) != 2)
            return form_error(c, "Special form 'const' called with more than one argument in ", t);
        constant(c, element(t, 1), use);
        return true;
    case ATOM_and: return boolean(c, t, ALL);
    case ATOM_or: return boolean(c, t, ANY);
    case ATOM_andalso:
    case ATOM_andthen: return shortcut(c, t, AND_ALSO, use);
    case ATOM_orelse: return shortcut(c, t, OR_ELSE, use);
    case ATOM_self:
        if (tuple_size(t) != 1)
            return form_error(c, "Special form 'self' called with arguments in ", t);
        match_emit(c, PUSH_SELF, 0, 0);
        pushed(c, 1);
        return true;
    default: f = find_trace_form(element(t, 0)); return f ? trace_form(c, f, t) : call(c, t, use);
    }
}

/* --- expressions -------------------------------------------------------------------------------------------- */

static bool simple(struct compiler *c, term t, enum use use)
{
    int64_t number = match_variable(t);
    if (number >= 0) return variable(c, number, use);
    if (term_same(t, ATOM(dollar_underscore))) {
        match_emit(c, use == USE_RESULT ? PUSH_OBJECT_COPY : PUSH_OBJECT, 0, 0);
        pushed(c, 1);
    } else if (term_same(t, ATOM(dollar_dollar))) {
        all_variables(c, use);
    } else {
        constant(c, t, use);
    }
    return true;
}

static bool compound(struct compiler *c, term t, enum use use)
{
    if (is_cons(t)) return list(c, t, use);
    if (is_map(t)) return map(c, t, use);
    if (tuple_size(t) == 1 && is_tuple(element(t, 0))) return tuple(c, element(t, 0), use);
    if (tuple_size(t) >= 1 && is_atom(element(t, 0)) && match_variable(element(t, 0)) < 0)
        return function(c, t, use);
    pushed(c, 1);
    return match_error(c, "", t,
                       " is neither a function call, nor a tuple (tuples are written {{ ... }}).");
}

static bool expression(struct compiler *c, term t, enum use use)
{
    if (!is_cons(t) && !is_map(t) && !is_tuple(t)) return simple(c, t, use);
    if (c->depth == DEPTH_MAX) {
        c->reason = ATOM(system_limit);
        match_error(c, "Excessive nesting; system limit reached near: ", t, "");
        return false;
    }
    c->depth++;
    bool ok = compound(c, t, use);
    c->depth--;
    return ok;
}

bool match_compile_guards(struct compiler *c, term guards)
{
    c->in_guard = true;
    c->on_stack = 0;
    if (!is_list(guards)) return match_error(c, "Match expression is not a list.", NO_VALUE, "");
    for (; is_cons(guards); guards = tail(guards)) {
        if (!expression(c, head(guards), USE_HERE)) return false;
        match_emit(c, IS_TRUE, 0, 0);
        c->on_stack = 0;
    }
    if (is_list(guards)) return true;
    return match_error(c, "Match expression is not a proper list.", NO_VALUE, "");
}

bool match_compile_body(struct compiler *c, term body)
{
    c->in_guard = false;
    c->on_stack = 0;
    if (!is_list(body)) return match_error(c, "Match expression is not a list.", NO_VALUE, "");
    if (is_cons(body)) match_emit(c, BODY, 0, 0);
    for (; is_cons(body); body = tail(body)) {
        bool last = is_nil(tail(body)) && c->dialect == MATCH_TABLE;
        if (!expression(c, head(body), last ? USE_RESULT : USE_HERE)) return false;
        match_emit(c, last ? RESULT : DROP, 0, 0);
        c->on_stack = 0;
    }
    if (is_nil(body)) return true;
    return match_error(c, "Match expression is not a proper list.", NO_VALUE, "");
}
