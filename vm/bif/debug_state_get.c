/* SPDX-License-Identifier: Apache-2.0 */
/* debug_state_get.c -- erts_debug:get_internal_state/1: what OTP's tests look at.
 *
 * undef until set_internal_state(available_internal_state, true) has opened it; badarg for what is
 * not known.  Answers have the shapes of the stock machine's; what they tell is of this one.
 */
#include "bif/debug_state.h"
#include "big/big.h"
#include "binary/binary.h"
#include "bif/persistent_term.h"
#include "bif/system.h"
#include "dist/peer.h"
#include "ets/table.h"
#include "heap/maps.h"
#include "port/port.h"
#include "process/node_watch.h"
#include "sched/sched.h"
#include "term/hash.h"
#include "term/node.h"

bool debug_state_open;

/* --- links and monitors ---------------------------------------------------------------------- */

struct listing {
    struct heap *heap;
    term list;
    bool watchers;
};

/* The stock machine gives the address of its link, the same from both ends; here it is made of
 * the two ends' numbers. */
static void add_link(void *context, term other)
{
    struct listing *l = context;
    term id = copy_to_heap(other, l->heap);
    term parts[] = {ATOM(erl_link),
                    is_local_port(other)  ? ATOM(port)
                    : is_local_pid(other) ? ATOM(process)
                                          : ATOM(dist_process),
                    id, ATOM(linked), make_unsigned(l->heap, id_data(other))};
    l->list = make_cons(l->heap, make_tuple(l->heap, 5, parts), l->list);
}

static void add_monitor(void *context, const struct monitor *m)
{
    struct listing *l = context;
    if (m->kind == MONITOR_NOTHING) return;
    term type = m->kind == MONITOR_PORT          ? ATOM(port)
                : m->kind == MONITOR_TIME_OFFSET ? ATOM(time_offset)
                                                 : ATOM(process);
    term *ref = heap_alloc(l->heap, REF_WORDS);
    ref[0] = header(2, KIND_REF), ref[1] = term_of(m->ids[0]), ref[2] = term_of(m->ids[1]);
    term parts[] = {ATOM(erl_monitor),
                    type,
                    l->watchers ? ATOM(target) : ATOM(origin),
                    boxed_term(ref),
                    copy_to_heap(l->watchers ? m->origin : m->target, l->heap),
                    m->name};
    l->list = make_cons(l->heap, make_tuple(l->heap, 6, parts), l->list);
}

/* Of the connection to a node; to this one there is none. */
static const struct relations *of_node(term name)
{
    static struct relations none;
    if (!none.links.next) relations_start(&none);
    const struct peer *peer = peer_find(name);
    return peer ? &peer->relations : term_same(name, node_this->name) ? &none : NULL;
}

static const struct relations *relations_of(term id)
{
    const struct process *q = process_find(id);
    if (q) return &q->relations;
    if (is_atom(id)) return of_node(id);
    const struct port *port = port_find(id);
    return port ? &port->relations : NULL;
}

static term controller_of(term name)
{
    const struct peer *peer = is_atom(name) ? peer_find(name) : NULL;
    if (!is_atom(name)) return NO_VALUE;
    return peer && peer->state == PEER_CONNECTED ? peer->controller : ATOM(undefined);
}

static term link_list(struct process *p, term of)
{
    struct listing l = {&p->heap, NIL, false};
    const struct relations *r = relations_of(of);
    if (!is_local_pid(of) && !is_local_port(of) && !is_atom(of)) return NO_VALUE;
    if (!r) return ATOM(undefined);
    link_each(r, add_link, &l);
    return l.list;
}

static term monitor_list(struct process *p, term of)
{
    struct listing l = {&p->heap, NIL, false};
    const struct relations *r = relations_of(of);
    if (!is_local_pid(of) && !is_atom(of)) return NO_VALUE;
    if (!r) return ATOM(undefined);
    monitor_each(r, false, add_monitor, &l);
    l.watchers = true;
    monitor_each(r, true, add_monitor, &l);
    return l.list;
}

/* --- terms -------------------------------------------------------------------------------------- */

/* heap_binary, or {refc_binary, Bytes, {binary, Room}, Flags}. */
static term binary_info(struct process *p, term t)
{
    if (!is_bitstring(t)) return NO_VALUE;
    const term *w = boxed_words(t);
    if (header_kind(*w) == KIND_SUB_BINARY) w = boxed_words(w[1]);
    if (header_kind(*w) == KIND_HEAP_BINARY) return ATOM(heap_binary);
    const struct blob *b = refc_blob(w);
    term room = make_tuple2(&p->heap, ATOM(binary), make_unsigned(&p->heap, b->capacity));
    return make_tuple4(&p->heap, ATOM(refc_binary), make_unsigned(&p->heap, w[4].bits), room,
                       small(0));
}

/* {Address, References, IsForTests} */
static term magic_ref(struct process *p, term t)
{
    if (!is_magic_ref(t)) return ATOM(false);
    const struct resource *r = magic_resource(t);
    return make_tuple3(&p->heap, make_unsigned(&p->heap, (uintptr_t)r),
                       make_unsigned(&p->heap, r->references),
                       atom_bool(r->type == &debug_resource_type));
}

/* The atom with this number; as many new ones are made as that takes. */
static term atom_number(term t)
{
    uint64_t n;
    if (!integer_to_uint64(t, &n) || n >= ATOM_TABLE_LIMIT) return NO_VALUE;
    while (atom_count() <= n) {
        char text[16] = "am";
        size_t length = 2;
        for (int shift = 28; shift >= 0; shift -= 4)
            if (atom_count() >> shift || shift == 0)
                text[length++] = "0123456789abcdef"[atom_count() >> shift & 15];
        if (is_no_value(atom_make(text, length))) return NO_VALUE;
    }
    return atom_term((uint32_t)n);
}

/* What unique_integer/0 would give for this value on this thread, of one scheduler and those that
 * stand for dirty ones. */
static term make_unique(struct process *p, term thread, term value)
{
    uint64_t t, v;
    enum { THREAD_BITS = 2 };
    if (!integer_to_uint64(thread, &t) || !integer_to_uint64(value, &v)) return NO_VALUE;
    __int128 n = ((__int128)v << THREAD_BITS | t) + SMALL_MIN;
    bool negative = n < 0;
    unsigned __int128 magnitude = negative ? -(unsigned __int128)n : (unsigned __int128)n;
    uint64_t limbs[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    enum number_fault why;
    return integer_from_limbs(&p->heap, negative, limbs, 2, &why);
}

/* --- the machine ----------------------------------------------------------------------------------- */

/* {Pid, Options} as often as Pid has asked. */
static void add_node_watch(void *context, const struct node_watch *w)
{
    struct listing *l = context;
    struct heap *h = l->heap;
    for (uint64_t i = 0; i < w->count; i++) {
        unsigned types = w->options & (NODE_WATCH_VISIBLE | NODE_WATCH_HIDDEN);
        term type = types == NODE_WATCH_VISIBLE  ? ATOM(visible)
                    : types == NODE_WATCH_HIDDEN ? ATOM(hidden)
                                                 : ATOM(all);
        term options = NIL;
        if (types) options = make_cons(h, make_tuple2(h, ATOM(node_type), type), options);
        if (w->options & NODE_WATCH_REASON) options = make_cons(h, ATOM(nodedown_reason), options);
        l->list = make_cons(h, make_tuple2(h, w->pid, options), l->list);
    }
}

static term process_status(term pid)
{
    const struct process *q = process_find(pid);
    return q ? process_state_atom(q) : ATOM(undefined);
}

static void add_process(struct process *q, void *context)
{
    struct listing *l = context;
    l->list = make_cons(l->heap, q->pid, l->list);
}

static term memory(struct heap *h)
{
    struct machine_memory m = machine_memory();
    const struct {
        term name;
        size_t bytes;
    } rows[] = {{ATOM(total), m.total},
                {ATOM(processes), m.processes},
                {ATOM(processes_used), m.processes_used},
                {ATOM(system), m.total - m.processes},
                {ATOM(atom), m.atoms},
                {ATOM(atom_used), m.atoms_used},
                {ATOM(binary), m.binary},
                {ATOM(code), m.code},
                {ATOM(ets), m.tables}};
    term list = NIL;
    for (size_t i = sizeof rows / sizeof *rows; i-- > 0;)
        list = make_cons(h, make_tuple2(h, rows[i].name, make_unsigned(h, rows[i].bytes)), list);
    return list;
}

/* Nodes are never forgotten, so nothing counts who refers to them. */
static term node_references(struct heap *h)
{
    term nodes = make_tuple2(h, ATOM(node_references), NIL);
    return make_tuple2(h, nodes, make_tuple2(h, ATOM(dist_references), NIL));
}

/* processes/0 walks all processes at once: one piece of the whole table. */
static term processes_info(struct heap *h)
{
    term limit = make_unsigned(h, process_limit());
    term parts[] = {ATOM(ptab_list_bif_info),
                    small(10),
                    small(1),
                    limit,
                    limit,
                    small(10),
                    small(10),
                    small(10),
                    limit,
                    small(0)};
    return make_tuple(h, sizeof parts / sizeof *parts, parts);
}

static term about_numbers(struct process *p, uint32_t what)
{
    struct heap *h = &p->heap;
    switch (what) {
    case ATOM_reds_left: return small(p->reductions > 0 ? p->reductions : 0);
    case ATOM_next_pid: return make_unsigned(h, process_next_number() & DEBUG_NUMBER_MASK);
    case ATOM_next_port: return make_unsigned(h, port_next_number() & DEBUG_NUMBER_MASK);
    case ATOM_nbalance: return small(0);
    case ATOM_unique_monotonic_integer_state: return make_unsigned(h, unique_monotonic_state());
    case ATOM_min_unique_monotonic_integer:
    case ATOM_min_unique_integer: return small(SMALL_MIN);
    case ATOM_stack_check: return small(sched_stack_left());
    case ATOM_process_count: return small(process_count());
    default: return NO_VALUE;
    }
}

static term about_atom(struct process *p, uint32_t what)
{
    struct heap *h = &p->heap;
    struct listing l = {h, NIL, false};
    switch (what) {
    case ATOM_available_internal_state: return ATOM(true);
    case ATOM_node_and_dist_references: return node_references(h);
    case ATOM_force_heap_frags:
    case ATOM_scheduler_dump: return ATOM(false);
    case ATOM_lc_graph:
    case ATOM_flxctr_memory_usage: return ATOM(notsup);
    case ATOM_memory: return memory(h);
    case ATOM_processes: process_each(add_process, &l); return l.list;
    case ATOM_monitoring_nodes: node_watch_each(add_node_watch, &l); return l.list;
    case ATOM_processes_bif_info: return processes_info(h);
    case ATOM_process_info_args: return process_info_items(h);
    case ATOM_check_io_debug: return make_tuple4(h, small(0), small(0), small(0), small(0));
    case ATOM_persistent_term:
        return map_of1(h, ATOM(table), make_unsigned(h, persistent_term_places()));
    case ATOM_DbTable_words:
        return make_tuple2(h, small(sizeof(struct ets_table) / sizeof(term)), small(0));
    default: return about_numbers(p, what);
    }
}

static term about_pair(struct process *p, uint32_t what, term of)
{
    switch (what) {
    case ATOM_process_status: return is_local_pid(of) ? process_status(of) : NO_VALUE;
    case ATOM_link_list: return link_list(p, of);
    case ATOM_monitor_list: return monitor_list(p, of);
    case ATOM_binary_info: return binary_info(p, of);
    case ATOM_magic_ref: return magic_ref(p, of);
    case ATOM_internal_hash: return small(term_internal_hash(of, 0));
    case ATOM_atom: return atom_number(of);
    case ATOM_node_and_dist_references:
        return term_same(of, ATOM(blocked)) ? node_references(&p->heap) : NO_VALUE;
    case ATOM_dist_ctrl: return controller_of(of);
    case ATOM_channel_number: return is_atom(of) ? ATOM(undefined) : NO_VALUE;
    default: return NO_VALUE;
    }
}

/* Could the machine run with this time correction and warp mode?  It has one of each. */
static term check_time_config(term correction, term mode)
{
    bool known = term_same(mode, ATOM(no_time_warp)) || term_same(mode, ATOM(single_time_warp)) ||
                 term_same(mode, ATOM(multi_time_warp));
    if (!known || (!term_same(correction, ATOM(true)) && !term_same(correction, ATOM(false))))
        return NO_VALUE;
    return atom_bool(term_same(correction, ATOM(true)) && term_same(mode, ATOM(no_time_warp)));
}

term bif_erts_debug_get_internal_state_1(struct process *p, const term *arg)
{
    if (!debug_state_open) return raise(p, ATOM(undef));
    term what = arg[0], answer = NO_VALUE;
    if (is_atom(what)) {
        answer = about_atom(p, atom_index(what));
    } else if (is_tuple(what) && tuple_size(what) > 1 && is_atom(element(what, 0))) {
        uint32_t key = atom_index(element(what, 0));
        if (tuple_size(what) == 2)
            answer = about_pair(p, key, element(what, 1));
        else if (tuple_size(what) == 3 && key == ATOM_check_time_config)
            answer = check_time_config(element(what, 1), element(what, 2));
        else if (tuple_size(what) == 3 && key == ATOM_make_unique_integer)
            answer = make_unique(p, element(what, 1), element(what, 2));
    }
    return is_value(answer) ? answer : raise_badarg(p);
}
