/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.c -- cgroups of instances: the agent's side, and the processes that keep them.
 *
 * A process of its own makes and removes them, "mote-cgroups", one for each hierarchy: forked from the agent while that still is who
 * the user is, it has the folder of our own cgroup and nothing else, and does what the agent orders (keeper.h).  It outlives the
 * agent, and so leaves nothing behind, however that ended.  If it was itself killed, the next one to start removes what it left.
 *
 * Which cgroups there are, and how an instance comes into one: keeper.h.  What it needs for that is there before it is forked, so nobody waits for
 * anybody but the agent for its keeper: 50 to 200 us.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/keeper.h"
#include "agent/private.h"
#include "agent/proc.h"
#include "monitor/descriptor.h"
#include "monitor/machine.h"

/* --- the process that does it ------------------------------------------------------------------------------ */

static noreturn void keep(struct keeper *k, int orders)
{
    struct keeper_order o;
    for (ssize_t n; (n = read(orders, &o, sizeof o)) != 0;) {
        int way;
        if (n < 0 && errno == EINTR) continue;
        if (n != sizeof o) break;
        uint8_t done = keeper_obey(k, &o, &way);
        bool told = o.what == KEEPER_DROP || descriptor_send(orders, &done, 1, way, 0) == 1;
        if (way >= 0) close(way);
        if (!told) break;
    }
    keeper_finish(k);
    _exit(0);
}

static bool start_keeper(const struct monitor_options *first,
                         const struct sandbox_agent_needs *needs, struct keeper *k,
                         struct agent_keeper *out)
{
    int ends[2];
    struct error e;
    pid_t pid = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ? -1 : fork();
    if (pid == 0) {
        const int stay[] = {ends[1], k->folder};
        prctl(PR_SET_NAME, "mote-cgroups");
        keeper_remove_stale(k);
        if (sandbox_cgroups(first, needs, k->folder, stay, 2, &e) < 0) {
            keeper_finish(k);
            _exit(1);
        }
        keep(k, ends[1]);
    }
    if (pid < 0) return false;
    close(ends[1]);
    *out = (struct agent_keeper){
        .orders = ends[0], .rest = -1, .pid = pid, .does = k->does, .unified = k->unified};
    return true;
}

/* --- in the agent ---------------------------------------------------------------------------------------------------- */

static struct keeper keeper[AGENT_KEEPERS];

static void find_keepers(const struct agent *a, const struct sandbox_agent_needs *needs)
{
    char text[8192];
    proc_read(a->self, "cgroup", text, sizeof text);
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        keeper[i].agent = a->self;
        keeper[i].first = getppid();
        keeper[i].owner = sandbox_agent_owner(a->first, needs);
    }
    keeper_find(&keeper[0], KEEPER_CPU, "/sys/fs/cgroup", text);
    keeper_find(&keeper[1], KEEPER_MEMORY, "/sys/fs/cgroup", text);
    if (keeper[0].folder < 0 || keeper[1].folder < 0) return;
    if (!keeper[0].unified || !keeper[1].unified) return;
    keeper[0].does |= keeper[1].does; /* it is one */
    keeper[0].leaf |= keeper[1].leaf;
    close(keeper[1].folder);
    keeper[1].folder = -1;
}

/* What a mote takes of the host besides its guest's heap: its monitor, its rings, the kernel's tables for both. */
static uint64_t with_overhead(const struct agent *a, uint64_t memory, uint64_t motes)
{
    if (a->cgroup_memory) return a->cgroup_memory; /* for tests */
    return memory + memory / 32 + (motes << 24);
}

static uint64_t tree_memory(const struct agent *a)
{
    const struct family_place *first = &a->family.at[0];
    /* The spares count for no grant. */
    return with_overhead(a, first->memory_most, first->most + 1u + AGENT_SPARES);
}

static bool ask(struct agent_keeper *k, const struct keeper_order *o)
{
    return k->does && write(k->orders, o, sizeof *o) == sizeof *o;
}

/* The answer; *way: -1, or ours. */
static bool hear(struct agent_keeper *k, int *way)
{
    uint8_t done = 0;
    return descriptor_receive(k->orders, &done, 1, way, 0) == 1 && done;
}

static bool order(struct agent_keeper *k, const struct keeper_order *o, int *way)
{
    if (!ask(k, o)) return k->does = 0, false; /* it has been killed */
    return o->what == KEEPER_DROP || hear(k, way);
}

/* A fork wipes what is in `a`: the new process is handed `first`. */
static bool start_one(struct agent *a, const struct sandbox_agent_needs *needs, struct keeper *k,
                      struct agent_keeper *out, const struct monitor_options *first)
{
    const struct keeper_order rest = {.what = KEEPER_MAKE, .place = KEEPER_REST};
    uint64_t memory = tree_memory(a);
    if (!keeper_start(k, memory) || !start_keeper(first, needs, k, out)) return false;
    out->asked_for_rest = k->tree && ask(out, &rest);
    if (k->tree && k->does & KEEPER_MEMORY) a->cgroup_tree = memory;
    return true;
}

void cgroups_start(struct agent *a, const struct sandbox_agent_needs *needs)
{
    if (getenv("MOTE_AGENT_NO_CGROUPS")) return; /* for tests */
    find_keepers(a, needs);
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        struct keeper *k = &keeper[i];
        if (k->folder < 0) continue;
        if (!start_one(a, needs, k, &a->keeper[i], a->first)) keeper_finish(k);
        close(k->folder);
        k->folder = -1;
    }
}

void cgroups_ready(struct agent *a)
{
    for (struct agent_keeper *k = a->keeper; k < a->keeper + AGENT_KEEPERS; k++)
        if (k->asked_for_rest) hear(k, &k->rest);
}

bool cgroup_can(const struct agent *a, uint32_t weight, uint64_t memory)
{
    unsigned does = a->keeper[0].does | a->keeper[1].does;
    return (weight && does & KEEPER_CPU) || (memory && does & KEEPER_MEMORY);
}

struct cgroup_held cgroup_make(struct agent *a, uint32_t place, uint32_t weight, uint64_t memory,
                               struct cgroup_way *way)
{
    struct cgroup_held held = {0};
    if (memory) memory = with_overhead(a, memory, 1);
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        struct agent_keeper *k = &a->keeper[i];
        struct keeper_order o = {.what = KEEPER_MAKE, .place = place};
        if (k->does & KEEPER_CPU) o.weight = weight;
        if (k->does & KEEPER_MEMORY) o.memory = memory;
        if ((!o.weight && !o.memory) || !order(k, &o, &way[i].own)) continue;
        held.keepers |= 1u << i;
        if (way[i].own < 0) continue; /* there are no descriptors left */
        if (o.weight) held.weight = weight, way[i].holds |= MONITOR_WEIGHED;
        if (!(k->does & KEEPER_MEMORY)) continue;
        held.memory = o.memory ? o.memory : a->cgroup_tree;
        way[i].holds |= MONITOR_LIMITED;
    }
    return held;
}

void cgroup_way_open(const struct agent *a, struct cgroup_way *way)
{
    for (const struct agent_keeper *k = a->keeper; k < a->keeper + AGENT_KEEPERS; k++)
        *way++ = (struct cgroup_way){.own = -1, .rest = k->rest, .is_folder = k->unified};
}

void cgroup_way_close(struct cgroup_way *way)
{
    for (struct cgroup_way *end = way + AGENT_KEEPERS; way < end; way++) {
        if (way->own >= 0) close(way->own);
        way->own = -1;
    }
}

int cgroup_birth(const struct cgroup_way *way)
{
    for (const struct cgroup_way *end = way + AGENT_KEEPERS; way < end; way++)
        if (way->is_folder) return way->own >= 0 ? way->own : way->rest;
    return -1;
}

bool cgroup_has_killed(struct agent *a, uint32_t place)
{
    const struct mote *m = &a->mote[place];
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        struct agent_keeper *k = &a->keeper[i];
        bool own = m->held.keepers >> i & 1;
        if (!(k->does & KEEPER_MEMORY)) continue;
        struct keeper_order o = {.what = KEEPER_KILLS, .place = own ? place : KEEPER_REST};
        int none;
        return order(k, &o, &none);
    }
    return false;
}

void cgroup_drop(struct agent *a, uint32_t place, struct cgroup_held *held)
{
    struct keeper_order o = {.what = KEEPER_DROP, .place = place};
    for (unsigned i = 0; i < AGENT_KEEPERS; i++)
        if (held->keepers >> i & 1) order(&a->keeper[i], &o, NULL);
    *held = (struct cgroup_held){0};
}

void cgroups_finish(struct agent *a)
{
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        struct agent_keeper *k = &a->keeper[i];
        if (k->does) close(k->orders);
        if (!k->pid) continue;
        while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
}

/* --- in the new process ---------------------------------------------------------------------------------------------- */

/* One that was not born in its cgroup, because the kernel is old, goes there as all did once, and waits. */
static bool enter_late(int folder)
{
    int fd = openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, "0", 1) == 1;
    if (fd >= 0) close(fd);
    return good;
}

static bool enter(const struct cgroup_way *way, int fd)
{
    return fd >= 0 && (way->is_folder ? enter_late(fd) : write(fd, "0", 1) == 1);
}

uint32_t cgroup_enter(const struct cgroup_way *way, bool is_born_there)
{
    uint32_t outside = 0;
    for (const struct cgroup_way *end = way + AGENT_KEEPERS; way < end; way++) {
        if ((way->is_folder && is_born_there) || enter(way, way->own)) continue;
        outside |= way->holds;
        enter(way, way->rest); /* the grants hold without it, too */
    }
    return outside;
}
