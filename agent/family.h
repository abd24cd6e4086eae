/* SPDX-License-Identifier: Apache-2.0 */
/* family.h -- which motes there are below the first one, and what each of them was granted.
 *
 * No system calls and no memory of its own: the agent (agent.c) has a table of places, this file says which is whose.
 * A grant is a limit, not a reservation: an instance counts for each of its ancestors, and so does the memory of its
 * guest; nobody's grant reaches further than its parent's.
 *
 * A checkpoint counts for a place and for all above it: with its bytes, beside the memory of instances, and as one of as many as there may be
 * instances.  It belongs to a mote, whose place may be given back before the checkpoint is: then the place above has it.
 *
 * Always true: `alive`, `memory_below` and `checkpoints` of a place are the sums over all places below it, and over the checkpoints of
 * these and of its own; the children of one are in the order of their births.
 */
#ifndef AGENT_FAMILY_H
#define AGENT_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/agent.h"

#define FAMILY_NONE        UINT32_MAX
#define FAMILY_PLACES_MOST 0xffffu

struct family_place {
    /* Set when it is taken, then constant. */
    struct agent_name name;
    uint32_t parent; /* FAMILY_NONE: the first mote */
    uint64_t memory; /* of the guest */
    uint32_t most;   /* instances below it */
    uint64_t memory_most;

    bool taken;
    bool ending; /* it is to end or has ended: no children, nothing sent to it any more */

    uint32_t alive;
    uint64_t memory_below;
    uint32_t checkpoints;
    uint32_t youngest, older, younger; /* its last child; its siblings */
    uint32_t next_free;
};

struct family {
    struct family_place *at;
    uint32_t places, free, taken;
    uint64_t births;
};

/* What a new one is to have. */
struct family_wish {
    uint64_t memory;
    uint32_t most;
    uint64_t memory_most;
};

/* `at` has room for so many places, zeroed; the first mote takes place 0 with all that the user has granted. */
void family_start(struct family *t, struct family_place *at, uint32_t places,
                  const struct family_wish *all, uint64_t key);

/* FAMILY_NONE: it has ended, or never was. */
uint32_t family_find(const struct family *t, uint64_t number);
bool family_is_below(const struct family *t, uint32_t place, uint32_t ancestor);

/* 0: `parent` may start such a child now; otherwise an enum agent_refusal, with a sentence in `why`. */
int family_refusal(const struct family *t, uint32_t parent, const struct family_wish *wish,
                   char *why, size_t room);
/* After that: takes a place for it. */
uint32_t family_add(struct family *t, uint32_t parent, const struct family_wish *wish,
                    uint64_t key);
/* A free place is put aside, FAMILY_NONE: there is none; and is free again, to be taken next. */
uint32_t family_keep(struct family *t);
void family_return(struct family *t, uint32_t place);
/* It has no children any more. */
void family_remove(struct family *t, uint32_t place);

/* How many bytes a checkpoint of this mote may have; 0: there can be none, and `why` has a sentence. */
uint64_t family_checkpoint_most(const struct family *t, uint32_t place, char *why, size_t room);
/* After that it counts, and does not any more. */
void family_checkpoint_add(struct family *t, uint32_t place, uint64_t bytes);
void family_checkpoint_remove(struct family *t, uint32_t place, uint64_t bytes);
/* This place is about to be given back: it counts for the one above. */
void family_checkpoint_leave(struct family *t, uint32_t place, uint64_t bytes);

/* All that is below `top`, each behind those below itself, and younger before older: the order in which they end.
 * Start with FAMILY_NONE; returns `top` at the end.  Places may be removed once the walk has passed them, only. */
uint32_t family_next_end(const struct family *t, uint32_t top, uint32_t last);

#endif
