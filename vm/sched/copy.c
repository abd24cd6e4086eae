/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c -- the snapshot of a mote that runs: `mote snapshot`, doc/boot.md.
 *
 * It is made between the slices of processes, when nothing is half done.  The machine goes on as if nothing had happened.  In a
 * copy of it everything that comes from outside is another's: it is renewed here and by image_resumes[] before any process runs, and what
 * OTP knows of it by a process that goes before all others, otp/src/mote_main.erl.
 */
#include "heap/arena.h"
#include "process/clock.h"
#include "process/registry.h"
#include "process/unique.h"
#include "sched/sched.h"
#include "sched/start.h"

bool resumes_running;

/* A machine without memory for one more process ends soon anyway. */
static void start_renewal(void)
{
    struct spawn_options o;
    spawn_options_default(&o);
    o.system = true;
    o.priority = PRIORITY_MAX;
    term id = registry_find(ATOM(init)), ref, why;
    struct process *init = is_value(id) ? process_find(id) : NULL;
    process_spawn(init, ATOM(mote_main), ATOM(renewed), NIL, &o, &ref, &why);
}

static void renew(const struct plat_boot *boot)
{
    arena_resize(boot->heap_bytes);
    sched_stop_forget();
    clock_resume();
    unique_resume();
    boot_arguments_read(boot);
    resumes_running = true;
    for (size_t i = 0; image_resumes[i]; i++) image_resumes[i](boot);
    resumes_running = false;
    plat_mark(PLAT_MARK_ERLANG);
    start_renewal();
}

static void take(struct soon *s)
{
    (void)s;
    arena_trim();
    const struct plat_boot *boot = plat_copy();
    if (boot) renew(boot);
}

void sched_copy(plat_ready which)
{
    static struct soon soon;
    (void)which;
    sched_soon(&soon, take);
}
