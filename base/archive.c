/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c -- the checks of an archive, lookup by binary search, listing; see archive.h. */
#include <stdbool.h>
#include <string.h>

#include "base/archive.h"
#include "base/bytes.h"

#define CONTENT_ALIGNMENT 16

int archive_compare(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    size_t both = a_bytes < b_bytes ? a_bytes : b_bytes;
    int order = both ? memcmp(a, b, both) : 0;
    if (order) return order;
    return a_bytes < b_bytes ? -1 : a_bytes > b_bytes;
}

int archive_path_is_good(const char *path, size_t n)
{
    if (n == 0 || n > ARCHIVE_PATH_MOST || path[0] != '/') return false;
    if (n == 1) return true;
    size_t start = 1; /* of the component */
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] == 0) return false;
        if (i < n && path[i] != '/') continue;
        size_t length = i - start;
        if (length == 0) return false;
        if (length == 1 && path[start] == '.') return false;
        if (length == 2 && path[start] == '.' && path[start + 1] == '.') return false;
        start = i + 1;
    }
    return true;
}

/* The length of the path of the folder that holds `path`; "/" holds "/a". */
static size_t parent_bytes(const char *path, size_t n)
{
    while (n > 1 && path[n - 1] != '/') n--;
    return n > 1 ? n - 1 : 1;
}

/* --- check -------------------------------------------------------------------- */

static const char *check_header(const struct archive_header *h, size_t n)
{
    if (h->magic != ARCHIVE_MAGIC) return "the archive does not begin with its magic number";
    if (h->version != ARCHIVE_VERSION) return "the archive is of an unknown version";
    if (h->bytes > n) return "the archive is cut short";
    if (h->entries == 0) return "the archive has no entries";
    uint64_t table = (uint64_t)h->entries * sizeof(struct archive_entry);
    if (h->bytes < sizeof *h || table > h->bytes - sizeof *h)
        return "the archive's table of entries is larger than the archive";
    if (h->paths != sizeof *h + table) return "the archive's paths are not behind its entries";
    if (h->content < h->paths || h->content > h->bytes)
        return "the archive's contents are not behind its paths";
    return NULL;
}

static const char *check_path(const struct archive_header *h, const uint8_t *bytes,
                              const struct archive_entry *e)
{
    if (e->path < h->paths || e->path >= h->content ||
        e->path_bytes >= h->content - e->path) /* the zero, too */
        return "an entry's path lies outside the archive's paths";
    const char *path = (const char *)bytes + e->path;
    if (path[e->path_bytes] != 0) return "an entry's path is not terminated";
    if (!archive_path_is_good(path, e->path_bytes)) return "an entry's path is malformed";
    return NULL;
}

static const char *check_content(const struct archive_header *h, const struct archive_entry *e)
{
    if (e->mode & ~0777u) return "an entry has unknown mode bits";
    if (e->kind == ARCHIVE_FOLDER)
        return e->content || e->bytes ? "a folder has contents of its own" : NULL;
    if (e->kind != ARCHIVE_FILE) return "an entry is neither a file nor a folder";
    if (e->content % CONTENT_ALIGNMENT) return "a file's contents are not aligned";
    if (e->content < h->content || e->content > h->bytes || e->bytes > h->bytes - e->content)
        return "a file's contents lie outside the archive";
    return NULL;
}

/* The folder that holds entry `i` must stand before it.  Siblings mostly follow each other,
 * so the folder found last time is tried first. */
static const char *check_folder(const struct archive *a, uint32_t i,
                                const struct archive_entry **folder)
{
    const char *path = archive_path(a, &a->entries[i]);
    size_t n = parent_bytes(path, a->entries[i].path_bytes);
    const struct archive_entry *f = *folder;
    if (!f || f->path_bytes != n || memcmp(archive_path(a, f), path, n) != 0) {
        const struct archive before = {a->bytes, a->size, a->entries, i};
        f = archive_find(&before, path, n);
        if (!f) return "an entry's folder is missing";
        if (f->kind != ARCHIVE_FOLDER) return "an entry stands in something that is not a folder";
        *folder = f;
    }
    return NULL;
}

const char *archive_check(const void *bytes, size_t n, struct archive *out)
{
    if ((uintptr_t)bytes % 8) return "the archive is not aligned in memory";
    if (n < sizeof(struct archive_header)) return "the archive is shorter than its header";
    const struct archive_header *h = bytes;
    const char *wrong = check_header(h, n);
    if (wrong) return wrong;

    struct archive a = {bytes, h->bytes, (const struct archive_entry *)(h + 1), h->entries};
    const struct archive_entry *folder = NULL;
    for (uint32_t i = 0; i < a.count; i++) {
        const struct archive_entry *e = &a.entries[i];
        if ((wrong = check_path(h, bytes, e)) || (wrong = check_content(h, e))) return wrong;
        if (i == 0) {
            if (e->path_bytes != 1 || e->kind != ARCHIVE_FOLDER)
                return "the archive's first entry is not the root folder";
            continue;
        }
        if (archive_compare(archive_path(&a, e - 1), (e - 1)->path_bytes, archive_path(&a, e),
                            e->path_bytes) >= 0)
            return "the archive's entries are not sorted";
        if ((wrong = check_folder(&a, i, &folder))) return wrong;
    }
    *out = a;
    return NULL;
}

/* --- look up and list ------------------------------------------------------------ */

/* The index of the first entry whose path is not before `path`. */
static uint32_t lower_bound(const struct archive *a, const char *path, size_t n)
{
    uint32_t low = 0, high = a->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct archive_entry *e = &a->entries[middle];
        if (archive_compare(archive_path(a, e), e->path_bytes, path, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct archive_entry *archive_find(const struct archive *a, const char *path, size_t n)
{
    uint32_t i = lower_bound(a, path, n);
    if (i == a->count) return NULL;
    const struct archive_entry *e = &a->entries[i];
    return e->path_bytes == n && memcmp(archive_path(a, e), path, n) == 0 ? e : NULL;
}

/* True when `e` lies below the folder whose path, with a '/' behind it, has `n` bytes. */
static bool is_below(const struct archive *a, const struct archive_entry *e, const char *folder,
                     size_t n)
{
    const char *path = archive_path(a, e);
    return e->path_bytes > n && path[n - 1] == '/' && memcmp(path, folder, n - 1) == 0;
}

const struct archive_entry *archive_next_child(const struct archive *a,
                                               const struct archive_entry *folder,
                                               const struct archive_entry *last)
{
    const char *base = archive_path(a, folder);
    size_t n = folder->path_bytes + (folder->path_bytes > 1); /* with the '/' */
    char after[ARCHIVE_PATH_MOST + 2];
    const struct archive_entry *end = a->entries + a->count, *e;
    if (last) {
        e = last + 1;
    } else {
        memcpy(after, base, n - 1);
        after[n - 1] = '/';
        e = a->entries + lower_bound(a, after, n);
        if (e < end && n == 1 && e->path_bytes == 1) e++; /* the root is not below itself */
    }
    while (e < end && is_below(a, e, base, n)) {
        const char *path = archive_path(a, e);
        const char *deeper = memchr(path + n, '/', e->path_bytes - n);
        if (!deeper) return e;
        /* Inside a child folder: go on behind all that begins with "child/". */
        size_t skip = (size_t)(deeper - path);
        memcpy(after, path, skip);
        after[skip] = '/' + 1;
        e = a->entries + lower_bound(a, after, skip + 1);
    }
    return NULL;
}

const char *archive_name(const struct archive *a, const struct archive_entry *e, size_t *n)
{
    const char *path = archive_path(a, e);
    size_t start = e->path_bytes;
    while (start > 0 && path[start - 1] != '/') start--;
    *n = e->path_bytes - start;
    return path + start;
}
