/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.c -- cgroups of instances that were given a weight of the processor.
 *
 * A process of its own makes and removes them, "mote-cgroups": forked from the agent while that still is who the user is,
 * it has the folder of our own cgroup and nothing else, and does what the agent orders.  It outlives the agent, and so
 * leaves nothing behind, however that ended.  If it was itself killed, the next one to start removes what it left.
 *
 * A cgroup is AGENT-PLACE below the one that we are in, so that a weight is what an instance gets beside one that has no
 * cgroup and 100.  Only those who ask for another have one: none is made for the rest.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/private.h"
#include "monitor/machine.h"

struct order {
    uint32_t place;
    uint32_t weight; /* 0: remove it */
    int32_t pid;
};

/* --- the process that does it ------------------------------------------------------------------------------ */

/* Of the agent that it serves. */
static struct keeper {
    int folder; /* of our own cgroup; -1: there is none that we may use */
    bool unified;
    pid_t agent;
    uint8_t made[(FAMILY_PLACES_MOST + 8) / 8];
} keeper = {.folder = -1};

static const char *name_of(uint32_t place, char *name, size_t room)
{
    snprintf(name, room, "mote-%d-%u", (int)keeper.agent, (unsigned)place);
    return name;
}

static bool put_number(const char *folder, const char *file, uint32_t number)
{
    char path[80], text[16];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    int n = snprintf(text, sizeof text, "%u", (unsigned)number);
    int fd = openat(keeper.folder, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool good = write(fd, text, (size_t)n) == n;
    close(fd);
    return good;
}

/* The kernel may take a moment to forget who was in it. */
static bool drop(uint32_t place, int tries)
{
    char name[40];
    const struct timespec moment = {0, 2000000};
    name_of(place, name, sizeof name);
    for (; tries--; nanosleep(&moment, NULL)) {
        if (unlinkat(keeper.folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
            keeper.made[place / 8] &= (uint8_t) ~(1u << place % 8);
            return true;
        }
    }
    return false;
}

/* Who believes nothing moves none but processes of the agent's session: its instances. */
static bool hold(const struct order *o)
{
    char name[40];
    if (o->weight > 10000 || o->pid <= 1 || getsid(o->pid) != keeper.agent) return false;
    if (keeper.made[o->place / 8] >> o->place % 8 & 1) drop(o->place, 10);
    if (mkdirat(keeper.folder, name_of(o->place, name, sizeof name), 0755) < 0) return false;
    keeper.made[o->place / 8] |= (uint8_t)(1u << o->place % 8);
    bool good = keeper.unified ? put_number(name, "cpu.weight", o->weight)
                               : put_number(name, "cpu.shares", o->weight * 1024 / 100);
    if (good && put_number(name, "cgroup.procs", (uint32_t)o->pid)) return true;
    drop(o->place, 1);
    return false;
}

static noreturn void keep(int orders)
{
    struct order o;
    for (ssize_t n; (n = read(orders, &o, sizeof o)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n != sizeof o || o.place > FAMILY_PLACES_MOST) break;
        uint8_t held = o.weight ? hold(&o) : drop(o.place, 5);
        if (o.weight && write(orders, &held, 1) != 1) break;
    }
    for (uint32_t i = 0; i <= FAMILY_PLACES_MOST; i++)
        if (keeper.made[i / 8] >> i % 8 & 1) drop(i, 2500);
    _exit(0);
}

/* What others have left who are no more.  The kernel removes none that is in use. */
static void remove_stale(void)
{
    int fd = openat(keeper.folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) return;
    for (struct dirent *e; (e = readdir(folder));) {
        char *end;
        if (strncmp(e->d_name, "mote-", 5) != 0) continue;
        long pid = strtol(e->d_name + 5, &end, 10);
        if (pid > 1 && pid < INT_MAX && *end == '-' && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
            unlinkat(keeper.folder, e->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
}

/* --- which folder ------------------------------------------------------------------------------------------------ */

static int open_folder(const char *mount, const char *path)
{
    char whole[PATH_MAX];
    if (snprintf(whole, sizeof whole, "%s%s", mount, path) >= (int)sizeof whole) return -1;
    int fd = open(whole, O_PATH | O_DIRECTORY | O_CLOEXEC);
    /* Where nothing is mounted the folder may be there, and be no cgroup. */
    if (fd >= 0 && faccessat(fd, ".", W_OK, AT_EACCESS) == 0 &&
        faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) == 0)
        return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* A unified one has to let those below have weights, which the kernel refuses where processes are, but for the root. */
static bool delegates(int folder)
{
    int fd = openat(folder, "cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, "+cpu", 4) == 4;
    if (fd >= 0) close(fd);
    return good;
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ',') && (at[n] == ',' || !at[n])) return true;
    return false;
}

/* A line of /proc/self/cgroup is NUMBER:CONTROLLERS:PATH; the unified one's has no controllers. */
static void look_at(char *line)
{
    char *controllers = strchr(line, ':'),
         *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path || keeper.folder >= 0) return;
    *path++ = 0;
    controllers++;
    if (has_word(controllers, "cpu")) {
        keeper.folder = open_folder("/sys/fs/cgroup/cpu", path);
    } else if (!*controllers) {
        int folder = open_folder("/sys/fs/cgroup", path);
        if (folder >= 0 && delegates(folder))
            keeper.folder = folder, keeper.unified = true;
        else if (folder >= 0)
            close(folder);
    }
}

static void find_folder(void)
{
    char text[8192];
    int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (n <= 0) return;
    text[n] = 0;
    for (char *line = text, *next; line && *line; line = next) {
        if ((next = strchr(line, '\n'))) *next++ = 0;
        look_at(line);
    }
}

/* --- in the agent ---------------------------------------------------------------------------------------------------- */

void cgroups_start(struct agent *a)
{
    int ends[2];
    struct error e;
    const struct monitor_options *first = a->first; /* the fork wipes what is in `a` */
    find_folder();
    if (keeper.folder < 0) return;
    keeper.agent = a->self;
    pid_t pid = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ? -1 : fork();
    if (pid == 0) {
        const int stay[] = {ends[1], keeper.folder};
        prctl(PR_SET_NAME, "mote-cgroups");
        remove_stale();
        if (sandbox_cgroups(first, keeper.folder, stay, 2, &e) < 0) _exit(1);
        keep(ends[1]);
    }
    close(keeper.folder);
    keeper.folder = -1;
    if (pid < 0) return;
    close(ends[1]);
    a->cgroups = ends[0];
    a->cgroups_pid = pid;
}

static bool order(struct agent *a, const struct order *o)
{
    if (a->cgroups < 0) return false;
    if (write(a->cgroups, o, sizeof *o) == sizeof *o) return true;
    close(a->cgroups);
    a->cgroups = -1;
    return false;
}

void cgroup_hold(struct agent *a, uint32_t place, uint32_t weight)
{
    struct mote *m = &a->mote[place];
    uint8_t held = 0;
    struct order o = {place, weight, m->pid};
    if (order(a, &o) && read(a->cgroups, &held, 1) == 1 && held) m->cgroup_weight = weight;
    __atomic_store_n(&m->note->held, m->cgroup_weight ? MONITOR_HELD : MONITOR_NOT_HELD,
                     __ATOMIC_RELEASE);
    syscall(SYS_futex, &m->note->held, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool cgroup_wait(struct monitor_note *note)
{
    uint32_t held;
    while (!(held = __atomic_load_n(&note->held, __ATOMIC_ACQUIRE)))
        syscall(SYS_futex, &note->held, FUTEX_WAIT, 0, NULL, NULL, 0);
    return held == MONITOR_HELD;
}

void cgroup_drop(struct agent *a, uint32_t place)
{
    if (!a->mote[place].cgroup_weight) return;
    a->mote[place].cgroup_weight = 0;
    order(a, &(struct order){place, 0, 0});
}

void cgroups_finish(struct agent *a)
{
    if (!a->cgroups_pid) return;
    if (a->cgroups >= 0) close(a->cgroups);
    while (waitpid(a->cgroups_pid, NULL, 0) < 0 && errno == EINTR) continue;
}
