/* SPDX-License-Identifier: Apache-2.0 */
/* debug_tools.c -- erts_debug beside its internal state: shared terms, maps, code, dirty work. */
#include "bif/nap.h"
#include "big/big.h"
#include "binary/binary.h"
#include "code/breakpoint.h"
#include "code/disasm.h"
#include "code/engine_ops.h"
#include "heap/arena.h"
#include "heap/shared.h"
#include "sched/dump.h"
#include "term/work.h"

/* --- sharing ---------------------------------------------------------------------------------- */

term bif_erts_debug_size_shared_1(struct process *p, const term *arg)
{
    size_t words;
    if (!shared_words(arg[0], true, &words)) return raise(p, ATOM(system_limit));
    bump(p, (int64_t)words / 64);
    return make_unsigned(&p->heap, words);
}

term bif_erts_debug_copy_shared_2(struct process *p, const term *arg)
{
    bool literals = term_same(arg[1], ATOM(true));
    if (!literals && !term_same(arg[1], ATOM(false))) return raise_badarg(p);
    term copy = copy_shared(arg[0], &p->heap, !literals);
    if (is_no_value(copy)) return raise(p, ATOM(system_limit));
    return copy;
}

/* --- maps --------------------------------------------------------------------------------------- */

struct filling {
    int64_t leaves, nodes, full_roots, depth;
    int64_t leaves_at[16], nodes_of[16]; /* by depth; by size less one */
};

static void count_nodes(term map, struct filling *f)
{
    struct work w;
    work_start(&w);
    work_push2(&w, map.bits, 0);
    while (!work_is_empty(&w)) {
        uint64_t depth = work_pop(&w);
        term t = term_of(work_pop(&w));
        if ((int64_t)depth > f->depth) f->depth = (int64_t)depth;
        if (is_cons(t)) {
            f->leaves++;
            f->leaves_at[depth & 15]++;
            continue;
        }
        const term *words = boxed_words(t);
        unsigned n = (unsigned)__builtin_popcount(map_bitmap(*words));
        bool root = map_form(*words) == MAP_HASH_ROOT;
        if (root && n == 16) {
            f->full_roots++;
        } else {
            f->nodes++;
            f->nodes_of[(n - 1) & 15]++;
        }
        const term *first = words + (root ? 2 : 1);
        for (unsigned i = 0; i < n; i++) work_push2(&w, first[i].bits, depth + 1);
    }
    work_end(&w);
}

static term counts(struct heap *h, const int64_t *counts_)
{
    term list[16];
    for (int i = 0; i < 16; i++) list[i] = small(counts_[i]);
    return make_tuple(h, 16, list);
}

term bif_erts_debug_map_info_1(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    struct filling f = {0};
    if (is_flat_map(arg[0]) || !is_map(arg[0])) return raise_badarg(p);
    count_nodes(arg[0], &f);
    bump(p, (f.leaves + f.nodes) / 16);
    term rows[] = {make_tuple2(h, ATOM(depth), small(f.depth)),
                   make_tuple3(h, ATOM(arrays), small(f.full_roots), NIL),
                   make_tuple3(h, ATOM(bitmaps), small(f.nodes), counts(h, f.nodes_of)),
                   make_tuple3(h, ATOM(leafs), small(f.leaves), counts(h, f.leaves_at))};
    return make_list(h, 4, rows, NIL);
}

/* --- code ------------------------------------------------------------------------------------------ */

static void add_line(void *context, const char *line)
{
    text_write(context, line, strlen(line));
    text_write(context, "\n", 1);
}

static const struct code_area *area_of_module(term name)
{
    const struct module *m = module_find(name);
    return m ? m->current : NULL;
}

/* The function's number in the area; its count when it is not there. */
static uint32_t function_number(const struct code_area *a, term name, int64_t arity)
{
    uint32_t i = 0;
    while (i < a->functions_count &&
           (!term_same(a->functions[i].name, name) || a->functions[i].arity != arity))
        i++;
    return i;
}

static uint32_t function_at(const struct code_area *a, const code_word *pc)
{
    uint32_t offset = (uint32_t)(pc - a->code), i = 0;
    while (i + 1 < a->functions_count && a->functions[i + 1].offset <= offset) i++;
    return i;
}

/* {Address of the next function, text of this one, {M, F, A}} */
static term function_text(struct process *p, const struct code_area *a, uint32_t i)
{
    struct heap *h = &p->heap;
    struct text text = {0};
    const struct function_info *f = &a->functions[i];
    uint32_t end = engine_disassemble_function(a, i, add_line, &text);
    term bytes = binary_make(h, text.bytes, text.used);
    arena_free(text.bytes);
    if (is_no_value(bytes)) return raise(p, ATOM(system_limit));
    bump(p, (int64_t)(text.used / 256));
    term name = make_tuple3(h, a->module, f->name, small(f->arity));
    return make_tuple3(h, make_unsigned(h, (uintptr_t)(a->code + end)), bytes, name);
}

term bif_erts_debug_disassemble_1(struct process *p, const term *arg)
{
    uint64_t address;
    if (integer_to_uint64(arg[0], &address)) {
        const code_word *pc = (const code_word *)(uintptr_t)(address & ~UINT64_C(3));
        const struct code_area *a = code_area_of(pc);
        return a && a->functions_count ? function_text(p, a, function_at(a, pc)) : ATOM(false);
    }
    if (!is_tuple_of(arg[0], 3)) return raise_badarg(p);
    term module = element(arg[0], 0), name = element(arg[0], 1), arity = element(arg[0], 2);
    if (!is_atom(module) || !is_atom(name) || !is_small(arity)) return raise_badarg(p);
    const struct code_area *a = area_of_module(module);
    uint32_t i = a ? function_number(a, name, small_value(arity)) : 0;
    return a && i < a->functions_count ? function_text(p, a, i) : ATOM(undef);
}

term bif_erts_debug_instructions_0(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    term list = NIL;
    (void)arg;
    for (int i = ENGINE_OPS; i-- > 0;) {
        const char *name = engine_info[i].name;
        list = make_cons(h, make_string(h, name, strlen(name)), list);
    }
    return list;
}

term bif_erts_debug_interpreter_size_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return small(0); /* as a stock machine that has no interpreter */
}

/* --- dirty work -------------------------------------------------------------------------------------- */

static term fail_with(struct process *p, term why)
{
    static const term known[] = {ATOM(notsup), ATOM(undef), ATOM(badarith), ATOM(noproc),
                                 ATOM(system_limit)};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (term_same(why, known[i])) return raise(p, why);
    return raise_badarg(p);
}

static term many_copies(struct process *p, term t)
{
    term list = NIL;
    for (int i = 0; i < 1000; i++) list = make_cons(&p->heap, copy_to_heap(t, &p->heap), list);
    return list;
}

/* {What, Pid} */
static void tell(struct process *p, term to, term what)
{
    struct process *q = process_find(to);
    if (q) mailbox_send(p, q, make_tuple2(&p->heap, what, p->pid));
}

/* `ready`, six seconds, `done` */
static term ready_wait_done(struct process *p, term to)
{
    if (!p->bif_state) tell(p, to, ATOM(ready));
    if (nap(p, 6000)) return bif_wait(p);
    tell(p, to, ATOM(done));
    return ATOM(ok);
}

static term wait(struct process *p, term milliseconds)
{
    int64_t ms;
    if (!integer_to_int64(milliseconds, &ms)) return raise_badarg(p);
    if (ms < 0) ms = 0;
    return nap(p, (uint64_t)ms) ? bif_wait(p) : ATOM(ok);
}

/* Goes from one type of scheduler to the next, two steps at a time; each is this one. */
static term reschedule(struct process *p, term count)
{
    if (!is_small(count) || small_value(count) < 0 || small_value(count) % 2)
        return raise_badarg(p);
    bump(p, small_value(count) * 2);
    return ATOM(ok);
}

static term perform(struct process *p, term type, term what, term of)
{
    if (!is_atom(what)) return raise_badarg(p);
    switch (atom_index(what)) {
    case ATOM_scheduler: return term_same(of, ATOM(type)) ? type : raise_badarg(p);
    case ATOM_error: return fail_with(p, of);
    case ATOM_copy: return many_copies(p, of);
    case ATOM_send: tell(p, of, ATOM(ok)); return ATOM(ok);
    case ATOM_wait: return wait(p, of);
    case ATOM_reschedule: return reschedule(p, of);
    case ATOM_ready_wait6_done: return ready_wait_done(p, of);
    case ATOM_alive_waitexiting: /* an exit ends it here */
        if (!p->bif_state) tell(p, of, ATOM(alive));
        return nap(p, 1000000) ? bif_wait(p) : ATOM(ok);
    default: return raise_badarg(p);
    }
}

term bif_erts_debug_dirty_cpu_2(struct process *p, const term *arg)
{
    return perform(p, ATOM(dirty_cpu), arg[0], arg[1]);
}

term bif_erts_debug_dirty_io_2(struct process *p, const term *arg)
{
    return perform(p, ATOM(dirty_io), arg[0], arg[1]);
}

term bif_erts_debug_dirty_3(struct process *p, const term *arg)
{
    if (!term_same(arg[0], ATOM(normal)) && !term_same(arg[0], ATOM(dirty_cpu)) &&
        !term_same(arg[0], ATOM(dirty_io)))
        return raise_badarg(p);
    return perform(p, arg[0], arg[1], arg[2]);
}

/* --- lock counting ------------------------------------------------------------------------------------ */

#define NO_LOCK_COUNTING(name)                                                                     \
    term name(struct process *p, const term *arg)                                                  \
    {                                                                                              \
        (void)p, (void)arg;                                                                        \
        return ATOM(error);                                                                        \
    }
NO_LOCK_COUNTING(bif_erts_debug_lcnt_clear_0)
NO_LOCK_COUNTING(bif_erts_debug_lcnt_collect_0)

term bif_erts_debug_lcnt_control_1(struct process *p, const term *arg)
{
    (void)arg;
    return make_tuple2(&p->heap, ATOM(error), ATOM(unsupported));
}
term bif_erts_debug_lcnt_control_2(struct process *p, const term *arg)
{
    (void)arg;
    return make_tuple2(&p->heap, ATOM(error), ATOM(unsupported));
}

/* --- the debugger's breakpoints --------------------------------------------------------------------- */

/* {Module, Function, Arity}: '_' is any, and behind it all are. */
static bool break_functions(term mfa, struct break_request *r)
{
    if (!is_tuple_of(mfa, 3) || !is_atom(element(mfa, 0)) || !is_atom(element(mfa, 1)))
        return false;
    term arity = element(mfa, 2), any = ATOM(underscore);
    if (!is_small(arity) && !term_same(arity, any)) return false;
    while (r->specified < 3 && !term_same(element(mfa, (size_t)r->specified), any)) r->specified++;
    for (int i = r->specified; i < 3; i++)
        if (!term_same(element(mfa, (size_t)i), any)) return false;
    r->module = element(mfa, 0);
    r->function = element(mfa, 1);
    r->arity = is_small(arity) ? small_value(arity) : 0;
    return true;
}

term bif_erts_debug_breakpoint_2(struct process *p, const term *arg)
{
    struct break_request r = {.kinds = BREAK_DEBUG, .change = BREAK_OFF, .meta_tracer = NIL};
    if (!break_functions(arg[0], &r)) return raise_badarg(p);
    if (term_same(arg[1], ATOM(true)))
        r.change = BREAK_ON;
    else if (!term_same(arg[1], ATOM(false)))
        return raise_badarg(p);
    return small(breakpoints_change(&r));
}
