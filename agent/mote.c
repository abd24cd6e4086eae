/* SPDX-License-Identifier: Apache-2.0 */
/* mote.c -- the ends of motes: killed, over by themselves, and buried.
 *
 * Killed: SIGKILL to its monitor, after all that are below it, the youngest first.  Ended by itself: what it had sent is
 * delivered first ("drained").  Buried, that is, its parent is told and its place is free: when its processes are gone, it is
 * drained, and nobody is left below it.  So whoever hears of an end knows that all of it is over.
 */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/boot.h"
#include "agent/private.h"

void mote_open(struct agent *a, uint32_t place, int doorbell, int wake, uint64_t asked_ns)
{
    struct mote *m = &a->mote[place];
    const struct family_place *p = &a->family.at[place];
    unsigned char *slot = a->slots + place * SLOT_BYTES;
    struct channel *channel = channel_begin(slot + LAYOUT_PAGE);
    bool ready = m->ready; /* a place that was free may still stand in the list */
    uint32_t next_ready = m->next_ready;
    *m = (struct mote){
        .note = (struct monitor_note *)slot,
        .asked_ns = asked_ns,
        .first_waiter = FAMILY_NONE,
        .last_waiter = FAMILY_NONE,
        .waits_for = FAMILY_NONE,
        .copies = -1,
        .keeping = -1,
        .ready = ready,
        .next_ready = next_ready,
    };
    channel->doorbell = doorbell;
    channel_end_open(&m->end, channel, doorbell, wake, -1);
    struct agent_hello hello = {
        .self = p->name,
        .children = p->most,
        .child_memory = p->memory_most,
        .asked_ns = asked_ns,
    };
    if (p->parent != FAMILY_NONE) hello.parent = a->family.at[p->parent].name;
    serve_tell(a, place, AGENT_HELLO, &hello, sizeof hello, NULL, 0);
    /* It rings for its first frame. */
    channel_wants_bytes(&m->end, true);
}

/* --- burials -------------------------------------------------------------------------------------------- */

static bool bury(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    struct family_place *p = &a->family.at[place];
    if (agent_is_first(place) || !p->taken || !p->ending) return false;
    if (m->pid || m->guest || !m->drained || p->youngest != FAMILY_NONE) return false;
    struct agent_down down = {p->name.number, m->why, m->status};
    const uint8_t *last = m->last.at + m->last.from;
    uint32_t last_bytes = (uint32_t)queue_bytes(&m->last);
    serve_tell(a, p->parent, AGENT_DOWN, &down, sizeof down, last, last_bytes);
    watch_tell(a, place, &down, last, last_bytes);
    serve_forget(a, place, false);
    queue_drop(&m->last);
    spawn_release(a, place);
    family_remove(&a->family, place);
    return true;
}

void mote_bury(struct agent *a, uint32_t place)
{
    for (;;) {
        uint32_t parent = a->family.at[place].parent;
        if (!bury(a, place)) return;
        place = parent;
    }
}

/* --- killed ---------------------------------------------------------------------------------------------- */

/* The first mote has a user in front of it, and a terminal to put back: its monitor ends it.  While that is not who it
 * will be yet, we may have no right to send it a signal. */
void mote_end_first(struct agent *a)
{
    a->mote[0].note->hostile = 1;
    a->tell_first = syscall(SYS_pidfd_send_signal, a->first_pidfd, SIGTERM, NULL, 0) < 0;
}

static void end_one(struct agent *a, uint32_t place, enum agent_end why)
{
    struct mote *m = &a->mote[place];
    struct family_place *p = &a->family.at[place];
    if (!p->ending) {
        p->ending = true;
        m->why = why;
    }
    m->drained = true;
    serve_forget(a, place, false);
    if (agent_is_first(place)) {
        if (why == AGENT_END_HOSTILE) mote_end_first(a);
    } else if (m->pid) {
        kill(m->pid, SIGKILL);
    }
}

static void end_below(struct agent *a, uint32_t top)
{
    for (uint32_t at = family_next_end(&a->family, top, FAMILY_NONE), next; at != top; at = next) {
        next = family_next_end(&a->family, top, at);
        end_one(a, at, AGENT_END_PARENT);
        bury(a, at);
    }
}

void mote_end(struct agent *a, uint32_t place, enum agent_end why)
{
    /* First, so that nothing is told to it on the way. */
    bool was_ending = a->family.at[place].ending;
    a->family.at[place].ending = true;
    if (!was_ending) a->mote[place].why = why;
    end_below(a, place);
    end_one(a, place, why);
    mote_bury(a, place);
}

void motes_check_deadlines(struct agent *a)
{
    uint64_t now = agent_now_ns();
    if (now < a->next_deadline_ns) return;
    a->next_deadline_ns = UINT64_MAX;
    for (uint32_t i = 0; i < a->family.places; i++) {
        struct mote *m = &a->mote[i];
        if (!a->family.at[i].taken || a->family.at[i].ending) continue;
        uint64_t stuck = m->stuck_ns ? m->stuck_ns + a->patience_ns : UINT64_MAX;
        uint64_t end = m->deadline_ns ? m->deadline_ns : UINT64_MAX;
        if (end <= now)
            mote_end(a, i, AGENT_END_TIME);
        else if (stuck <= now)
            mote_end(a, i, AGENT_END_HOSTILE);
        else
            motes_look_by(a, end < stuck ? end : stuck);
    }
}

/* --- over by themselves -------------------------------------------------------------------------------------- */

static enum agent_end kind_of(struct agent *a, uint32_t place, int how, uint32_t *status)
{
    const struct monitor_note *note = a->mote[place].note;
    *status = WIFEXITED(how) ? (uint32_t)WEXITSTATUS(how) : 128 + (uint32_t)WTERMSIG(how);
    /* On the process platform it may be the guest's process that was killed: the same end. */
    bool killed = WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL;
    if (WIFEXITED(how) && *status == BOOT_STATUS_STOPPED && note->guest_killed) {
        killed = true;
        *status = 128 + SIGKILL;
    }
    if (killed && cgroup_has_killed(a, place)) return AGENT_END_MEMORY;
    if (__atomic_load_n(&note->stage, __ATOMIC_ACQUIRE) < MONITOR_STARTED) return AGENT_END_START;
    if (killed || !WIFEXITED(how)) return AGENT_END_CRASH;
    switch (*status) {
    case BOOT_STATUS_PANIC:
    case BOOT_STATUS_EXCEPTION:
    case BOOT_STATUS_MONITOR: return AGENT_END_CRASH;
    case BOOT_STATUS_EXHAUSTED:
    case BOOT_STATUS_MEMORY: return AGENT_END_MEMORY;
    case BOOT_STATUS_STOPPED: return AGENT_END_KILLED;
    case BOOT_STATUS_HOSTILE: return AGENT_END_HOSTILE;
    default: return AGENT_END_EXIT;
    }
}

static bool is_monitor(const struct agent *a, pid_t pid)
{
    for (uint32_t i = 0; i < a->family.places; i++)
        if (a->pid[i] == pid) return true;
    return false;
}

/* A guest of the process platform may outlive its monitor for a moment, with its channel: it is our child then. */
static void look_for_guest(struct agent *a, struct mote *m)
{
    pid_t guest = m->note->guest;
    if (guest <= 1 || is_monitor(a, guest) || waitpid(guest, NULL, WNOHANG) != 0) return;
    m->guest = guest;
    kill(guest, SIGKILL);
}

void mote_ended(struct agent *a, uint32_t place, int how)
{
    struct mote *m = &a->mote[place];
    struct family_place *p = &a->family.at[place];
    m->pid = a->pid[place] = 0;
    look_for_guest(a, m);
    if (!p->ending) {
        p->ending = true;
        m->looked = true;
        m->why = kind_of(a, place, how, &m->status);
        end_below(a, place);
        serve_forget(a, place, true);
        serve_later(a, place);
    }
    mote_bury(a, place);
}
