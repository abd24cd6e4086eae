/* SPDX-License-Identifier: Apache-2.0 */
/* guest.h -- shared by the files of the test guest. */
#ifndef TEST_MONITOR_GUEST_H
#define TEST_MONITOR_GUEST_H

#include "platform/platform.h"

void print(const char *text);
void print_number(uint64_t n);

/* walls.c: runs into the wall that argv[1] names.  0: there is no such wall. */
int wall_try(const struct plat_boot *boot);

int libraries(void); /* libraries.c */

/* frames.c: argv[2] says what to do with the network. */
int frames(const struct plat_boot *boot);

void *arena_malloc(size_t bytes);
void *arena_calloc(size_t bytes);
void *arena_realloc(void *block, size_t bytes);
void arena_free(void *block);

#endif
