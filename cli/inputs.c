/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.c -- tells sources, .beam files, applications and releases apart; see inputs.h.
 *
 * A folder is tried as, in this order:
 *
 *   release       releases/start_erl.data and lib/: what rebar3 and mix make under _build
 *   application   ebin/NAME.app
 *   its ebin      NAME.app
 *   library       lib/NAME/ebin/NAME.app, or NAME/ebin/NAME.app
 *   modules       *.beam, or else *.erl
 */
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "cli/flags.h"
#include "cli/inputs.h"
#include "cli/memory.h"
#include "cli/term_text.h"

#define TEXT_FILE_MOST (UINT64_C(16) << 20)

/* --- releases -------------------------------------------------------------------------------- */

static void add_start(struct inputs *in, const char *name, const char *type)
{
    in->starts = memory_grow(in->starts, in->start_count, &in->start_room, sizeof *in->starts);
    in->starts[in->start_count++] = (struct start){name, type};
}

/* {release, {Name, Vsn}, {erts, Vsn}, [{App, Vsn} | {App, Vsn, Type} | ...]}. */
static int read_rel(struct inputs *in, const char *path, struct error *e)
{
    struct bytes file;
    if (file_read(path, TEXT_FILE_MOST, &file, NULL, e) < 0) return -1;
    const struct text_term *t = text_read(file, path, e);
    if (!t) return -1;
    const struct text_term *list = text_element(t, 3);
    if (t->kind != TEXT_TUPLE || !text_is_atom(text_element(t, 0), "release") || !list ||
        list->kind != TEXT_LIST)
        return fail(e, 0, "%s: wanted is {release, {Name, Version}, {erts, Version}, [...]}.",
                    path);
    static const char *const types[] = {"permanent", "transient", "temporary", "load", "none"};
    for (const struct text_term *row = list->first; row; row = row->next) {
        const struct text_term *name = text_element(row, 0), *third = text_element(row, 2);
        if (!name || name->kind != TEXT_ATOM)
            return fail(e, 0, "%s, line %u: not {Application, Version}", path, row->line);
        const char *type = "permanent";
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (text_is_atom(third, types[i])) type = types[i];
        names_add(&in->roots, name->text);
        if (strcmp(name->text, "kernel") != 0 && strcmp(name->text, "stdlib") != 0)
            add_start(in, name->text, type);
    }
    return 0;
}

/* What init is to read of vm.args: not the emulator's flags, and not what makes a node of
 * the distribution, which the one who runs the image decides. */
static int read_vm_args(struct inputs *in, const char *path, struct error *e)
{
    static const char *const dropped[] = {"-name",  "-sname",   "-setcookie",
                                          "-heart", "-noshell", "-noinput",
                                          "-mode",  "-boot",    "-detached"};
    struct bytes file;
    if (!path_is_file(path)) return 0;
    if (file_read(path, TEXT_FILE_MOST, &file, NULL, e) < 0) return -1;
    for (char *line = (char *)(uintptr_t)file.at; *line;) {
        size_t n = strcspn(line, "\n");
        struct names words = {0};
        const char *text = memory_text(line, n);
        if (text[strspn(text, " \t")] != '#') flags_split(text, &words);
        bool ours = words.n && words.at[0][0] == '-';
        for (size_t i = 0; ours && i < sizeof dropped / sizeof *dropped; i++)
            ours = strcmp(words.at[0], dropped[i]) != 0;
        for (size_t i = 0; ours && i < words.n; i++) names_append(&in->release_flags, words.at[i]);
        line += n + (line[n] != 0);
    }
    return 0;
}

static int read_config(struct inputs *in, const char *path, struct error *e)
{
    struct bytes file;
    if (!path_is_file(path)) return 0;
    if (file_read(path, TEXT_FILE_MOST, &file, NULL, e) < 0) return -1;
    static const char runtime[] = "RUNTIME_CONFIG=true";
    size_t first_line = strcspn((const char *)file.at, "\n");
    if (memmem(file.at, first_line, runtime, strlen(runtime)))
        return fail(e, 0,
                    "%s is only complete once config/runtime.exs has run, which needs a disk to "
                    "write to: make the release without it",
                    path);
    in->config = path;
    return 0;
}

/* The one .rel file of the version that start_erl.data names. */
static const char *find_rel(const char *folder, struct error *e)
{
    const char *const *names;
    size_t n;
    const char *found = NULL;
    if (folder_list(folder, &names, &n, e) < 0) return NULL;
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(names[i], ".rel") && strncmp(names[i], "start_", 6) != 0 &&
            strncmp(names[i], "no_dot_erlang", 13) != 0)
            found = memory_print("%s/%s", folder, names[i]);
    if (!found) fail(e, 0, "%s has no .rel file", folder);
    return found;
}

static int add_release(struct inputs *in, const char *path, struct error *e)
{
    const char *data = memory_print("%s/releases/start_erl.data", path);
    struct bytes file;
    struct names words = {0};
    if (in->has_release) return fail(e, 0, "%s is a second release: one at a time", path);
    in->has_release = true;
    if (file_read(data, TEXT_FILE_MOST, &file, NULL, e) < 0) return -1;
    flags_split((const char *)file.at, &words);
    if (words.n < 2) return fail(e, 0, "%s does not say which version is to be started", data);
    const char *folder = memory_print("%s/releases/%s", path, words.at[1]);
    const char *rel = find_rel(folder, e);
    if (!rel || read_rel(in, rel, e) < 0) return -1;
    if (library_add_folder(&in->library, memory_print("%s/lib", path), false, e) < 0) return -1;
    const char *consolidated = memory_print("%s/consolidated", folder);
    if (path_is_folder(consolidated)) in->consolidated = consolidated;
    if (read_config(in, memory_print("%s/sys.config", folder), e) < 0) return -1;
    return read_vm_args(in, memory_print("%s/vm.args", folder), e);
}

/* --- folders ------------------------------------------------------------------------------------ */

/* Every application of a library is wanted. */
static int add_library(struct inputs *in, const char *path, size_t *found, struct error *e)
{
    struct library here = {0};
    if (library_add_folder(&here, path, false, e) < 0) return -1;
    for (size_t i = 0; i < here.n; i++) {
        names_add(&in->roots, here.apps[i]->name);
        names_add(&in->library.folders, path);
    }
    library_merge(&in->library, &here);
    *found = here.n;
    return 0;
}

static int add_app(struct inputs *in, const char *path, struct error *e)
{
    struct app *a = library_add_app(&in->library, path, e);
    if (!a) return -1;
    names_add(&in->roots, a->name);
    const char *around = path_parent(path_normal(NULL, path));
    if (strcmp(path_name(around), "lib") != 0) return 0;
    return library_add_folder(&in->library, around, false, e);
}

static int add_modules(struct inputs *in, const char *path, struct error *e)
{
    const char *const *names;
    size_t n, before = in->beams.n;
    if (folder_list(path, &names, &n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(names[i], ".beam"))
            names_add(&in->beams, memory_print("%s/%s", path, names[i]));
    if (in->beams.n > before) return 0;
    before = in->sources.n;
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(names[i], ".erl"))
            names_add(&in->sources, memory_print("%s/%s", path, names[i]));
    if (in->sources.n > before) return 0;
    const char *advice = "";
    if (path_is_file(memory_print("%s/rebar.config", path)))
        advice = "; after `rebar3 release` give _build/default/rel/NAME";
    else if (path_is_file(memory_print("%s/mix.exs", path)))
        advice = "; after `mix release` give _build/ENV/rel/NAME";
    return fail(e, 0, "%s is no release, application, library or folder of .beam or .erl files%s",
                path, advice);
}

static int add_folder(struct inputs *in, const char *path, struct error *e)
{
    const char *lib = memory_print("%s/lib", path), *name;
    size_t found = 0;
    if (path_is_folder(lib) && path_is_file(memory_print("%s/releases/start_erl.data", path)))
        return add_release(in, path, e);
    if (app_name_in(path)) return add_app(in, path, e);
    if (strcmp(path_name(path_normal(NULL, path)), "ebin") == 0 &&
        (name = app_name_in(memory_print("%s/..", path))))
        return add_app(in, path_parent(path_normal(NULL, path)), e);
    if (path_is_folder(lib) && add_library(in, lib, &found, e) < 0) return -1;
    if (!found && add_library(in, path, &found, e) < 0) return -1;
    return found ? 0 : add_modules(in, path, e);
}

int inputs_add(struct inputs *in, const char *path, struct error *e)
{
    if (path_is_folder(path)) return add_folder(in, path, e);
    if (access(path, F_OK) < 0) return fail(e, 0, "%s is not there", path);
    if (text_ends_with(path, ".erl"))
        names_add(&in->sources, path);
    else if (text_ends_with(path, ".beam"))
        names_add(&in->beams, path);
    else
        return fail(e, 0,
                    "%s is neither an .erl file, nor a .beam file, nor a folder; --add puts "
                    "other files into an image",
                    path);
    return 0;
}

/* --- completion ----------------------------------------------------------------------------------- */

static int add_erl_libs(struct inputs *in, struct error *e)
{
    const char *list = getenv("ERL_LIBS");
    while (list && *list) {
        size_t n = strcspn(list, ":");
        const char *folder = memory_text(list, n);
        struct library here = {0};
        if (path_is_folder(folder)) {
            if (library_add_folder(&here, folder, false, e) < 0) return -1;
            library_merge(&in->library, &here);
        }
        list += n + (list[n] == ':');
    }
    return 0;
}

static int add_elixir(struct inputs *in, struct error *e)
{
    const char *elixir = path_of_program("elixir");
    if (!elixir || library_find(&in->library, "elixir")) return 0;
    const char *lib = memory_print("%s/lib", path_parent(path_parent(path_real(elixir))));
    struct library here = {0};
    if (!path_is_file(memory_print("%s/elixir/ebin/elixir.app", lib))) return 0;
    if (library_add_folder(&here, lib, false, e) < 0) return -1;
    library_merge(&in->library, &here);
    return 0;
}

/* kernel and stdlib are those that the boot script names, whatever a release brings along. */
static void prefer_base(struct library *l, const struct library *otp)
{
    for (size_t i = 0; i < l->n; i++) {
        const char *name = l->apps[i]->name;
        if (strcmp(name, "kernel") == 0 || strcmp(name, "stdlib") == 0)
            l->apps[i] = library_find(otp, name);
    }
}

int inputs_finish(struct inputs *in, const struct otp *otp, struct error *e)
{
    if (add_erl_libs(in, e) < 0) return -1;
    library_merge(&in->library, &otp->library);
    prefer_base(&in->library, &otp->library);
    return add_elixir(in, e);
}
