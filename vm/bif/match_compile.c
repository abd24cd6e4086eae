/* SPDX-License-Identifier: Apache-2.0 */
/* match_compile.c -- from a match specification to a program: clauses and heads.
 *
 * Guards and bodies: match_expression.c.
 */
#include "bif/match_compile.h"
#include "heap/arena.h"
#include "term/map.h"
#include "term/work.h"

/* --- code ------------------------------------------------------------------------------------ */

uint32_t match_emit(struct compiler *c, enum match_op op, size_t n, uint32_t b)
{
    struct match_program *m = c->program;
    if (m->used == m->room) {
        uint32_t room = m->room ? m->room * 2 : 32;
        union match_word *more = arena_realloc(m->code, room * sizeof *more);
        if (!more) {
            c->failed = c->no_memory = true;
            c->reason = ATOM(system_limit);
            m->used = 0;
            if (!m->room) return 0;
        } else {
            m->code = more;
            m->room = room;
        }
    }
    m->code[m->used] = (union match_word){.op = op, .n = (uint32_t)n & 0xFFFFFF, .b = b};
    return m->used++;
}

void match_emit_term(struct compiler *c, enum match_op op, size_t n, term t)
{
    match_emit(c, op, n, 0);
    uint32_t at = match_emit(c, op, 0, 0);
    if (c->program->room) c->program->code[at].term = t;
}

/* --- errors --------------------------------------------------------------------------------------- */

bool match_error(struct compiler *c, const char *before, term t, const char *after)
{
    c->failed = true;
    if (!c->lint) return false;
    char text[1024];
    size_t n = strlen(before);
    memcpy(text, before, n);
    if (is_value(t)) n += term_print_to(text + n, sizeof text - n - strlen(after) - 1, t, 200);
    size_t rest = strlen(after);
    memcpy(text + n, after, rest);
    struct heap *h = &c->p->heap;
    term row = make_tuple2(h, ATOM(error), make_string_utf8(h, text, n + rest));
    c->errors = make_cons(h, row, c->errors);
    return true;
}

/* --- variables ---------------------------------------------------------------------------------------- */

int64_t match_variable(term t)
{
    if (!is_atom(t)) return -1;
    const struct atom_text *text = atom_text(t);
    if (text->length < 2 || text->length > 10 || text->bytes[0] != '$') return -1;
    if (text->bytes[1] == '0') return text->length == 2 ? 0 : -1;
    int64_t n = 0;
    for (uint16_t i = 1; i < text->length; i++) {
        if (text->bytes[i] < '0' || text->bytes[i] > '9') return -1;
        n = n * 10 + (text->bytes[i] - '0');
    }
    return n;
}

int64_t match_slot(const struct compiler *c, int64_t number)
{
    for (uint32_t i = 0; i < c->bound; i++)
        if (c->numbers[i] == number) return i;
    return -1;
}

/* A slot for a variable that is seen for the first time in this clause. */
static uint32_t bind(struct compiler *c, int64_t number)
{
    if (c->bound == c->numbers_room) {
        uint32_t room = c->numbers_room * 2;
        int64_t *more = arena_malloc(room * sizeof *more);
        if (!more) {
            c->failed = true;
            c->reason = ATOM(system_limit);
            return 0;
        }
        memcpy(more, c->numbers, c->bound * sizeof *more);
        if (c->numbers != c->few_numbers) arena_free(c->numbers);
        c->numbers = more;
        c->numbers_room = room;
    }
    c->numbers[c->bound++] = number;
    if (c->bound > c->program->variables) c->program->variables = c->bound;
    return c->bound - 1;
}

/* --- patterns ------------------------------------------------------------------------------------------- */

static void push_inside(struct work *w, term t)
{
    if (is_tuple(t)) {
        for (size_t i = 0; i < tuple_size(t); i++) work_push(w, element(t, i).bits);
        return;
    }
    struct map_iterator it;
    map_iterator_start(&it, t);
    while (map_iterator_next(&it)) work_push2(w, it.key.bits, it.value.bits);
}

/* Is there a variable, '_' or (maps_count) a map anywhere? */
static bool is_open(term pattern, bool maps_count)
{
    struct work w;
    work_start(&w);
    work_push(&w, pattern.bits);
    bool found = false;
    while (!found && !work_is_empty(&w)) {
        term t = term_of(work_pop(&w));
        for (; is_cons(t); t = tail(t))
            if (!is_small(head(t))) work_push(&w, head(t).bits);
        if (is_atom(t))
            found = term_same(t, ATOM(underscore)) || match_variable(t) >= 0;
        else if (is_map(t) && maps_count)
            found = true;
        else if (is_tuple(t) || is_map(t))
            push_inside(&w, t);
    }
    work_end(&w);
    return found;
}

bool pattern_has_variable(term pattern) { return is_open(pattern, false); }

/* Part `i` of what is looked at must be like `t`. What has parts itself is for later. */
static void part(struct compiler *c, struct work *later, size_t i, term t)
{
    int64_t number = match_variable(t);
    if (number >= 0) {
        int64_t slot = match_slot(c, number);
        if (slot >= 0)
            match_emit(c, HEAD_BOUND, i, (uint32_t)slot);
        else
            match_emit(c, HEAD_BIND, i, bind(c, number));
    } else if (term_same(t, ATOM(underscore))) {
        return;
    } else if (is_immediate(t)) {
        match_emit_term(c, HEAD_EQUAL, i, t);
    } else if ((is_cons(t) || is_tuple(t) || is_map(t)) && (c->deep || is_open(t, true))) {
        match_emit(c, HEAD_PUSH, i, 0);
        work_push(later, t.bits);
    } else {
        match_emit_term(c, HEAD_SAME, i, t);
    }
}

static bool map_parts(struct compiler *c, struct work *later, term map)
{
    match_emit(c, HEAD_MAP, map_size(map) < 0xFFFFFF ? map_size(map) : 0xFFFFFF, 0);
    struct map_iterator it;
    map_iterator_start(&it, map);
    while (map_iterator_next(&it)) {
        if (match_variable(it.key) >= 0)
            return match_error(c, "Variable found in map key.", NO_VALUE, ""), false;
        if (term_same(it.key, ATOM(underscore)))
            return match_error(c, "Underscore found in map key.", NO_VALUE, ""), false;
        match_emit_term(c, HEAD_KEY, 0, it.key);
        part(c, later, 0, it.value);
    }
    return true;
}

/* The parts of a structure; false: it cannot be a pattern. */
static bool structure(struct compiler *c, struct work *later, term t)
{
    if (is_map(t)) return map_parts(c, later, t);
    if (is_cons(t)) {
        match_emit(c, HEAD_LIST, 0, 0);
        part(c, later, 0, head(t));
        part(c, later, 1, tail(t));
        return true;
    }
    match_emit(c, HEAD_TUPLE, tuple_size(t), 0);
    for (size_t i = 0; i < tuple_size(t); i++) part(c, later, i, element(t, i));
    return true;
}

static bool is_structure(term t) { return is_cons(t) || is_tuple(t) || is_map(t); }

static bool head_of_call(struct compiler *c, struct work *later, term pattern)
{
    int64_t number = match_variable(pattern);
    if (number >= 0) {
        match_emit(c, HEAD_BIND_ARGUMENTS, 0, bind(c, number));
        return true;
    }
    if (term_same(pattern, ATOM(underscore))) return true;
    if (is_nil(pattern) || is_cons(pattern)) {
        ptrdiff_t n = list_length(pattern);
        if (n < 0)
            return match_error(c, "Match expression part ", pattern, " is not a proper list."),
                   false;
        match_emit(c, HEAD_ARGUMENTS, (size_t)n, 0);
        size_t i = 0;
        for (term l = pattern; is_cons(l); l = tail(l)) part(c, later, i++, head(l));
        return true;
    }
    if (!is_tuple(pattern))
        return match_error(c, "Match head is invalid in this context.", NO_VALUE, ""), false;
    match_emit(c, HEAD_ARGUMENTS, tuple_size(pattern), 0);
    for (size_t i = 0; i < tuple_size(pattern); i++) part(c, later, i, element(pattern, i));
    return true;
}

static bool compile_head(struct compiler *c, term pattern)
{
    struct work later;
    work_start(&later);
    bool ok = true;
    c->deep = false;
    if (c->dialect != MATCH_TABLE)
        ok = head_of_call(c, &later, pattern);
    else if (is_structure(pattern))
        ok = structure(c, &later, pattern);
    else
        part(c, &later, 0, pattern);
    c->deep = true;
    while (ok && !c->no_memory && !work_is_empty(&later)) {
        if (later.used > c->program->stack) c->program->stack = (uint32_t)later.used;
        term t = term_of(work_pop(&later));
        match_emit(c, HEAD_POP, 0, 0);
        ok = structure(c, &later, t);
    }
    work_end(&later);
    return ok;
}

/* --- clauses ------------------------------------------------------------------------------------------------ */

static bool compile_clause(struct compiler *c, struct match_clause *clause)
{
    clause->start = c->program->used;
    c->bound = 0;
    c->depth = 0;
    if (!compile_head(c, clause->head)) return false;
    if (!match_compile_guards(c, clause->guards)) return false;
    if (c->dialect == MATCH_TABLE && !is_cons(clause->body))
        return match_error(c, "Body clause does not return anything.", NO_VALUE, ""), false;
    if (!match_compile_body(c, clause->body)) return false;
    match_emit(c, DONE, 0, 0);
    return !c->failed;
}

static void free_program(void *resource)
{
    struct match_program *m = resource;
    if (m->terms) fragment_free(m->terms);
    arena_free(m->code);
    arena_free(m);
}
static const struct resource_type program_type = {.name = "match_spec", .release = free_program};

term match_source(const struct match_program *m) { return m->source; }

void match_keep(struct match_program *m) { resource_keep(&m->resource); }
void match_drop(struct match_program *m) { resource_drop(&m->resource); }

term match_reference(struct match_program *m, struct heap *h)
{
    if (!m->resource.ids[0] && !m->resource.ids[1]) ref_new_ids(m->resource.ids);
    resource_keep(&m->resource);
    return make_magic_ref(h, &m->resource);
}

struct match_program *match_of(term reference) { return resource_of(reference, &program_type); }

static struct match_program *make_program(term spec, size_t clauses, term *copy)
{
    struct match_program *m = arena_calloc(sizeof *m + clauses * sizeof *m->clauses);
    if (!m) return NULL;
    m->resource = (struct resource){.references = 1, .type = &program_type};
    m->clause_count = (uint32_t)clauses;
    if (copy_to_fragment(spec, &m->terms, copy, false)) {
        m->source = *copy;
        return m;
    }
    arena_free(m);
    return NULL;
}

/* Splits the list of clauses; false: it is none. */
static bool split_clauses(struct compiler *c, term spec)
{
    struct match_clause *to = c->program->clauses;
    for (; is_cons(spec); spec = tail(spec), to++) {
        term t = head(spec);
        if (!is_tuple_of(t, 3))
            return match_error(c, "Match program part is not a tuple of arity 3.", NO_VALUE, ""),
                   false;
        *to = (struct match_clause){0, element(t, 0), element(t, 1), element(t, 2)};
    }
    return true;
}

static void compile_clauses(struct compiler *c, term spec)
{
    if (!split_clauses(c, spec)) return;
    for (uint32_t i = 0; i < c->program->clause_count; i++)
        if (!compile_clause(c, &c->program->clauses[i])) return;
}

struct match_program *match_compile(struct process *p, term spec, enum match_dialect dialect,
                                    term *errors, term *reason)
{
    struct compiler c = {
        .p = p, .dialect = dialect, .lint = errors, .errors = NIL, .reason = ATOM(badarg)};
    c.numbers = c.few_numbers;
    c.numbers_room = FEW_VARIABLES;
    ptrdiff_t n = list_length(spec);
    if (!is_cons(spec)) {
        match_error(&c, "Match programs are not in a list.", NO_VALUE, "");
    } else if (n < 0) {
        match_error(&c, "Match programs are not in a proper list.", NO_VALUE, "");
    } else {
        term copy;
        c.program = make_program(spec, (size_t)n, &copy);
        if (c.program)
            compile_clauses(&c, copy);
        else
            c.failed = true, c.reason = ATOM(system_limit);
    }
    if (c.numbers != c.few_numbers) arena_free(c.numbers);
    if (errors) {
        *errors = NIL;
        for (term l = c.errors; is_cons(l); l = tail(l))
            *errors = make_cons(&p->heap, head(l), *errors);
    }
    if (!c.failed) return c.program;
    if (c.program) match_drop(c.program);
    if (reason) *reason = c.reason;
    return NULL;
}

struct match_program *match_compile_pattern(struct process *p, term head, term what)
{
    struct heap *h = &p->heap;
    term body = make_cons(h, what, NIL), clause = make_tuple3(h, head, NIL, body);
    return match_compile(p, make_cons(h, clause, NIL), MATCH_TABLE, NULL, NULL);
}
