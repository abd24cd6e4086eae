/* SPDX-License-Identifier: Apache-2.0 */
/* archive_tree.h -- the image's archive as a tree of files: read only, nothing is copied. */
#ifndef FS_ARCHIVE_TREE_H
#define FS_ARCHIVE_TREE_H

#include "fs/tree.h"

extern const struct tree archive_tree;

/* Looks at the archive once; before anything else here.  Returns what is wrong with it, or NULL. */
const char *archive_tree_start(const void *image, size_t bytes);

struct node archive_root(void);
/* The node of an absolute path without "." and "..", in one search; tree NULL when there is none. */
struct node archive_node(const char *path, size_t n);

#endif
