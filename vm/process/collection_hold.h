/* SPDX-License-Identifier: Apache-2.0 */
/* collection_hold.h -- collections that others ask of a process wait while it does not want any
 * (erts_debug:set_internal_state(gc_state, false)).  What it collects by its own need goes on.
 */
#ifndef VM_COLLECTION_HOLD_H
#define VM_COLLECTION_HOLD_H

#include "process/process.h"

static inline bool collections_held(const struct process *p) { return p->collection_hold; }
void collections_hold(struct process *p);
/* p, the running process, catches up; must be called from a native with two arguments. */
void collections_release(struct process *p);
/* {garbage_collect, Id, true} to `requester` once p lets itself be collected, or false when it has
 * ended.  false: no memory. */
bool collection_defer(struct process *p, term requester, term id, bool full);
/* p ends. */
void collections_end(struct process *p);

#endif
