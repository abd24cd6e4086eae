/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c -- see peer.h. */
#include "dist/peer.h"
#include "dist/identity.h"
#include "dist/input.h"
#include "dist/node_monitor.h"
#include "dist/output.h"
#include "dist/port_channel.h"
#include "dist/watch.h"
#include "heap/arena.h"
#include "process/distance.h"
#include "process/message.h"
#include "process/registry.h"
#include "term/node.h"

struct peer *peers;
bool dist_alive;
unsigned peer_count;

/* --- the table ---------------------------------------------------------------------------------- */

bool is_node_name(term name)
{
    if (!is_atom(name)) return false;
    const struct atom_text *t = atom_text(name);
    const char *at = memchr(t->bytes, '@', t->length);
    if (!at || at == t->bytes || at + 1 == t->bytes + t->length) return false;
    return !memchr(at + 1, '@', (size_t)(t->bytes + t->length - at - 1));
}

struct peer *peer_find(term name)
{
    for (struct peer *p = peers; p; p = p->next)
        if (term_same(p->name, name)) return p;
    return NULL;
}

struct peer *peer_make(term name)
{
    struct peer *p = peer_find(name);
    if (p) return p;
    p = arena_calloc(sizeof *p);
    if (!p) return NULL;
    p->name = name;
    p->controller = p->input_handler = NIL;
    p->last = &p->first;
    p->pending_last = &p->pending_first;
    relations_start(&p->relations);
    p->next = peers;
    peers = p;
    peer_count++;
    return p;
}

/* --- handles ------------------------------------------------------------------------------------ */

/* What {ConnectionId, Handle} is in stock's documentation is one magic reference in fact. */
struct handle {
    struct resource resource;
    struct peer *peer;
    uint32_t connection;
};

static void handle_release(void *h) { arena_free(h); }
static const struct resource_type handle_type = {.name = "dist_handle", .release = handle_release};

static struct resource *handle_of(struct peer *p)
{
    if (p->handle) return p->handle;
    struct handle *h = arena_calloc(sizeof *h);
    if (!h) return NULL;
    h->resource.references = 1;
    h->resource.type = &handle_type;
    ref_new_ids(h->resource.ids);
    h->peer = p;
    h->connection = p->connection;
    return p->handle = &h->resource;
}

term peer_handle(struct heap *h, struct peer *p)
{
    struct resource *r = handle_of(p);
    if (!r) h->exhausted(h);
    resource_keep(r);
    return make_magic_ref(h, r);
}

struct peer *peer_of_handle(term t, uint32_t *connection)
{
    struct handle *h = is_magic_ref(t) ? resource_of(t, &handle_type) : NULL;
    if (!h) return NULL;
    *connection = h->connection;
    return h->peer;
}

/* --- states --------------------------------------------------------------------------------------- */

bool peer_begin(struct peer *p)
{
    if (p->handle) resource_drop(p->handle);
    p->handle = NULL;
    p->connection++;
    if (!handle_of(p)) return false;
    p->state = PEER_PENDING;
    return true;
}

bool peer_auto_connect(struct peer *p)
{
    term id = registry_find(ATOM(net_kernel));
    struct process *kernel = is_value(id) ? process_find(id) : NULL;
    struct parts b;
    if (!kernel || !peer_begin(p)) return false;
    if (!parts_start(&b, TUPLE_WORDS(3) + MAGIC_REF_WORDS)) {
        peer_down(p, ATOM(system_limit));
        return false;
    }
    resource_keep(p->handle);
    term *ref = parts_take(&b, MAGIC_REF_WORDS);
    ref[0] = header(4, KIND_REF);
    ref[2] = term_of((uintptr_t)p->handle);
    ref[3] = term_of(p->handle->ids[0]), ref[4] = term_of(p->handle->ids[1]);
    off_heap_link(&b.fragment->off_heap, ref);
    const term parts[] = {ATOM(auto_connect), p->name, boxed_term(ref)};
    return parts_deliver(&b, kernel, parts_tuple(&b, 3, parts));
}

/* {dist_ctrlr, Controller, Node, SetupPid} */
static bool tell_kernel(const struct peer *p, term controller)
{
    term id = registry_find(ATOM(net_kernel));
    struct process *kernel = is_value(id) ? process_find(id) : NULL;
    struct parts b;
    if (!kernel || !parts_start(&b, TUPLE_WORDS(4))) return false;
    const term setup = process_running ? process_running->pid : NIL;
    const term parts[] = {ATOM(dist_ctrlr), controller, p->name, setup};
    return parts_deliver(&b, kernel, parts_tuple(&b, 4, parts));
}

bool peer_connected(struct peer *p, term controller, uint64_t flags, uint32_t creation)
{
    struct atom_cache *cache = NULL;
    if (flags & DIST_FLAG(BIT_ATOM_CACHE) && !(cache = arena_calloc(sizeof *cache))) return false;
    if (!tell_kernel(p, controller)) {
        arena_free(cache);
        return false;
    }
    p->cache = cache;
    p->state = PEER_CONNECTED;
    p->controller = controller;
    p->input_handler = NIL;
    p->flags = flags;
    p->creation = creation;
    p->get_size = p->wants_notice = p->exiting = p->held = false;
    p->received = p->sent = 0;
    output_send_pending(p);
    nodes_tell(ATOM(nodeup), p->name, p->connection,
               flags & DIST_FLAG(BIT_PUBLISHED) ? ATOM(visible) : ATOM(hidden), NIL);
    return true;
}

/* Every link to the other node is broken.  The pid that it was with is copied: it goes with its last link. */
static void break_links(struct peer *p)
{
    struct link_ends ends;
    while (link_take(&p->relations, &ends)) {
        struct process *q = process_find(ends.other);
        if (q && !ends.unlinking)
            process_exit_signal_as(ends.own, q, ATOM(noconnection), true, ends.priority);
        distance.drop(ends.own);
    }
}

void peer_down(struct peer *p, term reason)
{
    const bool was_up = p->state == PEER_CONNECTED;
    const uint64_t flags = p->flags;
    const uint32_t connection = p->connection;
    if (p->state == PEER_IDLE) return;
    p->state = PEER_IDLE;
    p->controller = p->input_handler = NIL;
    p->exiting = p->held = p->wants_notice = false;
    p->flags = 0;
    arena_free(p->cache);
    p->cache = NULL;
    output_drop(p);
    input_drop(p);
    break_links(p);
    monitors_end(&p->relations, ATOM(noconnection));
    orphans_drop(p);
    node_monitors_fire(p);
    if (!was_up) return;
    nodes_tell(ATOM(nodedown), p->name, connection,
               flags & DIST_FLAG(BIT_PUBLISHED) ? ATOM(visible) : ATOM(hidden), reason);
}

void peer_kill(struct peer *p)
{
    if (p->state != PEER_CONNECTED || p->exiting) return;
    p->exiting = true;
    if (is_local_port(p->controller)) {
        port_channel_kill(p);
        return;
    }
    struct process *q = process_find(p->controller);
    if (q) process_exit_signal(ATOM(system), q, ATOM(kill), false);
}
