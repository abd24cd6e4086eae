/* SPDX-License-Identifier: Apache-2.0 */
/* launch.c -- the last steps on the host before a guest runs; see launch.h. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/hash.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/launch.h"
#include "cli/version.h"

static uint64_t started_ns;

void launch_started(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    started_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- arguments -------------------------------------------------------------------------------- */

int launch_set_platform(struct launch *l, const char *text, struct error *e)
{
    if (strcmp(text, "kvm") == 0)
        l->options.platform = MONITOR_KVM;
    else if (strcmp(text, "process") == 0)
        l->options.platform = MONITOR_PROCESS;
    else
        return fail(e, 0, "there is no platform %s: it is kvm or process", text);
    l->platform_given = true;
    return 0;
}

void launch_argument(struct launch *l, const char *text) { names_append(&l->argv, text); }

void launch_environment(struct launch *l, const char *name, const char *value)
{
    size_t n = strlen(name);
    const char *line = memory_print("%s=%s", name, value);
    for (size_t i = 0; i < l->environment.n; i++) {
        if (strncmp(l->environment.at[i], line, n + 1) != 0) continue;
        l->environment.at[i] = line; /* the last word counts */
        return;
    }
    names_append(&l->environment, line);
}

void launch_inherit(struct launch *l, const char *name)
{
    const char *value = getenv(name);
    if (value) launch_environment(l, name, value);
}

void launch_usual_environment(struct launch *l)
{
    launch_environment(l, "PROGNAME", "erl");
    launch_environment(l, "EMU", "beam");
    launch_environment(l, "PWD", "/");
}

/* --- the runtime inside this program -------------------------------------------------------------- */

struct place {
    uintptr_t address;
    uint64_t offset; /* in the program's file */
    bool found;
};

static int find_place(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct place *p = context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + h->p_vaddr;
        if (h->p_type != PT_LOAD || p->address < start || p->address >= start + h->p_filesz)
            continue;
        p->offset = h->p_offset + (p->address - start);
        p->found = true;
        return 1;
    }
    return 0;
}

int launch_use_own_runtime(struct launch *l, struct error *e)
{
    struct place place = {.address = (uintptr_t)embedded_runtime};
    dl_iterate_phdr(find_place, &place);
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !place.found) return fail(e, errno, "cannot open this program's own file");
    l->options.runtime = (struct monitor_file){fd, place.offset,
                                               (uint64_t)(embedded_runtime_end - embedded_runtime)};
    return 0;
}

/* --- the cache of OTP --------------------------------------------------------------------------------
 *
 * One archive for each installation: CACHE/otp-ROOT-STATE.archive.  ROOT is a hash of the
 * installation's path.  STATE is one of everything that decides the contents: the version of
 * this program, its own modules, and the times of OTP's folders, which change when packages
 * are installed, upgraded or removed. */

static void add_text(struct buffer *b, const char *text) { buffer_add(b, text, strlen(text) + 1); }

static void add_time(struct buffer *b, const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0) status = (struct stat){0};
    buffer_add(b, &status.st_mtim, sizeof status.st_mtim);
}

static uint64_t state_of(const struct otp *otp)
{
    struct buffer b = {0};
    add_text(&b, MOTE_VERSION);
    for (const struct embedded_module *m = embedded_modules; m->name; m++) {
        add_text(&b, m->name);
        uint64_t sum = hash_fast(m->bytes, (size_t)(m->end - m->bytes));
        buffer_add(&b, &sum, sizeof sum);
    }
    add_text(&b, otp->version);
    add_time(&b, otp->preloaded);
    add_time(&b, otp->boot);
    for (size_t i = 0; i < otp->library.n; i++) {
        add_text(&b, otp->library.apps[i]->folder);
        add_time(&b, memory_print("%s/ebin", otp->library.apps[i]->folder));
        add_time(&b, memory_print("%s/src", otp->library.apps[i]->folder));
    }
    uint64_t state = hash_fast(b.at, b.n);
    buffer_drop(&b);
    return state;
}

const char *launch_cache(void)
{
    const char *own = getenv("MOTE_CACHE"), *standard = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");
    if (own && *own) return own;
    if (standard && standard[0] == '/') return memory_print("%s/mote", standard);
    if (home && home[0] == '/') return memory_print("%s/.cache/mote", home);
    return NULL;
}

static int collect_otp(const struct otp *otp, struct buffer *out, struct error *e)
{
    struct tree t = {0};
    if (otp_add_system(otp, &t, otp->root, OTP_ALL, e) < 0) return -1;
    for (size_t i = 0; i < otp->library.n; i++) {
        const struct app *a = otp->library.apps[i];
        const char *folder = memory_print("%s/lib/%s", otp->root, path_name(a->folder));
        if (otp_add_app(a, &t, folder, OTP_SOURCES, e) < 0) return -1;
    }
    if (otp_add_own_modules(otp, &t, otp->root, e) < 0) return -1;
    tree_write(&t, out);
    return 0;
}

static void remove_older(const char *folder, const char *prefix)
{
    const char *const *names;
    size_t n;
    struct error ignored;
    if (folder_list(folder, &names, &n, &ignored) < 0) return;
    for (size_t i = 0; i < n; i++)
        if (strncmp(names[i], prefix, strlen(prefix)) == 0 && text_ends_with(names[i], ".archive"))
            unlink(memory_print("%s/%s", folder, names[i]));
}

/* Makes the archive and puts it into the cache; a host that has no room or no home for one
 * gets it in memory, each time anew. */
static int make_base(const struct otp *otp, const char *folder, const char *prefix,
                     const char *path, struct error *e)
{
    struct buffer archive = {0};
    struct error ignored;
    if (collect_otp(otp, &archive, e) < 0) return -1;
    int fd = -1;
    if (path && folder_make(folder, &ignored) == 0) {
        remove_older(folder, prefix);
        if (file_replace(path, archive.at, archive.n, 0644, &ignored) == 0)
            fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) fd = file_anonymous("otp", (struct bytes){archive.at, archive.n}, e);
    buffer_drop(&archive);
    return fd;
}

static int map_base(int fd, const char *path, struct archive *out, struct error *e)
{
    struct bytes whole;
    if (file_map(fd, path ? path : "the archive of OTP", &whole, e) < 0) return -1;
    const char *wrong = archive_check(whole.at, whole.n, out);
    if (!wrong && out->size != whole.n) wrong = "it is longer than it says";
    if (!wrong) return 0;
    munmap((void *)(uintptr_t)whole.at, whole.n);
    return fail(e, 0, "%s: %s", path, wrong);
}

/* A damaged cache is no reason to fail: it is made again. */
static int open_base(const struct otp *otp, struct archive *base, struct error *e)
{
    const char *folder = launch_cache(), *path = NULL;
    const char *prefix =
        memory_print("otp-%016llx-", (unsigned long long)hash_fast(otp->root, strlen(otp->root)));
    if (folder)
        path =
            memory_print("%s/%s%016llx.archive", folder, prefix, (unsigned long long)state_of(otp));
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && map_base(fd, path, base, e) == 0) return fd;
    if (fd >= 0) close(fd);
    fd = make_base(otp, folder, prefix, path, e);
    if (fd >= 0 && map_base(fd, path, base, e) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int launch_use_otp(struct launch *l, const struct otp *otp, struct tree *t, struct error *e)
{
    struct archive base;
    struct buffer index = {0};
    closes_itself int base_fd = open_base(otp, &base, e);
    if (base_fd < 0) return -1;
    if (tree_write_over(t, &base, &index, e) < 0) return -1;
    int fd = file_anonymous("index", (struct bytes){index.at, index.n}, e);
    if (fd < 0) return -1;
    l->options.archive = (struct monitor_file){fd, 0, index.n};
    l->options.archive_rest = (struct monitor_file){keep(&base_fd), 0, base.size};
    buffer_drop(&index);
    munmap((void *)(uintptr_t)base.bytes, base.size);
    return 0;
}

/* --- run ---------------------------------------------------------------------------------------------- */

void launch_choose_platform(struct launch *l)
{
    const char *why = NULL;
    if (l->platform_given) return;
    bool kvm = monitor_kvm_usable(&why);
    l->options.platform = kvm ? MONITOR_KVM : MONITOR_PROCESS;
    l->platform_given = true;
    if (l->options.stats)
        fprintf(stderr, "mote: runs %s%s\n", kvm ? "under KVM" : "as a process: ", kvm ? "" : why);
}

void launch_finish(struct launch *l)
{
    l->options.argc = (int)l->argv.n;
    launch_argument(l, NULL);
    names_append(&l->environment, NULL);
    l->options.argv = l->argv.at;
    l->options.environment = l->environment.at;
}

/* Instances are like this mote, but for what is its user's: its name, its console, its interfaces and folders. */
static int start_agent(struct launch *l, struct error *e)
{
    if (!l->grant.instances) return 0;
    struct monitor_options *own = &l->images[0].options;
    *own = l->options;
    own->snapshot = l->snapshot;
    own->stats = false;
    own->nets = own->mounts_n = own->keeps = 0;
    own->opened = NULL;
    own->copies.wanted = false;
    return agent_start(&l->options, &l->grant, &l->options.link, e);
}

int launch_run(struct launch *l, struct error *e)
{
    launch_choose_platform(l);
    if (network_finish(&l->network, &l->options, e) < 0) return COMMAND_MISUSED;
    launch_finish(l);
    l->options.started_ns = started_ns;
    folder_temporary_remove(); /* the monitor's sandbox forbids it afterwards */
    fflush(NULL);
    if (start_agent(l, e) < 0) return COMMAND_FAILED;
    int status = monitor_run(&l->options, e);
    agent_finish();
    return status;
}
