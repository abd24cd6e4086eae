/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h -- what a tree of files offers: a struct of operations, one for each kind of tree.
 *
 * archive_tree.c is the image's, read only; memory_tree.c keeps everything in the mote's memory.
 * walk.h joins them to the one tree that Erlang sees.
 *
 * Always true: a node is good until something is removed or renamed; who remembers one longer
 * (an open file, the current folder) holds it with keep() and gives it back with drop().
 * Names are single components of 1 to NAME_MOST bytes, never "." or "..".
 * An operation that fails has changed nothing.
 */
#ifndef FS_TREE_H
#define FS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_MOST 4096 /* bytes of a path with a zero behind it */
#define NAME_MOST 255

/* What Linux would answer; fs/answer.h makes atoms of them. */
enum fs_error {
    FS_OK,
    FS_EBADF,
    FS_EBUSY,
    FS_EEXIST,
    FS_EFBIG,
    FS_EINVAL,
    FS_EISDIR,
    FS_ELOOP,
    FS_ENAMETOOLONG,
    FS_ENOENT,
    FS_ENOMEM,
    FS_ENOSPC,
    FS_ENOTDIR,
    FS_ENOTEMPTY,
    FS_ENOTSUP,
    FS_EPERM,
    FS_EROFS,
    FS_EXDEV,
};

enum node_kind { NODE_FILE, NODE_FOLDER, NODE_LINK };

struct tree;
struct node {
    const struct tree *tree; /* NULL: there is none */
    void *object;
};

struct node_info {
    uint64_t bytes, inode;
    int64_t accessed, modified, changed; /* seconds since 1970 */
    enum node_kind kind;
    uint32_t mode; /* permissions alone */
    uint32_t user, group, links, device;
};

/* What set() changes; the rest stays. */
struct node_change {
    bool mode, user, group, times;
    struct node_info to;
};

/* Called for each name in a folder. */
typedef void name_visit(void *context, const char *name, size_t n);

struct tree {
    enum node_kind (*kind)(void *object);
    void (*info)(void *object, struct node_info *out);
    void (*keep)(void *object);
    void (*drop)(void *object);

    /* --- of a folder --- */
    /* FS_OK and out->tree NULL when it has no such name; FS_ENOMEM. */
    enum fs_error (*find)(void *folder, const char *name, size_t n, struct node *out);
    void (*each)(void *folder, name_visit *visit, void *context);
    /* The folder that it stands in; tree NULL for the root of the tree or what has been removed. */
    struct node (*parent)(void *folder);
    /* Its name, in *n bytes at the result: good as long as the folder is not renamed. */
    const char *(*name)(void *folder, size_t *n);

    /* --- of a file --- */
    /* All of its bytes where they lie for ever; NULL in a tree that does not have them like that. */
    const uint8_t *(*bytes)(void *file);
    /* n bytes from `at`, all of them inside the file. */
    void (*read)(void *file, uint64_t at, void *to, size_t n);

    /* --- of a symbolic link --- */
    const char *(*target)(void *link, size_t *n);

    /* --- changes: all NULL in a tree that is read only --- */
    /* Bytes written; fewer than n: there is no room for more. */
    size_t (*write)(void *file, uint64_t at, const void *from, size_t n);
    void (*cut)(void *file, uint64_t bytes); /* to this size; longer: zeros that take no room */
    enum fs_error (*reserve)(void *file, uint64_t at, uint64_t n);
    /* A new node under a name that is free; `target` for symbolic links. */
    enum fs_error (*make)(void *folder, const char *name, size_t n, enum node_kind kind,
                          const char *target, size_t target_bytes, struct node *out);
    /* Another name for a node of this tree that is no folder. */
    enum fs_error (*link)(void *folder, const char *name, size_t n, void *object);
    /* Takes a name away that find() answers with a node of this tree; a folder has to be empty. */
    enum fs_error (*remove)(void *folder, const char *name, size_t n);
    /* Both folders and the node with the old name are of this tree, and the new name's if there is one. */
    enum fs_error (*rename)(void *folder, const char *name, size_t n, void *to_folder,
                            const char *to_name, size_t to_n);
    void (*set)(void *object, const struct node_change *change);
};

static inline enum node_kind node_kind(struct node n) { return n.tree->kind(n.object); }
static inline bool node_same(struct node a, struct node b)
{
    return a.tree == b.tree && a.object == b.object;
}
static inline bool node_is_read_only(struct node n) { return !n.tree->write; }

#endif
