/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h -- the tree of files inside an image: bytes shared by builder and guest.
 *
 * Little endian, offsets from the first byte of the archive, made to be used where it
 * lies: nothing is parsed or copied at boot.
 *
 *   struct archive_header
 *   struct archive_entry[entries]     sorted by path (bytes), so a folder's children
 *                                     are neighbours and lookup is a binary search
 *   paths                             each zero-terminated, absolute, no trailing '/',
 *                                     no "." or ".." or empty component; "/" is the root
 *   contents                          each aligned to 16 bytes
 *
 * Every folder on the way to a file has an entry of its own.  archive_check() in
 * base/archive.h verifies all of this, and is the only reader that may assume nothing.
 */
#ifndef ABI_ARCHIVE_H
#define ABI_ARCHIVE_H

#include <stdint.h>

#define ARCHIVE_MAGIC   0x315648435241214dull /* the bytes "M!ARCHV1" */
#define ARCHIVE_VERSION 1u

enum archive_kind { ARCHIVE_FILE = 1, ARCHIVE_FOLDER = 2 };

struct archive_header {
    uint64_t magic;
    uint32_t version;
    uint32_t entries;
    uint64_t bytes;   /* of the whole archive */
    uint64_t paths;   /* offset of the first path */
    uint64_t content; /* offset of the first content */
};

struct archive_entry {
    uint64_t path;       /* offset of the zero-terminated path */
    uint64_t content;    /* offset; 0 for a folder */
    uint64_t bytes;      /* 0 for a folder */
    int64_t modified_s;  /* seconds since 1970, UTC */
    uint32_t path_bytes; /* without the zero */
    uint16_t mode;       /* permission bits */
    uint16_t kind;       /* enum archive_kind */
};

_Static_assert(sizeof(struct archive_header) == 40, "shared with the guest");
_Static_assert(sizeof(struct archive_entry) == 40, "shared with the guest");

#endif
