/* SPDX-License-Identifier: Apache-2.0 */
/* match_heads.c -- what the heads of a match specification say about the key. */
#include "bif/match_program.h"
#include "heap/arena.h"
#include "term/compare.h"
#include "term/map.h"
#include "term/work.h"

size_t match_clauses(const struct match_program *m) { return m->clause_count; }

static bool is_anything(term pattern)
{
    return term_same(pattern, ATOM(underscore)) || match_variable(pattern) >= 0;
}

term match_key(const struct match_program *m, size_t clause, uint32_t keypos)
{
    term head = m->clauses[clause].head;
    if (is_anything(head)) return ATOM(underscore);
    if (!is_tuple(head) || tuple_size(head) < keypos) return NO_VALUE;
    return element(head, keypos - 1);
}

/* --- places --------------------------------------------------------------------------------- */

static void push_elements(struct work *w, term pattern, term key)
{
    for (size_t i = tuple_size(pattern); i-- > 0;)
        work_push2(w, element(key, i).bits, element(pattern, i).bits);
}

/* Compares from left to right, as the order of terms does, as far as the pattern is known. */
int pattern_place(term pattern, term key)
{
    struct work w;
    work_start(&w);
    work_push2(&w, key.bits, pattern.bits);
    int c = 0;
    while (!c && !work_is_empty(&w)) {
        pattern = term_of(work_pop(&w));
        key = term_of(work_pop(&w));
        if (is_anything(pattern)) break;
        if (is_tuple(pattern) && is_tuple(key) && tuple_size(pattern) == tuple_size(key)) {
            push_elements(&w, pattern, key);
        } else if (is_cons(pattern) && is_cons(key)) {
            work_push2(&w, tail(key).bits, tail(pattern).bits);
            work_push2(&w, head(key).bits, head(pattern).bits);
        } else if (is_map(pattern) && is_map(key)) {
            break;
        } else {
            c = term_compare(key, pattern);
        }
    }
    work_end(&w);
    return c;
}

/* --- does the key stay? ------------------------------------------------------------------------- */

/* Would the expression, where variables have the values they were bound to, build this pattern's value? */
static bool builds_pair(struct work *w, term pattern, term expression);

/* The same term, without variables, and without maps: nobody knows what else a map that is matched holds. */
static bool is_constant_pair(struct work *w, term pattern, term expression)
{
    if (is_tuple(expression)) {
        if (!is_tuple_of(pattern, tuple_size(expression))) return false;
        push_elements(w, pattern, expression);
        return true;
    }
    if (is_cons(expression)) {
        if (!is_cons(pattern)) return false;
        work_push2(w, tail(expression).bits, tail(pattern).bits);
        work_push2(w, head(expression).bits, head(pattern).bits);
        return true;
    }
    bool is_special =
        term_same(pattern, ATOM(dollar_dollar)) || term_same(pattern, ATOM(dollar_underscore));
    return !is_special && !is_map(pattern) && !pattern_has_variable(pattern) &&
           term_same_value(pattern, expression);
}

/* `constant`: the expression stands for itself. */
static bool builds(term pattern, term expression, bool constant)
{
    struct work w;
    work_start(&w);
    work_push2(&w, expression.bits, pattern.bits);
    bool same = true;
    while (same && !work_is_empty(&w)) {
        pattern = term_of(work_pop(&w));
        expression = term_of(work_pop(&w));
        if (constant)
            same = is_constant_pair(&w, pattern, expression);
        else
            same = builds_pair(&w, pattern, expression);
    }
    work_end(&w);
    return same;
}

static bool builds_tuple(struct work *w, term pattern, term expression)
{
    if (tuple_size(expression) == 2 && term_same(element(expression, 0), ATOM(const)))
        return builds(pattern, element(expression, 1), true);
    if (tuple_size(expression) != 1 || !is_tuple(element(expression, 0))) return false;
    term built = element(expression, 0);
    if (!is_tuple_of(pattern, tuple_size(built))) return false;
    push_elements(w, pattern, built);
    return true;
}

static bool builds_pair(struct work *w, term pattern, term expression)
{
    if (is_tuple(expression)) return builds_tuple(w, pattern, expression);
    if (is_cons(expression)) {
        if (!is_cons(pattern)) return false;
        work_push2(w, tail(expression).bits, tail(pattern).bits);
        work_push2(w, head(expression).bits, head(pattern).bits);
        return true;
    }
    if (term_same(pattern, ATOM(underscore)) || is_map(pattern)) return false;
    if (term_same(expression, ATOM(dollar_dollar)) ||
        term_same(expression, ATOM(dollar_underscore)))
        return false;
    if (is_tuple(pattern) || is_cons(pattern)) return false;
    return term_same_value(pattern, expression);
}

static bool clause_keeps_key(const struct match_clause *clause, uint32_t keypos)
{
    if (!is_cons(clause->body) || !is_nil(tail(clause->body))) return false;
    term body = head(clause->body);
    if (term_same(body, ATOM(dollar_underscore))) return true;
    if (!is_tuple(body) || !is_tuple(clause->head) || tuple_size(clause->head) < keypos)
        return false;
    term pattern = element(clause->head, keypos - 1);
    bool constant = tuple_size(body) == 2 && term_same(element(body, 0), ATOM(const));
    if (!constant && tuple_size(body) != 1) return false;
    term built = element(body, constant ? 1 : 0);
    if (!is_tuple(built) || tuple_size(built) < keypos) return false;
    term key = element(built, keypos - 1);
    if (builds(pattern, key, constant)) return true;
    return !constant && is_tuple_of(key, 3) && term_same(element(key, 0), ATOM(element)) &&
           term_same(element(key, 1), small(keypos)) &&
           term_same(element(key, 2), ATOM(dollar_underscore));
}

bool match_keeps_key(const struct match_program *m, uint32_t keypos)
{
    for (uint32_t i = 0; i < m->clause_count; i++)
        if (!clause_keeps_key(&m->clauses[i], keypos)) return false;
    return true;
}
