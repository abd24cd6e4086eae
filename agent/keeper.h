/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.h -- makes, fills and removes cgroups below the one that we are in; for the process that does that (cgroup.c).
 *
 * Version 1 has a hierarchy for each controller, and a keeper for each; version 2 has one.
 *
 *   cpu, version 1    OWN/mote-AGENT-PLACE        an instance with a weight: beside those that have no cgroup, each of which has 100
 *   memory, or        OWN/mote-AGENT              the tree: all instances together
 *   version 2         OWN/mote-AGENT/rest         those without one of their own
 *                     OWN/mote-AGENT/PLACE        an instance with a memory limit (version 2: or with a weight) of its own
 *   version 2         OWN/mote-AGENT-own          the first mote, its agent and the keeper, which were in OWN
 *
 * The last is made where it is needed: in version 2 a cgroup has processes, or lets those below it have limits, unless it is the root
 * of all.  Where others are in OWN as well it stays as it is, and we have none: they are not ours to move.
 *
 * Those of the second kind are kept for the next one at their place: to fill one takes a tenth of what making it does.
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
    pid_t first;   /* the mote that it belongs to */
    unsigned kept; /* cgroups that nobody is in */
    uint8_t made[(KEEPER_REST + 8) / 8];
    uint32_t kills[KEEPER_REST + 1]; /* for want of memory, that we know of */
};

struct keeper_order {
    uint32_t place;
    uint32_t weight; /* 0: none */
    uint64_t memory; /* bytes; 0: no limit of its own */
    int32_t
        pid; /* 0: nobody is in it any more; KEEPER_KILLS: was one killed that we do not know of? */
    uint32_t zero;
};
#define KEEPER_KILLS (-1)

/* `k` is all zeros but for `agent` and `first`, who are those that may be moved.  Looks for one that does `what`, all of it or, of version 2, as much as there is.  `mounts` is /sys/fs/cgroup, `lines` the text of
 * /proc/self/cgroup.  false: there is none that we may use. */
bool keeper_find(struct keeper *k, unsigned what, const char *mounts, const char *lines);

/* Makes the tree, with this limit.  false: it cannot be; then there is nothing of it. */
bool keeper_start(struct keeper *k, uint64_t memory);
/* Who writes "0" to it is in the rest; a descriptor, or -1. */
int keeper_open_rest(const struct keeper *k);

/* Does what is ordered; the answer. */
bool keeper_obey(struct keeper *k, const struct keeper_order *o);

/* All that was made is removed; waits for processes that are about to end. */
void keeper_finish(struct keeper *k);
/* What others have left who are no more.  The kernel removes none that is in use. */
void keeper_remove_stale(struct keeper *k);

#endif
