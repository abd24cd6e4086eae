/* SPDX-License-Identifier: Apache-2.0 */
/* re_options.h -- the option lists of re:compile/2 and re:run/3. */
#ifndef VM_RE_OPTIONS_H
#define VM_RE_OPTIONS_H

#include "bif/re_code.h"
#include "code/native.h"

struct re_options {
    uint32_t compile, run; /* PCRE2's */
    uint8_t newline, bsr;
    bool for_compile_only, for_run_only; /* one was there that only this function takes */
    bool unicode, global, report_errors, has_capture;
    term capture_values, capture_type;
    size_t offset;
    struct re_limits limits;
};

/* false: no such option, or a bad value. */
bool re_options_read(term list, struct re_options *o);

#endif
