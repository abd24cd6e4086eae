/* SPDX-License-Identifier: Apache-2.0 */
/* image_launch.c -- see image_launch.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/checked.h"
#include "cli/image_launch.h"
#include "cli/image_read.h"
#include "cli/image_write.h"

static void take_manifest(struct launch *l, const struct image *image)
{
    struct bytes rest = image->manifest;
    struct manifest_line line;
    while (manifest_next(&rest, &line)) {
        if (line.key == IMAGE_KEY_ARGUMENT)
            launch_argument(l, manifest_value(line.value));
        else if (line.key == IMAGE_KEY_RUNNING)
            l->is_copy = true;
        else if (line.key == IMAGE_KEY_NODE)
            l->node = manifest_value(line.value);
        else if (line.key == IMAGE_KEY_COOKIE)
            l->cookie = manifest_value(line.value);
        else if (line.key == IMAGE_KEY_MEMORY && !l->options.memory_bytes)
            l->options.memory_bytes = strtoull(manifest_value(line.value), NULL, 10);
        else if (line.key == IMAGE_KEY_NETWORK)
            l->needs.network = needs_network_read(manifest_value(line.value));
        else if (line.key == IMAGE_KEY_MOUNT)
            names_append(&l->needs.mounts, manifest_value(line.value));
    }
}

/* Every byte, once. */
static const char *check_image(int fd, struct bytes whole, struct image *image)
{
    struct archive archive;
    const char *wrong = image_read(whole, image);
    if (wrong || checked_before(fd)) return wrong;
    if (!image_sum_is_good(image)) return "it has been changed since it was built, or is damaged";
    if ((wrong = archive_check(image->archive_bytes.at, image->archive_bytes.n, &archive)))
        return wrong;
    checked_now(fd);
    return NULL;
}

int image_launch(struct launch *l, int image_fd, const char *path, bool cold, struct error *e)
{
    closes_itself int fd = image_fd;
    struct image image;
    struct bytes whole;
    if (file_map(fd, path, &whole, e) < 0) return -1;
    const char *wrong = check_image(fd, whole, &image);
    if (wrong) return fail(e, 0, "%s cannot be run: %s", path, wrong);

    take_manifest(l, &image);
    l->options.runtime = (struct monitor_file){fd, 0, image.runtime.n};
    l->options.archive = (struct monitor_file){fd, image.archive_at, image.archive_bytes.n};
    l->options.archive_rest.fd = -1;
    l->snapshot = (struct monitor_file){fd, image.snapshot_at, image.snapshot_bytes};
    l->has_image = true;
    if (!cold) l->options.snapshot = l->snapshot;
    /* Who starts an instance of it wants a fresh one, and not one more that is about what this was about. */
    if (l->is_copy) l->snapshot.bytes = 0;
    munmap((void *)(uintptr_t)whole.at, whole.n);
    keep(&fd);
    launch_environment(l, "ROOTDIR", "/otp");
    launch_environment(l, "BINDIR", "/otp/erts/bin");
    return 0;
}
