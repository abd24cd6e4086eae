/* SPDX-License-Identifier: Apache-2.0 */
/* spare.c -- instances that wait for being asked for, one of each of the kinds that were wanted last.
 *
 * On kvm most of a start is making the machine.  When a spawn has been answered and there is nothing else to do, one more
 * process is forked as that spawn's was; it goes as far as the first guest instruction and waits there (monitor_note.spare).
 * The next spawn of the same kind takes it.
 *
 * Until then it is nobody: no name, no key, no parent, nothing in its ring, and it counts for no grant.  Only plain ones
 * are kept, with nothing of their parent's but what all of the kind have: no folders, no interfaces.  It is ended when
 * AGENT_SPARES other kinds were asked for since, when none of its own was for LINGER_NS, and with the agent.
 */
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/private.h"

#define LINGER_NS 3000000000ull

static bool is_same(const struct spare_kind *x, const struct spare_kind *y)
{
    return x->image == y->image && x->memory == y->memory && x->quiet == y->quiet &&
           x->cold == y->cold && x->limited == y->limited;
}

static void close_ends(struct spare *s)
{
    if (s->doorbell >= 0) close(s->doorbell);
    if (s->wake >= 0) close(s->wake);
    s->doorbell = s->wake = -1;
}

static void end(struct spare *s)
{
    if (!s->pid || s->ending) return;
    kill(s->pid, SIGKILL);
    s->ending = true;
}

/* Its place goes to the front of those that are free: who takes one next gets it. */
static void put_back(struct agent *a, struct spare *s)
{
    family_return(&a->family, s->place);
    s->pid = 0;
    s->ending = false;
}

static void clear(struct agent *a, struct spare *s)
{
    close_ends(s);
    cgroup_drop(a, s->place, &s->held);
    madvise(a->slots + s->place * SLOT_BYTES, SLOT_BYTES, MADV_REMOVE);
    put_back(a, s);
}

bool spare_ended(struct agent *a, pid_t pid)
{
    for (struct spare *s = a->spare; pid && s < a->spare + AGENT_SPARES; s++) {
        if (s->pid != pid) continue;
        if (!s->ending) s->wanted = false; /* it could not be made */
        clear(a, s);
        return true;
    }
    return false;
}

bool spare_is_there(const struct agent *a)
{
    for (unsigned i = 0; i < AGENT_SPARES; i++)
        if (a->spare[i].pid) return true;
    return false;
}

pid_t spare_take(struct agent *a, const struct spare_kind *kind, int *doorbell, int *wake,
                 struct cgroup_held *held)
{
    for (struct spare *s = a->spare; s < a->spare + AGENT_SPARES; s++) {
        pid_t pid = s->pid;
        int how;
        if (!pid || s->ending || !is_same(kind, &s->kind)) continue;
        if (waitpid(pid, &how, WNOHANG) != 0) {
            spare_ended(a, pid);
            return 0;
        }
        *doorbell = s->doorbell;
        *wake = s->wake;
        *held = s->held;
        s->held = (struct cgroup_held){0};
        put_back(a, s);
        return pid;
    }
    return 0;
}

void spare_start(struct mote *m)
{
    uint64_t one = 1;
    spawn_forked_now(m->end.shared);
    __atomic_store_n(&m->note->spare, 0, __ATOMIC_RELEASE);
    ssize_t ignored = write(m->end.wake, &one, sizeof one);
    (void)ignored;
}

static bool is_in_use(const struct spare *s) { return s->wanted || s->pid; }

/* The one for this kind; or one that is for none, or for that which nobody has wanted for the longest time. */
static struct spare *choose(struct agent *a, const struct spare_kind *kind)
{
    struct spare *best = a->spare;
    for (struct spare *s = a->spare; s < a->spare + AGENT_SPARES; s++) {
        if (is_in_use(s) && is_same(&s->next, kind)) return s;
        if (is_in_use(best) && (!is_in_use(s) || s->until_ns < best->until_ns)) best = s;
    }
    return best;
}

void spare_want(struct agent *a, const struct spare_kind *kind, bool plain)
{
    const struct monitor_options *o = a->first;
    if (!plain || a->no_spares || o->platform != MONITOR_KVM || o->stats || a->die_at) return;
    struct spare *s = choose(a, kind);
    if (s->pid && !is_same(kind, &s->kind)) end(s);
    s->wanted = true;
    s->next = *kind;
    s->until_ns = agent_now_ns() + LINGER_NS;
}

void spare_refuse(struct agent *a)
{
    for (struct spare *s = a->spare; s < a->spare + AGENT_SPARES; s++) {
        s->wanted = false;
        end(s);
    }
}

static void make(struct agent *a, struct spare *s)
{
    s->wanted = false; /* unless it comes to something */
    s->place = family_keep(&a->family);
    if (s->place == FAMILY_NONE) return;
    s->kind = s->next;
    s->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->pid = s->doorbell < 0 || s->wake < 0 ? -1 : spawn_spare(a, s);
    if (s->pid < 0)
        clear(a, s);
    else
        s->wanted = true;
}

void spare_tend(struct agent *a)
{
    for (struct spare *s = a->spare; s < a->spare + AGENT_SPARES; s++) {
        if (!is_in_use(s)) continue;
        if (a->over || agent_now_ns() >= s->until_ns) {
            s->wanted = false;
            end(s);
            continue;
        }
        if (!s->pid && a->first_ready == FAMILY_NONE) make(a, s);
        if (s->pid && !s->ending) motes_look_by(a, s->until_ns);
    }
}
