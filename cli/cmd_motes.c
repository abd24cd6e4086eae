/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_motes.c -- `mote ps`, `mote logs`, `mote stop` and `mote kill`: motes that have a name. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/memory.h"
#include "cli/state.h"

/* --- ps --------------------------------------------------------------------------------------------- */

enum { PS_ALL };
const struct option ps_options[] = {
    [PS_ALL] = {"--all", "-a", NULL, "those that have ended, too"},
    {0},
};

const char ps_details[] =
    "A mote has a name when it was started with --name or -d. What is known of it stands in\n"
    "$MOTE_STATE, $XDG_RUNTIME_DIR/mote, $XDG_STATE_HOME/mote or ~/.local/state/mote. Of those\n"
    "that have ended the last 32 are remembered; one that ended without saying its status was\n"
    "killed.\n";

static const char *age(int64_t started_s)
{
    int64_t s = (int64_t)time(NULL) - started_s;
    if (s < 0) s = 0;
    if (s < 120) return memory_print("%lld s", (long long)s);
    if (s < 7200) return memory_print("%lld min", (long long)s / 60);
    if (s < 172800) return memory_print("%lld h", (long long)s / 3600);
    return memory_print("%lld days", (long long)s / 86400);
}

static const char *condition(const struct state_mote *m)
{
    if (m->runs) return "running";
    return m->status < 0 ? "killed" : memory_print("ended %d", m->status);
}

int cmd_ps(const struct command *self, int argc, char **argv, struct error *e)
{
    struct arguments a = {argv, argv + argc, self};
    struct state_mote *motes;
    const char *value;
    size_t n;
    bool all = false;
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        if (option == ARGUMENT_BAD) return COMMAND_MISUSED;
        if (option != PS_ALL) {
            fail(e, 0, "ps takes no %s", option == ARGUMENT_OPERAND ? value : "--");
            return COMMAND_MISUSED;
        }
        all = true;
    }
    if (state_list(&motes, &n, e) < 0) return COMMAND_FAILED;
    printf("%-24s %-10s %-8s %-8s %-9s %s\n", "NAME", "STATE", "PID", "STARTED", "PLATFORM",
           "WHAT");
    for (size_t i = 0; i < n; i++) {
        const struct state_mote *m = &motes[i];
        if (!m->runs && !all) continue;
        printf("%-24s %-10s %-8s %-8s %-9s %s\n", m->name, condition(m),
               m->runs ? memory_print("%d", (int)m->pid) : "-", age(m->started_s), m->platform,
               m->what);
    }
    return 0;
}

/* --- logs ------------------------------------------------------------------------------------------- */

enum { LOGS_FOLLOW };
const struct option logs_options[] = {
    [LOGS_FOLLOW] = {"--follow", "-f", NULL, "go on until the mote ends"},
    {0},
};

static int copy_log(int fd, struct error *e)
{
    char bytes[16384];
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) != 0;) {
        if (n < 0) return fail(e, errno, "cannot read the log");
        if (file_write_all(1, bytes, (size_t)n, "standard output", e) < 0) return -1;
    }
    return 0;
}

int cmd_logs(const struct command *self, int argc, char **argv, struct error *e)
{
    struct arguments a = {argv, argv + argc, self};
    struct state_mote m;
    const char *value, *name = NULL;
    bool follow = false;
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        if (option == LOGS_FOLLOW) {
            follow = true;
        } else if (option == ARGUMENT_OPERAND && !name) {
            name = value;
        } else {
            if (option != ARGUMENT_BAD) fail(e, 0, "logs takes one name");
            return COMMAND_MISUSED;
        }
    }
    if (!name) {
        fail(e, 0, "whose log? give a name");
        return COMMAND_MISUSED;
    }
    if (state_find(name, &m, e) < 0) return COMMAND_FAILED;
    closes_itself int fd = open(state_log(name), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fail(e, errno == ENOENT ? 0 : errno, "%s has no log: it was not started with -d", name);
        return COMMAND_FAILED;
    }
    for (bool last = false; !last;) {
        last = !follow ||
               state_wait(name, 100); /* first: what it wrote before its end is there then */
        if (copy_log(fd, e) < 0) return COMMAND_FAILED;
    }
    return 0;
}

/* --- stop and kill ------------------------------------------------------------------------------------ */

enum { STOP_TIME };
const struct option stop_options[] = {
    [STOP_TIME] = {"--time", "-t", "SECONDS",
                   "kill it when it has not ended by then (default: 10)"},
    {0},
};

const char stop_details[] =
    "It is asked as by SIGTERM: init:stop/0 is called, and applications are\n"
    "stopped in their order.\n";

static int end_one(const char *name, bool ask, int64_t patience_ms, struct error *e)
{
    struct state_mote m;
    if (state_find(name, &m, e) < 0) return -1;
    if (!m.runs) return fail(e, 0, "%s is not running", name);
    int sent = state_signal(&m, ask ? SIGTERM : SIGKILL, e);
    if (sent < 0) return -1;
    if (ask && !state_wait(name, patience_ms) && state_signal(&m, SIGKILL, e) < 0) return -1;
    state_wait(name, -1);
    puts(name);
    return 0;
}

static int end_all(const struct command *self, int argc, char **argv, bool ask, struct error *e)
{
    struct arguments a = {argv, argv + argc, self};
    const char *value, *names[64];
    unsigned n = 0;
    int64_t patience_ms = 10000;
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        char *end;
        if (option == ARGUMENT_OPERAND && n < 64) {
            names[n++] = value;
        } else if (ask && option == STOP_TIME) {
            patience_ms = strtol(value, &end, 10) * 1000;
            if (end != value && !*end && patience_ms >= 0 && patience_ms <= 86400000) continue;
            fail(e, 0, "--time %s: give a number of seconds", value);
            return COMMAND_MISUSED;
        } else {
            if (option != ARGUMENT_BAD) fail(e, 0, "too many names");
            return COMMAND_MISUSED;
        }
    }
    if (!n) {
        fail(e, 0, "which mote? give a name; `mote ps` lists them");
        return COMMAND_MISUSED;
    }
    for (unsigned i = 0; i < n; i++)
        if (end_one(names[i], ask, patience_ms, e) < 0) return COMMAND_FAILED;
    return 0;
}

int cmd_stop(const struct command *self, int argc, char **argv, struct error *e)
{
    return end_all(self, argc, argv, true, e);
}

int cmd_kill(const struct command *self, int argc, char **argv, struct error *e)
{
    return end_all(self, argc, argv, false, e);
}
