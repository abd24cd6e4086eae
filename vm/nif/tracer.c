/* SPDX-License-Identifier: Apache-2.0 */
/* tracer.c -- modules that trace: the natives of a {Module, State} that erlang:trace/3 was given.
 *
 * They run in an environment of their own, within whatever is being traced, so their terms may point
 * into anybody's heap; what they send is copied.
 */
#include "nif/nif.h"
#include "process/trace.h"

static const term enabled[TRACER_GROUPS] = {
    [TRACER_ANY] = ATOM(enabled),
    [TRACER_SEND] = ATOM(enabled_send),
    [TRACER_RECEIVE] = ATOM(enabled_receive),
    [TRACER_CALL] = ATOM(enabled_call),
    [TRACER_RUNNING_PROCS] = ATOM(enabled_running_procs),
    [TRACER_RUNNING_PORTS] = ATOM(enabled_running_ports),
    [TRACER_GC] = ATOM(enabled_garbage_collection),
    [TRACER_PROCS] = ATOM(enabled_procs),
    [TRACER_PORTS] = ATOM(enabled_ports),
};
static const term trace[TRACER_GROUPS] = {
    [TRACER_ANY] = ATOM(trace),
    [TRACER_SEND] = ATOM(trace_send),
    [TRACER_RECEIVE] = ATOM(trace_receive),
    [TRACER_CALL] = ATOM(trace_call),
    [TRACER_RUNNING_PROCS] = ATOM(trace_running_procs),
    [TRACER_RUNNING_PORTS] = ATOM(trace_running_ports),
    [TRACER_GC] = ATOM(trace_garbage_collection),
    [TRACER_PROCS] = ATOM(trace_procs),
    [TRACER_PORTS] = ATOM(trace_ports),
};

static const struct nif_instance *instance_of(term module)
{
    const struct module *m = module_find(module);
    return m && m->current ? m->current->nif : NULL;
}

static const struct nif_function *find(const struct nif_instance *i, term name, uint32_t arity)
{
    for (unsigned n = 0; n < i->functions_count; n++)
        if (term_same(i->functions[n].name, name) && i->functions[n].arity == arity)
            return &i->functions[n];
    return NULL;
}

static bool traces(term module)
{
    const struct nif_instance *i = instance_of(module);
    return i && find(i, enabled[TRACER_ANY], TRACER_ENABLED) &&
           find(i, trace[TRACER_ANY], TRACER_TRACE);
}

/* What is no atom counts as `remove`, as does an exception. */
static term run(const struct nif_function *f, const term *args)
{
    const struct nif_running outer = nif_running;
    ErlNifEnv env;
    nif_running = (struct nif_running){f->instance, NULL, f->name, f->arity, f->flags};
    env_start(&env, ENV_CALLBACK, NULL, f->instance);
    ERL_NIF_TERM(*body)
    (ErlNifEnv *, int, const ERL_NIF_TERM *) =
        (ERL_NIF_TERM(*)(ErlNifEnv *, int, const ERL_NIF_TERM *))f->body;
    ERL_NIF_TERM out = body(&env, (int)f->arity, (const ERL_NIF_TERM *)args);
    term answer = out && !env.failed && is_atom(of_nif(out)) ? of_nif(out) : ATOM(remove);
    env_end(&env);
    nif_running = outer;
    return answer;
}

static term call(term module, enum tracer_group group, unsigned arity, const term *args)
{
    const struct nif_instance *i = instance_of(module);
    const term *names = arity == TRACER_ENABLED ? enabled : trace;
    if (!i) return NO_VALUE;
    const struct nif_function *f = find(i, names[group], arity);
    if (!f) f = find(i, names[TRACER_ANY], arity);
    return f ? run(f, args) : NO_VALUE;
}

void nif_tracer_start(void)
{
    trace_hooks.module_traces = traces;
    trace_hooks.module_call = call;
}
