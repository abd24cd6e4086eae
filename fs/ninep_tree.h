/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_tree.h -- a tree of files that a server of 9P2000.L has.
 *
 * A node knows its folder and its name; the server learns of it (it gets a fid) when it is found, or when something
 * is first asked of it.  A node of an open file is one of its own: what is asked of it goes to that file, whatever
 * becomes of its name.
 */
#ifndef FS_NINEP_TREE_H
#define FS_NINEP_TREE_H

#include "fs/ninep_client.h"

struct ninep_node;

struct ninep_mount {
    struct ninep_client client;
    struct ninep_node *root;
    uint64_t device; /* no other mount has that number */
    /* NULL: the root had its fid from the start.  Else: connects, and says what it is; waits. */
    enum fs_error (*attach)(struct ninep_mount *m, uint32_t *root);
    bool attaching;
    term waiters[16]; /* processes that wait for that */
    unsigned waiters_n;
};

extern const struct tree ninep_tree;

/* The root of what the client has attached to; it stays.  tree NULL: no memory. */
struct node ninep_tree_start(struct ninep_mount *m, uint64_t device, uint32_t root);

/* --- for ninep_file.c ------------------------------------------------------------------------- */

struct ninep_node {
    uint64_t holders;
    struct ninep_mount *mount;
    struct ninep_node *parent; /* held; NULL: the root */
    uint32_t fid;              /* or NINEP_NO_FID */
    uint8_t kind;              /* of its qid */
    bool is_open, appends;
    bool ahead; /* it is open to read, which nobody has asked for yet */
    bool knows; /* `info` came along with something else, and the next who asks for it gets that */
    struct node_info info;
    size_t bytes;
    char name[];
};

/* Its fid, which the server is told of if it must be. */
enum fs_error ninep_fid_of(struct ninep_node *n, uint32_t *fid);
/* A fid of its own for the caller, for the same file, not open. */
enum fs_error ninep_fid_copy(struct ninep_node *n, uint32_t *fid);

/* The same, sent and not waited for, so that what is to be asked of that fid can follow at once.  A server that
 * is not ours may not do things in order: there it has been waited for.  NULL: *wrong says why. */
struct ninep_rpc *ninep_copy_begin(struct ninep_node *n, uint32_t *fid, enum fs_error *wrong);
/* Its end.  After an error there is no such fid. */
enum fs_error ninep_copy_end(struct ninep_rpc *q);
/* Requests about a fid: not sent yet.  NULL: *wrong says why. */
struct ninep_rpc *ninep_ask_open(struct ninep_client *c, uint32_t fid, uint32_t flags,
                                 enum fs_error *wrong);
struct ninep_rpc *ninep_ask_info(struct ninep_client *c, uint32_t fid, enum fs_error *wrong);
/* Waits for what the second of them says, and ends it. */
enum fs_error ninep_take_info(struct ninep_mount *m, struct ninep_rpc *q, struct node_info *out);

enum fs_error ninep_file_open(void *file, unsigned modes, struct node *out);
uint32_t ninep_file_flags(unsigned modes);
enum fs_error ninep_file_read(void *file, uint64_t at, void *to, size_t n, size_t *got);
enum fs_error ninep_file_write(void *file, uint64_t at, const void *from, size_t n, size_t *done);
enum fs_error ninep_file_cut(void *file, uint64_t bytes);
enum fs_error ninep_file_reserve(void *file, uint64_t at, uint64_t n);
enum fs_error ninep_file_sync(void *file, bool data_only);
enum fs_error ninep_file_set(void *object, const struct node_change *change);
enum fs_error ninep_file_info(void *object, struct node_info *out);

/* A new node, with the name; its folder is held for it. */
struct ninep_node *ninep_node_make(struct ninep_mount *m, struct ninep_node *parent,
                                   const char *name, size_t n, uint8_t kind, uint32_t fid);

#endif
