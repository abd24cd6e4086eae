/* SPDX-License-Identifier: Apache-2.0 */
/* beam.h -- what the builder has to know of a .beam file: its chunks, never its code. */
#ifndef CLI_BEAM_H
#define CLI_BEAM_H

#include <stdbool.h>

#include "base/bytes.h"
#include "monitor/error.h"

/* The module's name; NULL after fail().  `name` is for messages. */
const char *beam_module(struct bytes file, const char *name, struct error *e);

/* The same file without the chunks that no running code asks for (doc/image-format.md lists
 * them); all other chunks stay as they are, byte for byte.  A compressed .beam comes back
 * unchanged.  0, or -1 after fail(). */
int beam_strip(struct bytes file, const char *name, struct bytes *out, struct error *e);

/* Whether Function/Arity is exported; a malformed file exports nothing. */
bool beam_exports(struct bytes file, const char *function, unsigned arity);

/* Calls `each` with the name of every module that this one calls, perhaps more than once. */
void beam_imports(struct bytes file, void (*each)(void *context, const char *module),
                  void *context);

#endif
