/* SPDX-License-Identifier: Apache-2.0 */
/* system.h -- settings of the machine that more than one BIF file knows. */
#ifndef VM_SYSTEM_H
#define VM_SYSTEM_H

#include "bif/bif.h"

extern uint32_t trace_control_word;
extern int64_t system_request_limit; /* outstanding_system_requests_limit */

/* system_flag.c: enabled, blocked or blocked_normal. */
term scheduling_state(void);
/* system_flag.c: the processors as records #cpu{}, those of system_flag(cpu_topology, _) or the one there
 * is; undefined when only those count and there are none. */
term topology_records(struct heap *h, bool defined_only);

/* code_info.c: is it built into the stock machine, too?  As one of its instructions? */
bool is_builtin(term module, term function, int64_t arity);
bool is_instruction(term module, term function, int64_t arity);

struct machine_memory {
    size_t timers; /* part of the processes */
    size_t total, processes, processes_used, binary, code, atoms, atoms_used, tables; /* bytes */
    size_t binaries;
};
/* Walks all processes. */
struct machine_memory machine_memory(void);

#endif
