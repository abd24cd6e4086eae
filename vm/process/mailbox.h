/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.h -- messages waiting for one process.
 *
 * A sender copies its term to the receiver's heap when there is room, else into a
 * fragment that travels with the message, and links it at the tail; the order of
 * arrival is the order of the list.  Only `receive` unlinks.
 * Priority messages (of OTP 28) stand before all others, in the order of their arrival.
 *
 * Always true: `next_to_try` is the link that holds the next message for the current
 * receive; every message before it has been tried and did not match, but for priority
 * messages: when one comes that should have been tried already, next_to_try goes back to it
 * and `resume` keeps where to go on behind it.
 * A message with fragment == NULL has its body on the process's own heap, and is a root.
 */
#ifndef VM_MAILBOX_H
#define VM_MAILBOX_H

#include "heap/heap.h"

struct process;

struct message {
    struct message *next;
    term body;
    term token; /* seq_trace token, NIL when none */
    struct fragment *fragment;
};

#define RECEIVE_MARKERS 4
struct receive_marker {
    uint64_t id;                    /* of the reservation; 0: free */
    uint64_t ref[2];                /* bound reference, all 0 when not bound */
    struct message **from;          /* no message before this link can hold the reference, */
    struct message **from_priority; /* but priority messages, from this link on */
};

/* Messages to a process of which `receive` is traced: they arrive when it looks for them. */
struct held_message {
    struct message message;
    term from; /* a pid, or an atom */
    bool priority;
};
struct held {
    struct message *first, **last;
};

struct mailbox {
    struct message *first;
    struct message **last;        /* where the next one is linked */
    struct message **next_to_try; /* see above */
    struct message *
        *priority_end;       /* where the next priority message is linked; &first: there is none */
    struct message **resume; /* next_to_try behind the priority messages; NULL: what is there */
    bool
        past_priority; /* When there are any: next_to_try has reached, or is behind, priority_end. */
    bool watched;      /* a marker is in use, or there is a priority message */
    size_t length;     /* with those that are held back */
    size_t
        on_heap; /* messages whose terms are on the process's heap: those that a collection visits */
    struct receive_marker markers[RECEIVE_MARKERS];
    uint64_t next_marker;
    struct held *held;      /* NULL: messages are not held back */
    struct message *peeked; /* when it is the next to try, and has a fragment: terms that the
                             * process has at hand are in it */
};

void mailbox_start(struct mailbox *m);
void mailbox_end(struct mailbox *m); /* frees all messages */

/* Copies `body` (any heap) for `to` and wakes it.  `from` may be NULL; a process that sends to itself
 * shares the term.  Messages to exiting processes vanish.  false: no memory (the sender gets
 * system_limit). */
bool mailbox_send(struct process *from, struct process *to, term body);
/* The same for a body that already is in a fragment (taken over) or an immediate (fragment NULL), from the
 * system: the receiver's sequential trace token stays what it is. */
bool mailbox_deliver(struct process *to, term body, struct fragment *fragment);
/* The same on behalf of `from` (a pid, or an atom).  token: a sequential trace token in the fragment, NIL, or
 * ATOM(undefined): see above. */
bool mailbox_deliver_from(term from, struct process *to, term body, struct fragment *fragment,
                          term token);
/* The same, before all that are no priority messages. */
bool mailbox_send_priority(struct process *from, struct process *to, term body);
bool mailbox_deliver_priority(term from, struct process *to, term body, struct fragment *fragment,
                              term token);

/* From now on messages are held back; fetching, they are received (and traced), in order.  release: no longer.
 * fetch: true when there were any. */
void mailbox_hold(struct mailbox *m);
void mailbox_release(struct process *p);
bool mailbox_fetch(struct process *p);

/* The message to try now; its body may still be in its fragment.  NULL: none left. */
struct message *mailbox_peek(struct process *p);
/* p's heap is about to be collected: what was peeked at becomes part of it. */
void mailbox_settle(struct process *p);
/* It did not match: on to the next. */
void mailbox_pass_priority(struct mailbox *m); /* next_to_try has reached priority_end */
static inline void mailbox_advance(struct mailbox *m)
{
    m->next_to_try = &(*m->next_to_try)->next;
    if (unlikely(m->next_to_try == m->priority_end)) mailbox_pass_priority(m);
}
/* It matched: its terms are on p's heap now, and it is unlinked and freed; the next receive starts from the first message. */
void mailbox_remove(struct process *p);
/* The receive is over (timeout): start from the first message next time. */
static inline void mailbox_reset(struct mailbox *m)
{
    m->next_to_try = &m->first;
    m->resume = NULL;
    m->past_priority = false;
}

/* Markers: a receive that waits for a new reference need not look at older messages.
 * reserve: before the reference is made, gives a marker as a small integer term;
 * bind: to the reference; use: moves next_to_try; clear: forgets. */
term mailbox_marker_reserve(struct mailbox *m);
void mailbox_marker_bind(struct mailbox *m, term marker, term ref);
void mailbox_marker_use(struct mailbox *m, term ref);
void mailbox_marker_clear(struct mailbox *m, term ref_or_marker);

#endif
