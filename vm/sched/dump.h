/* SPDX-License-Identifier: Apache-2.0 */
/* dump.h -- a process's stack as text, and a text that grows. */
#ifndef VM_DUMP_H
#define VM_DUMP_H

#include "etf/print.h"
#include "process/process.h"

/* For plat_on_crash(): which process was running, and where. */
void dump_running(void (*put)(const char *text, size_t n));

/* Where execution is and the frames below, one line each. */
void process_dump(const struct print_sink *sink, const struct process *p);

/* A print_sink that collects; bytes is given to arena_free().  What there is no memory for is dropped. */
struct text {
    char *bytes;
    size_t used, room;
};
void text_write(void *text, const char *bytes, size_t n);

#endif
