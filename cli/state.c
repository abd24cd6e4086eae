/* SPDX-License-Identifier: Apache-2.0 */
/* state.c -- see state.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/memory.h"
#include "cli/state.h"

enum { NAME_MOST = 64, KEPT_MOST = 32, INFO_MOST = 8192, ENDED = 4 };

/* --- the folder --------------------------------------------------------------------------------- */

static const char *state_folder(struct error *e)
{
    const char *own = getenv("MOTE_STATE"), *runtime = getenv("XDG_RUNTIME_DIR"),
               *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *path = NULL;
    if (own && *own)
        path = path_normal(NULL, own);
    else if (runtime && runtime[0] == '/')
        path = memory_print("%s/mote", runtime);
    else if (state && state[0] == '/')
        path = memory_print("%s/mote", state);
    else if (home && home[0] == '/')
        path = memory_print("%s/.local/state/mote", home);
    if (!path) fail(e, 0, "no place for what is known of motes: set MOTE_STATE to a folder");
    return path;
}

/* It is the user's own, and nobody else looks into it. */
static const char *make_state_folder(struct error *e)
{
    struct stat st;
    const char *path = state_folder(e);
    if (!path || folder_make(path, e) < 0) return NULL;
    if (stat(path, &st) < 0) {
        fail(e, errno, "cannot look at %s", path);
    } else if (st.st_uid != geteuid()) {
        fail(e, 0, "%s belongs to somebody else: set MOTE_STATE to a folder of your own", path);
    } else {
        if (st.st_mode & 077) chmod(path, 0700);
        return path;
    }
    return NULL;
}

static bool is_name(const char *text)
{
    static const char more[] = "._-";
    size_t n = strlen(text);
    if (n == 0 || n > NAME_MOST || strchr(more, text[0])) return false;
    for (const char *c = text; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && !strchr(more, *c)) return false;
    }
    return true;
}

/* --- locks ----------------------------------------------------------------------------------------- */

/* Who only looks has the lock for a moment, so: more than once. */
static bool try_lock(int fd)
{
    for (int i = 0; i < 20; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
        usleep(5000);
    }
    return false;
}

static bool is_locked(const char *folder)
{
    closes_itself int fd = open(memory_print("%s/lock", folder), O_RDONLY | O_CLOEXEC);
    return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static void remove_files(const char *folder)
{
    static const char *const names[] = {"info", "log", "status", "control", "lock"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        unlink(memory_print("%s/%s", folder, names[i]));
}

/* The folder of that name with its lock: 1, 0: somebody has it, -1 after fail().  The lock file may have been
 * removed between our opening and our locking it: then it is another one's, and nobody's. */
static int lock_folder(const char *folder, int *lock, struct error *e)
{
    for (;;) {
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return fail(e, errno, "cannot make %s", folder);
        const char *path = memory_print("%s/lock", folder);
        closes_itself int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 && errno == ENOENT) continue;
        if (fd < 0) return fail(e, errno, "cannot open %s", path);
        if (!try_lock(fd)) return 0;
        struct stat ours, there;
        if (fstat(fd, &ours) < 0 || stat(path, &there) < 0 || ours.st_ino != there.st_ino) continue;
        *lock = keep(&fd);
        return 1;
    }
}

/* Of those that have ended the oldest go, so that they do not pile up. */
static void remove_oldest(const char *folder)
{
    struct state_mote *motes;
    struct error ignored;
    size_t n, ended = 0, oldest;
    int lock = -1;
    if (state_list(&motes, &n, &ignored) < 0) return;
    for (size_t i = 0; i < n; i++) ended += !motes[i].runs;
    for (; ended > KEPT_MOST; ended--) {
        oldest = n;
        for (size_t i = 0; i < n; i++)
            if (!motes[i].runs && (oldest == n || motes[i].started_s < motes[oldest].started_s))
                oldest = i;
        const char *path = memory_print("%s/%s", folder, motes[oldest].name);
        motes[oldest].runs = true; /* looked at */
        if (lock_folder(path, &lock, &ignored) != 1) continue;
        remove_files(path);
        rmdir(path);
        close(lock);
    }
}

/* --- one of our own --------------------------------------------------------------------------------- */

/* As the image is called, and some letters. */
static const char *invent_name(const char *what)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    const char *base = path_name(what), *dot = strrchr(base, '.');
    size_t n = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    unsigned char random[4] = {0};
    char end[5] = "";
    if (getrandom(random, sizeof random, 0) < 0) random[0] = (unsigned char)getpid();
    for (unsigned i = 0; i < 4; i++) end[i] = letters[random[i] % (sizeof letters - 1)];
    const char *stem = memory_text(base, n < 40 ? n : 40);
    return memory_print("%s-%s", is_name(stem) ? stem : "mote", end);
}

int state_take(struct state_own *s, const char *wished, const char *what, struct error *e)
{
    const char *all = make_state_folder(e);
    if (!all) return -1;
    if (wished && !is_name(wished))
        return fail(e, 0,
                    "\"%s\" is no name for a mote: letters, digits, and . _ - behind the first",
                    wished);
    for (;;) {
        s->name = wished ? wished : invent_name(what);
        s->folder = memory_print("%s/%s", all, s->name);
        int got = lock_folder(s->folder, &s->lock, e);
        if (got < 0) return -1;
        if (got == 0 && wished) return fail(e, 0, "a mote called %s is running already", s->name);
        if (got == 1) break;
    }
    /* Of the one that had the name before nothing stays but the lock, which is ours. */
    unlink(memory_print("%s/info", s->folder));
    unlink(memory_print("%s/log", s->folder));
    unlink(memory_print("%s/status", s->folder));
    const char *status = memory_print("%s/status", s->folder);
    s->status = open(status, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (s->status < 0) return fail(e, errno, "cannot make %s", status);
    remove_oldest(all);
    return 0;
}

int state_write(const struct state_own *s, pid_t pid, const char *platform, const char *what,
                const char *more, struct error *e)
{
    const char *text = memory_print("pid %d\nstarted %lld\nplatform %s\nwhat %s\n%s", (int)pid,
                                    (long long)time(NULL), platform, what, more);
    return file_replace(memory_print("%s/info", s->folder), text, strlen(text), 0600, e);
}

void state_ended(const struct state_own *s, int status)
{
    char text[ENDED + 1] = "000\n";
    for (int i = 2; i >= 0; i--, status /= 10) text[i] = (char)('0' + status % 10);
    if (write(s->status, text, ENDED) != ENDED) return; /* then it is not known */
}

/* --- others ------------------------------------------------------------------------------------------ */

static const char *value_of(const char *info, const char *key)
{
    size_t n = strlen(key);
    for (const char *line = info; *line;) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, key, n) == 0 && line[n] == ' ')
            return memory_text(line + n + 1, length - n - 1);
        line += length + (line[length] != 0);
    }
    return "";
}

static const char *read_text(const char *path)
{
    struct bytes file;
    struct error ignored;
    if (file_read(path, INFO_MOST, &file, NULL, &ignored) < 0) return "";
    return memory_text((const char *)file.at, file.n);
}

static void read_mote(const char *folder, const char *name, struct state_mote *m)
{
    bool runs = is_locked(folder);
    const char *info = read_text(memory_print("%s/info", folder));
    const char *status = read_text(memory_print("%s/status", folder));
    *m = (struct state_mote){.name = name,
                             .runs = runs,
                             .pid = atoi(value_of(info, "pid")),
                             .started_s = atoll(value_of(info, "started")),
                             .platform = value_of(info, "platform"),
                             .what = value_of(info, "what"),
                             .node = value_of(info, "node"),
                             .cookie = value_of(info, "cookie"),
                             .reach = value_of(info, "reach"),
                             .status = *status ? atoi(status) : -1};
}

int state_list(struct state_mote **motes, size_t *count, struct error *e)
{
    const char *all = make_state_folder(e), *const * names;
    size_t n;
    *count = 0;
    if (!all || folder_list(all, &names, &n, e) < 0) return -1;
    *motes = memory_take((n + 1) * sizeof **motes);
    for (size_t i = 0; i < n; i++) {
        const char *folder = memory_print("%s/%s", all, names[i]);
        if (!is_name(names[i]) || !path_is_file(memory_print("%s/info", folder))) continue;
        read_mote(folder, names[i], &(*motes)[(*count)++]);
    }
    return 0;
}

int state_find(const char *name, struct state_mote *out, struct error *e)
{
    const char *all = make_state_folder(e);
    if (!all) return -1;
    const char *folder = memory_print("%s/%s", all, name);
    if (!is_name(name) || !path_is_file(memory_print("%s/info", folder)))
        return fail(e, 0, "there is no mote called %s: `mote ps --all` says what there is", name);
    read_mote(folder, name, out);
    return 0;
}

const char *state_folder_of(const char *name)
{
    struct error ignored;
    const char *all = state_folder(&ignored);
    return all ? memory_print("%s/%s", all, name) : "";
}

const char *state_log(const char *name) { return memory_print("%s/log", state_folder_of(name)); }

/* The lock is looked at once more when the process is held by a descriptor: then it is the right one. */
int state_signal(const struct state_mote *m, int number, struct error *e)
{
    struct state_mote now;
    if (!m->runs || m->pid <= 0) return 0;
    closes_itself int process = (int)syscall(SYS_pidfd_open, m->pid, 0);
    if (process < 0) return errno == ESRCH ? 0 : fail(e, errno, "cannot reach %s", m->name);
    if (state_find(m->name, &now, e) < 0) return -1;
    if (!now.runs || now.pid != m->pid) return 0;
    if (syscall(SYS_pidfd_send_signal, process, number, NULL, 0) == 0) return 1;
    return errno == ESRCH ? 0 : fail(e, errno, "cannot send %s a signal", m->name);
}

int state_wait(const char *name, int64_t milliseconds)
{
    struct error ignored;
    const char *all = state_folder(&ignored);
    if (!all) return 1;
    const char *folder = memory_print("%s/%s", all, name);
    for (int64_t left = milliseconds; is_locked(folder); left -= 10) {
        if (milliseconds >= 0 && left <= 0) return 0;
        usleep(10000);
    }
    return 1;
}
