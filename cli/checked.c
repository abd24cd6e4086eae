/* SPDX-License-Identifier: Apache-2.0 */
/* checked.c -- see checked.h. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "cli/checked.h"
#include "cli/files.h"
#include "cli/launch.h"
#include "cli/memory.h"
#include "cli/version.h"

enum { SETTLED_S = 2, KEPT_S = 30 * 24 * 3600 };
#define STAMP "checked-"

/* NULL: there is no cache, or no such file. */
static const char *stamp_of(int fd, struct stat *status)
{
    const char *folder = launch_cache();
    if (!folder || fstat(fd, status) < 0 || !S_ISREG(status->st_mode)) return NULL;
    const uint64_t words[] = {
        status->st_dev,
        status->st_ino,
        (uint64_t)status->st_size,
        (uint64_t)status->st_mtim.tv_sec,
        (uint64_t)status->st_mtim.tv_nsec,
        (uint64_t)status->st_ctim.tv_sec,
        (uint64_t)status->st_ctim.tv_nsec,
    };
    uint64_t sum = hash_fast(words, sizeof words),
             by = hash_fast(MOTE_VERSION, strlen(MOTE_VERSION));
    return memory_print("%s/" STAMP "%016llx-%016llx", folder, (unsigned long long)by,
                        (unsigned long long)sum);
}

bool checked_before(int fd)
{
    struct stat status;
    const char *stamp = stamp_of(fd, &status);
    return stamp && access(stamp, F_OK) == 0;
}

/* Stamps of images that are no more stay until they are old; one that is still used is made anew. */
static void remove_old_ones(const char *folder)
{
    struct error ignored;
    const char *const *names;
    size_t count;
    if (folder_list(folder, &names, &count, &ignored) < 0) return;
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        if (strncmp(names[i], STAMP, strlen(STAMP)) != 0) continue;
        const char *path = memory_print("%s/%s", folder, names[i]);
        if (lstat(path, &status) == 0 && status.st_mtim.tv_sec + KEPT_S < time(NULL)) unlink(path);
    }
}

void checked_now(int fd)
{
    struct stat status;
    const char *stamp = stamp_of(fd, &status);
    if (!stamp || time(NULL) < status.st_ctim.tv_sec + SETTLED_S) return;
    struct error ignored;
    if (folder_make(launch_cache(), &ignored) < 0) return;
    remove_old_ones(launch_cache());
    int made = open(stamp, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (made >= 0) close(made);
}
