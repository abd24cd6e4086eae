/* SPDX-License-Identifier: Apache-2.0 */
/* stop.c -- Ctrl-C and its relatives.
 *
 *   SIGINT, SIGTERM, SIGHUP   first: the guest is asked to stop (it sees PLAT_READY_STOP).
 *                             Again within REPEAT: it is ended.
 *   SIGALRM                   PATIENCE after the first: ended, if the guest has not even
 *                             noticed.
 *   SIGWINCH, SIGCONT         the console looks at its terminal.
 *
 * The handlers only set flags and write to eventfds; the thread that runs the guest is the
 * one that gets the signals, and falls out of KVM_RUN or poll() by them.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/machine.h"

enum { PATIENCE_S = 5 };
#define REPEAT_NS 2000000000ull

const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGWINCH, SIGCONT, 0};

static struct machine *machine MACHINE_WAITS;
static volatile unsigned char *kick MACHINE_WAITS;
static pid_t thread MACHINE_WAITS;
static uint64_t asked_ns MACHINE_WAITS; /* when we were last asked; 0: never */
static volatile sig_atomic_t ended MACHINE_WAITS;

static void wake(int fd)
{
    uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one);
    (void)ignored;
}

static bool noticed(void)
{
    const struct control *c = machine->control;
    return __atomic_load_n(&c->stop_seen, __ATOMIC_RELAXED) ==
           __atomic_load_n(&c->stop_requests, __ATOMIC_RELAXED);
}

static void end(void)
{
    ended = 1;
    machine->console.leave = 1;
    wake(machine->doorbell);
}

static void ask(void)
{
    if (machine_is_hostile(machine)) end();
    uint64_t now = stats_now_ns();
    if (asked_ns && now - asked_ns < REPEAT_NS) end();
    asked_ns = now;
    __atomic_add_fetch(&machine->control->stop_requests, 1, __ATOMIC_RELEASE);
    wake(machine->wake);
    alarm(PATIENCE_S);
}

static void handle(int number)
{
    int saved = errno;
    if (number == SIGALRM) {
        if (asked_ns && !noticed()) end();
    } else if (number == SIGWINCH || number == SIGCONT) {
        if (number == SIGWINCH)
            machine->console.window_changed = 1;
        else
            machine->console.continued = 1;
        wake(machine->doorbell);
    } else {
        ask();
    }
    if (kick) *kick = 1;
    errno = saved;
}

int stop_start(struct machine *m, volatile unsigned char *k, struct error *e)
{
    machine = m;
    kick = k;
    thread = (pid_t)syscall(SYS_gettid);
    struct sigaction action = {.sa_handler = handle}; /* no SA_RESTART: calls return */
    for (const int *s = stop_signals; *s; s++)
        if (sigaction(*s, &action, NULL) < 0) return fail(e, errno, "handle signals");
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is not our end: see console.c */
    return 0;
}

bool stop_now(void) { return ended != 0; }

void stop_signal_set(sigset_t *set)
{
    sigemptyset(set);
    for (const int *s = stop_signals; *s; s++) sigaddset(set, *s);
}

void stop_kick(void)
{
    if (kick) *kick = 1;
    syscall(SYS_tgkill, getpid(), thread, SIGCONT); /* the one way that the sandbox lets through */
}
