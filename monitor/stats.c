/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c -- the time line and the counters; see stats.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "monitor/machine.h"
#include "monitor/stats.h"

static bool by_call MACHINE_WAITS;

void stats_ask_kernel(void) { by_call = true; }

uint64_t stats_now_ns(void)
{
    struct timespec t;
    if (by_call)
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    else
        clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void stats_start(struct stats *s, uint64_t started_ns, int wanted)
{
    memset(s, 0, sizeof *s);
    s->started_ns = started_ns ? started_ns : stats_now_ns();
    s->status_fd = wanted ? open("/proc/self/status", O_RDONLY | O_CLOEXEC) : -1;
}

static uint64_t peak_kib(int status_fd)
{
    char text[4096];
    ssize_t n = status_fd < 0 ? 0 : pread(status_fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    const char *line = strstr(text, "VmHWM:");
    return line ? strtoull(line + 6, NULL, 10) : 0;
}

void stats_print(const struct stats *s)
{
    static const char *const step_text[] = {
#define STEP(name, text) [STATS_##name] = text,
        STATS_STEPS(STEP)
#undef STEP
    };
    static const char *const count_text[] = {
#define COUNT(name, text) [STATS_##name] = text,
        STATS_COUNTS(COUNT)
#undef COUNT
    };
    char text[2048];
    int n = 0;
    for (int i = 0; i < STATS_STEP_COUNT; i++)
        if (s->step_ns[i])
            n += snprintf(text + n, sizeof text - (size_t)n, "mote: %9.3f ms  %s\n",
                          (double)(s->step_ns[i] - s->started_ns) / 1e6, step_text[i]);
    for (int i = 0; i < STATS_COUNT_COUNT; i++)
        if (s->count[i])
            n += snprintf(text + n, sizeof text - (size_t)n, "mote: %9" PRIu64 "  %s\n",
                          s->count[i], count_text[i]);
    uint64_t peak = peak_kib(s->status_fd);
    if (peak)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "mote: %9" PRIu64 "  KiB resident at most%s\n", peak,
                      s->child_peak_kib ? " (monitor)" : "");
    if (s->child_peak_kib)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "mote: %9" PRIu64 "  KiB resident at most (guest)\n", s->child_peak_kib);
    if (write(2, text, (size_t)n) < 0) return; /* nobody is there to read it */
}
