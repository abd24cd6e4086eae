/* SPDX-License-Identifier: Apache-2.0 */
/* print.h -- terms as text, in the way of erlang:display/1: for crash reports and fallbacks.
 *
 * Needs no heap.  io_lib does this for everybody else.
 */
#ifndef VM_PRINT_H
#define VM_PRINT_H

#include "term/term.h"

/* Where the text goes; called any number of times, UTF-8. */
struct print_sink {
    void (*write)(void *context, const char *bytes, size_t n);
    void *context;
};

void print_text(const struct print_sink *sink, const char *text);
void print_number(const struct print_sink *sink, uint64_t n);
/* "name: n" and the end of the line, as crash dumps have them. */
void print_line(const struct print_sink *sink, const char *name, uint64_t n);

#define PRINT_ALL SIZE_MAX

/* Writes `t`; after about `limit` parts (elements, bytes of strings) the rest is "...". */
void term_print(const struct print_sink *sink, term t, size_t limit);

/* As term_print, into room bytes; always ends in a 0 byte.  Returns the length without it. */
size_t term_print_to(char *text, size_t room, term t, size_t limit);

#endif
