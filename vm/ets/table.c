/* SPDX-License-Identifier: Apache-2.0 */
/* table.c -- making, naming, owning and deleting tables. */
#include "ets/table.h"
#include "heap/arena.h"
#include "process/clock.h"
#include "process/hooks.h"
#include "process/message.h"
#include "process/pause.h"

static struct ets_table *newest;
static struct ets_table *to_release;

/* --- names -------------------------------------------------------------------------------------- */

#define NAME_CHAINS 256
static struct ets_table *names[NAME_CHAINS];

static struct ets_table **name_link(term name)
{
    struct ets_table **link = &names[atom_index(name) % NAME_CHAINS];
    while (*link && !term_same((*link)->name, name)) link = &(*link)->next_named;
    return link;
}

bool table_names_collide(term a, term b)
{
    return atom_index(a) % NAME_CHAINS == atom_index(b) % NAME_CHAINS;
}

static bool add_name(struct ets_table *t, term name)
{
    struct ets_table **link = name_link(name);
    if (*link) return false;
    t->name = name;
    t->next_named = NULL;
    *link = t;
    return true;
}

static void remove_name(struct ets_table *t) { *name_link(t->name) = t->next_named; }

/* --- references ----------------------------------------------------------------------------------- */

static void free_table(void *resource) { arena_free(resource); }
static const struct resource_type table_type = {.name = "table", .release = free_table};

term table_id(struct ets_table *t, struct heap *h)
{
    resource_keep(&t->resource);
    return make_magic_ref(h, &t->resource);
}

term table_reference(struct ets_table *t, struct heap *h)
{
    return t->named ? t->name : table_id(t, h);
}

void table_settle_now(struct ets_table *t)
{
    if (t->insertion != pause_state()) pause_finish_state(t->insertion);
}

struct ets_table *table_find(term id, term *why)
{
    struct ets_table *t;
    if (is_atom(id)) {
        t = *name_link(id);
        if (t)
            table_settle(t);
        else
            *why = ATOM(id);
        return t;
    }
    t = resource_of(id, &table_type);
    if (t && t->alive) {
        table_settle(t);
        return t;
    }
    *why = t ? ATOM(id) : ATOM(type);
    return NULL;
}

/* --- owners --------------------------------------------------------------------------------------- */

static void add_to_owner(struct ets_table *t, struct process *p)
{
    t->owner = p->pid;
    t->previous_owned = NULL;
    t->next_owned = p->tables;
    if (p->tables) p->tables->previous_owned = t;
    p->tables = t;
}

static void remove_from_owner(struct ets_table *t, struct process *p)
{
    if (t->previous_owned)
        t->previous_owned->next_owned = t->next_owned;
    else if (p)
        p->tables = t->next_owned;
    if (t->next_owned) t->next_owned->previous_owned = t->previous_owned;
}

void table_give(struct ets_table *t, struct process *to)
{
    remove_from_owner(t, process_find(t->owner));
    add_to_owner(t, to);
}

static void forget_heir(struct ets_table *t)
{
    if (t->heir_memory) fragment_free(t->heir_memory);
    t->heir_memory = NULL;
    t->heir = ATOM(none);
    t->heir_data = NO_VALUE;
}

bool table_set_heir(struct ets_table *t, term heir, term data)
{
    struct fragment *memory = NULL;
    term copy = data;
    struct process *q = is_local_pid(heir) ? process_find(heir) : NULL;
    bool wanted = q;
    if (wanted && !copy_to_fragment(data, &memory, &copy, false)) return false;
    forget_heir(t);
    if (!wanted) return true;
    t->heir = heir;
    t->heir_started_ns = q->started_ns;
    t->heir_memory = memory;
    t->heir_data = copy;
    return true;
}

bool table_send_transfer(struct ets_table *t, term from, struct process *to, term data)
{
    struct parts b;
    if (!parts_start(&b, TUPLE_WORDS(4) + MAGIC_REF_WORDS + copy_words(data, true))) return false;
    term id = t->name;
    if (!t->named) {
        term *w = parts_take(&b, MAGIC_REF_WORDS);
        w[0] = header(4, KIND_REF);
        w[2] = term_of((uintptr_t)&t->resource);
        w[3] = term_of(t->resource.ids[0]), w[4] = term_of(t->resource.ids[1]);
        resource_keep(&t->resource);
        off_heap_link(&b.fragment->off_heap, w);
        id = boxed_term(w);
    }
    term parts[] = {ATOM(ETS_TRANSFER), id, from, parts_copy(&b, data)};
    return parts_deliver(&b, to, parts_tuple(&b, 4, parts));
}

static void leave_tables(struct process *p);

/* --- making and deleting -------------------------------------------------------------------------------- */

static size_t count_tables(void);

struct ets_table *table_make(struct process *p, const struct table_options *o, bool *taken)
{
    *taken = o->named && *name_link(o->name);
    if (*taken) return NULL;
    struct ets_table *t = arena_calloc(sizeof *t);
    if (!t) return NULL;
    t->resource = (struct resource){.references = 1, .type = &table_type};
    ref_new_ids(t->resource.ids);
    t->name = o->name;
    t->kind = o->kind;
    t->protection = o->protection;
    t->named = o->named, t->compressed = o->compressed;
    t->concurrency = o->concurrency;
    t->locks = o->locks;
    t->read_concurrent = o->read_concurrent, t->decentralized = o->decentralized;
    t->keypos = o->keypos;
    t->heir = ATOM(none);
    if (table_is_tree(t)) {
        t->tree.keypos = o->keypos;
        t->tree.compressed = o->compressed;
    } else if (!hash_start(&t->hash, o->keypos, o->kind != TABLE_SET,
                           o->kind == TABLE_DUPLICATE_BAG, o->locks)) {
        arena_free(t);
        return NULL;
    } else {
        t->hash.compressed = o->compressed;
    }
    if (t->named) add_name(t, o->name);
    add_to_owner(t, p);
    t->older = newest;
    if (newest) newest->newer = t;
    newest = t;
    t->alive = true;
    process_hooks.tables_exit = leave_tables;
    process_hooks.table_count = count_tables;
    process_hooks.table_memory = tables_bytes;
    return t;
}

bool table_rename(struct ets_table *t, term name)
{
    if (!t->named) {
        t->name = name;
        return true;
    }
    if (*name_link(name)) return false;
    remove_name(t);
    return add_name(t, name);
}

static void drop_fixation(struct fixation *f);

static void unlink_table(struct ets_table *t)
{
    if (t->newer)
        t->newer->older = t->older;
    else
        newest = t->older;
    if (t->older) t->older->newer = t->newer;
}

void table_delete(struct ets_table *t)
{
    table_settle(t);
    if (t->named) remove_name(t);
    remove_from_owner(t, process_find(t->owner));
    unlink_table(t);
    forget_heir(t);
    t->alive = false;
    while (t->fixations) drop_fixation(t->fixations);
    t->next_released = to_release;
    to_release = t;
    if (table_count(t) < 1000) ets_release_some();
}

#define RELEASE_AT_ONCE 2000

bool ets_release_some(void)
{
    struct ets_table *t = to_release;
    if (!t) return false;
    bool done = table_is_tree(t) ? tree_free_some(&t->tree, RELEASE_AT_ONCE)
                                 : hash_free_some(&t->hash, RELEASE_AT_ONCE);
    if (done && t == to_release) {
        to_release = t->next_released;
        resource_drop(&t->resource);
    }
    return to_release;
}

/* The contents move to a table of their own that is only there to be released. */
static bool detach(struct ets_table *t)
{
    struct ets_table *ghost = arena_calloc(sizeof *ghost);
    if (!ghost) return false;
    ghost->resource = (struct resource){.references = 1, .type = &table_type};
    ghost->kind = t->kind;
    if (table_is_tree(t)) {
        ghost->tree = t->tree;
        t->tree = (struct tree){.keypos = t->keypos};
    } else {
        struct hash_table old = t->hash;
        if (!hash_start(&t->hash, old.keypos, old.bag, old.duplicates, old.stride)) {
            t->hash = old;
            arena_free(ghost);
            return false;
        }
        ghost->hash = old;
    }
    ghost->next_released = to_release;
    to_release = ghost;
    if (table_count(ghost) < 1000) ets_release_some();
    return true;
}

size_t table_clear(struct ets_table *t)
{
    size_t count = table_count(t);
    if (!table_is_tree(t) && table_is_fixed(t)) {
        hash_mark_all_dead(&t->hash);
    } else if (!detach(t)) { /* no memory for doing it later: now, and the buckets stay */
        if (table_is_tree(t)) {
            tree_free_some(&t->tree, SIZE_MAX);
            t->tree = (struct tree){.keypos = t->keypos};
        } else {
            hash_mark_all_dead(&t->hash);
            hash_bury(&t->hash);
        }
    }
    return count;
}

void table_each(void (*each)(void *context, struct ets_table *t), void *context)
{
    for (struct ets_table *t = newest, *older; t; t = older) {
        older = t->older;
        each(context, t);
    }
}

/* As stock counts: programs compare these numbers, and choose limits by them. */
#define STOCK_HASH_BYTES    392
#define STOCK_SEGMENT_BYTES 2096 /* once, for a table with more than the first buckets */
#define STOCK_TREE_BYTES    1112

size_t table_bytes(const struct ets_table *t)
{
    if (table_is_tree(t)) return STOCK_TREE_BYTES + t->tree.bytes + t->tree.count * 8;
    size_t bytes = STOCK_HASH_BYTES + t->hash.bytes + t->hash.count * 8;
    return bytes + t->hash.counted * 8 + (t->hash.counted > 256 ? STOCK_SEGMENT_BYTES : 0);
}

static void add_one(void *context, struct ets_table *t)
{
    (void)t;
    ++*(size_t *)context;
}
static size_t count_tables(void)
{
    size_t count = 0;
    table_each(add_one, &count);
    return count;
}

static void add_bytes(void *context, struct ets_table *t) { *(size_t *)context += table_bytes(t); }
size_t tables_bytes(void)
{
    size_t bytes = 0;
    table_each(add_bytes, &bytes);
    return bytes;
}

/* --- fixing --------------------------------------------------------------------------------------------- */

static struct fixation *newest_fixation;

static struct fixation *find_fixation(struct ets_table *t, term pid)
{
    struct fixation *f = t->fixations;
    while (f && !term_same(f->pid, pid)) f = f->next;
    return f;
}

bool table_fix(struct ets_table *t, term pid)
{
    struct fixation *f = find_fixation(t, pid);
    if (f) {
        f->count++;
        return true;
    }
    if (!(f = arena_malloc(sizeof *f))) return false;
    if (!t->fixations) t->fixed_since = clock_monotonic();
    *f = (struct fixation){t, pid, 1, t->fixations, NULL, newest_fixation};
    if (newest_fixation) newest_fixation->newer = f;
    t->fixations = newest_fixation = f;
    return true;
}

static void drop_fixation(struct fixation *f)
{
    struct fixation **link = &f->table->fixations;
    while (*link != f) link = &(*link)->next;
    *link = f->next;
    if (f->newer)
        f->newer->older = f->older;
    else
        newest_fixation = f->older;
    if (f->older) f->older->newer = f->newer;
    struct ets_table *t = f->table;
    arena_free(f);
    if (!t->fixations && t->alive && !table_is_tree(t)) hash_bury(&t->hash);
}

void table_unfix(struct ets_table *t, term pid)
{
    struct fixation *f = find_fixation(t, pid);
    if (f && --f->count == 0) drop_fixation(f);
}

/* --- the end of a process ----------------------------------------------------------------------------------- */

static bool inherit(struct ets_table *t, struct process *from)
{
    struct process *heir = process_find(t->heir);
    if (heir && heir->started_ns != t->heir_started_ns)
        heir = NULL; /* another one that got its pid */
    if (!heir || heir == from) return false;
    remove_from_owner(t, from);
    add_to_owner(t, heir);
    table_send_transfer(t, from->pid, heir, t->heir_data);
    return true;
}

static void leave_tables(struct process *p)
{
    for (struct fixation *f = newest_fixation, *older; f; f = older) {
        older = f->older;
        if (term_same(f->pid, p->pid)) drop_fixation(f);
    }
    while (p->tables) {
        struct ets_table *t = p->tables;
        if (!inherit(t, p)) {
            remove_from_owner(t, p);
            t->owner = NIL;
            t->next_owned = t->previous_owned = NULL;
            table_delete(t);
        }
    }
}
