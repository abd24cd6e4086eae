/* SPDX-License-Identifier: Apache-2.0 */
/* dist_spawn.c -- spawn on another node, and what another node wants spawned here.
 *
 * A request of ours is a monitor of kind MONITOR_SPAWN until its answer comes (dist/control.c), or the
 * connection goes.
 */
#include "bif/dist_spawn.h"
#include "bif/process_options.h"
#include "bif/spawn_options.h"
#include "dist/dist.h"
#include "dist/identity.h"
#include "dist/input.h"
#include "dist/output.h"
#include "dist/signal.h"
#include "dist/watch.h"
#include "heap/arena.h"
#include "process/message.h"
#include "process/pause.h"
#include "process/seq_trace.h"
#include "process/trace.h"
#include "term/node.h"
#include "term/release.h"

/* --- ours ---------------------------------------------------------------------------------------- */

static bool is_call(term mfa)
{
    return is_tuple_of(mfa, 3) && is_atom(element(mfa, 0)) && is_atom(element(mfa, 1)) &&
           list_length(element(mfa, 2)) >= 0;
}

/* What the other node is not to know: whom the answer goes to is our own affair. */
static bool is_our_own(term option)
{
    if (!is_tuple_of(option, 2)) return false;
    term key = element(option, 0);
    return term_same(key, ATOM(reply)) || term_same(key, ATOM(reply_tag)) ||
           term_same(key, ATOM(monitor));
}

/* What only concerns us, and may be wrong: as stock, other options are for the other node to judge. */
static enum options_result parse_own(struct heap *h, term options, struct spawn_request *r,
                                     bool is_request, term *theirs)
{
    bool has_monitor = false;
    term own = NIL;
    *theirs = NIL;
    term list = options;
    for (; is_cons(list); list = tail(list)) {
        term option = head(list);
        const bool plain = term_same(option, ATOM(link)) || term_same(option, ATOM(monitor));
        if (is_our_own(option) || plain) own = make_cons(h, option, own);
        if (!is_our_own(option))
            *theirs = make_cons(h, option, *theirs);
        else if (term_same(element(option, 0), ATOM(monitor)))
            has_monitor = true;
    }
    if (!is_nil(list)) return OPTIONS_NO_LIST;
    if (has_monitor) *theirs = make_cons(h, ATOM(monitor), *theirs);
    term backwards = NIL;
    for (term i = own; is_cons(i); i = tail(i)) backwards = make_cons(h, head(i), backwards);
    return spawn_options_parse(backwards, r, is_request);
}

/* {Tag, Ref, error, Why} to the caller itself. */
static void answer_error(struct process *p, const struct spawn_request *r, term ref, term why)
{
    if (r->on_failure) mailbox_send(NULL, p, make_tuple4(&p->heap, r->tag, ref, ATOM(error), why));
}

static struct monitor *wait_start(struct process *p, struct peer *peer, term ref,
                                  const struct spawn_request *r)
{
    struct spawn_wait *w = arena_calloc(sizeof *w);
    if (!w || !copy_to_fragment(r->tag, &w->memory, &w->tag, false)) {
        arena_free(w);
        return NULL;
    }
    w->peer = peer;
    w->link = r->spawn.link, w->monitor = r->spawn.monitor;
    w->on_success = r->on_success, w->on_failure = r->on_failure;
    struct monitor *m =
        monitor_make_to_distant(ref_ids(ref), p, MONITOR_SPAWN, ATOM(undefined), &peer->relations,
                                NIL, NO_VALUE, r->spawn.monitor_tag, r->spawn.monitor_alias);
    if (m)
        m->resource = w;
    else
        spawn_wait_free(w);
    return m;
}

/* arg: {M, F, Args}, options, reference, node.  The pausing part. */
static term send_request(struct process *p, const term *arg)
{
    term mfa = arg[0], args = element(mfa, 2), request[8];
    struct peer *peer = peer_find(arg[3]);
    const bool traced = is_tuple(p->seq_token);
    if (traced) seq_trace_step(p);
    term call[4] = {header(3, KIND_TUPLE), element(mfa, 0), element(mfa, 1),
                    small(list_length(args))};
    const term parts[] = {small(traced ? DIST_SPAWN_REQUEST_TT : DIST_SPAWN_REQUEST),
                          arg[2],
                          p->pid,
                          p->group_leader,
                          boxed_term(call),
                          arg[1],
                          p->seq_token};
    const size_t n = traced ? 7 : 6;
    request[0] = header(n, KIND_TUPLE);
    memcpy(request + 1, parts, n * sizeof *parts);
    if (output_send(peer, p, boxed_term(request), args)) return ATOM(true);
    struct monitor *m = monitor_find(ref_ids(arg[2]));
    if (m) {
        struct spawn_wait *w = m->resource;
        w->answered = true;
        if (w->on_failure) spawn_wait_answer(w, m, ATOM(error), ATOM(system_limit));
        monitor_free(m);
    }
    return ATOM(true);
}

/* The reference of a request that is being sent is kept where the collector finds it, for the native is
 * called again. */
static term go_on_sending(struct process *p, const term *arg, term ref, bool is_request,
                          bool monitored)
{
    term parts[] = {arg[1], arg[2], ref, arg[0]};
    term sent = pausing(p, send_request, 4, parts);
    if (is_no_value(sent)) return NO_VALUE;
    if (p->state == PROCESS_EXITING) return bif_again(p);
    return is_request ? ref : make_tuple2(&p->heap, ref, atom_bool(monitored));
}

/* Node, {M, F, A}, options, spawn_opt or spawn_request */
term bif_erts_internal_dist_spawn_request_4(struct process *p, const term *arg)
{
    struct spawn_request r;
    term theirs;
    const bool is_request = term_same(arg[3], ATOM(spawn_request));
    if (p->bif_state) { /* it is being sent */
        term kept = p->scratch[1];
        term result = go_on_sending(p, arg, element(kept, 0), is_request,
                                    term_same(element(kept, 1), ATOM(true)));
        if (is_value(result)) p->scratch[1] = NIL;
        return result;
    }
    if (!is_atom(arg[0]) || term_same(arg[0], node_this->name) || !is_call(arg[1]))
        return ATOM(badarg);
    enum options_result parsed = parse_own(&p->heap, arg[2], &r, is_request, &theirs);
    if (parsed == OPTIONS_NO_LIST || (parsed == OPTIONS_BAD && !is_request)) return ATOM(badarg);
    term ref = make_ref(&p->heap);
    term result = is_request ? ref : make_tuple2(&p->heap, ref, atom_bool(r.spawn.monitor));
    struct peer *peer;
    if (parsed == OPTIONS_BAD) {
        answer_error(p, &r, ref, ATOM(badopt));
    } else if (signal_prepare(arg[0], true, true, &peer) != PREPARED) {
        answer_error(p, &r, ref, ATOM(noconnection));
    } else if (peer->state == PEER_CONNECTED && !(peer->flags & DIST_FLAG(BIT_SPAWN))) {
        answer_error(p, &r, ref, ATOM(notsup));
    } else if (!wait_start(p, peer, ref, &r)) {
        answer_error(p, &r, ref, ATOM(system_limit));
    } else {
        const term rest[] = {arg[0], arg[1], theirs};
        p->scratch[1] = make_tuple2(&p->heap, ref, atom_bool(r.spawn.monitor));
        result = go_on_sending(p, rest, ref, is_request, r.spawn.monitor);
        if (is_value(result)) p->scratch[1] = NIL;
    }
    return result;
}

term bif_erlang_spawn_request_abandon_1(struct process *p, const term *arg)
{
    if (!is_ref(arg[0])) return raise_badarg(p);
    struct monitor *m = is_local_ref(arg[0]) ? monitor_find(ref_ids(arg[0])) : NULL;
    if (!m || m->kind != MONITOR_SPAWN || !term_same(m->origin, p->pid)) return ATOM(false);
    struct spawn_wait *w = m->resource;
    if (w->abandoned) return ATOM(false);
    if (w->link) /* the new process is told when the answer comes */
        w->abandoned = true;
    else
        monitor_free(m);
    return ATOM(true);
}

/* --- theirs ------------------------------------------------------------------------------------------- */

static term part(const struct incoming *m, size_t i) { return element(m->control, i); }

static bool refuse(struct incoming *m, term why)
{
    signal_spawn_reply(m->peer, part(m, 1), part(m, 2), 0, why);
    return true;
}

/* As the parent wished: with it linked, watched by it. */
static bool relate(struct incoming *m, struct process *q, bool linked, bool watched)
{
    term known = distant_keep(part(m, 2));
    if (is_no_value(known)) return false;
    q->parent = known;
    if (linked) {
        term parent = distant_keep(part(m, 2));
        if (is_no_value(parent)) return false;
        if (!link_make(q->pid, &q->relations, parent, &m->peer->relations)) {
            distant_drop(parent);
            return false;
        }
    }
    return !watched || watch_add(m->peer, part(m, 2), q, NIL, part(m, 1));
}

static bool set_leader(struct process *q, term leader)
{
    struct fragment *f = NULL;
    term copy;
    if (!copy_to_fragment(leader, &f, &copy, true)) return false;
    if (f) heap_adopt(&q->heap, f);
    q->group_leader = copy;
    return true;
}

/* The arguments go to the new process as its first message, see erts_internal:dist_spawn_init/1. */
static bool give_arguments(struct process *q, term args, term token)
{
    struct parts b;
    if (!parts_start(&b, copy_words(args, true) + copy_words(token, true))) return false;
    args = parts_copy(&b, args);
    token = parts_copy(&b, token);
    b.fragment->used = (size_t)(b.at - b.fragment->memory);
    if (!mailbox_deliver_from(ATOM(system), q, args, b.fragment, token)) return false;
    /* Since OTP 27 it waits for another one behind it: that the arguments could be decoded, as ours were. */
    if (otp_release < 27) return true;
    return mailbox_deliver(q, ATOM(dist_spawn_init), NULL);
}

/* {_, Ref, From, GroupLeader, {M, F, Arity}, Options [, Token]} and the list of arguments */
static bool spawn_for_them(struct incoming *m, term token)
{
    struct spawn_request r;
    enum options_result parsed = spawn_options_parse(part(m, 5), &r, false);
    if (parsed == OPTIONS_NO_LIST) return false;
    if (parsed == OPTIONS_BAD) return refuse(m, ATOM(badopt));
    term args = incoming_payload(m);
    if (is_no_value(args)) return m->is_over;
    if (list_length(args) < 0) return false;
    const bool linked = r.spawn.link, watched = r.spawn.monitor;
    term call = part(m, 4), why, ref;
    term list = make_cons(m->heap, call, NIL);
    r.spawn.link = r.spawn.monitor = false;
    struct process *q =
        process_spawn(NULL, ATOM(erts_internal), ATOM(dist_spawn_init), list, &r.spawn, &ref, &why);
    if (!q) return refuse(m, why);
    q->initial_module = element(call, 0);
    q->initial_function = element(call, 1);
    q->initial_arity = (unsigned)small_value(element(call, 2));
    if (!set_leader(q, part(m, 3)) || !relate(m, q, linked, watched) ||
        !give_arguments(q, args, token)) {
        process_exit(q, ATOM(system_limit));
        return refuse(m, ATOM(system_limit));
    }
    const unsigned flags = (linked ? DIST_SPAWN_LINK : 0) | (watched ? DIST_SPAWN_MONITOR : 0);
    signal_spawn_reply(m->peer, part(m, 1), part(m, 2), flags, q->pid);
    return true;
}

void dist_spawn_start(const struct plat_boot *boot)
{
    (void)boot;
    dist_spawn = spawn_for_them;
}
