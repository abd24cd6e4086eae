/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h -- reads the tree of files of an image where it lies (abi/archive.h).
 *
 * Used by the guest for every file that Erlang reads, and by the builder and `inspect`.
 * archive_check() is called once on bytes that nobody has looked at; everything else
 * takes a `struct archive` that it filled in and cannot fail on bad bytes any more.
 * Nothing is allocated, copied or kept.
 */
#ifndef BASE_ARCHIVE_H
#define BASE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/archive.h"

struct archive {
    const uint8_t *bytes;
    uint64_t size; /* may be less than what was given to archive_check() */
    const struct archive_entry *entries;
    uint32_t count;
};

/* Verifies header, entries and paths of the archive in [bytes, bytes + n): a few
 * comparisons for each entry, contents are not touched.  Returns NULL and fills in *out,
 * or returns what is wrong (static storage).  `bytes` is aligned to 8. */
const char *archive_check(const void *bytes, size_t n, struct archive *out);

/* The entry of an absolute path without "." and "..", or NULL. */
const struct archive_entry *archive_find(const struct archive *a, const char *path, size_t n);

/* Walks the direct children of a folder in the order of their names: start with NULL, then
 * give the last result; NULL at the end.  About log(entries) steps each. */
const struct archive_entry *archive_next_child(const struct archive *a,
                                               const struct archive_entry *folder,
                                               const struct archive_entry *last);

/* The whole path, zero-terminated. */
static inline const char *archive_path(const struct archive *a, const struct archive_entry *e)
{
    return (const char *)a->bytes + e->path;
}

/* The last component of the path, zero-terminated; "" for the root. */
const char *archive_name(const struct archive *a, const struct archive_entry *e, size_t *n);

/* The contents of a file, aligned to 16: e->bytes bytes. */
static inline const uint8_t *archive_content(const struct archive *a, const struct archive_entry *e)
{
    return a->bytes + e->content;
}

/* The order of paths in an archive: as bytes, a prefix first. */
int archive_compare(const char *a, size_t a_bytes, const char *b, size_t b_bytes);

/* True when `path` may stand in an archive: absolute, no empty, "." or ".." component, no
 * trailing '/', no zero byte, at most ARCHIVE_PATH_MOST bytes. */
int archive_path_is_good(const char *path, size_t n);

#define ARCHIVE_PATH_MOST 4095u

#endif
