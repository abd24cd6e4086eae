/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h -- what the natives of prim_file share: arguments and results. */
#ifndef FS_ANSWER_H
#define FS_ANSWER_H

#include "code/native.h"
#include "fs/tree.h"
#include "fs/walk.h"

/* The name of an error. */
term error_reason(enum fs_error e);
/* {error, Atom} */
term answer_error(struct process *p, enum fs_error e);
/* ok or {error, Atom} */
static inline term answer(struct process *p, enum fs_error e)
{
    return e ? answer_error(p, e) : ATOM(ok);
}
/* {ok, Value} */
static inline term answer_ok(struct process *p, term value)
{
    return make_tuple2(&p->heap, ATOM(ok), value);
}

/* The name in a zero-terminated binary, as made by internal_name2native. */
enum fs_error path_of(term t, const char **name, size_t *bytes);
/* walk() to what the term names; found_drop() is the caller's. */
enum fs_error find_name(term t, enum walk_how how, enum find_next next, struct found *out);
/* The same for what has to be there; node_drop() is the caller's. */
enum fs_error find_node(term t, enum walk_how how, enum find_next next, struct node *out);

/* The tuple #file_info{}; by_name: the access is what the superuser may do; else it is what the
 * mode says to user 0. */
term answer_info(struct process *p, struct node n, bool by_name);

/* {ok, Binary} with n bytes of a file from `at`, or the fewer that are there; those of a tree that has bytes()
 * are all inside.  *got: how many. */
term answer_bytes(struct process *p, struct node file, uint64_t at, uint64_t n, uint64_t *got);

#endif
