/* SPDX-License-Identifier: Apache-2.0 */
/* seq_trace.h -- the token of a process, for BIFs and match specifications.  NO_VALUE: badarg. */
#ifndef VM_BIF_SEQ_TRACE_H
#define VM_BIF_SEQ_TRACE_H

#include "bif/bif.h"
#include "process/seq_trace.h"

/* erlang:seq_trace(What, Value): the old value. */
term seq_trace_set(struct process *p, term what, term value);
/* erlang:seq_trace_info(What) */
term seq_trace_about(struct process *p, term what);

#endif
