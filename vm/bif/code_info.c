/* SPDX-License-Identifier: Apache-2.0 */
/* code_info.c -- what is known of modules, functions and funs. */
#include "bif/system.h"
#include "binary/binary.h"
#include "code/load.h"
#include "code/nif.h"
#include "etf/etf.h"
#include "platform/platform.h"
#include "term/fun.h"

/* --- modules ------------------------------------------------------------------------------- */

term bif_erlang_module_loaded_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    const struct module *m = module_find(arg[0]);
    return atom_bool(m && m->current);
}

term bif_erlang_check_old_code_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    const struct module *m = module_find(arg[0]);
    return atom_bool(m && m->old);
}

struct names {
    struct heap *heap;
    term list;
};

static void add_loaded(struct module *m, void *context)
{
    struct names *n = context;
    if (m->current || m->old) n->list = make_cons(n->heap, m->name, n->list);
}
static void add_preloaded(struct module *m, void *context)
{
    struct names *n = context;
    if (m->preloaded) n->list = make_cons(n->heap, m->name, n->list);
}

term bif_erlang_loaded_0(struct process *p, const term *arg)
{
    (void)arg;
    struct names n = {&p->heap, NIL};
    module_each(add_loaded, &n);
    return n.list;
}

term bif_erlang_pre_loaded_0(struct process *p, const term *arg)
{
    (void)arg;
    struct names n = {&p->heap, NIL};
    module_each(add_preloaded, &n);
    return n.list;
}

/* --- module_info ------------------------------------------------------------------------------- */

static term name_and_arity(struct heap *h, term name, uint32_t arity, term rest)
{
    return make_cons(h, make_tuple2(h, name, small(arity)), rest);
}

static term exports(struct heap *h, const struct code_area *a)
{
    term list = NIL;
    for (uint32_t i = 0; i < a->exports_count; i++)
        list = name_and_arity(h, a->exports[i].export->function, a->exports[i].export->arity, list);
    return list;
}

/* As in the file, from the last to the first: a few runs of them, for some may lie apart (code/parts.h), one for each enum plat_touch. */
struct backwards {
    uint32_t from[PLAT_TOUCHES], end[PLAT_TOUCHES]; /* of each run, what has not been told */
};

static struct backwards backwards(const struct code_area *a)
{
    struct backwards b = {0};
    unsigned run = 0;
    for (uint32_t i = 0; i < a->functions_count; i++) {
        bool next = i && a->functions[i].number < a->functions[i - 1].number;
        if (next) require(++run < PLAT_TOUCHES);
        if (i == 0 || next) b.from[run] = i;
        b.end[run] = i + 1;
    }
    return b;
}

static bool before(struct backwards *b, const struct code_area *a, uint32_t *i)
{
    unsigned last = PLAT_TOUCHES;
    for (unsigned run = 0; run < PLAT_TOUCHES; run++)
        if (b->end[run] > b->from[run] &&
            (last == PLAT_TOUCHES ||
             a->functions[b->end[run] - 1].number > a->functions[b->end[last] - 1].number))
            last = run;
    if (last == PLAT_TOUCHES) return false;
    *i = --b->end[last];
    return true;
}

static term functions(struct heap *h, const struct code_area *a)
{
    struct backwards b = backwards(a);
    term list = NIL;
    for (uint32_t i; before(&b, a, &i);)
        list = name_and_arity(h, a->functions[i].name, a->functions[i].arity, list);
    return list;
}

/* BIFs are not called NIFs: is_bif() tells them apart. */
static bool is_bif(const struct native *n, term module)
{
    switch (atom_index(module)) {
    case ATOM_prim_buffer:
    case ATOM_prim_net:
    case ATOM_prim_socket:
    case ATOM_prim_tty:
    case ATOM_zlib:
    case ATOM_erl_tracer:
    case ATOM_crypto:
    case ATOM_asn1rt_nif: return false;
    case ATOM_prim_file:
        return !strcmp(n->function, "internal_name2native") ||
               !strcmp(n->function, "internal_native2name") ||
               !strcmp(n->function, "internal_normalize_utf8") ||
               !strcmp(n->function, "is_translatable");
    default: return true;
    }
}

struct nifs {
    struct heap *heap;
    term module, list;
};
static void add_nif(const struct native *n, term function, void *context)
{
    struct nifs *c = context;
    if (!is_bif(n, c->module)) c->list = name_and_arity(c->heap, function, n->arity, c->list);
}
static term nifs(struct heap *h, const struct code_area *a)
{
    struct nifs c = {h, a->module, NIL};
    native_each(a->module, add_nif, &c);
    struct backwards b = backwards(a);
    for (uint32_t i; a->nif && before(&b, a, &i);)
        if (code_nif_of(a, i))
            c.list = name_and_arity(h, a->functions[i].name, a->functions[i].arity, c.list);
    return c.list;
}

static term decoded(struct heap *h, const uint8_t *bytes, size_t n)
{
    size_t used;
    term t = n ? etf_decode_versioned(h, bytes, n, 0, &used) : NIL;
    return is_value(t) ? t : NIL;
}

static term one_info(struct process *p, const struct code_area *a, term what)
{
    struct heap *h = &p->heap;
    switch (is_atom(what) ? atom_index(what) : FIRST_FREE_ATOM) {
    case ATOM_module: return a->module;
    case ATOM_md5: return binary_make(h, a->md5, sizeof a->md5);
    case ATOM_exports: return exports(h, a);
    case ATOM_functions: return functions(h, a);
    case ATOM_nifs: return nifs(h, a);
    case ATOM_attributes: return decoded(h, a->attributes, a->attributes_bytes);
    case ATOM_compile: return decoded(h, a->compile_info, a->compile_info_bytes);
    case ATOM_native_addresses: return NIL;
    case ATOM_native: return ATOM(false);
    default: return raise_badarg(p);
    }
}

static const struct code_area *current_code(term module)
{
    const struct module *m = is_atom(module) ? module_find(module) : NULL;
    return m ? m->current : NULL;
}

term bif_erlang_get_module_info_2(struct process *p, const term *arg)
{
    const struct code_area *a = current_code(arg[0]);
    return a ? one_info(p, a, arg[1]) : raise_badarg(p);
}

term bif_erlang_get_module_info_1(struct process *p, const term *arg)
{
    static const term keys[] = {ATOM(md5), ATOM(compile), ATOM(attributes), ATOM(exports),
                                ATOM(module)};
    const struct code_area *a = current_code(arg[0]);
    if (!a) return raise_badarg(p);
    term list = NIL;
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
        list = make_cons(&p->heap, make_tuple2(&p->heap, keys[i], one_info(p, a, keys[i])), list);
    return list;
}

/* --- functions --------------------------------------------------------------------------------------- */

bool is_instruction(term module, term function, int64_t arity)
{
    if (!term_same(module, ATOM(erlang))) return false;
    if (term_same(function, ATOM(apply))) return arity == 2 || arity == 3;
    return term_same(function, ATOM(yield)) && arity == 0;
}

/* Written in C here only; stock has Erlang code. */
static bool is_own(term module, term function, int64_t arity)
{
    if (arity != 2) return false;
    if (term_same(module, ATOM(erlang)))
        return term_same(function, ATOM(min)) || term_same(function, ATOM(max));
    if (term_same(module, ATOM(user_sup))) return term_same(function, ATOM(terminate));
    return term_same(module, ATOM(erts_internal)) &&
           (term_same(function, ATOM(binary_to_integer)) ||
            term_same(function, ATOM(list_to_integer)));
}

bool is_builtin(term module, term function, int64_t arity)
{
    if (is_own(module, function, arity)) return false;
    if (is_instruction(module, function, arity)) return true;
    const struct native *n =
        arity >= 0 && arity <= 255 ? native_find(module, function, (uint32_t)arity) : NULL;
    return n && is_bif(n, module);
}

static bool is_name(const term *arg)
{
    return is_atom(arg[0]) && is_atom(arg[1]) && is_small(arg[2]);
}

term bif_erlang_function_exported_3(struct process *p, const term *arg)
{
    if (!is_name(arg)) return raise_badarg(p);
    int64_t arity = small_value(arg[2]);
    if (is_builtin(arg[0], arg[1], arity)) return ATOM(true);
    const struct module *m = module_find(arg[0]);
    if (!m || !m->current || arity < 0 || arity > 255) return ATOM(false);
    return atom_bool(export_is_defined(export_find(arg[0], arg[1], (uint32_t)arity)));
}

term bif_erlang_is_builtin_3(struct process *p, const term *arg)
{
    if (!is_name(arg)) return raise_badarg(p);
    return atom_bool(is_builtin(arg[0], arg[1], small_value(arg[2])));
}

/* --- funs ------------------------------------------------------------------------------------------------ */

term bif_erlang_make_fun_3(struct process *p, const term *arg)
{
    if (!is_name(arg) || small_value(arg[2]) < 0 || small_value(arg[2]) > 255)
        return raise_badarg(p);
    struct export *e = export_get(arg[0], arg[1], (uint32_t)small_value(arg[2]));
    if (!e) return raise(p, ATOM(system_limit));
    term *words = heap_alloc(&p->heap, EXPORT_WORDS);
    words[0] = header(1, KIND_EXPORT);
    words[1] = term_of((uintptr_t)e);
    return boxed_term(words);
}

static term export_fun_info(const struct export *e, term what)
{
    switch (atom_index(what)) {
    case ATOM_type: return ATOM(external);
    case ATOM_module: return e->module;
    case ATOM_name_: return e->function;
    case ATOM_arity: return small(e->arity);
    case ATOM_env: return NIL;
    case ATOM_pid:
    case ATOM_new_index:
    case ATOM_new_uniq:
    case ATOM_index:
    case ATOM_uniq:
    case ATOM_refc: return ATOM(undefined);
    default: return NO_VALUE;
    }
}

static term local_fun_info(struct heap *h, term fun, term what)
{
    const struct fun_entry *e = fun_entry_of(fun);
    switch (atom_index(what)) {
    case ATOM_type: return ATOM(local);
    case ATOM_module: return e->module;
    case ATOM_name_: return e->code ? e->name : NIL; /* unloaded, or about to be */
    case ATOM_arity: return small(e->arity);
    case ATOM_env: return make_list(h, fun_free_count(fun), fun_free(fun), NIL);
    case ATOM_pid: return fun_creator(fun);
    case ATOM_new_index: return small(e->index);
    case ATOM_new_uniq: return binary_make(h, e->uniq, sizeof e->uniq);
    case ATOM_index: return small(e->old_index);
    case ATOM_uniq: return small(e->old_uniq);
    case ATOM_refc: return small(1); /* entries are not counted here: they stay */
    default: return NO_VALUE;
    }
}

term bif_erlang_fun_info_2(struct process *p, const term *arg)
{
    if (!is_fun(arg[0]) || !is_atom(arg[1])) return raise_badarg(p);
    term value = is_export_fun(arg[0]) ? export_fun_info(fun_export(arg[0]), arg[1])
                                       : local_fun_info(&p->heap, arg[0], arg[1]);
    return is_value(value) ? make_tuple2(&p->heap, arg[1], value) : raise_badarg(p);
}

term bif_erlang_fun_info_mfa_1(struct process *p, const term *arg)
{
    if (is_export_fun(arg[0])) {
        const struct export *e = fun_export(arg[0]);
        return make_tuple3(&p->heap, e->module, e->function, small(e->arity));
    }
    if (!is_local_fun(arg[0])) return raise_badarg(p);
    const struct fun_entry *e = fun_entry_of(arg[0]);
    return make_tuple3(&p->heap, e->module, e->code ? e->name : NIL, small(e->arity));
}

_Static_assert(offsetof(struct fun_entry, uniq) == offsetof(struct fun_identity, uniq),
               "term/fun.h");
_Static_assert(offsetof(struct export, arity) == offsetof(struct function_name, arity),
               "term/fun.h");
