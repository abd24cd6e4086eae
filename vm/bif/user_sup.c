/* SPDX-License-Identifier: Apache-2.0 */
/* user_sup.c -- the end of process `user`, which prints for all others, while the mote is stopped.
 *
 * Stock's user_sup:terminate/2 sleeps for a second "in order to let user write all (some) buffered information"; each init:stop()
 * takes that long there.  Here it is known when nothing is left: no process is ready to run, so each one waits for something, `user` among
 * them; and what went to peers has arrived, which a host's kernel would see to after the end, but a mote takes its stack with it.  Until then
 * the caller sleeps, for a second at most.
 */
#include "bif/bif.h"
#include "bif/nap.h"
#include "platform/platform.h"
#include "sched/start.h"

enum { STEP_MS = 1 };
#define PATIENCE_NS 1000000000ull

static bool is_something_left(void)
{
    if (process_ready_count()) return true;
    for (size_t i = 0; image_sends[i]; i++)
        if (image_sends[i]()) return true;
    return false;
}

/* (Reason, Pid of user), called by the one process that supervises it. */
term bif_user_sup_terminate_2(struct process *p, const term *arg)
{
    static term caller;
    static uint64_t until;
    const uint64_t now = plat_monotonic_ns();
    if (p->bif_state && nap(p, STEP_MS)) return bif_wait(p); /* something else has woken it */
    if (!term_same(caller, p->pid)) {
        caller = p->pid;
        until = now + PATIENCE_NS;
    }
    if (now < until && is_something_left() && nap(p, STEP_MS)) return bif_wait(p);
    caller = NO_VALUE;
    const term kill[] = {arg[1], ATOM(kill)};
    term done = bif_erlang_exit_2(p, kill);
    return is_no_value(done) ? done : ATOM(ok);
}
