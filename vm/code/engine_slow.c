/* SPDX-License-Identifier: Apache-2.0 */
/* engine_slow.c -- the long ways of instructions; see engine_slow.h. */
#include "code/engine_slow.h"
#include "code/engine.h"
#include "code/load.h"
#include "process/timer.h"

/* --- funs ------------------------------------------------------------------------------- */

static term arguments_list(struct process *p, uint32_t arity)
{
    return make_list(&p->heap, arity, engine_x, NIL);
}

/* No loaded code defines the fun: error_handler:undefined_lambda(Module, Fun, Args) loads the module.  When
 * it is loaded, it is another version of it. */
static const code_word *undefined_lambda(struct process *p, term fun, uint32_t arity)
{
    term args = arguments_list(p, arity);
    struct export *e = purge_pending(p, fun_entry_of(fun));
    const struct module *m = module_find(fun_entry_of(fun)->module);
    if (!e && m && m->current) {
        raise(p, make_tuple2(&p->heap, ATOM(badfun), fun));
        return NULL;
    }
    if (!e) e = export_get(p->error_handler, ATOM(undefined_lambda), 3);
    if (!export_is_defined(e)) {
        raise(p, ATOM(undef));
        return NULL;
    }
    engine_x[0] = fun_entry_of(fun)->module;
    engine_x[1] = fun;
    engine_x[2] = args;
    return e->code;
}

const code_word *fun_target(struct process *p, term fun, uint32_t arity)
{
    if (is_export_fun(fun)) {
        struct export *e = fun_export(fun);
        if (e->arity == arity) return e->code;
    } else if (is_local_fun(fun)) {
        struct fun_entry *e = fun_entry_of(fun);
        if (e->arity == arity) {
            if (!e->code) return undefined_lambda(p, fun, arity);
            memcpy(engine_x + arity, fun_free(fun), fun_free_count(fun) * sizeof(term));
            return e->code;
        }
    } else {
        raise(p, make_tuple2(&p->heap, ATOM(badfun), fun));
        return NULL;
    }
    term call = make_tuple2(&p->heap, fun, arguments_list(p, arity));
    raise(p, make_tuple2(&p->heap, ATOM(badarity), call));
    return NULL;
}

bool fun_has_arity(term fun, term arity)
{
    if (!is_small(arity)) return false;
    if (is_export_fun(fun)) return fun_export(fun)->arity == (uint64_t)small_value(arity);
    return is_local_fun(fun) && fun_entry_of(fun)->arity == (uint64_t)small_value(arity);
}

/* --- calls by name ---------------------------------------------------------------------------- */

const code_word *apply_target(struct process *p, term module, term function, uint32_t arity)
{
    if (!is_atom(module) || !is_atom(function)) {
        raise_badarg(p);
        return NULL;
    }
    struct export *e = export_find(module, function, arity);
    if (e) return e->code;
    /* What nobody mentions, and no error_handler to ask: stock says badarg, and undef otherwise. */
    if (!export_find(p->error_handler, ATOM(undefined_function), 3)) {
        raise_badarg(p);
        return NULL;
    }
    e = export_get(module, function, arity);
    if (!e) {
        raise(p, ATOM(system_limit));
        return NULL;
    }
    return e->code;
}

int unpack_arguments(struct process *p, term list, int most)
{
    int n = 0;
    for (; is_cons(list); list = tail(list)) {
        if (n == most) {
            raise(p, ATOM(system_limit));
            return -1;
        }
        engine_x[n++] = head(list);
    }
    if (is_nil(list)) return n;
    raise_badarg(p);
    return -1;
}

const code_word *apply3_target(struct process *p, term args[3])
{
    for (;;) {
        memcpy(args, engine_x, 3 * sizeof *args);
        int arity = unpack_arguments(p, args[2], APPLY3_MOST);
        if (arity < 0) return NULL;
        bool again =
            arity == 3 && term_same(args[0], ATOM(erlang)) && term_same(args[1], ATOM(apply));
        if (!again) return apply_target(p, args[0], args[1], (uint32_t)arity);
    }
}

const code_word *undefined_target(struct process *p, const struct export *e)
{
    struct export *handler = export_find(p->error_handler, ATOM(undefined_function), 3);
    if (!handler || !export_is_defined(handler)) {
        raise(p, ATOM(undef));
        return NULL;
    }
    term args = arguments_list(p, e->arity);
    engine_x[0] = e->module;
    engine_x[1] = e->function;
    engine_x[2] = args;
    return handler->code;
}

const code_word *on_load_target(struct process *p)
{
    struct module *m = is_atom(engine_x[0]) ? module_find(engine_x[0]) : NULL;
    struct code_area *area = m ? (m->pending ? m->pending : m->current) : NULL;
    if (area && area->on_load) return area->on_load;
    raise_badarg(p);
    return NULL;
}

/* --- receive -------------------------------------------------------------------------------------- */

enum wait_kind wait_timeout(struct process *p, term time)
{
    if (p->receive_state == RECEIVE_TIMED_OUT) return WAIT_OVER;
    /* Of a receive that is tried again `time` may be gone: `receive after X0` has no pattern, and keeps no register. */
    if (receive_timer_is_set(p) || p->receive_state == RECEIVE_FOR_EVER) return WAIT_SLEEP;
    if (term_same(time, ATOM(infinity))) {
        p->receive_state = RECEIVE_FOR_EVER;
        return WAIT_SLEEP;
    }
    if (!is_small(time) || small_value(time) < 0 || small_value(time) > UINT32_MAX) return WAIT_BAD;
    if (small_value(time) == 0) return WAIT_OVER;
    receive_timer_set(p, (uint64_t)small_value(time));
    return WAIT_SLEEP;
}

term element_or_none(term index, term tuple)
{
    if (!is_small(index) || !is_tuple(tuple)) return NO_VALUE;
    uint64_t i = (uint64_t)small_value(index) - 1;
    return i < tuple_size(tuple) ? element(tuple, i) : NO_VALUE;
}
