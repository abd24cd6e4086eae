/* SPDX-License-Identifier: Apache-2.0 */
/* system_text.h -- the machine as text, in the sections of a stock crash dump. */
#ifndef VM_SYSTEM_TEXT_H
#define VM_SYSTEM_TEXT_H

#include "bif/bif.h"
#include "sched/dump.h"

void system_text(const struct print_sink *sink);    /* memory, tables, allocators */
void processes_text(const struct print_sink *sink); /* processes and ports */
void modules_text(const struct print_sink *sink);   /* loaded code */
void nodes_text(const struct print_sink *sink);     /* distribution */

/* [{M, F, A}, ...]: what stock has built in and is written in C here, too. */
term builtin_list(struct heap *h);

#endif
