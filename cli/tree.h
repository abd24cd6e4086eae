/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h -- the files that a guest will see, while they are being collected.
 *
 * Paths are the guest's: absolute and normal (path_normal()).  The folders above a file come
 * with it.  Two files of one path are a conflict, unless they stand in different layers: then
 * the higher layer wins.  What was collected in whatever order is written in the order of
 * paths, so equal input makes equal bytes.
 */
#ifndef CLI_TREE_H
#define CLI_TREE_H

#include "base/archive.h"
#include "base/bytes.h"
#include "cli/memory.h"
#include "monitor/error.h"

enum tree_layer {
    TREE_GIVEN, /* from OTP and from the user */
    TREE_OURS,  /* modules of Mote's own, which replace OTP's */
};

struct tree_node {
    const char *path;
    uint32_t path_bytes, parent; /* index of the folder; the root is its own */
    uint16_t kind, mode;
    enum tree_layer layer;
    int64_t modified_s;
    struct bytes content;
    const char *origin; /* where on the host it comes from, for messages */
};

struct tree {
    struct tree_node *nodes; /* a folder stands before what is in it */
    size_t count, room;
    uint32_t *slots; /* hash of the path -> index + 1 */
    size_t slot_count;
};

/* `content` and `origin` are kept, not copied. */
int tree_add_file(struct tree *t, enum tree_layer layer, const char *path, struct bytes content,
                  unsigned mode, int64_t modified_s, const char *origin, struct error *e);
int tree_add_folder(struct tree *t, const char *path, const char *origin, struct error *e);

const struct tree_node *tree_find(const struct tree *t, const char *path);

/* A host file, or a folder with all that is in it (links are followed; anything that is
 * neither file nor folder is left out), at `path`. */
int tree_add_from_host(struct tree *t, const char *host, const char *path, struct error *e);

/* "HOSTPATH:GUESTPATH" as --add takes it. */
int tree_add_option(struct tree *t, const char *text, struct error *e);

/* The tree as an archive (abi/archive.h), appended to `out`, which is aligned to 16.  Times
 * later than $SOURCE_DATE_EPOCH, when that is set, are cut back to it. */
void tree_write(struct tree *t, struct buffer *out);

/* The same over a base archive that stays where it is: `out` gets an index of both and the
 * tree's contents, a multiple of the page size; the base's bytes are to follow directly.
 * Where both have a file, the tree's is taken. */
int tree_write_over(struct tree *t, const struct archive *base, struct buffer *out,
                    struct error *e);

/* The largest file that is accepted, and the largest archive. */
#define TREE_FILE_MOST (UINT64_C(1) << 30)

#endif
