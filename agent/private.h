/* SPDX-License-Identifier: Apache-2.0 */
/* private.h -- what the files of agent/ share.
 *
 *   family.c    who is below whom, grants       frames.c   what motes ask for, read
 *   agent.c   start, the loop, the end        mote.c     births, ends, burials
 *   spawn.c   an instance's process           serve.c    frames: routed and answered
 *   queue.c   what waits for room in a ring   info.c     what an instance takes of the host
 *   shares.c  folders and interfaces handed on  cgroup.c, keeper.c  weights of the processor, memory
 *   spare.c   instances that wait for being asked for
 *   watch.c   who wants to hear of whose end    kept.c     checkpoints
 *
 * A mote has a place in the tree, and of the same number: a struct mote, and a slot of memory that it shares with us
 * alone, the monitor's note first and the channel behind it.
 *
 * Memory that is not the images' is wiped in the processes that are forked from us: no instance finds another's keys
 * or messages there.
 */
#ifndef AGENT_PRIVATE_H
#define AGENT_PRIVATE_H

#include <sys/types.h>

#include "agent/agent.h"
#include "agent/frames.h"
#include "agent/family.h"
#include "monitor/devices/channel.h"

struct sandbox_agent_needs;

#define SLOT_BYTES (LAYOUT_PAGE + CHANNEL_STRIDE)

/* Bytes that wait; empty: all zero. */
struct queue {
    uint8_t *at;
    size_t room, from, to;
};

/* What a mote has of the host's: folders, as it sees them, and interfaces. */
struct share {
    unsigned root; /* of the folders that the user has named */
    bool read_only;
    char guest[256], below[256]; /* where it is in the guest; where below its root: "" or "/..." */
};
struct shares {
    unsigned mounts, nets;
    struct share mount[WISH_MOUNTS_MOST];
    uint8_t net[MONITOR_NETS_MOST]; /* of the first mote's */
};
struct shares_opened { /* for one start */
    unsigned mounts, nets;
    struct monitor_mount mount[WISH_MOUNTS_MOST];
    char guest[WISH_MOUNTS_MOST][256];
    struct monitor_net net[WISH_NETWORKS_MOST];
};

enum { AGENT_KEEPERS = 2, AGENT_SPARES = 3, AGENT_NEWBORNS = 16 };

/* The cgroups that hold a mote and are its own. */
struct cgroup_held {
    uint32_t weight;
    uint32_t keepers; /* bits: whose they are */
    uint64_t memory;
};

/* Into a cgroup of each keeper's, for one that is about to be forked: keeper.h.  Descriptors, or -1. */
struct cgroup_way {
    int own, rest;  /* its own, if it has one, or where it cannot be there; those without one */
    bool is_folder; /* version 2, of which there is but one: it can be born there */
    uint32_t holds; /* what its own is for: bits of enum monitor_held */
};

struct agent_keeper { /* a process that makes cgroups; does == 0: there is none */
    int orders;
    int rest;            /* the way to those without one of their own; or -1 */
    bool asked_for_rest; /* until cgroups_ready() */
    pid_t pid;
    unsigned does; /* of enum keeper_does */
    bool unified;  /* version 2 */
};

struct mote {
    struct channel_end end;
    struct monitor_note *note;
    unsigned image;
    uint32_t images; /* bits: those that it was given, to use by name */
    pid_t pid;       /* of its monitor; 0: it has been waited for */
    pid_t guest;     /* process platform: of its guest, that has outlived the monitor; or 0 */
    bool broken;     /* it has broken the rules of its ring: to be ended at its next turn */
    bool drained;    /* nothing of what it sent is left to be delivered */
    bool looked;     /* at what is in the ring since it ended */
    uint64_t asked_ns, deadline_ns; /* 0: no limit */
    struct shares *shares;          /* NULL: none */
    struct cgroup_held held;

    enum agent_end why; /* once it is known */
    uint32_t status;
    struct queue last; /* what it said of its end */

    struct queue events; /* of ours, for it, that wait for room */
    /* Senders that wait for room in its ring, in order; and where it waits itself. */
    uint32_t first_waiter, last_waiter, next_waiter, waits_for;
    uint64_t stuck_ns; /* since then others wait, and it has read nothing; 0: nobody does */
    uint32_t passed; /* bytes of its ring that were looked through while the first of them waited */
    uint32_t watches, watched; /* rows of the table in watch.c: as who watches; as who is watched */
    unsigned below; /* of enum kept_below: what its memory was, before it changed any of it */
    uint32_t from;  /* the row of the checkpoint that it goes on from, and one more; or 0 */
    uint32_t kept;  /* rows that are its own */
    int copies;     /* a connection to its monitor, which makes checkpoints; or -1 */
    int keeping;    /* the file of one that is being made; or -1 */
    uint64_t keeping_tag;
    bool ready; /* is in the list of those to be served */
    uint32_t next_ready;
};

/* What instances can be started alike in. */
struct spare_kind {
    unsigned image;
    uint64_t memory;
    bool quiet, cold;
    bool limited; /* it has a cgroup of its own for its memory */
};
/* Whose doorbells the low descriptors are.  pid 0: nobody's yet. */
struct newborn {
    pid_t pid;
    uint32_t place;
};
struct spare {
    bool wanted;                  /* one of the kind `next` is to be there until then */
    struct spare_kind next, kind; /* kind: of the one that is there */
    uint64_t until_ns;
    pid_t pid; /* 0: none is there; then the rest means nothing */
    uint32_t place;
    int doorbell, wake;
    bool ending;
    struct cgroup_held held;
};

/* Over what a mote's memory lies. */
enum kept_below {
    KEPT_IMAGE,   /* the snapshot of its image */
    KEPT_NOTHING, /* it has booted */
    KEPT_FIRST,   /* the first mote's own, which no other has: a kept mote */
};
struct kept {
    bool taken, forgotten;
    struct agent_name name;
    int file;
    uint64_t bytes;
    uint64_t memory; /* of the mote that it was */
    unsigned image;
    unsigned below;   /* of enum kept_below */
    uint32_t account; /* the place for which it counts */
    uint32_t users;
};

struct watch { /* places */
    uint32_t watcher, watched;
};

struct agent {
    struct family family;
    struct watch *watch;
    uint32_t watches, watches_most;
    struct kept *kept;
    uint32_t kept_used, kept_most; /* rows: none behind the first number is taken */
    uint64_t kept_births;
    struct mote *mote;
    pid_t *pid; /* of the same places, for a quick look */
    unsigned char *slots;
    uint64_t slots_bytes;

    struct agent_image *image;
    unsigned images;
    uint32_t unprepared; /* bits: those that were started from, and of which more can be prepared */
    uint32_t started;    /* bits: those that were started from */
    const struct monitor_options *first; /* what the first mote runs with */
    pid_t self, first_pid;
    int root[WISH_MOUNTS_MOST]; /* folders that the user has named */
    unsigned roots;
    int first_pidfd, alive, signals, epoll, null, kvm;
    int first_low; /* two descriptors for each newborn, from here on; -1: there are none */
    struct newborn newborn[AGENT_NEWBORNS];
    int files_end; /* our own descriptors are below it, and those of motes above, or where there is room */
    struct agent_keeper keeper[AGENT_KEEPERS];
    uint64_t cgroup_tree;   /* the limit of memory of all together; 0: there is none */
    uint64_t cgroup_memory; /* for tests: the limit of each; or 0 */

    uint32_t first_ready, last_ready;
    uint64_t next_deadline_ns; /* of all, or earlier */
    uint64_t patience_ns;      /* with one that does not read */
    uint8_t *frame;            /* AGENT_FRAME_MOST: the one that is looked at */
    uint64_t keys[64];
    unsigned keys_left;
    struct spare spare[AGENT_SPARES];
    bool no_spares;  /* for tests */
    uint32_t die_at; /* of instances, for tests; or 0 */
    bool tell_first; /* to end; it was not possible yet */
    bool over;       /* the first mote has ended */
};

uint64_t agent_now_ns(void);
/* Zeroed, and wiped in our children; NULL: there is none. */
void *agent_memory(size_t bytes);
uint64_t agent_key(struct agent *a);
static inline bool agent_is_first(uint32_t place) { return place == 0; }

/* --- queue.c -------------------------------------------------------------------------------------- */

/* false: no memory. */
bool queue_add(struct queue *q, const void *bytes, size_t n);
static inline size_t queue_bytes(const struct queue *q) { return q->to - q->from; }
void queue_drop(struct queue *q);
/* As much of it as there is room for. */
void queue_flush(struct queue *q, struct channel_end *end);

/* --- mote.c ---------------------------------------------------------------------------------------- */

/* Prepares a mote's half of the channel, with AGENT_HELLO in it. */
void mote_open(struct agent *a, uint32_t place, int doorbell, int wake, uint64_t asked_ns);
/* Ends it now, and before it all that are below. */
void mote_end(struct agent *a, uint32_t place, enum agent_end why);
/* The first one is to end, for it has broken the rules. */
void mote_end_first(struct agent *a);
/* Its monitor has ended like this. */
void mote_ended(struct agent *a, uint32_t place, int how);
/* If nothing of it is left but the news. */
void mote_bury(struct agent *a, uint32_t place);
/* The next look at them is not later than this. */
static inline void motes_look_by(struct agent *a, uint64_t ns)
{
    if (ns < a->next_deadline_ns) a->next_deadline_ns = ns;
}
/* Those whose time is over, and those that others have waited for too long. */
void motes_check_deadlines(struct agent *a);

/* --- serve.c ---------------------------------------------------------------------------------------- */

/* Something has happened in its channel. */
void serve_later(struct agent *a, uint32_t place);
/* It may have made room: what waits for that goes on. */
void serve_room(struct agent *a, uint32_t place);
/* Nobody needs to wait for its room any more; nor does it wait itself, unless what it sent is still to be delivered. */
void serve_forget(struct agent *a, uint32_t place, bool drains);
/* What was asked with this tag is not done. */
void serve_refuse(struct agent *a, uint32_t place, uint64_t tag, uint32_t refusal, const char *why);
/* All that are in the list, once. */
void serve_ready(struct agent *a);
/* An event of ours: a head, and up to two parts. */
void serve_tell(struct agent *a, uint32_t place, enum agent_event kind, const void *first,
                uint32_t first_bytes, const void *second, uint32_t second_bytes);

/* --- spawn.c ------------------------------------------------------------------------------------------ */

/* 0, or an enum agent_refusal with a sentence. */
int spawn_instance(struct agent *a, uint32_t parent, const struct wish *w, uint64_t asked_ns,
                   uint32_t *place, char *why, size_t room);
/* Behind all that the agent has open for good. */
void spawn_reserve(struct agent *a);
/* A process for a spare: -1, or its number. */
pid_t spawn_spare(struct agent *a, struct spare *s);
/* The process is there: into the AGENT_HELLO that waits in this channel. */
void spawn_forked_now(struct channel *channel);
/* A mote's descriptors and its slot. */
void spawn_release(struct agent *a, uint32_t place);

/* --- spare.c ------------------------------------------------------------------------------------------ */

/* The spare of this kind: its process, and its place is the next that family_add() gives.  0: there is none. */
pid_t spare_take(struct agent *a, const struct spare_kind *kind, int *doorbell, int *wake,
                 struct cgroup_held *held);
/* One that was taken goes on: what it is to find in its ring is there. */
void spare_start(struct mote *m);
/* This was asked for. */
void spare_want(struct agent *a, const struct spare_kind *kind, bool plain);
/* The host has no room: none is to be there. */
void spare_refuse(struct agent *a);
/* A process has ended; true: it was a spare. */
bool spare_ended(struct agent *a, pid_t pid);
/* Also one that has been killed, and has not ended yet. */
bool spare_is_there(const struct agent *a);
/* Makes one, or ends it: when there is nothing else to do. */
void spare_tend(struct agent *a);

/* --- shares.c ---------------------------------------------------------------------------------------- */

int shares_start(struct agent *a);
/* What is wished for out of what the parent has: 0, or an enum agent_refusal with a sentence. */
int shares_find(const struct agent *a, const struct shares *parent, const struct wish *w,
                struct shares **out, char *why, size_t room);
void shares_drop(struct shares *s);
/* For a start; the same.  Then shares_close() in the agent. */
int shares_open(const struct agent *a, const struct shares *s, struct shares_opened *o, char *why,
                size_t room);
void shares_close(struct shares_opened *o);

/* --- kept.c --------------------------------------------------------------------------------------------- */

#define KEPT_NONE  UINT32_MAX
/* And a place: its monitor has said something of a checkpoint. */
#define KEPT_WATCH (UINT64_C(1) << 21)
bool kept_start(struct agent *a);
/* A mote that may have instances can be asked for checkpoints: *other is for its monitor.  false: there are no descriptors. */
bool kept_open(struct agent *a, uint32_t place, int *other);
/* It is over, and its checkpoints are. */
void kept_close(struct agent *a, uint32_t place);
/* 0: it will be answered; or an enum agent_refusal with a sentence. */
int kept_ask(struct agent *a, uint32_t place, uint64_t tag, char *why, size_t room);
void kept_hear(struct agent *a, uint32_t place);
/* The row of this checkpoint; KEPT_NONE: there is none, or not any more. */
uint32_t kept_find(const struct agent *a, const struct agent_name *name);
/* A mote that is about to start goes on from it; and has ended. */
void kept_use(struct agent *a, struct mote *m, uint32_t row);
void kept_release(struct agent *a, struct mote *m);
/* One of this mote's own. */
void kept_forget(struct agent *a, uint32_t place, const struct agent_name *name);

/* --- watch.c ------------------------------------------------------------------------------------------ */

bool watches_start(struct agent *a);
/* 0; or AGENT_NO_ROOM.  A parent need not: it is told anyway. */
int watch_add(struct agent *a, uint32_t watcher, uint32_t watched);
void watch_remove(struct agent *a, uint32_t watcher, uint32_t watched);
/* It is buried: those who watch it are told, and no row is about it any more. */
void watch_tell(struct agent *a, uint32_t place, const struct agent_down *down, const void *last,
                uint32_t last_bytes);

/* --- info.c --------------------------------------------------------------------------------------------- */

void info_read(const struct agent *a, uint32_t place, struct agent_info *info);

/* --- cgroup.c ------------------------------------------------------------------------------------------- */

/* Before privileges are given up.  Without a cgroup that we may use there are none, and that is no error. */
void cgroups_start(struct agent *a, const struct sandbox_agent_needs *needs);
/* After that: the last of what the keepers were asked for meanwhile. */
void cgroups_ready(struct agent *a);
/* At the end: returns once all have been removed. */
void cgroups_finish(struct agent *a);
/* One of its own with this weight or memory (0: none) can be made. */
bool cgroup_can(const struct agent *a, uint32_t weight, uint64_t memory);
/* `way` has one of each keeper: to the rest. */
void cgroup_way_open(const struct agent *a, struct cgroup_way *way);
/* And into cgroups of its own, for one that will be at this place, as far as that is possible. */
struct cgroup_held cgroup_make(struct agent *a, uint32_t place, uint32_t weight, uint64_t memory,
                               struct cgroup_way *way);
/* Those of its own; in the agent. */
void cgroup_way_close(struct cgroup_way *way);
/* The folder that it is to be born in; or -1. */
int cgroup_birth(const struct cgroup_way *way);
/* In the new process.  Bits of enum monitor_held: where it could not. */
uint32_t cgroup_enter(const struct cgroup_way *way, bool is_born_there);
/* A process of this mote was killed by SIGKILL, and not by us: was it for want of memory? */
bool cgroup_has_killed(struct agent *a, uint32_t place);
/* The processes of this place have ended, or never were. */
void cgroup_drop(struct agent *a, uint32_t place, struct cgroup_held *held);

#endif
