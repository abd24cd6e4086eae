/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_image.c -- libFuzzer's door to everything that reads image files.
 *
 * The bytes are taken three ways: as an image, as an archive and as a manifest, so that no
 * check in front hides what is behind it.  Whatever was accepted is then used: every entry
 * is looked up, every folder listed, every content read.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/image_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool condition)
{
    if (!condition) abort();
}

static uint64_t walk(const struct archive *a, const struct archive_entry *folder)
{
    uint64_t seen = 1;
    for (const struct archive_entry *e = NULL; (e = archive_next_child(a, folder, e));) {
        size_t n;
        const char *name = archive_name(a, e, &n);
        must(n > 0 && !memchr(name, '/', n));
        seen += e->kind == ARCHIVE_FOLDER ? walk(a, e) : 1;
    }
    return seen;
}

static void use_archive(const void *bytes, size_t n)
{
    struct archive a;
    if (archive_check(bytes, n, &a)) return;
    uint8_t sum = 0;
    for (uint32_t i = 0; i < a.count; i++) {
        const struct archive_entry *e = &a.entries[i];
        must(archive_find(&a, archive_path(&a, e), e->path_bytes) == e);
        for (uint64_t j = 0; j < e->bytes; j += 64) sum += archive_content(&a, e)[j];
        if (e->bytes) sum += archive_content(&a, e)[e->bytes - 1];
    }
    volatile uint8_t kept = sum; /* the reads above must happen */
    (void)kept;
    must(walk(&a, a.entries) == a.count);
    must(!archive_find(&a, "/no/such/path", 13));
}

static void use_manifest(struct bytes manifest)
{
    struct manifest_line line;
    struct bytes rest = manifest;
    (void)!manifest_check(manifest);
    while (manifest_next(&rest, &line)) must(line.name.n + line.value.n <= manifest.n);
}

static void use_image(struct bytes whole)
{
    struct image image;
    if (image_read(whole, &image)) return;
    use_manifest(image.manifest);
    if ((uintptr_t)image.archive_bytes.at % 8 == 0)
        use_archive(image.archive_bytes.at, image.archive_bytes.n);
    (void)!image_sum_is_good(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1); /* aligned, and its end is watched */
    if (!copy) return 0;
    if (n) memcpy(copy, data, n);
    use_image((struct bytes){copy, n});
    use_archive(copy, n);
    use_manifest((struct bytes){copy, n});
    free(copy);
    return 0;
}
