/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c -- `mote run`: boots an image, or one source file over all of OTP. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/beam.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/detach.h"
#include "cli/files.h"
#include "cli/flags.h"
#include "cli/image_launch.h"
#include "cli/instances.h"
#include "cli/launch.h"
#include "cli/mounts.h"
#include "cli/node.h"

enum {
    MEMORY,
    PLATFORM,
    ENVIRONMENT,
    ADD,
    OTP,
    STATS,
    DEBUG,
    MOUNT,
    TMP,
    DETACH,
    NAME,
    NODE,
    COOKIE,
    COLD,
    INSTANCES,
    INSTANCE_IMAGE,
    NETWORK
};

const struct option run_options[] = {
    [MEMORY] = {"--memory", "-m", "SIZE", "heap of the guest: 64M, 2G (default: the image's)"},
    [PLATFORM] = {"--platform", NULL, "kvm|process",
                  "what to run on (default: kvm where it is usable)"},
    [ENVIRONMENT] = {"--env", NULL, "NAME[=VALUE]",
                     "give the guest an environment variable: this value, or ours"},
    [ADD] = {"--add", NULL, "HOSTPATH:GUESTPATH",
             "with FILE.erl: put a file or a folder into its tree"},
    [OTP] = {"--otp", NULL, "DIR", "with FILE.erl: take OTP from here (also: MOTE_OTP)"},
    [STATS] = {"--stats", NULL, NULL, "say at the end what it took, on standard error"},
    [DEBUG] = {"--debug", NULL, NULL, "no sandbox around the monitor: for gdb and perf"},
    [DETACH] = {"--detach", "-d", NULL,
                "in the background: prints the mote's name, see `mote logs`"},
    [NAME] = {"--name", NULL, "NAME", "what `mote ps`, `logs`, `stop` and `kill` call it"},
    [COLD] = {"--cold", NULL, NULL, "boot the image, without its snapshot"},
    MOUNT_OPTIONS(OPTION_ROW) INSTANCE_OPTIONS(OPTION_ROW) NODE_OPTIONS(OPTION_ROW)
        NETWORK_OPTIONS(NETWORK_ROW){0},
};

const char run_details[] =
    "The console is on standard input and output. Ctrl-C asks the guest to stop as init:stop/0\n"
    "does, a second one ends it. What follows -- is what init:get_plain_arguments/0 returns.\n"
    "\n"
    "A FILE.erl is compiled with the host's erlc and sees all of OTP; its main/0, main/1 (with\n"
    "the list of arguments) or start/0 is called, and the mote ends when that returns. Of the\n"
    "environment, a guest gets TERM, LANG, LC_ALL, LC_CTYPE and TZ, and what --env says.\n"
    "\n"
    "With --node it is a node of Erlang's distribution, which answers on its own ports 4369 (the\n"
    "port mapper) and 4370. With a name, too (--name or -d), `mote attach` opens a shell in it:\n"
    "behind an interface in user mode a free port of the host's loopback is forwarded for that.\n";

struct request {
    struct launch launch;
    const char *path, *otp, *name;
    bool detach, cold;
    struct node node;
    struct instances instances;
    struct names adds, arguments;
};

static void add_environment(struct launch *l, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals)
        launch_environment(l, memory_text(text, (size_t)(equals - text)), equals + 1);
    else
        launch_inherit(l, text);
}

static int read_request(const struct command *self, int argc, char **argv, struct request *r,
                        struct error *e)
{
    static const char *const inherited[] = {"TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ"};
    struct arguments a = {argv, argv + argc, self};
    struct launch *l = &r->launch;
    const char *value;
    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++)
        launch_inherit(l, inherited[i]);
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        switch (option) {
        case ARGUMENT_BAD: return -1;
        case MEMORY:
            if (monitor_parse_memory(value, &l->options.memory_bytes, e) < 0) return -1;
            continue;
        case PLATFORM:
            if (launch_set_platform(l, value, e) < 0) return -1;
            continue;
        case ENVIRONMENT: add_environment(l, value); continue;
        case ADD: names_append(&r->adds, value); continue;
        case OTP: r->otp = value; continue;
        case DETACH: r->detach = true; continue;
        case NAME: r->name = value; continue;
        case NODE:
            if (node_set_name(&r->node, value, e) < 0) return -1;
            continue;
        case COOKIE:
            if (node_set_cookie(&r->node, value, e) < 0) return -1;
            continue;
        case COLD: r->cold = true; continue;
        case INSTANCES:
            if (instances_allow(&r->instances, value, e) < 0) return -1;
            continue;
        case INSTANCE_IMAGE:
            if (instances_add_image(&r->instances, value, e) < 0) return -1;
            continue;
        case MOUNT:
            if (mounts_add(l, value, e) < 0) return -1;
            continue;
        case TMP:
            if (mounts_limit_tmp(l, value, e) < 0) return -1;
            continue;
        case STATS: l->options.stats = true; continue;
        case DEBUG: l->options.no_sandbox = l->options.keep_privileges = true; continue;
        case ARGUMENT_REST:
            while (a.at < a.end) names_append(&r->arguments, *a.at++);
            continue;
        case ARGUMENT_OPERAND:
            if (r->path)
                return fail(e, 0, "what is %s? arguments for the guest stand behind --", value);
            r->path = value;
            continue;
        default:
            if (network_option(&l->network, (enum network_option)(option - NETWORK), value, e) < 0)
                return -1;
        }
    }
    if (r->instances.images.n && !r->instances.allowed)
        return fail(e, 0, "--instance-image needs --allow-instances");
    return r->path ? 0 : fail(e, 0, "what is to be run? give an image or an .erl file");
}

/* --- an image ------------------------------------------------------------------------------------ */

static int prepare_image(struct request *r, struct error *e)
{
    if (r->adds.n) return fail(e, 0, "--add: an image is complete; add it when you build");
    int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(e, errno, "cannot open %s", r->path);
    if (image_launch(&r->launch, fd, r->path, r->cold, e) < 0) return -1;
    return r->launch.is_copy && !r->cold ? node_keep(&r->node, &r->launch, r->path, e) : 0;
}

/* --- a source file --------------------------------------------------------------------------------- */

static int add_module(const struct request *r, const struct otp *otp, struct tree *t,
                      const char **module, struct error *e)
{
    struct names sources = {0};
    struct bytes file;
    struct stat status;
    names_append(&sources, r->path);
    const char *folder = compile_sources(otp, &sources, true, e);
    if (!folder) return -1;
    const char *name = path_name(r->path);
    const char *beam = memory_print("%s/%.*s.beam", folder, (int)strlen(name) - 4, name);
    if (file_read(beam, TREE_FILE_MOST, &file, &status, e) < 0) return -1;
    if (!(*module = beam_module(file, beam, e))) return -1;
    if (!beam_exports(file, "main", 0) && !beam_exports(file, "main", 1) &&
        !beam_exports(file, "start", 0))
        return fail(e, 0, "%s exports neither main/0, main/1 nor start/0", r->path);
    return tree_add_file(t, TREE_GIVEN, memory_print("/app/ebin/%s.beam", *module), file, 0444,
                         status.st_mtime, r->path, e);
}

static int prepare_source(struct request *r, struct error *e)
{
    struct launch *l = &r->launch;
    struct tree t = {0};
    struct otp otp;
    struct flags f = {0};
    const char *module;
    if (otp_find(r->otp, &otp, e) < 0 || add_module(r, &otp, &t, &module, e) < 0) return -1;
    for (size_t i = 0; i < r->adds.n; i++)
        if (tree_add_option(&t, r->adds.at[i], e) < 0) return -1;
    if (launch_use_own_runtime(l, e) < 0 || launch_use_otp(l, &otp, &t, e) < 0) return -1;

    const char *const init[] = {"-boot",     memory_print("%s/bin/start_clean", otp.root),
                                "-noshell",  "-pa",
                                "/app/ebin", "-run",
                                "mote_main", "boot",
                                "script",    module,
                                "-extra"};
    for (size_t i = 0; i < sizeof init / sizeof *init; i++) names_append(&f.init, init[i]);
    flags_build(&f, otp.root, otp.bindir, "/", &l->argv);
    launch_environment(l, "ROOTDIR", otp.root);
    launch_environment(l, "BINDIR", otp.bindir);
    return 0;
}

/* Nothing is forked before it runs, so that the machine can be made while we read the image. */
static bool is_plain(const struct request *r)
{
    const struct monitor_options *o = &r->launch.options;
    bool kvm = !r->launch.platform_given || o->platform == MONITOR_KVM;
    bool image = !text_ends_with(r->path, ".erl");
    return kvm && image && !r->detach && !r->name && !r->instances.allowed && !o->mounts_n;
}

int cmd_run(const struct command *self, int argc, char **argv, struct error *e)
{
    struct request r = {0};
    if (read_request(self, argc, argv, &r, e) < 0) return COMMAND_MISUSED;
    if (is_plain(&r)) monitor_kvm_begin(launch_cache());
    int result = text_ends_with(r.path, ".erl") ? prepare_source(&r, e) : prepare_image(&r, e);
    if (result < 0) return COMMAND_FAILED;
    if (needs_meet(&r.launch.needs, &r.launch, e) < 0) return COMMAND_MISUSED;
    launch_usual_environment(&r.launch);
    for (size_t i = 0; i < r.arguments.n; i++) launch_argument(&r.launch, r.arguments.at[i]);
    if (node_prepare(&r.node, &r.launch, r.detach || r.name, e) < 0) return COMMAND_MISUSED;
    if (instances_prepare(&r.instances, &r.launch, e) < 0) return COMMAND_FAILED;
    if (r.detach || r.name)
        return detach_run(&r.launch, &r.node, r.detach, r.name, path_normal(NULL, r.path), e);
    return launch_run(&r.launch, e);
}
