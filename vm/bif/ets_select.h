/* SPDX-License-Identifier: Apache-2.0 */
/* ets_select.h -- a walk over a table with a match program: what the BIFs start, what the walks
 * over hash tables and trees do, and how either goes on later. */
#ifndef VM_ETS_SELECT_H
#define VM_ETS_SELECT_H

#include "bif/ets_table.h"
#include "bif/match_spec.h"

enum select_action { SELECT_LIST, SELECT_COUNT, SELECT_DELETE, SELECT_REPLACE };

#define SELECT_ROUND 1000 /* objects, as stock between two traps */
#define FEW_BUCKETS  8

struct select {
    struct process *p;
    struct ets_table *table;
    struct match_program *program;
    enum select_action action;
    bool backwards;
    bool failed;  /* out of memory, or a continuation that does not fit the table */
    size_t limit; /* results wanted; 0: all */
    size_t got;
    term list;      /* of results, newest first */
    bool continued; /* it has gone on since the call that made it */
    int64_t left;   /* objects until it does */

    /* Hash tables: the next bucket, -1 when none; with keys given, all that can hold them. */
    int64_t bucket;
    uint32_t few_buckets[FEW_BUCKETS], *buckets;
    size_t bucket_count, next_bucket;
    bool keys_given;

    /* Trees. */
    term last_key; /* where to go on; NO_VALUE: from the start */
    term only_key; /* the one that the heads allow; NO_VALUE: more than one */
    bool in_range; /* the heads say something about the key */
};

/* Looks at objects until there are enough results, none are left, or time is up.  true: done. */
bool select_hash(struct select *s);
bool select_tree(struct select *s);

/* Chooses where to look.  false: nothing can match. */
bool select_plan_hash(struct select *s);
bool select_plan_tree(struct select *s);

/* One object has been looked at.  What the program says of it goes into s; true: it was counted. */
static inline bool select_object(struct select *s, const struct object *o, term *result)
{
    s->left--;
    bump(s->p, 1);
    *result = match_object(s->p, s->program, o);
    if (is_no_value(*result)) return false;
    switch (s->action) {
    case SELECT_LIST: s->list = make_cons(&s->p->heap, *result, s->list); break;
    case SELECT_REPLACE: break;
    default:
        if (!term_same(*result, ATOM(true))) return false;
    }
    s->got++;
    return true;
}

#endif
