/* SPDX-License-Identifier: Apache-2.0 */
/* image_keep.h -- an image with another snapshot: that of a mote that was started from it. */
#ifndef CLI_IMAGE_KEEP_H
#define CLI_IMAGE_KEEP_H

#include "cli/state.h"
#include "monitor/copy.h"

/* Writes the image to an empty file that is open to read and write, with the copy as its snapshot, and in its manifest which mote
 * it is of, and what node that was.  `path` is for messages.  0, or -1 after fail(). */
int image_keep(struct copy *copy, const struct state_mote *of, int fd, const char *path,
               struct error *e);

#endif
