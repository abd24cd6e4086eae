/* SPDX-License-Identifier: Apache-2.0 */
/* external.h -- tells the external term format (etf/) what it has to know about code. */
#ifndef VM_EXTERNAL_H
#define VM_EXTERNAL_H

struct plat_boot;
/* Once, at start, before the first module is loaded. */
void external_start(const struct plat_boot *boot);

#endif
