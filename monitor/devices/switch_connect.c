/* SPDX-License-Identifier: Apache-2.0 */
/* switch_connect.c -- finds the switch of a name in the user's runtime folder, or starts it; see switch.h.
 *
 *   FOLDER/switch-NAME        the socket; FOLDER is $XDG_RUNTIME_DIR/mote or /tmp/mote-UID, only for us
 *   FOLDER/switch-NAME.lock   held while the socket is made or removed
 *   FOLDER/switch-NAME.N      where member N is found by a new switch, which removes those of the dead
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/devices/switch.h"

enum { TRIES = 50 };

static int check_name(const char *name, struct error *e)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t n = strlen(name);
    if (n && n <= 40 && strspn(name, good) == n) return 0;
    return fail(e, 0, "\"%s\" is no name for a switch: letters, digits, - and _, at most 40", name);
}

/* The folder exists, is ours and nobody else can enter it. */
static int open_folder(char *path, size_t room, struct error *e)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    struct stat st;
    int n = runtime && runtime[0] == '/'
                ? snprintf(path, room, "%s/mote", runtime)
                : snprintf(path, room, "/tmp/mote-%u", (unsigned)geteuid());
    if (n < 0 || (size_t)n >= room) return fail(e, 0, "XDG_RUNTIME_DIR is too long");
    if (mkdir(path, 0700) < 0 && errno != EEXIST) return fail(e, errno, "make the folder %s", path);
    if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077))
        return fail(e, 0, "%s has to be a folder of yours that nobody else can enter", path);
    return 0;
}

static int connect_to(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

/* In a process that is nobody's child and keeps nothing of ours. */
static void start_server(int listener, int lock, const char *path)
{
    pid_t child = fork();
    if (child != 0) {
        if (child > 0) waitpid(child, NULL, 0);
        return;
    }
    if (setsid() < 0 || fork() != 0) _exit(0);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
    enum { LISTENER = 3, LOCK = 4, SCRATCH = 5 };
    int both[2] = {fcntl(listener, F_DUPFD, SCRATCH), fcntl(lock, F_DUPFD, SCRATCH)};
    if (dup2(both[0], LISTENER) < 0 || dup2(both[1], LOCK) < 0 || chdir("/") < 0) _exit(1);
    syscall(SYS_close_range, SCRATCH, ~0u, 0);
    for (int s = 1; s < NSIG; s++) signal(s, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    switch_serve(LISTENER, LOCK, path);
}

/* The lock is held: if there is still no switch, one is made. */
static int start_locked(const struct sockaddr_un *address, int lock, struct error *e)
{
    int there = connect_to(address);
    if (there >= 0) {
        close(there);
        return 0;
    }
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(address->sun_path);
    if (listener < 0 || bind(listener, (const struct sockaddr *)address, sizeof *address) < 0 ||
        listen(listener, SWITCH_MEMBERS_MOST) < 0)
        return fail(e, errno, "make the switch's socket %s", address->sun_path);
    start_server(listener, lock, address->sun_path);
    close(listener);
    return 0;
}

static int start(const struct sockaddr_un *address, struct error *e)
{
    char path[sizeof address->sun_path + 8];
    snprintf(path, sizeof path, "%s.lock", address->sun_path);
    /* The server keeps a lock of its own: a description of its own. */
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int servers = open(path, O_RDWR | O_CLOEXEC);
    if (lock < 0 || servers < 0 || flock(lock, LOCK_EX) < 0) return fail(e, errno, "lock %s", path);
    int result = start_locked(address, servers, e);
    close(lock);
    close(servers);
    return result;
}

/* With room for a member's number behind it. */
static int find_address(const char *name, struct sockaddr_un *address, struct error *e)
{
    enum { NUMBER = 4 };
    char folder[sizeof address->sun_path];
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (check_name(name, e) < 0 || open_folder(folder, sizeof folder, e) < 0) return -1;
    int n = snprintf(address->sun_path, sizeof address->sun_path, "%s/switch-%s", folder, name);
    if (n < 0 || (size_t)n + NUMBER >= sizeof address->sun_path)
        return fail(e, 0, "%s is too long for the path of a socket", folder);
    return 0;
}

int switch_listen(const char *name, uint32_t number, struct error *e)
{
    struct sockaddr_un address;
    if (find_address(name, &address, e) < 0) return -1;
    size_t n = strlen(address.sun_path);
    snprintf(address.sun_path + n, sizeof address.sun_path - n, ".%u", number);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(address.sun_path); /* of a dead one that had this number */
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        listen(fd, 1) == 0)
        return fd;
    fail(e, errno, "listen at %s", address.sun_path);
    if (fd >= 0) close(fd);
    return -1;
}

int switch_connect(const char *name, struct error *e)
{
    struct sockaddr_un address;
    if (find_address(name, &address, e) < 0) return -1;
    for (unsigned i = 0; i < TRIES; i++) {
        int fd = connect_to(&address);
        if (fd >= 0) return fd;
        if (errno != ENOENT && errno != ECONNREFUSED && errno != EAGAIN) break;
        if (start(&address, e) < 0) return -1;
    }
    return fail(e, errno, "reach the switch at %s", address.sun_path);
}
