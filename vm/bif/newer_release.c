/* SPDX-License-Identifier: Apache-2.0 */
/* newer_release.c -- bodies for newer_release.def. */
#include "base/utf8.h"
#include "bif/bif.h"
#include "binary/binary.h"
#include "etf/print.h"
#include "heap/arena.h"
#include "heap/list.h"
#include "platform/platform.h"
#include "sched/dump.h"
#include "code/code.h"
#include "process/process.h"
#include "term/code_point.h"

/* --- text ---------------------------------------------------------------------------------------- */

/* (Term, undefined or how many parts are enough) */
term bif_erts_internal_term_to_string_2(struct process *p, const term *arg)
{
    size_t limit = PRINT_ALL;
    if (is_small(arg[1]) && small_value(arg[1]) > 1 && small_value(arg[1]) < INT32_MAX)
        limit = (size_t)small_value(arg[1]);
    else if (!term_same(arg[1], ATOM(undefined)))
        return raise_badarg(p);
    struct text text = {0};
    term_print(&(struct print_sink){text_write_all, &text}, arg[0], limit);
    term out = make_string(&p->heap, text.bytes, text.used);
    arena_free(text.bytes);
    return out;
}

static bool is_text(term t)
{
    size_t n;
    if (!is_list(t)) return binary_bytes(t, &n);
    while (is_cons(t) && is_code_point(head(t))) t = tail(t);
    return is_nil(t);
}

static void show(const void *bytes, size_t n, bool error)
{
    if (error)
        plat_console_write_error(bytes, n);
    else
        plat_console_write(bytes, n);
}

/* (stdout or stderr, characters or a binary) */
term bif_erlang_display_string_2(struct process *p, const term *arg)
{
    bool error = term_same(arg[0], ATOM(stderr));
    if ((!error && !term_same(arg[0], ATOM(stdout))) || !is_text(arg[1])) return raise_badarg(p);
    if (!is_list(arg[1])) {
        size_t n = 0;
        const uint8_t *bytes = binary_bytes(arg[1], &n);
        show(bytes, n, error);
        return ATOM(true);
    }
    for (term t = arg[1]; is_cons(t); t = tail(t)) {
        uint8_t bytes[4];
        uint8_t *end = utf8_write(bytes, (uint32_t)small_value(head(t)));
        show(bytes, (size_t)(end - bytes), error);
    }
    return ATOM(true);
}

/* --- processes ------------------------------------------------------------------------------------- */

struct pids {
    struct heap *heap;
    term *last;
};

static void add_pid(struct process *q, void *context)
{
    struct pids *pids = context;
    pids->last = list_append(pids->heap, pids->last, q->pid);
}

/* All of them at once, for 0; behind them, at 1, there is none. */
term bif_erts_internal_processes_next_1(struct process *p, const term *arg)
{
    if (term_same(arg[0], small(1))) return ATOM(none);
    if (!term_same(arg[0], small(0))) return raise_badarg(p);
    term list = NIL;
    struct pids pids = {&p->heap, &list};
    process_each(add_pid, &pids);
    bump(p, process_count() / 16);
    return make_tuple2(&p->heap, small(1), list);
}

/* --- coverage and debugging that need instrumented code ------------------------------------------------ */

static term is_not_there(struct process *p) { return raise_badarg(p); }

term bif_code_coverage_support_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(false);
}

term bif_code_get_coverage_2(struct process *p, const term *arg)
{
    (void)arg;
    return is_not_there(p);
}

term bif_code_get_coverage_mode_0(struct process *p, const term *arg)
{
    (void)arg;
    return is_not_there(p);
}

term bif_code_get_coverage_mode_1(struct process *p, const term *arg)
{
    (void)arg;
    return is_not_there(p);
}

term bif_code_reset_coverage_1(struct process *p, const term *arg)
{
    (void)arg;
    return is_not_there(p);
}

term bif_code_set_coverage_mode_1(struct process *p, const term *arg)
{
    (void)arg;
    return is_not_there(p);
}

term bif_code_get_debug_info_1(struct process *p, const term *arg)
{
    struct module *m = is_atom(arg[0]) ? module_find(arg[0]) : NULL;
    return m && m->current ? ATOM(none) : raise_badarg(p);
}

term bif_erl_debugger_supported_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(false);
}
