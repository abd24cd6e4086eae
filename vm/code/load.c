/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- from the bytes of a .beam file to code that runs.
 *
 * Preparing does all the work and changes nothing that others see, except that names it
 * mentions are known afterwards; committing is quick and cannot fail for any other reason
 * than old code that is still there.
 */
#include <stdarg.h>

#include "code/beam_private.h"
#include "code/breakpoint.h"
#include "code/load.h"
#include "etf/etf.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/saved_calls.h"

struct prepared {
    struct resource resource; /* so that it can be behind a magic reference */
    struct code_area *area;   /* NULL after commit */
    term module;
};

/* --- error texts ---------------------------------------------------------------------------- */

struct out {
    char *text;
    size_t n, room;
};

static void add(struct out *o, const char *s, size_t n)
{
    for (size_t i = 0; i < n && o->n + 1 < o->room; i++) o->text[o->n++] = s[i];
    o->text[o->n] = 0;
}
static void add_number(struct out *o, uint64_t v)
{
    char digits[20];
    size_t n = 0;
    do digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n) add(o, &digits[--n], 1);
}

/* Knows %s, %u, %.*s and %%: what load errors need. */
void load_fail(struct load_error *e, const char *format, ...)
{
    struct out o = {e->text, 0, sizeof e->text};
    va_list list;
    va_start(list, format);
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            add(&o, p, 1);
        } else if (*++p == 's') {
            const char *s = va_arg(list, const char *);
            add(&o, s, strlen(s));
        } else if (*p == 'u') {
            add_number(&o, va_arg(list, unsigned));
        } else if (*p == 'd') {
            int v = va_arg(list, int);
            if (v < 0) add(&o, "-", 1);
            add_number(&o, v < 0 ? 0u - (unsigned)v : (unsigned)v);
        } else if (*p == '.') {
            p += 2;
            int n = va_arg(list, int);
            add(&o, va_arg(list, const char *), (size_t)n);
        } else {
            add(&o, p, 1);
        }
    }
    va_end(list);
}

/* --- preparing --------------------------------------------------------------------------------- */

static bool no_memory(struct load_error *why)
{
    load_fail(why, "out of memory");
    return false;
}

/* A copy of a chunk; an empty one is NULL. */
static bool keep_bytes(struct bytes from, uint8_t **to, uint32_t *n)
{
    if (from.n == 0 || from.n > UINT32_MAX) return true;
    *to = arena_malloc(from.n);
    if (!*to) return false;
    memcpy(*to, from.at, from.n);
    *n = (uint32_t)from.n;
    return true;
}

/* module_info decodes it whole, when somebody asks. */
static bool is_versioned(struct bytes b) { return b.n == 0 || b.at[0] == ETF_VERSION; }

static bool make_exports(struct beam *b, struct code_area *area)
{
    if (b->exports_count == 0) return true;
    area->exports = arena_calloc(b->exports_count * sizeof *area->exports);
    if (!area->exports) return false;
    for (uint32_t i = 0; i < b->exports_count; i++) {
        area->exports[i].export =
            export_get(b->module, b->exports[i].function, b->exports[i].arity);
        if (!area->exports[i].export) return false;
    }
    area->exports_count = b->exports_count;
    return true;
}

static bool make_funs(struct beam *b, struct code_area *area)
{
    if (b->lambdas_count == 0) return true;
    area->funs = arena_malloc(b->lambdas_count * sizeof *area->funs);
    area->fun_code = arena_calloc(b->lambdas_count * sizeof *area->fun_code);
    if (!area->funs || !area->fun_code) return false;
    for (uint32_t i = 0; i < b->lambdas_count; i++) {
        struct beam_lambda *l = &b->lambdas[i];
        l->entry =
            fun_entry_get(b->module, l->old_uniq, l->index, area->md5, l->arity - l->free_count);
        if (!l->entry) return false;
        l->entry->old_index = i;
        l->entry->free_count = l->free_count;
        area->funs[i] = l->entry;
    }
    area->funs_count = b->lambdas_count;
    return true;
}

static bool make_area(struct beam *b, struct prepared *p, struct load_error *why)
{
    struct code_area *area = p->area;
    const struct bytes *chunk = b->private->chunk;
    area->module = b->module;
    beam_md5(b, area->md5);
    if (!is_versioned(chunk[CHUNK_ATTRIBUTES]) || !is_versioned(chunk[CHUNK_COMPILE_INFO])) {
        load_fail(why, "attributes or compile information that are no external term");
        return false;
    }
    if (!keep_bytes(chunk[CHUNK_ATTRIBUTES], &area->attributes, &area->attributes_bytes) ||
        !keep_bytes(chunk[CHUNK_COMPILE_INFO], &area->compile_info, &area->compile_info_bytes) ||
        !make_exports(b, area) || !make_funs(b, area))
        return no_memory(why);
    if (!beam_settle(b, area, why)) return false;
    area->files = b->private->files, area->files_count = b->private->files_count;
    b->private->files = NULL;
    area->literals_count = b->literals_count;
    return true;
}

static void count_bytes(struct code_area *a)
{
    a->bytes = sizeof *a + (a->words - a->padding) * sizeof(code_word) +
               a->literal_words * sizeof(term) + a->functions_count * sizeof *a->functions +
               a->lines_count * sizeof *a->lines + a->files_count * sizeof *a->files +
               a->exports_count * sizeof *a->exports +
               a->funs_count * (sizeof *a->funs + sizeof *a->fun_code) +
               a->records_count * sizeof *a->records + a->attributes_bytes + a->compile_info_bytes;
}

static bool emit_checked(struct beam *b, struct code_area *area, struct load_error *why)
{
    bool ok = beam_check_begin(b, why) && emit_code(b, area, area->fun_code, why) &&
              beam_check_end(b, why);
    beam_check_free(b);
    if (ok && ((area->functions_count && !area->functions) || (area->lines_count && !area->lines)))
        return no_memory(why);
    return ok;
}

/* There are big integers in the code, and no place for them among the literals: once more, knowing them. */
static bool start_again(struct beam *b, struct prepared *p, struct load_error *why)
{
    struct code_area *old = p->area;
    if (!beam_collect_bigs(b, why)) return false;
    b->private->files = old->files;
    old->files = NULL;
    p->area = arena_calloc(sizeof *p->area);
    bool ok = p->area ? make_area(b, p, why) : no_memory(why);
    code_area_free(old);
    return ok && emit_checked(b, p->area, why);
}

static bool prepare(struct beam *b, struct prepared *p, struct load_error *why)
{
    p->module = b->module;
    bool ok = make_area(b, p, why) && emit_checked(b, p->area, why);
    if (!ok && b->private->big_met) ok = start_again(b, p, why);
    if (!ok) return false;
    p->area->records = b->records, p->area->records_count = b->records_count;
    b->records = NULL;
    code_area_gather(p->area);
    count_bytes(p->area);
    return ok;
}

static void release(void *prepared)
{
    struct prepared *p = prepared;
    if (p->area) code_area_free(p->area);
    arena_free(p);
}
const struct resource_type prepared_type = {.name = "prepared code", .release = release};

static struct export *find_defined(term module, term function, uint32_t arity)
{
    struct export *e = export_find(module, function, arity);
    return export_is_defined(e) ? e : NULL;
}

void code_start(void)
{
    etf_hooks.fun_entry = fun_entry_get;
    etf_hooks.resource = resource_find;
    etf_hooks.export_get = export_get;
    etf_hooks.export_find = find_defined;
    etf_hooks.definition = record_known;
}

/* The file is not read again.  One page of the image after another would be held at the
 * end of a boot, so they are given up now and then. */
static void file_done(size_t bytes)
{
    enum { NOW_AND_THEN = 512 << 10 };
    static size_t read;
    read += bytes;
    if (read < NOW_AND_THEN) return;
    read = 0;
    plat_image_rest();
}

struct prepared *code_prepare(const uint8_t *bytes, size_t n, struct load_error *why)
{
    struct beam b;
    if (!etf_hooks.export_get) code_start();
    struct prepared *p = arena_calloc(sizeof *p);
    if (p) p->area = arena_calloc(sizeof *p->area);
    if (!p || !p->area) {
        arena_free(p);
        no_memory(why);
        return NULL;
    }
    p->resource = (struct resource){.references = 1, .type = &prepared_type};
    ref_new_ids(p->resource.ids);
    bool ok = beam_open(&b, bytes, n, why) && prepare(&b, p, why);
    beam_close(&b);
    file_done(n);
    if (ok) return p;
    release(p);
    return NULL;
}

term prepared_module(const struct prepared *p) { return p->area ? p->module : NIL; }
bool prepared_has_on_load(const struct prepared *p) { return p->area && p->area->on_load; }
void prepared_free(struct prepared *p) { resource_drop(&p->resource); }

/* --- committing ---------------------------------------------------------------------------------- */

static void define_exports(const struct code_area *a)
{
    for (uint32_t i = 0; i < a->exports_count; i++)
        export_define(a->exports[i].export, a->exports[i].code);
    if (unlikely(saved_calls_processes)) breakpoints_save_calls();
    if (breakpoints_of_new_code) breakpoints_of_new_code(a->module);
}
static void forget_exports(const struct code_area *a)
{
    breakpoints_forget(a);
    for (uint32_t i = 0; i < a->exports_count; i++) export_forget(a->exports[i].export);
}

void module_delete(struct module *m)
{
    require(!m->old);
    if (m->current) forget_exports(m->current);
    m->old = m->current;
    m->current = NULL;
}

/* Takes the area out of p: funs made from now on, or made before by the same code, run in it. */
static struct code_area *take_area(struct prepared *p)
{
    struct code_area *a = p->area;
    if (!code_area_enter(a)) return NULL;
    for (uint32_t i = 0; i < a->funs_count; i++) {
        struct code_place body;
        a->funs[i]->code = a->fun_code[i];
        if (code_place_of(a->fun_code[i], &body)) a->funs[i]->name = body.function;
    }
    p->area = NULL;
    return a;
}

bool code_commit(struct prepared *p)
{
    struct module *m = module_make(p->module);
    if (!m || (m->current && m->old)) return false;
    struct code_area *a = take_area(p);
    if (!a) return false;
    if (m->current) module_delete(m);
    m->current = a;
    a->on_load = NULL; /* it is current, so nothing is left to be run */
    define_exports(a);
    return true;
}

bool code_commit_pending(struct prepared *p)
{
    struct module *m = module_make(p->module);
    if (!m) return false;
    struct code_area *a = take_area(p), *before = m->pending;
    if (!a) return false;
    m->pending = a;
    if (m->current) breakpoints_forget(m->current); /* though it stays current: as on stock */
    if (before) {
        code_area_leave(before);
        code_area_free(before);
    }
    return true;
}

void module_settle(struct module *m)
{
    struct code_area *a = m->pending;
    if (m->current) forget_exports(m->current);
    if (m->current) m->old = m->current;
    m->current = a;
    m->pending = NULL;
    a->on_load = NULL;
    define_exports(a);
}

/* Stock has these modules built in without lines and compile info, and stack traces show that. */
static void make_slim(struct code_area *a)
{
    code_area_make_slim(a);
    count_bytes(a);
}

bool code_load_preloaded(const char *module, const uint8_t *bytes, size_t n, struct load_error *why)
{
    struct prepared *p = code_prepare(bytes, n, why);
    if (!p) return false;
    bool ok = atom_is(p->module, module);
    if (!ok) load_fail(why, "the file of module %s holds another one", module);
    if (ok && !code_commit(p)) {
        load_fail(why, "module %s is there already, or there is no memory", module);
        ok = false;
    }
    if (ok) {
        struct module *m = module_find(p->module);
        m->preloaded = true;
        make_slim(m->current);
    }
    prepared_free(p);
    return ok;
}
