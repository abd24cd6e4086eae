/* SPDX-License-Identifier: Apache-2.0 */
/* process_options.h -- options that several BIFs about processes take; false: a bad one. */
#ifndef VM_PROCESS_OPTIONS_H
#define VM_PROCESS_OPTIONS_H

#include "bif/bif.h"
#include "term/release.h"
#include "term/node.h"

/* Since OTP 28: `priority`, and a list of nothing else. */
static inline bool is_priority_option(term option)
{
    return otp_release >= 28 && term_same(option, ATOM(priority));
}
bool priority_options(term list, bool *priority);

struct monitor_options {
    enum alias_mode alias;
    term tag; /* NO_VALUE: 'DOWN' */
    bool priority;
};
/* A list of {alias, Mode} and {tag, Term}, since OTP 28 also `priority`. */
bool monitor_options(term list, struct monitor_options *o);
/* A size or #{size => _, kill => _, error_logger => _}. */
bool max_heap_option(term value, size_t *size, bool *kill, bool *log);
bool priority_option(term value, enum priority *to);
term priority_atom(enum priority priority);

#endif
