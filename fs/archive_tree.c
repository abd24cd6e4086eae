/* SPDX-License-Identifier: Apache-2.0 */
/* archive_tree.c -- see archive_tree.h.  A node's object is its entry in the archive. */
#include "fs/archive_tree.h"
#include "base/archive.h"
#include "fs/memory_file.h"
#include <string.h>

static struct archive archive;

static struct node node_of(const struct archive_entry *e)
{
    return e ? (struct node){&archive_tree, (void *)(uintptr_t)e} : (struct node){0};
}

const char *archive_tree_start(const void *image, size_t bytes)
{
    return archive_check(image, bytes, &archive);
}

struct node archive_root(void) { return node_of(archive.entries); }

struct node archive_node(const char *path, size_t n)
{
    return node_of(archive_find(&archive, path, n));
}

static enum node_kind kind(void *object)
{
    const struct archive_entry *e = object;
    return e->kind == ARCHIVE_FOLDER ? NODE_FOLDER : NODE_FILE;
}

static enum fs_error info(void *object, struct node_info *out)
{
    const struct archive_entry *e = object;
    *out = (struct node_info){.bytes = e->bytes,
                              .inode = (uint64_t)(e - archive.entries) + 1,
                              .accessed = e->modified_s,
                              .modified = e->modified_s,
                              .changed = e->modified_s,
                              .kind = kind(object),
                              .mode = e->mode & 0777 & ~0222u,
                              .links = 1,
                              .rights = 4,
                              .handle_rights = e->mode >> 6 & 4};
    return FS_OK;
}

static enum fs_error find(void *folder, const char *name, size_t n, struct node *out)
{
    const struct archive_entry *f = folder;
    size_t base = f->path_bytes > 1 ? f->path_bytes : 0; /* the root's own path is the '/' */
    char path[ARCHIVE_PATH_MOST + 1];
    *out = (struct node){0};
    if (base + 1 + n > ARCHIVE_PATH_MOST) return FS_OK;
    memcpy(path, archive_path(&archive, f), base);
    path[base] = '/';
    memcpy(path + base + 1, name, n);
    *out = archive_node(path, base + 1 + n);
    return FS_OK;
}

static enum fs_error each(void *folder, name_visit *visit, void *context)
{
    const struct archive_entry *child = NULL;
    while ((child = archive_next_child(&archive, folder, child))) {
        size_t n;
        const char *text = archive_name(&archive, child, &n);
        visit(context, text, n);
    }
    return FS_OK;
}

static struct node parent(void *folder)
{
    const struct archive_entry *e = folder;
    size_t n;
    if (e->path_bytes == 1) return (struct node){0};
    archive_name(&archive, e, &n);
    size_t base = e->path_bytes - n;
    return archive_node(archive_path(&archive, e), base > 1 ? base - 1 : 1);
}

static const char *name(void *folder, size_t *n) { return archive_name(&archive, folder, n); }

static const uint8_t *bytes(void *file) { return archive_content(&archive, file); }

static enum fs_error read(void *file, uint64_t at, void *to, size_t n, size_t *got)
{
    const struct archive_entry *e = file;
    return bytes_read(bytes(file), e->bytes, at, to, n, got);
}

const struct tree archive_tree = {.kind = kind,
                                  .info = info,
                                  .keep = node_stays,
                                  .drop = node_stays,
                                  .find = find,
                                  .each = each,
                                  .parent = parent,
                                  .name = name,
                                  .bytes = bytes,
                                  .read = read,
                                  .target = no_link};
