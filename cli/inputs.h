/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.h -- what the PATHs of `mote build` are, and what is in them. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/apps.h"
#include "cli/otp.h"

/* An application that is started, and how (application:start/2). */
struct start {
    const char *name, *type;
};

struct inputs {
    struct names sources;   /* .erl files */
    struct names beams;     /* .beam files that belong to no application */
    struct library library; /* applications that were given, or that stand beside those */
    struct names roots;     /* those of them that are wanted for sure */

    /* Of a release; empty when none was given. */
    struct start *starts;
    size_t start_count, start_room;
    const char *config;         /* sys.config, or NULL */
    const char *consolidated;   /* folder of Elixir's consolidated protocols, or NULL */
    struct names release_flags; /* of vm.args, without the emulator's and the node's */
    bool has_release;
};

/* Looks at one PATH and adds what it is. */
int inputs_add(struct inputs *in, const char *path, struct error *e);

/* Completes the library: $ERL_LIBS, OTP, and Elixir when the host has it. */
int inputs_finish(struct inputs *in, const struct otp *otp, struct error *e);

#endif
