/* SPDX-License-Identifier: Apache-2.0 */
/* table.h -- entering and leaving the table of processes; for this folder only. */
#ifndef VM_TABLE_H
#define VM_TABLE_H

#include "process/process.h"

/* Gives p its pid and enters it.  false: as many processes as there may be. */
bool process_table_add(struct process *p);
/* From now on p's pid is that of a dead process. */
void process_table_remove(struct process *p);
/* Frees the memory of an ended process, at once or when it comes out of its run queue. */
void process_discard(struct process *p);

#endif
