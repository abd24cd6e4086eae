/* SPDX-License-Identifier: Apache-2.0 */
/* state_socket.c -- the sockets in the state folder; see state.h.
 *
 * The name of a socket has 107 bytes at most, and paths may be longer: so it is said as what is in an open folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/memory.h"
#include "cli/state.h"

static int open_socket(const char *folder, struct sockaddr_un *address, int *open_folder)
{
    *open_folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*open_folder < 0) return -1;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/control", *open_folder);
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

int state_listen(const struct state_own *s)
{
    struct sockaddr_un address;
    closes_itself int folder = -1;
    closes_itself int fd = open_socket(s->folder, &address, &folder);
    unlink(memory_print("%s/control", s->folder));
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, 8) < 0)
        return -1;
    return keep(&fd);
}

int state_connect(const struct state_mote *m, struct error *e)
{
    struct sockaddr_un address;
    closes_itself int folder = -1;
    closes_itself int fd = open_socket(state_folder_of(m->name), &address, &folder);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return keep(&fd);
    if (errno == ENOENT)
        return fail(e, 0, "%s cannot be asked: it has no socket in the state folder", m->name);
    if (errno == ECONNREFUSED) return fail(e, 0, "%s is not running", m->name);
    return fail(e, errno, "cannot reach %s", m->name);
}
