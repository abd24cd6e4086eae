/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c -- erl_nif.h: objects of native code that Erlang holds by references.
 *
 * A resource is counted: by terms, and by native code (enif_keep_resource).  When nobody is left it is put
 * into a list, and its destructor runs between two slices, never inside a collection.
 * Types belong to the instance that opened them; one that a newer instance took over has the newer
 * callbacks from then on.  A type whose module is purged lasts as long as its resources.
 */
#include <limits.h>

#include "nif/nif.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/process.h"

struct enif_resource_type_t {
    struct enif_resource_type_t *next;
    term module, name;
    size_t resources;
    bool linked;
    struct nif_instance *owner;
    ErlNifResourceTypeInit now;
};

struct nif_resource {
    struct resource base;
    ErlNifResourceType *type;
    size_t size;
    struct side monitors;
    struct nif_resource *next_dying;
    uint64_t news; /* of ends of processes, on their way to it: one reference each */
    bool given_up; /* its last holder has released it */
    _Alignas(16) uint8_t data[];
};
_Static_assert(offsetof(struct nif_resource, data) % 16 == 0,
               "native code may keep anything there");

static struct nif_resource *of_object(void *obj)
{
    return (struct nif_resource *)((uint8_t *)obj - offsetof(struct nif_resource, data));
}

/* --- types ---------------------------------------------------------------------------------------- */

static ErlNifResourceType *types;
static struct opening {
    struct opening *next;
    ErlNifResourceType *type;
    bool is_new;
    ErlNifResourceTypeInit callbacks;
} * openings;

static bool has_callbacks(const ErlNifResourceTypeInit *c)
{
    return c->dtor || c->stop || c->down || c->dyncall;
}

static ErlNifResourceType *find_type(term module, term name)
{
    ErlNifResourceType *t = types;
    while (t && !(term_same(t->module, module) && term_same(t->name, name))) t = t->next;
    return t;
}

static ErlNifResourceType *new_type(term module, term name)
{
    ErlNifResourceType *t = arena_calloc(sizeof *t);
    if (t) t->module = module, t->name = name;
    return t;
}

static ErlNifResourceType *open_type(ErlNifEnv *env, const char *text,
                                     const ErlNifResourceTypeInit *callbacks,
                                     ErlNifResourceFlags flags, ErlNifResourceFlags *tried)
{
    term name = atom_make_latin1(text, strlen(text));
    bool loading = nif_running.what && env->instance && !env->instance->area;
    if (!loading || is_no_value(name)) return NULL;
    ErlNifResourceType *type = find_type(env->instance->module, name);
    bool is_new = !type;
    ErlNifResourceFlags op = is_new ? ERL_NIF_RT_CREATE : ERL_NIF_RT_TAKEOVER;
    if (tried) *tried = flags & op ? op : flags;
    if (!(flags & op)) return NULL;
    struct opening *o = arena_malloc(sizeof *o);
    if (o && is_new) type = new_type(env->instance->module, name);
    if (!o || !type) {
        arena_free(o);
        return NULL;
    }
    *o = (struct opening){openings, type, is_new, *callbacks};
    openings = o;
    return type;
}

ErlNifResourceType *enif_open_resource_type(ErlNifEnv *env, const char *module, const char *name,
                                            ErlNifResourceDtor *dtor, ErlNifResourceFlags flags,
                                            ErlNifResourceFlags *tried)
{
    const ErlNifResourceTypeInit callbacks = {.dtor = dtor};
    return module ? NULL : open_type(env, name, &callbacks, flags, tried);
}

/* Older callers have a shorter struct: only the members that are there are read. */
ErlNifResourceType *enif_open_resource_type_x(ErlNifEnv *env, const char *name,
                                              const ErlNifResourceTypeInit *init,
                                              ErlNifResourceFlags flags, ErlNifResourceFlags *tried)
{
    const ErlNifResourceTypeInit callbacks = {init->dtor, init->stop, init->down, 3, NULL};
    return open_type(env, name, &callbacks, flags, tried);
}

ErlNifResourceType *enif_init_resource_type(ErlNifEnv *env, const char *name,
                                            const ErlNifResourceTypeInit *init,
                                            ErlNifResourceFlags flags, ErlNifResourceFlags *tried)
{
    const int n = init->members;
    if (n < 0 || n > 4) return NULL;
    const ErlNifResourceTypeInit callbacks = {n > 0 ? init->dtor : NULL, n > 1 ? init->stop : NULL,
                                              n > 2 ? init->down : NULL, n,
                                              n > 3 ? init->dyncall : NULL};
    return open_type(env, name, &callbacks, flags, tried);
}

/* The type's owner needs its code no more. */
static void leave_owner(ErlNifResourceType *t)
{
    if (t->owner && has_callbacks(&t->now)) nif_release(t->owner);
}

void resource_types_commit(struct nif_instance *i)
{
    while (openings) {
        struct opening *o = openings;
        ErlNifResourceType *t = o->type;
        openings = o->next;
        if (o->is_new) {
            t->next = types;
            types = t;
            t->linked = true;
        } else {
            leave_owner(t);
        }
        t->owner = i;
        t->now = o->callbacks;
        if (has_callbacks(&t->now)) i->holds++;
        arena_free(o);
    }
}

void resource_types_roll_back(void)
{
    while (openings) {
        struct opening *o = openings;
        openings = o->next;
        if (o->is_new) arena_free(o->type);
        arena_free(o);
    }
}

static void end_type(ErlNifResourceType *t)
{
    leave_owner(t);
    arena_free(t);
}

void resource_types_leave(struct nif_instance *i)
{
    for (ErlNifResourceType **at = &types, *t; (t = *at);) {
        if (t->owner != i) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        t->linked = false;
        if (t->resources == 0) end_type(t);
    }
}

/* --- life ------------------------------------------------------------------------------------------------ */

static struct nif_resource *dying, **last_dying = &dying;

static void put_to_rest(void *resource)
{
    struct nif_resource *r = resource;
    r->next_dying = NULL;
    *last_dying = r;
    last_dying = &r->next_dying;
    nif_hooks.due = true;
}
static void resource_down(void *resource, term pid, const uint64_t ids[2]);
static const struct resource_type kind = {
    .name = "resource of native code", .release = put_to_rest, .down = resource_down};

/* Callbacks run in an environment of their own; one may run inside another. */
static void callback_start(ErlNifEnv *env, struct nif_running *outer, const struct nif_resource *r,
                           const char *what)
{
    *outer = nif_running;
    nif_running = (struct nif_running){.instance = r->type->owner, .what = what};
    env_start(env, ENV_CALLBACK, NULL, r->type->owner);
}
static void callback_end(ErlNifEnv *env, const struct nif_running *outer)
{
    env_end(env);
    nif_running = *outer;
}

static void destroy(struct nif_resource *r)
{
    ErlNifResourceType *type = r->type;
    for (struct monitor *m; (m = monitor_first(&r->monitors));) monitor_free(m);
    if (type->now.dtor) {
        ErlNifEnv env;
        struct nif_running outer;
        callback_start(&env, &outer, r, "destructor of a resource");
        type->now.dtor(&env, r->data);
        callback_end(&env, &outer);
    }
    arena_free(r);
    if (--type->resources == 0 && !type->linked) end_type(type);
}

void *enif_alloc_resource(ErlNifResourceType *type, size_t size)
{
    struct nif_resource *r = NULL;
    if (size < SIZE_MAX / 2) r = arena_malloc(sizeof *r + size);
    if (!r) return NULL;
    *r =
        (struct nif_resource){.base = {.references = 1, .type = &kind}, .type = type, .size = size};
    ref_new_ids(r->base.ids);
    side_start(&r->monitors);
    type->resources++;
    return r->data;
}

/* Who ends a process, and then lets go of a resource that watches it, has the resource gone before the end
 * is heard of, as on stock, where signals take their time. */
void enif_release_resource(void *obj)
{
    struct nif_resource *r = of_object(obj);
    r->given_up = r->base.references == 1 + r->news;
    resource_drop(&r->base);
}
void enif_keep_resource(void *obj) { resource_keep(&of_object(obj)->base); }
size_t enif_sizeof_resource(void *obj) { return of_object(obj)->size; }

static term resource_ref(struct heap *h, void *resource)
{
    resource_keep(resource);
    return make_magic_ref(h, resource);
}

ERL_NIF_TERM enif_make_resource(ErlNifEnv *env, void *obj)
{
    return to_nif(resource_ref(env->heap, of_object(obj)));
}

ERL_NIF_TERM enif_make_resource_binary(ErlNifEnv *env, void *obj, const void *data, size_t size)
{
    struct resource *r = &of_object(obj)->base;
    struct blob *b = blob_of_resource(r, size);
    if (!b) nif_no_memory();
    resource_keep(r);
    term *w = heap_alloc(env->heap, REFC_BINARY_WORDS);
    w[0] = header(4, KIND_REFC_BINARY);
    w[2] = term_of((uintptr_t)b);
    w[3] = term_of((uintptr_t)data);
    w[4] = term_of(size);
    off_heap_link(&env->heap->off_heap, w);
    env->heap->off_heap.bytes += size;
    return to_nif(boxed_term(w));
}

static struct nif_resource *resource_in(term t)
{
    struct resource *r = NULL;
    if (is_magic_ref(t)) r = magic_resource(t);
    if (is_boxed_kind(t, KIND_REFC_BINARY)) r = blob_resource(refc_blob(boxed_words(t)));
    return r && r->type == &kind ? (struct nif_resource *)r : NULL;
}

int enif_get_resource(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifResourceType *type, void **obj)
{
    struct nif_resource *r = resource_in(of_nif(t));
    (void)env;
    if (!r || r->type != type) return 0;
    *obj = r->data;
    return 1;
}

int enif_dynamic_resource_call(ErlNifEnv *env, ERL_NIF_TERM module, ERL_NIF_TERM name,
                               ERL_NIF_TERM t, void *data)
{
    struct nif_resource *r = is_magic_ref(of_nif(t)) ? resource_in(of_nif(t)) : NULL;
    struct nif_running outer;
    if (!r || !term_same(r->type->module, of_nif(module)) ||
        !term_same(r->type->name, of_nif(name)) || !r->type->now.dyncall)
        return 1;
    struct nif_instance *instance = env->instance;
    outer = nif_running;
    nif_running = (struct nif_running){.instance = r->type->owner, .what = "dynamic call"};
    env->instance = r->type->owner;
    r->type->now.dyncall(env, r->data, data);
    env->instance = instance;
    nif_running = outer;
    return 0;
}

/* --- monitors ------------------------------------------------------------------------------------------------ */

int enif_monitor_process(ErlNifEnv *env, void *obj, const ErlNifPid *pid, ErlNifMonitor *monitor)
{
    struct nif_resource *r = of_object(obj);
    struct process *p = process_find(of_nif(pid->pid));
    uint64_t ids[2];
    (void)env;
    if (!r->type->now.down) return -1;
    if (!p || p->state == PROCESS_EXITING) return 1;
    ref_new_ids(ids);
    if (!monitor_make_for_resource(ids, r, &r->monitors, p->pid, &p->relations)) nif_no_memory();
    if (!monitor) return 0;
    memset(monitor, 0, sizeof *monitor);
    memcpy(monitor->data, ids, sizeof ids);
    return 0;
}

/* A process may end in the middle of anything: the resource hears of it between two slices. */
struct news {
    struct news *next;
    struct nif_resource *resource; /* one reference */
    ErlNifPid who;
    ErlNifMonitor monitor;
    bool awaited; /* somebody was told that it is on its way */
};
static struct news *first_news, **last_news = &first_news;

/* Who could not take a monitor back knows that its process has ended, and counts on hearing so. */
static void await(const struct nif_resource *r, const ErlNifMonitor *monitor)
{
    for (struct news *n = first_news; n; n = n->next)
        if (n->resource == r && enif_compare_monitors(&n->monitor, monitor) == 0) n->awaited = true;
}

int enif_demonitor_process(ErlNifEnv *env, void *obj, const ErlNifMonitor *monitor)
{
    uint64_t ids[2];
    (void)env;
    memcpy(ids, monitor->data, sizeof ids);
    struct monitor *m = monitor_find(ids);
    if (!m || m->kind != MONITOR_RESOURCE || m->resource != of_object(obj)) {
        await(of_object(obj), monitor);
        return 1;
    }
    monitor_free(m);
    return 0;
}

int enif_compare_monitors(const ErlNifMonitor *a, const ErlNifMonitor *b)
{
    return memcmp(a, b, 2 * sizeof(uint64_t));
}

ERL_NIF_TERM enif_make_monitor_term(ErlNifEnv *env, const ErlNifMonitor *monitor)
{
    term *w = heap_alloc(env->heap, REF_WORDS);
    w[0] = header(2, KIND_REF);
    memcpy(w + 1, monitor->data, 2 * sizeof *w);
    return to_nif(boxed_term(w));
}

static void resource_down(void *resource, term pid, const uint64_t ids[2])
{
    struct nif_resource *r = resource;
    struct news *n = r->base.references ? arena_calloc(sizeof *n) : NULL;
    if (!n) return;
    n->resource = r;
    n->who.pid = to_nif(pid);
    memcpy(n->monitor.data, ids, 2 * sizeof *ids);
    *last_news = n;
    last_news = &n->next;
    resource_keep(&r->base);
    r->news++;
    nif_hooks.due = true;
}

static void tell(const struct news *n)
{
    struct nif_resource *r = n->resource;
    r->news--;
    if (r->type->now.down && (n->awaited || !r->given_up)) {
        ErlNifEnv env;
        struct nif_running outer;
        ErlNifPid who = n->who;
        ErlNifMonitor monitor = n->monitor;
        callback_start(&env, &outer, r, "down callback of a resource");
        r->type->now.down(&env, r->data, &who, &monitor);
        callback_end(&env, &outer);
    }
    resource_drop(&r->base);
}

/* --- between two slices ------------------------------------------------------------------------------------------ */

void nif_resources_release(void)
{
    nif_hooks.due = false;
    while (dying || first_news) {
        if (dying) {
            struct nif_resource *r = dying;
            dying = r->next_dying;
            if (!dying) last_dying = &dying;
            destroy(r);
            continue;
        }
        struct news *n = first_news;
        first_news = n->next;
        if (!first_news) last_news = &first_news;
        tell(n);
        arena_free(n);
    }
}

/* --- waiting for files and sockets: there are none yet ---------------------------------------------------------- */

int enif_select_x(ErlNifEnv *env, ErlNifEvent e, enum ErlNifSelectFlags flags, void *obj,
                  const ErlNifPid *pid, ERL_NIF_TERM msg, ErlNifEnv *msg_env)
{
    (void)env, (void)e, (void)flags, (void)obj, (void)pid, (void)msg, (void)msg_env;
    return INT_MIN | ERL_NIF_SELECT_NOTSUP;
}

int enif_select(ErlNifEnv *env, ErlNifEvent e, enum ErlNifSelectFlags flags, void *obj,
                const ErlNifPid *pid, ERL_NIF_TERM ref)
{
    return enif_select_x(env, e, flags, obj, pid, ref, NULL);
}
