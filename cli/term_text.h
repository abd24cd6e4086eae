/* SPDX-License-Identifier: Apache-2.0 */
/* term_text.h -- reads Erlang terms written as text: .app, .rel and .config files.
 *
 * What file:consult/1 accepts, as far as such files use it: atoms, numbers, characters,
 * strings, tuples, lists, maps and binaries of literal bytes.  Depth, size and every
 * character are checked; the result lives as long as the command.
 */
#ifndef CLI_TERM_TEXT_H
#define CLI_TERM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "monitor/error.h"

enum text_kind {
    TEXT_ATOM,
    TEXT_NUMBER,
    TEXT_STRING,
    TEXT_BINARY,
    TEXT_TUPLE,
    TEXT_LIST,
    TEXT_MAP
};

struct text_term {
    enum text_kind kind;
    unsigned line;
    /* Atom, string, binary: the characters, zero-terminated.  Number: as it was written. */
    const char *text;
    size_t text_bytes;
    /* Tuple, list, map (key, value, key, value ...): the elements, a chain. */
    struct text_term *first;
    size_t size;
    struct text_term *next; /* in the chain that this term is an element of */
};

/* Reads the first term of a file, up to its full stop.  `name` is for messages.  NULL after
 * fail(). */
const struct text_term *text_read(struct bytes file, const char *name, struct error *e);

/* The same of all terms of a file, as a list. */
const struct text_term *text_read_all(struct bytes file, const char *name, struct error *e);

/* Element `i` of a tuple or a list, counted from 0, or NULL. */
const struct text_term *text_element(const struct text_term *t, size_t i);

bool text_is_atom(const struct text_term *t, const char *name);

/* The value of {Key, Value} in a list of such pairs, or NULL. */
const struct text_term *text_property(const struct text_term *list, const char *key);

#endif
