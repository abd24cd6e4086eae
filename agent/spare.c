/* SPDX-License-Identifier: Apache-2.0 */
/* spare.c -- an instance that waits for being asked for.
 *
 * On kvm most of a start is making the machine.  When a spawn has been answered and there is nothing else to do, one more
 * process is forked as that spawn's was; it goes as far as the first guest instruction and waits there (monitor_note.spare).
 * The next spawn of the same kind takes it.
 *
 * Until then it is nobody: no name, no key, no parent, nothing in its ring, and it counts for no grant.  Only plain ones
 * are kept, with nothing of their parent's but what all of the kind have: no folders, no interfaces.  It is ended when another
 * kind is asked for, when nothing was for LINGER_NS, and with the agent.
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

static unsigned char *slot_of(const struct agent *a)
{
    return a->slots + a->spare.place * SLOT_BYTES;
}

static void close_ends(struct spare *s)
{
    if (s->doorbell >= 0) close(s->doorbell);
    if (s->wake >= 0) close(s->wake);
    s->doorbell = s->wake = -1;
}

static void drop(struct agent *a)
{
    struct spare *s = &a->spare;
    if (!s->pid || s->ending) return;
    kill(s->pid, SIGKILL);
    s->ending = true;
}

/* Its place goes to the front of those that are free: who takes one next gets it. */
static void put_back(struct agent *a)
{
    family_return(&a->family, a->spare.place);
    a->spare.pid = 0;
    a->spare.ending = false;
}

static void clear(struct agent *a)
{
    close_ends(&a->spare);
    cgroup_drop(a, a->spare.place, &a->spare.held);
    madvise(slot_of(a), SLOT_BYTES, MADV_REMOVE);
    put_back(a);
}

bool spare_ended(struct agent *a, pid_t pid)
{
    struct spare *s = &a->spare;
    if (!pid || s->pid != pid) return false;
    if (!s->ending) s->wanted = false; /* it could not be made */
    clear(a);
    return true;
}

pid_t spare_take(struct agent *a, const struct spare_kind *kind, int *doorbell, int *wake,
                 struct cgroup_held *held)
{
    struct spare *s = &a->spare;
    pid_t pid = s->pid;
    int how;
    if (!pid || s->ending || !is_same(kind, &s->kind)) return 0;
    if (waitpid(pid, &how, WNOHANG) != 0) {
        spare_ended(a, pid);
        return 0;
    }
    *doorbell = s->doorbell;
    *wake = s->wake;
    *held = s->held;
    s->held = (struct cgroup_held){0};
    put_back(a);
    return pid;
}

void spare_start(struct mote *m)
{
    uint64_t one = 1;
    spawn_forked_now(m->end.shared);
    __atomic_store_n(&m->note->spare, 0, __ATOMIC_RELEASE);
    ssize_t ignored = write(m->end.wake, &one, sizeof one);
    (void)ignored;
}

void spare_want(struct agent *a, const struct spare_kind *kind, bool plain)
{
    struct spare *s = &a->spare;
    const struct monitor_options *o = a->first;
    s->wanted = plain && !a->no_spares && o->platform == MONITOR_KVM && !o->stats && !a->die_at;
    if (s->pid && (!s->wanted || !is_same(kind, &s->kind))) drop(a);
    s->next = *kind;
    s->until_ns = agent_now_ns() + LINGER_NS;
}

void spare_refuse(struct agent *a)
{
    a->spare.wanted = false;
    drop(a);
}

static void make(struct agent *a)
{
    struct spare *s = &a->spare;
    s->wanted = false; /* unless it comes to something */
    s->place = family_keep(&a->family);
    if (s->place == FAMILY_NONE) return;
    s->kind = s->next;
    s->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->pid = s->doorbell < 0 || s->wake < 0 ? -1 : spawn_spare(a, s);
    if (s->pid < 0)
        clear(a);
    else
        s->wanted = true;
}

void spare_tend(struct agent *a)
{
    struct spare *s = &a->spare;
    if (!s->wanted && !s->pid) return;
    if (a->over || agent_now_ns() >= s->until_ns) {
        spare_refuse(a);
        return;
    }
    if (!s->pid && a->first_ready == FAMILY_NONE) make(a);
    if (s->pid && !s->ending) motes_look_by(a, s->until_ns);
}
