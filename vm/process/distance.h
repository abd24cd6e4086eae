/* SPDX-License-Identifier: Apache-2.0 */
/* distance.h -- what process/ asks of dist/ about processes on other nodes.
 *
 * A link or monitor with one end on another node is an object like every other; its distant end hangs in the
 * lists of the connection.  In it the distant pid is a boxed term outside all heaps, the same for the same pid,
 * and counted: so it is compared like an immediate, and copied when it gets into anybody's hands.
 */
#ifndef VM_DISTANCE_H
#define VM_DISTANCE_H

#include "process/send.h"

struct distance {
    /* to: a pid or reference of another node, or {Name, Node}.  SEND_AGAIN: `from`, which runs, shall ask again. */
    enum send_result (*send)(struct process *from, term to, term message, unsigned options);
    /* exit/2 */
    enum send_result (*exit_signal)(struct process *from, term to, term reason);
    /* p, linked to `to`, has ended. */
    void (*link_ended)(struct process *p, term to, term reason);
    /* A monitor with a distant end is about to be freed, or to be an alias only. */
    void (*monitor_gone)(struct monitor *m);
    /* What a monitor of kind MONITOR_SPAWN or MONITOR_DISTANT waits for has ended; it is to be freed. */
    void (*monitor_fired)(struct monitor *m, term reason);
    /* One reference less to a distant pid that a link or monitor had. */
    void (*drop)(term pid);
    /* p, of which serves_distance is true, has ended. */
    void (*process_ended)(struct process *p);
};
/* All NULL when there is no dist/. */
extern struct distance distance;

#endif
