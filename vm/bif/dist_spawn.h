/* SPDX-License-Identifier: Apache-2.0 */
/* dist_spawn.h -- processes that other nodes ask for. */
#ifndef VM_DIST_SPAWN_H
#define VM_DIST_SPAWN_H

struct plat_boot;
/* Once, at start. */
void dist_spawn_start(const struct plat_boot *boot);

#endif
