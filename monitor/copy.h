/* SPDX-License-Identifier: Apache-2.0 */
/* copy.h -- a copy of a mote's memory, taken while it runs: `mote snapshot`.
 *
 *     command  -> monitor  COPY_ASK     and with it an empty file in memory, open to write
 *     monitor  -> command  COPY_BEGUN   the guest stands where its memory can go on
 *     monitor  -> command  COPY_TAKEN   and with it the image; the guest runs again
 *                 or       COPY_FAILED  with a sentence
 *
 * Messages keep their boundaries (SOCK_SEQPACKET); the socket is in the mote's state folder, where only its user gets.  The
 * monitor writes pages, and nothing else, to the file that it was handed, each area behind the one before; then a bit for each
 * page, in their order: 1, it is in the file.  Where it is 0 the page is as in the snapshot that the mote was started from, or zero.
 * So what nobody has changed costs nothing while the guest stands still.  What becomes of it, on which disk, and what that takes, is
 * the command's: the mote runs again by then.  The command trusts nothing that it is told but that it has come from
 * there: who starts from the snapshot checks it again.
 *
 * The same for a checkpoint (instance:checkpoint/0), which the agent asks for on a connection that is there from the start, one
 * after the other; the file that it hands out does not grow, the monitor writes an overlay to it (overlay.h), and COPY_TAKEN says how
 * long that is; COPY_FULL, that it would be longer than the file.
 */
#ifndef MONITOR_COPY_H
#define MONITOR_COPY_H

#include "monitor/devices/loop.h"
#include "monitor/snapshot.h"

enum { COPY_MAGIC = 0x32706f63 /* changes with the messages */ };
#define COPY_PAGES_MOST (UINT64_C(1) << 24) /* 64 GiB */
enum copy_kind { COPY_ASK = 1, COPY_BEGUN, COPY_TAKEN, COPY_FAILED, COPY_FULL };

struct copy_message {
    uint32_t magic, kind;
    uint64_t heap_bytes,
        heap_room; /* what the guest might use, and what it has grown around: not less */
    uint64_t archive_bytes, stood_ns; /* how long the guest stood still */
    uint64_t bytes;                   /* of an overlay */
    uint32_t areas, from_snapshot;    /* 1: the mote was started from the image's */
    struct {
        uint64_t address, bytes;
    } area[AREAS_MOST];
    char text[200];
};

/* --- the command's side ------------------------------------------------------------------------------ */

struct copy {
    int memory; /* the file; -1: none */
    int image;  /* what the mote was started from; or -1 */
    uint64_t heap_bytes, heap_room, archive_bytes, stood_ns;
    bool from_snapshot;
    struct areas areas; /* of the file, mapped to read */
    uint8_t *used;      /* the bits */
};

/* Asks the monitor at the other end of `socket` for a copy, and waits for it; `patience_ms` is for a guest that does not come to
 * a point where it can be copied.  0, or -1 after fail(). */
int copy_ask(int socket, const char *name, int patience_ms, struct copy *c, struct error *e);
/* Pages that are as in the image's snapshot are taken from there; `o` names the files of the image. */
int copy_fill(struct copy *c, struct monitor_options *o, struct error *e);
/* The snapshot, to an open file. */
int copy_write(const struct copy *c, int fd, struct error *e);
void copy_drop(struct copy *c);

/* --- the monitor's ------------------------------------------------------------------------------------ */

struct machine;

struct copier {
    struct machine *machine;
    int connection, file; /* of who asks; or -1 */
    int agent;            /* his connection, which stays; or -1 */
    int polled_listener, polled_agent;
    uint32_t number;           /* odd: of a request that the guest knows of */
    int pagemap, guest_memory; /* see copier_open(), copier_open_guest(); or -1 */
};

/* While we may still open files: what tells which pages are there.  Copies that cannot be taken here are refused when they are
 * asked for. */
void copier_open(struct copier *c, struct machine *m);
/* process: the same of the guest's own process, which has not given up its identity yet. */
void copier_open_guest(struct copier *c, int pid);
unsigned copier_keep(const struct copier *c, int *keep, unsigned keeps);
struct loop_device copier_device(struct copier *c);

/* Which of these pages, COPY_AT_ONCE at most, are not as they were mapped: at an address of the process that has the guest's memory. */
enum { COPY_AT_ONCE = 512 };
int copier_changed(const struct copier *c, uint64_t address, uint64_t pages, bool *changed,
                   struct error *e);
/* Of the guest's own process. */
int copier_read(const struct copier *c, uint64_t address, void *to, uint64_t bytes,
                struct error *e);

#endif
