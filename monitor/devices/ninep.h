/* SPDX-License-Identifier: Apache-2.0 */
/* ninep.h -- a server of 9P2000.L for one folder of the host, which it never leaves.
 *
 * Whoever has the bytes hands in one request at a time and sends the reply: monitor/mounts.c for a mote.
 * One client; one thread.
 *
 * The walls:
 *   - a name is one component: no '/', not "." and not "..", and is opened with O_PATH and O_NOFOLLOW (by openat2
 *     with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS too, where the kernel has it): a symbolic link is read by the client,
 *     never followed here;
 *   - only what fstat() calls a regular file or a folder is opened for its contents, and that by the very
 *     descriptor that was looked at, so nobody can put something else in between; devices, fifos
 *     and sockets can be seen, renamed and deleted, and neither made nor opened;
 *   - a server that is read only changes nothing;
 *   - the user is the server's, ids are the host's; the bits that change ids (06000) are never set.
 */
#ifndef MONITOR_NINEP_H
#define MONITOR_NINEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct ninep_server;

struct ninep_options {
    int folder; /* to be served, opened with O_PATH; the server's from now on */
    int proc;   /* /proc/self/fd of this process, opened with O_PATH */
    bool read_only;
    bool plain_walk; /* do without openat2 */
    int synced; /* an eventfd that says when to ask ninep_finished(); -1: a request to sync holds up the others */
    uint32_t msize; /* the most bytes of a message */
};

/* NULL: no memory. */
struct ninep_server *ninep_server_make(const struct ninep_options *options);
void ninep_server_free(struct ninep_server *s);

/* What a request is at most, but for the bytes to write. */
#define NINEP_REQUEST_MOST 8192u
#define NINEP_REPLY_MOST   8192u

struct ninep_request {
    const uint8_t
        *bytes; /* nobody else can change them; of a write only the first NINEP_WRITE_HEADER */
    uint32_t n;
    struct iovec data[2]; /* the bytes to write */
    uint32_t data_bytes;
};
struct ninep_reply {
    uint8_t bytes[NINEP_REPLY_MOST];
    uint32_t n; /* 0: it comes later, from ninep_finished() */
    /* For what is read: room that the caller gives, and how much of it was filled.  It comes behind `bytes`,
     * which are then NINEP_READ_HEADER. */
    struct iovec room[2];
    uint32_t room_bytes, payload;
};
void ninep_serve(struct ninep_server *s, const struct ninep_request *request,
                 struct ninep_reply *reply);
/* The reply to a request that was begun and is done now, without a payload.  false: there is none. */
bool ninep_finished(struct ninep_server *s, struct ninep_reply *reply);

#endif
