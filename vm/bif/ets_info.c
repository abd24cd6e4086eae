/* SPDX-License-Identifier: Apache-2.0 */
/* ets_info.c -- ets:info/1,2. */
#include <math.h>

#include "bif/ets_table.h"
#include "code/code.h"
#include "process/clock.h"
#include "term/node.h"

/* --- single things ------------------------------------------------------------------------------ */

static term kind_name(enum table_kind kind)
{
    switch (kind) {
    case TABLE_SET: return ATOM(set);
    case TABLE_BAG: return ATOM(bag);
    case TABLE_DUPLICATE_BAG: return ATOM(duplicate_bag);
    default: return ATOM(ordered_set);
    }
}

static term protection_name(enum table_protection protection)
{
    switch (protection) {
    case TABLE_PUBLIC: return ATOM(public);
    case TABLE_PROTECTED: return ATOM(protected);
    default: return ATOM(private);
    }
}

static term concurrency_name(struct heap *h, const struct ets_table *t)
{
    enum table_concurrency c = t->concurrency;
    if (c == WRITE_LOCKS)
        return make_tuple2(h, ATOM(debug_hash_fixed_number_of_locks), small(t->locks));
    return c == WRITE_AUTO ? ATOM(auto) : atom_bool(c == WRITE_CONCURRENT);
}

static term timestamp(struct heap *h, int64_t ns)
{
    int64_t us = ns / 1000;
    return make_tuple3(h, small(us / 1000000000000), small(us / 1000000 % 1000000),
                       small(us % 1000000));
}

static term fixations(struct heap *h, const struct ets_table *t, bool monotonic)
{
    if (!table_is_fixed(t)) return ATOM(false);
    term list = NIL;
    for (const struct fixation *f = t->fixations; f; f = f->next) {
        term row = make_tuple2(h, f->pid, small((int64_t)f->count));
        list = make_cons(h, row, list);
    }
    term since =
        monotonic ? make_integer(h, t->fixed_since) : timestamp(h, t->fixed_since + clock_offset());
    return make_tuple2(h, since, list);
}

/* {Buckets, AverageChain, Deviation, ExpectedDeviation, Shortest, Longest, Dead, Locks} */
static term chain_statistics(struct heap *h, const struct hash_table *t)
{
    uint64_t sum = 0, squares = 0, dead = 0, least = UINT64_MAX, most = 0;
    for (uint32_t i = 0; i < t->active; i++) {
        uint64_t length = 0;
        for (const struct hash_node *n = t->buckets[i]; n; n = n->next) {
            length++;
            dead += node_is_dead(n);
        }
        sum += length;
        squares += length * length;
        if (length < least) least = length;
        if (length > most) most = length;
    }
    double average = (double)sum / t->active;
    double deviation = sqrt(((double)squares - average * (double)sum) / (t->active - 1));
    double expected = sqrt(average * (1 - 1.0 / t->active));
    term parts[] = {small(t->active),        make_float(h, average),   make_float(h, deviation),
                    make_float(h, expected), small((int64_t)least),    small((int64_t)most),
                    small((int64_t)dead),    small((int64_t)t->stride)};
    return make_tuple(h, 8, parts);
}

static term statistics(struct heap *h, const struct ets_table *t)
{
    if (!table_is_tree(t)) return chain_statistics(h, &t->hash);
    if (t->concurrency == WRITE_ALONE) return ATOM(false);
    return make_tuple3(h, small(0), small(1), small(0)); /* one base node, as a tree just made */
}

/* NO_VALUE: there is no such thing. */
static term info(struct process *p, struct ets_table *t, term what)
{
    struct heap *h = &p->heap;
    switch (is_atom(what) ? atom_index(what) : UINT32_MAX) {
    case ATOM_size: return make_unsigned(h, table_count(t));
    case ATOM_type: return kind_name(t->kind);
    case ATOM_memory: return make_unsigned(h, (table_bytes(t) + 7) / 8);
    case ATOM_owner: return t->owner;
    case ATOM_heir: return t->heir;
    case ATOM_protection: return protection_name(t->protection);
    case ATOM_write_concurrency: return concurrency_name(h, t);
    case ATOM_read_concurrency: return atom_bool(t->read_concurrent);
    case ATOM_decentralized_counters: return atom_bool(t->decentralized);
    case ATOM_name_: return t->name;
    case ATOM_keypos: return small(t->keypos);
    case ATOM_node: return node_this->name;
    case ATOM_named_table: return atom_bool(t->named);
    case ATOM_compressed: return atom_bool(t->compressed);
    case ATOM_id: return table_id(t, h);
    case ATOM_fixed: return atom_bool(table_is_fixed(t));
    case ATOM_safe_fixed: return fixations(h, t, false);
    case ATOM_safe_fixed_monotonic_time: return fixations(h, t, true);
    case ATOM_stats: return statistics(h, t);
    default: return NO_VALUE;
    }
}

/* --- the functions -------------------------------------------------------------------------------- */

static struct ets_table *find(struct process *p, term id, term *result)
{
    term why;
    struct ets_table *t = table_find(id, &why);
    if (!t) *result = term_same(why, ATOM(id)) ? ATOM(undefined) : ets_badarg(p, why);
    return t;
}

term bif_ets_info_1(struct process *p, const term *arg)
{
    static const uint32_t things[] = {ATOM_protection,
                                      ATOM_keypos,
                                      ATOM_type,
                                      ATOM_named_table,
                                      ATOM_node,
                                      ATOM_size,
                                      ATOM_name_,
                                      ATOM_heir,
                                      ATOM_owner,
                                      ATOM_memory,
                                      ATOM_compressed,
                                      ATOM_write_concurrency,
                                      ATOM_read_concurrency,
                                      ATOM_decentralized_counters,
                                      ATOM_id};
    term list = NIL;
    struct ets_table *t = find(p, arg[0], &list);
    if (!t) return list;
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        term what = atom_term(things[i]), value = info(p, t, what);
        term pair = make_tuple2(&p->heap, what, value);
        list = make_cons(&p->heap, pair, list);
    }
    return list;
}

term bif_ets_info_2(struct process *p, const term *arg)
{
    if (term_same(arg[1], ATOM(binary))) {
        struct export *e = export_get(ATOM(erts_internal), ATOM(ets_info_binary), 1);
        return e ? bif_trap(p, e, 1, arg) : ets_no_memory(p);
    }
    term value;
    struct ets_table *t = find(p, arg[0], &value);
    if (!t) return value;
    if (term_same(arg[1], ATOM(stats)) && !table_is_tree(t))
        bump(p, (int64_t)(table_count(t) + t->hash.active) / 100);
    value = info(p, t, arg[1]);
    return is_value(value) ? value : raise_badarg(p);
}
