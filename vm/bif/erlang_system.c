/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_system.c -- the end of the mote, system tasks, and questions about threads. */
#include "bif/system.h"
#include "platform/platform.h"
#include "process/collection_hold.h"
#include "process/memory.h"
#include "sched/system_task.h"
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

/* Of a task of this process; PRIORITIES: there is no such priority. */
static enum priority task_priority(const struct process *p, term t)
{
    if (!is_atom(t)) return PRIORITIES;
    switch (atom_index(t)) {
    case ATOM_inherit: return p->priority;
    case ATOM_low: return PRIORITY_LOW;
    case ATOM_normal: return PRIORITY_NORMAL;
    case ATOM_high: return PRIORITY_HIGH;
    case ATOM_max: return PRIORITY_MAX;
    default: return PRIORITIES;
    }
}

/* {Type, Id, Argument}, or for tests {system_task_test, Id}. */
static bool is_task(term t)
{
    if (is_tuple_of(t, 3)) return true;
    return is_tuple_of(t, 2) && term_same(element(t, 0), ATOM(system_task_test));
}

/* See sched/system_task.h for what is done at once.  The reply is {Type, Id, Result}. */
static term request(struct process *p, term requester, const term *arg, unsigned live)
{
    term task = arg[2];
    if (!is_local_pid(arg[0])) {
        bool own = is_external_pid(arg[0]) && term_same(node_of(arg[0])->name, node_this->name);
        if (!own) return raise_badarg(p);
    }
    enum priority priority = task_priority(p, arg[1]);
    if (priority == PRIORITIES || !is_task(task)) return raise_badarg(p);
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
    if (priority < p->priority && of != p) {
        if (is_no_value(system_task_perform(NULL, type, argument, 0))) return raise_badarg(p);
        return system_task_defer(arg[0], requester, priority, type, element(task, 1), argument)
                   ? ATOM(ok)
                   : raise(p, ATOM(system_limit));
    }
    term result = system_task_perform(of, type, argument, live);
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
