/* SPDX-License-Identifier: Apache-2.0 */
/* ets_match.c -- match specifications by themselves: compiling, running, testing. */
#include "bif/bif.h"
#include "bif/match_spec.h"
#include "code/code.h"
#include "heap/arena.h"

term bif_ets_match_spec_compile_1(struct process *p, const term *arg)
{
    term reason;
    struct match_program *m = match_compile(p, arg[0], MATCH_TABLE, NULL, &reason);
    if (!m) return raise(p, reason);
    term reference = match_reference(m, &p->heap);
    match_drop(m);
    return reference;
}

term bif_ets_is_compiled_ms_1(struct process *p, const term *arg)
{
    (void)p;
    return atom_bool(match_of(arg[0]));
}

term bif_ets_match_spec_run_r_3(struct process *p, const term *arg)
{
    struct match_program *m = match_of(arg[1]);
    if (!is_list(arg[0]) || !m) return raise_badarg(p);
    term list = arg[0], results = arg[2];
    for (; is_cons(list); list = tail(list)) {
        if (out_of_reductions(p) && list.bits != arg[0].bits) {
            struct export *e = export_get(ATOM(ets), ATOM(match_spec_run_r), 3);
            if (!e) return raise(p, ATOM(system_limit));
            return bif_trap(p, e, 3, (const term[]){list, arg[1], results});
        }
        bump(p, 1);
        term result = match_term(p, m, head(list));
        if (is_value(result)) results = make_cons(&p->heap, result, results);
    }
    return is_nil(list) ? results : raise_badarg(p);
}

/* --- erlang:match_spec_test/3 ------------------------------------------------------------------ */

static term flag_list(struct heap *h, unsigned flags)
{
    term list = NIL;
    if (flags & MATCH_EXCEPTION_TRACE) list = make_cons(h, ATOM(exception_trace), list);
    if (flags & MATCH_RETURN_TRACE) list = make_cons(h, ATOM(return_trace), list);
    return list;
}

static term test_call(struct process *p, const struct match_program *m, term arguments,
                      unsigned *flags)
{
    size_t n = 0;
    for (term l = arguments; is_cons(l); l = tail(l)) n++;
    term *array = arena_malloc((n + 1) * sizeof *array);
    if (!array) return NO_VALUE;
    n = 0;
    for (term l = arguments; is_cons(l); l = tail(l)) array[n++] = head(l);
    term result = match_call(p, m, array, n, flags, true);
    arena_free(array);
    return result;
}

term bif_erlang_match_spec_test_3(struct process *p, const term *arg)
{
    bool trace = term_same(arg[2], ATOM(trace));
    if (!trace && !term_same(arg[2], ATOM(table))) return raise_badarg(p);
    if (trace && !is_list(arg[0])) return raise_badarg(p);
    struct heap *h = &p->heap;
    term errors, result;
    struct match_program *m =
        match_compile(p, arg[1], trace ? MATCH_TRACE : MATCH_TABLE, &errors, NULL);
    if (!m) return make_tuple2(h, ATOM(error), errors);
    unsigned flags = 0;
    result = trace ? test_call(p, m, arg[0], &flags) : match_term(p, m, arg[0]);
    match_drop(m);
    if (is_no_value(result)) result = ATOM(false);
    return make_tuple4(h, ATOM(ok), result, flag_list(h, flags), errors);
}
