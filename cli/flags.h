/* SPDX-License-Identifier: Apache-2.0 */
/* flags.h -- the command line of `erl`, taken apart as erlexec does it.
 *
 * `erl` sorts its arguments: +flags are the emulator's, all others are init's.  The result
 * has the form in which the runtime wants them:
 *
 *   beam EMULATOR-FLAGS -- -root R -bindir B -progname P -- -home H -- INIT-ARGUMENTS
 */
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include "cli/apps.h"
#include "monitor/error.h"

struct flags {
    struct names emulator;     /* "+pc" "unicode", as they were written */
    struct names init;         /* everything else, in order */
    struct names variables;    /* NAME, VALUE, NAME, VALUE: of -env */
    struct names folders;      /* of -pa, -pz and -path: to be packed, as they were written */
    struct names files;        /* of -config and -boot, perhaps without their extensions */
    struct names plain;        /* what follows -extra */
    bool show_version;         /* -version or +V: nothing else is wanted */
    bool is_node;              /* -name or -sname */
    bool has_cookie;           /* -setcookie */
    bool has_names_of_its_own; /* -epmd_module or -proto_dist: our own port mapper is not wanted */
};

/* Adds `argv` and, around it, $ERL_AFLAGS, $ERL_FLAGS and $ERL_ZFLAGS. */
int flags_read(struct flags *f, int argc, char **argv, struct error *e);

/* Splits text as a shell would, without expansions: blanks, quotes and backslashes. */
void flags_split(const char *text, struct names *words);

/* Appends the whole argument list to `argv`. */
void flags_build(const struct flags *f, const char *root, const char *bindir, const char *home,
                 struct names *argv);

#endif
