/* SPDX-License-Identifier: Apache-2.0 */
/* error.h -- how host code (monitor/, cli/) says what went wrong in the world.
 *
 * A function that can fail takes `struct error *` last and returns a negative number (or
 * NULL) after fail(); the message is made where the fact is known and says what, where and,
 * when there is one, the way out.  Nobody prints but the caller at the top.
 */
#ifndef MONITOR_ERROR_H
#define MONITOR_ERROR_H

struct error {
    int code; /* an errno value, or 0 when the trouble is not one of the kernel's */
    char text[600];
};

/* Writes the message, followed by ": " and strerror(code) unless code is 0.  Returns -1. */
__attribute__((format(printf, 3, 4))) int fail(struct error *e, int code, const char *format, ...);

/* Puts "text: " in front of a message that is already there.  Returns -1. */
__attribute__((format(printf, 2, 3))) int fail_context(struct error *e, const char *format, ...);

#endif
