/* SPDX-License-Identifier: Apache-2.0 */
/* instances.c -- see instances.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "cli/image_launch.h"
#include "cli/instances.h"

int instances_allow(struct instances *n, const char *text, struct error *e)
{
    static const char MEM[] = ",mem=";
    char *end;
    errno = 0;
    unsigned long count = strtoul(text, &end, 10);
    if (end == text || *text == '-' || errno || (*end && strncmp(end, MEM, strlen(MEM)) != 0))
        return fail(e, 0, "--allow-instances %s: write N or N,mem=SIZE, as in 100,mem=4G", text);
    if (!count || count > AGENT_INSTANCES_MOST)
        return fail(e, 0, "--allow-instances %s: from 1 to %d", text, AGENT_INSTANCES_MOST);
    n->allowed = (unsigned)count;
    n->memory_bytes = 0;
    if (!*end) return 0;
    if (monitor_parse_size(end + strlen(MEM), &n->memory_bytes) < 0 || !n->memory_bytes)
        return fail(e, 0, "--allow-instances %s: \"%s\" is not a size of memory", text,
                    end + strlen(MEM));
    return 0;
}

int instances_add_image(struct instances *n, const char *text, struct error *e)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return fail(e, 0, "--instance-image %s: write a name, =, and the file of an image", text);
    if (strncmp(text, "self=", 5) == 0)
        return fail(e, 0, "--instance-image %s: self is the first one's own image", text);
    if (n->images.n + 1 >= AGENT_IMAGES_MOST)
        return fail(e, 0, "--instance-image: there can be %d", AGENT_IMAGES_MOST - 1);
    names_append(&n->images, text);
    return 0;
}

/* Another image, on the same platform. */
static int open_image(const struct launch *first, const char *text, struct agent_image *image,
                      struct error *e)
{
    struct launch *l = memory_take(sizeof *l);
    const char *equals = strchr(text, '='), *path = equals + 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(e, errno, "cannot open %s", path);
    if (image_launch(l, fd, path, false, e) < 0) return -1;
    l->options.snapshot = l->snapshot;
    launch_usual_environment(l);
    l->options.platform = first->options.platform;
    l->options.no_sandbox = first->options.no_sandbox;
    l->options.keep_privileges = first->options.keep_privileges;
    launch_finish(l);
    image->name = memory_text(text, (size_t)(equals - text));
    image->options = l->options;
    return 0;
}

int instances_prepare(const struct instances *n, struct launch *l, struct error *e)
{
    if (!n->allowed) return 0;
    struct agent_image *images = memory_take((1 + n->images.n) * sizeof *images);
    launch_choose_platform(l);
    for (size_t i = 0; i < n->images.n; i++)
        if (open_image(l, n->images.at[i], &images[1 + i], e) < 0) return -1;
    l->images = images;
    l->grant = (struct agent_grant){.instances = n->allowed,
                                    .memory_bytes = n->memory_bytes,
                                    .image = images,
                                    .images = 1 + (unsigned)n->images.n};
    return 0;
}
