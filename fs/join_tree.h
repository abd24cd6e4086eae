/* SPDX-License-Identifier: Apache-2.0 */
/* join_tree.h -- the root, and the folders above what is mounted: where trees are joined to one.
 *
 * Each of its folders lies over one of the image's, if that has one at the same place, and shows what is there, and
 * what is mounted.  Nobody can change it.  It is made at the start, and stays.
 */
#ifndef FS_JOIN_TREE_H
#define FS_JOIN_TREE_H

#include "fs/tree.h"

extern const struct tree join_tree;

/* `under`: the root of the image. */
void join_start(struct node under);
struct node join_root(void);

/* From now on `what`, a folder, is at `path`: absolute, without "." and "..", not the root, and not below something
 * mounted.  false: it is not like that, or there is no memory.  What was mounted there is not any more. */
bool join_mount(const char *path, size_t n, struct node what);

/* For a folder that is mounted: where, in *name and *n, and the folder above it.  tree NULL: it is not. */
struct node join_above(struct node mounted, const char **name, size_t *n);
/* The folder of this tree that lies over that of the image; else the folder itself. */
struct node join_over(struct node folder);
/* true: a path that begins like this may lead to a folder of this tree, or through one. */
bool join_may_hold(const char *path, size_t n);

#endif
