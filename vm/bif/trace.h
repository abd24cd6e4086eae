/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h -- what the files of the tracing BIFs share. */
#ifndef VM_BIF_TRACE_H
#define VM_BIF_TRACE_H

#include "bif/bif.h"
#include "process/trace.h"

/* A pid or port, {Prefix, PidOrPort}, or {Prefix, Module, State}: the tracer as it is kept.  NO_VALUE: none,
 * or a module that is no tracer.  A prefix NO_VALUE stands for {Module, State}. */
term tracer_of(term prefix, term t);

/* The flags of trace/3 in a list.  false: something else is in it. */
struct trace_options {
    uint32_t flags;
    term tracer; /* NIL: none given */
    bool cpu_stamps;
};
bool trace_options(term list, struct trace_options *o);

/* The list of names of these flags, as trace_info/2 has it. */
term trace_flag_names(struct heap *h, uint32_t flags);

/* trace_info({M, F, A} | on_load | send | receive, Item); NO_VALUE: badarg. */
term trace_info_of_call(struct process *p, term what, term item);

#endif
