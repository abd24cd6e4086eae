/* SPDX-License-Identifier: Apache-2.0 */
/* load.h -- the steps of loading, replacing and removing code, for the BIFs that do them. */
#ifndef VM_LOAD_H
#define VM_LOAD_H

#include "code/code.h"

/* --- exports (export.c) ---------------------------------------------------------------------- */

/* The current code of its module defines it. */
void export_define(struct export *e, const code_word *code);
/* Nobody defines it any more, unless it is native. */
void export_forget(struct export *e);

/* --- natives (native.c) ------------------------------------------------------------------------ */

/* Is there any native function of this module? */
bool native_module(term module);
void native_each(term module, void (*each)(const struct native *n, term function, void *context),
                 void *context);

/* --- modules and areas (module.c) ---------------------------------------------------------------- */

/* Found or made, never freed.  NULL: no memory. */
struct module *module_make(term name);
/* Makes the area known to code_area_of(); false: no memory. */
bool code_area_enter(struct code_area *area);
/* It is not: no fun leads there any more. */
void code_area_leave(struct code_area *area);
/* Frees all memory of an area that nothing refers to; literals too, when they are still its own. */
void code_area_free(struct code_area *area);

/* --- the states of a module (load.c) ------------------------------------------------------------------ */

extern const struct resource_type prepared_type;
/* Like code_commit(), but the area becomes `pending` until module_settle().  Something that was
 * pending before is freed.  false: no memory. */
bool code_commit_pending(struct prepared *p);
/* The on_load function of the pending code succeeded: it becomes current. */
void module_settle(struct module *m);
/* Current becomes old (there is no old code), and its exports undefined. */
void module_delete(struct module *m);

/* --- purging (purge.c) ------------------------------------------------------------------------------------- */

/* Does p run in this area, or will it return there? */
bool code_area_runs(const struct process *p, const struct code_area *area);
/* Does p run in the old code of this module?  What erts_internal:check_process_code/1 answers. */
bool code_process_uses_old(const struct process *p, term module);

/* A call of a fun whose code is being purged: p is suspended, and the engine shall call the result (the
 * export of erts_code_purger:pending_purge_lambda/3, with Module, Fun and the list of arguments)
 * instead.  NULL: it is not being purged, so it is just undefined. */
struct export *code_purge_pending(struct process *p, const struct fun_entry *fun);

/* Literals that may still be on heaps: `release` is called when no process refers to them any more.
 * The collector process erts_literal_area_collector does that step by step; when there is none,
 * it is done at once. */
struct literal_area {
    struct literal_area *next;
    term *memory;
    size_t words;
    void (*release)(struct literal_area *a);
};
void literal_area_retire(struct literal_area *a);

#endif
