/* SPDX-License-Identifier: Apache-2.0 */
/* preload.c -- the modules that are there before there is a code server. */
#include "base/archive.h"
#include "code/code.h"
#include "sched/start.h"
#include "term/release.h"

#define FOLDER "/otp/erts/ebin/"

/* Those of the stock machine without what it needs for dirty schedulers. */
static const char *const preloaded_modules[] = {"atomics",
                                                "counters",
                                                "erl_init",
                                                "erl_prim_loader",
                                                "erl_tracer",
                                                "erlang",
                                                "erts_code_purger",
                                                "erts_internal",
                                                "erts_literal_area_collector",
                                                "init",
                                                "persistent_term",
                                                "prim_buffer",
                                                "prim_eval",
                                                "prim_file",
                                                "prim_inet",
                                                "prim_net",
                                                "prim_socket",
                                                "prim_zip",
                                                "socket_registry",
                                                "zlib",
                                                NULL};

static void say(const char *text) { plat_console_write_error(text, strlen(text)); }

static void give_up(const char *module, const char *why)
{
    say("Cannot start: module ");
    say(module);
    say(": ");
    say(why);
    say("\n");
    plat_exit(1);
}

static void load(const struct archive *files, const char *module)
{
    char path[128] = FOLDER;
    size_t n = sizeof FOLDER - 1, name = strlen(module);
    memcpy(path + n, module, name);
    memcpy(path + n + name, ".beam", 6);
    const struct archive_entry *file = archive_find(files, path, n + name + 5);
    if (!file) give_up(module, "not in the image");
    struct load_error why;
    if (!code_load_preloaded(module, archive_content(files, file), file->bytes, &why))
        give_up(module, why.text);
    /* As in the stock machine, whose stack traces show no lines of these modules. */
    module_find(atom_find(module, name))->current->lines_count = 0;
}

void preload(const struct plat_boot *boot)
{
    struct archive files;
    const char *wrong = archive_check(boot->image, boot->image_bytes, &files);
    if (wrong) give_up("archive", wrong);
    for (const char *const *m = preloaded_modules; *m; m++) load(&files, *m);
    if (otp_release >= 27) load(&files, "erts_trace_cleaner");
}
