/* SPDX-License-Identifier: Apache-2.0 */
/* command.h -- what a command of `mote` is, and how it reads its arguments.
 *
 * Everything that a user is told of a command (usage, help, suggestions) is printed from its
 * `struct command`; main.c has the list of them.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "monitor/error.h"

struct option {
    const char *name;    /* "--main"; NULL ends a list */
    const char *letter;  /* "-m", or NULL */
    const char *value;   /* what follows it, as it stands in the help; NULL: nothing does */
    const char *meaning; /* may have several lines */
};

/* A row of a table of options, for lists of them that several commands share: X(name, option, letter, value, meaning). */
#define OPTION_ROW(name, option, letter, value, meaning) [name] = {option, letter, value, meaning},

struct command {
    const char *name;
    int (*run)(const struct command *self, int argc, char **argv, struct error *e);
    const char *arguments;
    const char *summary; /* one line, for the list of commands */
    const struct option *options;
    const char *details; /* more text for the command's own help, or NULL */
};

/* What a command's run() returns: an exit status, or one of these with `e` filled in. */
enum {
    COMMAND_FAILED = -1, /* main prints the message and leaves with EXIT_STATUS_FAILED */
    COMMAND_MISUSED = -2 /* the same, with a pointer to the help, and EXIT_STATUS_MISUSED */
};

/* Exit statuses of `mote` itself.  `run` and `erl` pass on the guest's (abi/boot.h). */
enum { EXIT_STATUS_FAILED = 1, EXIT_STATUS_MISUSED = 2 };

extern const struct command commands[]; /* in main.c; ends with a NULL name */

extern int cmd_build(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_run(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_erl(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_inspect(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_ps(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_logs(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_stop(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_kill(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_snapshot(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_attach(const struct command *self, int argc, char **argv, struct error *e);
extern int cmd_version(const struct command *self, int argc, char **argv, struct error *e);

extern const struct option build_options[], run_options[], erl_options[], inspect_options[];
extern const struct option ps_options[], logs_options[], stop_options[], attach_options[];
extern const struct option snapshot_options[];
extern const char build_details[], run_details[], erl_details[], inspect_details[];
extern const char ps_details[], stop_details[], attach_details[], snapshot_details[];

/* --- arguments ------------------------------------------------------------------------------ */

struct arguments {
    char **at, **end;
    const struct command *command;
};

enum {
    ARGUMENT_BAD = -1,     /* `e` says why: return COMMAND_MISUSED */
    ARGUMENT_END = -2,     /* none left */
    ARGUMENT_OPERAND = -3, /* not an option: it is in *value */
    ARGUMENT_REST = -4     /* "--" was read: the rest is arguments->at up to ->end */
};

/* Takes one argument, or an option with its value ("--main M:F", "--main=M:F", "-m 64M",
 * "-m64M"), and returns the option's index in the command's list, or one of the above. */
int arguments_next(struct arguments *a, const char **value, struct error *e);

/* The one of `candidates` (`stride` bytes apart, each beginning with a `const char *`; NULL
 * ends) that `text` was most likely meant to be, or NULL. */
const char *nearest_name(const char *text, const void *candidates, size_t stride);

#endif
