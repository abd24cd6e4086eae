/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_build.c -- `mote build`: from paths on the host to one image.
 *
 * The guest's tree:
 *
 *   /otp/bin, /otp/releases    boot scripts, release data
 *   /otp/erts/ebin             the modules that are loaded before any Erlang runs
 *   /otp/lib/APP-VSN           OTP's applications, and Mote's own
 *   /app/lib/APP-VSN           all other applications
 *   /app/ebin                  modules that belong to no application
 *   /app/sys.config            of a release
 *   /app/consolidated          Elixir's protocols, as the release's mix put them together
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/image_read.h"
#include "cli/beam.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/files.h"
#include "cli/flags.h"
#include "cli/image_launch.h"
#include "cli/image_write.h"
#include "cli/inputs.h"
#include "cli/nif.h"
#include "cli/version.h"
#include "monitor/monitor.h"

#define GUEST_ROOT "/otp"

enum { OUTPUT, MAIN, APP, ADD, NIF, OTP, KEEP_DEBUG, MEMORY, NO_SNAPSHOT, CHECKPOINT };

const struct option build_options[] = {
    [OUTPUT] = {"--output", "-o", "IMAGE", "the image to write"},
    [MAIN] = {"--main", NULL, "MODULE:FUNCTION",
              "call this after the boot, and end when it returns; the\n"
              "function takes no argument, or the list of the user's"},
    [APP] = {"--app", NULL, "NAME", "start this application; may be given more than once"},
    [ADD] = {"--add", NULL, "HOSTPATH:GUESTPATH", "put a file or a folder into the image's tree"},
    [NIF] = {"--nif", NULL, "[NAME=]PATH",
             "compile the C and C++ files of a NIF library (a folder, or a\n"
             "file) into the image; may be given more than once"},
    [OTP] = {"--otp", NULL, "DIR", "take OTP's libraries from here (also: MOTE_OTP)"},
    [KEEP_DEBUG] = {"--keep-debug", NULL, NULL, "keep debug information and documentation"},
    [MEMORY] = {"--memory", "-m", "SIZE", "heap of the guest unless `mote run -m` says otherwise"},
    [NO_SNAPSHOT] = {"--no-snapshot", NULL, NULL,
                     "each start boots, instead of going on from a boot that is in the image"},
    [CHECKPOINT] = {"--checkpoint", NULL, NULL,
                    "each start goes on where the application calls\n"
                    "instance:checkpoint/0, instead of before it is started"},
    {0},
};

const char build_details[] =
    "A PATH is an .erl file, a .beam file, an OTP application (a folder with ebin/NAME.app), a\n"
    "release made by rebar3 or mix, or a folder of any of these. The image gets what was given\n"
    "and, of everything else, only the applications that it needs.\n"
    "\n"
    "Without --main and --app, a release starts what its .rel file says, applications are\n"
    "started, and of loose modules the first one that exports main/0, main/1 or start/0 is\n"
    "called.\n"
    "\n"
    "What an application needs may stand in its NAME.app, in {env, [{mote, Needs}]}: {memory, "
    "Size},\n"
    "{network, none} or {network, any}, {mounts, [\"/data\", \"/etc/app:ro\"]}; `mote run` holds "
    "it\n"
    "against what it is given.\n"
    "\n"
    "--nif takes a folder as rebar.config's port_specs, a file mote.nif or a folder c_src in it\n"
    "say, else with all C and C++ files in it; gcc compiles them (also: CC, CXX). load_nif/2 "
    "finds\n"
    "a library by the last part of its path: NAME, or the target's, the folder's or the file's.\n"
    "\n"
    "Equal input makes equal bytes. SOURCE_DATE_EPOCH cuts off later file times.\n";

struct build {
    const char *output, *main, *otp_given;
    struct names adds, apps, paths;
    struct nifs nifs;
    bool keep_debug, no_snapshot, checkpoint;
    uint64_t memory_bytes;

    struct otp otp;
    struct inputs inputs;
    struct names imported; /* modules that loose modules call */
    struct names called;   /* applications, not of OTP, that loose modules call into */
    struct app **chosen;
    size_t chosen_count;
    const char *main_module, *main_function;
    const char *script; /* the module whose main is to be found at start */
    struct needs needs;
    struct tree tree;
};

static enum otp_files kept_files(const struct build *b)
{
    return b->keep_debug ? OTP_ALL : OTP_TO_RUN;
}

/* --- arguments ---------------------------------------------------------------------------------- */

static int read_request(const struct command *self, int argc, char **argv, struct build *b,
                        struct error *e)
{
    struct arguments a = {argv, argv + argc, self};
    const char *value;
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        switch (option) {
        case ARGUMENT_BAD: return -1;
        case OUTPUT: b->output = value; continue;
        case MAIN: b->main = value; continue;
        case APP: names_add(&b->apps, value); continue;
        case ADD: names_append(&b->adds, value); continue;
        case NIF:
            if (nifs_add(&b->nifs, value, e) < 0) return -1;
            continue;
        case OTP: b->otp_given = value; continue;
        case KEEP_DEBUG: b->keep_debug = true; continue;
        case NO_SNAPSHOT: b->no_snapshot = true; continue;
        case CHECKPOINT: b->checkpoint = true; continue;
        case MEMORY:
            if (monitor_parse_memory(value, &b->memory_bytes, e) < 0) return -1;
            continue;
        case ARGUMENT_OPERAND: names_append(&b->paths, value); continue;
        default: return fail(e, 0, "-- has no meaning here");
        }
    }
    if (!b->paths.n) return fail(e, 0, "what is to be built? give a PATH");
    if (!b->output) return fail(e, 0, "where to? give -o IMAGE");
    if (b->checkpoint && b->no_snapshot)
        return fail(e, 0, "--checkpoint and --no-snapshot: which one?");
    if (!b->main) return 0;
    const char *colon = strrchr(b->main, ':');
    if (!colon || colon == b->main || !colon[1])
        return fail(e, 0, "--main %s: wanted is MODULE:FUNCTION, as in --main hello:start",
                    b->main);
    b->main_module = memory_text(b->main, (size_t)(colon - b->main));
    b->main_function = colon + 1;
    return 0;
}

/* --- loose modules --------------------------------------------------------------------------------- */

static bool has_main(struct bytes file)
{
    return beam_exports(file, "main", 0) || beam_exports(file, "main", 1) ||
           beam_exports(file, "start", 0);
}

/* A loose module that calls into an application wants it, though no .app file says so. */
static void want_application(void *context, const char *module)
{
    struct build *b = context;
    const struct library *l = &b->inputs.library;
    if (names_have(&b->imported, module)) return;
    names_append(&b->imported, module);
    for (size_t i = 0; i < l->n; i++) {
        const char *folder = l->apps[i]->folder;
        if (path_is_file(memory_print("%s/ebin/%s.beam", folder, module))) {
            if (strcmp(l->apps[i]->name, "erts") == 0) return;
            names_add(&b->inputs.roots, l->apps[i]->name);
            if (!l->apps[i]->from_otp) names_add(&b->called, l->apps[i]->name);
            return;
        }
    }
}

static int add_module(struct build *b, const char *path, int64_t modified_s, struct error *e)
{
    struct bytes file;
    struct stat status;
    if (file_read(path, TREE_FILE_MOST, &file, &status, e) < 0) return -1;
    const char *module = beam_module(file, path, e);
    if (!module) return -1;
    if (!b->script && has_main(file)) b->script = module;
    beam_imports(file, want_application, b);
    if (!b->keep_debug && beam_strip(file, path, &file, e) < 0) return -1;
    return tree_add_file(&b->tree, TREE_GIVEN, memory_print("/app/ebin/%s.beam", module), file,
                         0444, modified_s ? modified_s : status.st_mtime, path, e);
}

static int add_sources(struct build *b, struct error *e)
{
    const struct names *sources = &b->inputs.sources;
    if (!sources->n) return 0;
    const char *folder = compile_sources(&b->otp, sources, b->keep_debug, e);
    if (!folder) return -1;
    for (size_t i = 0; i < sources->n; i++) {
        const char *name = path_name(sources->at[i]);
        struct stat status;
        if (stat(sources->at[i], &status) < 0) status.st_mtime = 0;
        if (add_module(b, memory_print("%s/%.*s.beam", folder, (int)strlen(name) - 4, name),
                       status.st_mtime ? status.st_mtime : 1, e) < 0)
            return -1;
    }
    return 0;
}

/* --- what is started ------------------------------------------------------------------------------- */

static int check_main(const struct build *b, struct error *e)
{
    for (size_t i = 0; i < b->tree.count; i++) {
        const struct tree_node *node = &b->tree.nodes[i];
        const char *name = memory_print("/%s.beam", b->main_module);
        if (node->kind != ARCHIVE_FILE || !text_ends_with(node->path, name)) continue;
        if (beam_exports(node->content, b->main_function, 0) ||
            beam_exports(node->content, b->main_function, 1))
            return 0;
        return fail(e, 0, "--main %s: %s exports neither %s/0 nor %s/1", b->main, node->origin,
                    b->main_function, b->main_function);
    }
    return fail(e, 0, "--main %s: there is no module %s in the image", b->main, b->main_module);
}

/* An application that was given is started, unless --main is all that is to be run.  One that
 * loose modules merely call into must run before they do: Elixir's own is the usual case.
 * (Those of OTP are started by who needs them, as always.) */
static bool is_started(const struct build *b, const struct app *a)
{
    if (a->from_otp || !a->has_module) return false;
    if (names_have(&b->called, a->name)) return true;
    return !b->main && names_have(&b->inputs.roots, a->name);
}

/* Fills in the list of starts when --app or the inputs say what it is. */
static int choose_starts(struct build *b, struct error *e)
{
    struct inputs *in = &b->inputs;
    if (b->main && check_main(b, e) < 0) return -1;
    if (in->has_release && !b->apps.n) {
        b->script = NULL;
        return 0;
    }
    struct start *starts = memory_take((b->apps.n + b->chosen_count + 1) * sizeof *starts);
    size_t n = 0;
    bool given = b->apps.n > 0; /* something is started for its own sake */
    for (size_t i = 0; i < b->chosen_count; i++) {
        const struct app *a = b->chosen[i];
        bool called = names_have(&b->called, a->name);
        if (!is_started(b, a) || (b->apps.n && !called)) continue;
        starts[n++] = (struct start){a->name, "permanent"};
        given = given || !called;
    }
    for (size_t i = 0; i < b->apps.n; i++) starts[n++] = (struct start){b->apps.at[i], "permanent"};
    in->starts = starts;
    in->start_count = n;
    if (given) b->script = NULL;
    if (b->main || given || b->script) return 0;
    return fail(e, 0,
                "nothing would be started: no module exports main/0, main/1 or start/0; "
                "say what to call with --main MODULE:FUNCTION, or --app NAME");
}

/* --- the tree --------------------------------------------------------------------------------------- */

static const char *guest_folder(const struct app *a)
{
    if (a->from_otp) return memory_print("%s/lib/%s", GUEST_ROOT, path_name(a->folder));
    if (!*a->version) return memory_print("/app/lib/%s", a->name);
    return memory_print("/app/lib/%s-%s", a->name, a->version);
}

static int add_applications(struct build *b, struct error *e)
{
    struct names roots = {0};
    names_add(&roots, "kernel");
    names_add(&roots, "stdlib");
    for (size_t i = 0; i < b->inputs.roots.n; i++) names_add(&roots, b->inputs.roots.at[i]);
    for (size_t i = 0; i < b->apps.n; i++) names_add(&roots, b->apps.at[i]);
    if (library_closure(&b->inputs.library, &roots, &b->chosen, &b->chosen_count, e) < 0) return -1;
    for (size_t i = 0; i < b->chosen_count; i++)
        if (otp_add_app(b->chosen[i], &b->tree, guest_folder(b->chosen[i]), kept_files(b), e) < 0)
            return -1;
    return 0;
}

/* What the applications of this image say that they need; those of OTP say nothing. */
static int read_needs(struct build *b, struct error *e)
{
    for (size_t i = 0; i < b->chosen_count; i++) {
        const struct app *a = b->chosen[i];
        const char *path = memory_print("%s/ebin/%s.app", a->folder, a->name);
        if (!a->from_otp && needs_add(&b->needs, a->mote, path, e) < 0) return -1;
    }
    return 0;
}

static int collect(struct build *b, struct error *e)
{
    struct inputs *in = &b->inputs;
    if (otp_find(b->otp_given, &b->otp, e) < 0) return -1;
    for (size_t i = 0; i < b->paths.n; i++)
        if (inputs_add(in, b->paths.at[i], e) < 0) return -1;
    if (inputs_finish(in, &b->otp, e) < 0) return -1;

    if (add_sources(b, e) < 0) return -1;
    for (size_t i = 0; i < in->beams.n; i++)
        if (add_module(b, in->beams.at[i], 0, e) < 0) return -1;
    if (otp_add_system(&b->otp, &b->tree, GUEST_ROOT, kept_files(b), e) < 0) return -1;
    if (add_applications(b, e) < 0 || read_needs(b, e) < 0) return -1;
    if (in->config && tree_add_from_host(&b->tree, in->config, "/app/sys.config", e) < 0) return -1;
    if (in->consolidated &&
        otp_add_ebin(&b->tree, in->consolidated, "/app/consolidated", kept_files(b), e) < 0)
        return -1;
    for (size_t i = 0; i < b->adds.n; i++)
        if (tree_add_option(&b->tree, b->adds.at[i], e) < 0) return -1;
    if (otp_add_own_modules(&b->otp, &b->tree, GUEST_ROOT, e) < 0) return -1;
    return choose_starts(b, e);
}

/* --- the manifest ------------------------------------------------------------------------------------- */

static void list_code_path(const struct build *b, struct names *init)
{
    size_t before = init->n;
    names_append(init, "-pa");
    if (tree_find(&b->tree, "/app/consolidated")) names_append(init, "/app/consolidated");
    if (tree_find(&b->tree, "/app/ebin")) names_append(init, "/app/ebin");
    for (size_t i = b->chosen_count; i-- > 0;) /* the given ones before what they need */
        if (!b->chosen[i]->from_otp)
            names_append(init, memory_print("%s/ebin", guest_folder(b->chosen[i])));
    if (init->n == before + 1) init->n = before;
}

static void list_arguments(const struct build *b, struct flags *f)
{
    const struct inputs *in = &b->inputs;
    struct names *init = &f->init;
    names_append(init, "-boot");
    names_append(init, GUEST_ROOT "/bin/start_clean");
    names_append(init, "-noshell");
    list_code_path(b, init);
    if (in->config) {
        names_append(init, "-config");
        names_append(init, "/app/sys");
    }
    for (size_t i = 0; i < in->release_flags.n; i++) names_append(init, in->release_flags.at[i]);
    names_append(init, "-run");
    names_append(init, "mote_main");
    names_append(init, "boot");
    if (b->checkpoint) names_append(init, "checkpoint");
    for (size_t i = 0; i < in->start_count; i++) {
        names_append(init, "start");
        names_append(init, in->starts[i].name);
        names_append(init, in->starts[i].type);
    }
    if (b->main) {
        names_append(init, "main");
        names_append(init, b->main_module);
        names_append(init, b->main_function);
    } else if (b->script) {
        names_append(init, "script");
        names_append(init, b->script);
    }
    names_append(init, "-extra"); /* the user's arguments follow */
}

static void write_needs(const struct build *b, struct buffer *out)
{
    uint64_t memory = b->memory_bytes         ? b->memory_bytes
                      : b->needs.memory_bytes ? b->needs.memory_bytes
                                              : MONITOR_MEMORY_DEFAULT;
    const char *network = needs_network_text(b->needs.network);
    manifest_add(out, IMAGE_KEY_MEMORY, memory_print("%llu", (unsigned long long)memory));
    if (network) manifest_add(out, IMAGE_KEY_NETWORK, network);
    for (size_t i = 0; i < b->needs.mounts.n; i++)
        manifest_add(out, IMAGE_KEY_MOUNT, b->needs.mounts.at[i]);
}

static void write_manifest(const struct build *b, struct buffer *out)
{
    manifest_add(out, IMAGE_KEY_IMAGE, memory_print("%u", IMAGE_VERSION));
    manifest_add(out, IMAGE_KEY_MOTE, MOTE_VERSION);
    manifest_add(out, IMAGE_KEY_OTP, b->otp.version);
    if (b->main) manifest_add(out, IMAGE_KEY_MAIN, b->main);
    for (size_t i = 0; i < b->inputs.start_count; i++) {
        const struct start *s = &b->inputs.starts[i];
        manifest_add(out, IMAGE_KEY_START, memory_print("%s %s", s->name, s->type));
    }
    for (size_t i = 0; i < b->chosen_count; i++)
        manifest_add(out, IMAGE_KEY_APPLICATION,
                     memory_print("%s %s", b->chosen[i]->name, b->chosen[i]->version));
    for (size_t i = 0; i < b->nifs.n; i++) {
        const struct nif_library *l = &b->nifs.at[i];
        manifest_add(out, IMAGE_KEY_NIF, memory_print("%s (%zu sources)", l->name, l->sources.n));
    }
    write_needs(b, out);
    struct flags f = {0};
    struct names argv = {0};
    list_arguments(b, &f);
    flags_build(&f, GUEST_ROOT, GUEST_ROOT "/erts/bin", "/", &argv);
    for (size_t i = 0; i < argv.n; i++) manifest_add(out, IMAGE_KEY_ARGUMENT, argv.at[i]);
}

/* What the clock shows in the boot at build time: always the same, as equal input makes equal bytes. */
#define SNAPSHOT_TIME_S INT64_C(1577836800) /* 2020-01-01 */

/* The image without a snapshot first, which is what is booted for it. */
static int write_image(struct build *b, struct bytes runtime, struct bytes manifest,
                       struct buffer *out, struct error *e)
{
    struct buffer bare = {0}, snapshot = {0};
    if (image_write(runtime, manifest, &b->tree, (struct bytes){0}, &bare, e) < 0) return -1;
    if (!b->no_snapshot &&
        snapshot_make((struct bytes){bare.at, bare.n}, SNAPSHOT_TIME_S, &snapshot, e) < 0) {
        fprintf(stderr, "mote build: the image has no snapshot, and boots at each start: %s\n",
                e->text);
        *e = (struct error){0};
    }
    buffer_drop(&bare);
    int result =
        image_write(runtime, manifest, &b->tree, (struct bytes){snapshot.at, snapshot.n}, out, e);
    buffer_drop(&snapshot);
    return result;
}

int cmd_build(const struct command *self, int argc, char **argv, struct error *e)
{
    struct build b = {0};
    struct buffer manifest = {0}, image = {0};
    if (read_request(self, argc, argv, &b, e) < 0) return COMMAND_MISUSED;
    if (collect(&b, e) < 0) return COMMAND_FAILED;
    write_manifest(&b, &manifest);
    struct bytes runtime = {embedded_runtime, (size_t)(embedded_runtime_end - embedded_runtime)};
    if (b.nifs.n && nifs_link(&b.nifs, &runtime, e) < 0) return COMMAND_FAILED;
    if (write_image(&b, runtime, (struct bytes){manifest.at, manifest.n}, &image, e) < 0)
        return COMMAND_FAILED;
    int result = file_replace(b.output, image.at, image.n, 0644, e);
    buffer_drop(&manifest);
    buffer_drop(&image);
    return result < 0 ? COMMAND_FAILED : 0;
}
