/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h -- the one loop that serves all devices of a mote.
 *
 * On kvm it has a thread of its own, on process it is all that the monitor does.  A device is a pair of
 * functions.  In each round every device first does what its rings and its descriptors ask for; when none of
 * them had anything to do, each says in its rings that we sleep, looks once more, and all wait in one poll().
 *
 *     serve     what there is to do, without ever waiting: 1 something was done, 0 nothing, -1 the guest broke
 *               the rules of abi/.  At most a few dozen frames or pieces at a time: others wait.  loop_polled()
 *               tells what the last poll() said of a descriptor.
 *     prepare   names the descriptors to wait for with loop_watch() and the time with loop_timeout().  `sleep`:
 *               the guest has to be told to knock; true if there turned out to be something to do.
 */
#ifndef MONITOR_LOOP_H
#define MONITOR_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop_device {
    void *state;
    int (*serve)(void *state, struct loop *l);
    bool (*prepare)(void *state, struct loop *l, bool sleep);
};

/* As many as there can be; and as few as will do: an instance that waits has all of it to itself. */
enum { LOOP_DEVICES_MOST = 12, LOOP_WATCHED_LEAST = 16, LOOP_REST_MS = 300 };

struct loop {
    /* Set before it runs. */
    int doorbell, wake;        /* eventfds: guest to us, us to guest */
    const volatile int *leave; /* set by a signal handler, which rings the doorbell as well */
    struct loop_device device[LOOP_DEVICES_MOST];
    unsigned devices;
    void (*rest)(void); /* called once, when there was nothing to do for LOOP_REST_MS; or NULL */

    /* Its own. */
    struct pollfd *watched, first[LOOP_WATCHED_LEAST];
    unsigned watched_n, watched_room;
    int timeout_ms;
    uint64_t doorbells;
};

void loop_start(struct loop *l, int doorbell, int wake, const volatile int *leave);
void loop_add(struct loop *l, struct loop_device device);

/* Serves until descriptor `until` is readable or *leave is set (returns 0), or the guest broke the rules of
 * its rings (returns -1). */
int loop_run(struct loop *l, int until);

/* In prepare: wait for `events` of `fd`, too; -1 is passed over.  Returns a number for loop_polled(), which
 * in the next serve gives what happened (0: nothing, or there was no memory to watch it). */
int loop_watch(struct loop *l, int fd, int events);
int loop_polled(const struct loop *l, int number);

/* In prepare: not longer than this; negative: as long as you like. */
void loop_timeout(struct loop *l, int64_t milliseconds);

/* Makes the guest look at its rings. */
void loop_knock(const struct loop *l);

#endif
