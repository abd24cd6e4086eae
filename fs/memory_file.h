/* SPDX-License-Identifier: Apache-2.0 */
/* memory_file.h -- what trees that are read only, and have each file's bytes in one piece for ever, do alike. */
#ifndef FS_MEMORY_FILE_H
#define FS_MEMORY_FILE_H

#include <string.h>

#include "fs/tree.h"

/* As read() of a tree, of a file with these bytes. */
static inline enum fs_error bytes_read(const void *bytes, uint64_t size, uint64_t at, void *to,
                                       size_t n, size_t *got)
{
    uint64_t left = at < size ? size - at : 0;
    *got = n < left ? n : (size_t)left;
    if (*got) memcpy(to, (const uint8_t *)bytes + at, *got);
    return FS_OK;
}

/* As keep() and drop(): nothing there goes away. */
static inline void node_stays(void *object) { (void)object; }

/* As target(), of a tree without links. */
static inline enum fs_error no_link(void *link, char to[PATH_MOST], size_t *n)
{
    (void)link, (void)to, (void)n;
    return FS_EINVAL;
}

#endif
