/* SPDX-License-Identifier: Apache-2.0 */
/* compile.h -- Erlang source files through the host's own compiler. */
#ifndef CLI_COMPILE_H
#define CLI_COMPILE_H

#include "cli/apps.h"
#include "cli/otp.h"
#include "monitor/error.h"

/* Compiles all of `sources` with one call of OTP's erlc, without anything in the result that
 * depends on the time or the place.  Returns the folder with the .beam files, which is gone
 * when the process ends, or NULL after fail().  What the compiler says goes to standard
 * error. */
const char *compile_sources(const struct otp *otp, const struct names *sources, bool debug_info,
                            struct error *e);

#endif
