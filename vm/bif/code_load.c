/* SPDX-License-Identifier: Apache-2.0 */
/* code_load.c -- the BIFs that load code: prepare, finish, on_load, delete. */
#include "bif/nap.h"
#include "binary/binary.h"
#include "code/beam_private.h"
#include "code/load.h"
#include "heap/arena.h"
#include "process/log.h"

/* --- preparing ----------------------------------------------------------------------------- */

static struct prepared *prepared_of(term t) { return resource_of(t, &prepared_type); }

/* What stock writes to the log, in our words for the reason. */
static void report(struct process *p, term module, const char *why)
{
    const struct atom_text *name = atom_text(module);
    struct load_error text;
    load_fail(&text, "Error loading module %.*s:\n  %s\n", (int)name->length, name->bytes, why);
    log_text(ATOM(error), p->group_leader, text.text);
}

static struct prepared *prepare(struct process *p, term module, const uint8_t *bytes, size_t n)
{
    struct load_error why = {""};
    struct prepared *code = code_prepare(bytes, n, &why);
    if (code && !term_same(prepared_module(code), module)) {
        const struct atom_text *name = atom_text(prepared_module(code));
        load_fail(&why, "module name in object code is %.*s", (int)name->length, name->bytes);
        prepared_free(code);
        code = NULL;
    }
    if (!code) report(p, module, why.text);
    return code;
}

term bif_erts_internal_prepare_loading_2(struct process *p, const term *arg)
{
    size_t n;
    uint8_t *copy = NULL;
    if (!is_atom(arg[0]) || !is_binary(arg[1])) return raise_badarg(p);
    const uint8_t *bytes = binary_bytes_or_copy(arg[1], &n, &copy);
    if (!bytes) return raise(p, ATOM(system_limit));
    struct prepared *code = prepare(p, arg[0], bytes, n);
    arena_free(copy);
    bump(p, (int64_t)(n / 64));
    if (!code) return make_tuple2(&p->heap, ATOM(error), ATOM(badfile));
    return make_magic_ref(&p->heap, (struct resource *)code);
}

term bif_erlang_has_prepared_code_on_load_1(struct process *p, const term *arg)
{
    struct prepared *code = prepared_of(arg[0]);
    if (!code || is_nil(prepared_module(code))) return raise_badarg(p);
    return atom_bool(prepared_has_on_load(code));
}

/* --- finishing -------------------------------------------------------------------------------- */

/* Names of those that test() is true of, last one first. */
static term names_of(struct process *p, struct prepared **codes, ptrdiff_t n,
                     bool (*test)(struct prepared **codes, ptrdiff_t i))
{
    term list = NIL;
    for (ptrdiff_t i = 0; i < n; i++)
        if (test(codes, i)) list = make_cons(&p->heap, prepared_module(codes[i]), list);
    return list;
}

static bool is_duplicate(struct prepared **codes, ptrdiff_t i)
{
    for (ptrdiff_t k = 0; k < i; k++)
        if (term_same(prepared_module(codes[k]), prepared_module(codes[i]))) return true;
    return false;
}
static bool is_in_the_way(struct prepared **codes, ptrdiff_t i)
{
    const struct module *m = module_find(prepared_module(codes[i]));
    return m && m->current && m->old;
}

/* The prepared codes of a list, checked; NULL after raising. */
static struct prepared **collect(struct process *p, term list, ptrdiff_t n)
{
    struct prepared **codes = arena_malloc(((size_t)n + 1) * sizeof *codes);
    if (!codes) {
        raise(p, ATOM(system_limit));
        return NULL;
    }
    bool on_load = false;
    for (ptrdiff_t i = 0; i < n; i++, list = tail(list)) {
        codes[i] = prepared_of(head(list));
        if (!codes[i] || is_nil(prepared_module(codes[i]))) {
            arena_free(codes);
            raise_badarg(p);
            return NULL;
        }
        on_load |= prepared_has_on_load(codes[i]);
    }
    if (n < 2 || !on_load) return codes;
    arena_free(codes); /* such a module must be alone */
    raise(p, ATOM(system_limit));
    return NULL;
}

static term finish(struct process *p, struct prepared **codes, ptrdiff_t n)
{
    struct heap *h = &p->heap;
    term names = names_of(p, codes, n, is_duplicate);
    if (!is_nil(names)) return make_tuple2(h, ATOM(duplicated), names);
    names = names_of(p, codes, n, is_in_the_way);
    if (!is_nil(names)) return make_tuple2(h, ATOM(not_purged), names);
    for (ptrdiff_t i = 0; i < n; i++) {
        term module = prepared_module(codes[i]);
        bool on_load = prepared_has_on_load(codes[i]);
        if (!(on_load ? code_commit_pending(codes[i]) : code_commit(codes[i])))
            return raise(p, ATOM(system_limit));
        if (on_load) return make_tuple2(h, ATOM(on_load), make_cons(h, module, NIL));
    }
    return ATOM(ok);
}

/* As on a stock machine, others run before code changes: who was about to call the old code does so. */
term bif_erlang_finish_loading_1(struct process *p, const term *arg)
{
    if (give_way(p)) return bif_again(p);
    ptrdiff_t n = list_length(arg[0]);
    if (n < 0) return raise_badarg(p);
    struct prepared **codes = collect(p, arg[0], n);
    if (!codes) return NO_VALUE;
    term result = finish(p, codes, n);
    arena_free(codes);
    return result;
}

term bif_erlang_finish_after_on_load_2(struct process *p, const term *arg)
{
    struct module *m = is_atom(arg[0]) ? module_find(arg[0]) : NULL;
    bool keep = term_same(arg[1], ATOM(true));
    if (!m || !m->pending || (!keep && !term_same(arg[1], ATOM(false)))) return raise_badarg(p);
    if (keep) module_settle(m); /* else erts_code_purger removes it next */
    return ATOM(true);
}

term bif_erlang_delete_module_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    if (give_way(p)) return bif_again(p);
    struct module *m = module_find(arg[0]);
    if (!m) return ATOM(undefined);
    if (m->old) {
        const struct atom_text *name = atom_text(arg[0]);
        struct load_error text;
        load_fail(&text, "Module %.*s must be purged before deleting\n", (int)name->length,
                  name->bytes);
        log_text(ATOM(error), p->group_leader, text.text);
        return raise_badarg(p);
    }
    module_delete(m);
    return ATOM(true);
}

/* --- files --------------------------------------------------------------------------------------------- */

static bool chunk_name(term list, uint32_t *name)
{
    *name = 0;
    for (int i = 0; i < 4; i++, list = tail(list)) {
        if (!is_cons(list) || !is_small(head(list)) || (uint64_t)small_value(head(list)) > 255)
            return false;
        *name = *name << 8 | (uint32_t)small_value(head(list));
    }
    return is_nil(list);
}

/* The last chunk of this name, as in stock; n = 0 when there is none. */
static struct bytes find_chunk(struct bytes file, uint32_t name)
{
    struct bytes chunks, data, found = {0};
    uint32_t this;
    if (beam_form(file, &chunks)) return found;
    int more;
    while ((more = beam_next_chunk(&chunks, &this, &data)) > 0)
        if (this == name) found = data;
    return more < 0 ? (struct bytes){0} : found;
}

term bif_erts_internal_beamfile_chunk_2(struct process *p, const term *arg)
{
    uint32_t name;
    size_t n;
    uint8_t *copy = NULL;
    if (!chunk_name(arg[1], &name) || !is_binary(arg[0])) return raise_badarg(p);
    const uint8_t *bytes = binary_bytes_or_copy(arg[0], &n, &copy);
    if (!bytes) return raise(p, ATOM(system_limit));
    struct bytes found = find_chunk((struct bytes){bytes, n}, name);
    term result = ATOM(undefined);
    if (found.n)
        result = binary_part(&p->heap, arg[0], (size_t)(found.at - bytes) * 8, found.n * 8);
    arena_free(copy);
    return result;
}

term bif_erts_internal_beamfile_module_md5_1(struct process *p, const term *arg)
{
    size_t n;
    uint8_t *copy = NULL, md5[16];
    struct load_error why;
    struct beam b;
    if (!is_binary(arg[0])) return raise_badarg(p);
    const uint8_t *bytes = binary_bytes_or_copy(arg[0], &n, &copy);
    if (!bytes) return raise(p, ATOM(system_limit));
    bool ok = beam_open(&b, bytes, n, &why);
    if (ok) beam_md5(&b, md5);
    beam_close(&b);
    arena_free(copy);
    bump(p, (int64_t)(n / 256));
    return ok ? binary_make(&p->heap, md5, sizeof md5) : ATOM(undefined);
}
