/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h -- what `--stats` prints: when things happened and how often. */
#ifndef MONITOR_STATS_H
#define MONITOR_STATS_H

#include <stdint.h>

/* STEP(name, text): the time line, in order. */
#define STATS_STEPS(STEP)                                                                          \
    STEP(CHECKED, "image checked")                                                                 \
    STEP(MAPPED, "memory laid out")                                                                \
    STEP(CREATED, "machine created")                                                               \
    STEP(LOCKED, "locked down")                                                                    \
    STEP(STARTED, "first guest instruction")                                                       \
    STEP(ERLANG, "first Erlang instruction")                                                       \
    STEP(APPLICATION, "application starts")                                                        \
    STEP(WROTE, "first output")                                                                    \
    STEP(ENDED, "guest ended")                                                                     \
    STEP(FLUSHED, "output flushed")

/* COUNT(name, text): how often. */
#define STATS_COUNTS(COUNT)                                                                        \
    COUNT(TOUCHED, "pages that a start is known to touch")                                         \
    COUNT(WRITTEN, "  of them written to")                                                         \
    COUNT(THAWED, "chunks of the snapshot inflated")                                               \
    COUNT(FAULTS, "page faults of the guest's process")                                            \
    COUNT(EXITS, "exits from the guest")                                                           \
    COUNT(SLEEPS, "  sleep")                                                                       \
    COUNT(POPULATES, "  populate")                                                                 \
    COUNT(UNUSEDS, "  give memory back")                                                           \
    COUNT(PROTECTS, "  protect")                                                                   \
    COUNT(OTHERS, "  other calls")                                                                 \
    COUNT(INTERRUPTED, "  signals")                                                                \
    COUNT(POPULATED, "KiB populated on request")                                                   \
    COUNT(DOORBELLS, "doorbells answered")                                                         \
    COUNT(OUTPUT, "bytes of output")                                                               \
    COUNT(INPUT, "bytes of input")                                                                 \
    COUNT(FRAMES_OUT, "frames sent")                                                               \
    COUNT(FRAME_BYTES_OUT, "  their bytes")                                                        \
    COUNT(FRAMES_IN, "frames received")                                                            \
    COUNT(FRAME_BYTES_IN, "  their bytes")                                                         \
    COUNT(FRAMES_DROPPED, "frames dropped by the monitor")                                         \
    COUNT(NET_KNOCKS, "knocks at the guest for frames")

enum stats_step {
#define STEP(name, text) STATS_##name,
    STATS_STEPS(STEP)
#undef STEP
        STATS_STEP_COUNT
};

enum stats_count {
#define COUNT(name, text) STATS_##name,
    STATS_COUNTS(COUNT)
#undef COUNT
        STATS_COUNT_COUNT
};

struct stats {
    uint64_t started_ns;
    uint64_t step_ns[STATS_STEP_COUNT];
    uint64_t count[STATS_COUNT_COUNT];
    uint64_t child_peak_kib; /* process platform: what the guest's process held at most */
    int status_fd;           /* /proc/self/status, or -1 */
};

uint64_t stats_now_ns(void);
/* From now on not by the vDSO, which is not mapped any more. */
void stats_ask_kernel(void);
void stats_start(struct stats *s, uint64_t started_ns, int wanted);
static inline void stats_step(struct stats *s, enum stats_step step)
{
    s->step_ns[step] = stats_now_ns();
}
/* Prints to descriptor 2, without allocating. */
void stats_print(const struct stats *s);

#endif
