/* SPDX-License-Identifier: Apache-2.0 */
/* environment.h -- the variables that os:getenv/1 sees: those of the boot record, until changed. */
#ifndef VM_ENVIRONMENT_H
#define VM_ENVIRONMENT_H

#include <stddef.h>

/* Once, at start: copied. */
struct plat_boot;
void environment_start(const struct plat_boot *boot);

/* A variable of the machine's own; without memory there is none. */
void environment_set(const char *name, const char *value);

/* The value, *bytes long and not terminated; NULL: there is no such variable. */
const char *environment_find(const char *name, size_t *bytes);

#endif
