/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h -- pids of other nodes that links and monitors have: one word each, the same for the same pid,
 * counted.  See process/distance.h.
 */
#ifndef VM_DIST_IDENTITY_H
#define VM_DIST_IDENTITY_H

#include "process/process.h"

/* One reference is the caller's.  NO_VALUE: no memory. */
term distant_keep(term external_pid);
/* The word, and no reference; NO_VALUE: nobody has it. */
term distant_find(term external_pid);
void distant_drop(term distant);

#endif
