/* SPDX-License-Identifier: Apache-2.0 */
/* send.h -- `!` and its kin: from whatever names a receiver to the receiver's mailbox. */
#ifndef VM_SEND_H
#define VM_SEND_H

#include "process/process.h"

enum send_option {
    SEND_NOSUSPEND = 1, /* SEND_WOULD_SUSPEND rather than to wait for a busy connection */
    SEND_NOCONNECT = 2  /* SEND_NOCONNECTION rather than to set one up */
};

enum send_result {
    SEND_OK,
    SEND_BADARG,       /* no receiver can be named like this, or no such registered name */
    SEND_NOCONNECTION, /* a pid or name on another node, and no connection */
    SEND_NOMEMORY,
    SEND_WOULD_SUSPEND,
    SEND_AGAIN /* not done yet: the sender, which runs, leaves the processor and asks again */
};

/* Sends `message` to a pid, port, name, alias reference or {Name, Node}; from may be NULL (the system).
 * Dead receivers swallow. */
enum send_result send_message(struct process *from, term to, term message);
enum send_result send_message_as(struct process *from, term to, term message, unsigned options);
/* The same; through a priority alias, before all that are no priority messages. */
enum send_result send_priority_message(struct process *from, term to, term message,
                                       unsigned options);

/* Whom a message to this alias goes to; it may be used up by that.  NULL: nobody. */
struct process *alias_take(term ref);

#endif
