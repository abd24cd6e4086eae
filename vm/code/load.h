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

/* area_tables.c.  Puts the tables of an area that is whole together; without memory they stay as they are. */
void code_area_gather(struct code_area *area);
void code_area_free_tables(struct code_area *area);
/* Without lines, files and compile information. */
void code_area_make_slim(struct code_area *area);

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

/* The steps of erts_internal:purge_module/2, of which one is under way at a time:
 * prepare: funs lead into the old code no more; false: there is none.  With on_load it is the
 *   pending code, whose on_load function failed.
 * abort: they do again.  complete: the old code is gone.  Both: false when it is not being purged. */
bool purge_is_under_way(void);
bool purge_prepare(term module, bool on_load);
bool purge_abort(term module);
bool purge_complete(term module);

/* For a call by p of a fun without code.  While its code is being purged, that is decided by calling the
 * result with Module, Fun and the list of arguments: the export of
 * erts_code_purger:pending_purge_lambda/3, which applies the fun again; p is suspended until the purge has
 * ended, one way or the other.  NULL: it is not being purged. */
struct export *purge_pending(struct process *p, const struct fun_entry *fun);

/* --- literals that nobody owns any more (literal_area.c) -------------------------------------------------------- */

/* Memory that terms on heaps may still point into; `release` frees it when none does. */
struct literal_area {
    struct literal_area *next;
    term *memory;
    size_t bytes;
    void (*release)(struct literal_area *a);
};
/* Gives it to the process erts_literal_area_collector, which is woken.  Without such a
 * process the area stays. */
void literal_area_retire(struct literal_area *a);
/* What the collector does: every process copies what it has of all retired areas, and they are released. */
void literal_areas_release(void);
bool is_literal_collector(const struct process *p);

#endif
