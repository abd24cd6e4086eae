/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- erlang:load_nif/2: libraries of the image become the functions of a module; and the way back.
 *
 * Nothing is opened: a library is found in image_nifs by the last part of the path, or else, when only
 * one is for the module that calls, by the name of the module, as stock finds its static NIFs.  All is checked before the
 * library's load or upgrade function is called, and nothing has changed when that refuses.
 */
#include <stdarg.h>

#include "nif/nif.h"
#include "base/utf8.h"
#include "bif/debug_state.h"
#include "bif/nap.h"
#include "binary/binary.h"
#include "code/load.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "term/code_point.h"

/* --- errors: {error, {Why, Text}} ------------------------------------------------------------------ */

struct wording {
    char text[1000];
    size_t used;
};

static void add(struct wording *m, const char *s, size_t n)
{
    for (size_t i = 0; i < n && m->used < sizeof m->text; i++) m->text[m->used++] = s[i];
}

/* Knows %s, %d and %t (an atom). */
static void add_format(struct wording *m, const char *format, va_list list)
{
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            add(m, p, 1);
        } else if (*++p == 's') {
            const char *s = va_arg(list, const char *);
            add(m, s, strlen(s));
        } else if (*p == 't') {
            const struct atom_text *text = atom_text(term_of(va_arg(list, uint64_t)));
            add(m, text->bytes, text->length);
        } else {
            struct load_error digits;
            load_fail(&digits, "%d", va_arg(list, int));
            add(m, digits.text, strlen(digits.text));
        }
    }
}

static term make_error(struct process *p, term why, const struct wording *m)
{
    struct heap *h = &p->heap;
    term text = make_string(h, m->text, m->used);
    return make_tuple2(h, ATOM(error), make_tuple2(h, why, text));
}

static term error(struct process *p, term why, const char *format, ...)
{
    struct wording m = {.used = 0};
    va_list list;
    va_start(list, format);
    add_format(&m, format, list);
    va_end(list);
    return make_error(p, why, &m);
}

/* --- libraries ---------------------------------------------------------------------------------------- */

/* Each module that has loaded a library, first to last. */
static struct tainted {
    struct tainted *next;
    term module;
} * tainted;

static void note_module(term module)
{
    struct tainted *t = tainted;
    while (t && !term_same(t->module, module)) t = t->next;
    if (t || !(t = arena_malloc(sizeof *t))) return;
    *t = (struct tainted){tainted, module};
    tainted = t;
}

term nif_modules(struct heap *h)
{
    term list = NIL;
    for (const struct tainted *t = tainted; t; t = t->next) list = make_cons(h, t->module, list);
    return list;
}

/* How often each is open, and what its variables were at first. */
static struct state {
    unsigned open;
    bool constructed;
    uint8_t *variables;
} * states;

static size_t count_libraries(void)
{
    size_t n = 0;
    while (image_nifs[n].name) n++;
    return n;
}

static struct state *state_of(const struct nif_library *l)
{
    if (!states) states = arena_calloc(count_libraries() * sizeof *states);
    return states ? &states[l - image_nifs] : NULL;
}

/* C++ has variables that are set up by code, before anything else of a library runs. */
extern void (*const image_constructors[])(void) __attribute__((weak));
extern void (*const image_constructors_end[])(void) __attribute__((weak));

static void construct(void)
{
    static bool done;
    if (done) return;
    done = true;
    for (void (*const *c)(void) = image_constructors; c < image_constructors_end; c++) (*c)();
}

static bool open_library(const struct nif_library *l)
{
    construct();
    struct state *s = state_of(l);
    size_t bytes = (size_t)((uint8_t *)l->data_end - (uint8_t *)l->data);
    if (!s) return false;
    if (l->data && bytes && !s->variables) {
        s->variables = arena_malloc(bytes);
        if (!s->variables) return false;
        memcpy(s->variables, l->data, bytes);
    }
    s->open++;
    return true;
}

static void close_library(const struct nif_library *l)
{
    struct state *s = state_of(l);
    if (--s->open || !s->variables) return;
    memcpy(l->data, s->variables, (size_t)((uint8_t *)l->data_end - (uint8_t *)l->data));
}

/* The last part of the path, without ".so". */
static const char *base_name(char *path)
{
    char *base = path;
    for (char *s = path; *s; s++)
        if (*s == '/') base = s + 1;
    size_t n = strlen(base);
    if (n > 3 && strcmp(base + n - 3, ".so") == 0) base[n - 3] = 0;
    return base;
}

static const struct nif_library *find_library(const char *name, term module)
{
    for (const struct nif_library *l = image_nifs; l->name; l++)
        if (strcmp(l->name, name) == 0) return l;
    const struct nif_library *found = NULL;
    for (const struct nif_library *l = image_nifs; l->name; l++) {
        if (!l->init || !l->init() || !atom_is(module, l->init()->name)) continue;
        if (found) return NULL;
        found = l;
    }
    return found;
}

static term no_library(struct process *p, const char *name)
{
    struct wording m = {.used = 0};
    const char *first = "Failed to load NIF library ", *then = ": this image has no NIF library of "
                                                               "that name";
    add(&m, first, strlen(first));
    add(&m, name, strlen(name));
    add(&m, then, strlen(then));
    for (const struct nif_library *l = image_nifs; l->name; l++) {
        const char *between = l == image_nifs ? ", only " : ", ";
        add(&m, between, strlen(between));
        add(&m, l->name, strlen(l->name));
    }
    const char *last = ". Native code is linked in when the image is built: mote build --nif DIR";
    add(&m, last, strlen(last));
    return make_error(p, ATOM(load_failed), &m);
}

/* --- instances ------------------------------------------------------------------------------------------- */

static void callback_start(ErlNifEnv *env, struct process *p, struct nif_instance *i,
                           const char *what)
{
    nif_running = (struct nif_running){.instance = i, .what = what};
    env_start(env, p ? ENV_CALL : ENV_CALLBACK, p, i);
}
static void callback_end(ErlNifEnv *env)
{
    env_end(env);
    nif_running = (struct nif_running){0};
}

static void free_instance(struct nif_instance *i)
{
    if (i->functions) arena_low_free(i->functions, i->functions_count * sizeof *i->functions);
    arena_free(i);
}

void nif_release(struct nif_instance *i)
{
    if (--i->holds) return;
    if (i->entry.unload) {
        const struct nif_running outer = nif_running;
        ErlNifEnv env;
        callback_start(&env, NULL, i, "callback unload");
        i->entry.unload(&env, i->priv_data);
        callback_end(&env);
        nif_running = outer;
    }
    close_library(i->library);
    free_instance(i);
}

void nif_unload_area(struct nif_instance *i)
{
    resource_types_leave(i);
    i->area = NULL;
    nif_release(i);
}

/* Older libraries have a shorter entry, and the oldest have no flags in their functions. */
static bool is_from(const ErlNifEntry *e, int major, int minor)
{
    return e->major * 256 + e->minor >= major * 256 + minor;
}
struct old_function {
    const char *name;
    unsigned arity;
    ERL_NIF_TERM (*body)(ErlNifEnv *, int, const ERL_NIF_TERM[]);
};
static ErlNifFunc function_of(const ErlNifEntry *e, unsigned i)
{
    if (is_from(e, 2, 7)) return e->funcs[i];
    const struct old_function *f = (const struct old_function *)(const void *)e->funcs + i;
    return (ErlNifFunc){f->name, f->arity, f->body, 0};
}

static struct nif_instance *new_instance(const struct nif_library *l, const ErlNifEntry *e,
                                         term module)
{
    struct nif_instance *i = arena_calloc(sizeof *i);
    if (!i) return NULL;
    *i = (struct nif_instance){.library = l, .module = module, .holds = 1};
    i->functions_count = (unsigned)e->num_of_funcs;
    memcpy(&i->entry, e, offsetof(ErlNifEntry, vm_variant));
    if (!i->functions_count) return i;
    i->functions = arena_low(i->functions_count * sizeof *i->functions);
    if (i->functions) return i;
    arena_free(i);
    return NULL;
}

/* --- checks ------------------------------------------------------------------------------------------------- */

/* Each fills in *why and returns false. */
static bool check_entry(struct process *p, const ErlNifEntry *e, term module, term *why)
{
    const term bad_lib = ATOM(bad_lib);
    if (!e) {
        *why = error(p, bad_lib, "Library init-call unsuccessful");
    } else if (e->major > ERL_NIF_MAJOR_VERSION ||
               (e->major == ERL_NIF_MAJOR_VERSION && e->minor > ERL_NIF_MINOR_VERSION)) {
        *why =
            error(p, bad_lib,
                  "That '%t' NIF library needs %s or newer. Either try to recompile the NIF lib or "
                  "use a newer erts runtime.",
                  module.bits, e->min_erts);
    } else if (e->major < ERL_NIF_MIN_REQUIRED_MAJOR_VERSION_ON_LOAD ||
               (e->major == 2 && e->minor == 5)) {
        *why = error(
            p, bad_lib,
            "That old NIF library (%d.%d) is not compatible with this erts runtime (%d.%d). Try "
            "recompile the NIF lib.",
            e->major, e->minor, ERL_NIF_MAJOR_VERSION, ERL_NIF_MINOR_VERSION);
    } else if (is_from(e, 2, 1) && strcmp(e->vm_variant, ERL_NIF_VM_VARIANT) != 0) {
        *why = error(p, bad_lib, "Library (%s) not compiled for this vm variant (%s).",
                     e->vm_variant, ERL_NIF_VM_VARIANT);
    } else if (!atom_is(module, e->name)) {
        *why = error(p, bad_lib, "Library module name '%s' does not match calling module '%t'",
                     e->name, module.bits);
    } else {
        return true;
    }
    return false;
}

/* Without any declaration in the module, all its functions may be NIFs. */
static bool may_be_nif(const struct code_area *area, size_t index)
{
    if (area->functions[index].declared_nif) return true;
    for (uint32_t i = 0; i < area->functions_count; i++)
        if (area->functions[i].declared_nif) return false;
    return true;
}

static bool check_function(struct process *p, const struct nif_instance *instance,
                           const struct code_area *area, unsigned n, const ErlNifFunc *f, term *why)
{
    const term bad_lib = ATOM(bad_lib), module = instance->module;
    term name = atom_find_latin1(f->name, strlen(f->name));
    ptrdiff_t index = is_value(name) ? code_function_find(area, name, f->arity) : -1;
    const unsigned flags = f->flags;
    if (index < 0) {
        *why =
            error(p, bad_lib, "Function not found %t:%s/%d", module.bits, f->name, (int)f->arity);
    } else if (!may_be_nif(area, (size_t)index)) {
        *why = error(p, bad_lib, "Function not declared as nif %t:%s/%d", module.bits, f->name,
                     (int)f->arity);
    } else if (flags != 0 && flags != ERL_NIF_DIRTY_JOB_CPU_BOUND &&
               flags != ERL_NIF_DIRTY_JOB_IO_BOUND) {
        *why = error(p, bad_lib, "Illegal flags field value %d for NIF %t:%s/%d", (int)flags,
                     module.bits, f->name, (int)f->arity);
    } else {
        for (unsigned i = 0; i < n; i++) {
            const struct nif_function *other = &instance->functions[i];
            if (!term_same(other->name, name) || other->arity != f->arity) continue;
            *why = error(p, bad_lib, "Duplicate NIF entry for %t:%s/%d", module.bits, f->name,
                         (int)f->arity);
            return false;
        }
        instance->functions[n] = (struct nif_function){
            .body = (void *)f->fptr, .name = name, .arity = f->arity, .flags = flags};
        return true;
    }
    return false;
}

/* --- loading --------------------------------------------------------------------------------------------------- */

/* load or upgrade; ok, or the error. */
static term call_library(struct process *p, struct nif_instance *i, struct nif_instance *before,
                         term info)
{
    ErlNifEnv env;
    int refusal = 0;
    if (before && !i->entry.upgrade)
        return error(p, ATOM(upgrade), "Upgrade not supported by this NIF library.");
    callback_start(&env, p, i, before ? "callback upgrade" : "callback load");
    if (before) {
        void *old = before->priv_data;
        refusal = i->entry.upgrade(&env, &i->priv_data, &before->priv_data, to_nif(info));
        if (refusal) before->priv_data = old;
    } else if (i->entry.load) {
        refusal = i->entry.load(&env, &i->priv_data, to_nif(info));
    }
    callback_end(&env);
    if (!refusal) return ATOM(ok);
    return before ? error(p, ATOM(upgrade), "Library upgrade-call unsuccessful (%d).", refusal)
                  : error(p, ATOM(load), "Library load-call unsuccessful (%d).", refusal);
}

static void settle(struct nif_instance *i, struct code_area *area)
{
    note_module(area->module);
    i->area = area;
    area->nif = i;
    resource_types_commit(i);
    for (unsigned n = 0; n < i->functions_count; n++) {
        struct nif_function *f = &i->functions[n];
        f->instance = i;
        code_make_nif(area, (uint32_t)code_function_find(area, f->name, f->arity), f);
    }
}

static term load(struct process *p, const struct nif_library *l, struct code_area *area,
                 struct nif_instance *before, term info)
{
    term result = ATOM(ok);
    const ErlNifEntry *e = l->init();
    if (!check_entry(p, e, area->module, &result)) return result;
    struct nif_instance *i = new_instance(l, e, area->module);
    if (!i) return raise(p, ATOM(system_limit));
    for (unsigned n = 0; n < i->functions_count; n++) {
        ErlNifFunc f = function_of(e, n);
        if (check_function(p, i, area, n, &f, &result)) continue;
        free_instance(i);
        return result;
    }
    result = call_library(p, i, before, info);
    if (term_same(result, ATOM(ok))) {
        settle(i, area);
    } else {
        resource_types_roll_back();
        free_instance(i);
    }
    return result;
}

/* A list of characters or a binary, as UTF-8; NULL: neither. */
static char *path_text(term t)
{
    size_t n = 0;
    const uint8_t *bytes = binary_bytes(t, &n);
    ptrdiff_t length = is_list(t) ? list_length(t) : -1;
    if (!bytes && length < 0) return NULL;
    char *text = arena_malloc(bytes ? n + 1 : 4 * (size_t)length + 1);
    if (!text) return NULL;
    uint8_t *end = (uint8_t *)text;
    if (bytes) {
        memcpy(text, bytes, n);
        end += n;
    }
    for (; is_cons(t); t = tail(t)) {
        if (!is_code_point(head(t)) || small_value(head(t)) == 0) {
            arena_free(text);
            return NULL;
        }
        end = utf8_write(end, (uint32_t)small_value(head(t)));
    }
    *end = 0;
    return text;
}

static term load_by_path(struct process *p, char *path, struct code_area *area, term info)
{
    const struct module *m = module_find(area->module);
    struct code_area *before = area == m->pending && !m->current ? m->old
                               : area == m->pending              ? m->current
                                                                 : m->old;
    if (m->old == area)
        return error(p, ATOM(old_code), "Calling load_nif from old module '%t' not allowed",
                     area->module.bits);
    if (area->nif)
        return error(p, ATOM(reload),
                     "NIF library already loaded (reload disallowed since OTP 20).");
    const char *name = base_name(path);
    const struct nif_library *l = find_library(name, area->module);
    if (!l) return no_library(p, name);
    if (!l->init)
        return error(p, ATOM(bad_lib), "Failed to find library init function: '%s has no nif_init'",
                     name);
    if (!open_library(l)) return raise(p, ATOM(system_limit));
    term result = load(p, l, area, before ? before->nif : NULL, info);
    if (!term_same(result, ATOM(ok))) close_library(l);
    return result;
}

/* Somebody keeps the code from being changed: erts_debug:set_internal_state(code_write_permission, true). */
static bool must_wait(struct process *p)
{
    bool taken = process_find(code_permission) && !term_same(code_permission, p->pid);
    if (p->bif_state && nap(p, 1)) return true; /* the state is that of the last nap */
    return taken && nap(p, 1);
}

static term load_nif(struct process *p, const term *arg)
{
    if (must_wait(p)) return bif_wait(p);
    char *path = path_text(arg[0]);
    if (!path) return raise_badarg(p);
    struct code_area *area = code_area_of(p->pc);
    term result;
    if (!area)
        result = error(p, ATOM(bad_lib),
                       "load_nif/2 must be explicitly called from the NIF module. It cannot be "
                       "called through apply/3.");
    else if (native_module(area->module)) /* its natives are part of the machine */
        result = ATOM(ok);
    else
        result = load_by_path(p, path, area, arg[1]);
    arena_free(path);
    return result;
}

static const struct native rows[] = {
    {"erlang", "load_nif", 2, BIF_PLAIN, load_nif},
};
const struct native_table nif_natives = {rows, sizeof rows / sizeof *rows};
