/* SPDX-License-Identifier: Apache-2.0 */
/* files.h -- the host's file system, as the command line needs it. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "monitor/error.h"

/* Closes what a variable holds when its block is left. */
static inline void file_close_variable(int *fd)
{
    if (*fd >= 0) close(*fd);
}
#define closes_itself __attribute__((cleanup(file_close_variable)))

/* Hands the descriptor on to the caller of the function. */
static inline int keep(int *fd)
{
    int kept = *fd;
    *fd = -1;
    return kept;
}

/* All of a regular file, in memory of the command; `most` bytes at most.  `status` may be
 * NULL.  0, or -1 after fail(). */
int file_read(const char *path, uint64_t most, struct bytes *out, struct stat *status,
              struct error *e);

/* Maps an open regular file, private and read only. */
int file_map(int fd, const char *path, struct bytes *out, struct error *e);

/* Puts `n` bytes at `path` in one step: readers see the old file or the whole new one. */
int file_replace(const char *path, const void *bytes, size_t n, unsigned mode, struct error *e);

/* write() until all is written.  `what` is for the message. */
int file_write_all(int fd, const void *bytes, size_t n, const char *what, struct error *e);

/* A file in memory with this content, its offset behind that; the name is for people who look into /proc.  The
 * descriptor, or -1 after fail(). */
int file_anonymous(const char *name, struct bytes content, struct error *e);

/* Names in a folder without "." and "..", sorted; -1 after fail(). */
int folder_list(const char *path, const char *const **names, size_t *count, struct error *e);

/* Creates a folder and those above it that are missing. */
int folder_make(const char *path, struct error *e);

/* An empty folder of our own under $TMPDIR or /tmp; the same one each time.  It is removed,
 * with the files in it, by folder_temporary_remove() or else at exit(). */
const char *folder_temporary(struct error *e);
void folder_temporary_remove(void);

bool path_is_file(const char *path);
bool path_is_folder(const char *path);

/* `path` made absolute against `base` (itself absolute; NULL: the current folder), without
 * ".", "..", empty components or a trailing '/'.  Links are not followed. */
const char *path_normal(const char *base, const char *path);

/* The last component of `path`, ignoring trailing slashes. */
const char *path_name(const char *path);

/* What stands before the last component: "." when nothing does. */
const char *path_parent(const char *path);

/* With all links followed; `path` itself when that cannot be done. */
const char *path_real(const char *path);

/* The file that a shell would start for a command's name, or NULL. */
const char *path_of_program(const char *name);

bool text_ends_with(const char *text, const char *end);

#endif
