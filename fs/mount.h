/* SPDX-License-Identifier: Apache-2.0 */
/* mount.h -- what the mote was told to mount: channels named mount:rw:/data or mount:ro:/data. */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include "platform/platform.h"

/* At the start, after walk_start().  What cannot be mounted is said on standard error. */
void mount_all(const struct plat_boot *boot);

#endif
