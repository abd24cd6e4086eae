/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h -- from the name of a file to its node, as Linux does it; what is mounted; the current folder.
 *
 * The root is the image's archive; /tmp is the memory tree, and hosts' folders are where the mote was told to
 * mount them (join_tree.h).  Symbolic links are followed, at most 40 of them.
 */
#ifndef FS_WALK_H
#define FS_WALK_H

#include "fs/tree.h"

/* What to do with a symbolic link at the end. */
enum walk_how {
    WALK_FOLLOW,       /* go on to what it points to */
    WALK_FOLLOW_SLASH, /* only when there is a '/' behind it */
    WALK_STAY, /* never, and a '/' behind something that is no folder is the caller's to judge */
};

enum walk_last { LAST_NAME, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

struct found {
    struct node node; /* held; tree NULL: not there, but the folder is */
    enum walk_last last;
    /* Of LAST_NAME: */
    struct node folder; /* held */
    size_t name_bytes;
    bool slash; /* behind the name */
    char name[NAME_MOST + 1];
};

/* `memory_limit` as of memory_tree_start; the archive is there.  The current folder is "/". */
void walk_start(uint64_t memory_limit);

/* Finds what `path`, n bytes without a zero, names.  FS_OK: found_drop() gives back what it holds. */
enum fs_error walk(const char *path, size_t n, enum walk_how how, enum find_next next,
                   struct found *out);
static inline void found_drop(struct found *f)
{
    node_drop(&f->node);
    node_drop(&f->folder);
}

/* The names in a folder, with those where another tree is mounted. */
enum fs_error walk_each(struct node folder, name_visit *visit, void *context);

/* The current folder; it is not held for the caller. */
struct node walk_current(void);
void walk_set_current(struct node folder);

/* Writes the path of a folder to the end of `room` and returns where it begins; NULL and FS_ENOENT when
 * it has been removed, FS_ENAMETOOLONG when it is longer than that. */
const char *walk_path(struct node folder, char room[PATH_MOST], size_t *n, enum fs_error *wrong);

#endif
