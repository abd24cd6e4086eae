/* SPDX-License-Identifier: Apache-2.0 */
/* error.c -- messages for what the world did to us; see error.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "monitor/error.h"

int fail(struct error *e, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    e->code = code;
    if (code && n >= 0 && (size_t)n < sizeof e->text)
        snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", strerror(code));
    return -1;
}

int fail_context(struct error *e, const char *format, ...)
{
    char before[sizeof e->text];
    memcpy(before, e->text, sizeof before);
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    if (n >= 0 && (size_t)n < sizeof e->text)
        snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", before);
    return -1;
}
