/* SPDX-License-Identifier: Apache-2.0 */
/* match_trace.h -- what a match specification for calls and messages may do to tracing itself.
 *
 * Each takes the arguments of its form and gives its value; NO_VALUE: it fails.
 */
#ifndef VM_MATCH_TRACE_H
#define VM_MATCH_TRACE_H

#include "bif/match_program.h"

/* test: erlang:match_spec_test/3, which has no caller and leaves the sequential token alone. */
term match_trace_form(struct process *p, enum match_op op, const term *arg, size_t count,
                      bool test);

#endif
