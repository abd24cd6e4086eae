/* SPDX-License-Identifier: Apache-2.0 */
/* signal.h -- what processes here do to processes on other nodes: each a message of the protocol. */
#ifndef VM_DIST_SIGNAL_H
#define VM_DIST_SIGNAL_H

#include "dist/peer.h"
#include "process/send.h"

enum preparation { PREPARED, PREPARED_NOT_ALIVE, PREPARED_NOT_CONNECTED, PREPARED_WOULD_SUSPEND };
/* The peer of this name, PENDING or CONNECTED; with `connect`, a connection is being set up when there is none. */
enum preparation signal_prepare(term node, bool connect, bool suspend, struct peer **peer);

/* All of these: from may be NULL; nothing is sent when there is no connection. */
void signal_link(struct peer *p, struct process *from, term local, term remote);
void signal_unlink(struct peer *p, struct process *from, term local, term remote, uint64_t id);
void signal_unlink_ack(struct peer *p, term local, term remote, uint64_t id);
void signal_exit(struct peer *p, term local, term remote, term reason, term token);
void signal_monitor(struct peer *p, struct process *from, term watcher, term watched, term ref);
void signal_demonitor(struct peer *p, term watcher, term watched, term ref);
void signal_down(struct peer *p, term watched, term watcher, term ref, term reason);
void signal_group_leader(struct peer *p, struct process *from, term leader, term remote);
void signal_spawn_reply(struct peer *p, term ref, term to, unsigned flags, term result);

/* erlang:send/3; exit/2.  p runs. */
enum send_result signal_send(struct process *from, term to, term message, unsigned options);
enum send_result signal_exit2(struct process *from, term to, term reason);

/* A reference of this node on the C stack. */
#define OWN_REF(name, ids)                                                                         \
    const term name[REF_WORDS] = {header(2, KIND_REF), term_of((ids)[0]), term_of((ids)[1])}

#endif
