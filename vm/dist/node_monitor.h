/* SPDX-License-Identifier: Apache-2.0 */
/* node_monitor.h -- who hears of a node that goes, or of all that come and go. */
#ifndef VM_DIST_NODE_MONITOR_H
#define VM_DIST_NODE_MONITOR_H

#include "dist/peer.h"

/* monitor_node(Node, true), once more; p is PENDING or CONNECTED.  false: no memory. */
bool node_monitor_add(struct peer *p, struct process *q);
/* One less; nothing when there is none. */
void node_monitor_remove(struct peer *p, const struct process *q);
/* The process ends. */
void node_monitors_end(const struct process *q);
/* {nodedown, Node} to each, as often as it has asked. */
void node_monitors_fire(struct peer *p);

/* To all that asked by process_flag(monitor_nodes, _): what: nodeup or nodedown; connection 0: undefined. */
void nodes_tell(term what, term node, uint32_t connection, term type, term reason);

#endif
