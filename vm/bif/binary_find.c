/* SPDX-License-Identifier: Apache-2.0 */
/* binary_find.c -- bodies for binary.def that search: compile_pattern, match, matches, split.
 *
 * A compiled pattern is {bm, Ref} or {ac, Ref} as in the stock machine; Ref is a magic reference.
 */
#include "bif/bif.h"
#include "bif/binary_part.h"
#include "big/big.h"
#include "binary/search.h"
#include "heap/arena.h"
#include "heap/list.h"
#include "process/pause.h"

enum { SHORT = 512 }; /* bytes that are searched at once */

struct compiled {
    struct resource resource;
    struct pattern pattern;
    uint8_t *needle; /* our copy */
};

static void release(void *resource)
{
    struct compiled *c = resource;
    pattern_end(&c->pattern);
    arena_free(c->needle);
    arena_free(c);
}

static const struct resource_type compiled_type = {.name = "binary pattern", .release = release};

/* --- patterns ---------------------------------------------------------------------------------- */

enum pattern_result { PATTERN_OK, PATTERN_BAD, PATTERN_NO_MEMORY };

static bool is_filled_binary(term t) { return is_binary(t) && binary_size(t) > 0; }

static enum pattern_result add_all(struct pattern *p, term list)
{
    if (!pattern_start(p)) return PATTERN_NO_MEMORY;
    for (; is_cons(list); list = tail(list)) {
        size_t n;
        uint8_t *copy;
        const uint8_t *bytes = binary_bytes_or_copy(head(list), &n, &copy);
        bool ok = bytes && pattern_add(p, bytes, n);
        arena_free(copy);
        if (!ok) return PATTERN_NO_MEMORY;
    }
    return pattern_finish(p) ? PATTERN_OK : PATTERN_NO_MEMORY;
}

/* *copy: what pattern's string lies in, when it could not stay where it is. */
static enum pattern_result make_pattern(struct pattern *p, term t, uint8_t **copy)
{
    *copy = NULL;
    p->needle = NULL, p->nodes = NULL, p->borders = NULL;
    if (is_cons(t)) {
        term l = t;
        for (; is_cons(l); l = tail(l))
            if (!is_filled_binary(head(l))) return PATTERN_BAD;
        if (!is_nil(l)) return PATTERN_BAD;
        if (!is_nil(tail(t))) return add_all(p, t);
        t = head(t);
    }
    if (!is_filled_binary(t)) return PATTERN_BAD;
    size_t n;
    const uint8_t *bytes = binary_bytes_or_copy(t, &n, copy);
    if (!bytes) return PATTERN_NO_MEMORY;
    pattern_start_single(p, bytes, n);
    return PATTERN_OK;
}

static term raise_pattern(struct process *p, enum pattern_result why)
{
    return why == PATTERN_BAD ? raise_badarg(p) : raise(p, ATOM(system_limit));
}

term bif_binary_compile_pattern_1(struct process *p, const term *arg)
{
    struct compiled *c = arena_malloc(sizeof *c);
    if (!c) return raise(p, ATOM(system_limit));
    enum pattern_result r = make_pattern(&c->pattern, arg[0], &c->needle);
    if (r == PATTERN_OK && c->pattern.needle && !c->needle) {
        c->needle = arena_malloc(c->pattern.length);
        if (c->needle) {
            memcpy(c->needle, c->pattern.needle, c->pattern.length);
            c->pattern.needle = c->needle;
        } else {
            r = PATTERN_NO_MEMORY;
        }
    }
    if (r != PATTERN_OK) {
        release(c);
        return raise_pattern(p, r);
    }
    c->resource = (struct resource){.references = 1, .type = &compiled_type};
    ref_new_ids(c->resource.ids);
    term kind = c->pattern.needle ? ATOM(bm) : ATOM(ac);
    return make_tuple2(&p->heap, kind, make_magic_ref(&p->heap, &c->resource));
}

/* --- a search -------------------------------------------------------------------------------------- */

struct search {
    struct pattern *pattern;
    struct pattern own; /* when it is not a compiled one */
    uint8_t *own_needle;
    const uint8_t *bytes;
    uint8_t *copy; /* of the subject */
    size_t size;
    size_t from, end; /* scope */
    bool global, trim, trim_all;
};

static bool read_scope(struct search *s, term t)
{
    if (!is_tuple_of(t, 2) || !term_same(element(t, 0), ATOM(scope))) return false;
    term range = element(t, 1);
    size_t n;
    if (!is_tuple_of(range, 2)) return false;
    if (!binary_part_range(s->size, element(range, 0), element(range, 1), &s->from, &n))
        return false;
    s->end = s->from + n;
    return true;
}

static bool read_options(struct search *s, term l, bool is_split)
{
    if (!is_list(l)) return false;
    for (; is_cons(l); l = tail(l)) {
        term o = head(l);
        if (is_split && term_same(o, ATOM(global)))
            s->global = true;
        else if (is_split && term_same(o, ATOM(trim)))
            s->trim = true;
        else if (is_split && term_same(o, ATOM(trim_all)))
            s->trim_all = true;
        else if (!read_scope(s, o))
            return false;
    }
    return true;
}

static enum pattern_result read_pattern(struct search *s, term t)
{
    if (!is_tuple(t)) {
        s->pattern = &s->own;
        return make_pattern(&s->own, t, &s->own_needle);
    }
    if (!is_tuple_of(t, 2)) return PATTERN_BAD;
    struct compiled *c = resource_of(element(t, 1), &compiled_type);
    if (!c || !term_same(element(t, 0), c->pattern.needle ? ATOM(bm) : ATOM(ac)))
        return PATTERN_BAD;
    s->pattern = &c->pattern;
    return PATTERN_OK;
}

static void search_end(struct search *s)
{
    if (s->pattern == &s->own) pattern_end(&s->own);
    arena_free(s->own_needle);
    arena_free(s->copy);
}

/* Fills *s from the arguments; false: raised.  An empty scope finds nothing, whatever the pattern. */
static bool search_start(struct search *s, struct process *p, term subject, term pattern,
                         term options, bool is_split)
{
    if (!is_binary(subject)) return raise_badarg(p), false;
    s->size = s->end = binary_size(subject);
    if (!read_options(s, options, is_split)) return raise_badarg(p), false;
    if (s->end == 0) return true;
    enum pattern_result r = read_pattern(s, pattern);
    if (r == PATTERN_OK) {
        s->bytes = binary_bytes_or_copy(subject, &s->size, &s->copy);
        if (!s->bytes) r = PATTERN_NO_MEMORY;
    }
    if (r == PATTERN_OK) return true;
    search_end(s);
    return raise_pattern(p, r), false;
}

static bool search_next(struct search *s, size_t *at, size_t *n)
{
    if (s->end == 0 || !pattern_find(s->pattern, s->bytes, s->from, s->end, at, n)) return false;
    s->from = *at + *n;
    return true;
}

/* --- match, matches ------------------------------------------------------------------------------------ */

static term range_term(struct heap *h, size_t at, size_t n)
{
    return make_tuple2(h, small((int64_t)at), small((int64_t)n));
}

static term match_first(struct process *p, term subject, term pattern, term options)
{
    struct search s = {0};
    size_t at, n;
    if (!search_start(&s, p, subject, pattern, options, false)) return NO_VALUE;
    bool found = search_next(&s, &at, &n);
    search_end(&s);
    return found ? range_term(&p->heap, at, n) : ATOM(nomatch);
}

static term match_all(struct process *p, term subject, term pattern, term options)
{
    struct search s = {0};
    size_t at, n;
    if (!search_start(&s, p, subject, pattern, options, false)) return NO_VALUE;
    term result = NIL, *last = &result;
    while (search_next(&s, &at, &n) && effort(8))
        last = list_append(&p->heap, last, range_term(&p->heap, at, n));
    search_end(&s);
    return result;
}

/* What is short is searched at once; a compiled pattern takes no time, any other may be long. */
static term search_in(struct process *p, pausing_body *body, unsigned arity, const term *arg)
{
    bool is_short = is_bitstring(arg[0]) && binary_size(arg[0]) < SHORT && !is_cons(arg[1]);
    if (!is_short || p->bif_state) return pausing(p, body, arity, arg);
    bump(p, (int64_t)binary_size(arg[0]) / STEPS_PER_REDUCTION);
    return body(p, arg);
}

static term match(struct process *p, const term *arg)
{
    return match_first(p, arg[0], arg[1], NIL);
}
static term match_in(struct process *p, const term *arg)
{
    return match_first(p, arg[0], arg[1], arg[2]);
}
static term matches(struct process *p, const term *arg)
{
    return match_all(p, arg[0], arg[1], NIL);
}
static term matches_in(struct process *p, const term *arg)
{
    return match_all(p, arg[0], arg[1], arg[2]);
}

term bif_binary_match_2(struct process *p, const term *arg) { return search_in(p, match, 2, arg); }
term bif_binary_match_3(struct process *p, const term *arg)
{
    return search_in(p, match_in, 3, arg);
}
term bif_binary_matches_2(struct process *p, const term *arg)
{
    return search_in(p, matches, 2, arg);
}
term bif_binary_matches_3(struct process *p, const term *arg)
{
    return search_in(p, matches_in, 3, arg);
}

/* --- split ------------------------------------------------------------------------------------------------ */

struct parts {
    term first, *last; /* the list, and where the next cell goes */
    term *last_filled; /* the tail of the last part that is not empty */
};

static void add_part(struct parts *l, struct process *p, const struct search *s, term part,
                     size_t n)
{
    if (n == 0 && s->trim_all) return;
    l->last = list_append(&p->heap, l->last, part);
    if (n) l->last_filled = l->last;
}

static term split(struct process *p, term subject, term pattern, term options)
{
    struct search s = {0};
    struct parts l = {.first = NIL};
    size_t at, n, done = 0;
    if (!search_start(&s, p, subject, pattern, options, true)) return NO_VALUE;
    l.last = l.last_filled = &l.first;
    while (search_next(&s, &at, &n) && effort(16)) {
        add_part(&l, p, &s, binary_part(&p->heap, subject, done * 8, (at - done) * 8), at - done);
        done = at + n;
        if (!s.global) break;
    }
    n = s.size - done;
    add_part(&l, p, &s, done ? binary_part(&p->heap, subject, done * 8, n * 8) : subject, n);
    if (s.trim || s.trim_all) *l.last_filled = NIL;
    search_end(&s);
    return l.first;
}

static term split_first(struct process *p, const term *arg)
{
    return split(p, arg[0], arg[1], NIL);
}
static term split_as_told(struct process *p, const term *arg)
{
    return split(p, arg[0], arg[1], arg[2]);
}

term bif_binary_split_2(struct process *p, const term *arg)
{
    return search_in(p, split_first, 2, arg);
}
term bif_binary_split_3(struct process *p, const term *arg)
{
    return search_in(p, split_as_told, 3, arg);
}
