/* SPDX-License-Identifier: Apache-2.0 */
/* text_tree.h -- a folder of small files whose contents the machine writes at its start, read only from then on. */
#ifndef FS_TEXT_TREE_H
#define FS_TEXT_TREE_H

#include "fs/tree.h"

extern const struct tree text_tree;

/* A file in the folder.  Name and contents are the caller's and stay.  false: there are too many. */
bool text_add(const char *name, const char *text, size_t bytes);
struct node text_root(void);

#endif
