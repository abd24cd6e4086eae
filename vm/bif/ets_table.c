/* SPDX-License-Identifier: Apache-2.0 */
/* ets_table.c -- ets: tables as a whole: making, naming, giving, fixing, deleting. */
#include "bif/ets_table.h"
#include "heap/arena.h"
#include "process/message.h"

/* --- who may --------------------------------------------------------------------------------- */

/* Processes that erts_internal:ets_super_user/1 lets into private tables. */
#define SUPER_USERS 8
static term super_users[SUPER_USERS];

static bool is_super_user(term pid)
{
    for (int i = 0; i < SUPER_USERS; i++)
        if (term_same(super_users[i], pid)) return true;
    return false;
}

static bool may(const struct process *p, const struct ets_table *t, enum ets_access access)
{
    if (access == ETS_INFO || term_same(t->owner, p->pid)) return true;
    if (t->protection == TABLE_PUBLIC) return true;
    return (t->protection == TABLE_PROTECTED && access == ETS_READ) || is_super_user(p->pid);
}

struct ets_table *ets_get(struct process *p, term id, enum ets_access access)
{
    term why;
    struct ets_table *t = table_find(id, &why);
    if (unlikely(!t)) {
        ets_badarg(p, why);
        return NULL;
    }
    if (unlikely(!may(p, t, access))) {
        ets_badarg(p, ATOM(access));
        return NULL;
    }
    return t;
}

term bif_erts_internal_ets_super_user_1(struct process *p, const term *arg)
{
    if (!term_same(arg[0], ATOM(true)) && !term_same(arg[0], ATOM(false))) return raise_badarg(p);
    bool on = term_same(arg[0], ATOM(true));
    int free = -1;
    for (int i = 0; i < SUPER_USERS; i++) {
        if (term_same(super_users[i], p->pid)) super_users[i] = NO_VALUE;
        if (is_no_value(super_users[i]) || !process_find(super_users[i])) free = i;
    }
    if (!on) return ATOM(ok);
    if (free < 0) return raise(p, ATOM(system_limit));
    super_users[free] = p->pid;
    return ATOM(ok);
}

/* --- new/2 -------------------------------------------------------------------------------------- */

struct wish {
    struct table_options options;
    term heir, heir_data;
    int decentralized; /* -1: as the other options say */
};

enum { LOCKS = 64, LOCKS_MOST = 32768 };

/* {debug_hash_fixed_number_of_locks, N}: N is rounded down to a power of two. */
static bool set_locks(struct table_options *o, term value)
{
    if (!is_tuple_of(value, 2) ||
        !term_same(element(value, 0), ATOM(debug_hash_fixed_number_of_locks)))
        return false;
    term n = element(value, 1);
    if (!is_small(n) || small_value(n) < 1 || small_value(n) > LOCKS_MOST) return false;
    o->concurrency = WRITE_LOCKS;
    o->decentralized = true;
    for (o->locks = LOCKS; o->locks * 2 <= small_value(n);) o->locks *= 2;
    return true;
}

static bool set_write_concurrency(struct wish *w, term value)
{
    struct table_options *o = &w->options;
    o->locks = LOCKS;
    switch (is_atom(value) ? atom_index(value) : UINT32_MAX) {
    case ATOM_auto:
        o->concurrency = WRITE_AUTO;
        o->decentralized = true;
        return true;
    case ATOM_true:
        o->concurrency = WRITE_CONCURRENT;
        if (o->kind != TABLE_ORDERED_SET) o->decentralized = false;
        return true;
    case ATOM_false: o->concurrency = WRITE_ALONE; return true;
    default: return set_locks(o, value);
    }
}

static bool as_bool(term value, bool *to)
{
    if (!term_same(value, ATOM(true)) && !term_same(value, ATOM(false))) return false;
    *to = term_same(value, ATOM(true));
    return true;
}

static bool set_pair(struct wish *w, term key, term value)
{
    bool on;
    switch (is_atom(key) ? atom_index(key) : UINT32_MAX) {
    case ATOM_keypos:
        if (!is_small(value) || small_value(value) <= 0 || small_value(value) > (1 << 24))
            return false;
        w->options.keypos = (uint32_t)small_value(value);
        return true;
    case ATOM_write_concurrency: return set_write_concurrency(w, value);
    case ATOM_read_concurrency: return as_bool(value, &w->options.read_concurrent);
    case ATOM_decentralized_counters:
        if (!as_bool(value, &on)) return false;
        w->decentralized = on;
        return true;
    case ATOM_heir:
        if (!term_same(value, ATOM(none))) return false;
        w->heir = NO_VALUE;
        return true;
    default: return false;
    }
}

static bool set_flag(struct wish *w, term option)
{
    struct table_options *o = &w->options;
    switch (atom_index(option)) {
    case ATOM_set: return true; /* stock takes it as no more than the default */
    case ATOM_bag: o->kind = TABLE_BAG; return true;
    case ATOM_duplicate_bag: o->kind = TABLE_DUPLICATE_BAG; return true;
    case ATOM_ordered_set:
        o->kind = TABLE_ORDERED_SET;
        o->decentralized = true;
        return true;
    case ATOM_public: o->protection = TABLE_PUBLIC; return true;
    case ATOM_private: o->protection = TABLE_PRIVATE; return true;
    case ATOM_protected: return true;
    case ATOM_named_table: o->named = true; return true;
    case ATOM_compressed: o->compressed = true; return true;
    default: return false;
    }
}

static bool set_option(struct wish *w, term option)
{
    if (is_atom(option)) return set_flag(w, option);
    if (is_tuple_of(option, 2)) return set_pair(w, element(option, 0), element(option, 1));
    if (!is_tuple_of(option, 3) || !term_same(element(option, 0), ATOM(heir)) ||
        !is_local_pid(element(option, 1)))
        return false;
    w->heir = element(option, 1);
    w->heir_data = element(option, 2);
    return true;
}

term bif_ets_new_2(struct process *p, const term *arg)
{
    struct wish w = {.options = {.name = arg[0], .protection = TABLE_PROTECTED, .keypos = 1},
                     .decentralized = -1};
    if (!is_atom(arg[0])) return raise_badarg(p);
    term list = arg[1];
    for (; is_cons(list); list = tail(list))
        if (!set_option(&w, head(list))) return raise_badarg(p);
    if (!is_nil(list)) return raise_badarg(p);

    struct table_options *o = &w.options;
    if (o->concurrency == WRITE_LOCKS && o->kind == TABLE_ORDERED_SET) return raise_badarg(p);
    if (o->protection == TABLE_PRIVATE) o->concurrency = WRITE_ALONE, o->read_concurrent = false;
    if (w.decentralized >= 0) o->decentralized = w.decentralized;
    o->decentralized &= o->concurrency != WRITE_ALONE;
    if (o->concurrency == WRITE_ALONE) o->locks = 1;

    bool taken;
    struct ets_table *t = table_make(p, o, &taken);
    if (!t) return taken ? ets_badarg(p, ATOM(already_exists)) : ets_no_memory(p);
    if (is_value(w.heir) && !table_set_heir(t, w.heir, w.heir_data)) {
        table_delete(t);
        return ets_no_memory(p);
    }
    return table_reference(t, &p->heap);
}

/* --- tables as a whole ---------------------------------------------------------------------------- */

term bif_ets_delete_1(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    size_t count = table_count(t);
    bump(p, (int64_t)(count < 1000 ? count / 20 : 50));
    table_delete(t);
    return ATOM(true);
}

term bif_ets_rename_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    if (!is_atom(arg[1]) || !table_rename(t, arg[1])) return raise_badarg(p);
    return t->named ? arg[1] : arg[0];
}

term bif_ets_whereis_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    term why;
    struct ets_table *t = table_find(arg[0], &why);
    return t ? table_id(t, &p->heap) : ATOM(undefined);
}

term bif_ets_give_away_3(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    struct process *to = process_find(arg[1]);
    if (!to) return raise_badarg(p);
    if (!term_same(t->owner, p->pid)) return ets_badarg(p, ATOM(not_owner));
    if (to == p) return ets_badarg(p, ATOM(owner));
    if (!table_send_transfer(t, p->pid, to, arg[2])) return ets_no_memory(p);
    table_give(t, to);
    return ATOM(true);
}

/* --- setopts/2 --------------------------------------------------------------------------------------- */

struct changes {
    bool has_heir, has_protection;
    term heir, data;
    enum table_protection protection;
};

static bool change_heir(struct changes *c, term option)
{
    if (c->has_heir) return false;
    c->has_heir = true;
    c->heir = element(option, 1);
    if (tuple_size(option) == 2) return term_same(c->heir, ATOM(none));
    if (tuple_size(option) != 3 || !is_local_pid(c->heir)) return false;
    c->data = element(option, 2);
    return true;
}

static bool change_protection(struct changes *c, term option)
{
    if (c->has_protection || tuple_size(option) != 2 || !is_atom(element(option, 1))) return false;
    c->has_protection = true;
    switch (atom_index(element(option, 1))) {
    case ATOM_private: c->protection = TABLE_PRIVATE; return true;
    case ATOM_protected: c->protection = TABLE_PROTECTED; return true;
    case ATOM_public: c->protection = TABLE_PUBLIC; return true;
    default: return false;
    }
}

static bool change(struct changes *c, term option)
{
    if (!is_tuple(option) || tuple_size(option) < 2) return false;
    if (term_same(element(option, 0), ATOM(heir))) return change_heir(c, option);
    if (term_same(element(option, 0), ATOM(protection))) return change_protection(c, option);
    return false;
}

term bif_ets_setopts_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    struct changes c = {0};
    if (is_tuple(arg[1])) {
        if (!change(&c, arg[1])) return raise_badarg(p);
    } else {
        term list = arg[1];
        for (; is_cons(list); list = tail(list))
            if (!change(&c, head(list))) return raise_badarg(p);
        if (!is_nil(list)) return raise_badarg(p);
    }
    if (!term_same(t->owner, p->pid)) return raise_badarg(p);
    if (c.has_heir && !table_set_heir(t, c.heir, c.data)) return ets_no_memory(p);
    if (c.has_protection) t->protection = c.protection;
    return ATOM(true);
}

/* --- the rest ------------------------------------------------------------------------------------------ */

term bif_ets_safe_fixtable_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_READ);
    if (!t) return NO_VALUE;
    if (term_same(arg[1], ATOM(true))) {
        if (!table_fix(t, p->pid)) return ets_no_memory(p);
    } else if (term_same(arg[1], ATOM(false))) {
        table_unfix(t, p->pid);
    } else {
        return raise_badarg(p);
    }
    return ATOM(true);
}

term bif_ets_internal_delete_all_2(struct process *p, const term *arg)
{
    struct ets_table *t = ets_get(p, arg[0], ETS_WRITE);
    if (!t) return NO_VALUE;
    size_t count = table_clear(t);
    bump(p, (int64_t)(table_is_fixed(t) ? count / 20 : count < 1000 ? count / 20 : 50));
    return make_unsigned(&p->heap, count);
}

struct all_tables {
    struct heap *heap;
    term list;
};

static void add_table(void *context, struct ets_table *t)
{
    struct all_tables *all = context;
    all->list = make_cons(all->heap, table_reference(t, all->heap), all->list);
}

term bif_ets_internal_request_all_0(struct process *p, const term *arg)
{
    (void)arg;
    struct all_tables all = {&p->heap, NIL};
    table_each(add_table, &all);
    term ref = make_ref(&p->heap);
    if (!mailbox_send(p, p, make_tuple2(&p->heap, ref, all.list))) return ets_no_memory(p);
    return ref;
}
