/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h -- which pages a start touches: found out in a trial, on the process platform.
 *
 *   trial_start()   before the guest's process is made
 *   trial_watch()   in it, when all is mapped and right before the guest runs
 *   trial_write()   when it has ended
 */
#ifndef MONITOR_TRIAL_H
#define MONITOR_TRIAL_H

#include "monitor/snapshot.h"

/* Of these areas, at their own addresses, and the archive.  writes: also each write to the heap, one by one. */
int trial_start(const struct areas *areas, uint64_t archive_bytes, bool writes, struct error *e);
/* From now on, no memory of the guest's may be given to a system call that was not touched before. */
int trial_watch(struct error *e);
/* Writes the snapshot `s` out of `file`, with the list of what was touched, to fd: all of it, or only what was before the image's
 * own began.  Behind it, the ranges (struct snapshot_range) that were written to, when those were wanted. */
int trial_write(const struct snapshot *s, const struct monitor_file *file, bool whole, int fd,
                struct error *e);

#endif
