/* SPDX-License-Identifier: Apache-2.0 */
/* message.h -- what happens to single messages beside sending and receiving; and messages that
 * the machine itself makes.
 */
#ifndef VM_MESSAGE_H
#define VM_MESSAGE_H

#include "process/process.h"

/* Puts the body, and all that came with it, on p's heap. */
void message_adopt(struct process *p, struct message *message);

/* demonitor(Ref, [flush]): takes out the first (or all) messages {_, Ref, _, _, _}.  true: there was one. */
bool mailbox_flush_down(struct process *p, term ref, bool all);

/* --- building a message in a fragment -------------------------------------------------------------
 *
 * parts_start() counts nothing: the caller says how many words it will use beside copies. */

struct parts {
    struct fragment *fragment; /* NULL: no memory; then the other calls must not be made */
    term *at;
};
static inline bool parts_start(struct parts *b, size_t words)
{
    b->fragment = fragment_make(words);
    if (b->fragment) b->at = b->fragment->memory;
    return b->fragment;
}
static inline term *parts_take(struct parts *b, size_t words)
{
    term *at = b->at;
    b->at += words;
    return at;
}
static inline term parts_copy(struct parts *b, term t)
{
    return copy_term(t, &b->at, &b->fragment->off_heap, true);
}
static inline term parts_ref(struct parts *b, const uint64_t ids[2])
{
    term *w = parts_take(b, REF_WORDS);
    w[0] = header(2, KIND_REF), w[1] = term_of(ids[0]), w[2] = term_of(ids[1]);
    return boxed_term(w);
}
static inline term parts_tuple(struct parts *b, size_t n, const term *elements)
{
    term *w = parts_take(b, TUPLE_WORDS(n));
    w[0] = header(n, KIND_TUPLE);
    memcpy(w + 1, elements, n * sizeof *w);
    return boxed_term(w);
}
/* Sends what was built. */
static inline bool parts_deliver(struct parts *b, struct process *to, term body)
{
    b->fragment->used = (size_t)(b->at - b->fragment->memory);
    return mailbox_deliver(to, body, b->fragment);
}

#endif
