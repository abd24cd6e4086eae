/* SPDX-License-Identifier: Apache-2.0 */
/* code_purge.c -- removing old code, for the stock modules erts_code_purger and
 * erts_literal_area_collector; and the tasks that one process asks another to do for itself. */
#include "bif/bif.h"
#include "code/load.h"
#include "process/memory.h"

/* --- purging ------------------------------------------------------------------------------- */

term bif_erts_internal_purge_module_2(struct process *p, const term *arg)
{
    if (!term_same(p->registered_name, ATOM(erts_code_purger))) return raise(p, ATOM(notsup));
    if (!is_atom(arg[0]) || !is_atom(arg[1])) return raise_badarg(p);
    switch (atom_index(arg[1])) {
    case ATOM_prepare:
    case ATOM_prepare_on_load:
        if (purge_is_under_way()) return raise_badarg(p);
        return atom_bool(purge_prepare(arg[0], term_same(arg[1], ATOM(prepare_on_load))));
    case ATOM_abort: return purge_abort(arg[0]) ? ATOM(false) : raise_badarg(p);
    case ATOM_complete: return purge_complete(arg[0]) ? ATOM(true) : raise_badarg(p);
    default: return raise_badarg(p);
    }
}

term bif_erts_internal_check_process_code_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    return atom_bool(code_runs_old(p, arg[0]));
}

term bif_erts_internal_check_dirty_process_code_2(struct process *p, const term *arg)
{
    (void)arg;
    return raise(p, ATOM(notsup));
}

/* --- literals --------------------------------------------------------------------------------- */

term bif_erts_literal_area_collector_send_copy_request_3(struct process *p, const term *arg)
{
    (void)arg;
    return raise(p, ATOM(notsup));
}

/* The module believes that there is nothing to do: literal_area.c says why it is done at once. */
term bif_erts_literal_area_collector_release_area_switch_0(struct process *p, const term *arg)
{
    (void)arg;
    if (!is_literal_collector(p)) return raise(p, ATOM(notsup));
    literal_areas_release();
    bump(p, 1000);
    return ATOM(false);
}

/* --- tasks -------------------------------------------------------------------------------------- */

static bool is_priority(term t)
{
    switch (is_atom(t) ? atom_index(t) : FIRST_FREE_ATOM) {
    case ATOM_max:
    case ATOM_high:
    case ATOM_normal:
    case ATOM_low:
    case ATOM_inherit: return true;
    default: return false;
    }
}

/* {garbage_collect, Id, major | minor} or {check_process_code, Id, Module} */
static bool is_task(term t)
{
    if (!is_tuple_of(t, 3)) return false;
    term what = element(t, 0), argument = element(t, 2);
    if (term_same(what, ATOM(check_process_code))) return is_atom(argument);
    return term_same(what, ATOM(garbage_collect)) &&
           (term_same(argument, ATOM(major)) || term_same(argument, ATOM(minor)));
}

/* Another process stands still, so it need not do this itself. */
static term do_task(struct process *p, struct process *target, term task, unsigned arity)
{
    if (!target) return ATOM(false);
    if (term_same(element(task, 0), ATOM(check_process_code))) {
        bump(p, 1 + (target->heap.end - target->heap.stack) / 64);
        return atom_bool(code_runs_old(target, element(task, 2)));
    }
    bool full = term_same(element(task, 2), ATOM(major));
    bump(p, (int64_t)(heap_used_words(&target->heap) / 64));
    process_collect_from_bif(target, arity, full);
    return ATOM(true);
}

/* arg is in registers, which a collection of the caller updates. */
static term request(struct process *p, term requester, const term *arg, unsigned arity)
{
    const term *task = &arg[2];
    if (!is_local_pid(arg[0]) || !is_priority(arg[1]) || !is_task(*task)) return raise_badarg(p);
    struct process *to = process_find(requester);
    term result = do_task(p, process_find(arg[0]), *task, arity);
    if (!to) return ATOM(ok);
    term reply = make_tuple3(&p->heap, element(*task, 0), element(*task, 1), result);
    return mailbox_send(p, to, reply) ? ATOM(ok) : raise(p, ATOM(system_limit));
}

term bif_erts_internal_request_system_task_3(struct process *p, const term *arg)
{
    return request(p, p->pid, arg, 3);
}

term bif_erts_internal_request_system_task_4(struct process *p, const term *arg)
{
    if (!is_local_pid(arg[0])) return raise_badarg(p);
    return request(p, arg[0], arg + 1, 4);
}
