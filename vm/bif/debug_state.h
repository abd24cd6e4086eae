/* SPDX-License-Identifier: Apache-2.0 */
/* debug_state.h -- what the two halves of erts_debug's internal state share. */
#ifndef VM_DEBUG_STATE_H
#define VM_DEBUG_STATE_H

#include "bif/bif.h"
#include "process/unique.h"

/* set_internal_state(available_internal_state, true) was called. */
extern bool debug_state_open;
/* Who has set_internal_state(code_write_permission, true): others load no native code.  NIL: nobody. */
extern term code_permission;

/* Numbers of processes and ports as the stock machine counts them: 28 bits. */
#define DEBUG_NUMBER_MASK ((UINT64_C(1) << 28) - 1)

/* Of references made by set_internal_state(make, magic_ref). */
extern const struct resource_type debug_resource_type;

/* process_info.c: running, runnable, waiting, suspended, exiting or garbage_collecting. */
term process_state_atom(const struct process *p);
/* process_info.c: every item that process_info/2 knows. */
term process_info_items(struct heap *h);

#endif
