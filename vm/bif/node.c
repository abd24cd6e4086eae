/* SPDX-License-Identifier: Apache-2.0 */
/* node.c -- this node and others: names, lists, monitors. */
#include "bif/bif.h"
#include "big/big.h"
#include "code/code.h"
#include "dist/dist.h"
#include "dist/node_monitor.h"
#include "dist/signal.h"
#include "heap/maps.h"
#include "term/map.h"
#include "term/node.h"
#include "term/release.h"

term bif_erlang_node_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return node_this->name;
}

term bif_erlang_node_1(struct process *p, const term *arg)
{
    term t = arg[0];
    if (!is_pid(t) && !is_port(t) && !is_ref(t)) return raise_badarg(p);
    return node_of(t)->name;
}

/* --- nodes/0,1,2 ------------------------------------------------------------------------------- */

struct kinds {
    bool here, visible, hidden, others;
};

static bool add_kind(term kind, struct kinds *k)
{
    if (!is_atom(kind)) return false;
    switch (atom_index(kind)) {
    case ATOM_this: k->here = true; return true;
    case ATOM_known: *k = (struct kinds){true, true, true, true}; return true;
    case ATOM_visible: k->visible = true; return true;
    case ATOM_hidden: k->hidden = true; return true;
    case ATOM_connected: k->visible = k->hidden = true; return true;
    default: return false;
    }
}

static bool parse_kinds(term t, struct kinds *k)
{
    *k = (struct kinds){false, false, false, false};
    if (!is_list(t)) return add_kind(t, k);
    for (; is_cons(t); t = tail(t))
        if (!add_kind(head(t), k)) return false;
    return is_nil(t);
}

/* Which facts a map of the form #{connection_id => B, node_type => B} asks for. */
struct facts {
    bool connection, type;
};

static bool parse_facts(term wanted, struct facts *f)
{
    if (!is_map(wanted)) return false;
    term connection = map_get(wanted, ATOM(connection_id)), type = map_get(wanted, ATOM(node_type));
    if (is_value(connection) && !is_bool(connection)) return false;
    if (is_value(type) && !is_bool(type)) return false;
    f->connection = is_value(connection) && term_same(connection, ATOM(true));
    f->type = is_value(type) && term_same(type, ATOM(true));
    return (size_t)is_value(connection) + is_value(type) == map_size(wanted);
}

/* A node of this type, before `list`. */
static term with_node(struct heap *h, term list, term name, term type, uint32_t connection,
                      const struct facts *f)
{
    if (!f) return make_cons(h, name, list);
    term map = map_empty(h);
    term id = connection ? make_unsigned(h, connection) : ATOM(undefined);
    if (f->connection) map = map_put(h, map, ATOM(connection_id), id);
    if (f->type) map = map_put(h, map, ATOM(node_type), type);
    return make_cons(h, make_tuple2(h, name, map), list);
}

/* f NULL: names only. */
static term node_list(struct heap *h, const struct kinds *k, const struct facts *f)
{
    term list = NIL;
    for (const struct peer *p = peers; p; p = p->next) {
        const bool up = p->state == PEER_CONNECTED;
        const bool visible = p->flags & DIST_FLAG(BIT_PUBLISHED);
        if (up && (visible ? k->visible : k->hidden))
            list = with_node(h, list, p->name, visible ? ATOM(visible) : ATOM(hidden),
                             p->connection, f);
        else if (!up && k->others && !term_same(p->name, node_this->name))
            list = with_node(h, list, p->name, ATOM(known), 0, f);
    }
    return k->here ? with_node(h, list, node_this->name, ATOM(this), 0, f) : list;
}

term bif_erlang_nodes_0(struct process *p, const term *arg)
{
    (void)arg;
    return node_list(&p->heap, &(struct kinds){.visible = true}, NULL);
}

term bif_erlang_nodes_1(struct process *p, const term *arg)
{
    struct kinds k;
    if (!parse_kinds(arg[0], &k)) return raise_badarg(p);
    return node_list(&p->heap, &k, NULL);
}

term bif_erlang_nodes_2(struct process *p, const term *arg)
{
    struct kinds k;
    struct facts f;
    if (!parse_kinds(arg[0], &k) || !parse_facts(arg[1], &f)) return raise_badarg(p);
    return node_list(&p->heap, &k, &f);
}

/* --- monitors of nodes ---------------------------------------------------------------------------- */

/* There is a name, or one is to be given by the first node that we connect to. */
static bool is_alive(struct process *p)
{
    if (node_is_alive()) return true;
    term key = make_tuple2(&p->heap, ATOM(erts_internal), ATOM(dynamic_node_name));
    term value = bif_persistent_term_get_2(p, (const term[]){key, ATOM(false)});
    return !term_same(value, ATOM(false));
}

static term monitor_node(struct process *p, const term *arg, term options, bool passive)
{
    term node = arg[0], on = arg[1];
    struct peer *peer;
    if (!is_atom(node)) return raise_badarg(p);
    if (!term_same(node, ATOM(nonode_at_nohost)) && !is_alive(p)) return raise(p, ATOM(notalive));
    if (!is_bool(on)) return raise_badarg(p);
    if (term_same(on, ATOM(false))) {
        if ((peer = peer_find(node))) node_monitor_remove(peer, p);
        return ATOM(true);
    }
    if (term_same(node, node_this->name)) return ATOM(true);
    enum preparation how = signal_prepare(node, !passive, true, &peer);
    if (how == PREPARED && !(passive && peer->state == PEER_PENDING))
        return node_monitor_add(peer, p) ? ATOM(true) : raise(p, ATOM(system_limit));
    /* nodedown, or a connection that others are setting up: as stock, by way of Erlang. */
    struct export *trap = export_get(ATOM(erlang), ATOM(dmonitor_node), 3);
    return bif_trap(p, trap, 3, (const term[]){node, on, options});
}

term bif_erlang_monitor_node_2(struct process *p, const term *arg)
{
    return monitor_node(p, arg, NIL, false);
}

term bif_erlang_monitor_node_3(struct process *p, const term *arg)
{
    term list = arg[2];
    while (is_cons(list) && term_same(head(list), ATOM(allow_passive_connect))) list = tail(list);
    if (!is_nil(list)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return monitor_node(p, arg, arg[2], is_cons(arg[2]));
}

/* --- this node and connections ------------------------------------------------------------------------ */

term bif_erlang_setnode_2(struct process *p, const term *arg)
{
    uint64_t creation;
    if (!is_node_name(arg[0]) || !integer_to_uint64(arg[1], &creation) || creation > UINT32_MAX)
        return raise_badarg(p);
    return dist_set_node(arg[0], (uint32_t)creation) ? ATOM(true) : raise_badarg(p);
}

/* Default, mandatory, addable, rejectable and strictly ordered flags. */
term bif_erts_internal_get_dflags_0(struct process *p, const term *arg)
{
    (void)arg;
    const bool old = otp_release < 26;
    const uint64_t usual = DIST_DEFAULT;
    const uint64_t flags[] = {usual, old ? DIST_MANDATORY_25 : DIST_MANDATORY_26, usual,
                              DIST_REJECTABLE, DIST_STRICT_ORDER};
    term parts[6] = {ATOM(erts_dflags)};
    for (int i = 0; i < 5; i++) parts[1 + i] = make_unsigned(&p->heap, flags[i]);
    return make_tuple(&p->heap, 6, parts);
}

term bif_erts_internal_get_creation_0(struct process *p, const term *arg)
{
    (void)arg;
    return node_this->creation ? make_unsigned(&p->heap, node_this->creation) : ATOM(undefined);
}

/* Of an unconnected node nothing is known. */
term bif_net_kernel_dflag_unicode_io_1(struct process *p, const term *arg)
{
    if (!is_pid(arg[0])) return raise_badarg(p);
    term name = node_of(arg[0])->name;
    if (term_same(name, node_this->name)) return ATOM(true);
    const struct peer *peer = peer_find(name);
    return atom_bool(peer && peer->flags & DIST_FLAG(BIT_UNICODE_IO));
}
