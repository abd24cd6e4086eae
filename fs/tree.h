/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h -- what a tree of files offers: a struct of operations, one for each kind of tree.
 *
 * archive_tree.c is the image's, read only; memory_tree.c keeps everything in the mote's memory; ninep_tree.c is a
 * folder of the host, or of any server of 9P; join_tree.c has the folders in which the others are mounted.
 * walk.h joins them to the one tree that Erlang sees.
 *
 * Operations of a tree whose files are elsewhere wait for the answer: other processes run meanwhile (fs/waiting.h),
 * and may change anything that is not held.
 *
 * Always true: who has a node holds it: what find(), parent(), make() and open() give out is held for the
 * caller, who gives it back with drop() (node_drop).  Names are single components of 1 to NAME_MOST bytes, never "." or "..".
 * An operation that fails has changed nothing, and gives nothing to hold.
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
#define FS_ERROR(name, number, atom) FS_##name,
#include "fs/errors.def"
#undef FS_ERROR
};

/* Devices, fifos and the like: only info() tells them from files. */
enum node_kind { NODE_FILE, NODE_FOLDER, NODE_LINK, NODE_DEVICE, NODE_OTHER };

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
    uint32_t user, group, links;
    uint64_t device, minor;
    /* What the user may do, by name: 4 to read, 2 to write. */
    uint8_t rights;
    uint8_t handle_rights; /* the same of an open file, which is as its mode says */
};

/* What set() changes; the rest stays. */
struct node_change {
    bool mode, user, group, times;
    struct node_info to;
};

/* Called for each name in a folder. */
typedef void name_visit(void *context, const char *name, size_t n);

/* What is asked of a name once it is found, so that a tree that is elsewhere asks in one go. */
enum find_next {
    NEXT_ANY,
    NEXT_INFO,   /* info() */
    NEXT_READ,   /* open() to read; info() of what that opened */
    NEXT_CHANGE, /* something of its folder */
};

/* How a file is opened, for open() and make(). */
enum open_mode {
    OPEN_READ = 1,
    OPEN_WRITE = 2,
    OPEN_APPEND = 4,    /* with OPEN_WRITE: whatever the place that is said, it goes to the end */
    OPEN_EXCLUSIVE = 8, /* it must be new */
    OPEN_CUT = 16,      /* it is empty then */
    OPEN_SYNC = 32,     /* what is written is on the medium when that returns */
    OPEN_INFO = 64,     /* info() is what it is asked first, at once */
};

struct tree {
    enum node_kind (*kind)(void *object);
    enum fs_error (*info)(void *object, struct node_info *out);
    void (*keep)(void *object);
    void (*drop)(void *object);

    /* --- of a folder --- */
    /* FS_OK and out->tree NULL when it has no such name. */
    enum fs_error (*find)(void *folder, const char *name, size_t n, struct node *out);
    /* NULL where find() is quick: looks `count` names ahead, each in what the one before names; *found nodes in
     * out[], all held.  `next` is about the last of them.  An error is about the name behind those that were found;
     * FS_OK and fewer than count: find() says what is wrong with the next, or it is no folder. */
    enum fs_error (*find_ahead)(void *folder, const char *const *names, const size_t *bytes,
                                unsigned count, enum find_next next, struct node *out,
                                unsigned *found);
    enum fs_error (*each)(void *folder, name_visit *visit, void *context);
    /* The folder that it stands in; tree NULL for the root of the tree or what has been removed. */
    struct node (*parent)(void *folder);
    /* Its name, in *n bytes at the result: good as long as the folder is held and not renamed. */
    const char *(*name)(void *folder, size_t *n);
    /* NULL where names are all there is to it: its path from the root of the tree, "" or "/a/b", for somebody may have
     * moved it since it was found. */
    enum fs_error (*path)(void *folder, char to[PATH_MOST], size_t *n);

    /* --- of a file --- */
    /* All of its bytes where they lie for ever; NULL in a tree that does not have them like that. */
    const uint8_t *(*bytes)(void *file);
    /* What read, write, cut, reserve and sync are asked of, to be held as long as the file is open.  OPEN_CUT has been
     * obeyed then.  NULL: it is the file itself, and they may be asked of that any time. */
    enum fs_error (*open)(void *file, unsigned modes, struct node *out);
    /* Up to n bytes from `at`; *got fewer than n: there the file ends. */
    enum fs_error (*read)(void *file, uint64_t at, void *to, size_t n, size_t *got);

    /* --- of a symbolic link --- */
    /* *n bytes, without a zero. */
    enum fs_error (*target)(void *link, char to[PATH_MOST], size_t *n);

    /* --- changes: all NULL in a tree that is read only --- */
    /* *done bytes are written, also when it fails. */
    enum fs_error (*write)(void *file, uint64_t at, const void *from, size_t n, size_t *done);
    enum fs_error (*cut)(void *file,
                         uint64_t bytes); /* to this size; longer: zeros that take no room */
    enum fs_error (*reserve)(void *file, uint64_t at, uint64_t n);
    enum fs_error (*sync)(void *file, bool data_only); /* NULL: there is no medium */
    /* A new node under a name that is free; `target` for symbolic links.  A file is made as by open(),
     * with OPEN_WRITE among `modes`. */
    enum fs_error (*make)(void *folder, const char *name, size_t n, enum node_kind kind,
                          const char *target, size_t target_bytes, unsigned modes,
                          struct node *out);
    /* Another name for a node of this tree that is no folder. */
    enum fs_error (*link)(void *folder, const char *name, size_t n, void *object);
    /* Takes a name away that find() answers with a node of this tree; a folder has to be empty. */
    enum fs_error (*remove)(void *folder, const char *name, size_t n, bool is_folder);
    /* Both folders and the node with the old name are of this tree, and the new name's if there is one. */
    enum fs_error (*rename)(void *folder, const char *name, size_t n, void *to_folder,
                            const char *to_name, size_t to_n);
    enum fs_error (*set)(void *object, const struct node_change *change);
};

static inline enum node_kind node_kind(struct node n) { return n.tree->kind(n.object); }
static inline bool node_same(struct node a, struct node b)
{
    return a.tree == b.tree && a.object == b.object;
}
static inline void node_keep(struct node n)
{
    if (n.tree) n.tree->keep(n.object);
}
static inline void node_drop(struct node *n)
{
    if (n->tree) n->tree->drop(n->object);
    *n = (struct node){0};
}
static inline bool node_is_read_only(struct node n) { return !n.tree->write; }

#endif
