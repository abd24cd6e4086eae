/* SPDX-License-Identifier: Apache-2.0 */
/* node.c -- this node and others.  There is no distribution yet: no other node is ever connected. */
#include "bif/bif.h"
#include "heap/maps.h"
#include "term/node.h"

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

term bif_erlang_nodes_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return NIL;
}

/* --- nodes/1,2 --------------------------------------------------------------------------------- */

struct kinds {
    bool here, known;
};

static bool add_kind(term kind, struct kinds *k)
{
    if (!is_atom(kind)) return false;
    switch (atom_index(kind)) {
    case ATOM_this: k->here = true; return true;
    case ATOM_known: k->here = k->known = true; return true;
    case ATOM_visible:
    case ATOM_hidden:
    case ATOM_connected: return true;
    default: return false;
    }
}

static bool parse_kinds(term t, struct kinds *k)
{
    *k = (struct kinds){false, false};
    if (!is_list(t)) return add_kind(t, k);
    for (; is_cons(t); t = tail(t))
        if (!add_kind(head(t), k)) return false;
    return is_nil(t);
}

/* The facts that a map of the form #{connection_id => B, node_type => B} asks for about this node. */
static bool facts(struct heap *h, term wanted, term *out)
{
    if (!is_map(wanted)) return false;
    size_t known = 0;
    term map = map_empty(h);
    static const term keys[] = {ATOM(connection_id), ATOM(node_type)};
    const term values[] = {ATOM(undefined), ATOM(this)};
    for (int i = 0; i < 2; i++) {
        term want = map_get(wanted, keys[i]);
        if (is_no_value(want)) continue;
        known++;
        if (term_same(want, ATOM(true)))
            map = map_put(h, map, keys[i], values[i]);
        else if (!term_same(want, ATOM(false)))
            return false;
    }
    *out = map;
    return known == map_size(wanted);
}

term bif_erlang_nodes_1(struct process *p, const term *arg)
{
    struct kinds k;
    if (!parse_kinds(arg[0], &k)) return raise_badarg(p);
    return k.here ? make_cons(&p->heap, node_this->name, NIL) : NIL;
}

term bif_erlang_nodes_2(struct process *p, const term *arg)
{
    struct kinds k;
    term map;
    if (!parse_kinds(arg[0], &k) || !facts(&p->heap, arg[1], &map)) return raise_badarg(p);
    if (!k.here) return NIL;
    return make_cons(&p->heap, make_tuple2(&p->heap, node_this->name, map), NIL);
}

static term monitor_node(struct process *p, term node, term on)
{
    if (!is_atom(node)) return raise_badarg(p);
    if (!term_same(on, ATOM(true)) && !term_same(on, ATOM(false))) return raise_badarg(p);
    if (!term_same(node, node_this->name) && !node_is_alive()) return raise(p, ATOM(notalive));
    return ATOM(true);
}

term bif_erlang_monitor_node_2(struct process *p, const term *arg)
{
    return monitor_node(p, arg[0], arg[1]);
}

term bif_erlang_monitor_node_3(struct process *p, const term *arg)
{
    term list = arg[2];
    while (is_cons(list) && term_same(head(list), ATOM(allow_passive_connect))) list = tail(list);
    return is_nil(list) ? monitor_node(p, arg[0], arg[1]) : raise_badarg(p);
}

/* --- what distribution will need -------------------------------------------------------------------- */

term bif_erlang_setnode_2(struct process *p, const term *arg)
{
    if (!is_atom(arg[0]) || !is_integer(arg[1])) return raise_badarg(p);
    return raise(p, ATOM(notsup));
}

/* No term is a handle of a channel, because there is none. */
#define NO_CHANNEL(name)                                                                           \
    term name(struct process *p, const term *arg)                                                  \
    {                                                                                              \
        (void)arg;                                                                                 \
        return raise_badarg(p);                                                                    \
    }
NO_CHANNEL(bif_erlang_dist_get_stat_1)
NO_CHANNEL(bif_erlang_dist_ctrl_input_handler_2)
NO_CHANNEL(bif_erlang_dist_ctrl_put_data_2)
NO_CHANNEL(bif_erlang_dist_ctrl_get_data_1)
NO_CHANNEL(bif_erlang_dist_ctrl_get_data_notification_1)
NO_CHANNEL(bif_erlang_dist_ctrl_get_opt_2)
NO_CHANNEL(bif_erlang_dist_ctrl_set_opt_3)
NO_CHANNEL(bif_erts_internal_new_connection_1)
NO_CHANNEL(bif_erts_internal_create_dist_channel_3)

term bif_erts_internal_abort_pending_connection_2(struct process *p, const term *arg)
{
    return is_atom(arg[0]) ? ATOM(false) : raise_badarg(p);
}

/* Default, mandatory, addable, rejectable and strictly ordered flags: the numbers of OTP 25. */
term bif_erts_internal_get_dflags_0(struct process *p, const term *arg)
{
    (void)arg;
    static const int64_t flags[] = {55966662588, 17239956, 55966662588, 8396866, 8192};
    term parts[6] = {ATOM(erts_dflags)};
    for (int i = 0; i < 5; i++) parts[1 + i] = make_integer(&p->heap, flags[i]);
    return make_tuple(&p->heap, 6, parts);
}

term bif_erts_internal_get_creation_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_unsigned(&p->heap, node_this->creation);
}

/* Of an unconnected node nothing is known. */
term bif_net_kernel_dflag_unicode_io_1(struct process *p, const term *arg)
{
    if (!is_pid(arg[0])) return raise_badarg(p);
    return atom_bool(is_local_pid(arg[0]) || node_of(arg[0]) == node_this);
}
