/* SPDX-License-Identifier: Apache-2.0 */
/* purge.c -- removing old code, when nobody runs in it.
 *
 * The stock module erts_code_purger drives this: prepare, a look at every process, then
 * complete or abort.  From prepare on, the funs of the old code have no code, so that nobody
 * can enter it while the purger looks; a call of one goes through purge_pending().
 */
#include "code/load.h"
#include "heap/arena.h"
#include "process/registry.h"
#include "process/suspend.h"

static struct {
    term module;                 /* NO_VALUE: nothing is being purged */
    struct code_area *saved_old; /* that had to make room for pending code */
} purge;

/* --- who runs there? ------------------------------------------------------------------------- */

static bool area_has(const struct code_area *a, const code_word *pc)
{
    return pc >= a->code && pc < a->code + a->words;
}

bool code_area_runs(const struct process *p, const struct code_area *area)
{
    if (area_has(area, p->pc) || area_has(area, p->cp)) return true;
    /* On the stack, words with low bits 00 are addresses. */
    for (const term *s = p->heap.stack; s < p->heap.end; s++)
        if (is_header(*s) && area_has(area, (const code_word *)(uintptr_t)s->bits)) return true;
    return false;
}

bool code_process_uses_old(const struct process *p, term module)
{
    const struct module *m = module_find(module);
    return m && m->old && code_area_runs(p, m->old);
}

/* --- steps -------------------------------------------------------------------------------------- */

static void stop_funs(const struct code_area *a)
{
    for (uint32_t i = 0; i < a->funs_count; i++)
        if (a->funs[i]->code == a->fun_code[i]) a->funs[i]->code = NULL;
}

/* Those without code are the ones that stop_funs() took it from. */
static void start_funs(const struct code_area *a)
{
    for (uint32_t i = 0; i < a->funs_count; i++)
        if (!a->funs[i]->code) a->funs[i]->code = a->fun_code[i];
}

bool purge_is_under_way(void) { return is_value(purge.module); }

bool purge_prepare(term module, bool on_load)
{
    struct module *m = module_find(module);
    if (!m) return false;
    if (on_load && m->pending) {
        purge.saved_old = m->old;
        m->old = m->pending;
        m->pending = NULL;
    }
    if (!m->old) return false;
    purge.module = module;
    stop_funs(m->old);
    return true;
}

static bool is_purged(term module)
{
    return is_value(purge.module) && term_same(purge.module, module);
}

bool purge_abort(term module)
{
    if (!is_purged(module)) return false;
    purge.module = NO_VALUE;
    start_funs(module_find(module)->old);
    return true;
}

/* It is the purger that suspends: whoever waits goes on when that one ends, too. */
static void wait_for_purger(struct process *p)
{
    term name = registry_find(ATOM(erts_code_purger));
    struct process *purger = is_value(name) ? process_find(name) : NULL;
    bool added;
    if (purger && purger != p) suspend(purger, p, true, &added);
}

struct export *purge_pending(struct process *p, const struct fun_entry *fun)
{
    if (!is_purged(fun->module)) return NULL;
    const struct code_area *old = module_find(fun->module)->old;
    for (uint32_t i = 0; i < old->funs_count; i++)
        if (old->funs[i] == fun) {
            wait_for_purger(p);
            return export_get(ATOM(erts_code_purger), ATOM(pending_purge_lambda), 3);
        }
    return NULL;
}

/* --- the end of an area ------------------------------------------------------------------------------ */

struct code_literals {
    struct literal_area area;
    struct off_heap off_heap;
};

static void release_literals(struct literal_area *a)
{
    struct code_literals *l = (struct code_literals *)a;
    off_heap_drop_all(&l->off_heap);
    arena_low_free(a->memory, a->bytes);
    arena_free(l);
}

/* Literals outlive their code: they are on heaps.  Without memory for this they stay for ever. */
static void retire_literals(struct code_area *a)
{
    if (!a->literal_memory) return;
    struct code_literals *l = arena_malloc(sizeof *l);
    if (l) {
        l->area = (struct literal_area){.memory = a->literal_memory,
                                        .bytes = a->literal_words * sizeof(term),
                                        .release = release_literals};
        l->off_heap = a->literal_off_heap;
        literal_area_retire(&l->area);
    }
    a->literal_memory = NULL;
}

bool purge_complete(term module)
{
    if (!is_purged(module)) return false;
    struct module *m = module_find(module);
    struct code_area *old = m->old;
    m->old = purge.saved_old;
    purge.saved_old = NULL;
    purge.module = NO_VALUE;
    start_funs(old); /* so that leaving finds the current code for those that it has too */
    code_area_leave(old);
    retire_literals(old);
    code_area_free(old);
    return true;
}
