/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_system.c -- the end of the mote, system tasks, and questions about threads. */
#include "bif/system.h"
#include "code/load.h"
#include "platform/platform.h"
#include "process/collection_hold.h"
#include "process/memory.h"
#include "term/code_point.h"
#include "term/node.h"

/* --- halt/2 ---------------------------------------------------------------------------------- */

enum { STATUS_ABORT = 134 /* as a process that SIGABRT ended */, STATUS_SLOGAN = 1 };

static void say_code_point(int64_t c)
{
    uint8_t b[4];
    plat_console_write_error(b, (size_t)(utf8_write(b, (uint32_t)c) - b));
}

/* At most 1023 characters, as a stock machine's crash dump takes. */
static bool is_slogan(term list)
{
    for (; is_cons(list); list = tail(list))
        if (!is_code_point(head(list))) return false;
    return is_nil(list);
}

static void say_slogan(term list)
{
    for (int left = 1023; is_cons(list) && left > 0; list = tail(list), left--)
        say_code_point(small_value(head(list)));
    say_code_point('\n');
}

/* Output is never buffered here, so there is nothing to flush. */
static bool halt_options(term list)
{
    for (; is_cons(list); list = tail(list)) {
        term o = head(list);
        if (!is_tuple_of(o, 2) || !term_same(element(o, 0), ATOM(flush))) return false;
        if (!term_same(element(o, 1), ATOM(true)) && !term_same(element(o, 1), ATOM(false)))
            return false;
    }
    return is_nil(list);
}

term bif_erlang_halt_2(struct process *p, const term *arg)
{
    if (!halt_options(arg[1])) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    if (is_small(arg[0]) && small_value(arg[0]) >= 0)
        plat_exit((int)(small_value(arg[0]) & 0x7FFFFFFF));
    if (is_big(arg[0]) && !big_is_negative(arg[0]))
        plat_exit((int)(*big_limb(arg[0]) & 0x7FFFFFFF));
    if (term_same(arg[0], ATOM(abort))) plat_exit(STATUS_ABORT);
    if (is_list(arg[0]) && is_slogan(arg[0])) {
        say_slogan(arg[0]);
        plat_exit(STATUS_SLOGAN);
    }
    return raise_badarg(p);
}

/* --- collections and other system tasks ---------------------------------------------------------- */

term bif_erts_internal_garbage_collect_1(struct process *p, const term *arg)
{
    bool full = term_same(arg[0], ATOM(major));
    if (!full && !term_same(arg[0], ATOM(minor))) return raise_badarg(p);
    if (!collections_held(p)) process_collect_from_bif(p, 1, full);
    return ATOM(true);
}

static bool is_priority(term t)
{
    return term_same(t, ATOM(inherit)) || term_same(t, ATOM(low)) || term_same(t, ATOM(normal)) ||
           term_same(t, ATOM(high)) || term_same(t, ATOM(max));
}

/* The result for the reply, or NO_VALUE: there is no such task.  q is NULL when it is dead; live is the
 * arity of the BIF that asks. */
static term perform(struct process *q, term type, term argument, unsigned live)
{
    if (!is_atom(type)) return NO_VALUE;
    switch (atom_index(type)) {
    case ATOM_garbage_collect:
        if (!term_same(argument, ATOM(major)) && !term_same(argument, ATOM(minor))) return NO_VALUE;
        if (q) process_collect_from_bif(q, live, term_same(argument, ATOM(major)));
        return atom_bool(q);
    case ATOM_check_process_code:
        if (!is_atom(argument)) return NO_VALUE;
        return atom_bool(q && code_process_uses_old(q, argument));
    case ATOM_system_task_test: return atom_bool(q);
    default: return NO_VALUE;
    }
}

/* {Type, Id, Argument}, or for tests {system_task_test, Id}. */
static bool is_task(term t)
{
    if (is_tuple_of(t, 3)) return true;
    return is_tuple_of(t, 2) && term_same(element(t, 0), ATOM(system_task_test));
}

/* Done at once: everybody but the caller stands still.  The reply is {Type, Id, Result}. */
static term request(struct process *p, term requester, const term *arg, unsigned live)
{
    term task = arg[2];
    if (!is_local_pid(arg[0])) {
        bool own = is_external_pid(arg[0]) && term_same(node_of(arg[0])->name, node_this->name);
        if (!own) return raise_badarg(p);
    }
    if (!is_priority(arg[1]) || !is_task(task)) return raise_badarg(p);
    struct process *to = process_find(requester);
    term type = element(task, 0), argument = tuple_size(task) > 2 ? element(task, 2) : NIL;
    struct process *of = process_find(arg[0]);
    if (of && collections_held(of) && term_same(type, ATOM(garbage_collect))) {
        bool full = term_same(argument, ATOM(major));
        if (!full && !term_same(argument, ATOM(minor))) return raise_badarg(p);
        return collection_defer(of, requester, element(task, 1), full)
                   ? ATOM(ok)
                   : raise(p, ATOM(system_limit));
    }
    term result = perform(process_find(arg[0]), type, argument, live);
    if (is_no_value(result)) return raise_badarg(p);
    bump(p, 20);
    /* A collection of the caller's own heap has moved the task: take the id from it again. */
    term id = element(arg[2], 1);
    if (to) mailbox_send(NULL, to, make_tuple3(&p->heap, type, id, result));
    return ATOM(ok);
}

term bif_erts_internal_request_system_task_3(struct process *p, const term *arg)
{
    return request(p, p->pid, arg, 3);
}

term bif_erts_internal_request_system_task_4(struct process *p, const term *arg)
{
    return is_local_pid(arg[0]) ? request(p, arg[0], arg + 1, 4) : raise_badarg(p);
}

/* --- about threads and allocators: there is one, and none ---------------------------------------------- */

term bif_erts_internal_system_check_1(struct process *p, const term *arg)
{
    return term_same(arg[0], ATOM(schedulers)) ? ATOM(ok) : raise_badarg(p);
}

term bif_erts_internal_no_aux_work_threads_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return small(2);
}

term bif_erts_internal_gather_alloc_histograms_1(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return small(0); /* so many messages will come */
}

term bif_erts_internal_gather_carrier_info_1(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return small(0);
}

term bif_erts_internal_is_process_executing_dirty_1(struct process *p, const term *arg)
{
    return is_pid(arg[0]) ? ATOM(false) : raise_badarg(p);
}

term bif_erts_internal_dirty_process_handle_signals_1(struct process *p, const term *arg)
{
    return is_pid(arg[0]) ? ATOM(noproc) : raise_badarg(p);
}

term bif_error_logger_warning_map_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(warning);
}
