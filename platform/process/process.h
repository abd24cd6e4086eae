/* SPDX-License-Identifier: Apache-2.0 */
/* process.h -- what the files of this port share: the system calls that are left.
 *
 * The only code of the runtime that contains the `syscall` instruction (process_call, and the way out of process_signal);
 * mk/guest.mk checks that.  The monitor's sandbox.def allows exactly what is used here, with these arguments.
 */
#ifndef PLATFORM_PROCESS_H
#define PLATFORM_PROCESS_H

#include <stdbool.h>

#include "platform/port.h"

long process_call(long number, long a, long b, long c, long d, long e);

/* clock.c */
uint64_t process_monotonic_ns(void);
uint64_t process_wall_ns(void);
uint64_t process_cpu_ns(void);

/* crash.c: the monitor installs it for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP */
void process_signal(int number, void *info, void *context);

/* thaw.c */
void process_thaw_start(void);
/* Inflates what is still cold there; false: nothing was. */
bool process_thaw(uint64_t address, uint64_t bytes);

#endif
