/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.c -- cgroups of instances: the agent's side, and the processes that keep them.
 *
 * A process of its own makes and removes them, "mote-cgroups", one for each hierarchy: forked from the agent while that still is who
 * the user is, it has the folder of our own cgroup and nothing else, and does what the agent orders (keeper.h).  It outlives the
 * agent, and so leaves nothing behind, however that ended.  If it was itself killed, the next one to start removes what it left.
 *
 * Which cgroups there are: keeper.h.  Who enters that of the rest does it by itself, through a descriptor that was opened
 * by who the user is; nobody waits for that.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/keeper.h"
#include "agent/private.h"
#include "agent/proc.h"
#include "monitor/machine.h"

/* --- the process that does it ------------------------------------------------------------------------------ */

static noreturn void keep(struct keeper *k, int orders)
{
    struct keeper_order o;
    for (ssize_t n; (n = read(orders, &o, sizeof o)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n != sizeof o) break;
        uint8_t done = keeper_obey(k, &o);
        if (o.pid && write(orders, &done, 1) != 1) break;
    }
    keeper_finish(k);
    _exit(0);
}

static bool start_keeper(const struct monitor_options *first, struct keeper *k,
                         struct agent_keeper *out)
{
    int ends[2];
    struct error e;
    pid_t pid = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ? -1 : fork();
    if (pid == 0) {
        const int stay[] = {ends[1], k->folder};
        prctl(PR_SET_NAME, "mote-cgroups");
        keeper_remove_stale(k);
        if (sandbox_cgroups(first, k->folder, stay, 2, &e) < 0) {
            keeper_finish(k);
            _exit(1);
        }
        keep(k, ends[1]);
    }
    if (pid < 0) return false;
    close(ends[1]);
    *out = (struct agent_keeper){.orders = ends[0], .pid = pid, .does = k->does};
    return true;
}

/* --- in the agent ---------------------------------------------------------------------------------------------------- */

static struct keeper keeper[AGENT_KEEPERS];

static void find_keepers(const struct agent *a)
{
    char text[8192];
    proc_read(a->self, "cgroup", text, sizeof text);
    for (unsigned i = 0; i < AGENT_KEEPERS; i++)
        keeper[i].agent = a->self, keeper[i].first = getppid();
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

/* A fork wipes what is in `a`: the new process is handed `first`. */
static bool start_one(struct agent *a, struct keeper *k, struct agent_keeper *out,
                      const struct monitor_options *first)
{
    uint64_t memory = tree_memory(a);
    if (!keeper_start(k, memory)) return false;
    int rest = keeper_open_rest(k);
    if (!start_keeper(first, k, out)) {
        if (rest >= 0) close(rest);
        return false;
    }
    if (rest >= 0) a->cgroup_rest = rest, a->cgroup_tree = memory;
    return true;
}

void cgroups_start(struct agent *a)
{
    if (getenv("MOTE_AGENT_NO_CGROUPS")) return; /* for tests */
    find_keepers(a);
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        struct keeper *k = &keeper[i];
        if (k->folder < 0) continue;
        if (!start_one(a, k, &a->keeper[i], a->first)) keeper_finish(k);
        close(k->folder);
        k->folder = -1;
    }
}

static bool order(struct agent_keeper *k, const struct keeper_order *o)
{
    uint8_t done = 0;
    if (!k->does) return false;
    if (write(k->orders, o, sizeof *o) == sizeof *o && (!o->pid || read(k->orders, &done, 1) == 1))
        return done;
    close(k->orders);
    k->does = 0;
    return false;
}

bool cgroup_can(const struct agent *a, uint32_t weight, uint64_t memory)
{
    unsigned does = a->keeper[0].does | a->keeper[1].does;
    return (weight && does & KEEPER_CPU) || (memory && does & KEEPER_MEMORY);
}

struct cgroup_held cgroup_hold(struct agent *a, uint32_t place, pid_t pid, uint32_t weight,
                               uint64_t memory)
{
    struct cgroup_held held = {0};
    struct monitor_note *note = (struct monitor_note *)(a->slots + place * SLOT_BYTES);
    if (memory) memory = with_overhead(a, memory, 1);
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        struct agent_keeper *k = &a->keeper[i];
        struct keeper_order o = {.place = place, .pid = pid};
        if (k->does & KEEPER_CPU) o.weight = weight;
        if (k->does & KEEPER_MEMORY) o.memory = memory;
        if ((!o.weight && !o.memory) || !order(k, &o)) continue;
        if (o.weight) held.weight = weight;
        if (k->does & KEEPER_MEMORY) held.memory = o.memory ? o.memory : a->cgroup_tree;
        held.keepers |= 1u << i;
    }
    uint32_t told =
        MONITOR_TRIED | (held.weight ? MONITOR_WEIGHED : 0) | (held.memory ? MONITOR_LIMITED : 0);
    __atomic_store_n(&note->held, told, __ATOMIC_RELEASE);
    syscall(SYS_futex, &note->held, FUTEX_WAKE, 1, NULL, NULL, 0);
    return held;
}

bool cgroup_has_killed(struct agent *a, uint32_t place)
{
    const struct mote *m = &a->mote[place];
    for (unsigned i = 0; i < AGENT_KEEPERS; i++) {
        struct agent_keeper *k = &a->keeper[i];
        bool own = m->held.keepers >> i & 1;
        if (!(k->does & KEEPER_MEMORY)) continue;
        return order(
            k, &(struct keeper_order){.place = own ? place : KEEPER_REST, .pid = KEEPER_KILLS});
    }
    return false;
}

void cgroup_drop(struct agent *a, uint32_t place, struct cgroup_held *held)
{
    for (unsigned i = 0; i < AGENT_KEEPERS; i++)
        if (held->keepers >> i & 1) order(&a->keeper[i], &(struct keeper_order){.place = place});
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

uint32_t cgroup_wait(struct monitor_note *note)
{
    uint32_t held;
    while (!(held = __atomic_load_n(&note->held, __ATOMIC_ACQUIRE)))
        syscall(SYS_futex, &note->held, FUTEX_WAIT, 0, NULL, NULL, 0);
    return held;
}

void cgroup_enter_rest(int rest)
{
    if (rest >= 0 && write(rest, "0", 1) != 1) errno = 0; /* the grants hold without it, too */
}
