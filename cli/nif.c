/* SPDX-License-Identifier: Apache-2.0 */
/* nif.c -- which C and C++ files make up a native library.
 *
 * Of a folder, from the first of these that says so:
 *
 *   mote.nif                a file of lines: `name NAME`, `sources PATTERN ...`, `cflags FLAG ...`,
 *                           `cxxflags FLAG ...`; paths and -I are relative to the folder
 *   rebar.config            its port_specs: a library for each target, of the sources it lists
 *   c_src, or the folder    every C and C++ file in it and in its folders
 */
#include <errno.h>
#include <glob.h>
#include <string.h>

#include "cli/files.h"
#include "cli/memory.h"
#include "cli/nif.h"
#include "cli/term_text.h"

#define CONFIG_MOST (UINT64_C(1) << 20)

static bool is_source(const char *path)
{
    static const char *const ends[] = {".c", ".cc", ".cpp", ".cxx", ".C"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (text_ends_with(path, ends[i])) return true;
    return false;
}

static struct nif_library *new_library(struct nifs *nifs, const char *name, const char *folder)
{
    nifs->at = memory_grow(nifs->at, nifs->n, &nifs->room, sizeof *nifs->at);
    struct nif_library *l = &nifs->at[nifs->n++];
    *l = (struct nif_library){.name = name, .folder = folder};
    return l;
}

/* --- patterns --------------------------------------------------------------------------------- */

/* Files in the folder that match, in order.  A pattern that nothing matches is an error. */
static int add_pattern(struct nif_library *l, const char *pattern, const char *where,
                       struct error *e)
{
    glob_t found = {0};
    const char *path = memory_print("%s/%s", l->folder, pattern);
    int result = glob(path, 0, NULL, &found);
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
        names_append(&l->sources, memory_text(found.gl_pathv[i], strlen(found.gl_pathv[i])));
    globfree(&found);
    return result ? fail(e, 0, "%s: there is no file %s", where, path) : 0;
}

/* --- mote.nif ------------------------------------------------------------------------------------ */

static const char *next_word(const char **at)
{
    *at += strspn(*at, " \t\r");
    size_t n = strcspn(*at, " \t\r");
    if (!n) return NULL;
    const char *word = memory_text(*at, n);
    *at += n;
    return word;
}

static void add_flag(struct names *flags, const char *folder, const char *word)
{
    bool relative = strncmp(word, "-I", 2) == 0 && word[2] && word[2] != '/';
    names_append(flags, relative ? memory_print("-I%s/%s", folder, word + 2) : word);
}

static int read_line(struct nif_library *l, const char *line, const char *where, struct error *e)
{
    const char *word = next_word(&line), *value;
    if (!word || *word == '#') return 0;
    if (strcmp(word, "name") == 0) {
        value = next_word(&line);
        if (!value) return fail(e, 0, "%s: name wants a name behind it", where);
        l->name = value;
        return 0;
    }
    while ((value = next_word(&line))) {
        if (strcmp(word, "sources") == 0) {
            if (add_pattern(l, value, where, e) < 0) return -1;
        } else if (strcmp(word, "cflags") == 0) {
            add_flag(&l->c_flags, l->folder, value);
        } else if (strcmp(word, "cxxflags") == 0) {
            add_flag(&l->cxx_flags, l->folder, value);
        } else {
            return fail(e, 0, "%s: there is no %s; there are name, sources, cflags, cxxflags",
                        where, word);
        }
    }
    return 0;
}

static int read_own_config(struct nif_library *l, const char *path, struct error *e)
{
    struct bytes file;
    if (file_read(path, CONFIG_MOST, &file, NULL, e) < 0) return -1;
    const char *at = memory_text((const char *)file.at, file.n);
    for (unsigned number = 1; *at; number++) {
        size_t n = strcspn(at, "\n");
        const char *where = memory_print("%s, line %u", path, number);
        if (read_line(l, memory_text(at, n), where, e) < 0) return -1;
        at += n + (at[n] == '\n');
    }
    return 0;
}

/* --- rebar.config ------------------------------------------------------------------------------------ */

/* {"priv/NAME.so", [Source, ...]}, maybe with an architecture before or options behind. */
static int add_port_spec(struct nifs *nifs, const char *folder, const char *path,
                         const struct text_term *spec, struct error *e)
{
    const struct text_term *target = NULL, *sources = NULL;
    for (const struct text_term *t = spec->first; t; t = t->next) {
        if (t->kind == TEXT_STRING && t->next && t->next->kind == TEXT_LIST)
            target = t, sources = t->next;
    }
    if (!target) return 0;
    const char *name = path_name(target->text);
    if (text_ends_with(name, ".so")) name = memory_text(name, strlen(name) - 3);
    struct nif_library *l = new_library(nifs, name, folder);
    for (const struct text_term *t = sources->first; t; t = t->next)
        if (t->kind == TEXT_STRING && add_pattern(l, t->text, path, e) < 0) return -1;
    return 0;
}

/* 1 when it said what there is, 0 when it has no port_specs. */
static int read_rebar_config(struct nifs *nifs, const char *folder, struct error *e)
{
    const char *path = memory_print("%s/rebar.config", folder);
    struct bytes file;
    if (!path_is_file(path)) return 0;
    if (file_read(path, CONFIG_MOST, &file, NULL, e) < 0) return -1;
    const struct text_term *all = text_read_all(file, path, e);
    if (!all) return -1;
    const struct text_term *specs = text_property(all, "port_specs");
    if (!specs || specs->kind != TEXT_LIST) return 0;
    for (const struct text_term *t = specs->first; t; t = t->next)
        if (t->kind == TEXT_TUPLE && add_port_spec(nifs, folder, path, t, e) < 0) return -1;
    return 1;
}

/* --- all files of a folder --------------------------------------------------------------------------------- */

static int add_all(struct nif_library *l, const char *folder, unsigned depth, struct error *e)
{
    enum { DEEPEST = 16 };
    const char *const *names;
    size_t n;
    if (depth > DEEPEST) return fail(e, 0, "%s: folders are nested too deeply", folder);
    if (folder_list(folder, &names, &n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++) {
        const char *path = memory_print("%s/%s", folder, names[i]);
        if (names[i][0] == '.') continue;
        if (path_is_folder(path)) {
            if (add_all(l, path, depth + 1, e) < 0) return -1;
        } else if (is_source(path)) {
            names_append(&l->sources, path);
        }
    }
    return 0;
}

static int add_folder(struct nifs *nifs, const char *name, const char *folder, struct error *e)
{
    const char *config = memory_print("%s/mote.nif", folder);
    size_t before = nifs->n;
    bool is_c_src = strcmp(path_name(folder), "c_src") == 0;
    if (!path_is_file(config)) {
        int result = read_rebar_config(nifs, folder, e);
        if (result < 0) return -1;
        if (result && name && nifs->n > before + 1)
            return fail(e, 0, "%s=%s: there are %zu libraries in it, each with a name of its own",
                        name, folder, nifs->n - before);
        if (result && name && nifs->n > before) nifs->at[before].name = name;
        if (result) return 0;
    }
    const char *own = path_name(path_normal(NULL, is_c_src ? path_parent(folder) : folder));
    struct nif_library *l = new_library(nifs, name ? name : own, folder);
    if (path_is_file(config) && read_own_config(l, config, e) < 0) return -1;
    if (name) l->name = name;
    if (l->sources.n) return 0;
    const char *c_src = memory_print("%s/c_src", folder);
    if (add_all(l, path_is_folder(c_src) ? c_src : folder, 0, e) < 0) return -1;
    return l->sources.n ? 0 : fail(e, 0, "%s: there is no C or C++ file in it", folder);
}

int nifs_add(struct nifs *nifs, const char *option, struct error *e)
{
    const char *equals = strchr(option, '='), *path = equals ? equals + 1 : option;
    const char *name = equals ? memory_text(option, (size_t)(equals - option)) : NULL;
    if (path_is_folder(path)) return add_folder(nifs, name, path, e);
    if (!path_is_file(path)) return fail(e, ENOENT, "--nif %s", path);
    if (!is_source(path)) return fail(e, 0, "--nif %s: not a C or C++ file, nor a folder", path);
    if (!name) {
        const char *file = path_name(path);
        name = memory_text(file, (size_t)(strrchr(file, '.') - file));
    }
    names_append(&new_library(nifs, name, path_parent(path))->sources, path);
    return 0;
}
