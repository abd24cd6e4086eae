/* SPDX-License-Identifier: Apache-2.0 */
/* dump.h -- a process's stack as text, and a text that grows. */
#ifndef VM_DUMP_H
#define VM_DUMP_H

#include "etf/print.h"
#include "process/process.h"

/* For plat_on_crash(): which process was running, and where. */
void dump_running(void (*put)(const char *text, size_t n));

/* Where execution is and the frames below, one line each: nothing that could be broken is looked at. */
void process_dump(const struct print_sink *sink, const struct process *p);

/* process_text.c: the same with what the frames hold, as process_info(P, backtrace) shows it. */
void process_stack_text(const struct print_sink *sink, const struct process *p);
/* process_text.c: one process as in a stock crash dump: `=proc:<0.1.0>` and so on. */
void process_text(const struct print_sink *sink, const struct process *p);

/* A print_sink that collects; bytes is given to arena_free().  What there is no memory for is dropped. */
struct text {
    char *bytes;
    size_t used, room;
};
void text_write(void *text, const char *bytes, size_t n);
/* The same where the text must be whole: without memory the machine ends. */
void text_write_all(void *text, const char *bytes, size_t n);

#endif
