/* SPDX-License-Identifier: Apache-2.0 */
/* control.c -- what another node's messages do here.
 *
 * Nothing in a message is taken for granted: an operation with other parts than the protocol says ends the
 * connection.  A sender must be of the node that the message comes from; a receiver of this node, but of an earlier
 * run of it, is just not there any more.
 */
#include "big/big.h"
#include "dist/dist.h"
#include "dist/identity.h"
#include "dist/input.h"
#include "dist/signal.h"
#include "dist/watch.h"
#include "process/log.h"
#include "process/message.h"
#include "process/registry.h"
#include "process/seq_trace.h"
#include "process/trace.h"
#include "term/node.h"

bool (*dist_spawn)(struct incoming *m, term token);

static term part(const struct incoming *m, size_t i) { return element(m->control, i); }
static size_t parts_of(const struct incoming *m) { return tuple_size(m->control); }

static bool is_theirs(const struct incoming *m, term pid)
{
    return is_external_pid(pid) && term_same(node_of(pid)->name, m->peer->name);
}

/* Of an earlier run of this node. */
static bool was_ours(term id)
{
    return (is_external_pid(id) || is_external_ref(id)) &&
           term_same(node_of(id)->name, node_this->name);
}

static bool is_token(term t)
{
    if (!is_tuple_of(t, SEQ_PARTS)) return false;
    return is_small(element(t, SEQ_FLAGS)) && is_small(element(t, SEQ_SERIAL)) &&
           is_small(element(t, SEQ_LAST)) && is_pid(element(t, SEQ_SENDER));
}

/* --- messages ----------------------------------------------------------------------------------- */

static bool deliver(struct incoming *m, struct process *q, term token)
{
    if (!q || q->state == PROCESS_EXITING) return true;
    const term receiver = q->pid;
    term body = incoming_payload(m);
    if (is_no_value(body)) return m->is_over;
    q = process_find(receiver); /* it may have ended while the payload was decoded */
    if (!q) return true;
    struct fragment *f = NULL;
    size_t words = copy_words(body, true) + copy_words(token, true);
    if (words) {
        f = fragment_make(words);
        if (!f) return false;
        term *at = f->memory;
        body = copy_term(body, &at, &f->off_heap, true);
        token = copy_term(token, &at, &f->off_heap, true);
        f->used = (size_t)(at - f->memory);
    }
    mailbox_deliver_from(m->peer->name, q, body, f, token);
    return true;
}

/* {_, Sender or '', Receiver [, Token]} */
static bool send(struct incoming *m, bool traced)
{
    term token = traced ? part(m, 3) : NIL, to = part(m, 2);
    if (!is_pid(to) || (traced && !is_token(token))) return false;
    return deliver(m, process_find(to), token);
}

/* {_, Sender, Alias [, Token]} */
static bool alias_send(struct incoming *m, bool traced)
{
    term token = traced ? part(m, 3) : NIL, to = part(m, 2);
    if (!is_ref(to) || (traced && !is_token(token))) return false;
    return !is_local_ref(to) || deliver(m, alias_take(to), token);
}

/* {_, Sender, Cookie, Name [, Token]} */
static bool reg_send(struct incoming *m, bool traced)
{
    term token = traced ? part(m, 4) : NIL, name = part(m, 3);
    if (!is_pid(part(m, 1)) || !is_atom(name) || (traced && !is_token(token))) return false;
    term id = registry_find(name);
    return is_no_value(id) || deliver(m, process_find(id), token);
}

/* --- links --------------------------------------------------------------------------------------- */

static bool make_link(struct incoming *m, struct process *q, term from)
{
    term id = distant_keep(from);
    if (is_no_value(id)) return false;
    if (link_unlinking(q->pid,
                       id)) { /* there is one already, or being unlinked: then it stays so */
        distant_drop(id);
        return true;
    }
    if (!link_make(q->pid, &q->relations, id, &m->peer->relations)) {
        distant_drop(id);
        return false;
    }
    trace_linked(q->pid, ATOM(getting_linked), from);
    return true;
}

static bool link(struct incoming *m)
{
    term from = part(m, 1), to = part(m, 2);
    if (!is_theirs(m, from) || !(is_local_pid(to) || was_ours(to))) return false;
    struct process *q = process_find(to);
    if (q) return make_link(m, q, from);
    signal_exit(m->peer, to, from, ATOM(noproc), NIL);
    return true;
}

static bool unlink(struct incoming *m, term number, term from, term to)
{
    uint64_t id = 0;
    if (is_value(number) && (!integer_to_uint64(number, &id) || id == 0)) return false;
    if (!is_theirs(m, from)) return false;
    if (was_ours(to)) return true;
    if (!is_local_pid(to)) return false;
    term distant = distant_find(from);
    const uint64_t *unlinking = is_value(distant) ? link_unlinking(to, distant) : NULL;
    if (unlinking && *unlinking == 0) {
        link_break(to, distant);
        trace_linked(to, ATOM(getting_unlinked), from);
    }
    if (id) signal_unlink_ack(m->peer, to, from, id);
    return true;
}

static bool unlink_ack(struct incoming *m)
{
    uint64_t id;
    term from = part(m, 2), to = part(m, 3);
    if (!integer_to_uint64(part(m, 1), &id) || !is_theirs(m, from)) return false;
    if (was_ours(to)) return true;
    if (!is_local_pid(to)) return false;
    term distant = distant_find(from);
    const uint64_t *unlinking = is_value(distant) ? link_unlinking(to, distant) : NULL;
    if (unlinking && *unlinking == id && id) link_break(to, distant);
    return true;
}

/* --- exit signals --------------------------------------------------------------------------------- */

/* NO_VALUE: nothing is to be done, or the payload is broken. */
static term reason_of(struct incoming *m, bool payload, size_t last)
{
    return payload ? incoming_payload(m) : part(m, last);
}

/* {_, From, To [, Token] [, Reason]} */
static bool exit_linked(struct incoming *m, bool traced, bool payload)
{
    term from = part(m, 1), to = part(m, 2);
    if (!is_theirs(m, from) || !is_local_pid(to)) return false;
    if (traced && !is_token(part(m, 3))) return false;
    if (!process_find(to)) return true;
    term reason = reason_of(m, payload, traced ? 4 : 3), distant = distant_find(from);
    if (is_no_value(reason)) return m->is_over;
    const uint64_t *unlinking = is_value(distant) ? link_unlinking(to, distant) : NULL;
    struct process *q = process_find(to);
    if (!unlinking || !q) return true;
    const bool was_linked = *unlinking == 0;
    link_break(to, distant);
    if (!was_linked) return true;
    process_exit_signal(from, q, reason, true);
    trace_linked(to, ATOM(getting_unlinked), from);
    return true;
}

static bool exit_signal(struct incoming *m, bool traced, bool payload)
{
    term from = part(m, 1), to = part(m, 2);
    if (!is_theirs(m, from)) return false;
    if (was_ours(to)) return true;
    if (!is_local_pid(to) || (traced && !is_token(part(m, 3)))) return false;
    if (!process_find(to)) return true;
    term reason = reason_of(m, payload, traced ? 4 : 3);
    if (is_no_value(reason)) return m->is_over;
    struct process *q = process_find(to);
    if (q) process_exit_signal(from, q, reason, false);
    return true;
}

/* --- monitors --------------------------------------------------------------------------------------- */

static bool monitor(struct incoming *m)
{
    term watcher = part(m, 1), watched = part(m, 2), ref = part(m, 3);
    if (!is_theirs(m, watcher) || !is_ref(ref)) return false;
    if (!is_local_pid(watched) && !is_atom(watched) && !was_ours(watched)) return false;
    term id = is_atom(watched) ? registry_find(watched) : watched;
    struct process *q = is_value(id) ? process_find(id) : NULL;
    if (!q) {
        signal_down(m->peer, watched, watcher, ref, ATOM(noproc));
        return true;
    }
    if (watch_find(m->peer, ref)) return true;
    return watch_add(m->peer, watcher, q, is_atom(watched) ? watched : NIL, ref);
}

static bool demonitor(struct incoming *m)
{
    term watcher = part(m, 1), watched = part(m, 2), ref = part(m, 3);
    if (!is_ref(ref) || !is_theirs(m, watcher)) return false;
    if (!is_local_pid(watched) && !is_atom(watched) && !was_ours(watched)) return false;
    struct watch *w = watch_find(m->peer, ref);
    if (w) monitor_free(w->monitor);
    return true;
}

static bool down(struct incoming *m, bool payload)
{
    term watched = part(m, 1), watcher = part(m, 2), ref = part(m, 3);
    if (!is_ref(ref) || (!is_external_pid(watched) && !is_atom(watched))) return false;
    if (was_ours(watcher)) return true;
    if (!is_local_pid(watcher)) return false;
    if (!is_local_ref(ref) || !process_find(watcher)) return true;
    term reason = reason_of(m, payload, 4);
    if (is_no_value(reason)) return m->is_over;
    struct monitor *ours = monitor_find(ref_ids(ref));
    if (ours && ours->distant && ours->kind == MONITOR_PROCESS && ours->resource == m->peer &&
        term_same(ours->origin, watcher))
        monitor_fire(ours, reason);
    return true;
}

/* --- others ------------------------------------------------------------------------------------------ */

static bool group_leader(struct incoming *m)
{
    term leader = part(m, 1), member = part(m, 2);
    if (!is_pid(leader) || !is_pid(member)) return false;
    struct process *q = process_find(member);
    struct fragment *f = NULL;
    term copy;
    if (!q || !copy_to_fragment(leader, &f, &copy, true)) return true;
    if (f) heap_adopt(&q->heap, f);
    q->group_leader = copy;
    return true;
}

/* The child is linked to q, and watched by its monitor m, from now on. */
static bool spawned(struct incoming *in, struct process *q, struct monitor *m, term child)
{
    struct spawn_wait *w = m->resource;
    if (w->link && !make_link(in, q, child)) return false;
    if (!w->monitor) return true;
    term id = distant_keep(child);
    if (is_no_value(id)) return false;
    m->kind = MONITOR_PROCESS;
    m->target = id;
    m->resource = in->peer;
    return true;
}

/* {_, Ref, To, Flags, Result [, Token]} */
static bool spawn_reply(struct incoming *in)
{
    term ref = part(in, 1), parent = part(in, 2), flags = part(in, 3), result = part(in, 4);
    if (was_ours(parent) || was_ours(ref)) return true;
    if (!is_local_pid(parent) || !is_local_ref(ref) || !is_small(flags)) return false;
    if (!is_theirs(in, result) && !is_atom(result)) return false;
    struct monitor *m = monitor_find(ref_ids(ref));
    struct process *q = process_find(parent);
    if (!m || m->kind != MONITOR_SPAWN || !q || !term_same(m->origin, parent) ||
        ((struct spawn_wait *)m->resource)->peer != in->peer) {
        orphan_answered(in->peer, ref, result);
        return true;
    }
    struct spawn_wait *w = m->resource;
    w->answered = true;
    const bool good = is_external_pid(result);
    if (good && w->abandoned) {
        signal_exit(in->peer, parent, result, ATOM(abandoned), NIL);
    } else if (good) {
        if (!spawned(in, q, m, result)) return false;
        if (w->on_success) spawn_wait_answer(w, m, ATOM(ok), result);
    } else if (w->on_failure && !w->abandoned) {
        spawn_wait_answer(w, m, ATOM(error), result);
    }
    if (m->kind == MONITOR_SPAWN)
        monitor_free(m);
    else
        spawn_wait_free(w);
    return true;
}

static bool spawn_request(struct incoming *m, bool traced)
{
    term token = traced ? part(m, 6) : NIL, call = part(m, 4);
    if (!is_external_ref(part(m, 1)) || !is_theirs(m, part(m, 2)) || !is_pid(part(m, 3)))
        return false;
    if (!is_tuple_of(call, 3) || !is_atom(element(call, 0)) || !is_atom(element(call, 1)) ||
        !is_small(element(call, 2)) || (traced && !is_token(token)))
        return false;
    return dist_spawn && dist_spawn(m, token);
}

/* --- all of them -------------------------------------------------------------------------------------- */

bool control_act(struct incoming *m)
{
    if (!is_tuple(m->control) || parts_of(m) < 3 || !is_small(part(m, 0))) return false;
    const size_t n = parts_of(m);
    switch (small_value(part(m, 0))) {
    case DIST_SEND:
    case DIST_SEND_SENDER: return n == 3 && send(m, false);
    case DIST_SEND_TT:
    case DIST_SEND_SENDER_TT: return n == 4 && send(m, true);
    case DIST_REG_SEND: return n == 4 && reg_send(m, false);
    case DIST_REG_SEND_TT: return n == 5 && reg_send(m, true);
    case DIST_ALIAS_SEND: return n == 3 && alias_send(m, false);
    case DIST_ALIAS_SEND_TT: return n == 4 && alias_send(m, true);
    case DIST_LINK: return n == 3 && link(m);
    case DIST_UNLINK: return n == 3 && unlink(m, NO_VALUE, part(m, 1), part(m, 2));
    case DIST_UNLINK_ID: return n == 4 && unlink(m, part(m, 1), part(m, 2), part(m, 3));
    case DIST_UNLINK_ID_ACK: return n == 4 && unlink_ack(m);
    case DIST_EXIT: return n == 4 && exit_linked(m, false, false);
    case DIST_EXIT_TT: return n == 5 && exit_linked(m, true, false);
    case DIST_PAYLOAD_EXIT: return n == 3 && exit_linked(m, false, true);
    case DIST_PAYLOAD_EXIT_TT: return n == 4 && exit_linked(m, true, true);
    case DIST_EXIT2: return n == 4 && exit_signal(m, false, false);
    case DIST_EXIT2_TT: return n == 5 && exit_signal(m, true, false);
    case DIST_PAYLOAD_EXIT2: return n == 3 && exit_signal(m, false, true);
    case DIST_PAYLOAD_EXIT2_TT: return n == 4 && exit_signal(m, true, true);
    case DIST_MONITOR_P: return n == 4 && monitor(m);
    case DIST_DEMONITOR_P: return n == 4 && demonitor(m);
    case DIST_MONITOR_P_EXIT: return n == 5 && down(m, false);
    case DIST_PAYLOAD_MONITOR_P_EXIT: return n == 4 && down(m, true);
    case DIST_GROUP_LEADER: return n == 3 && group_leader(m);
    case DIST_SPAWN_REQUEST: return n == 6 && spawn_request(m, false);
    case DIST_SPAWN_REQUEST_TT: return n == 7 && spawn_request(m, true);
    case DIST_SPAWN_REPLY: return n == 5 && spawn_reply(m);
    case DIST_SPAWN_REPLY_TT: return n == 6 && spawn_reply(m);
    default: return false;
    }
}
