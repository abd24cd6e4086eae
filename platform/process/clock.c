/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c -- time from the vDSO, whose address the monitor found; else by system call. */
#include <sys/syscall.h>
#include <time.h>

#include "platform/process/process.h"

static uint64_t read_clock(clockid_t which)
{
    struct timespec now = {0};
    int (*quick)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))boot_record->clock_gettime;
    if (!quick || quick(which, &now) != 0)
        require(process_call(SYS_clock_gettime, which, (long)&now, 0, 0, 0) == 0);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t process_monotonic_ns(void) { return read_clock(CLOCK_MONOTONIC); }
uint64_t process_wall_ns(void) { return read_clock(CLOCK_REALTIME); }
uint64_t process_cpu_ns(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
