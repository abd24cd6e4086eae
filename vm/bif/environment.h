/* SPDX-License-Identifier: Apache-2.0 */
/* environment.h -- the variables that os:getenv/1 sees: those of the boot record, until changed. */
#ifndef VM_ENVIRONMENT_H
#define VM_ENVIRONMENT_H

/* Once, at start: copied. */
struct plat_boot;
void environment_start(const struct plat_boot *boot);

#endif
