/* SPDX-License-Identifier: Apache-2.0 */
/* image_keep.c -- see image_keep.h.
 *
 * The parts come in another order than they stand in: the snapshot, whose size nobody knows before it is written; the archive;
 * the head, which says where all are; the check.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "cli/files.h"
#include "cli/image_keep.h"
#include "cli/image_read.h"
#include "cli/image_write.h"
#include "cli/memory.h"

static void make_manifest(const struct image *image, const struct copy *copy,
                          const struct state_mote *of, struct buffer *out)
{
    struct bytes rest = image->manifest;
    struct manifest_line line;
    char when[32] = "";
    time_t now = time(NULL);
    while (manifest_next(&rest, &line)) {
        if (line.key == IMAGE_KEY_MEMORY || line.key == IMAGE_KEY_RUNNING ||
            line.key == IMAGE_KEY_NODE || line.key == IMAGE_KEY_COOKIE)
            continue;
        buffer_add(out, line.name.at,
                   (size_t)(line.value.at + line.value.n - line.name.at)); /* with its escapes */
        buffer_add_text(out, "\n");
    }
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    manifest_add(out, IMAGE_KEY_RUNNING, memory_print("%s %s", of->name, when));
    if (*of->node) {
        manifest_add(out, IMAGE_KEY_NODE, of->node);
        manifest_add(out, IMAGE_KEY_COOKIE, of->cookie);
    }
    manifest_add(out, IMAGE_KEY_MEMORY, memory_print("%llu", (unsigned long long)copy->heap_bytes));
}

static int go_to(int fd, uint64_t at, const char *path, struct error *e)
{
    return lseek(fd, (off_t)at, SEEK_SET) < 0 ? fail(e, errno, "cannot write %s", path) : 0;
}

static int write_at(int fd, uint64_t at, const void *bytes, size_t n, const char *path,
                    struct error *e)
{
    return go_to(fd, at, path, e) < 0 ? -1 : file_write_all(fd, bytes, n, path, e);
}

/* Over all that stands there. */
static int add_check(int fd, uint64_t at, const char *path, struct error *e)
{
    struct image_check check;
    struct bytes whole;
    if (ftruncate(fd, (off_t)(at + sizeof check)) < 0)
        return fail(e, errno, "cannot write %s", path);
    if (file_map(fd, path, &whole, e) < 0) return -1;
    image_check_of((struct bytes){whole.at, at}, &check);
    munmap((void *)(uintptr_t)whole.at, whole.n);
    if (write_at(fd, at, &check, sizeof check, path, e) < 0 || file_map(fd, path, &whole, e) < 0)
        return -1;
    check.sum = hash_fast(whole.at, at + offsetof(struct image_check, sum));
    munmap((void *)(uintptr_t)whole.at, whole.n);
    return write_at(fd, at + offsetof(struct image_check, sum), &check.sum, sizeof check.sum, path,
                    e);
}

/* What was not changed since the start is in the image only. */
static int fill(struct copy *copy, const struct image *image, struct error *e)
{
    int fd = copy->image;
    struct monitor_options o = {
        .runtime = {fd, 0, image->runtime.n},
        .archive = {fd, image->archive_at, image->archive_bytes.n},
        .archive_rest = {.fd = -1},
        .snapshot = {fd, image->snapshot_at, image->snapshot_bytes},
    };
    return copy_fill(copy, &o, e);
}

static int write_parts(const struct image *image, const struct copy *copy, struct bytes manifest,
                       int fd, const char *path, struct error *e)
{
    struct buffer head = {0};
    struct image_places places;
    struct bytes archive = image->archive_bytes;
    struct image_sizes sizes = {archive.n, 1}; /* of the snapshot it is not known yet */
    if (image_head(image->whole, manifest, &sizes, &head, &places, e) < 0) return -1;
    buffer_drop(&head);
    if (go_to(fd, places.snapshot, path, e) < 0) return -1;
    if (copy_write(copy, fd, e) < 0) return fail_context(e, "cannot write %s", path);
    sizes.snapshot = (uint64_t)lseek(fd, 0, SEEK_CUR) - places.snapshot;
    if (image_head(image->whole, manifest, &sizes, &head, &places, e) < 0) return -1;
    int result = write_at(fd, 0, head.at, head.n, path, e);
    buffer_drop(&head);
    if (result < 0 || write_at(fd, places.archive, archive.at, archive.n, path, e) < 0) return -1;
    return add_check(fd, places.check, path, e);
}

int image_keep(struct copy *copy, const struct state_mote *of, int fd, const char *path,
               struct error *e)
{
    struct bytes whole;
    struct image image;
    struct buffer manifest = {0};
    if (file_map(copy->image, "the image", &whole, e) < 0) return -1;
    const char *wrong = image_read(whole, &image);
    if (!wrong && !image_sum_is_good(&image)) wrong = "it has been changed since it was started";
    if (!wrong && image.archive_bytes.n != copy->archive_bytes)
        wrong = "it is not what was started";
    int result = wrong ? fail(e, 0, "the image of %s cannot be used: %s", of->name, wrong) : 0;
    if (result == 0) result = fill(copy, &image, e);
    if (result == 0) {
        make_manifest(&image, copy, of, &manifest);
        struct bytes text = {manifest.at, manifest.n};
        result = write_parts(&image, copy, text, fd, path, e);
        buffer_drop(&manifest);
    }
    munmap((void *)(uintptr_t)whole.at, whole.n);
    return result;
}
