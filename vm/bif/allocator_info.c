/* SPDX-License-Identifier: Apache-2.0 */
/* allocator_info.c -- see allocator_info.h.
 *
 * There is one arena, and all comes from it: each allocator's name stands for one kind of memory, in one
 * instance, without carriers of its own (what it has in use is what its carrier measures).
 */
#include "bif/allocator_info.h"
#include "bif/persistent_term.h"
#include "bif/system.h"
#include "code/code.h"
#include "heap/arena.h"
#include "process/hooks.h"

enum kind { TEMP, SL, STD, LL, EHEAP, ETS, FIX, LITERAL, BINARY, DRIVER, KINDS };
static const struct {
    const char *text;
    term name;
} kinds[KINDS] = {
    {"temp_alloc", ATOM(temp_alloc)},     {"sl_alloc", ATOM(sl_alloc)},
    {"std_alloc", ATOM(std_alloc)},       {"ll_alloc", ATOM(ll_alloc)},
    {"eheap_alloc", ATOM(eheap_alloc)},   {"ets_alloc", ATOM(ets_alloc)},
    {"fix_alloc", ATOM(fix_alloc)},       {"literal_alloc", ATOM(literal_alloc)},
    {"binary_alloc", ATOM(binary_alloc)}, {"driver_alloc", ATOM(driver_alloc)},
};

struct figures {
    struct {
        size_t bytes, blocks;
    } of[KINDS];
    struct machine_memory memory;
};

static void add_literals(struct module *m, void *context)
{
    size_t *bytes = context;
    if (m->current) *bytes += m->current->literal_words * sizeof(term);
    if (m->old) *bytes += m->old->literal_words * sizeof(term);
}

static void measure(struct figures *f)
{
    *f = (struct figures){.memory = machine_memory()};
    const struct machine_memory *m = &f->memory;
    size_t literals = persistent_term_memory();
    module_each(add_literals, &literals);
    size_t known = m->processes + m->binary + m->tables + m->code;
    f->of[FIX].bytes = m->timers, f->of[FIX].blocks = m->timers > 0;
    f->of[EHEAP].bytes = m->processes - m->timers, f->of[EHEAP].blocks = process_count();
    f->of[BINARY].bytes = m->binary, f->of[BINARY].blocks = m->binaries;
    f->of[ETS].bytes = m->tables;
    f->of[ETS].blocks = process_hooks.table_count ? process_hooks.table_count() : 0;
    f->of[LITERAL].bytes = literals < m->code ? literals : m->code;
    f->of[LITERAL].blocks = 1;
    f->of[LL].bytes = m->code - f->of[LITERAL].bytes, f->of[LL].blocks = 1;
    f->of[STD].bytes = m->total > known ? m->total - known : 0, f->of[STD].blocks = 1;
}

void allocators_each(void (*each)(void *context, const char *name, size_t bytes, size_t blocks),
                     void *context)
{
    struct figures f;
    measure(&f);
    for (int i = 0; i < KINDS; i++) each(context, kinds[i].text, f.of[i].bytes, f.of[i].blocks);
}

/* --- small parts ------------------------------------------------------------------------------- */

static term pair(struct heap *h, term key, term value) { return make_tuple2(h, key, value); }
static term number(struct heap *h, size_t n) { return make_unsigned(h, n); }

/* {Key, Now, HighestOfLate, HighestEver}; only the present is known. */
static term now(struct heap *h, term key, size_t n)
{
    return make_tuple4(h, key, number(h, n), number(h, n), number(h, n));
}

static term list1(struct heap *h, term t) { return make_cons(h, t, NIL); }

/* What can be told of options: that it is on, and how it looks for room. */
static term options(struct heap *h)
{
    const term rows[][2] = {{ATOM(e), ATOM(true)},       {ATOM(t), ATOM(false)},
                            {ATOM(atags), ATOM(false)},  {ATOM(ramv), ATOM(false)},
                            {ATOM(cp), ATOM(undefined)}, {ATOM(as), ATOM(aoff)}};
    term list = NIL;
    for (size_t i = sizeof rows / sizeof *rows; i-- > 0;)
        list = make_cons(h, pair(h, rows[i][0], rows[i][1]), list);
    return list;
}

static term off(struct heap *h) { return list1(h, pair(h, ATOM(e), ATOM(false))); }

/* --- carriers -------------------------------------------------------------------------------------- */

static term blocks(struct heap *h, term name, size_t bytes, size_t count, bool sizes_only)
{
    if (bytes == 0) return pair(h, ATOM(blocks), NIL);
    term list = list1(h, now(h, ATOM(size), bytes));
    if (!sizes_only) list = make_cons(h, now(h, ATOM(count), count), list);
    return pair(h, ATOM(blocks), list1(h, pair(h, name, list)));
}

static term carriers(struct heap *h, term what, term name, size_t bytes, size_t count,
                     bool sizes_only)
{
    const term rest[] = {
        now(h, ATOM(carriers), bytes > 0),
        pair(h, ATOM(mseg_alloc_carriers), small(0)),
        pair(h, ATOM(sys_alloc_carriers), small(bytes > 0)),
        now(h, ATOM(carriers_size), bytes),
        pair(h, ATOM(mseg_alloc_carriers_size), small(0)),
        pair(h, ATOM(sys_alloc_carriers_size), number(h, bytes)),
    };
    term list = sizes_only ? list1(h, rest[3]) : make_list(h, 6, rest, NIL);
    return pair(h, what, make_cons(h, blocks(h, name, bytes, count, sizes_only), list));
}

static term call_counts(struct heap *h, term name)
{
    const term names[] = {name, ATOM(sys_alloc), ATOM(sys_free), ATOM(sys_realloc)};
    term list = NIL;
    for (size_t i = sizeof names / sizeof *names; i-- > 0;)
        list = make_cons(h, make_tuple3(h, names[i], small(0), small(0)), list);
    return pair(h, ATOM(calls), list);
}

/* What objects of one size are there: {fix_types, [{Type, Bytes, Used}]}. */
static term fixed_types(struct heap *h, size_t timers)
{
    static const term others[] = {
        ATOM(proc),      ATOM(monitor),           ATOM(link), ATOM(msg_ref), ATOM(ll_ptimer),
        ATOM(hl_ptimer), ATOM(accessor_bif_timer)};
    term bytes = number(h, timers);
    term list = list1(h, make_tuple3(h, ATOM(bif_timer), bytes, bytes));
    for (size_t i = sizeof others / sizeof *others; i-- > 0;)
        list = make_cons(h, make_tuple3(h, others[i], small(0), small(0)), list);
    return pair(h, ATOM(fix_types), list);
}

static term instance(struct heap *h, int kind, const struct figures *f, bool sizes_only)
{
    term name = kinds[kind].name;
    size_t bytes = f->of[kind].bytes, count = f->of[kind].blocks;
    term list = NIL;
    if (!sizes_only) list = list1(h, call_counts(h, name));
    if (kind == FIX) list = make_cons(h, fixed_types(h, bytes), list);
    list = make_cons(h, carriers(h, ATOM(sbcs), name, 0, 0, sizes_only), list);
    list = make_cons(h, carriers(h, ATOM(mbcs), name, bytes, count, sizes_only), list);
    if (sizes_only) return list;
    list = make_cons(h, pair(h, ATOM(options), options(h)), list);
    term versions =
        make_tuple3(h, ATOM(versions), make_string(h, "0.9", 3), make_string(h, "3.0", 3));
    return make_cons(h, versions, list);
}

/* --- answers ------------------------------------------------------------------------------------------ */

static int kind_of(term name)
{
    int i = 0;
    while (i < KINDS && !term_same(kinds[i].name, name)) i++;
    return i;
}

/* {Name, 0, Info}, {Name, false}; NO_VALUE: there is no such allocator. */
static term answer(struct heap *h, term name, const struct figures *f, bool sizes_only)
{
    int kind = kind_of(name);
    if (kind < KINDS) return make_tuple3(h, name, small(0), instance(h, kind, f, sizes_only));
    if (!is_atom(name)) return NO_VALUE;
    switch (atom_index(name)) {
    case ATOM_sys_alloc:
        return make_tuple3(h, name, small(0),
                           sizes_only ? NIL : list1(h, pair(h, ATOM(options), options(h))));
    case ATOM_mseg_alloc:
    case ATOM_erts_mmap:
    case ATOM_test_alloc: return make_tuple2(h, name, ATOM(false));
    default: return NO_VALUE;
    }
}

term allocator_request(struct process *p, term kind, term ref, term names)
{
    struct heap *h = &p->heap;
    struct figures f;
    term list = NIL, wanted[64];
    size_t n = 0;
    for (; is_cons(names) && n < 64; names = tail(names)) wanted[n++] = head(names);
    if (!is_ref(ref) || !is_nil(names)) return raise_badarg(p);
    bool sizes_only = !term_same(kind, ATOM(allocator));
    measure(&f);
    while (n-- > 0) {
        term one = answer(h, wanted[n], &f, sizes_only);
        if (is_no_value(one)) return raise_badarg(p);
        list = make_cons(h, one, list);
    }
    if (!mailbox_send(NULL, p, make_tuple3(h, ref, small(0), list)))
        return raise(p, ATOM(system_limit));
    return ATOM(true);
}

term allocator_names(struct heap *h)
{
    term list = NIL;
    for (int i = KINDS; i-- > 0;) list = make_cons(h, kinds[i].name, list);
    return list;
}

/* {Allocator, Version, Features, Settings} */
term allocator_overview(struct heap *h)
{
    term features = make_cons(h, ATOM(sys_alloc), allocator_names(h));
    term settings = list1(h, pair(h, ATOM(lock_physical_memory), ATOM(no)));
    settings = make_cons(h, pair(h, ATOM(test_alloc), off(h)), settings);
    for (int i = KINDS; i-- > 0;)
        settings = make_cons(h, pair(h, kinds[i].name, options(h)), settings);
    settings = make_cons(h, pair(h, ATOM(sys_alloc), options(h)), settings);
    return make_tuple4(h, ATOM(undefined), NIL, features, settings);
}

/* What erlang:memory/0 reads beside the allocators.  loaded_code is part of the arena, so there is no
 * external_alloc. */
term allocated_areas(struct heap *h)
{
    struct machine_memory m = machine_memory();
    const term rows[] = {
        pair(h, ATOM(sys_misc), small(0)),
        pair(h, ATOM(static), small(0)),
        make_tuple3(h, ATOM(atom_space), number(h, m.atoms), number(h, m.atoms_used)),
        pair(h, ATOM(atom_table), small(0)),
        pair(h, ATOM(module_table), small(0)),
        pair(h, ATOM(export_table), small(0)),
        pair(h, ATOM(export_list), small(0)),
        pair(h, ATOM(register_table), small(0)),
        pair(h, ATOM(fun_table), small(0)),
        pair(h, ATOM(module_refs), small(0)),
        pair(h, ATOM(loaded_code), number(h, m.code)),
        pair(h, ATOM(dist_table), small(0)),
        pair(h, ATOM(node_table), small(0)),
        pair(h, ATOM(bits_bufs_size), small(0)),
        pair(h, ATOM(bif_timer), small(0)),
        pair(h, ATOM(process_table), small(0)),
        pair(h, ATOM(port_table), small(0)),
        pair(h, ATOM(ets_misc), small(0)),
    };
    return make_list(h, sizeof rows / sizeof *rows, rows, NIL);
}
