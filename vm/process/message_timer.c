/* SPDX-License-Identifier: Apache-2.0 */
/* message_timer.c -- see message_timer.h. */
#include "process/message_timer.h"
#include "heap/buckets.h"
#include "platform/platform.h"
#include "process/message.h"
#include "process/registry.h"
#include "process/timer.h"

struct message_timer {
    struct timer timer;
    uint64_t ids[2];
    term to, body;
    struct fragment *memory;            /* of body; NULL when it is an immediate */
    struct message_timer *next, **link; /* of the receiving process; link NULL: for a name */
    struct message_timer *next_hash;
};

static size_t hash_of(const uint64_t ids[2])
{
    uint64_t h = (ids[0] + (ids[0] >> 32)) * UINT64_C(0x9E3779B97F4A7C15) ^ ids[1];
    return (size_t)(h ^ h >> 31);
}

BUCKETS(, struct message_timer, next_hash, hash_of(item->ids), 64)

static struct message_timer *find(const uint64_t ids[2])
{
    if (!buckets) return NULL;
    struct message_timer *t = buckets[hash_of(ids) & mask];
    while (t && (t->ids[0] != ids[0] || t->ids[1] != ids[1])) t = t->next_hash;
    return t;
}

/* Takes it out of everything; its body may still be sent. */
static void detach(struct message_timer *t)
{
    timer_cancel(&t->timer);
    struct message_timer **at = &buckets[hash_of(t->ids) & mask];
    while (*at != t) at = &(*at)->next_hash;
    *at = t->next_hash;
    total--;
    if (t->link) {
        *t->link = t->next;
        if (t->next) t->next->link = t->link;
    }
}

static void drop(struct message_timer *t)
{
    detach(t);
    if (t->memory) fragment_free(t->memory);
    arena_free(t);
}

static void expired(struct timer *timer)
{
    struct message_timer *t = (struct message_timer *)timer;
    detach(t);
    term id = is_atom(t->to) ? registry_find(t->to) : t->to;
    struct process *p = is_value(id) ? process_find(id) : NULL;
    if (p)
        mailbox_deliver(p, t->body, t->memory);
    else if (t->memory)
        fragment_free(t->memory);
    arena_free(t);
}

/* The message, in memory of its own. */
static bool keep_body(struct message_timer *t, term message, bool wrap)
{
    if (!wrap) return copy_to_fragment(message, &t->memory, &t->body, false);
    struct parts b;
    if (!parts_start(&b, TUPLE_WORDS(3) + REF_WORDS + copy_words(message, false))) return false;
    term ref = parts_ref(&b, t->ids);
    term copy = copy_term(message, &b.at, &b.fragment->off_heap, false);
    t->body = parts_tuple(&b, 3, (term[]){ATOM(timeout), ref, copy});
    b.fragment->used = (size_t)(b.at - b.fragment->memory);
    t->memory = b.fragment;
    return true;
}

term message_timer_start(struct heap *h, uint64_t due_ns, term to, term message, bool wrap)
{
    if (!reserve()) return NO_VALUE;
    struct message_timer *t = arena_calloc(sizeof *t);
    if (!t) return NO_VALUE;
    term ref = make_ref(h);
    memcpy(t->ids, ref_ids(ref), sizeof t->ids);
    t->to = to;
    if (!keep_body(t, message, wrap)) {
        arena_free(t);
        return NO_VALUE;
    }
    struct process *p = process_find(to);
    if (is_local_pid(to) && !p) { /* dead: it would never be sent */
        if (t->memory) fragment_free(t->memory);
        arena_free(t);
        return ref;
    }
    struct message_timer **at = &buckets[hash_of(t->ids) & mask];
    t->next_hash = *at;
    *at = t;
    total++;
    if (p) {
        t->next = p->timers;
        t->link = &p->timers;
        if (t->next) t->next->link = &t->next;
        p->timers = t;
    }
    timer_set(&t->timer, due_ns, expired);
    return ref;
}

int64_t message_timer_left(term ref, bool cancel)
{
    struct message_timer *t = is_local_ref(ref) ? find(ref_ids(ref)) : NULL;
    if (!t) return -1;
    uint64_t now = plat_monotonic_ns(), due = t->timer.due_ns;
    if (cancel) drop(t);
    return due > now ? (int64_t)((due - now + 999999) / 1000000) : 0;
}

void message_timers_end(struct process *p)
{
    while (p->timers) drop(p->timers);
}

size_t message_timers_bytes(void) { return total * sizeof(struct message_timer); }
