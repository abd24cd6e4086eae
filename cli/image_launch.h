/* SPDX-License-Identifier: Apache-2.0 */
/* image_launch.h -- from the file of an image to a launch; and the boot that makes its snapshot. */
#ifndef CLI_IMAGE_LAUNCH_H
#define CLI_IMAGE_LAUNCH_H

#include "cli/files.h"
#include "cli/launch.h"

/* Checks the image, and fills in what it says: runtime, archive, snapshot unless `cold`, arguments, memory unless that is
 * given, environment.  Takes the descriptor over in any case. */
int image_launch(struct launch *l, int fd, const char *path, bool cold, struct error *e);

/* Boots the image in a process of its own up to the point where a snapshot is made; *out becomes the snapshot, to be dropped
 * by the caller.  What the boot prints goes to standard error. */
int snapshot_make(struct bytes image, int64_t wall_s, struct buffer *out, struct error *e);

#endif
