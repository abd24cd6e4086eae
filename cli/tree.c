/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c -- collecting the files of a guest; see tree.h.  Writing them is tree_write.c. */
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "cli/files.h"
#include "cli/tree.h"

/* --- lookup: open addressing, at most half full -------------------------------------------- */

static size_t slot_of(const struct tree *t, const char *path, size_t n)
{
    size_t i = hash_fast(path, n) & (t->slot_count - 1);
    for (; t->slots[i]; i = (i + 1) & (t->slot_count - 1)) {
        const struct tree_node *node = &t->nodes[t->slots[i] - 1];
        if (node->path_bytes == n && memcmp(node->path, path, n) == 0) break;
    }
    return i;
}

static void grow_slots(struct tree *t)
{
    if (t->slot_count > 2 * t->count) return;
    t->slot_count = t->slot_count ? 4 * t->slot_count : 256;
    t->slots = memory_take(t->slot_count * sizeof *t->slots);
    for (size_t i = 0; i < t->count; i++)
        t->slots[slot_of(t, t->nodes[i].path, t->nodes[i].path_bytes)] = (uint32_t)i + 1;
}

static struct tree_node *find(const struct tree *t, const char *path, size_t n)
{
    if (!t->slot_count) return NULL;
    uint32_t found = t->slots[slot_of(t, path, n)];
    return found ? &t->nodes[found - 1] : NULL;
}

const struct tree_node *tree_find(const struct tree *t, const char *path)
{
    return find(t, path, strlen(path));
}

/* --- add -------------------------------------------------------------------------------------- */

static size_t parent_length(const char *path, size_t n)
{
    while (n > 1 && path[n - 1] != '/') n--;
    return n > 1 ? n - 1 : 1;
}

/* The index of the folder, which is made if it is missing; -1 after fail(). */
static int64_t add_folder(struct tree *t, const char *path, size_t n, const char *origin,
                          struct error *e)
{
    const struct tree_node *there = find(t, path, n);
    if (there && there->kind != ARCHIVE_FOLDER)
        return fail(e, 0, "%s would be a folder because of %s, but %s is there as a file",
                    there->path, origin, there->origin);
    if (there) return there - t->nodes;

    int64_t parent = 0;
    if (n > 1) parent = add_folder(t, path, parent_length(path, n), origin, e);
    if (parent < 0) return -1;
    t->nodes = memory_grow(t->nodes, t->count, &t->room, sizeof *t->nodes);
    t->nodes[t->count++] = (struct tree_node){.path = memory_text(path, n),
                                              .path_bytes = (uint32_t)n,
                                              .parent = (uint32_t)parent,
                                              .kind = ARCHIVE_FOLDER,
                                              .mode = 0755,
                                              .origin = origin};
    grow_slots(t);
    t->slots[slot_of(t, path, n)] = (uint32_t)t->count;
    return (int64_t)t->count - 1;
}

static int check_guest_path(const char *path, struct error *e)
{
    if (archive_path_is_good(path, strlen(path))) return 0;
    return fail(e, 0, "%s is not a path for the guest: it must be absolute, without . and ..",
                path);
}

int tree_add_folder(struct tree *t, const char *path, const char *origin, struct error *e)
{
    if (check_guest_path(path, e) < 0) return -1;
    return add_folder(t, path, strlen(path), origin, e) < 0 ? -1 : 0;
}

int tree_add_file(struct tree *t, enum tree_layer layer, const char *path, struct bytes content,
                  unsigned mode, int64_t modified_s, const char *origin, struct error *e)
{
    if (check_guest_path(path, e) < 0) return -1;
    size_t n = strlen(path);
    if (n == 1) return fail(e, 0, "%s cannot be the file /", origin);
    struct tree_node fresh = {.path = path,
                              .path_bytes = (uint32_t)n,
                              .kind = ARCHIVE_FILE,
                              .mode = (uint16_t)(mode & 0555), /* the tree is read only */
                              .layer = layer,
                              .modified_s = modified_s,
                              .content = content,
                              .origin = origin};
    struct tree_node *there = find(t, path, n);
    if (there) {
        if (there->kind != ARCHIVE_FILE || there->layer == layer)
            return fail(e, 0, "two things want to be %s: %s and %s", path, there->origin, origin);
        fresh.parent = there->parent;
        if (layer > there->layer) *there = fresh;
        return 0;
    }
    int64_t parent = add_folder(t, path, parent_length(path, n), origin, e);
    if (parent < 0) return -1;
    fresh.parent = (uint32_t)parent;
    fresh.path = memory_text(path, n);
    t->nodes = memory_grow(t->nodes, t->count, &t->room, sizeof *t->nodes);
    t->nodes[t->count++] = fresh;
    grow_slots(t);
    t->slots[slot_of(t, path, n)] = (uint32_t)t->count;
    return 0;
}

/* --- from the host ------------------------------------------------------------------------------ */

#define LINK_DEPTH_MOST 64 /* a link to a folder above it would never end */

static int add_host_folder(struct tree *t, const char *host, const char *path, unsigned depth,
                           struct error *e)
{
    const char *const *names;
    size_t n;
    if (depth > LINK_DEPTH_MOST)
        return fail(e, 0, "%s is nested too deeply; does a link lead back into itself?", host);
    if (folder_list(host, &names, &n, e) < 0 || tree_add_folder(t, path, host, e) < 0) return -1;
    for (size_t i = 0; i < n; i++) {
        const char *inner_host = memory_print("%s/%s", host, names[i]);
        const char *inner = memory_print("%s/%s", strcmp(path, "/") == 0 ? "" : path, names[i]);
        int result = 0;
        struct stat status;
        struct bytes content;
        if (stat(inner_host, &status) < 0) continue; /* a link to nowhere */
        if (S_ISDIR(status.st_mode)) {
            result = add_host_folder(t, inner_host, inner, depth + 1, e);
        } else if (S_ISREG(status.st_mode)) {
            result = file_read(inner_host, TREE_FILE_MOST, &content, &status, e);
            if (result == 0)
                result = tree_add_file(t, TREE_GIVEN, inner, content, status.st_mode,
                                       status.st_mtime, inner_host, e);
        }
        if (result < 0) return -1;
    }
    return 0;
}

int tree_add_from_host(struct tree *t, const char *host, const char *path, struct error *e)
{
    struct stat status;
    struct bytes content;
    if (stat(host, &status) < 0) return fail(e, errno, "cannot add %s", host);
    if (S_ISDIR(status.st_mode)) return add_host_folder(t, host, path, 0, e);
    if (file_read(host, TREE_FILE_MOST, &content, &status, e) < 0) return -1;
    return tree_add_file(t, TREE_GIVEN, path, content, status.st_mode, status.st_mtime, host, e);
}

int tree_add_option(struct tree *t, const char *text, struct error *e)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || colon[1] != '/')
        return fail(e, 0,
                    "--add %s: wanted is HOSTPATH:GUESTPATH, with an absolute GUESTPATH, as in "
                    "--add data/words.txt:/data/words.txt",
                    text);
    const char *host = memory_text(text, (size_t)(colon - text));
    return tree_add_from_host(t, host, path_normal("/", colon + 1), e);
}
