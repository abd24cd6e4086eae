/* SPDX-License-Identifier: Apache-2.0 */
/* drivers.c -- the functions behind erl_ddll: drivers cannot be loaded, and that is an error like another. */
#include "nif/nif.h"

static term try_load(struct process *p, const term *arg)
{
    if (!is_list(arg[2])) return raise_badarg(p);
    term why = make_tuple2(&p->heap, ATOM(open_error), small(0));
    return make_tuple2(&p->heap, ATOM(error), why);
}

static term try_unload(struct process *p, const term *arg)
{
    (void)arg;
    return make_tuple2(&p->heap, ATOM(error), ATOM(not_loaded));
}

static term loaded_drivers(struct process *p, const term *arg)
{
    (void)arg;
    return make_tuple2(&p->heap, ATOM(ok), NIL);
}

static term info(struct process *p, const term *arg)
{
    (void)arg;
    return raise_badarg(p); /* of no driver that is loaded */
}

static term format_error(struct process *p, const term *arg)
{
    static const char text[] = "a mote loads no drivers";
    (void)arg;
    return make_string(&p->heap, text, sizeof text - 1);
}

static const struct native rows[] = {
    {"erl_ddll", "try_load", 3, BIF_PLAIN, try_load},
    {"erl_ddll", "try_unload", 2, BIF_PLAIN, try_unload},
    {"erl_ddll", "loaded_drivers", 0, BIF_PLAIN, loaded_drivers},
    {"erl_ddll", "info", 2, BIF_PLAIN, info},
    {"erl_ddll", "format_error_int", 1, BIF_PLAIN, format_error},
};
const struct native_table driver_natives = {rows, sizeof rows / sizeof *rows};
