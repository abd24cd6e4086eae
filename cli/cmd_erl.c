/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_erl.c -- `mote erl`: stands where `erl` stood.
 *
 * The guest sees all of OTP at the path where the host has it, and of the host's other files
 * only what the command line names: code path folders, configurations, files given behind
 * -extra, what --add says, and the Erlang files of the current folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/flags.h"
#include "cli/launch.h"
#include "cli/mounts.h"
#include "cli/nif.h"
#include "cli/node.h"

extern char **environ;

enum { MEMORY, PLATFORM, ADD, NIF, OTP, STATS, DEBUG, MOUNT, TMP, NETWORK };

const struct option erl_options[] = {
    [MEMORY] = {"--memory", "-m", "SIZE", "heap of the guest: 64M, 2G (default: 1G)"},
    [PLATFORM] = {"--platform", NULL, "kvm|process",
                  "what to run on (default: kvm where it is usable)"},
    [ADD] = {"--add", NULL, "HOSTPATH:GUESTPATH", "put a file or a folder into the guest's tree"},
    [NIF] = {"--nif", NULL, "[NAME=]PATH",
             "compile a NIF library into the runtime, as `mote build` does"},
    [OTP] = {"--otp", NULL, "DIR", "take OTP from here (also: MOTE_OTP)"},
    [STATS] = {"--stats", NULL, NULL, "say at the end what it took, on standard error"},
    [DEBUG] = {"--debug", NULL, NULL, "no sandbox around the monitor: for gdb and perf"},
    MOUNT_OPTIONS(OPTION_ROW) NETWORK_OPTIONS(NETWORK_ROW){0},
};

const char erl_details[] =
    "These options come first; the rest is what `erl` takes: -noshell -eval -s -run -pa -pz\n"
    "-mode -config -boot -env -args_file -extra, a +flag of the emulator, and so on; ERL_FLAGS,\n"
    "ERL_AFLAGS, ERL_ZFLAGS and ERL_LIBS count, too. Flags about schedulers and allocators are\n"
    "accepted, and change nothing.\n"
    "\n"
    "The guest sees OTP, the folders of -pa, -pz and -path, the files of -config, -boot and\n"
    "-extra, and the .beam, .app, .erl, .hrl, .config and .boot files of the current folder,\n"
    "each at its path on the host. --add gives it more. Nothing is written to the host but\n"
    "in folders that -v names.\n"
    "\n"
    "A link to this program that is called `erl` is the same, so that scripts which start an "
    "`erl`\n"
    "from the PATH, Elixir's for one, start a mote.\n"
    "\n"
    "OTP's files are kept ready in $MOTE_CACHE, $XDG_CACHE_HOME/mote or ~/.cache/mote.\n";

#define PLAIN_FILE_MOST (UINT64_C(64) << 20)

struct request {
    struct launch launch;
    struct flags flags;
    struct names adds;
    struct nifs nifs;
    const char *otp, *here;
    struct tree tree;
};

/* Only what stands in front is ours: -mode is not -m with a value. */
static int read_own_options(struct request *r, const struct command *self, int *argc, char ***argv,
                            struct error *e)
{
    while (*argc > 0) {
        const struct option *o = self->options;
        while (o->name && strcmp(**argv, o->name) != 0 &&
               !(o->letter && strcmp(**argv, o->letter) == 0))
            o++;
        if (!o->name) return 0;
        if (o->value && *argc < 2) return fail(e, 0, "%s wants %s behind it", **argv, o->value);
        const char *value = o->value ? (*argv)[1] : NULL;
        struct launch *l = &r->launch;
        int result = 0;
        switch (o - self->options) {
        case MEMORY: result = monitor_parse_memory(value, &l->options.memory_bytes, e); break;
        case PLATFORM: result = launch_set_platform(l, value, e); break;
        case ADD: names_append(&r->adds, value); break;
        case NIF: result = nifs_add(&r->nifs, value, e); break;
        case OTP: r->otp = value; break;
        case MOUNT: result = mounts_add(l, value, e); break;
        case TMP: result = mounts_limit_tmp(l, value, e); break;
        case STATS: l->options.stats = true; break;
        case DEBUG: l->options.no_sandbox = l->options.keep_privileges = true; break;
        default:
            result = network_option(&l->network, (enum network_option)(o - self->options - NETWORK),
                                    value, e);
        }
        if (result < 0) return -1;
        *argc -= 1 + (value != NULL);
        *argv += 1 + (value != NULL);
    }
    return 0;
}

/* --- the host's files ------------------------------------------------------------------------------ */

/* A file at its own path.  One that was named before, is not there, cannot be read or is
 * large is left out: the guest will say so if it wants it. */
static int add_file(struct request *r, const char *path, struct error *e)
{
    struct bytes content;
    struct stat status;
    struct error ignored;
    path = path_normal(r->here, path);
    if (tree_find(&r->tree, path) || !path_is_file(path)) return 0;
    if (file_read(path, PLAIN_FILE_MOST, &content, &status, &ignored) < 0) return 0;
    return tree_add_file(&r->tree, TREE_GIVEN, path, content, status.st_mode, status.st_mtime, path,
                         e);
}

/* An ebin folder comes with the priv folder beside it, for code:priv_dir/1. */
static int add_code_folder(struct request *r, const char *root, const char *path, struct error *e)
{
    path = path_normal(r->here, path);
    size_t n = strlen(root);
    if (strncmp(path, root, n) == 0 && path[n] == '/') return 0; /* a part of OTP */
    if (!path_is_folder(path)) return 0;
    if (otp_add_ebin(&r->tree, path, path, OTP_ALL, e) < 0) return -1;
    if (strcmp(path_name(path), "ebin") != 0) return 0;
    const char *priv = memory_print("%s/priv", path_parent(path));
    return otp_add_priv(&r->tree, priv, priv, e);
}

static int add_libraries(struct request *r, const char *root, struct error *e)
{
    const char *list = getenv("ERL_LIBS");
    while (list && *list) {
        size_t n = strcspn(list, ":"), count;
        const char *folder = memory_text(list, n), *const * names;
        struct error ignored;
        list += n + (list[n] == ':');
        if (folder_list(folder, &names, &count, &ignored) < 0) continue;
        for (size_t i = 0; i < count; i++)
            if (add_code_folder(r, root, memory_print("%s/%s/ebin", folder, names[i]), e) < 0)
                return -1;
    }
    return 0;
}

static int add_current_folder(struct request *r, struct error *e)
{
    static const char *const wanted[] = {".beam", ".app", ".erl", ".hrl", ".config", ".boot"};
    const char *const *names;
    size_t n;
    struct error ignored;
    if (tree_add_folder(&r->tree, r->here, "the current folder", e) < 0) return -1;
    if (folder_list(r->here, &names, &n, &ignored) < 0) return 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < sizeof wanted / sizeof *wanted; j++)
            if (text_ends_with(names[i], wanted[j]) &&
                add_file(r, memory_print("%s/%s", r->here, names[i]), e) < 0)
                return -1;
    return 0;
}

/* The user's own, at its place: a node without -setcookie reads it, as with `erl`.  As there it is made when it is
 * missing; OTP says in the guest what is wrong with one that others could read. */
static int add_cookie(struct request *r, struct error *e)
{
    const char *path;
    struct bytes content;
    struct stat status;
    struct error ignored;
    if (!r->flags.is_node || r->flags.has_cookie) return 0;
    if (node_user_cookie(true, &path, e) < 0) return -1;
    if (file_read(path, 4096, &content, &status, &ignored) < 0) return 0;
    return tree_add_file(&r->tree, TREE_GIVEN, path, content, status.st_mode, status.st_mtime, path,
                         e);
}

static int add_files(struct request *r, const char *root, struct error *e)
{
    const struct flags *f = &r->flags;
    for (size_t i = 0; i < r->adds.n; i++)
        if (tree_add_option(&r->tree, r->adds.at[i], e) < 0) return -1;
    for (size_t i = 0; i < f->folders.n; i++)
        if (add_code_folder(r, root, f->folders.at[i], e) < 0) return -1;
    for (size_t i = 0; i < f->files.n; i++)
        if (add_file(r, f->files.at[i], e) < 0 ||
            add_file(r, memory_print("%s.config", f->files.at[i]), e) < 0 ||
            add_file(r, memory_print("%s.boot", f->files.at[i]), e) < 0)
            return -1;
    for (size_t i = 0; i < f->plain.n; i++)
        if (add_file(r, f->plain.at[i], e) < 0) return -1;
    if (add_libraries(r, root, e) < 0 || add_cookie(r, e) < 0) return -1;
    return add_current_folder(r, e);
}

/* --- start ------------------------------------------------------------------------------------------ */

static void set_environment(struct request *r, const struct otp *otp)
{
    struct launch *l = &r->launch;
    for (char **line = environ; *line; line++) {
        size_t n = strcspn(*line, "=");
        if (n && (*line)[n]) names_append(&l->environment, *line);
    }
    launch_environment(l, "ROOTDIR", otp->root);
    launch_environment(l, "BINDIR", otp->bindir);
    launch_environment(l, "PROGNAME", "erl");
    launch_environment(l, "EMU", "beam");
    launch_environment(l, "PWD", r->here);
    for (size_t i = 0; i + 1 < r->flags.variables.n; i += 2)
        launch_environment(l, r->flags.variables.at[i], r->flags.variables.at[i + 1]);
}

/* On standard error, as stock. */
static int show_version(const struct otp *otp)
{
    const char *erts = path_name(path_parent(otp->preloaded));
    fprintf(stderr, "Erlang (BEAM) emulator version %s\n", erts + strlen("erts-"));
    return 0;
}

/* The one that is built into this program, or one with the native code that --nif names. */
static int use_runtime(struct request *r, struct error *e)
{
    struct bytes runtime;
    if (!r->nifs.n) return launch_use_own_runtime(&r->launch, e);
    const char *path = nifs_link(&r->nifs, &runtime, e) < 0 ? NULL : folder_temporary(e);
    if (!path) return -1;
    int fd = open(memory_print("%s/runtime.elf", path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, errno, "cannot open the runtime just linked");
    r->launch.options.runtime = (struct monitor_file){fd, 0, runtime.n};
    folder_temporary_remove();
    return 0;
}

int cmd_erl(const struct command *self, int argc, char **argv, struct error *e)
{
    struct request r = {.here = path_normal(NULL, ".")};
    struct otp otp;
    if (read_own_options(&r, self, &argc, &argv, e) < 0 || flags_read(&r.flags, argc, argv, e) < 0)
        return COMMAND_MISUSED;
    if (otp_find(r.otp, &otp, e) < 0) return COMMAND_FAILED;
    if (r.flags.show_version) return show_version(&otp);
    if (add_files(&r, otp.root, e) < 0 || use_runtime(&r, e) < 0 ||
        launch_use_otp(&r.launch, &otp, &r.tree, e) < 0)
        return COMMAND_FAILED;
    const char *home = getenv("HOME");
    flags_build(&r.flags, otp.root, otp.bindir, home && *home ? home : "/", &r.launch.argv);
    set_environment(&r, &otp);
    return launch_run(&r.launch, e);
}
