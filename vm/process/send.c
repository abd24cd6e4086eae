/* SPDX-License-Identifier: Apache-2.0 */
/* send.c -- see send.h. */
#include "process/distance.h"
#include "process/hooks.h"
#include "process/registry.h"
#include "process/seq_trace.h"
#include "process/trace.h"
#include "term/node.h"

struct distance distance;

static enum send_result to_process(struct process *from, struct process *p, term message)
{
    return mailbox_send(from, p, message) ? SEND_OK : SEND_NOMEMORY;
}

static enum send_result to_port(struct process *from, term port, term message)
{
    if (from && unlikely(!is_nil(from->seq_token))) seq_trace_sent(from, message, port);
    if (process_hooks.port_message) process_hooks.port_message(from, port, message);
    return SEND_OK;
}

static enum send_result to_name(struct process *from, term name, term message,
                                enum send_result when_missing)
{
    term id = registry_find(name);
    if (is_no_value(id)) return when_missing;
    struct process *p = process_find(id);
    if (p) return to_process(from, p, message);
    return is_local_port(id) ? to_port(from, id, message) : when_missing;
}

static enum send_result to_alias(struct process *from, term ref, term message, bool priority)
{
    struct monitor *m = monitor_find(ref_ids(ref));
    if (!m || m->alias == ALIAS_NONE) return SEND_OK;
    struct process *p = process_find(m->origin);
    priority = priority && m->priority && m->kind == MONITOR_NOTHING;
    if (m->alias == ALIAS_REPLY_DEMONITOR) monitor_free(m);
    if (!p) return SEND_OK;
    seq_trace_alias = ref;
    enum send_result sent = SEND_OK;
    if (!priority)
        sent = to_process(from, p, message);
    else if (!mailbox_send_priority(from, p, message))
        sent = SEND_NOMEMORY;
    seq_trace_alias = NO_VALUE;
    return sent;
}

struct process *alias_take(term ref)
{
    struct monitor *m = monitor_find(ref_ids(ref));
    if (!m || m->alias == ALIAS_NONE) return NULL;
    struct process *p = process_find(m->origin);
    if (m->alias == ALIAS_REPLY_DEMONITOR) monitor_free(m);
    return p;
}

static enum send_result to_another_node(struct process *from, term to, term message,
                                        unsigned options)
{
    return distance.send ? distance.send(from, to, message, options) : SEND_NOCONNECTION;
}

/* {Name, Node} */
static enum send_result to_named_at(struct process *from, term to, term message, unsigned options)
{
    term name = element(to, 0), node = element(to, 1);
    if (!is_atom(name) || !is_atom(node)) return SEND_BADARG;
    if (!term_same(node, node_this->name)) return to_another_node(from, to, message, options);
    return to_name(from, name, message, SEND_OK);
}

/* What is traced of a send to anything that may be sent to. */
static void tell(struct process *from, term to, term message)
{
    if (is_external_pid(to) || is_external_ref(to) || is_external_port(to)) return;
    term port = is_atom(to) ? registry_find(to) : NO_VALUE;
    if (is_value(port) && is_local_port(port)) to = port;
    bool possible = is_local_pid(to) || is_atom(to) || is_local_port(to) || is_local_ref(to) ||
                    (is_tuple_of(to, 2) && is_atom(element(to, 0)) && is_atom(element(to, 1)));
    if (possible) trace_sent(from, to, message);
}

enum send_result send_message(struct process *from, term to, term message)
{
    return send_message_as(from, to, message, 0);
}

enum send_result send_message_as(struct process *from, term to, term message, unsigned options)
{
    if (from && TRACED(&from->trace, TRACE_SEND) && !from->bif_state) tell(from, to, message);
    if (is_local_pid(to)) {
        struct process *p = process_find(to);
        return p ? to_process(from, p, message) : SEND_OK;
    }
    if (is_atom(to)) return to_name(from, to, message, SEND_BADARG);
    if (is_local_port(to)) return to_port(from, to, message);
    if (is_local_ref(to)) return to_alias(from, to, message, false);
    if (is_tuple_of(to, 2)) return to_named_at(from, to, message, options);
    if (is_external_pid(to) || is_external_ref(to)) {
        /* An old incarnation of this node swallows. */
        if (term_same(node_of(to)->name, node_this->name)) return SEND_OK;
        return to_another_node(from, to, message, options);
    }
    if (is_external_port(to) && term_same(node_of(to)->name, node_this->name)) return SEND_OK;
    return SEND_BADARG;
}

enum send_result send_priority_message(struct process *from, term to, term message,
                                       unsigned options)
{
    if (!is_local_ref(to)) return send_message_as(from, to, message, options);
    if (from && TRACED(&from->trace, TRACE_SEND)) tell(from, to, message);
    return to_alias(from, to, message, true);
}
