/* SPDX-License-Identifier: Apache-2.0 */
/* info.c -- what an instance takes of the host: AGENT_INFO. */
#include <stdlib.h>
#include <time.h>

#include "agent/private.h"
#include "agent/proc.h"

/* Private pages: all that are resident, less those that belong to files and shared memory. */
static uint64_t resident(pid_t pid)
{
    char text[200], *at = text;
    if (!proc_read(pid, "statm", text, sizeof text)) return 0;
    strtoull(at, &at, 10);
    uint64_t all = strtoull(at, &at, 10), shared = strtoull(at, &at, 10);
    return all > shared ? (all - shared) * 4096 : 0;
}

/* Of all threads of a process, those that have ended too: its clock, as clock_getcpuclockid() names it. */
static uint64_t cpu_ns(pid_t pid)
{
    struct timespec t;
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0) return 0;
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void info_read(const struct agent *a, uint32_t place, struct agent_info *info)
{
    const struct family_place *p = &a->family.at[place];
    const struct mote *m = &a->mote[place];
    pid_t pid = agent_is_first(place) ? a->first_pid : m->pid, guest = m->note->guest;
    *info = (struct agent_info){
        .self = p->name,
        .parent = p->parent == FAMILY_NONE ? 0 : a->family.at[p->parent].name.number,
        .alive = p->alive,
        .granted = p->most,
        .memory = p->memory,
        .child_memory_granted = p->memory_most,
        .resident = resident(pid),
        .cpu_ns = cpu_ns(pid),
        .age_ns = agent_now_ns() - m->asked_ns,
        .pid = (uint64_t)pid,
        .cgroup_weight = m->note->outside & MONITOR_WEIGHED ? 0 : m->held.weight,
        .cgroup_memory = m->held.memory && !(m->note->outside & MONITOR_LIMITED) ? m->held.memory
                         : agent_is_first(place)                                 ? 0
                                                                                 : a->cgroup_tree,
    };
    if (guest <= 1) return;
    info->resident += resident(guest);
    info->cpu_ns += cpu_ns(guest);
}
