/* SPDX-License-Identifier: Apache-2.0 */
/* detach.c -- see detach.h.
 *
 * The process that stays in the background tells the one in front through a pipe: its end without a word, when
 * the sandbox closes it, means that the guest runs; a message, that it cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <unistd.h>

#include "abi/boot.h"
#include "cli/command.h"
#include "cli/detach.h"
#include "cli/files.h"
#include "cli/state.h"

struct named {
    struct launch *launch;
    const struct node *node;
    struct state_own own;
    const char *what;
};

static int write_state(const struct named *n, const char *more, struct error *e)
{
    bool kvm = n->launch->options.platform == MONITOR_KVM;
    return state_write(&n->own, getpid(), kvm ? "kvm" : "process", n->what, more, e);
}

/* Once it is known what became of the devices. */
static int opened(void *context, const struct monitor_opened *o, struct error *e)
{
    const struct named *n = context;
    return write_state(n, node_lines(n->node, &n->launch->network, o), e);
}

static int run_named(struct named *n, struct error *e)
{
    const int open_ones[] = {n->own.lock, n->own.status};
    struct launch *l = n->launch;
    launch_choose_platform(l);
    if (write_state(n, "", e) < 0) return COMMAND_FAILED;
    l->options.opened = opened;
    l->options.opened_context = n;
    l->options.keep = open_ones;
    l->options.keeps = 2;
    l->options.copies.listener = state_listen(&n->own);
    l->options.copies.wanted = l->options.copies.listener >= 0;
    l->options.copies.image = l->has_image ? l->options.runtime.fd : -1;
    int status = launch_run(l, e);
    state_ended(&n->own, status < 0 ? BOOT_STATUS_MONITOR : status);
    return status;
}

static int use_log(const struct state_own *s, struct error *e)
{
    const char *path = memory_print("%s/log", s->folder);
    closes_itself int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    closes_itself int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (nothing < 0 || log < 0) return fail(e, errno, "cannot open %s", path);
    if (dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        return fail(e, errno, "cannot write to %s", path);
    return 0;
}

static noreturn void be_background(struct named *n, int tell)
{
    struct error e = {0};
    setsid();
    int status = use_log(&n->own, &e) < 0 ? COMMAND_FAILED : run_named(n, &e);
    if (status >= 0) _exit(status);
    /* In front it is seen if that still waits; in the log in any case. */
    if (write(tell, e.text, strlen(e.text)) < 0) errno = 0;
    fprintf(stderr, "mote: %s\n", e.text);
    _exit(BOOT_STATUS_MONITOR);
}

static int wait_for_start(int told, struct error *e)
{
    char text[sizeof e->text];
    size_t n = 0;
    for (ssize_t got; n < sizeof text - 1; n += (size_t)got) {
        got = read(told, text + n, sizeof text - 1 - n);
        if (got < 0 && errno == EINTR)
            got = 0;
        else if (got <= 0)
            break;
    }
    text[n] = 0;
    return n ? fail(e, 0, "%s", text) : 0;
}

int detach_run(struct launch *l, const struct node *node, bool background, const char *name,
               const char *what, struct error *e)
{
    struct named n = {.launch = l, .node = node, .what = what};
    int tell[2];
    if (state_take(&n.own, name, what, e) < 0) return COMMAND_FAILED;
    if (!background) return run_named(&n, e);
    if (pipe2(tell, O_CLOEXEC) < 0) {
        fail(e, errno, "cannot make a pipe");
        return COMMAND_FAILED;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        fail(e, errno, "cannot start a process");
        return COMMAND_FAILED;
    }
    if (pid == 0) {
        close(tell[0]);
        be_background(&n, tell[1]);
    }
    close(tell[1]);
    close(n.own.lock);
    close(n.own.status);
    if (wait_for_start(tell[0], e) < 0) return COMMAND_FAILED;
    puts(n.own.name);
    fflush(stdout);
    _exit(0); /* what is to be cleared away at the end is the other's */
}
