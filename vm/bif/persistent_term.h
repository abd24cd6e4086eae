/* SPDX-License-Identifier: Apache-2.0 */
/* persistent_term.h -- what the rest of the machine has to do for persistent terms. */
#ifndef VM_PERSISTENT_TERM_H
#define VM_PERSISTENT_TERM_H

#include <stdbool.h>
#include <stddef.h>

/* Frees values that were replaced or erased: gives every process that still refers to one a copy of its
 * own.  To be called by the scheduler between two slices, when no process runs; does nothing until
 * enough has come together, unless `idle`.  true: there is more to do. */
bool persistent_term_release_some(bool idle);
/* After a snapshot: what waits already is not worth an idle moment. */
void persistent_term_resume(void);

/* Memory in bytes of all keys and values, for erlang:memory/1. */
size_t persistent_term_memory(void);
/* Places in its table. */
size_t persistent_term_places(void);

#endif
