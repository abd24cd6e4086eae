/* SPDX-License-Identifier: Apache-2.0 */
/* table.h -- tables: who owns them, what they are called, who is walking over them.
 *
 * A table is a counted resource: the magic references to it keep its struct, not its
 * contents.  It lives until it is deleted or its owner ends; then what it held is freed a
 * piece at a time (ets_release_some), and references to it name nothing.
 */
#ifndef VM_TABLE_ETS_H
#define VM_TABLE_ETS_H

#include "ets/hash_table.h"
#include "ets/tree.h"
#include "process/process.h"

struct pause;

enum table_kind { TABLE_SET, TABLE_BAG, TABLE_DUPLICATE_BAG, TABLE_ORDERED_SET };
enum table_protection { TABLE_PUBLIC, TABLE_PROTECTED, TABLE_PRIVATE };
/* What the options about concurrency asked for: of use only to ets:info/1. */
enum table_concurrency { WRITE_ALONE, WRITE_CONCURRENT, WRITE_AUTO, WRITE_LOCKS /* so many */ };

/* One process's calls of safe_fixtable(T, true), or its select that goes on later. */
struct fixation {
    struct ets_table *table;
    term pid;
    size_t count;
    struct fixation *next;          /* of the same table */
    struct fixation *newer, *older; /* all */
};

struct ets_table {
    struct resource resource; /* the magic references */
    term name;
    enum table_kind kind;
    enum table_protection protection;
    bool named, alive, compressed, read_concurrent, decentralized;
    enum table_concurrency concurrency;
    uint32_t locks; /* that stock would have */
    uint32_t keypos;

    term owner;
    term heir; /* pid or none */
    uint64_t heir_started_ns;
    struct fragment *heir_memory;
    term heir_data;

    struct fixation *fixations;
    int64_t fixed_since; /* monotonic, ns */

    /* An insertion of many objects that is paused: nobody shall see the half of it, so that whoever looks for the
     * table has it finished first (table_settle). */
    struct pause *insertion;

    struct ets_table *next_owned, *previous_owned;
    struct ets_table *newer, *older; /* all */
    struct ets_table *next_named;
    struct ets_table *next_released;

    union {
        struct hash_table hash;
        struct tree tree;
    };
};

static inline bool table_is_tree(const struct ets_table *t) { return t->kind == TABLE_ORDERED_SET; }
static inline bool table_is_fixed(const struct ets_table *t) { return t->fixations; }
static inline size_t table_count(const struct ets_table *t)
{
    return table_is_tree(t) ? t->tree.count : t->hash.count;
}

/* Frees some of what deleted tables held; true when there is more.  The scheduler calls it between
 * slices. */
bool ets_release_some(void);

/* --- tables ---------------------------------------------------------------------------------- */

struct table_options {
    term name;
    enum table_kind kind;
    enum table_protection protection;
    bool named, compressed, read_concurrent, decentralized;
    enum table_concurrency concurrency;
    uint32_t locks; /* that stock would make: the order of its walks follows it */
    uint32_t keypos;
};
/* A new empty table without heir, owned by p.  NULL: no memory, or (*taken) the name is in use. */
struct ets_table *table_make(struct process *p, const struct table_options *o, bool *taken);
/* What names it: its name or a reference. */
term table_reference(struct ets_table *t, struct heap *h);
term table_id(struct ets_table *t, struct heap *h);
/* The table with this name or reference; NULL and why: ATOM(id) no such table, ATOM(type) no name of
 * a table at all. */
struct ets_table *table_find(term id, term *why);
/* Finishes an insertion that is paused.  table_find() does that. */
void table_settle_now(struct ets_table *t);
static inline void table_settle(struct ets_table *t)
{
    if (unlikely(t->insertion)) table_settle_now(t);
}
/* No longer there: what it holds is freed later. */
void table_delete(struct ets_table *t);
/* Throws away all objects; the number of them. */
size_t table_clear(struct ets_table *t);
/* false: the name is in use, or no memory. */
bool table_rename(struct ets_table *t, term name);
/* Do two names share a chain of the table of names?  For tests. */
bool table_names_collide(term a, term b);
void table_give(struct ets_table *t, struct process *to);
/* false: no memory. */
bool table_set_heir(struct ets_table *t, term heir, term data);
/* {'ETS-TRANSFER', Id, From, Data} */
bool table_send_transfer(struct ets_table *t, term from, struct process *to, term data);
void table_each(void (*each)(void *context, struct ets_table *t), void *context);
/* Bytes of everything in the table, as stock counts them. */
size_t table_bytes(const struct ets_table *t);
/* Bytes of all tables: erlang:memory(ets). */
size_t tables_bytes(void);

/* --- fixing ------------------------------------------------------------------------------------- */

/* false: no memory. */
bool table_fix(struct ets_table *t, term pid);
void table_unfix(struct ets_table *t, term pid);

#endif
