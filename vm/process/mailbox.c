/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox.c -- see mailbox.h. */
#include "process/mailbox.h"
#include "heap/arena.h"
#include "process/message.h"
#include "process/seq_trace.h"
#include "process/trace.h"

void mailbox_start(struct mailbox *m)
{
    *m = (struct mailbox){.next_marker = 1};
    m->last = m->next_to_try = m->priority_end = &m->first;
}

static void message_free(struct message *message)
{
    if (message->fragment) fragment_free(message->fragment);
    arena_free(message);
}

static void free_all(struct message *i)
{
    for (struct message *next; i; i = next) {
        next = i->next;
        message_free(i);
    }
}

void mailbox_end(struct mailbox *m)
{
    free_all(m->first);
    if (m->held) free_all(m->held->first);
    arena_free(m->held);
    mailbox_start(m);
}

/* Are its terms on the heap of the process? */
static bool is_on_heap(const struct message *message)
{
    return !message->fragment && (!is_immediate(message->body) || !is_immediate(message->token));
}

static void link_last(struct mailbox *m, struct message *i)
{
    *m->last = i;
    m->last = &i->next;
    m->on_heap += is_on_heap(i);
}

/* --- priority messages ------------------------------------------------------------------------- */

static void link_priority(struct process *p, struct message *i)
{
    struct mailbox *m = &p->mailbox;
    struct message **at = m->priority_end;
    if (m->next_to_try != at && (m->past_priority || at == &m->first)) {
        mailbox_settle(p);
        m->resume = m->next_to_try;
        m->next_to_try = at;
    }
    m->past_priority = false;
    i->next = *at;
    *at = i;
    m->priority_end = &i->next;
    if (m->last == at) m->last = &i->next;
    m->on_heap += is_on_heap(i);
    m->watched = true;
}

void mailbox_pass_priority(struct mailbox *m)
{
    m->past_priority = true;
    if (m->resume) m->next_to_try = m->resume;
    m->resume = NULL;
}

/* One is taken out: what has pointed into it points to where it was. */
static __attribute__((__noinline__)) void priority_taken(struct mailbox *m, struct message **old,
                                                         struct message **link)
{
    for (int i = 0; i < RECEIVE_MARKERS; i++)
        if (m->markers[i].from_priority == old) m->markers[i].from_priority = link;
    if (m->priority_end == old) m->priority_end = link;
    mailbox_reset(m);
}

static bool is_watched(const struct mailbox *m)
{
    bool watched = m->priority_end != &m->first;
    for (int i = 0; i < RECEIVE_MARKERS; i++) watched |= m->markers[i].id != 0;
    return watched;
}

/* --- sending -------------------------------------------------------------------------------- */

/* The same for a process that wants to know when it receives what from whom. */
static bool hold_back(struct process *to, term body, struct fragment *fragment, term token,
                      term from, bool priority)
{
    struct held_message *h = arena_malloc(sizeof *h);
    if (!h) {
        if (fragment) fragment_free(fragment);
        return false;
    }
    *h =
        (struct held_message){{.body = body, .token = token, .fragment = fragment}, from, priority};
    struct mailbox *m = &to->mailbox;
    *m->held->last = &h->message;
    m->held->last = &h->message.next;
    m->length++;
    process_wake(to);
    return true;
}

/* Without a fragment the body is on the receiver's heap, or an immediate or literal. */
static bool enqueue(struct process *to, term body, struct fragment *fragment, term token)
{
    struct message *message = arena_malloc(sizeof *message);
    if (!message) {
        if (fragment) fragment_free(fragment);
        return false;
    }
    *message = (struct message){.body = body, .token = token, .fragment = fragment};
    struct mailbox *m = &to->mailbox;
    *m->last = message;
    m->last = &message->next;
    m->length++;
    m->on_heap += is_on_heap(message);
    process_wake(to);
    return true;
}

static bool enqueue_priority(struct process *to, term body, struct fragment *fragment, term token)
{
    struct message *message = arena_malloc(sizeof *message);
    if (!message) {
        if (fragment) fragment_free(fragment);
        return false;
    }
    *message = (struct message){.body = body, .token = token, .fragment = fragment};
    link_priority(to, message);
    to->mailbox.length++;
    process_wake(to);
    return true;
}

bool mailbox_deliver_priority(term from, struct process *to, term body, struct fragment *fragment,
                              term token)
{
    if (to->state == PROCESS_EXITING) {
        if (fragment) fragment_free(fragment);
        return true;
    }
    return unlikely(to->mailbox.held) ? hold_back(to, body, fragment, token, from, true)
                                      : enqueue_priority(to, body, fragment, token);
}

bool mailbox_deliver_from(term from, struct process *to, term body, struct fragment *fragment,
                          term token)
{
    if (to->state == PROCESS_EXITING) {
        if (fragment) fragment_free(fragment);
        return true;
    }
    return unlikely(to->mailbox.held) ? hold_back(to, body, fragment, token, from, false)
                                      : enqueue(to, body, fragment, token);
}

bool mailbox_deliver(struct process *to, term body, struct fragment *fragment)
{
    return mailbox_deliver_from(ATOM(system), to, body, fragment, ATOM(undefined));
}

/* The way for what is traced or urgent: body and token of the sender travel in a fragment. */
static bool send_apart(struct process *from, struct process *to, term body, bool priority)
{
    term token = ATOM(undefined);
    if (from) {
        if (!is_nil(from->seq_token)) seq_trace_sent(from, body, to->pid);
        token = from->seq_token;
    }
    size_t words = copy_words(body, true) + copy_words(token, true);
    struct fragment *f = NULL;
    if (words) {
        f = fragment_make(words);
        if (!f) return false;
        term *at = f->memory;
        body = copy_term(body, &at, &f->off_heap, true);
        token = copy_term(token, &at, &f->off_heap, true);
        f->used = (size_t)(at - f->memory);
    }
    term who = from ? from->pid : ATOM(system);
    return priority ? mailbox_deliver_priority(who, to, body, f, token)
                    : mailbox_deliver_from(who, to, body, f, token);
}

bool mailbox_send_priority(struct process *from, struct process *to, term body)
{
    return to->state == PROCESS_EXITING || send_apart(from, to, body, true);
}

bool mailbox_send(struct process *from, struct process *to, term body)
{
    if (to->state == PROCESS_EXITING) return true;
    if (unlikely(!from || !is_nil(from->seq_token) || to->mailbox.held))
        return send_apart(from, to, body, false);
    if ((from == to && !to->message_off_heap) || is_immediate(body))
        return enqueue(to, body, NULL, NIL);
    size_t words = copy_words(body, true);
    struct heap *h = &to->heap;
    if (words == 0) return enqueue(to, body, NULL, NIL);
    if (!to->message_off_heap && to != process_running && (size_t)(h->stack - h->top) >= words) {
        body = copy_term(body, &h->top, &h->off_heap, true);
        return enqueue(to, body, NULL, NIL);
    }
    struct fragment *f = fragment_make(words);
    if (!f) return false;
    term *at = f->memory;
    body = copy_term(body, &at, &f->off_heap, true);
    f->used = (size_t)(at - f->memory);
    return enqueue(to, body, f, NIL);
}

/* --- held back -------------------------------------------------------------------------------- */

void mailbox_hold(struct mailbox *m)
{
    if (m->held || !(m->held = arena_malloc(sizeof *m->held))) return;
    *m->held = (struct held){.first = NULL};
    m->held->last = &m->held->first;
}

static void link_held(struct process *p, struct message *i)
{
    i->next = NULL;
    if (((struct held_message *)i)->priority)
        link_priority(p, i);
    else
        link_last(&p->mailbox, i);
}

bool mailbox_fetch(struct process *p)
{
    struct mailbox *m = &p->mailbox;
    if (!m->held || !m->held->first) return false;
    while (m->held && m->held->first) {
        struct message *i = m->held->first;
        m->held->first = i->next;
        if (!i->next) m->held->last = &m->held->first;
        link_held(p, i);
        if (TRACED(&p->trace, TRACE_RECEIVE))
            trace_received(p, ((struct held_message *)i)->from, i->body);
    }
    return true;
}

void mailbox_release(struct process *p)
{
    struct held *h = p->mailbox.held;
    if (!h) return;
    p->mailbox.held = NULL;
    for (struct message *i = h->first, *next; i; i = next) {
        next = i->next;
        link_held(p, i);
    }
    arena_free(h);
}

/* --- receiving -------------------------------------------------------------------------------- */

void message_adopt(struct process *p, struct message *message)
{
    if (!message->fragment) return;
    heap_adopt(&p->heap, message->fragment);
    message->fragment = NULL;
    p->mailbox.on_heap += is_on_heap(message);
}

struct message *mailbox_peek(struct process *p)
{
    struct message *message = *p->mailbox.next_to_try;
    if (message && message->fragment) p->mailbox.peeked = message;
    return message;
}

void mailbox_settle(struct process *p)
{
    struct mailbox *m = &p->mailbox;
    if (m->peeked && m->peeked == *m->next_to_try) message_adopt(p, m->peeked);
    m->peeked = NULL;
}

/* Takes out the message that *link holds; no link or marker is left pointing into it, but next_to_try,
 * which is for the caller to set. */
static struct message *take_out(struct mailbox *m, struct message **link)
{
    struct message *message = *link;
    *link = message->next;
    if (m->last == &message->next) m->last = link;
    if (m->watched) {
        for (int i = 0; i < RECEIVE_MARKERS; i++)
            if (m->markers[i].from == &message->next) m->markers[i].from = link;
        if (unlikely(m->priority_end != &m->first)) priority_taken(m, &message->next, link);
    }
    m->length--;
    m->on_heap -= is_on_heap(message);
    return message;
}

void mailbox_remove(struct process *p)
{
    struct mailbox *m = &p->mailbox;
    struct message *message = take_out(m, m->next_to_try);
    if (message->fragment) {
        heap_adopt(&p->heap, message->fragment);
        message->fragment = NULL;
    }
    if (unlikely(message->token.bits != p->seq_token.bits)) seq_trace_received(p, message);
    message_free(message);
    m->next_to_try = &m->first;
}

/* Does the message look like {_, Ref, _, _, _}? */
static bool is_about(const struct message *message, term ref)
{
    if (!is_tuple_of(message->body, 5)) return false;
    term second = element(message->body, 1);
    return is_local_ref(second) && memcmp(ref_ids(second), ref_ids(ref), 16) == 0;
}

bool mailbox_flush_down(struct process *p, term ref, bool all)
{
    struct mailbox *m = &p->mailbox;
    bool found = false;
    for (struct message **link = &m->first; *link;) {
        if (!is_about(*link, ref)) {
            link = &(*link)->next;
            continue;
        }
        message_free(take_out(m, link));
        found = true;
        if (!all) break;
    }
    mailbox_reset(m);
    return found;
}

/* --- markers ------------------------------------------------------------------------------------ */

static struct receive_marker *marker_of(struct mailbox *m, term which)
{
    for (int i = 0; i < RECEIVE_MARKERS; i++) {
        struct receive_marker *k = &m->markers[i];
        if (!k->id) continue;
        if (is_small(which) ? k->id == (uint64_t)small_value(which)
                            : is_local_ref(which) && memcmp(k->ref, ref_ids(which), 16) == 0)
            return k;
    }
    return NULL;
}

term mailbox_marker_reserve(struct mailbox *m)
{
    struct receive_marker *oldest = &m->markers[0];
    for (int i = 1; i < RECEIVE_MARKERS; i++)
        if (m->markers[i].id < oldest->id) oldest = &m->markers[i]; /* a free one has id 0 */
    *oldest = (struct receive_marker){
        .id = m->next_marker++, .from = m->last, .from_priority = m->priority_end};
    m->watched = true;
    return small((int64_t)oldest->id);
}

void mailbox_marker_bind(struct mailbox *m, term marker, term ref)
{
    if (!is_small(marker)) return;
    struct receive_marker *k = marker_of(m, marker);
    if (k && is_local_ref(ref)) memcpy(k->ref, ref_ids(ref), 16);
}

/* Looks at the priority messages that have come since, too. */
static void use_with_priority(struct mailbox *m, const struct receive_marker *k)
{
    m->past_priority = k->from_priority == m->priority_end;
    if (m->past_priority || k->from == k->from_priority) return;
    m->next_to_try = k->from_priority;
    m->resume = k->from;
}

void mailbox_marker_use(struct mailbox *m, term ref)
{
    struct receive_marker *k = is_local_ref(ref) ? marker_of(m, ref) : NULL;
    if (!k || m->next_to_try != &m->first) return;
    m->next_to_try = k->from;
    if (unlikely(m->priority_end != &m->first)) use_with_priority(m, k);
}

void mailbox_marker_clear(struct mailbox *m, term ref_or_marker)
{
    struct receive_marker *k = marker_of(m, ref_or_marker);
    if (!k) return;
    *k = (struct receive_marker){0};
    m->watched = is_watched(m);
}
