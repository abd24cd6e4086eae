/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h -- what a mote and the agent of its host tell each other: instances started, ended, spoken to.
 *
 * A mote that may have children, or is one, has a channel (abi/channel.h) of the name AGENT_CHANNEL.  Both directions
 * carry frames: struct agent_frame, then `bytes` bytes that the kind says.  Numbers are little endian, nothing is aligned.
 * The agent believes nothing that a guest says: a frame that is not as described here ends that mote (reason `hostile`),
 * and nobody else notices.
 *
 * A checkpoint is named in the same way: who knows its name, and may have instances, can start them from it.  It
 * counts for the grant of who made it, and of all above him, with the bytes that it has, as long as it is there: until
 * its maker forgets it or ends, and all that were started from it have ended.  A mote, with those below it, can have
 * as many as it may have instances.
 *
 * An instance is named by its number, never used again in the life of the agent, and a key that cannot be guessed.  Who
 * knows both may send it messages and hear of its end; parent and child know each other's.  To end an instance or ask about it is for its
 * ancestors only.
 *
 * Frames of one mote to another arrive in the order in which they were sent, while both live; what a mote had put into its
 * ring before it ended still arrives, and then its AGENT_DOWN.  When the receiver does not read, the sender's ring fills, and
 * nobody else's; what is not for others (all but AGENT_SEND and AGENT_LAST) goes past a message that waits, in its own order.
 */
#ifndef ABI_AGENT_H
#define ABI_AGENT_H

#include <stdint.h>

#define AGENT_CHANNEL    "agent"
#define AGENT_FRAME_MOST 0x20000u /* with its head; a longer message is sent in parts */

struct agent_frame {
    uint32_t bytes; /* of what follows */
    uint8_t kind;   /* enum agent_request or enum agent_event */
    uint8_t flags;  /* AGENT_MORE, or 0 */
    uint16_t zero;
};

/* Another part of this message follows; parts of one sender's messages to one receiver do not mix. */
#define AGENT_MORE 1u

struct agent_name {
    uint64_t number, key;
};

/* --- guest to agent ------------------------------------------------------------------- */

enum agent_request {
    AGENT_SPAWN = 1, /* agent_spawn, then its options, then what the child gets as AGENT_START */
    AGENT_SEND,      /* agent_name of the receiver, then the part; to nobody: dropped */
    AGENT_STOP, /* u64 number: the child is asked to stop, as by SIGTERM; answered by its AGENT_DOWN only */
    AGENT_KILL, /* u64 number: it ends now, and its children, the youngest first */
    AGENT_INFO, /* u64 tag, u64 number; 0: oneself.  Answered by AGENT_TOLD or AGENT_REFUSED */
    AGENT_LAST, /* why this mote is about to end, external term format: for its parent's AGENT_DOWN */
    AGENT_WATCH, /* u64 tag, agent_name of any mote: its AGENT_DOWN is for this mote, too, as for its parent.  Answered
                  * only if that cannot be: by AGENT_REFUSED, of AGENT_NOT_YOURS when there is none of that name */
    AGENT_UNWATCH,    /* u64 number: no more, unless it is a child */
    AGENT_CHECKPOINT, /* u64 tag: this mote's memory is kept as it is at one point from now on.  Answered by AGENT_CHECKPOINTED or
                       * AGENT_REFUSED, one after the other */
    AGENT_FORGET, /* agent_name of a checkpoint of this mote's own: nothing is started from it any more */
};

struct agent_spawn {
    uint64_t tag;           /* returned with the answer */
    uint32_t options_bytes; /* they follow: struct agent_option, then its value, and so on */
    uint32_t zero;
};

struct agent_option {
    uint16_t option; /* enum agent_option_name; each at most once unless it says so */
    uint16_t bytes;  /* of the value */
};

enum agent_option_name {
    AGENT_IMAGE = 1,  /* text: the name of an image that this mote was given; absent: its own */
    AGENT_MEMORY,     /* u64 bytes; absent: as the parent's */
    AGENT_CPU_WEIGHT, /* u32, 1 to 10000, 100 is usual */
    AGENT_TIME_LIMIT, /* u64 milliseconds from the start of the instance */
    AGENT_NETWORK, /* text: the name of one of this mote's interfaces' kinds, "user" or "switch:NAME"; may be repeated */
    AGENT_MOUNT, /* text: "FOLDER" or "FOLDER:ro", of this mote's mounts, or below one; may be repeated */
    AGENT_CONSOLE,  /* text: "inherit" (default) or "none" */
    AGENT_CHILDREN, /* u32: how many instances, of its parent's grant, it may have alive at once, grandchildren counted */
    AGENT_CHILD_MEMORY, /* u64 bytes: of its parent's grant, for all of them together */
    AGENT_COLD,         /* no value: from the beginning, not from a snapshot */
    AGENT_GIVE_IMAGE, /* text: the name of an image that this mote was given, and that the child is given, too; may be repeated */
    AGENT_FROM, /* agent_name of a checkpoint: the child goes on from it, and gets AGENT_HELLO and AGENT_START there; without AGENT_IMAGE and
                 * AGENT_COLD, and with the memory of its maker unless it says */
};

/* --- agent to guest ------------------------------------------------------------------- */

enum agent_event {
    AGENT_HELLO = 1, /* struct agent_hello: the first frame */
    AGENT_START, /* what the parent's AGENT_SPAWN ended in: the second, unless this mote has no parent */
    AGENT_SPAWNED, /* u64 tag, agent_name */
    AGENT_REFUSED, /* u64 tag, u32 enum agent_refusal, then a sentence for people */
    AGENT_MESSAGE, /* u64 number of the sender, u64 its key, then the part */
    AGENT_DOWN,    /* struct agent_down, then what the child said in AGENT_LAST */
    AGENT_ASKED,   /* the parent has asked to stop */
    AGENT_TOLD,    /* u64 tag, struct agent_info */
    AGENT_NOBODY, /* u64 number: what was sent to it was dropped, for it has ended, never was, or the key is wrong;
                    * once for each dropped AGENT_SEND without AGENT_MORE */
    AGENT_CHECKPOINTED, /* u64 tag, agent_name: of the checkpoint */
};

struct agent_hello {
    struct agent_name self, parent; /* parent: zeros for the first mote of a tree */
    uint64_t children;              /* how many instances may be alive below this one */
    uint64_t child_memory;          /* bytes, for all of them together */
    uint64_t asked_ns,
        forked_ns; /* CLOCK_MONOTONIC of the host: the spawn was read; the process was there */
};

enum agent_refusal {
    AGENT_NOT_ALLOWED =
        1,         /* more than was granted: of instances, memory, mounts, networks, images */
    AGENT_NO_ROOM, /* the host has no memory, processes or descriptors left */
    AGENT_BAD_OPTION,
    AGENT_NOT_YOURS, /* no such instance below this mote */
    AGENT_FAILED,    /* it could not be started: the sentence says why */
};

enum agent_end {
    AGENT_END_EXIT =
        1, /* `status` is what it gave to halt; 0 and an AGENT_LAST: the reason is there */
    AGENT_END_KILLED, /* by AGENT_KILL */
    AGENT_END_TIME,   /* the time limit */
    AGENT_END_MEMORY, /* the host could not, or was not to, back its memory */
    AGENT_END_CRASH, /* the runtime or its monitor failed; `status` is an enum boot_status, or 128 + a signal */
    AGENT_END_HOSTILE, /* it broke the rules of a ring, of its sandbox, or of this file */
    AGENT_END_START,   /* it never came to its first instruction */
    AGENT_END_PARENT,  /* its parent had ended */
};

struct agent_down {
    uint64_t number;
    uint32_t end; /* enum agent_end */
    uint32_t status;
};

struct agent_info {
    struct agent_name self;
    uint64_t parent;
    uint64_t alive, granted; /* instances below it, and how many may be */
    uint64_t memory,
        child_memory_granted; /* bytes: its heap's limit, and what its children may have together */
    uint64_t resident;        /* bytes of host memory, private, as far as the host tells */
    uint64_t cpu_ns, age_ns;
    uint64_t pid;           /* of its monitor on the host */
    uint64_t cgroup_weight; /* of the cgroup that holds it; 0: none does */
    uint64_t
        cgroup_memory; /* the limit of the one that it is in, alone or with the others of its tree; 0: none */
};

_Static_assert(sizeof(struct agent_frame) == 8 && sizeof(struct agent_spawn) == 16 &&
                   sizeof(struct agent_option) == 4 && sizeof(struct agent_hello) == 64 &&
                   sizeof(struct agent_down) == 16 && sizeof(struct agent_info) == 104,
               "shared with guests");

#endif
