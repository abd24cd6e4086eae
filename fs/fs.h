/* SPDX-License-Identifier: Apache-2.0 */
/* fs.h -- files as Erlang sees them: the natives of prim_file over the archive in the image.
 *
 * The tree is that of the archive and read-only: what would change it answers {error, erofs}.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include "code/native.h"
#include "platform/platform.h"

extern const struct native_table fs_natives;

/* Looks at the archive; before any native is called. */
void fs_start(const struct plat_boot *boot);

#endif
