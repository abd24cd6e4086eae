/* SPDX-License-Identifier: Apache-2.0 */
/* dist.c -- see dist.h: being alive, and what the end of a process means for that. */
#include "dist/dist.h"
#include "dist/identity.h"
#include "dist/node_monitor.h"
#include "dist/port_channel.h"
#include "dist/signal.h"
#include "dist/watch.h"
#include "platform/platform.h"
#include "process/distance.h"
#include "process/registry.h"
#include "term/node.h"

static term kernel = NIL; /* the net_kernel that we are alive by */
static term down_reason;  /* why all connections go; NO_VALUE: they do not */

/* --- alive ------------------------------------------------------------------------------------------ */

bool dist_set_node(term name, uint32_t creation)
{
    term id = registry_find(ATOM(net_kernel));
    struct process *q = is_value(id) ? process_find(id) : NULL;
    if (dist_alive || !q || q->serves_distance) return false;
    struct node *node = node_make(name, creation);
    if (!node) return false;
    node_this = node;
    kernel = q->pid;
    q->serves_distance = true;
    dist_alive = true;
    nodes_tell(ATOM(nodeup), name, 0, ATOM(visible), NIL);
    return true;
}

/* Without memory for it, it stays what it was. */
void dist_resume(const struct plat_boot *boot)
{
    enum { LEAST = 4 }; /* below are those of nodes that are not alive, or older than 32 bits */
    uint32_t creation = 0;
    (void)boot;
    if (!dist_alive) return;
    while (creation < LEAST || creation == node_this->creation)
        plat_random(&creation, sizeof creation);
    struct node *node = node_make(node_this->name, creation);
    if (node) node_this = node;
}

/* Nobody is connected any more, and net_kernel has ended. */
static void not_alive(void)
{
    const term name = node_this->name, reason = down_reason;
    node_this = node_make(ATOM(nonode_at_nohost), 0);
    down_reason = NO_VALUE;
    nodes_tell(ATOM(nodedown), name, 0, ATOM(visible), reason);
}

static bool somebody_is_connected(void)
{
    for (const struct peer *p = peers; p; p = p->next)
        if (p->state != PEER_IDLE) return true;
    return false;
}

static void kernel_ended(term reason)
{
    const bool no_network = term_same(reason, ATOM(no_network));
    kernel = NIL;
    dist_alive = false;
    down_reason = no_network ? ATOM(no_network) : ATOM(net_kernel_terminated);
    for (struct peer *p = peers; p; p = p->next) {
        if (p->state == PEER_CONNECTED) peer_kill(p);
        if (p->state == PEER_PENDING) peer_down(p, down_reason);
    }
    if (!somebody_is_connected()) not_alive();
}

/* --- the ends of processes ------------------------------------------------------------------------- */

/* What is told of it. */
static term nodedown_reason(term reason)
{
    if (is_tuple_of(reason, 2) && term_same(element(reason, 0), ATOM(shutdown)))
        reason = element(reason, 1);
    return term_same(reason, ATOM(normal)) ? ATOM(connection_closed) : reason;
}

void dist_controller_ended(term id, term reason)
{
    for (struct peer *p = peers; p; p = p->next)
        if (p->state == PEER_CONNECTED && term_same(p->controller, id))
            peer_down(p, nodedown_reason(reason));
    if (is_value(down_reason) && !somebody_is_connected()) not_alive();
}

static void process_ended(struct process *q)
{
    node_monitors_end(q);
    if (term_same(q->pid, kernel)) kernel_ended(q->exit_reason);
    dist_controller_ended(q->pid, q->exit_reason);
}

/* --- links ------------------------------------------------------------------------------------------- */

static void link_ended(struct process *q, term to, term reason)
{
    struct peer *p = peer_find(node_of(to)->name);
    if (p && p->state != PEER_IDLE) signal_exit(p, q->pid, to, reason, q->seq_token);
}

void dist_start(const struct plat_boot *boot)
{
    (void)boot;
    down_reason = NO_VALUE;
    distance = (struct distance){.send = signal_send,
                                 .exit_signal = signal_exit2,
                                 .link_ended = link_ended,
                                 .monitor_gone = watch_monitor_gone,
                                 .monitor_fired = watch_monitor_fired,
                                 .drop = distant_drop,
                                 .process_ended = process_ended};
}
