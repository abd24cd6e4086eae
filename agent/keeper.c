/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.c -- see keeper.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/keeper.h"
#include "agent/proc.h"

enum { NAME_MOST = 40, KEPT_MOST = 64, PROCESSES_MOST = 64 };

/* --- names and files -------------------------------------------------------------------------------------------- */

static const char *tree_name(const struct keeper *k, char *name)
{
    snprintf(name, NAME_MOST, "mote-%d", (int)k->agent);
    return name;
}

static const char *agent_name(const struct keeper *k, char *name)
{
    snprintf(name, NAME_MOST, "mote-%d/agent", (int)k->agent);
    return name;
}

static const char *leaf_name(const struct keeper *k, char *name)
{
    snprintf(name, NAME_MOST, "mote-%d-own", (int)k->agent);
    return name;
}

/* What is behind that of the tree in the name of the one with the limit for all. */
static const char *all_part(const struct keeper *k) { return k->unified ? "/all" : ""; }

static const char *all_name(const struct keeper *k, char *name)
{
    snprintf(name, NAME_MOST, "mote-%d%s", (int)k->agent, all_part(k));
    return name;
}

static const char *name_of(const struct keeper *k, uint32_t place, char *name)
{
    if (place == KEEPER_REST)
        snprintf(name, NAME_MOST, "mote-%d%s/rest", (int)k->agent, all_part(k));
    else
        snprintf(name, NAME_MOST, "mote-%d%s%c%u", (int)k->agent, all_part(k), k->tree ? '/' : '-',
                 place);
    return name;
}

static int open_file(const struct keeper *k, const char *name, const char *file, int flags)
{
    char path[NAME_MOST + 40];
    snprintf(path, sizeof path, "%s/%s", name, file);
    return openat(k->folder, path, flags | O_CLOEXEC);
}

static bool put_text(const struct keeper *k, const char *name, const char *file, const char *text)
{
    size_t n = strlen(text);
    int fd = open_file(k, name, file, O_WRONLY);
    if (fd < 0) return false;
    bool good = write(fd, text, n) == (ssize_t)n;
    close(fd);
    return good;
}

static bool put_number(const struct keeper *k, const char *name, const char *file, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return put_text(k, name, file, text);
}

/* Those that are in it, at most `most`; -1: they are more, or cannot be told. */
static int list_processes(const struct keeper *k, const char *name, pid_t *pids, int most)
{
    char text[16 * PROCESSES_MOST];
    int n = 0, fd = open_file(k, name, "cgroup.procs", O_RDONLY);
    ssize_t bytes = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (bytes < 0 || bytes == sizeof text - 1) return -1;
    text[bytes] = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
        if (n == most) return -1;
        pids[n++] = (pid_t)strtol(at, NULL, 10);
    }
    return n;
}

static bool move_all(const struct keeper *k, const char *from, const char *to)
{
    pid_t pids[PROCESSES_MOST];
    int n = list_processes(k, from, pids, PROCESSES_MOST);
    bool good = n >= 0;
    while (n-- > 0) good &= put_number(k, to, "cgroup.procs", (uint64_t)pids[n]);
    return good;
}

static bool limit(const struct keeper *k, const char *name, uint64_t memory)
{
    return put_number(k, name, k->unified ? "memory.max" : "memory.limit_in_bytes", memory);
}

static bool is_made(const struct keeper *k, uint32_t place)
{
    return k->made[place / 8] >> place % 8 & 1;
}

/* The kernel may take a moment to forget who was in it. */
static bool drop(struct keeper *k, uint32_t place, int tries)
{
    char name[NAME_MOST];
    const struct timespec moment = {0, 2000000};
    name_of(k, place, name);
    for (; tries--; nanosleep(&moment, NULL)) {
        if (unlinkat(k->folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
            k->made[place / 8] &= (uint8_t) ~(1u << place % 8);
            k->kills[place] = 0;
            return true;
        }
    }
    return false;
}

static bool make(struct keeper *k, uint32_t place)
{
    char name[NAME_MOST];
    if (mkdirat(k->folder, name_of(k, place, name), 0755) < 0) return false;
    k->made[place / 8] |= (uint8_t)(1u << place % 8);
    k->kills[place] = 0;
    return true;
}

/* --- orders --------------------------------------------------------------------------------------------------------- */

/* How many have been killed in it for want of memory; version 1 and 2 have the same words. */
static uint32_t count_kills(const struct keeper *k, uint32_t place)
{
    char name[NAME_MOST], text[512];
    int fd = open_file(k, name_of(k, place, name),
                       k->unified ? "memory.events" : "memory.oom_control", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (n <= 0) return 0;
    text[n] = 0;
    const char *at = strstr(text, "oom_kill ");
    while (at && at > text && at[-1] != '\n') at = strstr(at + 1, "oom_kill ");
    return at ? (uint32_t)strtoul(at + strlen("oom_kill "), NULL, 10) : 0;
}

/* Of two that were killed in the same one, each is asked for once. */
static bool has_killed(struct keeper *k, uint32_t place)
{
    if (!is_made(k, place) || count_kills(k, place) <= k->kills[place]) return false;
    k->kills[place]++;
    return true;
}

/* One that had another before. */
static bool prepare_kept(struct keeper *k, uint32_t place)
{
    if (!k->tree) {
        drop(k, place, 10);
        return make(k, place);
    }
    if (k->kept) k->kept--;
    k->kills[place] = count_kills(k, place);
    return true;
}

static bool fill(const struct keeper *k, const char *name, const struct keeper_order *o)
{
    uint64_t weight = o->weight ? o->weight : 100;
    bool good = true;
    if (k->does & KEEPER_CPU)
        good = k->unified ? put_number(k, name, "cpu.weight", weight)
                          : put_number(k, name, "cpu.shares", weight * 1024 / 100);
    if (!good || !(k->does & KEEPER_MEMORY)) return good;
    if (o->memory) return limit(k, name, o->memory);
    return put_text(k, name, k->unified ? "memory.max" : "memory.limit_in_bytes",
                    k->unified ? "max" : "-1");
}

static int open_way(const struct keeper *k, uint32_t place)
{
    char name[NAME_MOST];
    name_of(k, place, name);
    return k->unified ? openat(k->folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC)
                      : open_file(k, name, "tasks", O_WRONLY);
}

static bool hold(struct keeper *k, const struct keeper_order *o, int *way)
{
    char name[NAME_MOST];
    if (o->weight > 10000) return false;
    if (!(is_made(k, o->place) ? prepare_kept(k, o->place) : make(k, o->place))) return false;
    if (fill(k, name_of(k, o->place, name), o)) *way = open_way(k, o->place);
    if (*way >= 0) return true;
    drop(k, o->place, 1);
    return false;
}

/* Nobody is in it any more, or will be in a moment. */
static bool release(struct keeper *k, uint32_t place)
{
    if (!is_made(k, place)) return true;
    if (!k->tree || k->kept >= KEPT_MOST) return drop(k, place, 5);
    k->kept++;
    return true;
}

bool keeper_obey(struct keeper *k, const struct keeper_order *o, int *way)
{
    bool rest = o->place == KEEPER_REST; /* which is there as long as the tree is */
    *way = -1;
    if (o->place > KEEPER_REST) return false;
    switch (o->what) {
    case KEEPER_MAKE:
        if (!rest) return hold(k, o, way);
        if (k->tree) *way = open_way(k, o->place);
        return *way >= 0;
    case KEEPER_DROP: return !rest && release(k, o->place);
    case KEEPER_KILLS: return has_killed(k, o->place);
    default: return false;
    }
}

/* --- a leaf of our own ---------------------------------------------------------------------------------------------- */

/* Back to where we were: nothing below has limits any more.  Where another mote has some, it cannot be, and the leaf stays for as long
 * as the first mote does. */
static void leave_leaf(struct keeper *k)
{
    char name[NAME_MOST];
    put_text(k, ".", "cgroup.subtree_control", "-cpu");
    put_text(k, ".", "cgroup.subtree_control", "-memory");
    if (move_all(k, leaf_name(k, name), ".")) k->leaf = unlinkat(k->folder, name, AT_REMOVEDIR) < 0;
}

static pid_t parent_of(pid_t pid)
{
    char text[512];
    proc_read(pid, "stat", text, sizeof text);
    const char *behind_name = strrchr(text, ')');
    return behind_name && strlen(behind_name) > 4 ? (pid_t)strtol(behind_name + 4, NULL, 10) : 0;
}

/* The first mote, its agent, and its guest or what else it has started. */
static bool are_ours(const struct keeper *k, const pid_t *pids, int n)
{
    for (int i = 0; i < n; i++)
        if (pids[i] != k->agent && pids[i] != k->first && parent_of(pids[i]) != k->first)
            return false;
    return n >= 0;
}

/* So that those below may have limits there is no process in it, but for the root of all, which has no cgroup.type.  What the first mote
 * starts while we move it is moved in the next turn. */
static bool is_free(struct keeper *k)
{
    char name[NAME_MOST];
    pid_t pids[PROCESSES_MOST];
    int n, tries = 5, type = open_file(k, ".", "cgroup.type", O_RDONLY);
    if (type < 0) return true;
    close(type);
    leaf_name(k, name);
    while ((n = list_processes(k, ".", pids, PROCESSES_MOST)) && tries--) {
        if (!are_ours(k, pids, n) || (!k->leaf && mkdirat(k->folder, name, 0755) < 0)) break;
        k->leaf = true;
        move_all(k, ".", name);
    }
    if (n && k->leaf) leave_leaf(k);
    return !n;
}

/* --- start and end ------------------------------------------------------------------------------------------------ */

/* Whoever gives up his identity is to be able to write there still. */
static bool hand_over(const struct keeper *k, const char *name)
{
    char path[NAME_MOST + 40];
    snprintf(path, sizeof path, "%s/cgroup.procs", name);
    return k->owner == geteuid() ||
           fchownat(k->folder, path, k->owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool let_below(const struct keeper *k, const char *name)
{
    return (!(k->does & KEEPER_CPU) || put_text(k, name, "cgroup.subtree_control", "+cpu")) &&
           (!(k->does & KEEPER_MEMORY) || put_text(k, name, "cgroup.subtree_control", "+memory"));
}

/* In version 2 who is born in a cgroup needs to be allowed to write to all that is above it and his parent's: so that is one of ours. */
static bool start_unified(struct keeper *k)
{
    char name[NAME_MOST], all[NAME_MOST];
    return mkdirat(k->folder, all_name(k, all), 0755) == 0 && let_below(k, tree_name(k, name)) &&
           hand_over(k, name) && let_below(k, all) &&
           mkdirat(k->folder, agent_name(k, name), 0755) == 0 &&
           put_text(k, name, "cgroup.procs", "0");
}

static void undo_start(struct keeper *k)
{
    char name[NAME_MOST], leaf[NAME_MOST];
    if (is_made(k, KEEPER_REST)) drop(k, KEEPER_REST, 1);
    if (k->unified) {
        move_all(k, agent_name(k, name), k->leaf ? leaf_name(k, leaf) : ".");
        unlinkat(k->folder, name, AT_REMOVEDIR);
        unlinkat(k->folder, all_name(k, name), AT_REMOVEDIR);
    }
    unlinkat(k->folder, tree_name(k, name), AT_REMOVEDIR);
    k->tree = false;
}

bool keeper_start(struct keeper *k, uint64_t memory)
{
    char name[NAME_MOST];
    if (!(k->does & KEEPER_MEMORY) && !k->unified) return true;
    if (mkdirat(k->folder, tree_name(k, name), 0755) < 0) return false;
    k->tree = true;
    if ((!k->unified || start_unified(k)) &&
        (!(k->does & KEEPER_MEMORY) || limit(k, all_name(k, name), memory)) &&
        make(k, KEEPER_REST) && (!k->unified || hand_over(k, name_of(k, KEEPER_REST, name))))
        return true;
    undo_start(k);
    return false;
}

void keeper_finish(struct keeper *k)
{
    for (uint32_t i = 0; i <= KEEPER_REST; i++)
        if (is_made(k, i)) drop(k, i, 2500);
    if (k->tree) undo_start(k);
    if (k->leaf) leave_leaf(k);
}

/* Of one that is no more, and all that is in it. */
static void remove_tree(int above, const char *name, int depth)
{
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *e; folder && (e = readdir(folder));)
        if (e->d_type == DT_DIR && e->d_name[0] != '.' && depth)
            remove_tree(fd, e->d_name, depth - 1);
    if (folder) closedir(folder);
    unlinkat(above, name, AT_REMOVEDIR);
}

void keeper_remove_stale(struct keeper *k)
{
    int fd = openat(k->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) return;
    for (struct dirent *e; (e = readdir(folder));) {
        char *end;
        if (strncmp(e->d_name, "mote-", 5) != 0) continue;
        long pid = strtol(e->d_name + 5, &end, 10);
        if (pid > 1 && pid < INT_MAX && (*end == '-' || !*end) && kill((pid_t)pid, 0) < 0 &&
            errno == ESRCH)
            remove_tree(k->folder, e->d_name, 2); /* all/PLACE */
    }
    closedir(folder);
}

/* --- which folder ------------------------------------------------------------------------------------------------ */

static int open_folder(const char *mounts, const char *hierarchy, const char *path)
{
    char whole[PATH_MAX];
    if (snprintf(whole, sizeof whole, "%s%s%s", mounts, hierarchy, path) >= (int)sizeof whole)
        return -1;
    int fd = open(whole, O_PATH | O_DIRECTORY | O_CLOEXEC);
    /* Where nothing is mounted the folder may be there, and be no cgroup. */
    if (fd >= 0 && faccessat(fd, ".", W_OK, AT_EACCESS) == 0 &&
        faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) == 0)
        return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* A unified one has to let those below have weights or limits. */
static unsigned delegated(struct keeper *k, unsigned what)
{
    unsigned does = 0;
    if (!is_free(k)) return 0;
    if (what & KEEPER_CPU && put_text(k, ".", "cgroup.subtree_control", "+cpu")) does |= KEEPER_CPU;
    if (what & KEEPER_MEMORY && put_text(k, ".", "cgroup.subtree_control", "+memory"))
        does |= KEEPER_MEMORY;
    if (!does && k->leaf) leave_leaf(k);
    return does;
}

static bool has_word(const char *list, size_t n, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list, *end = list + n; at < end; at += strcspn(at, ",:") + 1)
        if (strcspn(at, ",:") == length && memcmp(at, word, length) == 0) return true;
    return false;
}

/* A line of /proc/self/cgroup is NUMBER:CONTROLLERS:PATH; the unified one's has no controllers. */
static bool use_line(struct keeper *k, unsigned what, const char *mounts, const char *line)
{
    const char *controllers = strchr(line, ':'), *end = line + strcspn(line, "\n");
    const char *colon = controllers && controllers < end ? strchr(controllers + 1, ':') : NULL;
    char path[PATH_MAX];
    if (!colon || colon > end) return false;
    snprintf(path, sizeof path, "%.*s", (int)(end - colon - 1), colon + 1);
    controllers++;
    size_t n = (size_t)(colon - controllers);
    k->unified = !n;
    if (!n) {
        k->folder = open_folder(mounts, "", path);
        k->does = k->folder < 0 ? 0 : delegated(k, what);
        if (k->folder >= 0 && !k->does) close(k->folder), k->folder = -1;
    } else if (what == KEEPER_CPU && has_word(controllers, n, "cpu")) {
        k->folder = open_folder(mounts, "/cpu", path);
        k->does = what;
    } else if (what == KEEPER_MEMORY && has_word(controllers, n, "memory")) {
        k->folder = open_folder(mounts, "/memory", path);
        k->does = what;
    }
    return k->folder >= 0;
}

bool keeper_find(struct keeper *k, unsigned what, const char *mounts, const char *lines)
{
    k->folder = -1; /* the rest is zeros, and untouched pages */
    for (const char *line = lines; line && *line; line = strchr(line, '\n'), line += line != NULL)
        if (use_line(k, what, mounts, line)) return true;
    return false;
}
