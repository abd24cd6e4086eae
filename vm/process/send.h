/* SPDX-License-Identifier: Apache-2.0 */
/* send.h -- `!` and its kin: from whatever names a receiver to the receiver's mailbox. */
#ifndef VM_SEND_H
#define VM_SEND_H

#include "process/process.h"

enum send_result {
    SEND_OK,
    SEND_BADARG,       /* no receiver can be named like this, or no such registered name */
    SEND_NOCONNECTION, /* a pid or name on another node, and no connection */
    SEND_NOMEMORY
};

/* Sends `message` to a pid, port, name, alias reference or {Name, Node}; from may be NULL (the system).
 * Dead receivers swallow. */
enum send_result send_message(struct process *from, term to, term message);
/* The same; through a priority alias, before all that are no priority messages. */
enum send_result send_priority_message(struct process *from, term to, term message);

#endif
