/* SPDX-License-Identifier: Apache-2.0 */
/* memory_tree.h -- a tree of files in the mote's memory: /tmp.
 *
 * It lies over a folder of another tree, when that has one at the same place: what is there stays
 * visible and stays read only, its folders take new files of this tree, and no name is in both.
 * A file without a name lives until nobody holds it any more (an open file does).
 *
 * Memory: at most `limit` bytes for pages, nodes and names; then FS_ENOSPC.
 */
#ifndef FS_MEMORY_TREE_H
#define FS_MEMORY_TREE_H

#include "fs/tree.h"

extern const struct tree memory_tree;

/* Empty, over the folder `under` (tree NULL: over nothing).  Once. */
void memory_tree_start(uint64_t limit, struct node under);

void memory_tree_limit(uint64_t limit);

struct node memory_root(void);

#endif
