/* SPDX-License-Identifier: Apache-2.0 */
/* waiting.h -- file operations that wait for an answer from outside, and let other processes run.
 *
 *   term bif_...(p, arg) { return waiting(p, body, arity, arg); }     in the body, however deep:
 *
 *   while (!done) if (!wait_for(pump)) give up;
 *
 * As long as nothing is mounted that could keep anybody waiting, waiting() is a plain call.
 */
#ifndef FS_WAITING_H
#define FS_WAITING_H

#include "process/pause.h"

/* Set once something is mounted whose answers take time. */
extern bool files_may_wait;

static inline term waiting(struct process *p, pausing_body *body, unsigned arity, const term *arg)
{
    return files_may_wait ? pausing_to_wait(p, body, arity, arg) : body(p, arg);
}

/* Until something may have happened: the process was woken, or where none can be set aside (a port's driver, the
 * start), the machine slept and pump() has looked at all devices that matter.  false: nobody wants the result, or nobody can be set aside and
 * pump is NULL. */
bool wait_for(void (*pump)(void));

#endif
