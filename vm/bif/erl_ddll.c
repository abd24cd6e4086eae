/* SPDX-License-Identifier: Apache-2.0 */
/* erl_ddll.c -- bodies for erl_ddll.def.
 *
 * A driver of the stock machine is a shared object for its operating system.  Here every file is
 * refused in the way of one that cannot be opened, and what is built in cannot be taken out.
 */
#include "bif/bif.h"
#include "heap/list.h"
#include "port/port.h"

#define OPEN_ERROR (-10) /* stock's number for "the text is dlopen()'s" */
#define NAME_ROOM  256

/* A driver's name: characters or an atom.  false: none. */
static bool driver_name(term t, char name[NAME_ROOM], size_t *n)
{
    *n = 0;
    if (is_atom(t)) {
        *n = atom_text(t)->length;
        memcpy(name, atom_text(t)->bytes, *n < NAME_ROOM ? *n : NAME_ROOM);
        return *n < NAME_ROOM;
    }
    for (; is_cons(t); t = tail(t)) {
        if (!is_small(head(t)) || small_value(head(t)) <= 0 || small_value(head(t)) > 255)
            return false;
        if (*n == NAME_ROOM) return false;
        name[(*n)++] = (char)small_value(head(t));
    }
    return is_nil(t) && *n > 0;
}

static bool is_built_in(term t, bool *good)
{
    char name[NAME_ROOM];
    size_t n;
    *good = driver_name(t, name, &n);
    return *good && port_driver_find(name, n);
}

static term error(struct process *p, term why) { return make_tuple2(&p->heap, ATOM(error), why); }

/* --- loading -------------------------------------------------------------------------------------- */

static bool is_one_of(term t, term a, term b) { return term_same(t, a) || term_same(t, b); }

static bool kill_ports_only(term list)
{
    for (; is_cons(list); list = tail(list))
        if (!term_same(head(list), ATOM(kill_ports))) return false;
    return is_nil(list);
}

/* *reload: it is to take the place of one that is there. */
static bool load_options(term list, bool *reload)
{
    for (; is_cons(list); list = tail(list)) {
        term o = head(list);
        if (!is_tuple_of(o, 2)) return false;
        term key = element(o, 0), value = element(o, 1);
        if (term_same(key, ATOM(driver_options))) {
            if (!kill_ports_only(value)) return false;
        } else if (term_same(key, ATOM(monitor))) {
            if (!is_one_of(value, ATOM(pending_driver), ATOM(pending))) return false;
        } else if (term_same(key, ATOM(reload))) {
            if (!is_one_of(value, ATOM(pending_driver), ATOM(pending))) return false;
            *reload = true;
        } else {
            return false;
        }
    }
    return is_nil(list);
}

term bif_erl_ddll_try_load_3(struct process *p, const term *arg)
{
    bool good, reload = false;
    char path[NAME_ROOM];
    size_t n;
    bool built_in = is_built_in(arg[1], &good);
    if (!good || !load_options(arg[2], &reload)) return raise_badarg(p);
    if (!driver_name(arg[0], path, &n) && list_length(arg[0]) < NAME_ROOM) return raise_badarg(p);
    if (built_in) return error(p, ATOM(linked_in_driver));
    if (reload) return error(p, ATOM(not_loaded));
    return error(p, make_tuple2(&p->heap, ATOM(open_error), small(OPEN_ERROR)));
}

static bool unload_options(term list)
{
    for (; is_cons(list); list = tail(list)) {
        term o = head(list);
        if (term_same(o, ATOM(kill_ports))) continue;
        if (!is_tuple_of(o, 2) || !term_same(element(o, 0), ATOM(monitor)) ||
            !is_one_of(element(o, 1), ATOM(pending_driver), ATOM(pending)))
            return false;
    }
    return is_nil(list);
}

term bif_erl_ddll_try_unload_2(struct process *p, const term *arg)
{
    bool good, built_in = is_built_in(arg[0], &good);
    if (!good || !unload_options(arg[1])) return raise_badarg(p);
    return error(p, built_in ? ATOM(linked_in_driver) : ATOM(not_loaded));
}

/* --- facts ------------------------------------------------------------------------------------------ */

struct names {
    struct heap *heap;
    term list, *last;
};
static void add_name(const struct port_driver *d, void *context)
{
    struct names *n = context;
    if (!d->name) return;
    term name = make_string(n->heap, d->name, strlen(d->name));
    n->last = list_append(n->heap, n->last, name);
}

term bif_erl_ddll_loaded_drivers_0(struct process *p, const term *arg)
{
    (void)arg;
    struct names n = {&p->heap, NIL, NULL};
    n.last = &n.list;
    port_driver_each(add_name, &n);
    return make_tuple2(&p->heap, ATOM(ok), n.list);
}

term bif_erl_ddll_info_2(struct process *p, const term *arg)
{
    bool good, built_in = is_built_in(arg[0], &good);
    if (!built_in || !is_atom(arg[1])) return raise_badarg(p);
    switch (atom_index(arg[1])) {
    case ATOM_linked_in_driver: return ATOM(true);
    case ATOM_permanent: return ATOM(false);
    case ATOM_processes:
    case ATOM_driver_options:
    case ATOM_port_count:
    case ATOM_awaiting_load:
    case ATOM_awaiting_unload: return ATOM(linked_in_driver);
    default: return raise_badarg(p);
    }
}

static const char *error_text(term code)
{
    if (is_tuple_of(code, 2) && term_same(element(code, 0), ATOM(open_error)))
        return term_same(element(code, 1), small(OPEN_ERROR))
                   ? "there are no shared objects here: drivers are part of the runtime"
                   : "Unspecified error";
    if (!is_atom(code)) return NULL;
    switch (atom_index(code)) {
    case ATOM_inconsistent:
        return "Driver name and/or driver options are inconsistent with currently loaded driver";
    case ATOM_linked_in_driver: return "Driver is statically linked and cannot be loaded/unloaded";
    case ATOM_permanent: return "DDLL driver is permanent an cannot be unloaded/loaded";
    case ATOM_not_loaded: return "DDLL driver is not loaded";
    case ATOM_not_loaded_by_this_process: return "DDLL driver was not loaded by this process";
    case ATOM_not_pending: return "DDLL load not pending for this driver name";
    case ATOM_already_loaded: return "DDLL driver is already loaded successfully";
    default: return NULL;
    }
}

term bif_erl_ddll_format_error_int_1(struct process *p, const term *arg)
{
    const char *text = error_text(arg[0]);
    return text ? make_string(&p->heap, text, strlen(text)) : raise_badarg(p);
}

/* --- coming and going ----------------------------------------------------------------------------------- */

/* Nothing comes: {'DOWN', Ref, driver, Name, unloaded} at once; what is built in is there:
 * {'UP', Ref, driver, Name, loaded}, and does not go. */
term bif_erl_ddll_monitor_2(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    term request = arg[1];
    bool good, built_in;
    if (!term_same(arg[0], ATOM(driver)) || !is_tuple_of(request, 2)) return raise_badarg(p);
    term when = element(request, 1);
    bool loaded = term_same(when, ATOM(loaded)), unloaded = term_same(when, ATOM(unloaded));
    if (!loaded && !unloaded && !term_same(when, ATOM(unloaded_only))) return raise_badarg(p);
    built_in = is_built_in(element(request, 0), &good);
    if (!good) return raise_badarg(p);
    term ref = make_ref(h);
    if (!loaded && (built_in || !unloaded)) return ref;
    bool up = built_in;
    const term message[] = {up ? ATOM(UP) : ATOM(DOWN), ref, ATOM(driver), element(request, 0),
                            up ? ATOM(loaded) : ATOM(unloaded)};
    if (!mailbox_send(p, p, make_tuple(h, 5, message))) return raise(p, ATOM(system_limit));
    return ref;
}

term bif_erl_ddll_demonitor_1(struct process *p, const term *arg)
{
    return is_local_ref(arg[0]) ? ATOM(true) : raise_badarg(p);
}
