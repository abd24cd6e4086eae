/* SPDX-License-Identifier: Apache-2.0 */
/* keeper_test.c -- cgroups of both versions, made, filled, kept and removed (agent/keeper.h), in folders that look like them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/keeper.h"
#include "test/unit/check.h"

/* --- a file system of cgroups ------------------------------------------------------------------------------------ */

static const char *const files[] = {"cgroup.procs", "tasks",         "cgroup.subtree_control",
                                    "cpu.shares",   "cpu.weight",    "memory.limit_in_bytes",
                                    "memory.max",   "memory.events", "memory.oom_control",
                                    "cgroup.type"};
static bool version_1; /* has no file cgroup.subtree_control, and other names */

static bool has_file(const char *name)
{
    bool first = !strcmp(name, "tasks") || !strcmp(name, "cpu.shares") ||
                 !strcmp(name, "memory.limit_in_bytes") || !strcmp(name, "memory.oom_control");
    return !strcmp(name, "cgroup.procs") || first == version_1;
}

static void furnish(int folder)
{
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
        if (has_file(files[i])) close(openat(folder, files[i], O_CREAT | O_WRONLY, 0644));
}

int mkdirat(int folder, const char *name, mode_t mode)
{
    if (syscall(SYS_mkdirat, folder, name, mode) < 0) return -1;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY);
    furnish(fd);
    close(fd);
    return 0;
}

/* As the kernel: one that has others below it, or processes in it, is not removed. */
int unlinkat(int folder, const char *name, int flags)
{
    char path[200];
    struct stat s;
    for (unsigned i = 0; flags & AT_REMOVEDIR && i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", name, files[i]);
        if (!i && fstatat(folder, path, &s, 0) == 0 && s.st_size) return errno = EBUSY, -1;
        syscall(SYS_unlinkat, folder, path, 0);
    }
    return (int)syscall(SYS_unlinkat, folder, name, flags);
}

/* --- a cgroup of version 2 with processes, and its leaf: who goes to one leaves the other, and with processes in it no
 * limits are let below ------------------------------------------------------------------------------------------------- */

static const char *scope; /* or NULL: a write is what it is elsewhere */
static const char *const leaf = "mote-4242-own";
static char members[2][100]; /* of the scope, and of the leaf; what cgroup.procs says */

static void show_members(void)
{
    for (unsigned i = 0; i < 2; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s%s%s/cgroup.procs", scope, i ? "/" : "", i ? leaf : "");
        int fd = open(path, O_WRONLY | O_TRUNC);
        size_t n = strlen(members[i]);
        CHECK(fd < 0 ? i && !n : syscall(SYS_write, fd, members[i], n) == (long)n);
        if (fd >= 0) close(fd);
    }
}

static void move_member(const char *line, bool to_leaf)
{
    char *from = members[!to_leaf], *at = strstr(from, line);
    if (at) memmove(at, at + strlen(line), strlen(at + strlen(line)) + 1);
    strcat(members[to_leaf], line);
    show_members();
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    char link[40], path[300], line[20];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = scope ? readlink(link, path, sizeof path - 1) : -1;
    if (length < 0) return syscall(SYS_write, fd, bytes, n);
    path[length] = 0;
    const char *file = path + strlen(scope) + 1;
    if (!strcmp(file, "cgroup.subtree_control"))
        CHECK(*(const char *)bytes == '-' || !*members[0]); /* no cgroup with threads is made */
    snprintf(line, sizeof line, "%.*s\n", (int)n, (const char *)bytes);
    if (!strcmp(file, "cgroup.procs") || !strcmp(file, "mote-4242-own/cgroup.procs"))
        return move_member(line, file[0] == 'm'), (ssize_t)n;
    return syscall(SYS_write, fd, bytes, n);
}

static char root[] = P_tmpdir "/keeper_testXXXXXX";

static const char *at(const char *path)
{
    static char whole[300];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    return whole;
}

static bool is_there(const char *path) { return access(at(path), F_OK) == 0; }

/* What was written there, once. */
static bool was_put(const char *path, const char *text)
{
    char have[100] = "";
    int fd = open(at(path), O_RDWR);
    ssize_t n = fd < 0 ? -1 : read(fd, have, sizeof have - 1);
    bool good = n == (ssize_t)strlen(text) && memcmp(have, text, (size_t)n) == 0;
    if (fd < 0 || ftruncate(fd, 0) < 0) good = false;
    if (fd >= 0) close(fd);
    return good;
}

static void put(const char *path, const char *text)
{
    int fd = open(at(path), O_WRONLY | O_TRUNC);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void make_folder(const char *path) { mkdirat(AT_FDCWD, at(path), 0755); }

static bool obey(struct keeper *k, uint32_t what, uint32_t place, uint32_t weight, uint64_t memory)
{
    int way;
    bool done = keeper_obey(k, &(struct keeper_order){what, place, weight, 0, memory}, &way);
    CHECK((way >= 0) == (done && what == KEEPER_MAKE));
    if (way >= 0) close(way);
    return done;
}

static bool makes(struct keeper *k, uint32_t place, uint32_t weight, uint64_t memory)
{
    return obey(k, KEEPER_MAKE, place, weight, memory);
}

static bool drops(struct keeper *k, uint32_t place) { return obey(k, KEEPER_DROP, place, 0, 0); }

static bool killed(struct keeper *k, uint32_t place) { return obey(k, KEEPER_KILLS, place, 0, 0); }

/* The way that is handed out leads there: version 1, a file to write to; version 2, the folder. */
static bool leads_to(struct keeper *k, uint32_t place, uint64_t memory, const char *path)
{
    struct stat there, s;
    int way;
    keeper_obey(k, &(struct keeper_order){KEEPER_MAKE, place, 0, 0, memory}, &way);
    bool good = way >= 0 && fstat(way, &s) == 0 && stat(at(path), &there) == 0 &&
                s.st_ino == there.st_ino && (fcntl(way, F_GETFD) & FD_CLOEXEC);
    if (good && !S_ISDIR(s.st_mode)) good = write(way, "0", 1) == 1 && was_put(path, "0");
    close(way);
    return good;
}

/* --- the tests -------------------------------------------------------------------------------------------------------- */

static struct keeper keeper;

static struct keeper *fresh(void)
{
    memset(&keeper, 0, sizeof keeper);
    return &keeper;
}

static void test_version_1(void)
{
    const char *lines = "9:name=systemd:/\n4:memory:/own\n2:cpuacct,cpu:/\n0::/\n";
    struct keeper *k = fresh();
    version_1 = true;
    make_folder("cpu"), make_folder("memory"), make_folder("memory/own");
    CHECK(keeper_find(k, KEEPER_CPU, root, lines) && !k->unified && k->does == KEEPER_CPU);
    k->agent = 4242, k->owner = geteuid();
    CHECK(keeper_start(k, 1 << 30) && !k->tree && !makes(k, KEEPER_REST, 0, 0));
    CHECK(makes(k, 7, 400, 0) && was_put("cpu/mote-4242-7/cpu.shares", "4096"));
    CHECK(!makes(k, 8, 10001, 0) && !is_there("cpu/mote-4242-8"));
    CHECK(!makes(k, KEEPER_REST + 1, 400, 0) && !drops(k, UINT32_MAX) && !obey(k, 3, 7, 0, 0));
    CHECK(!killed(k, UINT32_MAX) && !killed(k, 7));
    CHECK(drops(k, 7) && !is_there("cpu/mote-4242-7") && drops(k, 7));
    CHECK(leads_to(k, 7, 0, "cpu/mote-4242-7/tasks") && drops(k, 7));
    close(k->folder);

    k = fresh();
    CHECK(keeper_find(k, KEEPER_MEMORY, root, lines) && k->does == KEEPER_MEMORY);
    k->agent = 4242, k->owner = geteuid();
    CHECK(keeper_start(k, 1 << 30) && k->tree);
    CHECK(was_put("memory/own/mote-4242/memory.limit_in_bytes", "1073741824"));
    CHECK(leads_to(k, KEEPER_REST, 0, "memory/own/mote-4242/rest/tasks"));
    CHECK(!drops(k, KEEPER_REST) && is_there("memory/own/mote-4242/rest"));
    CHECK(makes(k, 3, 0, 5000000) &&
          was_put("memory/own/mote-4242/3/memory.limit_in_bytes", "5000000"));
    /* Each that was killed is told once; what was before the next one came is not told of that. */
    put("memory/own/mote-4242/3/memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    CHECK(killed(k, 3) && killed(k, 3) && !killed(k, 3) && !killed(k, KEEPER_REST));
    put("memory/own/mote-4242/3/memory.oom_control",
        "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n");
    CHECK(drops(k, 3) && is_there("memory/own/mote-4242/3") && k->kept == 1);
    CHECK(leads_to(k, 3, 1000, "memory/own/mote-4242/3/tasks") && k->kept == 0 && !killed(k, 3));
    CHECK(drops(k, 3));
    for (uint32_t i = 10; i < 110; i++) CHECK(makes(k, i, 0, 1000));
    for (uint32_t i = 10; i < 110; i++) CHECK(drops(k, i));
    CHECK(k->kept == 64 && !is_there("memory/own/mote-4242/109"));
    /* One that cannot be filled is not there: nobody is without the limit that he is to have. */
    CHECK(makes(k, 200, 0, 1000) &&
          syscall(SYS_unlinkat, AT_FDCWD, at("memory/own/mote-4242/200/tasks"), 0) == 0);
    CHECK(!makes(k, 200, 0, 1000) && !is_there("memory/own/mote-4242/200"));
    keeper_finish(k);
    CHECK(!is_there("memory/own/mote-4242") && is_there("memory/own"));
    /* Of one that is no more. */
    make_folder("memory/own/mote-999999999"), make_folder("memory/own/mote-999999999/all");
    make_folder("memory/own/mote-999999999/all/rest"),
        make_folder("memory/own/mote-999999999/agent");
    make_folder("memory/own/mote-1"), make_folder("memory/own/other");
    keeper_remove_stale(k);
    CHECK(!is_there("memory/own/mote-999999999") && is_there("memory/own/mote-1") &&
          is_there("memory/own/other"));
    close(k->folder);
}

static void test_version_2(void)
{
    const char *lines = "0::/user.slice/own\n";
    struct keeper *k = fresh();
    version_1 = false;
    make_folder("user.slice"), make_folder("user.slice/own");
    CHECK(keeper_find(k, KEEPER_CPU | KEEPER_MEMORY, root, lines) && k->unified);
    CHECK(k->does == (KEEPER_CPU | KEEPER_MEMORY));
    CHECK(is_there("user.slice/own/cgroup.subtree_control"));
    k->agent = 4242, k->owner = geteuid();
    CHECK(keeper_start(k, 1 << 30) && k->tree);
    CHECK(was_put("user.slice/own/mote-4242/all/memory.max", "1073741824"));
    CHECK(was_put("user.slice/own/mote-4242/agent/cgroup.procs", "0"));
    CHECK(leads_to(k, KEEPER_REST, 0, "user.slice/own/mote-4242/all/rest"));
    CHECK(makes(k, 3, 50, 0) && was_put("user.slice/own/mote-4242/all/3/cpu.weight", "50"));
    CHECK(was_put("user.slice/own/mote-4242/all/3/memory.max", "max") && drops(k, 3));
    CHECK(leads_to(k, 3, 7000, "user.slice/own/mote-4242/all/3"));
    CHECK(was_put("user.slice/own/mote-4242/all/3/cpu.weight", "100"));
    CHECK(was_put("user.slice/own/mote-4242/all/3/memory.max", "7000"));
    put("user.slice/own/mote-4242/all/rest/memory.events",
        "low 0\nhigh 0\nmax 9\noom 8\noom_kill 1\noom_group_kill 5\n");
    CHECK(killed(k, KEEPER_REST) && !killed(k, KEEPER_REST));
    keeper_finish(k);
    CHECK(!is_there("user.slice/own/mote-4242"));
    close(k->folder);
}

/* What the agent will be has the tree, but for its limit. */
static void test_owner(void)
{
    static const char *const owned[] = {"own/mote-4242/cgroup.procs",
                                        "own/mote-4242/all/rest/cgroup.procs"};
    static const char *const not [] = {"own/cgroup.procs", "own/mote-4242/all/memory.max",
                                       "own/mote-4242/all/cgroup.procs"};
    struct stat s;
    struct keeper *k = fresh();
    version_1 = false;
    if (geteuid() != 0) return; /* as in a container: who runs all of this is who it is */
    make_folder("own");
    CHECK(keeper_find(k, KEEPER_CPU | KEEPER_MEMORY, root, "0::/own\n"));
    k->agent = 4242, k->owner = 65534;
    CHECK(keeper_start(k, 1 << 30));
    for (unsigned i = 0; i < 2; i++) CHECK(stat(at(owned[i]), &s) == 0 && s.st_uid == 65534);
    for (unsigned i = 0; i < 3; i++) CHECK(stat(at(not [i]), &s) == 0 && s.st_uid == 0);
    put("own/mote-4242/agent/cgroup.procs", ""); /* it has left */
    keeper_finish(k);
    CHECK(!is_there("own/mote-4242"));
    close(k->folder);
}

static bool find_in_scope(struct keeper *k, const char *there)
{
    strcpy(members[0], there), *members[1] = 0;
    show_members();
    k->agent = 4242, k->first = 4241, k->owner = geteuid();
    return keeper_find(k, KEEPER_CPU | KEEPER_MEMORY, root, "0::/run.scope\n");
}

/* Below systemd: where only we are we go to a leaf, and come back. */
static void test_leaf(void)
{
    static char whole[300];
    version_1 = false;
    make_folder("run.scope");
    strcpy(whole, at("run.scope"));
    scope = whole;
    static const char *const others[] = {"77\n", "4241\n77\n", "4241\n4242\n77\n", ""};
    for (unsigned i = 0; i < 3; i++) {
        CHECK(!find_in_scope(fresh(), others[i]) && !is_there("run.scope/mote-4242-own"));
        CHECK(!strcmp(members[0], others[i]));
    }
    struct keeper *k = fresh();
    CHECK(find_in_scope(k, "4241\n4242\n") && k->leaf && !*members[0]);
    CHECK(k->does == (KEEPER_CPU | KEEPER_MEMORY) && strstr(members[1], "4241\n"));
    CHECK(keeper_start(k, 1 << 30) && makes(k, 3, 50, 0));
    CHECK(was_put("run.scope/mote-4242/agent/cgroup.procs", "0"));
    strcat(members[1], "4300\n"), show_members(); /* a child of the first mote */
    CHECK(drops(k, 3));
    keeper_finish(k);
    CHECK(!k->leaf && !is_there("run.scope/mote-4242-own") && !is_there("run.scope/mote-4242"));
    CHECK(strstr(members[0], "4300\n") && strlen(members[0]) == 15);
    close(k->folder);
    /* Nobody in it: no leaf. */
    k = fresh();
    CHECK(find_in_scope(k, "") && !k->leaf);
    close(k->folder);
    scope = NULL;
}

static void test_none(void)
{
    static const char *const nothing[] = {"",
                                          "\n",
                                          ":",
                                          "::",
                                          "x",
                                          "0::",
                                          "0::/nowhere\n",
                                          "4:memory:/nowhere\n",
                                          "4:memoryx:/own\n",
                                          "4:xmemory,y:/own\n",
                                          "4:memory",
                                          "4:memory:\n",
                                          "1:cpu:/../own"};
    for (unsigned i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        struct keeper *k = fresh();
        version_1 = true;
        bool found = keeper_find(k, KEEPER_MEMORY, root, nothing[i]);
        CHECK(found == (i == 11)); /* the root of that hierarchy */
        if (found) close(k->folder);
        CHECK(!keeper_find(fresh(), KEEPER_CPU, at("nowhere"), nothing[i]));
    }
}

static void remove_all(const char *path)
{
    char command[400];
    snprintf(command, sizeof command, "rm -r '%s'", path);
    if (system(command) != 0) fprintf(stderr, "%s is left\n", path);
}

int main(void)
{
    if (!mkdtemp(root)) return 1;
    test_version_1();
    test_version_2();
    test_owner();
    test_leaf();
    test_none();
    remove_all(root);
    return check_result();
}
