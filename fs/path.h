/* SPDX-License-Identifier: Apache-2.0 */
/* path.h -- names of files: from what Erlang gives to absolute paths, and the current folder. */
#ifndef FS_PATH_H
#define FS_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_MOST 4096

struct path {
    char text[PATH_MOST]; /* absolute, no ".", "..", no empty component, not terminated */
    size_t bytes;
    bool wants_folder; /* it ended in '/' */
};

/* Joins `name` to the current folder unless it is absolute, and resolves "." and "..".
 * false: too long. */
bool path_resolve(struct path *out, const char *name, size_t bytes);

/* The current folder; path_set_current takes an existing folder. */
const struct path *path_current(void);
void path_set_current(const struct path *p);

#endif
