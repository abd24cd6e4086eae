/* SPDX-License-Identifier: Apache-2.0 */
/* call.c -- calls of native functions: exceptions, and those that go on in another function.
 *
 * A NIF that schedules another one (enif_schedule_nif) is followed by that one at once while the
 * slice lasts.  At its end the process is set aside at the instruction that called the first,
 * with what is to be called in bif_state; it comes back here.
 */
#include "nif/nif.h"
#include "heap/arena.h"
#include "etf/etf.h"
#include "platform/platform.h"

struct nif_running nif_running;

/* What is called when the process runs again. */
struct paused {
    void *body;
    term name;
    uint32_t count, flags;
};
static void drop_paused(void *state) { arena_free(state); }

typedef ERL_NIF_TERM nif_body(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]);

static void take_paused(struct process *p, struct paused *now)
{
    struct paused *kept = p->bif_state;
    *now = *kept;
    p->bif_state = NULL;
    p->bif_state_free = NULL;
    arena_free(kept);
}

static term pause_here(struct process *p, const struct paused *next)
{
    struct paused *kept = arena_malloc(sizeof *kept);
    if (!kept) nif_no_memory();
    *kept = *next;
    p->bif_state = kept;
    p->bif_state_free = drop_paused;
    return bif_again(p);
}

static term failed(struct process *p, ErlNifEnv *env)
{
    return raise(p, env->failed ? env->reason : ATOM(badarg));
}

/* Of the function that the NIF which runs has scheduled: its own array is gone when it returns. */
static term next_args[256];

/* X[0] .. are the arguments of what is called next, and behind them those of the function that Erlang
 * called, which a stack trace shows. */
static void set_arguments(term *x, uint32_t next_count, const term *first, uint32_t count)
{
    memmove(x + next_count, first, count * sizeof *x);
    memcpy(x, next_args, next_count * sizeof *x);
}

term nif_call(struct process *p, const struct nif_function *f, term *x)
{
    struct paused now = {f->body, f->name, f->arity, f->flags};
    ErlNifEnv env;
    term *first = x;
    if (p->bif_state && p->bif_state_free == drop_paused) {
        take_paused(p, &now);
        first = x + now.count;
    }
    for (;;) {
        nif_running = (struct nif_running){f->instance, NULL, now.name, now.count, now.flags};
        env_start(&env, ENV_CALL, p, f->instance);
        nif_body *body = (nif_body *)now.body;
        ERL_NIF_TERM out = body(&env, (int)now.count, (const ERL_NIF_TERM *)x);
        nif_running = (struct nif_running){0};
        if (env.failed || !env.next) {
            env_end(&env);
            if (out && !env.failed) return of_nif(out);
            break;
        }
        now = (struct paused){(void *)env.next, env.next_name, env.next_count, env.next_flags};
        set_arguments(x, now.count, first, f->arity);
        first = x + now.count;
        env_end(&env);
        if (p->reductions > 0) continue;
        nif_live = now.count + f->arity;
        return pause_here(p, &now);
    }
    if (first != x) memmove(x, first, f->arity * sizeof *x);
    nif_live = f->arity;
    nif_name = f->name;
    return failed(p, &env);
}

/* --- what the body asks for ------------------------------------------------------------------------ */

ERL_NIF_TERM enif_schedule_nif(ErlNifEnv *env, const char *name, int flags, nif_body *fp, int argc,
                               const ERL_NIF_TERM argv[])
{
    bool known =
        flags == 0 || flags == ERL_NIF_DIRTY_JOB_CPU_BOUND || flags == ERL_NIF_DIRTY_JOB_IO_BOUND;
    term atom = atom_make(name, strlen(name));
    if (!env->caller || !known || is_no_value(atom) || argc < 0 || argc > 255)
        return enif_make_badarg(env);
    env->next = fp;
    memcpy(next_args, argv, (size_t)argc * sizeof *argv);
    env->next_count = (uint32_t)argc;
    env->next_flags = (uint32_t)flags;
    env->next_name = atom;
    return 0;
}

int enif_consume_timeslice(ErlNifEnv *env, int percent)
{
    enum { SLICE = 4000 };
    if (!env->caller) return 0;
    if (percent < 1) percent = 1;
    if (percent > 100) percent = 100;
    bump(env->caller, (int64_t)percent * SLICE / 100);
    if (env->caller->reductions < 0)
        env->caller->reductions = 0; /* more than is left does not count */
    return out_of_reductions(env->caller);
}

ERL_NIF_TERM enif_raise_exception(ErlNifEnv *env, ERL_NIF_TERM reason)
{
    env->failed = true;
    env->reason = of_nif(reason);
    return 0;
}

ERL_NIF_TERM enif_make_badarg(ErlNifEnv *env)
{
    return enif_raise_exception(env, to_nif(ATOM(badarg)));
}

int enif_has_pending_exception(ErlNifEnv *env, ERL_NIF_TERM *reason)
{
    if (env->failed && reason) *reason = to_nif(env->reason);
    return env->failed;
}

int enif_is_exception(ErlNifEnv *env, ERL_NIF_TERM t) { return env->failed && t == 0; }

/* --- crash reports -------------------------------------------------------------------------------------- */

static char report[256];

static void describe(void (*put)(void *context, const char *text), void *context)
{
    const struct nif_running *r = &nif_running;
    struct load_error name = {""};
    if (!r->instance) return;
    const struct atom_text *module = atom_text(r->instance->module);
    put(context, "native code of ");
    if (r->what) {
        load_fail(&name, "%.*s, %s", (int)module->length, module->bytes, r->what);
    } else {
        const struct atom_text *function = atom_text(r->name);
        load_fail(&name, "%.*s:%.*s/%u", (int)module->length, module->bytes, (int)function->length,
                  function->bytes, r->arity);
    }
    put(context, name.text);
    load_fail(&name, " (NIF library %s)\n", r->instance->library->name);
    put(context, name.text);
}

void nif_fatal(const char *why)
{
    struct load_error text;
    const struct nif_instance *i = nif_running.instance;
    load_fail(&text, "NIF library %s: %s", i ? i->library->name : "?", why);
    size_t n = strlen(text.text);
    memcpy(report, text.text, n + 1);
    plat_panic("native code", 0, report);
}

void nif_start(const struct plat_boot *boot)
{
    (void)boot;
    nif_tracer_start();
    nif_hooks.call = nif_call;
    nif_hooks.describe = describe;
    nif_hooks.modules = nif_modules;
    nif_hooks.settle = nif_resources_release;
    nif_hooks.unload = nif_unload_area;
}
