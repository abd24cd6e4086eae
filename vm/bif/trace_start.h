/* SPDX-License-Identifier: Apache-2.0 */
/* trace_start.h -- one of the starters that image/natives.c lists. */
#ifndef VM_BIF_TRACE_START_H
#define VM_BIF_TRACE_START_H

struct plat_boot;
/* Ties match specifications to what is traced. */
void trace_start(const struct plat_boot *boot);

#endif
