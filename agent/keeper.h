/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.h -- makes, fills and removes cgroups below the one that we are in; for the process that does that (cgroup.c).
 *
 * Version 1 has a hierarchy for each controller, and a keeper for each; version 2 has one.
 *
 *   cpu, version 1      OWN/mote-AGENT-PLACE      an instance with a weight: beside those that have no cgroup, each of which has 100
 *   memory, version 1   OWN/mote-AGENT            the tree: all instances together
 *                       OWN/mote-AGENT/rest       those without one of their own
 *                       OWN/mote-AGENT/PLACE      an instance with a memory limit of its own
 *   version 2           OWN/mote-AGENT            has no limit
 *                       OWN/mote-AGENT/agent      the agent and the keeper
 *                       OWN/mote-AGENT/all        the tree; below it as above, with a place for an instance with a weight, too
 *                       OWN/mote-AGENT-own        the first mote, which was in OWN
 *
 * The last is made where it is needed: in version 2 a cgroup has processes, or lets those below it have limits, unless it is the root
 * of all.  Where others are in OWN as well it stays as it is, and we have none: they are not ours to move.
 *
 * Nobody is put into one of them: to look for a process by its number, the kernel waits until all others have been seen, 5 to 10 ms on an
 * idle host.  The agent is handed the way into each instead.  In version 1 that is its file `tasks`: a process that writes "0" there is in it.
 * In version 2 it is its folder: a process can be born in it, clone3(CLONE_INTO_CGROUP), if it and what is above it and the agent are the agent's
 * to write to.  Neither leads anybody there who is not of the agent's identity (version 1) or below OWN/mote-AGENT (version 2).
 *
 * Those of the tree are kept for the next one at their place: to make one takes ten times as long.
 *
 * Always true: `made` has all places for which there is a cgroup.
 */
#ifndef AGENT_KEEPER_H
#define AGENT_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/family.h"

enum keeper_does { KEEPER_CPU = 1, KEEPER_MEMORY = 2 };

#define KEEPER_REST (FAMILY_PLACES_MOST + 1) /* as a place: those without a cgroup of their own */

struct keeper {
    int folder;    /* of our own cgroup; -1: there is none that we may use */
    unsigned does; /* of enum keeper_does */
    bool unified;  /* version 2 */
    bool tree;     /* there is one, with a place for the rest */
    bool leaf;     /* we are not in `folder` any more, but in OWN/mote-AGENT-own */
    pid_t agent;   /* whose cgroups they are */
    uid_t owner;   /* who that will be */
    pid_t first;   /* the mote that it belongs to */
    unsigned kept; /* cgroups that nobody is in */
    uint8_t made[(KEEPER_REST + 8) / 8];
    uint32_t kills[KEEPER_REST + 1]; /* for want of memory, that we know of */
};

enum keeper_what {
    KEEPER_MAKE,  /* one at this place, and the way into it */
    KEEPER_DROP,  /* nobody is in it any more: is not answered */
    KEEPER_KILLS, /* was one killed in it, that we do not know of? */
};
struct keeper_order {
    uint32_t what; /* enum keeper_what */
    uint32_t place;
    uint32_t weight; /* 0: none */
    uint32_t zero;
    uint64_t memory; /* bytes; 0: no limit of its own */
};

/* `k` is all zeros but for `agent`, `owner` and `first`, who are those that may be moved.  Looks for one that does `what`, all of it or, of version 2,
 * as much as there is.  `mounts` is /sys/fs/cgroup, `lines` the text of /proc/self/cgroup.  false: there is none that we may use. */
bool keeper_find(struct keeper *k, unsigned what, const char *mounts, const char *lines);

/* Makes the tree, with this limit; in version 2 the caller, who is the agent, goes to his place in it.  false: it cannot be; then there is nothing of it. */
bool keeper_start(struct keeper *k, uint64_t memory);

/* Does what is ordered; the answer.  *way: into what was made, a descriptor, the caller's to close; or -1. */
bool keeper_obey(struct keeper *k, const struct keeper_order *o, int *way);

/* All that was made is removed, and who is left in the agent's is back where he was; waits for processes that are about to end. */
void keeper_finish(struct keeper *k);
/* What others have left who are no more.  The kernel removes none that is in use. */
void keeper_remove_stale(struct keeper *k);

#endif
