/* SPDX-License-Identifier: Apache-2.0 */
/* system.h -- settings of the machine that more than one BIF file knows. */
#ifndef VM_SYSTEM_H
#define VM_SYSTEM_H

#include "bif/bif.h"

extern uint32_t trace_control_word;
extern int64_t system_request_limit; /* outstanding_system_requests_limit */

struct machine_memory {
    size_t total, processes, processes_used, binary, code, atoms, atoms_used, tables; /* bytes */
    size_t binaries;
};
/* Walks all processes. */
struct machine_memory machine_memory(void);

#endif
