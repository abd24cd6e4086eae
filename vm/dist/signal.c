/* SPDX-License-Identifier: Apache-2.0 */
/* signal.c -- see signal.h. */
#include "dist/signal.h"
#include "dist/output.h"
#include "process/pause.h"
#include "process/seq_trace.h"
#include "process/trace.h"
#include "term/node.h"

enum preparation signal_prepare(term node, bool connect, bool suspend, struct peer **peer)
{
    if (!dist_alive) return PREPARED_NOT_ALIVE;
    struct peer *p = *peer = peer_find(node);
    if (!p && connect) p = *peer = peer_make(node);
    if (!p || p->exiting) return PREPARED_NOT_CONNECTED;
    if (p->state == PEER_IDLE) {
        if (!connect) return PREPARED_NOT_CONNECTED;
        if (!peer_auto_connect(p)) {
            peer_down(p, NIL);
            return PREPARED_NOT_ALIVE;
        }
    }
    return !suspend && p->busy ? PREPARED_WOULD_SUSPEND : PREPARED;
}

/* --- control messages --------------------------------------------------------------------------- */

/* {Operation, ...}, at most six more. */
struct control {
    term words[8];
};

static bool put(struct peer *p, struct process *from, const term *parts, size_t n, term payload)
{
    struct control c;
    c.words[0] = header(n, KIND_TUPLE);
    memcpy(c.words + 1, parts, n * sizeof *parts);
    return output_send(p, from, boxed_term(c.words), payload);
}
#define PUT(peer, from, payload, ...)                                                              \
    put(peer, from, (const term[]){__VA_ARGS__},                                                   \
        sizeof((const term[]){__VA_ARGS__}) / sizeof(term), payload)

static bool can(const struct peer *p, unsigned bit)
{
    return p->state == PEER_PENDING || p->flags & DIST_FLAG(bit);
}

void signal_link(struct peer *p, struct process *from, term local, term remote)
{
    PUT(p, from, NO_VALUE, small(DIST_LINK), local, remote);
}

void signal_unlink(struct peer *p, struct process *from, term local, term remote, uint64_t id)
{
    if (can(p, BIT_UNLINK_ID))
        PUT(p, from, NO_VALUE, small(DIST_UNLINK_ID), small((int64_t)id), local, remote);
    else
        PUT(p, from, NO_VALUE, small(DIST_UNLINK), local, remote);
}

void signal_unlink_ack(struct peer *p, term local, term remote, uint64_t id)
{
    term words[2] = {header(1, KIND_BIG_POSITIVE), term_of(id)};
    term number = id <= (uint64_t)SMALL_MAX ? small((int64_t)id) : boxed_term(words);
    if (can(p, BIT_UNLINK_ID))
        PUT(p, NULL, NO_VALUE, small(DIST_UNLINK_ID_ACK), number, local, remote);
}

/* The reason is a payload where the other side knows that; a message that has waited for the connection
 * was made as if it did, which all nodes since OTP 22 do. */
void signal_exit(struct peer *p, term local, term remote, term reason, term token)
{
    const bool traced = is_tuple(token);
    if (can(p, BIT_EXIT_PAYLOAD) && traced)
        PUT(p, NULL, reason, small(DIST_PAYLOAD_EXIT_TT), local, remote, token);
    else if (can(p, BIT_EXIT_PAYLOAD))
        PUT(p, NULL, reason, small(DIST_PAYLOAD_EXIT), local, remote);
    else if (traced)
        PUT(p, NULL, NO_VALUE, small(DIST_EXIT_TT), local, remote, token, reason);
    else
        PUT(p, NULL, NO_VALUE, small(DIST_EXIT), local, remote, reason);
}

static bool monitors(const struct peer *p)
{
    return can(p, BIT_MONITOR) && can(p, BIT_MONITOR_NAME);
}

void signal_monitor(struct peer *p, struct process *from, term watcher, term watched, term ref)
{
    if (monitors(p)) PUT(p, from, NO_VALUE, small(DIST_MONITOR_P), watcher, watched, ref);
}

void signal_demonitor(struct peer *p, term watcher, term watched, term ref)
{
    if (monitors(p)) PUT(p, NULL, NO_VALUE, small(DIST_DEMONITOR_P), watcher, watched, ref);
}

void signal_down(struct peer *p, term watched, term watcher, term ref, term reason)
{
    if (!monitors(p)) return;
    if (can(p, BIT_EXIT_PAYLOAD))
        PUT(p, NULL, reason, small(DIST_PAYLOAD_MONITOR_P_EXIT), watched, watcher, ref);
    else
        PUT(p, NULL, NO_VALUE, small(DIST_MONITOR_P_EXIT), watched, watcher, ref, reason);
}

void signal_group_leader(struct peer *p, struct process *from, term leader, term remote)
{
    PUT(p, from, NO_VALUE, small(DIST_GROUP_LEADER), leader, remote);
}

void signal_spawn_reply(struct peer *p, term ref, term to, unsigned flags, term result)
{
    PUT(p, NULL, NO_VALUE, small(DIST_SPAWN_REPLY), ref, to, small(flags), result);
}

/* --- messages and exit/2: a pausing body's work, for they may be large ------------------------------- */

/* A token that the other side can read. */
static term token_for(const struct peer *p, const struct process *from)
{
    if (!is_tuple(from->seq_token)) return NO_VALUE;
    if (can(p, BIT_BIG_SEQTRACE_LABELS)) return from->seq_token;
    term label = element(from->seq_token, SEQ_LABEL);
    const int64_t most = INT64_C(1) << 26;
    bool fits = is_small(label) && small_value(label) < most && small_value(label) >= -most;
    return fits ? from->seq_token : NO_VALUE;
}

static bool put_message(struct peer *p, struct process *from, struct process *waits, term to,
                        term message)
{
    const term token = token_for(p, from), own = from->pid;
    const bool traced = is_value(token);
    const term empty = atom_make("", 0);
    if (is_tuple(to))
        return traced ? PUT(p, waits, message, small(DIST_REG_SEND_TT), own, empty, element(to, 0),
                            token)
                      : PUT(p, waits, message, small(DIST_REG_SEND), own, empty, element(to, 0));
    term operation = small(traced ? DIST_ALIAS_SEND_TT : DIST_ALIAS_SEND), sender = own;
    if (!is_external_ref(to) && can(p, BIT_SEND_SENDER))
        operation = small(traced ? DIST_SEND_SENDER_TT : DIST_SEND_SENDER);
    else if (!is_external_ref(to))
        operation = small(traced ? DIST_SEND_TT : DIST_SEND), sender = empty;
    return traced ? PUT(p, waits, message, operation, sender, to, token)
                  : PUT(p, waits, message, operation, sender, to);
}

static term node_named_by(term to) { return is_tuple(to) ? element(to, 1) : node_of(to)->name; }

/* arg: receiver, message, options.  Answers with a small: enum send_result. */
static term send_body(struct process *from, const term *arg)
{
    const unsigned options = (unsigned)small_value(arg[2]);
    struct peer *p;
    switch (signal_prepare(node_named_by(arg[0]), !(options & SEND_NOCONNECT),
                           !(options & SEND_NOSUSPEND), &p)) {
    case PREPARED_NOT_ALIVE:
    case PREPARED_NOT_CONNECTED: return small(SEND_NOCONNECTION);
    case PREPARED_WOULD_SUSPEND: return small(SEND_WOULD_SUSPEND);
    default: break;
    }
    if (!is_tuple(arg[0]) && TRACED(&from->trace, TRACE_SEND)) trace_sent(from, arg[0], arg[1]);
    if (unlikely(!is_nil(from->seq_token))) seq_trace_sent(from, arg[1], arg[0]);
    struct process *waits = options & SEND_NOSUSPEND ? NULL : from;
    return small(put_message(p, from, waits, arg[0], arg[1]) ? SEND_OK : SEND_NOMEMORY);
}

static enum send_result result_of(term t)
{
    return is_value(t) ? (enum send_result)small_value(t) : SEND_AGAIN;
}

enum send_result signal_send(struct process *from, term to, term message, unsigned options)
{
    if (!from || from != process_running) return SEND_NOCONNECTION;
    const term arg[] = {to, message, small((int64_t)options)};
    return result_of(pausing(from, send_body, 3, arg));
}

static term exit_body(struct process *from, const term *arg)
{
    struct peer *p;
    if (signal_prepare(node_of(arg[0])->name, true, true, &p) != PREPARED) return small(SEND_OK);
    bool good = can(p, BIT_EXIT_PAYLOAD)
                    ? PUT(p, from, arg[1], small(DIST_PAYLOAD_EXIT2), from->pid, arg[0])
                    : PUT(p, from, NO_VALUE, small(DIST_EXIT2), from->pid, arg[0], arg[1]);
    return small(good ? SEND_OK : SEND_NOMEMORY);
}

enum send_result signal_exit2(struct process *from, term to, term reason)
{
    const term arg[] = {to, reason};
    return result_of(pausing(from, exit_body, 2, arg));
}
