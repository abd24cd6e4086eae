/* SPDX-License-Identifier: Apache-2.0 */
/* process_spawn.c -- making processes, and asking which there are. */
#include "bif/process_options.h"
#include "bif/spawn_options.h"
#include "heap/list.h"
#include "process/message.h"
#include "term/release.h"

/* --- spawning ------------------------------------------------------------------------------------- */

static bool is_call(const term *mfa)
{
    return is_atom(mfa[0]) && is_atom(mfa[1]) && list_length(mfa[2]) >= 0;
}

static term spawn(struct process *p, const term *mfa, const struct spawn_options *o)
{
    if (!is_call(mfa)) return raise_badarg(p);
    term ref = NIL, why;
    struct process *made = process_spawn(p, mfa[0], mfa[1], mfa[2], o, &ref, &why);
    if (!made) return raise(p, why);
    bump(p, 10);
    return o->monitor ? make_tuple2(&p->heap, made->pid, ref) : made->pid;
}

term bif_erlang_spawn_3(struct process *p, const term *arg)
{
    struct spawn_options o;
    spawn_options_default(&o);
    return spawn(p, arg, &o);
}

term bif_erlang_spawn_link_3(struct process *p, const term *arg)
{
    struct spawn_options o;
    spawn_options_default(&o);
    o.link = true;
    return spawn(p, arg, &o);
}

term bif_erlang_spawn_opt_4(struct process *p, const term *arg)
{
    struct spawn_request r;
    if (spawn_options_parse(arg[3], &r, false) != OPTIONS_OK)
        return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return spawn(p, arg, &r.spawn);
}

term bif_erts_internal_spawn_system_process_3(struct process *p, const term *arg)
{
    struct spawn_options o;
    spawn_options_default(&o);
    o.system = true;
    return spawn(p, arg, &o);
}

/* {Tag, Ref, Result, Value} to the caller. */
static term reply(struct process *p, term tag, term ref, term result, term value)
{
    if (!mailbox_send(NULL, p, make_tuple4(&p->heap, tag, ref, result, value)))
        return raise(p, ATOM(system_limit));
    return ref;
}

term bif_erts_internal_spawn_request_4(struct process *p, const term *arg)
{
    if (!is_call(arg)) return ATOM(badarg);
    struct spawn_request r;
    enum options_result parsed = spawn_options_parse(arg[3], &r, true);
    if (parsed == OPTIONS_NO_LIST) return ATOM(badopt);
    term why = ATOM(badopt), ref = NO_VALUE;
    struct process *made = NULL;
    if (parsed == OPTIONS_OK) {
        struct heap *h = &p->heap;
        term call = make_cons(h, make_tuple3(h, arg[0], arg[1], arg[2]), NIL);
        if (unlikely(!is_nil(p->seq_token))) ref = make_ref(h);
        r.spawn.asynchronous = true, r.spawn.reference = ref, r.spawn.reply_tag = r.tag;
        r.spawn.list = arg[3];
        made = process_spawn(p, ATOM(erts_internal), ATOM(spawn_init), call, &r.spawn, &ref, &why);
        bump(p, 10);
    }
    if (is_no_value(ref)) ref = make_ref(&p->heap);
    if (!made) return r.on_failure ? reply(p, r.tag, ref, ATOM(error), why) : ref;
    made->initial_module = arg[0];
    made->initial_function = arg[1];
    made->initial_arity = (unsigned)list_length(arg[2]);
    if (!r.on_success) return ref;
    if (likely(is_nil(made->seq_token))) return reply(p, r.tag, ref, ATOM(ok), made->pid);
    mailbox_send(made, p, make_tuple4(&p->heap, r.tag, ref, ATOM(ok), made->pid));
    return ref;
}

/* --- which processes are there? ---------------------------------------------------------------------- */

struct listing {
    struct heap *heap;
    term *last;
};

static void list_one(struct process *p, void *context)
{
    struct listing *l = context;
    l->last = list_append(l->heap, l->last, p->pid);
}

term bif_erlang_processes_0(struct process *p, const term *arg)
{
    (void)arg;
    term list = NIL;
    struct listing l = {&p->heap, &list};
    process_each(list_one, &l);
    bump(p, process_count() / 8);
    return list;
}

term bif_erlang_is_process_alive_1(struct process *p, const term *arg)
{
    if (is_local_pid(arg[0])) return atom_bool(process_find(arg[0]));
    if (is_external_pid(arg[0]) && term_same(node_of(arg[0])->name, node_this->name))
        return ATOM(false);
    return raise_badarg(p);
}

term bif_erts_internal_is_process_alive_2(struct process *p, const term *arg)
{
    if (!is_local_pid(arg[0]) || !is_local_ref(arg[1])) return raise_badarg(p);
    mailbox_send(NULL, p, make_tuple2(&p->heap, arg[1], atom_bool(process_find(arg[0]))));
    return ATOM(ok);
}

term bif_erts_internal_is_system_process_1(struct process *p, const term *arg)
{
    if (is_external_pid(arg[0]) && term_same(node_of(arg[0])->name, node_this->name))
        return ATOM(false);
    if (!is_local_pid(arg[0])) return raise_badarg(p);
    struct process *q = process_find(arg[0]);
    return atom_bool(q && q->is_system);
}
