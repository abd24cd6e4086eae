/* SPDX-License-Identifier: Apache-2.0 */
/* native.c -- what else native code (NIFs) may expect of a C library: memory, time, an end. */
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <string.h>

#include "platform/platform.h"

void *malloc(size_t bytes);

/* --- memory --------------------------------------------------------------------------------------- */

/* Blocks are aligned to 16 bytes; more than that could not be given back. */
void *aligned_alloc(size_t alignment, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes)
{
    return alignment <= 16 ? malloc(bytes) : NULL;
}
int posix_memalign(void **to, size_t alignment, size_t bytes);
int posix_memalign(void **to, size_t alignment, size_t bytes)
{
    enum { NO_MEMORY = 12 };
    *to = aligned_alloc(alignment, bytes);
    return *to ? 0 : NO_MEMORY;
}

/* --- time -------------------------------------------------------------------------------------------- */

struct seconds {
    int64_t seconds, rest;
};

int clock_gettime(int clock, struct seconds *to);
int clock_gettime(int clock, struct seconds *to)
{
    enum { REALTIME = 0, MONOTONIC = 1, CPU = 2 };
    uint64_t ns = clock == REALTIME ? plat_wall_ns()
                  : clock == CPU    ? plat_cpu_ns()
                                    : plat_monotonic_ns();
    *to = (struct seconds){(int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000)};
    return 0;
}

int64_t time(int64_t *to);
int64_t time(int64_t *to)
{
    int64_t now = (int64_t)(plat_wall_ns() / 1000000000);
    if (to) *to = now;
    return now;
}

int gettimeofday(struct seconds *to, void *zone);
int gettimeofday(struct seconds *to, void *zone)
{
    (void)zone;
    clock_gettime(0, to);
    to->rest /= 1000;
    return 0;
}

long clock(void);
long clock(void) { return (long)(plat_cpu_ns() / 1000); }

/* --- the end ------------------------------------------------------------------------------------------- */

noreturn void __assert_fail(const char *what, const char *file, unsigned line,
                            const char *function);
noreturn void __assert_fail(const char *what, const char *file, unsigned line, const char *function)
{
    static char text[256];
    size_t n = strlen(what);
    (void)function;
    if (n > 200) n = 200;
    memcpy(text, "assertion failed: ", 18);
    memcpy(text + 18, what, n);
    text[18 + n] = 0;
    plat_panic(file, (int)line, text);
}
