/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_snapshot.c -- `mote snapshot`: a running mote, as an image that goes on from where it is. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/image_keep.h"
#include "cli/memory.h"
#include "cli/state.h"

enum { OUTPUT, PATIENCE };

const struct option snapshot_options[] = {
    [OUTPUT] = {"--output", "-o", "FILE", "where the image goes"},
    [PATIENCE] = {"--time", "-t", "SECONDS",
                  "how long to wait for a point at which it can be copied\n(default: 10)"},
    {0},
};

const char snapshot_details[] =
    "The mote goes on undisturbed; `mote run FILE` goes on from the same point, as often as you\n"
    "like: processes, tables, timers, loaded code and /tmp are there. What is outside is new:\n"
    "clocks, references, arguments, environment, interfaces, folders. Its connections are as if\n"
    "the other side had reset them; what listens goes on to listen. FILE is an image, and\n"
    "`mote run --cold FILE` boots it.\n";

struct request {
    const char *name, *output;
    int patience_ms;
};

static int read_request(const struct command *self, int argc, char **argv, struct request *r,
                        struct error *e)
{
    struct arguments a = {argv, argv + argc, self};
    const char *value;
    char *end;
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        switch (option) {
        case ARGUMENT_BAD: return -1;
        case OUTPUT: r->output = value; continue;
        case PATIENCE:
            r->patience_ms = (int)(strtol(value, &end, 10) * 1000);
            if (end != value && !*end && r->patience_ms > 0 && r->patience_ms <= 86400000) continue;
            return fail(e, 0, "--time %s: give a number of seconds", value);
        case ARGUMENT_OPERAND:
            if (r->name) return fail(e, 0, "one at a time: %s or %s?", r->name, value);
            r->name = value;
            continue;
        default: return fail(e, 0, "snapshot takes no --");
        }
    }
    if (!r->name) return fail(e, 0, "of which mote? give a name; `mote ps` lists them");
    return r->output ? 0 : fail(e, 0, "where to? give -o FILE");
}

/* A file beside, which becomes the one that is wanted in one step. */
static int open_beside(const char *output, const char **fresh, struct error *e)
{
    struct stat status;
    if (stat(output, &status) == 0 && !S_ISREG(status.st_mode))
        return fail(e, S_ISDIR(status.st_mode) ? EISDIR : 0, "cannot write %s: it is no file",
                    output);
    *fresh = memory_print("%s.%ld.new", output, (long)getpid());
    int fd = open(*fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    return fd < 0 ? fail(e, errno, "cannot write %s", output) : fd;
}

static int ask(const struct request *r, struct state_mote *m, struct copy *copy, struct error *e)
{
    if (state_find(r->name, m, e) < 0) return -1;
    if (!m->runs) return fail(e, 0, "%s is not running", r->name);
    closes_itself int socket = state_connect(m, e);
    if (socket < 0) return -1;
    return copy_ask(socket, r->name, r->patience_ms, copy, e);
}

static const char *volatile unfinished;

/* Nothing is left over when we are asked to end. */
static void give_up(int number)
{
    if (unfinished) unlink(unfinished);
    signal(number, SIG_DFL);
    raise(number);
}

static int write_image(const struct request *r, struct copy *copy, struct error *e)
{
    const char *fresh = NULL;
    struct state_mote m;
    closes_itself int fd = open_beside(r->output, &fresh, e);
    if (fd < 0) return -1;
    unfinished = fresh;
    int result = ask(r, &m, copy, e);
    /* A cookie stands in it, to be read. */
    if (result == 0 && *m.node && fchmod(fd, 0600) < 0)
        result = fail(e, errno, "cannot write %s", r->output);
    if (result == 0) result = image_keep(copy, &m, fd, r->output, e);
    if (result == 0 && (fsync(fd) < 0 || close(keep(&fd)) < 0 || rename(fresh, r->output) < 0))
        result = fail(e, errno, "cannot write %s", r->output);
    if (result < 0) unlink(fresh);
    unfinished = NULL;
    return result;
}

int cmd_snapshot(const struct command *self, int argc, char **argv, struct error *e)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct request r = {.patience_ms = 10000};
    struct copy copy = {.memory = -1, .image = -1};
    struct stat status;
    if (read_request(self, argc, argv, &r, e) < 0) return COMMAND_MISUSED;
    for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) signal(ends[i], give_up);
    signal(SIGXFSZ, SIG_IGN); /* a limit is an error like others */
    int result = write_image(&r, &copy, e);
    if (result == 0 && stat(r.output, &status) == 0)
        printf("%s: %.1f MiB; %s stood still for %.1f ms\n", r.output,
               (double)status.st_size / (1 << 20), r.name, (double)copy.stood_ns / 1e6);
    copy_drop(&copy);
    return result < 0 ? COMMAND_FAILED : 0;
}
