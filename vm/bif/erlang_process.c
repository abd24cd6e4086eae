/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_process.c -- names, the process dictionary, sending, and small things about the caller. */
#include "bif/process_options.h"
#include "code/engine.h"
#include "dist/signal.h"
#include "process/dictionary.h"
#include "process/message.h"
#include "process/registry.h"
#include "process/send.h"
#include "process/trace.h"
#include "process/unique.h"
#include "term/compare.h"
#include "term/release.h"

term bif_erlang_self_0(struct process *p, const term *arg)
{
    (void)arg;
    return p->pid;
}

/* --- registered names --------------------------------------------------------------------------- */

term bif_erlang_register_2(struct process *p, const term *arg)
{
    if (!is_atom(arg[0]) || term_same(arg[0], ATOM(undefined)) ||
        (!is_local_pid(arg[1]) && !is_local_port(arg[1])))
        return raise_cause(p, ATOM(badarg), ATOM(none));
    switch (registry_add(arg[0], arg[1])) {
    case REGISTRY_OK: trace_linked(arg[1], ATOM(register), arg[0]); return ATOM(true);
    case REGISTRY_NOBODY:
        return raise_cause(p, ATOM(badarg), is_local_pid(arg[1]) ? ATOM(notalive) : ATOM(none));
    case REGISTRY_NAME_IN_USE: {
        bool named = is_value(registry_find(arg[0]));
        struct process *q = process_find(arg[1]);
        bool has_name = q ? !is_nil(q->registered_name) : !named;
        return raise_cause(p, ATOM(badarg), has_name ? ATOM(registered_name) : ATOM(none));
    }
    default: return raise(p, ATOM(system_limit));
    }
}

term bif_erlang_unregister_1(struct process *p, const term *arg)
{
    term id = is_atom(arg[0]) ? registry_find(arg[0]) : NO_VALUE;
    if (is_no_value(id)) return raise_badarg(p);
    registry_remove(arg[0]);
    trace_linked(id, ATOM(unregister), arg[0]);
    return ATOM(true);
}

term bif_erlang_whereis_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    term id = registry_find(arg[0]);
    return is_value(id) ? id : ATOM(undefined);
}

struct names {
    struct heap *heap;
    term list;
};
static void add_name(void *context, term name)
{
    struct names *n = context;
    n->list = make_cons(n->heap, name, n->list);
}

term bif_erlang_registered_0(struct process *p, const term *arg)
{
    (void)arg;
    struct names n = {&p->heap, NIL};
    registry_each(add_name, &n);
    return n.list;
}

/* --- group leaders --------------------------------------------------------------------------------- */

term bif_erlang_group_leader_0(struct process *p, const term *arg)
{
    (void)arg;
    return p->group_leader;
}

/* true, or badarg. */
static term set_leader(term leader, term of)
{
    struct process *q = process_find(of);
    if (!q) return ATOM(badarg);
    struct fragment *f = NULL;
    term copy = leader;
    if (q != process_running && !copy_to_fragment(leader, &f, &copy, true)) return ATOM(badarg);
    if (f) heap_adopt(&q->heap, f);
    q->group_leader = copy;
    return ATOM(true);
}

term bif_erts_internal_group_leader_2(struct process *p, const term *arg)
{
    (void)p;
    if (!is_pid(arg[0])) return ATOM(badarg);
    if (is_local_pid(arg[1])) return set_leader(arg[0], arg[1]);
    if (!is_external_pid(arg[1])) return ATOM(badarg);
    if (term_same(node_of(arg[1])->name, node_this->name)) return raise_badarg(p);
    struct peer *peer;
    if (signal_prepare(node_of(arg[1])->name, true, true, &peer) == PREPARED)
        signal_group_leader(peer, p, arg[0], arg[1]);
    return p->state == PROCESS_EXITING ? bif_again(p) : ATOM(true);
}

term bif_erts_internal_group_leader_3(struct process *p, const term *arg)
{
    if (!is_pid(arg[0]) || !is_local_pid(arg[1]) || !is_local_ref(arg[2])) return raise_badarg(p);
    term result = set_leader(arg[0], arg[1]);
    mailbox_send(NULL, p, make_tuple2(&p->heap, arg[2], result));
    return ATOM(ok);
}

/* --- process dictionary --------------------------------------------------------------------------------- */

static term or_undefined(term t) { return is_value(t) ? t : ATOM(undefined); }

term bif_erlang_put_2(struct process *p, const term *arg)
{
    term old;
    if (!dictionary_put(&p->dictionary, arg[0], arg[1], &old)) return raise(p, ATOM(system_limit));
    return or_undefined(old);
}

term bif_erlang_get_1(struct process *p, const term *arg)
{
    return or_undefined(dictionary_get(p->dictionary, arg[0]));
}

term bif_erlang_get_0(struct process *p, const term *arg)
{
    (void)arg;
    return dictionary_list(&p->heap, p->dictionary);
}

term bif_erlang_get_keys_0(struct process *p, const term *arg)
{
    (void)arg;
    term list = NIL;
    for (uint32_t i = 0; i < dictionary_count(p->dictionary); i++)
        list = make_cons(&p->heap, p->dictionary->pairs[2 * i], list);
    return list;
}

term bif_erlang_get_keys_1(struct process *p, const term *arg)
{
    term list = NIL;
    for (uint32_t i = 0; i < dictionary_count(p->dictionary); i++)
        if (term_same_value(p->dictionary->pairs[2 * i + 1], arg[0]))
            list = make_cons(&p->heap, p->dictionary->pairs[2 * i], list);
    return list;
}

term bif_erlang_erase_0(struct process *p, const term *arg)
{
    (void)arg;
    term list = dictionary_list(&p->heap, p->dictionary);
    dictionary_free(p->dictionary);
    p->dictionary = NULL;
    return list;
}

term bif_erlang_erase_1(struct process *p, const term *arg)
{
    return or_undefined(dictionary_erase(p->dictionary, arg[0]));
}

/* --- sending ----------------------------------------------------------------------------------------------- */

static term sent(struct process *p, enum send_result how, term result)
{
    bump(p, 4);
    if (how == SEND_BADARG) return raise_badarg(p);
    if (how == SEND_NOMEMORY) return raise(p, ATOM(system_limit));
    if (how == SEND_AGAIN) return bif_again(p);
    if (how == SEND_WOULD_SUSPEND) return ATOM(nosuspend);
    return p->state == PROCESS_EXITING ? bif_again(p) : result;
}

term bif_erlang_bang_2(struct process *p, const term *arg)
{
    return sent(p, send_message(p, arg[0], arg[1]), arg[1]);
}

term bif_erlang_send_2(struct process *p, const term *arg)
{
    return sent(p, send_message(p, arg[0], arg[1]), arg[1]);
}

term bif_erlang_send_3(struct process *p, const term *arg)
{
    bool priority = false;
    unsigned options = 0;
    term list = arg[2];
    for (; is_cons(list); list = tail(list)) {
        if (term_same(head(list), ATOM(noconnect)))
            options |= SEND_NOCONNECT;
        else if (is_priority_option(head(list)))
            priority = true;
        else if (term_same(head(list), ATOM(nosuspend)))
            options |= SEND_NOSUSPEND;
        else
            break;
    }
    if (!is_nil(list)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    enum send_result how = priority ? send_priority_message(p, arg[0], arg[1], options)
                                    : send_message_as(p, arg[0], arg[1], options);
    bool told = how == SEND_NOCONNECTION && options & SEND_NOCONNECT;
    return sent(p, how, told ? ATOM(noconnect) : ATOM(ok));
}

/* --- references and numbers ------------------------------------------------------------------------------------ */

term bif_erlang_make_ref_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_ref(&p->heap);
}

term bif_erlang_unique_integer_0(struct process *p, const term *arg)
{
    (void)arg;
    return unique_integer(&p->heap, false, false);
}

term bif_erlang_unique_integer_1(struct process *p, const term *arg)
{
    bool monotonic = false, positive = false;
    term list = arg[0];
    for (; is_cons(list); list = tail(list)) {
        if (term_same(head(list), ATOM(monotonic)))
            monotonic = true;
        else if (term_same(head(list), ATOM(positive)))
            positive = true;
        else
            return raise_badarg(p);
    }
    return is_nil(list) ? unique_integer(&p->heap, monotonic, positive) : raise_badarg(p);
}

/* --- giving way ---------------------------------------------------------------------------------------------------- */

term bif_erlang_yield_0(struct process *p, const term *arg)
{
    (void)arg;
    p->state = PROCESS_RUNNABLE; /* at once, and what is left of the slice does not count as used */
    return ATOM(true);
}

term bif_erlang_bump_reductions_1(struct process *p, const term *arg)
{
    if (!is_small(arg[0]) || small_value(arg[0]) < 0) return raise_badarg(p);
    bump(p, small_value(arg[0]) < 4000 ? small_value(arg[0]) : 4000);
    return ATOM(true);
}

/* --- done by the engine ------------------------------------------------------------------------------------------------ */

/* The rows in the table keep the module's own stubs out of the way; these bodies never run. */
#define IN_ENGINE(name)                                                                            \
    term name(struct process *p, const term *arg)                                                  \
    {                                                                                              \
        (void)arg;                                                                                 \
        return raise(p, ATOM(undef));                                                              \
    }
IN_ENGINE(bif_erlang_apply_2)
IN_ENGINE(bif_erlang_apply_3)
IN_ENGINE(bif_erlang_hibernate_3)
