/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c -- see watch.h. */
#include "dist/watch.h"
#include "dist/identity.h"
#include "dist/signal.h"
#include "heap/buckets.h"
#include "process/message.h"
#include "process/seq_trace.h"
#include "term/identity.h"
#include "term/compare.h"

/* --- theirs ------------------------------------------------------------------------------------- */

static size_t hash(const struct peer *p, term ref)
{
    uint64_t h = (uintptr_t)p;
    for (size_t i = 0; i < ref_number_count(ref); i++)
        h = (h ^ ref_number(ref, i)) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h ^ h >> 29);
}

BUCKETS(watch_, struct watch, next, hash(item->peer, item->ref), 64)

struct watch *watch_find(const struct peer *p, term ref)
{
    if (!watch_buckets) return NULL;
    struct watch *w = watch_buckets[hash(p, ref) & watch_mask];
    while (w && (w->peer != p || !term_same_value(w->ref, ref))) w = w->next;
    return w;
}

bool watch_add(struct peer *p, term watcher, struct process *q, term name, term ref)
{
    if (!watch_reserve()) return false;
    struct watch *w = arena_malloc(sizeof *w);
    if (!w) return false;
    *w = (struct watch){.peer = p, .name = name};
    term id = distant_keep(watcher);
    if (!copy_to_fragment(ref, &w->memory, &w->ref, false) || is_no_value(id) ||
        !(w->monitor = monitor_make_distant(id, &p->relations, q->pid, &q->relations, w))) {
        if (is_value(id)) distant_drop(id);
        if (w->memory) fragment_free(w->memory);
        arena_free(w);
        return false;
    }
    struct watch **at = &watch_buckets[hash(p, ref) & watch_mask];
    w->next = *at;
    *at = w;
    watch_total++;
    return true;
}

void watch_free(struct watch *w)
{
    struct watch **at = &watch_buckets[hash(w->peer, w->ref) & watch_mask];
    while (*at != w) at = &(*at)->next;
    *at = w->next;
    watch_total--;
    if (w->memory) fragment_free(w->memory);
    arena_free(w);
}

/* --- spawn requests -------------------------------------------------------------------------------- */

/* {Tag, Ref, Result, Value} */
void spawn_wait_answer(const struct spawn_wait *w, const struct monitor *m, term result, term value)
{
    struct process *q = process_find(m->origin);
    struct parts b;
    if (!q || !parts_start(&b, TUPLE_WORDS(4) + REF_WORDS + copy_words(w->tag, true) +
                                   copy_words(value, true)))
        return;
    const term tag = parts_copy(&b, w->tag), own_ref = parts_ref(&b, m->ids);
    const term parts[] = {tag, own_ref, result, parts_copy(&b, value)};
    parts_deliver(&b, q, parts_tuple(&b, 4, parts));
}

void spawn_wait_free(struct spawn_wait *w)
{
    if (w->memory) fragment_free(w->memory);
    arena_free(w);
}

/* --- orphans ---------------------------------------------------------------------------------------- */

struct orphan {
    struct orphan *next;
    const struct peer *peer;
    uint32_t connection;
    uint64_t ids[2];
    term parent, reason;
    struct fragment *memory;
    bool link;
};
static struct orphan *orphans;

void orphan_add(const struct monitor *m, const struct spawn_wait *w, term parent, term reason)
{
    struct orphan *o = arena_malloc(sizeof *o);
    if (!o) return;
    *o = (struct orphan){.next = orphans,
                         .peer = w->peer,
                         .connection = w->peer->connection,
                         .ids = {m->ids[0], m->ids[1]},
                         .parent = parent,
                         .link = w->link};
    if (w->abandoned) reason = ATOM(abandoned);
    if (!copy_to_fragment(reason, &o->memory, &o->reason, false)) o->reason = ATOM(killed);
    orphans = o;
}

static void orphan_free(struct orphan **at)
{
    struct orphan *o = *at;
    *at = o->next;
    if (o->memory) fragment_free(o->memory);
    arena_free(o);
}

bool orphan_answered(struct peer *p, term ref, term child)
{
    const uint64_t *ids = ref_ids(ref);
    struct orphan **at = &orphans;
    while (*at && ((*at)->ids[0] != ids[0] || (*at)->ids[1] != ids[1])) at = &(*at)->next;
    struct orphan *o = *at;
    if (!o || o->peer != p) return false;
    if (is_external_pid(child)) {
        if (o->link)
            signal_exit(p, o->parent, child, o->reason, NIL);
        else
            signal_demonitor(p, o->parent, child, ref);
    }
    orphan_free(at);
    return true;
}

void orphans_drop(const struct peer *p)
{
    for (struct orphan **at = &orphans; *at;)
        if ((*at)->peer == p)
            orphan_free(at);
        else
            at = &(*at)->next;
}

/* --- the ends of monitors ----------------------------------------------------------------------------- */

static void spawn_gone(struct monitor *m)
{
    struct spawn_wait *w = m->resource;
    const struct process *p =
        seq_trace_ending; /* process/exit.c is about to free all monitors of p */
    if (!w->answered && p && term_same(p->pid, m->origin) && (w->link || w->monitor))
        orphan_add(m, w, p->pid, p->exit_reason);
    spawn_wait_free(w);
}

/* One of ours, of a process there, which the owner does not want any more. */
static void ours_gone(const struct monitor *m)
{
    struct peer *p = m->resource;
    if (m->fired || p->state == PEER_IDLE) return;
    OWN_REF(ref, m->ids);
    signal_demonitor(p, m->origin, is_nil(m->name) ? m->target : m->name, boxed_term(ref));
}

void watch_monitor_gone(struct monitor *m)
{
    if (m->kind == MONITOR_SPAWN)
        spawn_gone(m);
    else if (m->kind == MONITOR_DISTANT)
        watch_free(m->resource);
    else
        ours_gone(m);
}

void watch_monitor_fired(struct monitor *m, term reason)
{
    if (m->kind == MONITOR_SPAWN) { /* the connection is gone */
        struct spawn_wait *w = m->resource;
        w->answered = true;
        if (w->on_failure && !w->abandoned) spawn_wait_answer(w, m, ATOM(error), reason);
        return;
    }
    const struct watch *w = m->resource;
    signal_down(w->peer, is_nil(w->name) ? m->target : w->name, m->origin, w->ref, reason);
}
