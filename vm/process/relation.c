/* SPDX-License-Identifier: Apache-2.0 */
/* relation.c -- see relation.h. */
#include "heap/buckets.h"
#include "process/distance.h"
#include "process/process.h"
#include "process/seq_trace.h"
#include "term/node.h"

/* --- lists ---------------------------------------------------------------------------------- */

void side_start(struct side *head) { head->next = head->previous = head; }

static void side_append(struct side *head, struct side *s)
{
    s->next = head;
    s->previous = head->previous;
    head->previous->next = s;
    head->previous = s;
}

static void side_remove(struct side *s)
{
    if (!s->next) return;
    s->previous->next = s->next;
    s->next->previous = s->previous;
    s->next = s->previous = NULL;
}

void relations_start(struct relations *r)
{
    side_start(&r->links);
    side_start(&r->monitors);
    side_start(&r->watchers);
}

/* --- hash tables of objects chained through a `next_hash` field ------------------------------- */

struct link_side {
    struct side side;
    struct link *link;
    term other;    /* who is at the other end */
    bool priority; /* the end of the link is told this side by a priority message */
};
struct link {
    struct link_side in[2]; /* in[i] hangs in the list of who[i] */
    term who[2];
    uint64_t unlinking;
    struct link *next_hash;
};

#define FIRST_BUCKETS 64

static size_t mix(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b << 32 | b >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h ^ h >> 29);
}

static size_t link_hash(const term who[2])
{
    return mix(who[0].bits ^ who[1].bits, who[0].bits + who[1].bits);
}

BUCKETS(link_, struct link, next_hash, link_hash(item->who), FIRST_BUCKETS)
BUCKETS(monitor_, struct monitor, next_hash, mix(item->ids[0], item->ids[1]), FIRST_BUCKETS)

/* --- links -------------------------------------------------------------------------------------- */

/* The bucket link that holds the link between the two; its target is NULL when there is none. */
static struct link **link_at(term a, term b)
{
    term who[2] = {a, b};
    struct link **at = &link_buckets[link_hash(who) & link_mask];
    while (*at) {
        const struct link *l = *at;
        if ((term_same(l->who[0], a) && term_same(l->who[1], b)) ||
            (term_same(l->who[0], b) && term_same(l->who[1], a)))
            break;
        at = &(*at)->next_hash;
    }
    return at;
}

bool link_exists(term a, term b) { return link_buckets && *link_at(a, b); }

bool link_make(term a, struct relations *of_a, term b, struct relations *of_b)
{
    if (!link_reserve()) return false;
    struct link **at = link_at(a, b);
    if (*at) return true;
    struct link *l = arena_malloc(sizeof *l);
    if (!l) return false;
    *l = (struct link){.who = {a, b}};
    l->in[0] = (struct link_side){.link = l, .other = b};
    l->in[1] = (struct link_side){.link = l, .other = a};
    *at = l;
    link_total++;
    side_append(&of_a->links, &l->in[0].side);
    side_append(&of_b->links, &l->in[1].side);
    return true;
}

static void take_apart(struct link **at)
{
    struct link *l = *at;
    *at = l->next_hash;
    link_total--;
    side_remove(&l->in[0].side);
    side_remove(&l->in[1].side);
    arena_free(l);
}

bool link_break(term a, term b)
{
    if (!link_buckets) return false;
    struct link **at = link_at(a, b), *l = *at;
    if (!l) return false;
    const term distant = is_boxed(l->who[0]) ? l->who[0] : l->who[1];
    take_apart(at);
    if (is_boxed(distant)) distance.drop(distant);
    return true;
}

uint64_t *link_unlinking(term a, term b)
{
    struct link *l = link_buckets ? *link_at(a, b) : NULL;
    return l ? &l->unlinking : NULL;
}

void link_set_priority(term own, term other, bool priority)
{
    struct link *l = *link_at(own, other);
    l->in[term_same(l->who[1], own)].priority = priority;
}

bool link_take(struct relations *r, struct link_ends *ends)
{
    if (r->links.next == &r->links) return false;
    const struct link_side *s = (const struct link_side *)r->links.next;
    const struct link *l = s->link;
    const bool first = s == l->in;
    *ends = (struct link_ends){l->who[!first], s->other, l->in[first].priority, l->unlinking != 0};
    take_apart(link_at(l->who[0], l->who[1]));
    return true;
}

void link_each(const struct relations *r, void (*each)(void *context, term other), void *context)
{
    for (const struct side *s = r->links.previous; s != &r->links; s = s->previous) {
        const struct link_side *l = (const struct link_side *)s;
        if (!l->link->unlinking) each(context, l->other);
    }
}

/* --- monitors ---------------------------------------------------------------------------------- */

static struct monitor *of_origin_side(struct side *s)
{
    return (struct monitor *)((char *)s - offsetof(struct monitor, by_origin));
}
static struct monitor *of_target_side(struct side *s)
{
    return (struct monitor *)((char *)s - offsetof(struct monitor, of_target));
}

struct monitor *monitor_find(const uint64_t ids[2])
{
    if (!monitor_buckets) return NULL;
    struct monitor *m = monitor_buckets[mix(ids[0], ids[1]) & monitor_mask];
    while (m && (m->ids[0] != ids[0] || m->ids[1] != ids[1])) m = m->next_hash;
    return m;
}

struct monitor *monitor_make(const uint64_t ids[2], struct process *origin, enum monitor_kind kind,
                             term target, struct relations *of_target, term name, term tag,
                             enum alias_mode alias)
{
    if (!monitor_reserve()) return NULL;
    struct monitor *m = arena_malloc(sizeof *m);
    if (!m) return NULL;
    *m = (struct monitor){.ids = {ids[0], ids[1]},
                          .origin = origin->pid,
                          .target = target,
                          .name = name,
                          .kind = kind,
                          .alias = alias};
    /* Literals are copied too: the code they belong to may be purged before the message is sent. */
    if (is_value(tag) && !copy_to_fragment(tag, &m->tag_memory, &m->tag, false)) {
        arena_free(m);
        return NULL;
    }
    struct monitor **at = &monitor_buckets[mix(ids[0], ids[1]) & monitor_mask];
    m->next_hash = *at;
    *at = m;
    monitor_total++;
    side_append(&origin->relations.monitors, &m->by_origin);
    if (of_target) side_append(&of_target->watchers, &m->of_target);
    return m;
}

struct monitor *monitor_make_for_resource(const uint64_t ids[2], void *resource, struct side *list,
                                          term target, struct relations *of_target)
{
    if (!monitor_reserve()) return NULL;
    struct monitor *m = arena_malloc(sizeof *m);
    if (!m) return NULL;
    *m = (struct monitor){.ids = {ids[0], ids[1]},
                          .origin = NIL,
                          .target = target,
                          .name = NIL,
                          .kind = MONITOR_RESOURCE,
                          .resource = resource};
    struct monitor **at = &monitor_buckets[mix(ids[0], ids[1]) & monitor_mask];
    m->next_hash = *at;
    *at = m;
    monitor_total++;
    side_append(list, &m->by_origin);
    side_append(&of_target->watchers, &m->of_target);
    return m;
}

struct monitor *monitor_make_distant(term origin, struct relations *of_origin, term target,
                                     struct relations *of_target, void *resource)
{
    uint64_t ids[2];
    ref_new_ids(ids);
    struct monitor *m =
        monitor_make_for_resource(ids, resource, &of_origin->monitors, target, of_target);
    if (!m) return NULL;
    m->kind = MONITOR_DISTANT;
    m->origin = origin;
    m->distant = true;
    return m;
}

struct monitor *monitor_make_to_distant(const uint64_t ids[2], struct process *origin,
                                        enum monitor_kind kind, term target,
                                        struct relations *of_target, term name, term node, term tag,
                                        enum alias_mode alias)
{
    struct monitor *m = monitor_make(ids, origin, kind, target, of_target, name, tag, alias);
    if (!m) return NULL;
    m->node = node;
    m->distant = true;
    return m;
}

struct monitor *monitor_first(const struct side *list)
{
    return list->next == list ? NULL : of_origin_side(list->next);
}

/* The distant end knows nothing of it any more. */
static void forget_distance(struct monitor *m)
{
    distance.monitor_gone(m);
    if (is_boxed(m->origin)) distance.drop(m->origin);
    if (is_boxed(m->target)) distance.drop(m->target);
    m->distant = false;
    m->node = NO_VALUE;
}

void monitor_free(struct monitor *m)
{
    if (m->distant) forget_distance(m);
    struct monitor **at = &monitor_buckets[mix(m->ids[0], m->ids[1]) & monitor_mask];
    while (*at != m) at = &(*at)->next_hash;
    *at = m->next_hash;
    monitor_total--;
    side_remove(&m->by_origin);
    side_remove(&m->of_target);
    if (m->tag_memory) fragment_free(m->tag_memory);
    arena_free(m);
}

void monitor_stop(struct monitor *m)
{
    if (m->alias != ALIAS_EXPLICIT) {
        monitor_free(m);
        return;
    }
    if (m->distant) forget_distance(m);
    side_remove(&m->of_target);
    m->kind = MONITOR_NOTHING;
    m->target = m->name = NIL;
    m->priority = false;
}

/* What the message names: {Name, Node} for a monitor by name. */
static term named_object(const struct monitor *m, term **at)
{
    if (is_nil(m->name)) return m->target;
    term *tuple = *at;
    *at += TUPLE_WORDS(2);
    tuple[0] = header(2, KIND_TUPLE);
    tuple[1] = m->name;
    tuple[2] = is_value(m->node) ? m->node : node_this->name;
    return boxed_term(tuple);
}

/* The sequential trace token that goes along. */
static term down_token(const struct monitor *m)
{
    struct process *p = seq_trace_ending;
    if (!p || !term_same(p->pid, m->target)) return ATOM(undefined);
    seq_trace_step(p);
    return p->seq_token;
}

void monitor_fire(struct monitor *m, term reason)
{
    if (m->kind == MONITOR_RESOURCE) {
        struct resource *resource = m->resource;
        const uint64_t ids[2] = {m->ids[0], m->ids[1]};
        term target = m->target;
        monitor_free(m);
        resource->type->down(resource, target, ids);
        return;
    }
    if (m->kind == MONITOR_SPAWN || m->kind == MONITOR_DISTANT) {
        distance.monitor_fired(m, reason);
        monitor_free(m);
        return;
    }
    struct process *origin = process_find(m->origin);
    if (origin && m->kind != MONITOR_NOTHING) {
        size_t words = TUPLE_WORDS(5) + REF_WORDS + TUPLE_WORDS(2) + copy_words(reason, true) +
                       copy_words(m->target, true) +
                       (is_value(m->tag) ? copy_words(m->tag, true) : 0);
        term token = down_token(m);
        words += copy_words(token, true);
        struct fragment *f = fragment_make(words);
        if (f) {
            term *at = f->memory, *message = at;
            at += TUPLE_WORDS(5);
            term ref = boxed_term(at);
            *at++ = header(2, KIND_REF);
            *at++ = term_of(m->ids[0]);
            *at++ = term_of(m->ids[1]);
            message[0] = header(5, KIND_TUPLE);
            message[1] = is_value(m->tag) ? copy_term(m->tag, &at, &f->off_heap, true) : ATOM(DOWN);
            message[2] = ref;
            message[3] = m->kind == MONITOR_PORT ? ATOM(port) : ATOM(process);
            term object = named_object(m, &at);
            message[4] = is_nil(m->name) ? copy_term(object, &at, &f->off_heap, true) : object;
            message[5] = copy_term(reason, &at, &f->off_heap, true);
            term down = boxed_term(message);
            if (is_tuple(token)) seq_trace_tell(token, down, SEQ_SEND, origin->pid, origin);
            token = copy_term(token, &at, &f->off_heap, true);
            f->used = (size_t)(at - f->memory);
            term from = is_local_pid(m->target) ? m->target : ATOM(system);
            if (m->priority)
                mailbox_deliver_priority(from, origin, down, f, token);
            else
                mailbox_deliver_from(from, origin, down, f, token);
        }
    }
    m->fired = true;
    monitor_stop(m);
}

void monitors_end(struct relations *r, term reason)
{
    while (r->monitors.next != &r->monitors) monitor_free(of_origin_side(r->monitors.next));
    while (r->watchers.next != &r->watchers) monitor_fire(of_target_side(r->watchers.next), reason);
}

bool relations_take_priority(const struct relations *r)
{
    for (struct side *s = r->monitors.next; s != &r->monitors; s = s->next)
        if (of_origin_side(s)->priority) return true;
    for (struct side *s = r->links.next; s != &r->links; s = s->next)
        if (((struct link_side *)s)->priority) return true;
    return false;
}

void monitor_each(const struct relations *r, bool watchers,
                  void (*each)(void *context, const struct monitor *m), void *context)
{
    const struct side *list = watchers ? &r->watchers : &r->monitors;
    for (struct side *s = watchers ? list->next : list->previous, *next; s != list; s = next) {
        next = watchers ? s->next : s->previous;
        each(context, watchers ? of_target_side(s) : of_origin_side(s));
    }
}
