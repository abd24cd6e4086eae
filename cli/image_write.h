/* SPDX-License-Identifier: Apache-2.0 */
/* image_write.h -- puts runtime, manifest and archive together into one image (abi/image.h). */
#ifndef CLI_IMAGE_WRITE_H
#define CLI_IMAGE_WRITE_H

#include "abi/image.h"
#include "base/bytes.h"
#include "cli/memory.h"
#include "cli/tree.h"
#include "monitor/error.h"

/* Adds a line to a manifest; the first one must be IMAGE_KEY_IMAGE. */
void manifest_add(struct buffer *manifest, enum image_key key, const char *value);

/* Undoes the escapes of a value: new memory. */
const char *manifest_value(struct bytes value);

/* Appends the whole image to an empty buffer.  `runtime` is a linked ELF executable; of its
 * sections the loaded ones and the symbols are kept.  An empty snapshot is none.  0, or -1 after fail(). */
int image_write(struct bytes runtime, struct bytes manifest, struct tree *t, struct bytes snapshot,
                struct buffer *out, struct error *e);

/* The parts of an image up to its archive, where that begins on a page; *places says where the others belong.  A snapshot of no
 * bytes is none.  `runtime` may be an image itself, of which the rest is not looked at. */
struct image_sizes {
    uint64_t archive, snapshot;
};
struct image_places {
    uint64_t archive, snapshot, check; /* offsets; that of the check is behind all others */
};
int image_head(struct bytes runtime, struct bytes manifest, const struct image_sizes *sizes,
               struct buffer *out, struct image_places *places, struct error *e);

/* The check that belongs behind these bytes, but for its sum, which covers it, too. */
void image_check_of(struct bytes file, struct image_check *check);

#endif
