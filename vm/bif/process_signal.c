/* SPDX-License-Identifier: Apache-2.0 */
/* process_signal.c -- links, monitors, aliases, exit signals, suspension. */
#include "bif/process_options.h"
#include "dist/identity.h"
#include "dist/signal.h"
#include "port/port_trace.h"
#include "process/distance.h"
#include "process/hooks.h"
#include "process/message.h"
#include "process/registry.h"
#include "process/suspend.h"
#include "process/trace.h"
#include "term/release.h"

/* After signals to the caller itself: it may be over. */
static term done(struct process *p, term result)
{
    return p->state == PROCESS_EXITING ? bif_again(p) : result;
}

/* A pid, port or reference of an earlier run of this node's name, or of this very run. */
static bool is_own_external(term t) { return term_same(node_of(t)->name, node_this->name); }

static struct relations *relations_of(term id)
{
    struct process *q = process_find(id);
    if (q) return &q->relations;
    if (is_local_port(id) && process_hooks.port_relations) return process_hooks.port_relations(id);
    return NULL;
}

/* p asks something of what may be a port; port_turn_end() follows. */
static void ask(struct port_turn *turn, struct process *p, term id, term what)
{
    struct port *port = port_find(id);
    if (port)
        port_turn_start(turn, port, p, what);
    else
        turn->port = NO_VALUE;
}

/* --- links ------------------------------------------------------------------------------------ */

static term nobody_to_link(struct process *p, term id, bool priority)
{
    if (!p->trap_exit) return raise(p, ATOM(noproc));
    process_exit_signal_as(id, p, ATOM(noproc), true, priority);
    return ATOM(true);
}

/* What is traced of a new link. */
static void tell_linked(struct process *p, term id)
{
    struct process *other = process_find(id);
    if (other) trace_inherit_by_link(p, other);
    trace_linked(id, ATOM(getting_linked), p->pid);
}

/* To a process of another node. */
static term link_to_distant(struct process *p, term id, bool priority)
{
    struct peer *peer;
    if (signal_prepare(node_of(id)->name, true, true, &peer) != PREPARED) {
        process_exit_signal_as(id, p, ATOM(noconnection), true, priority);
        return done(p, ATOM(true));
    }
    term distant = distant_keep(id);
    if (is_no_value(distant)) return raise(p, ATOM(system_limit));
    uint64_t *unlinking = link_unlinking(p->pid, distant);
    const bool linked = unlinking && *unlinking == 0;
    if (unlinking) {
        *unlinking = 0;
        distant_drop(distant);
    } else if (!link_make(p->pid, &p->relations, distant, &peer->relations)) {
        distant_drop(distant);
        return raise(p, ATOM(system_limit));
    }
    if (!linked || priority) link_set_priority(p->pid, distant, priority);
    if (!linked) signal_link(peer, p, p->pid, id);
    return done(p, ATOM(true));
}

static term unlink_from_distant(struct process *p, term id)
{
    static uint64_t last_unlink;
    term distant = distant_find(id);
    uint64_t *unlinking = is_value(distant) ? link_unlinking(p->pid, distant) : NULL;
    struct peer *peer = peer_find(node_of(id)->name);
    if (!unlinking || *unlinking || !peer) return ATOM(true);
    *unlinking = ++last_unlink;
    const bool acknowledged = peer->state == PEER_PENDING || peer->flags & DIST_FLAG(BIT_UNLINK_ID);
    if (!acknowledged) link_break(p->pid, distant);
    signal_unlink(peer, p, p->pid, id, last_unlink);
    return done(p, ATOM(true));
}

static term link(struct process *p, term id, bool priority)
{
    if (TRACED(&p->trace, TRACE_PROCS)) trace_procs(p, ATOM(link), id);
    if (term_same(id, p->pid)) return ATOM(true);
    if (is_local_pid(id) || is_local_port(id)) {
        struct relations *r = relations_of(id);
        if (!r) return nobody_to_link(p, id, priority);
        bool linked = link_exists(p->pid, id);
        if (!linked && !link_make(p->pid, &p->relations, id, r))
            return raise(p, ATOM(system_limit));
        if (linked || priority) link_set_priority(p->pid, id, priority);
        if (linked) return ATOM(true);
        struct port_turn turn;
        ask(&turn, p, id, ATOM(link));
        tell_linked(p, id);
        port_turn_end(&turn);
        return ATOM(true);
    }
    if ((is_external_pid(id) || is_external_port(id)) && is_own_external(id))
        return nobody_to_link(p, id, priority);
    return is_external_pid(id) ? link_to_distant(p, id, priority) : raise_badarg(p);
}

term bif_erlang_link_1(struct process *p, const term *arg) { return link(p, arg[0], false); }

term bif_erlang_link_2(struct process *p, const term *arg)
{
    bool priority;
    if (!priority_options(arg[1], &priority)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return link(p, arg[0], priority);
}

term bif_erlang_unlink_1(struct process *p, const term *arg)
{
    if (TRACED(&p->trace, TRACE_PROCS)) trace_procs(p, ATOM(unlink), arg[0]);
    if (!is_pid(arg[0]) && !is_port(arg[0])) return raise_badarg(p);
    if (is_external_port(arg[0]) && !is_own_external(arg[0])) return raise_badarg(p);
    if (is_external_pid(arg[0])) return unlink_from_distant(p, arg[0]);
    if (!link_break(p->pid, arg[0])) return ATOM(true);
    struct port_turn turn;
    ask(&turn, p, arg[0], ATOM(unlink));
    trace_linked(arg[0], ATOM(getting_unlinked), p->pid);
    port_turn_end(&turn);
    return ATOM(true);
}

/* --- monitors ------------------------------------------------------------------------------------ */

struct request {
    enum monitor_kind kind;
    term target;
    term name;
    term down; /* NO_VALUE, or the reason to report at once */
    term node; /* NO_VALUE, or another node's name */
};

static void by_name(struct request *r, term name)
{
    term id = registry_find(name);
    r->name = name;
    r->target = is_value(id) ? id : ATOM(undefined);
    bool right = r->kind == MONITOR_PORT ? is_local_port(r->target) : is_local_pid(r->target);
    if (!right) r->down = ATOM(noproc);
}

/* false: badarg. */
static bool name_at_node(struct request *r, term target)
{
    if (!is_atom(element(target, 0)) || !is_atom(element(target, 1))) return false;
    if (term_same(element(target, 1), node_this->name)) {
        by_name(r, element(target, 0));
        return true;
    }
    if (r->kind == MONITOR_PORT || !node_is_alive()) return false;
    r->name = element(target, 0);
    r->node = element(target, 1);
    return true;
}

static bool resolve(struct request *r, term type, term target)
{
    *r = (struct request){.name = NIL, .target = target, .down = NO_VALUE, .node = NO_VALUE};
    bool ports = term_same(type, ATOM(port));
    if (term_same(type, ATOM(time_offset))) {
        r->kind = MONITOR_TIME_OFFSET;
        return term_same(target, ATOM(clock_service));
    }
    r->kind = ports ? MONITOR_PORT : MONITOR_PROCESS;
    if (is_atom(target)) {
        by_name(r, target);
        return true;
    }
    if (is_tuple_of(target, 2)) return name_at_node(r, target);
    if (ports ? is_local_port(target) : is_local_pid(target)) return true;
    if (ports ? !is_external_port(target) : !is_external_pid(target)) return false;
    if (is_own_external(target)) {
        r->down = ATOM(noproc);
        return true;
    }
    r->node = node_of(target)->name;
    return !ports;
}

/* Of a process of another node, by pid or by name. */
static term monitor_distant(struct process *p, const struct request *r, term target,
                            const struct monitor_options *o)
{
    struct peer *peer;
    const bool named = !is_nil(r->name);
    const bool connected = signal_prepare(r->node, true, true, &peer) == PREPARED;
    term ref = make_ref(&p->heap), distant = named ? ATOM(undefined) : distant_keep(target);
    if (is_no_value(distant)) return raise(p, ATOM(system_limit));
    struct monitor *m = monitor_make_to_distant(ref_ids(ref), p, r->kind, distant,
                                                connected ? &peer->relations : NULL, r->name,
                                                named ? r->node : NO_VALUE, o->tag, o->alias);
    if (!m) {
        if (!named) distant_drop(distant);
        return raise(p, ATOM(system_limit));
    }
    m->priority = o->priority;
    if (connected) {
        m->resource = peer;
        signal_monitor(peer, p, p->pid, named ? r->name : target, ref);
    } else {
        monitor_fire(m, ATOM(noconnection));
    }
    return done(p, ref);
}

static term monitor(struct process *p, term type, term target, const struct monitor_options *o)
{
    if (!term_same(type, ATOM(process)) && !term_same(type, ATOM(port)) &&
        !term_same(type, ATOM(time_offset)))
        return raise_cause(p, ATOM(badarg), ATOM(badtype));
    struct request r;
    if (!resolve(&r, type, target)) return raise_badarg(p);
    if (is_value(r.node)) return monitor_distant(p, &r, target, o);
    term ref = make_ref(&p->heap);
    if (term_same(r.target, p->pid)) return ref;
    struct relations *of = is_value(r.down) ? NULL : relations_of(r.target);
    struct monitor *m =
        monitor_make(ref_ids(ref), p, r.kind, r.target, of, r.name, o->tag, o->alias);
    if (!m) return raise(p, ATOM(system_limit));
    m->priority = o->priority;
    struct port_turn turn;
    ask(&turn, p, r.target, ATOM(monitor));
    port_turn_end(&turn);
    if (is_value(r.down))
        monitor_fire(m, r.down);
    else if (!of && r.kind != MONITOR_TIME_OFFSET)
        monitor_fire(m, ATOM(noproc));
    return ref;
}

term bif_erlang_monitor_2(struct process *p, const term *arg)
{
    return monitor(p, arg[0], arg[1], &(struct monitor_options){.tag = NO_VALUE});
}

term bif_erlang_monitor_3(struct process *p, const term *arg)
{
    struct monitor_options o;
    if (!monitor_options(arg[2], &o)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return monitor(p, arg[0], arg[1], &o);
}

/* The caller's monitor with this reference; NULL: there is none (any more). */
static struct monitor *own_monitor(struct process *p, term ref)
{
    struct monitor *m = is_local_ref(ref) ? monitor_find(ref_ids(ref)) : NULL;
    return m && term_same(m->origin, p->pid) ? m : NULL;
}

enum demonitored { DEMONITORED, DEMONITOR_NONE, DEMONITOR_BAD };

static enum demonitored demonitor(struct process *p, term ref, bool *many)
{
    *many = false;
    if (!is_local_ref(ref))
        return is_external_ref(ref) && is_own_external(ref) ? DEMONITOR_NONE : DEMONITOR_BAD;
    struct monitor *m = own_monitor(p, ref);
    if (!m || m->kind == MONITOR_NOTHING || m->kind == MONITOR_SPAWN) return DEMONITOR_NONE;
    *many = m->kind == MONITOR_TIME_OFFSET;
    struct port_turn turn;
    ask(&turn, p, m->target, ATOM(demonitor));
    monitor_stop(m);
    port_turn_end(&turn);
    return DEMONITORED;
}

term bif_erlang_demonitor_1(struct process *p, const term *arg)
{
    bool many;
    return demonitor(p, arg[0], &many) == DEMONITOR_BAD ? raise_badarg(p) : ATOM(true);
}

term bif_erlang_demonitor_2(struct process *p, const term *arg)
{
    bool flush = false, info = false, many;
    term list = arg[1];
    for (; is_cons(list); list = tail(list)) {
        if (term_same(head(list), ATOM(flush)))
            flush = true;
        else if (term_same(head(list), ATOM(info)))
            info = true;
        else
            return raise_badarg(p);
    }
    if (!is_nil(list)) return raise_badarg(p);
    enum demonitored result = demonitor(p, arg[0], &many);
    if (result == DEMONITOR_BAD) return raise_badarg(p);
    if (flush && (result == DEMONITOR_NONE || many) && is_local_ref(arg[0])) {
        bump(p, (int64_t)(p->mailbox.length / 16));
        mailbox_fetch(p);
        mailbox_flush_down(p, arg[0], many);
    }
    return atom_bool(result == DEMONITORED || !info);
}

/* --- aliases ---------------------------------------------------------------------------------------- */

term bif_erlang_alias_1(struct process *p, const term *arg)
{
    enum alias_mode mode = ALIAS_EXPLICIT;
    bool priority = false;
    term list = arg[0];
    for (; is_cons(list); list = tail(list)) {
        if (term_same(head(list), ATOM(explicit_unalias)))
            mode = ALIAS_EXPLICIT;
        else if (term_same(head(list), ATOM(reply)))
            mode = ALIAS_REPLY_DEMONITOR;
        else if (is_priority_option(head(list)))
            priority = true;
        else
            return raise_badarg(p);
    }
    if (!is_nil(list)) return raise_badarg(p);
    term ref = make_ref(&p->heap);
    struct monitor *m =
        monitor_make(ref_ids(ref), p, MONITOR_NOTHING, NIL, NULL, NIL, NO_VALUE, mode);
    if (!m) return raise(p, ATOM(system_limit));
    m->priority = priority;
    return ref;
}

term bif_erlang_unalias_1(struct process *p, const term *arg)
{
    if (!is_ref(arg[0])) return raise_badarg(p);
    struct monitor *m = own_monitor(p, arg[0]);
    if (!m || m->alias == ALIAS_NONE) return ATOM(false);
    m->alias = ALIAS_NONE;
    if (m->kind == MONITOR_NOTHING) monitor_free(m);
    return ATOM(true);
}

/* --- exit signals -------------------------------------------------------------------------------------- */

/* To the owner of an alias. */
static term signal_alias(struct process *p, term ref, term reason, bool priority)
{
    const struct monitor *m = monitor_find(ref_ids(ref));
    if (!m || m->alias == ALIAS_NONE) return ATOM(true);
    struct process *q = process_find(m->origin);
    priority = priority && m->priority && m->kind == MONITOR_NOTHING;
    if (q) process_exit_signal_as(p->pid, q, reason, false, priority);
    return done(p, ATOM(true));
}

static term signal(struct process *p, term to, term reason, bool exit2, bool priority)
{
    if (is_local_ref(to) && otp_release >= 28) return signal_alias(p, to, reason, priority);
    if (is_external_ref(to) && otp_release >= 28) return ATOM(true);
    if (is_local_pid(to)) {
        struct process *q = process_find(to);
        /* exit(self(), normal) ends the caller, unlike every other normal signal. */
        if (q == p && exit2 && !p->trap_exit && term_same(reason, ATOM(normal)))
            process_exit(p, reason);
        else if (q)
            process_exit_signal(p->pid, q, reason, false);
        return done(p, ATOM(true));
    }
    if (is_local_port(to)) {
        if (process_hooks.port_exit_signal)
            process_hooks.port_exit_signal(p->pid, to, reason, false);
        return done(p, ATOM(true));
    }
    if (is_external_pid(to) && !is_own_external(to)) {
        switch (signal_exit2(p, to, reason)) {
        case SEND_AGAIN: return bif_again(p);
        case SEND_NOMEMORY: return raise(p, ATOM(system_limit));
        default: return done(p, ATOM(true));
        }
    }
    if (is_external_pid(to)) return ATOM(true);
    if (is_external_port(to) && is_own_external(to)) return ATOM(true);
    return raise_badarg(p);
}

term bif_erlang_exit_2(struct process *p, const term *arg)
{
    return signal(p, arg[0], arg[1], true, false);
}

term bif_erlang_exit_signal_2(struct process *p, const term *arg)
{
    return signal(p, arg[0], arg[1], false, false);
}

term bif_erlang_exit_3(struct process *p, const term *arg)
{
    bool priority;
    if (!priority_options(arg[2], &priority)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return signal(p, arg[0], arg[1], true, priority);
}

term bif_erlang_exit_signal_3(struct process *p, const term *arg)
{
    bool priority;
    if (!priority_options(arg[2], &priority)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return signal(p, arg[0], arg[1], false, priority);
}

/* Until there is a message; the stack stays. */
term bif_erlang_hibernate_0(struct process *p, const term *arg)
{
    (void)arg;
    if (p->mailbox.first || mailbox_fetch(p)) return ATOM(ok);
    p->hibernating = true;
    return bif_wait(p);
}

/* --- suspension ------------------------------------------------------------------------------------------ */

struct suspend_options {
    bool once, asynchronous;
    term reply_tag; /* NO_VALUE: no reply */
};

static bool suspend_options(term list, struct suspend_options *o)
{
    *o = (struct suspend_options){.reply_tag = NO_VALUE};
    for (; is_cons(list); list = tail(list)) {
        term option = head(list);
        if (term_same(option, ATOM(unless_suspending))) {
            o->once = true;
        } else if (term_same(option, ATOM(asynchronous))) {
            o->asynchronous = true;
        } else if (is_tuple_of(option, 2) && term_same(element(option, 0), ATOM(asynchronous))) {
            o->asynchronous = true;
            o->reply_tag = element(option, 1);
        } else {
            return false;
        }
    }
    return is_nil(list);
}

term bif_erts_internal_suspend_process_2(struct process *p, const term *arg)
{
    struct suspend_options o;
    if (term_same(p->pid, arg[0]) || !is_local_pid(arg[0])) return ATOM(badarg);
    if (!suspend_options(arg[1], &o)) return ATOM(badopt);
    struct process *q = process_find(arg[0]);
    bool added = true;
    if (q && !suspend(p, q, o.once, &added)) return raise(p, ATOM(system_limit));
    if (is_value(o.reply_tag)) {
        term state = q ? ATOM(suspended) : ATOM(exited);
        mailbox_send(NULL, p, make_tuple2(&p->heap, o.reply_tag, state));
    }
    if (!q) return o.asynchronous ? ATOM(true) : ATOM(badarg);
    return atom_bool(added);
}

term bif_erlang_resume_process_1(struct process *p, const term *arg)
{
    if (term_same(p->pid, arg[0]) || !is_local_pid(arg[0]) || !resume(p, arg[0]))
        return raise_badarg(p);
    return ATOM(true);
}
