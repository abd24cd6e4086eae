/* SPDX-License-Identifier: Apache-2.0 */
/* nap.h -- a native that lets its caller sleep for a while: it is called again until the time is over. */
#ifndef VM_NAP_H
#define VM_NAP_H

#include "bif/bif.h"

/* false: the time is over.  true: return bif_wait(p), and ask again when called again.  When there is
 * no memory for a timer the time is over at once. */
bool nap(struct process *p, uint64_t milliseconds);

/* Lets everybody else run who is ready, once.  true: return bif_again(p), and ask again when called again. */
bool give_way(struct process *p);
/* On a stock machine such a process runs: in a thread that sleeps. */
bool is_napping(const struct process *p);

#endif
