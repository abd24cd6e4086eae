/* SPDX-License-Identifier: Apache-2.0 */
/* node_monitor.c -- see node_monitor.h. */
#include "dist/node_monitor.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "platform/platform.h"
#include "process/message.h"
#include "process/node_watch.h"

struct node_monitor {
    struct node_monitor *next;
    term pid;
    uint64_t count;
};

static struct node_monitor **find(struct peer *p, term pid)
{
    struct node_monitor **at = &p->node_monitors;
    while (*at && !term_same((*at)->pid, pid)) at = &(*at)->next;
    return at;
}

bool node_monitor_add(struct peer *p, struct process *q)
{
    struct node_monitor **at = find(p, q->pid), *m = *at;
    if (!m) {
        m = *at = arena_malloc(sizeof *m);
        if (!m) return false;
        *m = (struct node_monitor){.pid = q->pid};
        q->serves_distance = true;
    }
    m->count++;
    return true;
}

static void drop(struct node_monitor **at)
{
    struct node_monitor *m = *at;
    *at = m->next;
    arena_free(m);
}

void node_monitor_remove(struct peer *p, const struct process *q)
{
    struct node_monitor **at = find(p, q->pid);
    if (*at && --(*at)->count == 0) drop(at);
}

void node_monitors_end(const struct process *q)
{
    for (struct peer *p = peers; p; p = p->next) {
        struct node_monitor **at = find(p, q->pid);
        if (*at) drop(at);
    }
}

void node_monitors_fire(struct peer *p)
{
    struct node_monitor *m = p->node_monitors;
    p->node_monitors = NULL;
    while (m) {
        struct process *q = process_find(m->pid);
        struct parts b;
        const term parts[] = {ATOM(nodedown), p->name};
        for (uint64_t i = 0; q && i < m->count && parts_start(&b, TUPLE_WORDS(2)); i++)
            parts_deliver(&b, q, parts_tuple(&b, 2, parts));
        drop(&m);
    }
}

/* --- all nodes ---------------------------------------------------------------------------------- */

struct news {
    term what, node, type, reason;
    uint32_t connection;
};

static void nobody_to_end(struct heap *h) __attribute__((__noreturn__));
static void nobody_to_end(struct heap *h)
{
    (void)h;
    plat_panic(__FILE__, __LINE__, "out of memory while telling of a node");
}

/* The facts that were asked for, as a map or, each before the ones before it, a list. */
static term facts(struct heap *h, const struct news *n, unsigned options)
{
    static const term keys[] = {ATOM(node_type), ATOM(nodedown_reason), ATOM(connection_id)};
    const term id = n->connection ? make_unsigned(h, n->connection) : ATOM(undefined);
    const term values[] = {n->type, n->reason, id};
    const bool wanted[] = {(options & (NODE_WATCH_VISIBLE | NODE_WATCH_HIDDEN)) != 0,
                           options & NODE_WATCH_REASON && term_same(n->what, ATOM(nodedown)),
                           (options & NODE_WATCH_CONNECTION) != 0};
    term all = options & NODE_WATCH_MAP ? map_empty(h) : NIL;
    for (int i = 0; i < 3; i++) {
        if (!wanted[i]) continue;
        all = options & NODE_WATCH_MAP ? map_put(h, all, keys[i], values[i])
                                       : make_cons(h, make_tuple2(h, keys[i], values[i]), all);
    }
    return all;
}

static bool concerns(const struct news *n, unsigned options)
{
    const unsigned types = options & (NODE_WATCH_VISIBLE | NODE_WATCH_HIDDEN);
    if (term_same(n->type, ATOM(hidden))) return types & NODE_WATCH_HIDDEN;
    return !types || types & NODE_WATCH_VISIBLE;
}

static void tell_one(void *context, const struct node_watch *w)
{
    const struct news *n = context;
    struct process *q = process_find(w->pid);
    if (!q || !concerns(n, w->options)) return;
    struct heap h = {.exhausted = nobody_to_end};
    if (!heap_start(&h, 64)) return;
    term body = w->options ? make_tuple3(&h, n->what, n->node, facts(&h, n, w->options))
                           : make_tuple2(&h, n->what, n->node);
    for (uint64_t i = 0; i < w->count; i++) mailbox_send(NULL, q, body);
    heap_end(&h);
}

void nodes_tell(term what, term node, uint32_t connection, term type, term reason)
{
    struct news n = {what, node, type, reason, connection};
    node_watch_each(tell_one, &n);
}
