/* SPDX-License-Identifier: Apache-2.0 */
/* proc.c -- see proc.h. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/proc.h"

bool proc_read(pid_t pid, const char *file, char *text, size_t room)
{
    char path[60];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, room - 1);
    if (fd >= 0) close(fd);
    text[n < 0 ? 0 : n] = 0;
    return n > 0;
}
