/* SPDX-License-Identifier: Apache-2.0 */
/* text_tree.c -- see text_tree.h.  The first entry is the folder. */
#include "fs/text_tree.h"
#include "fs/memory_file.h"
#include <string.h>

#define MOST 8

struct entry {
    const char *name, *text;
    size_t bytes;
};
static struct entry entries[1 + MOST];
static unsigned count = 1;

static struct node node_of(struct entry *e) { return (struct node){&text_tree, e}; }

bool text_add(const char *name, const char *text, size_t bytes)
{
    for (unsigned k = 1; k < count; k++) {
        if (strcmp(entries[k].name, name) != 0) continue;
        entries[k] = (struct entry){name, text, bytes};
        return true;
    }
    if (count > MOST) return false;
    entries[count++] = (struct entry){name, text, bytes};
    return true;
}

struct node text_root(void) { return node_of(entries); }

static enum node_kind kind(void *object) { return object == entries ? NODE_FOLDER : NODE_FILE; }

static enum fs_error info(void *object, struct node_info *out)
{
    struct entry *e = object;
    *out = (struct node_info){.bytes = e->bytes,
                              .inode = (uint64_t)(e - entries) + 1,
                              .kind = kind(object),
                              .mode = e == entries ? 0555 : 0444,
                              .links = 1,
                              .rights = 4,
                              .handle_rights = 4};
    return FS_OK;
}

static enum fs_error find(void *folder, const char *name, size_t n, struct node *out)
{
    (void)folder;
    *out = (struct node){0};
    for (unsigned k = 1; k < count; k++)
        if (strlen(entries[k].name) == n && memcmp(entries[k].name, name, n) == 0)
            *out = node_of(&entries[k]);
    return FS_OK;
}

static enum fs_error each(void *folder, name_visit *visit, void *context)
{
    (void)folder;
    for (unsigned k = 1; k < count; k++) visit(context, entries[k].name, strlen(entries[k].name));
    return FS_OK;
}

static struct node parent(void *folder)
{
    (void)folder;
    return (struct node){0};
}

static const char *name(void *folder, size_t *n)
{
    (void)folder;
    *n = 0;
    return "";
}

static const uint8_t *bytes(void *file) { return (const uint8_t *)((struct entry *)file)->text; }

static enum fs_error read(void *file, uint64_t at, void *to, size_t n, size_t *got)
{
    const struct entry *e = file;
    return bytes_read(e->text, e->bytes, at, to, n, got);
}

const struct tree text_tree = {.kind = kind,
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
