/* SPDX-License-Identifier: Apache-2.0 */
/* process_options.h -- options that several BIFs about processes take; false: a bad one. */
#ifndef VM_PROCESS_OPTIONS_H
#define VM_PROCESS_OPTIONS_H

#include "bif/bif.h"
#include "term/node.h"

/* A list of {alias, Mode} and {tag, Term}. */
bool monitor_options(term list, enum alias_mode *alias, term *tag);
/* A size or #{size => _, kill => _, error_logger => _}. */
bool max_heap_option(term value, size_t *size, bool *kill, bool *log);
bool priority_option(term value, enum priority *to);
term priority_atom(enum priority priority);

#endif
