/* SPDX-License-Identifier: Apache-2.0 */
/* env.c -- environments: where the terms of native code live; and sending them.
 *
 * The environment of a call has the caller's heap.  The others have a heap of their own without a
 * block: all terms are in fragments, which live until it is cleared.  Nothing collects there,
 * so literals are copied, too: the code that they belong to may be purged.
 */
#include "nif/nif.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "port/port.h"
#include "process/registry.h"
#include "process/hooks.h"
#include "process/send.h"

struct temporary {
    struct temporary *next;
    uint64_t fill;
    uint8_t bytes[];
};
_Static_assert(sizeof(struct temporary) == 16, "blocks are aligned");

static void heap_exhausted(struct heap *h) __attribute__((__noreturn__));
static void heap_exhausted(struct heap *h)
{
    (void)h;
    nif_no_memory();
}

void nif_no_memory(void)
{
    if (!process_running) plat_panic(__FILE__, __LINE__, "out of memory in native code");
    process_running->heap.exhausted(&process_running->heap);
}

/* --- life ---------------------------------------------------------------------------------------- */

void env_start(ErlNifEnv *env, enum env_kind kind, struct process *p, struct nif_instance *i)
{
    env->kind = kind;
    env->caller = p;
    env->instance = i;
    env->temporaries = NULL;
    env->failed = false;
    env->next = NULL;
    env->heap = p ? &p->heap : &env->own;
    if (!p) env->own = (struct heap){.exhausted = heap_exhausted};
}

static void free_temporaries(ErlNifEnv *env)
{
    while (env->temporaries) {
        struct temporary *t = env->temporaries;
        env->temporaries = t->next;
        arena_free(t);
    }
}

void env_end(ErlNifEnv *env)
{
    free_temporaries(env);
    if (env->heap == &env->own) heap_end(&env->own);
}

void *env_block(ErlNifEnv *env, size_t bytes)
{
    struct temporary *t = bytes > SIZE_MAX - sizeof *t ? NULL : arena_malloc(sizeof *t + bytes);
    if (!t) nif_no_memory();
    t->next = env->temporaries;
    env->temporaries = t;
    return t->bytes;
}

ErlNifEnv *enif_alloc_env(void)
{
    ErlNifEnv *env = arena_malloc(sizeof *env);
    if (env) env_start(env, ENV_OWN, NULL, NULL);
    return env;
}

void enif_clear_env(ErlNifEnv *env)
{
    env_end(env);
    env->own = (struct heap){.exhausted = heap_exhausted};
}

void enif_free_env(ErlNifEnv *env)
{
    env_end(env);
    arena_free(env);
}

void *enif_priv_data(ErlNifEnv *env) { return env->instance ? env->instance->priv_data : NULL; }

/* --- memory ----------------------------------------------------------------------------------------- */

void *enif_alloc(size_t size) { return arena_malloc(size ? size : 1); }
void *enif_realloc(void *ptr, size_t size) { return arena_realloc(ptr, size ? size : 1); }
void enif_free(void *ptr) { arena_free(ptr); }

/* --- copies and messages --------------------------------------------------------------------------------- */

ERL_NIF_TERM enif_make_copy(ErlNifEnv *env, ERL_NIF_TERM source)
{
    term t = of_nif(source);
    bool literals = env->kind == ENV_CALL;
    if (is_immediate(t) || (literals && arena_is_low((void *)(uintptr_t)t.bits))) return source;
    size_t words = copy_words(t, literals);
    term *at = words ? heap_alloc(env->heap, words) : NULL;
    return to_nif(copy_term(t, &at, &env->heap->off_heap, literals));
}

/* A message out of an environment of its own is copied whole, and the environment is empty then. */
int enif_send(ErlNifEnv *env, const ErlNifPid *to, ErlNifEnv *msg_env, ERL_NIF_TERM msg)
{
    struct process *p = process_find(of_nif(to->pid));
    struct process *from = env && !msg_env ? env->caller : NULL;
    if (!p || p->state == PROCESS_EXITING) return 0;
    struct fragment *f = NULL;
    term body;
    if (from) {
        if (!mailbox_send(from, p, of_nif(msg))) nif_no_memory();
    } else {
        if (!copy_to_fragment(of_nif(msg), &f, &body, false) || !mailbox_deliver(p, body, f))
            nif_no_memory();
    }
    if (msg_env) enif_clear_env(msg_env);
    return 1;
}

/* Port ! {Caller, {command, Msg}} in a form that needs no owner. */
int enif_port_command(ErlNifEnv *env, const ErlNifPort *to, ErlNifEnv *msg_env, ERL_NIF_TERM msg)
{
    struct port *port = port_find(of_nif(to->port_id));
    if (!port || !port_write(env ? env->caller : NULL, port, of_nif(msg))) return 0;
    if (msg_env) enif_clear_env(msg_env);
    return 1;
}

/* --- pids and ports ------------------------------------------------------------------------------------------ */

ErlNifPid *enif_self(ErlNifEnv *env, ErlNifPid *pid)
{
    if (!env->caller) return NULL;
    pid->pid = to_nif(env->caller->pid);
    return pid;
}

int enif_get_local_pid(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifPid *pid)
{
    (void)env;
    if (!is_local_pid(of_nif(t))) return 0;
    pid->pid = t;
    return 1;
}

int enif_get_local_port(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifPort *port)
{
    (void)env;
    if (!is_local_port(of_nif(t))) return 0;
    port->port_id = t;
    return 1;
}

int enif_whereis_pid(ErlNifEnv *env, ERL_NIF_TERM name, ErlNifPid *pid)
{
    term id = is_atom(of_nif(name)) ? registry_find(of_nif(name)) : NO_VALUE;
    return is_value(id) && enif_get_local_pid(env, to_nif(id), pid);
}

int enif_whereis_port(ErlNifEnv *env, ERL_NIF_TERM name, ErlNifPort *port)
{
    term id = is_atom(of_nif(name)) ? registry_find(of_nif(name)) : NO_VALUE;
    return is_value(id) && enif_get_local_port(env, to_nif(id), port);
}

int enif_is_process_alive(ErlNifEnv *env, ErlNifPid *pid)
{
    struct process *p = process_find(of_nif(pid->pid));
    (void)env;
    return p && p->state != PROCESS_EXITING;
}

int enif_is_current_process_alive(ErlNifEnv *env)
{
    return env->caller && env->caller->state != PROCESS_EXITING;
}

int enif_is_port_alive(ErlNifEnv *env, ErlNifPort *port)
{
    (void)env;
    return port_find(of_nif(port->port_id)) != NULL;
}

void enif_set_pid_undefined(ErlNifPid *pid) { pid->pid = to_nif(ATOM(undefined)); }
int enif_is_pid_undefined(const ErlNifPid *pid) { return pid->pid == to_nif(ATOM(undefined)); }
