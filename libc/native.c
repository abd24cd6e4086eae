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

/* Nobody else could run meanwhile: there is one thread, and it is here. */
int nanosleep(const struct seconds *wanted, struct seconds *left);
int nanosleep(const struct seconds *wanted, struct seconds *left)
{
    uint64_t ns = (uint64_t)wanted->seconds * 1000000000 + (uint64_t)wanted->rest;
    uint64_t start = plat_monotonic_ns();
    while (plat_monotonic_ns() - start < ns) {}
    if (left) *left = (struct seconds){0, 0};
    return 0;
}

/* --- files: there are none of a host ------------------------------------------------------------------ */

int *__errno_location(void);
size_t fwrite(const void *bytes, size_t size, size_t n, void *stream);
extern void *const stdout, *const stderr;

static int no_such_call(void)
{
    enum { NOT_IMPLEMENTED = 38 }; /* ENOSYS */
    *__errno_location() = NOT_IMPLEMENTED;
    return -1;
}

int open(const char *path, int flags, ...);
int open(const char *path, int flags, ...) { return (void)path, (void)flags, no_such_call(); }
int close(int fd);
int close(int fd) { return (void)fd, no_such_call(); }
int pipe(int fds[2]);
int pipe(int fds[2]) { return (void)fds, no_such_call(); }
int fcntl(int fd, int command, ...);
int fcntl(int fd, int command, ...) { return (void)fd, (void)command, no_such_call(); }
int64_t lseek(int fd, int64_t offset, int whence);
int64_t lseek(int fd, int64_t offset, int whence)
{
    return (void)fd, (void)offset, (void)whence, no_such_call();
}
int64_t read(int fd, void *to, size_t n);
int64_t read(int fd, void *to, size_t n) { return (void)fd, (void)to, (void)n, no_such_call(); }
/* Standard output and error are the console. */
int64_t write(int fd, const void *bytes, size_t n);
int64_t write(int fd, const void *bytes, size_t n)
{
    if (fd != 1 && fd != 2) return no_such_call();
    fwrite(bytes, 1, n, fd == 1 ? stdout : stderr);
    return (int64_t)n;
}
struct part {
    const void *bytes;
    size_t n;
};
int64_t writev(int fd, const struct part *parts, int count);
int64_t writev(int fd, const struct part *parts, int count)
{
    int64_t sum = 0;
    for (int i = 0; i < count && sum >= 0; i++) {
        int64_t n = write(fd, parts[i].bytes, parts[i].n);
        sum = n < 0 ? n : sum + n;
    }
    return sum;
}
void *fopen(const char *path, const char *mode);
void *fopen(const char *path, const char *mode)
{
    (void)path, (void)mode, no_such_call();
    return NULL;
}
int fclose(void *stream);
int fclose(void *stream) { return (void)stream, 0; }

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
