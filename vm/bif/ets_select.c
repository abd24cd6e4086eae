/* SPDX-License-Identifier: Apache-2.0 */
/* ets_select.c -- ets: match, match_object and all the selects.
 *
 * A walk that takes long pauses with bif_again(): its struct is kept in p->bif_state, its terms in
 * p->scratch, and a hash table stays fixed meanwhile, so that every object that is there all the time is
 * looked at exactly once.
 *
 * With a limit the answer carries a continuation: {Tab, Bucket, Limit, Program, Rest, Count} for
 * hash tables, {Tab, LastKey, [], Limit, Program, [], Backwards, 0} for trees (stock's form, which
 * ets:repair_continuation/2 takes apart).
 */
#include "bif/ets_select.h"
#include "heap/arena.h"
#include "term/compare.h"

/* --- pausing ------------------------------------------------------------------------------------- */

static void release(struct select *s)
{
    match_drop(s->program);
    if (s->buckets != s->few_buckets) arena_free(s->buckets);
}

static void drop_paused(void *state)
{
    struct select *s = state;
    release(s);
    resource_drop(&s->table->resource);
    arena_free(s);
}

static term pause_walk(struct process *p, struct select *s)
{
    struct select *kept = arena_malloc(sizeof *kept);
    if (!kept || (!table_is_tree(s->table) && !table_fix(s->table, p->pid))) {
        arena_free(kept);
        release(s);
        return ets_no_memory(p);
    }
    *kept = *s;
    if (s->buckets == s->few_buckets) kept->buckets = kept->few_buckets;
    resource_keep(&s->table->resource);
    p->scratch[0] = s->list;
    p->scratch[1] = is_value(s->last_key) ? s->last_key : NIL;
    p->bif_state = kept;
    p->bif_state_free = drop_paused;
    return bif_again(p);
}

/* --- answers ------------------------------------------------------------------------------------------ */

static term reversed(struct heap *h, term list)
{
    term to = NIL;
    for (; is_cons(list); list = tail(list)) to = make_cons(h, head(list), to);
    return to;
}

/* Takes what is more than the limit off the list, in the order that stock leaves it in. */
static term split_rest(struct select *s, size_t *count)
{
    struct heap *h = &s->p->heap;
    term rest = NIL;
    *count = s->got > s->limit ? s->got - s->limit : 0;
    for (size_t i = 0; i < *count; i++, s->list = tail(s->list))
        rest = make_cons(h, head(s->list), rest);
    return s->continued ? rest : reversed(h, rest);
}

static term hash_chunk(struct select *s)
{
    struct heap *h = &s->p->heap;
    size_t count;
    term rest = split_rest(s, &count);
    if (is_nil(rest) && s->bucket < 0)
        return is_nil(s->list) ? ATOM(dollar_end_of_table)
                               : make_tuple2(h, s->list, ATOM(dollar_end_of_table));
    term parts[] = {table_id(s->table, h),
                    small(s->bucket),
                    small((int64_t)s->limit),
                    match_reference(s->program, h),
                    rest,
                    small((int64_t)count)};
    return make_tuple2(h, s->list, make_tuple(h, 6, parts));
}

static term tree_chunk(struct select *s)
{
    struct heap *h = &s->p->heap;
    if (s->got == 0) return ATOM(dollar_end_of_table);
    term list = reversed(h, s->list);
    bump(s->p, (int64_t)s->got / 50);
    if (s->got < s->limit || is_no_value(s->last_key))
        return make_tuple2(h, list, ATOM(dollar_end_of_table));
    term parts[] = {table_id(s->table, h),
                    s->last_key,
                    NIL,
                    small((int64_t)s->limit),
                    match_reference(s->program, h),
                    NIL,
                    small(s->backwards),
                    small(0)};
    return make_tuple2(h, list, make_tuple(h, 8, parts));
}

static term answer(struct select *s)
{
    if (s->failed) return ets_no_memory(s->p);
    if (s->action != SELECT_LIST) return make_unsigned(&s->p->heap, s->got);
    if (!s->limit) return s->list;
    return table_is_tree(s->table) ? tree_chunk(s) : hash_chunk(s);
}

static term go(struct process *p, struct select *s)
{
    bool tree = table_is_tree(s->table);
    if (!(tree ? select_tree(s) : select_hash(s))) return pause_walk(p, s);
    if (s->action == SELECT_DELETE && !tree && !table_is_fixed(s->table))
        hash_shrink(&s->table->hash);
    term result = answer(s);
    release(s);
    return result;
}

/* Goes on with a walk that paused; it may pause again. */
static term resume(struct process *p)
{
    struct select *kept = p->bif_state, s = *kept;
    struct ets_table *t = s.table;
    if (kept->buckets == kept->few_buckets) s.buckets = s.few_buckets;
    s.list = p->scratch[0];
    if (is_value(s.last_key)) s.last_key = p->scratch[1];
    p->bif_state = NULL;
    p->bif_state_free = NULL;
    p->scratch[0] = p->scratch[1] = NIL;
    arena_free(kept);

    term result;
    table_settle(t);
    if (t->alive) {
        result = go(p, &s);
        if (!table_is_tree(t)) table_unfix(t, p->pid);
    } else {
        release(&s);
        result = ets_badarg(p, ATOM(id));
    }
    resource_drop(&t->resource);
    return result;
}

/* --- starting -------------------------------------------------------------------------------------------- */

struct wish {
    enum select_action action;
    bool reverse;
    size_t limit;
};

static bool is_paused(const struct process *p)
{
    return p->bif_state && p->bif_state_free == drop_paused;
}

static term nothing(const struct wish *w)
{
    if (w->action != SELECT_LIST) return small(0);
    return w->limit ? ATOM(dollar_end_of_table) : NIL;
}

static void prepare(struct select *s, struct process *p, struct ets_table *t,
                    struct match_program *m)
{
    *s = (struct select){.p = p, .table = t, .program = m, .list = NIL, .left = SELECT_ROUND};
    s->buckets = s->few_buckets;
}

/* Takes over the program. */
static term start(struct process *p, struct ets_table *t, struct match_program *m,
                  const struct wish *w)
{
    struct select s;
    prepare(&s, p, t, m);
    s.action = w->action;
    s.limit = w->limit;
    /* Without a limit the list is not turned round at the end, so the walk is. */
    s.backwards = w->action == SELECT_LIST && (w->limit ? w->reverse : !w->reverse);
    if (table_is_tree(t) ? select_plan_tree(&s) : select_plan_hash(&s)) return go(p, &s);
    release(&s);
    return nothing(w);
}

static term select_spec(struct process *p, const term *arg, const struct wish *w)
{
    if (is_paused(p)) return resume(p);
    bool reads = w->action == SELECT_LIST || w->action == SELECT_COUNT;
    struct ets_table *t = ets_get(p, arg[0], reads ? ETS_READ : ETS_WRITE);
    if (!t) return NO_VALUE;
    if (w->action == SELECT_REPLACE && t->kind == TABLE_BAG) return ets_badarg(p, ATOM(table_type));
    if (is_nil(arg[1])) return nothing(w);
    term reason;
    struct match_program *m = match_compile(p, arg[1], MATCH_TABLE, NULL, &reason);
    if (!m) return raise(p, reason);
    if (w->action == SELECT_REPLACE && !match_keeps_key(m, t->keypos)) {
        match_drop(m);
        return raise_badarg(p);
    }
    return start(p, t, m, w);
}

static term select_pattern(struct process *p, const term *arg, term what, const struct wish *w)
{
    if (is_paused(p)) return resume(p);
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    struct match_program *m = match_compile_pattern(p, arg[1], what);
    return m ? start(p, t, m, w) : raise_badarg(p);
}

/* What the limit says, when the table is there; false: an error is raised. */
static bool get_limit(struct process *p, const term *arg, struct wish *w)
{
    if (is_paused(p)) return true;
    if (!ets_get(p, arg[0], ETS_READ)) return false;
    if (!is_small(arg[2]) || small_value(arg[2]) <= 0) {
        raise_badarg(p);
        return false;
    }
    w->limit = (size_t)small_value(arg[2]);
    return true;
}

/* --- going on ---------------------------------------------------------------------------------------------- */

static bool take_hash(struct select *s, term c)
{
    if (!is_tuple_of(c, 6)) return false;
    term bucket = element(c, 1), limit = element(c, 2), rest = element(c, 4), n = element(c, 5);
    if (!is_small(bucket) || !is_small(limit) || small_value(limit) < 0 || !is_list(rest) ||
        !is_small(n) || small_value(n) < 0 || list_length(rest) != small_value(n))
        return false;
    s->bucket = small_value(bucket) < 0 ? -1 : small_value(bucket);
    s->limit = (size_t)small_value(limit);
    s->list = rest;
    s->got = (size_t)small_value(n);
    s->continued = true;
    return s->limit > 0 && s->bucket < s->table->hash.active;
}

static bool take_tree(struct select *s, term c)
{
    if (!is_tuple_of(c, 8)) return false;
    term limit = element(c, 3), backwards = element(c, 6);
    if (!is_small(limit) || small_value(limit) <= 0 || !is_nil(element(c, 5)) ||
        !is_small(backwards) || !is_small(element(c, 7)))
        return false;
    s->last_key = element(c, 1);
    s->limit = (size_t)small_value(limit);
    s->backwards = small_value(backwards) != 0;
    select_plan_tree(s);
    return true;
}

static term go_on(struct process *p, const term *arg)
{
    if (is_paused(p)) return resume(p);
    term c = arg[0];
    if (term_same(c, ATOM(dollar_end_of_table))) return c;
    if (!is_tuple(c) || tuple_size(c) < 1) return raise_badarg(p);
    struct ets_table *t = ets_get(p, element(c, 0), ETS_READ);
    if (!t) return NO_VALUE;
    bool tree = table_is_tree(t);
    struct match_program *m = NULL;
    if (tuple_size(c) == (tree ? 8 : 6)) m = match_of(element(c, tree ? 4 : 3));
    if (!m) return raise_badarg(p);
    struct select s;
    prepare(&s, p, t, m);
    match_keep(m);
    if (!(tree ? take_tree(&s, c) : take_hash(&s, c))) {
        release(&s);
        return raise_badarg(p);
    }
    if (!tree && s.got >= s.limit) {
        term result = answer(&s);
        release(&s);
        return result;
    }
    return go(p, &s);
}

/* --- the functions --------------------------------------------------------------------------------------------- */

term bif_ets_select_1(struct process *p, const term *arg) { return go_on(p, arg); }
term bif_ets_select_reverse_1(struct process *p, const term *arg) { return go_on(p, arg); }
term bif_ets_match_1(struct process *p, const term *arg) { return go_on(p, arg); }
term bif_ets_match_object_1(struct process *p, const term *arg) { return go_on(p, arg); }

term bif_ets_select_2(struct process *p, const term *arg)
{
    return select_spec(p, arg, &(struct wish){.action = SELECT_LIST});
}
term bif_ets_select_reverse_2(struct process *p, const term *arg)
{
    return select_spec(p, arg, &(struct wish){.action = SELECT_LIST, .reverse = true});
}
term bif_ets_select_count_2(struct process *p, const term *arg)
{
    return select_spec(p, arg, &(struct wish){.action = SELECT_COUNT});
}
term bif_ets_internal_select_delete_2(struct process *p, const term *arg)
{
    return select_spec(p, arg, &(struct wish){.action = SELECT_DELETE});
}
term bif_ets_select_replace_2(struct process *p, const term *arg)
{
    return select_spec(p, arg, &(struct wish){.action = SELECT_REPLACE});
}
term bif_ets_match_2(struct process *p, const term *arg)
{
    return select_pattern(p, arg, ATOM(dollar_dollar), &(struct wish){.action = SELECT_LIST});
}
term bif_ets_match_object_2(struct process *p, const term *arg)
{
    return select_pattern(p, arg, ATOM(dollar_underscore), &(struct wish){.action = SELECT_LIST});
}

term bif_ets_select_3(struct process *p, const term *arg)
{
    struct wish w = {.action = SELECT_LIST};
    return get_limit(p, arg, &w) ? select_spec(p, arg, &w) : NO_VALUE;
}
term bif_ets_select_reverse_3(struct process *p, const term *arg)
{
    struct wish w = {.action = SELECT_LIST, .reverse = true};
    return get_limit(p, arg, &w) ? select_spec(p, arg, &w) : NO_VALUE;
}
term bif_ets_match_3(struct process *p, const term *arg)
{
    struct wish w = {.action = SELECT_LIST};
    return get_limit(p, arg, &w) ? select_pattern(p, arg, ATOM(dollar_dollar), &w) : NO_VALUE;
}
term bif_ets_match_object_3(struct process *p, const term *arg)
{
    struct wish w = {.action = SELECT_LIST};
    return get_limit(p, arg, &w) ? select_pattern(p, arg, ATOM(dollar_underscore), &w) : NO_VALUE;
}
