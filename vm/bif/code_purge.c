/* SPDX-License-Identifier: Apache-2.0 */
/* code_purge.c -- removing old code, for the stock modules erts_code_purger and
 * erts_literal_area_collector. */
#include "bif/bif.h"
#include "code/load.h"
#include "process/suspend.h"

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
    case ATOM_abort:
        if (!purge_abort(arg[0])) return raise_badarg(p);
        suspensions_end(p); /* who called funs meanwhile: purge_pending() */
        return ATOM(false);
    case ATOM_complete:
        if (!purge_complete(arg[0])) return raise_badarg(p);
        suspensions_end(p);
        return ATOM(true);
    default: return raise_badarg(p);
    }
}

term bif_erts_internal_check_process_code_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    return atom_bool(code_process_uses_old(p, arg[0]));
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
