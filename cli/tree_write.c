/* SPDX-License-Identifier: Apache-2.0 */
/* tree_write.c -- a tree as the bytes of an archive; see tree.h and abi/archive.h. */
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "base/checked.h"
#include "cli/tree.h"

#define CONTENT_ALIGNMENT 16

/* One row of the index that is to be written. */
struct row {
    const char *path;
    uint32_t path_bytes;
    uint16_t kind, mode;
    int64_t modified_s;
    uint64_t content, bytes;      /* content: offset in the base, when `node` is NULL */
    const struct tree_node *node; /* where the contents come from */
};

static int by_path(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return archive_compare(x->path, x->path_bytes, y->path, y->path_bytes);
}

/* A folder is as old as the newest thing in it: what the host says of its folders depends on
 * how the files came there. */
static void date_folders(struct tree *t)
{
    const char *limit = getenv("SOURCE_DATE_EPOCH");
    int64_t latest = limit && *limit ? atoll(limit) : INT64_MAX;
    for (size_t i = t->count; i-- > 0;) { /* what is in a folder stands behind it */
        struct tree_node *node = &t->nodes[i], *parent = &t->nodes[node->parent];
        if (node->modified_s > latest) node->modified_s = latest;
        if (node->modified_s > parent->modified_s) parent->modified_s = node->modified_s;
    }
}

static struct row *rows_of(struct tree *t)
{
    date_folders(t);
    struct row *rows = memory_take((t->count + 1) * sizeof *rows);
    for (size_t i = 0; i < t->count; i++) {
        const struct tree_node *node = &t->nodes[i];
        rows[i] =
            (struct row){node->path, node->path_bytes, node->kind, node->mode, node->modified_s,
                         0,          node->content.n,  node};
    }
    if (t->count) qsort(rows, t->count, sizeof *rows, by_path);
    return rows;
}

/* Header, entries, paths and the contents that the tree has, up to a multiple of `align_end`;
 * `behind` bytes, among them the contents of rows without a node, are to follow. */
static void write_rows(const struct row *rows, size_t count, uint64_t align_end, uint64_t behind,
                       struct buffer *out)
{
    size_t paths_bytes = 0;
    for (size_t i = 0; i < count; i++) paths_bytes += rows[i].path_bytes + 1;
    struct archive_header h = {.magic = ARCHIVE_MAGIC,
                               .version = ARCHIVE_VERSION,
                               .entries = (uint32_t)count,
                               .paths = sizeof h + count * sizeof(struct archive_entry)};
    h.content = round_up(h.paths + paths_bytes, CONTENT_ALIGNMENT);

    uint64_t end = h.content;
    for (size_t i = 0; i < count; i++)
        if (rows[i].node) end = round_up(end + rows[i].bytes, CONTENT_ALIGNMENT);
    end = round_up(end, align_end);
    h.bytes = end + behind;

    uint8_t *to = buffer_extend(out, end);
    uint64_t path = h.paths, content = h.content;
    memcpy(to, &h, sizeof h);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct archive_entry entry = {.path = path,
                                      .bytes = row->bytes,
                                      .modified_s = row->modified_s,
                                      .path_bytes = row->path_bytes,
                                      .mode = row->mode,
                                      .kind = row->kind};
        if (row->kind == ARCHIVE_FILE) entry.content = row->node ? content : end + row->content;
        memcpy(to + sizeof h + i * sizeof entry, &entry, sizeof entry);
        memcpy(to + path, row->path, row->path_bytes);
        path += row->path_bytes + 1;
        if (!row->node || row->kind != ARCHIVE_FILE) continue;
        if (row->bytes) memcpy(to + content, row->node->content.at, row->bytes);
        content = round_up(content + row->bytes, CONTENT_ALIGNMENT);
    }
}

void tree_write(struct tree *t, struct buffer *out)
{
    write_rows(rows_of(t), t->count, CONTENT_ALIGNMENT, 0, out);
}

int tree_write_over(struct tree *t, const struct archive *base, struct buffer *out, struct error *e)
{
    const struct row *own = rows_of(t);
    struct row *rows = memory_take((t->count + base->count) * sizeof *rows);
    size_t n = 0, i = 0;
    uint32_t j = 0;
    while (i < t->count || j < base->count) {
        const struct archive_entry *entry = &base->entries[j];
        struct row other = {0};
        if (j < base->count)
            other = (struct row){
                archive_path(base, entry), entry->path_bytes, entry->kind,  entry->mode,
                entry->modified_s,         entry->content,    entry->bytes, NULL};
        int order = i == t->count ? 1 : j == base->count ? -1 : by_path(&own[i], &other);
        if (order == 0 && own[i].kind != other.kind)
            return fail(e, 0, "%s is a %s in the tree already, %s cannot be put there", other.path,
                        other.kind == ARCHIVE_FOLDER ? "folder" : "file", own[i].node->origin);
        rows[n++] = order <= 0 ? own[i] : other;
        i += order <= 0;
        j += order >= 0;
    }
    write_rows(rows, n, LAYOUT_PAGE, base->size, out);
    return 0;
}
