/* SPDX-License-Identifier: Apache-2.0 */
/* fortify.c -- what GMP, zlib and PCRE2, as Debian compiled them, expect of glibc.
 *
 * They were built with the stack protector and with _FORTIFY_SOURCE.  The checks do here
 * what they do there: end the program when a buffer would be overrun. 
 */
#include <stddef.h>
#include <string.h>
#include <stdnoreturn.h>

#include "platform/platform.h"

#define BROKEN(what) plat_panic("a library", 0, what)

noreturn void __stack_chk_fail(void);
noreturn void __stack_chk_fail(void) { BROKEN("stack smashing detected"); }

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room);
void *__memcpy_chk(void *to, const void *from, size_t n, size_t room)
{
    if (n > room) BROKEN("memcpy beyond its buffer");
    return memcpy(to, from, n);
}

void *__memmove_chk(void *to, const void *from, size_t n, size_t room);
void *__memmove_chk(void *to, const void *from, size_t n, size_t room)
{
    if (n > room) BROKEN("memmove beyond its buffer");
    return memmove(to, from, n);
}

void *__memset_chk(void *to, int byte, size_t n, size_t room);
void *__memset_chk(void *to, int byte, size_t n, size_t room)
{
    if (n > room) BROKEN("memset beyond its buffer");
    return memset(to, byte, n);
}

noreturn void abort(void);
noreturn void abort(void) { BROKEN("abort() called"); }

/* GMP raises SIGFPE for a division by zero. */
int raise(int signal);
int raise(int signal)
{
    (void)signal;
    BROKEN("a signal raised: division by zero, or a bad argument");
}

/* There is one thread; musl's own code uses the second name. */
int *__errno_location(void);
int *__errno_location(void)
{
    static int number;
    return &number;
}
int *___errno_location(void) __attribute__((alias("__errno_location")));
