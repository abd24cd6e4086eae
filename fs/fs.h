/* SPDX-License-Identifier: Apache-2.0 */
/* fs.h -- files as Erlang sees them: the natives of prim_file over one tree.
 *
 * The tree is that of the image's archive and read only: what would change it answers {error, erofs}.
 * Only /tmp can be written to: it lives in memory, may take a quarter of it, and is gone with the mote.
 *
 *   prim_file.c  open files          walk.c          names to nodes, the mount, the current folder
 *   prim_name.c  files by name       archive_tree.c  the image     (both offer tree.h)
 *   names.c      names of Erlang     memory_tree.c   /tmp, with contents.c for the bytes
 *   file_port.c  ports that are files    trace_file.c   traces written to files
 */
#ifndef FS_FS_H
#define FS_FS_H

#include "code/native.h"
#include "platform/platform.h"

extern const struct native_table fs_natives;

/* Looks at the archive; before any native is called. */
void fs_start(const struct plat_boot *boot);
/* Out of a snapshot, in which nothing was mounted: folders, limits and the current one are this boot's. */
void fs_resume(const struct plat_boot *boot);

#endif
