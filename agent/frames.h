/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h -- what a mote asks of the agent, read out of bytes that it made: abi/agent.h.
 *
 * No system calls.  The bytes are the agent's own copy.  What cannot be a frame is told from what is one and asks for
 * something that cannot be: the first ends the mote, the second is refused.
 */
#ifndef AGENT_FRAMES_H
#define AGENT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/agent.h"

enum { WISH_NETWORKS_MOST = 8, WISH_MOUNTS_MOST = 14, WISH_IMAGES_MOST = 16 };

struct wish_text { /* not terminated; NULL: not given */
    const char *at;
    uint32_t n;
};

struct wish {
    uint64_t tag;
    struct wish_text image;
    uint64_t memory;        /* 0: as the parent's */
    uint32_t cpu_weight;    /* 0: not given */
    uint64_t time_limit_ms; /* 0: none */
    struct wish_text network[WISH_NETWORKS_MOST];
    struct wish_text mount[WISH_MOUNTS_MOST];
    struct wish_text give[WISH_IMAGES_MOST]; /* images that it may use */
    unsigned networks, mounts, gives;
    bool quiet, cold; /* no console; not from a snapshot */
    bool from_given;
    struct agent_name from; /* a checkpoint */
    uint32_t children;
    bool child_memory_given;
    uint64_t child_memory;
    const uint8_t *start; /* what it gets as AGENT_START */
    uint32_t start_bytes;
};

/* The head of a frame: bytes of the whole frame, or 0: it is none. */
uint32_t frame_size(const struct agent_frame *head);

/* A frame's contents, of a kind that is not AGENT_SEND, have the size that they must have. */
bool frame_is_whole(const struct agent_frame *head);

/* Reads the contents of an AGENT_SPAWN.  -1: it is none.  0, or AGENT_BAD_OPTION with a sentence in *why (static storage);
 * w->tag is right in both cases. */
int frame_read_spawn(const uint8_t *bytes, uint32_t n, struct wish *w, const char **why);

uint64_t frame_u64(const uint8_t *bytes);

#endif
