/* SPDX-License-Identifier: Apache-2.0 */
/* waiting.c -- see waiting.h. */
#include "fs/waiting.h"
#include "platform/platform.h"
#include "sched/sched.h"

bool files_may_wait;

bool wait_for(void (*pump)(void))
{
    switch (pause_wait()) {
    case PAUSE_WOKEN: return true;
    case PAUSE_UNWANTED: return false;
    case PAUSE_CANNOT: break;
    }
    if (!pump) return false;
    /* Of what plat_wait() says only requests from outside are not said again. */
    plat_ready which = plat_wait(UINT64_MAX);
    if (which & PLAT_READY_STOP) sched_stop(which);
    if (which & PLAT_READY_COPY) sched_copy(which);
    pump();
    return true;
}
