/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c -- see loop.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/devices/loop.h"

enum { UNTIL, DOORBELL }; /* the first two that are watched */

void loop_start(struct loop *l, int doorbell, int wake, const volatile int *leave)
{
    l->doorbell = doorbell;
    l->wake = wake;
    l->leave = leave;
    l->watched = l->first;
    l->watched_room = LOOP_WATCHED_LEAST;
}

void loop_add(struct loop *l, struct loop_device device)
{
    if (l->devices == LOOP_DEVICES_MOST) abort(); /* our own mistake */
    l->device[l->devices++] = device;
}

void loop_knock(const struct loop *l)
{
    uint64_t one = 1;
    ssize_t ignored = write(l->wake, &one, sizeof one);
    (void)ignored;
}

/* --- what to wait for --------------------------------------------------------------------- */

static bool grow(struct loop *l)
{
    unsigned room = 2 * l->watched_room;
    struct pollfd *more = malloc(room * sizeof *more);
    if (!more) return false;
    memcpy(more, l->watched, l->watched_n * sizeof *more);
    if (l->watched != l->first) free(l->watched);
    l->watched = more;
    l->watched_room = room;
    return true;
}

int loop_watch(struct loop *l, int fd, int events)
{
    if (fd < 0 || (l->watched_n == l->watched_room && !grow(l))) return -1;
    l->watched[l->watched_n] = (struct pollfd){.fd = fd, .events = (short)events};
    return (int)l->watched_n++;
}

int loop_polled(const struct loop *l, int number)
{
    return number >= 0 && (unsigned)number < l->watched_n ? l->watched[number].revents : 0;
}

void loop_timeout(struct loop *l, int64_t milliseconds)
{
    if (milliseconds < 0 || (l->timeout_ms >= 0 && milliseconds >= l->timeout_ms)) return;
    l->timeout_ms = (int)milliseconds;
}

/* --- rounds ---------------------------------------------------------------------------------- */

static int serve_all(struct loop *l)
{
    int did = 0;
    for (unsigned i = 0; i < l->devices; i++) {
        int result = l->device[i].serve(l->device[i].state, l);
        if (result < 0) return -1;
        did |= result;
    }
    return did;
}

static void prepare_all(struct loop *l, int until, bool sleep)
{
    l->watched_n = 0;
    l->timeout_ms = sleep ? -1 : 0;
    l->watched[l->watched_n++] = (struct pollfd){.fd = until, .events = POLLIN};
    l->watched[l->watched_n++] = (struct pollfd){.fd = l->doorbell, .events = POLLIN};
    for (unsigned i = 0; i < l->devices; i++)
        if (l->device[i].prepare(l->device[i].state, l, sleep)) l->timeout_ms = 0;
}

static void answer_doorbell(struct loop *l)
{
    uint64_t count;
    ssize_t ignored = read(l->doorbell, &count, sizeof count);
    (void)ignored;
    l->doorbells++;
}

/* Short lives are not to pay for what is good for those that wait long. */
static bool rest_soon(struct loop *l)
{
    if (!l->rest || l->timeout_ms >= 0) return false;
    l->timeout_ms = LOOP_REST_MS;
    return true;
}

int loop_run(struct loop *l, int until)
{
    l->watched_n = 0;
    for (;;) {
        int did = serve_all(l);
        if (did < 0) return -1;
        if (*l->leave) return 0;
        prepare_all(l, until, !did);
        bool rests = rest_soon(l);
        int n = poll(l->watched, l->watched_n, l->timeout_ms);
        if (n == 0 && rests) {
            l->rest();
            l->rest = NULL;
        }
        if (n < 0) {
            if (errno != EINTR) return -1;
            for (unsigned i = 0; i < l->watched_n; i++) l->watched[i].revents = 0;
            continue;
        }
        if (l->watched[DOORBELL].revents) answer_doorbell(l);
        if (l->watched[UNTIL].revents) return 0;
    }
}
