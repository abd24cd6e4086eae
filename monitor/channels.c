/* SPDX-License-Identifier: Apache-2.0 */
/* channels.c -- see channels.h. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "monitor/channels.h"
#include "monitor/devices/channel.h"
#include "monitor/machine.h"

static struct served {
    pid_t pid;
    struct channel *channel;
} served[CHANNELS_MOST] MACHINE_WAITS;
static volatile int wake_guest MACHINE_WAITS;

/* A server has ended: its guest has to know. */
static void on_child(int number)
{
    int saved = errno;
    (void)number;
    for (unsigned i = 0; i < CHANNELS_MOST; i++) {
        if (!served[i].pid || waitpid(served[i].pid, NULL, WNOHANG) != served[i].pid) continue;
        served[i].pid = 0;
        channel_close(served[i].channel, wake_guest);
    }
    errno = saved;
}

int channels_start(int wake, struct error *e)
{
    wake_guest = wake;
    struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP | SA_RESTART};
    return sigaction(SIGCHLD, &action, NULL) < 0 ? fail(e, errno, "handle signals") : 0;
}

int channels_add(struct channels *c, struct channel *memory, const char *name, int doorbell,
                 struct error *e)
{
    if (c->n == CHANNELS_MOST) return fail(e, 0, "there can be %u channels", CHANNELS_MOST);
    served[c->n] = (struct served){0, memory};
    c->at[c->n] = memory;
    c->names[c->n] = name;
    c->doorbell[c->n++] = doorbell;
    return 0;
}

void channels_served_by(const struct channels *c, pid_t pid)
{
    served[c->n - 1].pid = pid;
    on_child(0); /* it may have ended before we knew its number */
}

int channels_move(struct channels *c, unsigned number, void *to, struct error *e)
{
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    unsigned char *from = (unsigned char *)c->at[number] - CHANNEL_BEFORE;
    if (mremap(from, CHANNEL_STRIDE, CHANNEL_STRIDE, flags, to) != to)
        return fail(e, errno, "map a channel");
    c->at[number] = channel_at(to);
    served[number].channel = c->at[number];
    on_child(0); /* its server may have ended while that was not so */
    return 0;
}
