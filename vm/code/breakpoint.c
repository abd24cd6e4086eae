/* SPDX-License-Identifier: Apache-2.0 */
/* breakpoint.c -- setting and finding breakpoints; see breakpoint.h.  What happens at one: trace_call.c. */
#include "code/breakpoint.h"
#include "code/call_time.h"
#include "code/engine.h"
#include "code/engine_ops.h"
#include "code/load.h"
#include "heap/buckets.h"
#include "process/saved_calls.h"

void (*breakpoints_of_new_code)(term module);

/* --- the table, by address ------------------------------------------------------------------ */

static size_t hash_of(const code_word *at)
{
    return (size_t)(((uintptr_t)at * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

BUCKETS(, struct breakpoint, next, hash_of(item->at), 256)

static struct breakpoint *at_address(const code_word *at)
{
    if (!buckets) return NULL;
    struct breakpoint *b = buckets[hash_of(at) & mask];
    while (b && b->at != at) b = b->next;
    return b;
}

void breakpoints_mark_tracers(void (*mark)(term tracer))
{
    for (size_t i = 0; buckets && i <= mask; i++)
        for (const struct breakpoint *b = buckets[i]; b; b = b->next) mark(b->meta_tracer);
}

code_word breakpoint_original(const code_word *pc)
{
    if (likely(pc[0] != engine_body[OP_breakpoint])) return pc[0];
    return at_address(pc)->original;
}

struct export *breakpoint_native(const code_word *target)
{
    if (target[0] == engine_body[OP_export_breakpoint]) {
        struct export *e = low_pointer(target[1]);
        return e->native ? e : NULL;
    }
    bool native = target[0] == engine_body[OP_breakpoint] &&
                  breakpoint_original(target) == engine_body[OP_native_body];
    return native ? low_pointer(target[1]) : NULL;
}

void breakpoint_replace(code_word *pc, code_word instruction)
{
    struct breakpoint *b = *pc == engine_body[OP_breakpoint] ? at_address(pc) : NULL;
    *(b ? &b->original : pc) = instruction;
}

/* The error handler gets the call; NULL: no memory. */
static const code_word *handler_of(struct process *p, const struct export *f)
{
    struct export *handler = export_get(p->error_handler, ATOM(breakpoint), 3);
    if (!handler) return NULL;
    term args = make_list(&p->heap, f->arity, engine_x, NIL);
    engine_x[0] = f->module;
    engine_x[1] = f->function;
    engine_x[2] = args;
    return handler->code;
}

code_word breakpoint_hit(struct process *p, const code_word **pc)
{
    struct breakpoint *b = at_address(*pc);
    code_word original = b->original;
    const code_word *handler = b->flags & BREAK_DEBUG ? handler_of(p, b->function) : NULL;
    if (handler) {
        *pc = handler;
        return *handler;
    }
    breakpoint_call(p, b);
    return original;
}

static void stop_saving(struct export *e, void *context);

const code_word *breakpoint_hit_export(struct process *p, struct export *e)
{
    if (!e->global) return e->code; /* p was stopped here when it was taken away */
    const code_word *target = e->global->target;
    bool nobody_saves = e->global->flags & BREAK_SAVE && !saved_calls_processes;
    breakpoint_call(p, e->global);
    if (unlikely(nobody_saves)) export_each(stop_saving, NULL);
    return target;
}

/* --- one function ---------------------------------------------------------------------------------- */

/* The traced call of a native in the code of its caller: through the export. */
static term call_traced(struct process *p, const term *arg)
{
    (void)arg;
    p->trap.export = NULL;
    p->trap.count = 0;
    p->fault.class_ = FAULT_TRAP;
    return NO_VALUE;
}

static void turn_native(struct export *e)
{
    if (e->native) e->light = e->global || e->local ? call_traced : e->native->body;
}

static void drop_spec(struct resource **spec)
{
    if (*spec) resource_drop(*spec);
    *spec = NULL;
}

static struct breakpoint *make(struct export *e)
{
    struct breakpoint *b = reserve() ? arena_calloc(sizeof *b) : NULL;
    if (!b) return NULL;
    b->function = e;
    b->meta_tracer = NIL;
    return b;
}

/* Of the function at `at`; NULL: no memory. */
static struct breakpoint *make_local(struct export *e, code_word *at)
{
    struct breakpoint *b = make(e);
    if (!b) return NULL;
    b->at = at;
    b->original = *at;
    *at = engine_body[OP_breakpoint];
    struct breakpoint **bucket = &buckets[hash_of(at) & mask];
    b->next = *bucket;
    *bucket = b;
    total++;
    e->local = b;
    turn_native(e);
    return b;
}

static void free_local(struct breakpoint *b)
{
    *b->at = b->original;
    struct breakpoint **bucket = &buckets[hash_of(b->at) & mask];
    while (*bucket != b) bucket = &(*bucket)->next;
    *bucket = b->next;
    total--;
    if (b->function->local == b) b->function->local = NULL;
    turn_native(b->function);
    arena_free(b);
}

/* Takes these kinds away; b may be gone afterwards. */
static void clear(struct breakpoint *b, uint32_t kinds)
{
    if (kinds & (BREAK_LOCAL | BREAK_GLOBAL)) drop_spec(&b->spec);
    if (kinds & BREAK_META) drop_spec(&b->meta_spec), b->meta_tracer = NIL;
    if (kinds & BREAK_COUNT) kinds |= BREAK_COUNTING;
    if (kinds & BREAK_TIME) {
        kinds |= BREAK_TIMING;
        call_times_free(b->times);
        b->times = NULL;
    }
    b->flags &= ~kinds;
    if (!b->flags && b->at) free_local(b);
}

static void set_spec(struct resource **spec, struct resource *to)
{
    if (to) resource_keep(to);
    drop_spec(spec);
    *spec = to;
}

static void set_counters(struct breakpoint *b, const struct break_request *r)
{
    bool pause = r->change == BREAK_PAUSE;
    if (r->kinds & BREAK_COUNT && (b->flags & BREAK_COUNT || r->change == BREAK_ON)) {
        if (!pause) b->count = 0;
        b->flags =
            (b->flags & ~(uint32_t)BREAK_COUNTING) | BREAK_COUNT | (pause ? 0 : BREAK_COUNTING);
    }
    if (r->kinds & BREAK_TIME && (b->flags & BREAK_TIME || r->change == BREAK_ON)) {
        if (!pause) {
            call_times_free(b->times);
            b->times = NULL;
        }
        b->flags = (b->flags & ~(uint32_t)BREAK_TIMING) | BREAK_TIME | (pause ? 0 : BREAK_TIMING);
    }
}

static void set_local(struct breakpoint *b, const struct break_request *r)
{
    if (r->kinds & BREAK_LOCAL) {
        set_spec(&b->spec, r->spec);
        b->flags |= BREAK_LOCAL;
    }
    if (r->kinds & BREAK_META) {
        set_spec(&b->meta_spec, r->spec);
        b->meta_tracer = r->meta_tracer;
        b->flags |= BREAK_META;
    }
    b->flags |= r->kinds & BREAK_DEBUG;
    set_counters(b, r);
    if (!b->flags) clear(b, 0);
}

static void change_function(term module, const struct function_info *f, code_word *entry,
                            const struct break_request *r)
{
    struct breakpoint *b = at_address(entry);
    if (r->change == BREAK_OFF || !r->kinds) {
        /* Global tracing takes the place of breakpoints. */
        if (b && (r->kinds || r->change != BREAK_OFF))
            clear(b, r->kinds ? r->kinds : ~(uint32_t)BREAK_DEBUG);
        return;
    }
    bool only_counters = !(r->kinds & (BREAK_LOCAL | BREAK_META | BREAK_DEBUG));
    if (!b && only_counters && r->change != BREAK_ON) return;
    if (!b) {
        struct export *e = export_get(module, f->name, f->arity);
        b = e ? make_local(e, entry) : NULL;
    }
    if (b) set_local(b, r);
}

/* --- exports ------------------------------------------------------------------------------------------ */

enum { STUB_WORDS = 4, SLAB = 64 };

static code_word *new_stub(struct export *e)
{
    static code_word *slab;
    static unsigned left;
    if (!left) {
        slab = arena_low(SLAB * STUB_WORDS * sizeof *slab);
        if (!slab) return NULL;
        left = SLAB;
    }
    left--;
    code_word *stub = slab;
    slab += STUB_WORDS;
    stub[0] = e->arity;
    stub[1] = engine_body[OP_export_breakpoint];
    stub[2] = low_word(e);
    return stub;
}

/* NULL: no memory. */
static struct breakpoint *get_global(struct export *e)
{
    if (e->global) return e->global;
    if (!e->trace_stub && !(e->trace_stub = new_stub(e))) return NULL;
    struct breakpoint *b = make(e);
    if (!b) return NULL;
    e->global = b;
    b->target = e->code;
    e->code = e->trace_stub + 1;
    turn_native(e);
    return b;
}

static void set_global(struct export *e, struct resource *spec)
{
    struct breakpoint *b = get_global(e);
    if (!b) return;
    set_spec(&b->spec, spec);
    b->flags |= BREAK_GLOBAL;
}

static void clear_global(struct export *e, uint32_t flags)
{
    struct breakpoint *b = e->global;
    if (!b) return;
    b->flags &= ~flags;
    if (flags & BREAK_GLOBAL) drop_spec(&b->spec);
    if (b->flags) return;
    e->global = NULL;
    e->code = b->target;
    arena_free(b);
    turn_native(e);
}

static void save_calls_of(struct export *e, void *context)
{
    (void)context;
    struct breakpoint *b = export_is_defined(e) ? get_global(e) : NULL;
    if (b) b->flags |= BREAK_SAVE;
}

static void stop_saving(struct export *e, void *context)
{
    (void)context;
    clear_global(e, BREAK_SAVE);
}

void breakpoints_save_calls(void) { export_each(save_calls_of, NULL); }

struct exports {
    const struct break_request *request;
    int64_t matches;
};

static bool matches(const struct break_request *r, term module, term function, uint32_t arity)
{
    return (r->specified < 1 || term_same(module, r->module)) &&
           (r->specified < 2 || term_same(function, r->function)) &&
           (r->specified < 3 || arity == r->arity);
}

static void change_export(struct export *e, void *context)
{
    struct exports *x = context;
    const struct break_request *r = x->request;
    if (!export_is_defined(e) || !matches(r, e->module, e->function, e->arity)) return;
    x->matches++;
    bool on = r->change != BREAK_OFF;
    if (on && !r->kinds)
        set_global(e, r->spec);
    else if (on || !r->kinds)
        clear_global(e, BREAK_GLOBAL);
}

/* --- many ------------------------------------------------------------------------------------------------ */

static code_word *entry_of(const struct code_area *a, const struct function_info *f)
{
    return a->code + f->offset + WORDS_func_info;
}

static int64_t change_area(const struct code_area *a, const struct break_request *r)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < a->functions_count; i++) {
        const struct function_info *f = &a->functions[i];
        if (!matches(r, a->module, f->name, f->arity)) continue;
        n++;
        change_function(a->module, f, entry_of(a, f), r);
    }
    return n;
}

struct modules {
    const struct break_request *request;
    int64_t matches;
};

static void change_module(struct module *m, void *context)
{
    struct modules *c = context;
    if (m->current) c->matches += change_area(m->current, c->request);
}

int64_t breakpoints_change(const struct break_request *r)
{
    struct exports x = {r, 0};
    struct modules m = {r, 0};
    if (r->kinds & BREAK_DEBUG) {
        /* of functions only */
    } else if (r->specified == 3) {
        struct export *e = export_find(r->module, r->function, (uint32_t)r->arity);
        if (e && r->arity >= 0) change_export(e, &x);
    } else {
        export_each(change_export, &x);
    }
    if (r->specified) {
        struct module *one = module_find(r->module);
        if (one) change_module(one, &m);
    } else {
        module_each(change_module, &m);
    }
    return r->kinds ? m.matches : x.matches;
}

void breakpoints_forget(const struct code_area *a)
{
    for (uint32_t i = 0; total && i < a->functions_count; i++) {
        struct breakpoint *b = at_address(entry_of(a, &a->functions[i]));
        if (b) clear(b, UINT32_MAX);
    }
    for (uint32_t i = 0; i < a->exports_count; i++) clear_global(a->exports[i].export, UINT32_MAX);
}

static const struct function_info *find_function(const struct code_area *a, term name,
                                                 int64_t arity)
{
    for (uint32_t i = 0; i < a->functions_count; i++)
        if (term_same(a->functions[i].name, name) && a->functions[i].arity == arity)
            return &a->functions[i];
    return NULL;
}

const struct breakpoint *breakpoint_find(term module, term function, int64_t arity, bool *exists)
{
    struct export *e = arity >= 0 ? export_find(module, function, (uint32_t)arity) : NULL;
    *exists = true;
    if (e && e->global && e->global->flags & BREAK_GLOBAL) return e->global;
    const struct module *m = module_find(module);
    const struct function_info *f =
        m && m->current ? find_function(m->current, function, arity) : NULL;
    *exists = f != NULL;
    return f ? at_address(entry_of(m->current, f)) : NULL;
}
