/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- `mote`: the list of commands, their help, and who prints errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/boot.h"
#include "cli/command.h"
#include "cli/launch.h"
#include "cli/version.h"

static int help(const struct command *self, int argc, char **argv, struct error *e);

static const struct option no_options[] = {{0}};

const struct command commands[] = {
    {"build", cmd_build, "PATH... -o IMAGE [OPTION...]",
     "pack an application and what it needs into an image", build_options, build_details},
    {"run", cmd_run, "IMAGE|FILE.erl [OPTION...] [-- ARG...]",
     "boot an image, or compile a file and run it", run_options, run_details},
    {"erl", cmd_erl, "[OPTION...] [ARG...]", "stand where `erl` stood: any of its arguments",
     erl_options, erl_details},
    {"ps", cmd_ps, "[OPTION]", "list the motes that have a name", ps_options, ps_details},
    {"logs", cmd_logs, "[OPTION] NAME", "what a mote in the background has written", logs_options,
     NULL},
    {"stop", cmd_stop, "[OPTION] NAME...", "ask motes to stop, and wait", stop_options,
     stop_details},
    {"kill", cmd_kill, "NAME...", "end motes at once", no_options, NULL},
    {"snapshot", cmd_snapshot, "NAME -o FILE [OPTION...]",
     "keep a running mote: an image that goes on from where it is", snapshot_options,
     snapshot_details},
    {"attach", cmd_attach, "[OPTION...] NAME|NODE@HOST",
     "open a shell in a running mote, or in any node", attach_options, attach_details},
    {"inspect", cmd_inspect, "IMAGE [OPTION...]", "show what is in an image without running it",
     inspect_options, inspect_details},
    {"version", cmd_version, "", "the versions of Mote and OTP, and what this host can do",
     no_options, NULL},
    {"help", help, "[COMMAND]", "this text, or all about one command", no_options, NULL},
    {0},
};

/* --- help ---------------------------------------------------------------------------------- */

static void list_commands(FILE *to)
{
    fputs("Usage: mote COMMAND [ARGUMENT...]\n"
          "Erlang without an operating system: one application, one image, one machine.\n\n",
          to);
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-9s %s\n", c->name, c->summary);
    fputs("\n`mote help COMMAND` or `mote COMMAND --help` says more.\n", to);
}

static void describe_option(const struct option *o)
{
    char left[64];
    snprintf(left, sizeof left, "%s%s%s%s%s", o->letter ? o->letter : "", o->letter ? ", " : "",
             o->name, o->value ? " " : "", o->value ? o->value : "");
    printf("  %-27s", left);
    if (strlen(left) > 26) printf("\n  %-27s", "");
    for (const char *line = o->meaning;;) {
        size_t n = strcspn(line, "\n");
        printf(" %.*s\n", (int)n, line);
        if (!line[n]) return;
        line += n + 1;
        printf("  %-27s", "");
    }
}

static void describe_statuses(void)
{
    puts("\nExit status: the guest's, from halt/1, or\n"
         "    2  the command line was wrong");
#define BOOT_STATUS(name, number, meaning) printf("  %3d  %s\n", number, meaning);
    BOOT_STATUSES(BOOT_STATUS)
#undef BOOT_STATUS
}

static void describe(const struct command *c)
{
    printf("Usage: mote %s%s%s\n%s\n", c->name, *c->arguments ? " " : "", c->arguments, c->summary);
    if (c->options->name) puts("\nOptions:");
    for (const struct option *o = c->options; o->name; o++) describe_option(o);
    if (c->details) printf("\n%s", c->details);
    if (c->run == cmd_run || c->run == cmd_erl)
        describe_statuses();
    else
        puts("\nExit status: 0 it is done, 1 it failed, 2 the command line was wrong.");
}

static const struct command *find_command(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0) return c;
    return NULL;
}

static int unknown_command(const char *name, struct error *e)
{
    const char *near = nearest_name(name, commands, sizeof *commands);
    if (near)
        fail(e, 0, "there is no command %s; did you mean %s?", name, near);
    else
        fail(e, 0, "there is no command %s", name);
    return COMMAND_MISUSED;
}

static int help(const struct command *self, int argc, char **argv, struct error *e)
{
    (void)self;
    if (argc > 1) {
        fail(e, 0, "help is for one command at a time");
        return COMMAND_MISUSED;
    }
    const struct command *c = argc == 1 ? find_command(argv[0]) : NULL;
    if (argc == 1 && !c) return unknown_command(argv[0], e);
    if (c)
        describe(c);
    else
        list_commands(stdout);
    return 0;
}

/* --- start --------------------------------------------------------------------------------- */

/* `mote run x.erl --help` asks us, `mote run x.erl -- --help` asks the guest; of the arguments
 * of `mote erl`, only the first can be meant for us. */
static bool wants_help(const struct command *c, int argc, char **argv)
{
    int most = c->run == cmd_erl && argc > 1 ? 1 : argc;
    for (int i = 0; i < most && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) return true;
    return false;
}

static int report(const struct command *c, int result, const struct error *e)
{
    if (result >= 0) return result;
    fprintf(stderr, "mote%s%s: %s\n", c ? " " : "", c ? c->name : "", e->text);
    if (result == COMMAND_MISUSED) {
        fprintf(stderr, "`mote help%s%s` says how it is used.\n", c ? " " : "", c ? c->name : "");
        return EXIT_STATUS_MISUSED;
    }
    return c && (c->run == cmd_run || c->run == cmd_erl) ? BOOT_STATUS_MONITOR : EXIT_STATUS_FAILED;
}

static int run_command(int argc, char **argv)
{
    struct error e = {0};
    if (argc < 1) return EXIT_STATUS_MISUSED;
    const char *last = strrchr(argv[0], '/');
    if (strcmp(last ? last + 1 : argv[0], "erl") == 0) { /* a link with that name */
        const struct command *erl = find_command("erl");
        return report(erl, erl->run(erl, argc - 1, argv + 1, &e), &e);
    }
    if (argc < 2) {
        list_commands(stderr);
        return EXIT_STATUS_MISUSED;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) name = "version";
    const struct command *c = find_command(name);
    if (!c) return report(NULL, unknown_command(name, &e), &e);
    if (wants_help(c, argc - 2, argv + 2)) {
        describe(c);
        return 0;
    }
    return report(c, c->run(c, argc - 2, argv + 2, &e), &e);
}

int main(int argc, char **argv)
{
    launch_started();
    int status = run_command(argc, argv);
    /* Help that went to a full disk was not given. */
    if (status == 0 && fflush(stdout) != 0) {
        perror("mote: cannot write");
        return EXIT_STATUS_FAILED;
    }
    return status;
}
