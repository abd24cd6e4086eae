/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h -- what the kernel says of a process, proc(5). */
#ifndef AGENT_PROC_H
#define AGENT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The text of /proc/PID/FILE, as much as there is room for with a zero behind it; false, and no text: it cannot be read, or says nothing. */
bool proc_read(pid_t pid, const char *file, char *text, size_t room);

#endif
