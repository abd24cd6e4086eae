/* SPDX-License-Identifier: Apache-2.0 */
/* process_spawn.c -- making processes, and asking which there are. */
#include "bif/process_options.h"
#include "heap/list.h"
#include "process/defaults.h"
#include "process/message.h"
#include "term/map.h"
#include "term/release.h"

/* --- options --------------------------------------------------------------------------------- */

static bool size_option(term value, size_t *to, size_t least)
{
    if (!is_small(value) || small_value(value) < 0) return false;
    size_t n = (size_t)small_value(value);
    *to = n <= least ? least : heap_next_size(n);
    return true;
}

static bool flag_option(term map, term key, bool *to)
{
    term v = map_get(map, key);
    if (is_no_value(v)) return true;
    if (!term_same(v, ATOM(true)) && !term_same(v, ATOM(false))) return false;
    *to = term_same(v, ATOM(true));
    return true;
}

bool max_heap_option(term value, size_t *size, bool *kill, bool *log)
{
    *kill = process_defaults.max_heap_kill;
    *log = process_defaults.max_heap_log;
    if (is_map(value)) {
        term words = map_get(value, ATOM(size));
        if (is_no_value(words)) return false;
        if (!flag_option(value, ATOM(kill), kill)) return false;
        if (!flag_option(value, ATOM(error_logger), log)) return false;
        bool shared = false; /* counting what is outside the heap: not there */
        if (!flag_option(value, ATOM(include_shared_binaries), &shared) || shared) return false;
        value = words;
    }
    if (!is_small(value) || small_value(value) < 0) return false;
    *size = (size_t)small_value(value);
    return true;
}

bool priority_option(term value, enum priority *to)
{
    if (term_same(value, ATOM(max)))
        *to = PRIORITY_MAX;
    else if (term_same(value, ATOM(high)))
        *to = PRIORITY_HIGH;
    else if (term_same(value, ATOM(normal)))
        *to = PRIORITY_NORMAL;
    else if (term_same(value, ATOM(low)))
        *to = PRIORITY_LOW;
    else
        return false;
    return true;
}

bool priority_options(term list, bool *priority)
{
    *priority = is_cons(list);
    while (is_cons(list) && is_priority_option(head(list))) list = tail(list);
    return is_nil(list);
}

/* One of them. */
static bool monitor_option(term option, struct monitor_options *o)
{
    if (is_priority_option(option)) {
        o->priority = true;
        return true;
    }
    if (!is_tuple_of(option, 2)) return false;
    term value = element(option, 1);
    if (term_same(element(option, 0), ATOM(tag))) {
        o->tag = value;
        return true;
    }
    if (!term_same(element(option, 0), ATOM(alias))) return false;
    if (term_same(value, ATOM(explicit_unalias)))
        o->alias = ALIAS_EXPLICIT;
    else if (term_same(value, ATOM(demonitor)))
        o->alias = ALIAS_DEMONITOR;
    else if (term_same(value, ATOM(reply_demonitor)))
        o->alias = ALIAS_REPLY_DEMONITOR;
    else
        return false;
    return true;
}

bool monitor_options(term list, struct monitor_options *o)
{
    *o = (struct monitor_options){.alias = ALIAS_NONE, .tag = NO_VALUE};
    for (; is_cons(list); list = tail(list))
        if (!monitor_option(head(list), o)) return false;
    return is_nil(list);
}

struct spawn_request {
    struct spawn_options spawn;
    term tag;                    /* of the answer */
    bool on_success, on_failure; /* is there one? */
    bool is_request;
};

static bool spawn_monitor_option(term value, struct spawn_options *to)
{
    struct monitor_options o;
    bool good = monitor_options(value, &o);
    to->monitor = true;
    to->monitor_alias = o.alias, to->monitor_tag = o.tag, to->monitor_priority = o.priority;
    return good;
}

static bool reply_option(term value, struct spawn_request *r)
{
    if (!r->is_request) return false;
    bool only_errors = term_same(value, ATOM(error_only)), no = term_same(value, ATOM(no));
    bool only_success = term_same(value, ATOM(success_only));
    if (!only_errors && !no && !only_success && !term_same(value, ATOM(yes))) return false;
    r->on_success = !only_errors && !no;
    r->on_failure = !only_success && !no;
    return true;
}

static bool pair_option(term key, term value, struct spawn_request *r)
{
    struct spawn_options *o = &r->spawn;
    if (!is_atom(key)) return false;
    switch (atom_index(key)) {
    case ATOM_priority: return priority_option(value, &o->priority);
    case ATOM_message_queue_data:
        o->off_heap_messages = term_same(value, ATOM(off_heap));
        return o->off_heap_messages || term_same(value, ATOM(on_heap));
    case ATOM_min_heap_size:
        return size_option(value, &o->min_heap_words, process_defaults.min_heap_words);
    case ATOM_max_heap_size:
        return max_heap_option(value, &o->max_heap_words, &o->max_heap_kill, &o->max_heap_log);
    case ATOM_min_bin_vheap_size: {
        size_t words;
        if (!size_option(value, &words, process_defaults.min_binary_bytes / sizeof(term)))
            return false;
        o->min_binary_bytes = words * sizeof(term);
        return true;
    }
    case ATOM_fullsweep_after:
        if (!is_small(value) || small_value(value) < 0) return false;
        o->fullsweep_after = (uint16_t)small_value(value);
        return true;
    case ATOM_async_dist:
        o->async_dist = term_same(value, ATOM(true));
        return otp_release >= 26 && (o->async_dist || term_same(value, ATOM(false)));
    case ATOM_scheduler:
        o->bound = term_same(value, small(1));
        return o->bound || term_same(value, small(0));
    case ATOM_link:
        o->link = true;
        return otp_release >= 28 && priority_options(value, &o->link_priority);
    case ATOM_monitor: return spawn_monitor_option(value, o);
    case ATOM_reply: return reply_option(value, r);
    case ATOM_reply_tag: r->tag = value; return r->is_request;
    default: return false;
    }
}

enum options_result { OPTIONS_OK, OPTIONS_BAD, OPTIONS_NO_LIST };

static enum options_result parse(term list, struct spawn_request *r, bool is_request)
{
    *r = (struct spawn_request){
        .tag = ATOM(spawn_reply), .on_success = true, .on_failure = true, .is_request = is_request};
    spawn_options_default(&r->spawn);
    bool good = true;
    for (; is_cons(list); list = tail(list)) {
        term option = head(list);
        if (term_same(option, ATOM(link))) {
            r->spawn.link = true;
        } else if (term_same(option, ATOM(monitor))) {
            spawn_monitor_option(NIL, &r->spawn);
        } else if (!is_tuple_of(option, 2) ||
                   !pair_option(element(option, 0), element(option, 1), r)) {
            good = false;
        }
    }
    if (!is_nil(list)) return OPTIONS_NO_LIST;
    const struct spawn_options *o = &r->spawn;
    if (o->max_heap_words && o->max_heap_words < o->min_heap_words) good = false;
    return good ? OPTIONS_OK : OPTIONS_BAD;
}

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
    if (parse(arg[3], &r, false) != OPTIONS_OK) return raise_cause(p, ATOM(badarg), ATOM(badopt));
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
    enum options_result parsed = parse(arg[3], &r, true);
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

/* Node, {M, F, A}, options, spawn_opt or spawn_request: there is never a connection. */
term bif_erts_internal_dist_spawn_request_4(struct process *p, const term *arg)
{
    if (!is_atom(arg[0]) || !is_tuple_of(arg[1], 3)) return ATOM(badarg);
    if (!is_call(tuple_elements(arg[1]))) return ATOM(badarg);
    struct spawn_request r;
    bool is_request = term_same(arg[3], ATOM(spawn_request));
    enum options_result parsed = parse(arg[2], &r, is_request);
    if (parsed == OPTIONS_NO_LIST) return ATOM(badarg);
    term why = parsed == OPTIONS_OK ? ATOM(noconnection) : ATOM(badopt);
    term ref = make_ref(&p->heap);
    if (r.on_failure && is_no_value(reply(p, r.tag, ref, ATOM(error), why))) return NO_VALUE;
    return is_request ? ref : make_tuple2(&p->heap, ref, atom_bool(r.spawn.monitor));
}

/* Answers are sent at once, so there is never one outstanding. */
term bif_erlang_spawn_request_abandon_1(struct process *p, const term *arg)
{
    return is_ref(arg[0]) ? ATOM(false) : raise_badarg(p);
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
