/* SPDX-License-Identifier: Apache-2.0 */
/* match_run.c -- running a compiled match specification. */
#include "big/big.h"
#include "bif/match_program.h"
#include "bif/match_trace.h"
#include "bif/system.h"
#include "etf/print.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "platform/platform.h"
#include "term/compare.h"
#include "term/map.h"

/* Room for variables and stack; one machine, one thread, and no function that a program can call runs
 * another program. */
static term in_place[64], *room = in_place;
static size_t room_words = 64;

static bool make_room(size_t words)
{
    if (words <= room_words) return true;
    term *more = arena_malloc(words * sizeof *more);
    if (!more) return false;
    if (room != in_place) arena_free(room);
    room = more;
    room_words = words;
    return true;
}

struct match {
    struct process *p;
    const struct match_program *program;
    const struct object *object; /* in a table; NULL: the term is on p's heap */
    term whole;
    const term *arguments; /* of a call */
    size_t count;
    unsigned flags;
    bool test;
    term *variables, *stack;
};

/* --- heads -------------------------------------------------------------------------------------- */

/* Where guards begin; NULL: no match. */
static const union match_word *run_head(struct match *m, const union match_word *w)
{
    term t = m->whole, map = NO_VALUE, value, *later = m->stack;
    const term *at = &m->whole;
    for (;; w++) {
        switch ((enum match_op)w->op) {
        case HEAD_TUPLE:
            if (!is_tuple_of(t, w->n)) return NULL;
            at = tuple_elements(t);
            break;
        case HEAD_ARGUMENTS:
            if (m->count != w->n) return NULL;
            at = m->arguments;
            break;
        case HEAD_LIST:
            if (!is_cons(t)) return NULL;
            at = cons_words(t);
            break;
        case HEAD_MAP:
            if (!is_map(t) || map_size(t) < w->n) return NULL;
            map = t;
            break;
        case HEAD_KEY:
            value = map_get(map, (++w)->term);
            if (is_no_value(value)) return NULL;
            at = &value;
            break;
        case HEAD_EQUAL:
            if (at[w->n].bits != w[1].term.bits) return NULL;
            w++;
            break;
        case HEAD_SAME:
            if (!term_same_value(at[w->n], w[1].term)) return NULL;
            w++;
            break;
        case HEAD_BIND: m->variables[w->b] = at[w->n]; break;
        case HEAD_BOUND:
            if (!term_same_value(at[w->n], m->variables[w->b])) return NULL;
            break;
        case HEAD_PUSH: *later++ = at[w->n]; break;
        case HEAD_POP: t = *--later; break;
        case HEAD_BIND_ARGUMENTS:
            m->variables[w->b] = make_list(&m->p->heap, m->count, m->arguments, NIL);
            break;
        default: return w;
        }
    }
}

/* --- values ----------------------------------------------------------------------------------------- */

static bool compare(term a, term b, enum comparison how)
{
    switch (how) {
    case IS_EQUAL: return term_equal(a, b);
    case IS_NOT_EQUAL: return !term_equal(a, b);
    case IS_SAME: return term_same_value(a, b);
    case IS_NOT_SAME: return !term_same_value(a, b);
    case IS_LESS: return term_compare(a, b) < 0;
    case IS_GREATER: return term_compare(a, b) > 0;
    case IS_AT_MOST: return term_compare(a, b) <= 0;
    default: return term_compare(a, b) >= 0;
    }
}

static term combine(const term *values, size_t n, bool unless)
{
    bool result = unless;
    for (size_t i = n; i-- > 0;) {
        if (!term_same(values[i], ATOM(true)) && !term_same(values[i], ATOM(false)))
            return NO_VALUE;
        if (term_same(values[i], atom_bool(!unless))) result = !unless;
    }
    return atom_bool(result);
}

static term number(struct match *m, bool add, term a, term b)
{
    if (are_small(a, b)) {
        int64_t v = add ? small_value(a) + small_value(b) : small_value(a) - small_value(b);
        if (fits_small(v)) return small(v);
    }
    enum number_fault why;
    return add ? number_add(&m->p->heap, a, b, &why) : number_subtract(&m->p->heap, a, b, &why);
}

static term call(struct match *m, const struct native *native, const term *arguments)
{
    term result = native->body(m->p, arguments);
    if (is_no_value(result)) m->p->fault = (struct fault){0};
    return result;
}

static term whole(struct match *m, bool copy)
{
    if (m->arguments) return make_list(&m->p->heap, m->count, m->arguments, NIL);
    if (!copy || !m->object) return m->whole;
    return object_copy(m->object, &m->p->heap);
}

static term copy_out(struct match *m, term t)
{
    return is_immediate(t) || !m->object ? t : copy_to_heap(t, &m->p->heap);
}

static void make_list_of(struct heap *h, term *first, size_t n)
{
    term list = first[n];
    if (n) {
        term *w = heap_alloc(h, 2 * n);
        for (size_t i = n; i-- > 0;) {
            w[2 * i] = first[i];
            w[2 * i + 1] = list;
            list = cons_term(w + 2 * i);
        }
    }
    *first = list;
}

/* The old value; NO_VALUE: not 32 bits. */
static term set_control(struct match *m, term t, bool only_look)
{
    uint64_t v;
    if (!is_integer(t) || !integer_to_uint64(t, &v) || v > UINT32_MAX) return NO_VALUE;
    term old = make_unsigned(&m->p->heap, trace_control_word);
    if (!only_look) trace_control_word = (uint32_t)v;
    return old;
}

static void write_text(void *context, const char *bytes, size_t n)
{
    (void)context;
    plat_console_write(bytes, n);
}

static void display(term t)
{
    term_print(&(struct print_sink){write_text, NULL}, t, PRINT_ALL);
    plat_console_write("\n", 1);
}

/* --- guards and body -------------------------------------------------------------------------------------- */

enum outcome { FAILED, MATCHED };

/* Of a failed function: nothing in a guard, 'EXIT' in a body. */
#define VALUE(x)                                                                                   \
    do {                                                                                           \
        term value_ = (x);                                                                         \
        if (unlikely(is_no_value(value_))) {                                                       \
            if (!in_body) return FAILED;                                                           \
            value_ = ATOM(EXIT);                                                                   \
        }                                                                                          \
        *s++ = value_;                                                                             \
    } while (0)

static enum outcome run_rest(struct match *m, const union match_word *w, term *result)
{
    struct heap *h = &m->p->heap;
    const union match_word *code = m->program->code;
    term *s = m->stack;
    bool in_body = false;
    *result = ATOM(true);
    for (;; w++) {
        switch ((enum match_op)w->op) {
        case PUSH: *s++ = (++w)->term; break;
        case PUSH_COPY: *s++ = copy_to_heap((++w)->term, h); break;
        case PUSH_VARIABLE: *s++ = m->variables[w->b]; break;
        case PUSH_VARIABLE_COPY: *s++ = copy_out(m, m->variables[w->b]); break;
        case PUSH_OBJECT: *s++ = whole(m, false); break;
        case PUSH_OBJECT_COPY: *s++ = whole(m, true); break;
        case PUSH_SELF: *s++ = m->p->pid; break;
        case MAKE_LIST:
            s -= w->n;
            make_list_of(h, s - 1, w->n);
            break;
        case MAKE_TUPLE:
            s -= w->n;
            *s = make_tuple(h, w->n, s);
            s++;
            break;
        case MAKE_MAP:
            s -= 2 * (size_t)w->n;
            *s = map_from_pairs(h, s, w->n, false);
            s++;
            break;
        case CALL:
            s -= w->n;
            VALUE(call(m, w[1].native, s));
            w++;
            break;
        case COPY:
            s[-1] = m->object && !is_immediate(s[-1]) ? copy_to_heap(s[-1], h) : s[-1];
            break;
        case COMPARE:
            s -= 2;
            *s = atom_bool(compare(s[0], s[1], (enum comparison)w->b));
            s++;
            break;
        case ADD:
        case SUBTRACT:
            s -= 2;
            VALUE(number(m, w->op == ADD, s[0], s[1]));
            break;
        case ALL:
            s -= w->n;
            VALUE(combine(s, w->n, true));
            break;
        case ANY:
            s -= w->n;
            VALUE(combine(s, w->n, false));
            break;
        case AND_ALSO:
        case OR_ELSE: {
            bool stop = w->op == OR_ELSE;
            if (term_same(s[-1], atom_bool(!stop))) {
                s--;
                break;
            }
            if (!term_same(s[-1], atom_bool(stop))) {
                if (!in_body) return FAILED;
                s[-1] = ATOM(EXIT);
            }
            w = code + w->b - 1;
            break;
        }
        case JUMP: w = code + w->b - 1; break;
        case IS_TRUE:
            if (!term_same(*--s, ATOM(true))) return FAILED;
            break;
        case DROP: s--; break;
        case BODY: in_body = true; break;
        case RESULT: *result = *--s; break;
        case SET_FLAG:
            m->flags |= w->b;
            *s++ = ATOM(true);
            break;
        case PUSH_CONTROL: *s++ = make_unsigned(h, trace_control_word); break;
        case SET_CONTROL: VALUE(set_control(m, *--s, w->b)); break;
        case DISPLAY:
            display(s[-1]);
            s[-1] = ATOM(true);
            break;
        case DONE: return MATCHED;
        default: /* the forms of tracing */
            s -= w->n;
            VALUE(match_trace_form(m->p, w->op, s, w->n, m->test));
        }
    }
}

static term run(struct match *m)
{
    const struct match_program *program = m->program;
    if (unlikely(!make_room((size_t)program->variables + program->stack + 2))) return NO_VALUE;
    m->variables = room;
    m->stack = room + program->variables;
    struct heap *h = &m->p->heap;
    for (uint32_t i = 0; i < program->clause_count; i++) {
        const union match_word *w = run_head(m, program->code + program->clauses[i].start);
        if (!w) continue;
        term result, *top = h->top, *off_heap = h->off_heap.first;
        size_t fragments = h->fragment_words;
        term token = m->p->seq_token;
        m->flags = 0;
        bool matched = run_rest(m, w, &result) == MATCHED;
        /* Nobody has seen what the guards made. */
        if ((!matched || is_immediate(result)) && h->fragment_words == fragments &&
            h->off_heap.first == off_heap && term_same(token, m->p->seq_token))
            h->top = top;
        if (matched) return result;
    }
    return NO_VALUE;
}

term match_object(struct process *p, const struct match_program *m, const struct object *o)
{
    o = object_plain(o);
    struct match match = {.p = p, .program = m, .object = o, .whole = object_term(o)};
    return run(&match);
}

term match_term(struct process *p, const struct match_program *m, term t)
{
    struct match match = {.p = p, .program = m, .whole = t};
    return run(&match);
}

term match_call(struct process *p, const struct match_program *m, const term *arguments,
                size_t count, unsigned *flags, bool test)
{
    struct match match = {
        .p = p, .program = m, .arguments = arguments, .count = count, .test = test};
    term result = run(&match);
    *flags = is_value(result) ? match.flags : 0;
    return result;
}
