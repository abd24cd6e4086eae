/* SPDX-License-Identifier: Apache-2.0 */
/* otp.c -- finds an OTP installation and puts its files into a tree; see otp.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/beam.h"
#include "cli/files.h"
#include "cli/otp.h"
#include "cli/version.h"

#define RELEASE_FIRST 25
#define RELEASE_LAST  29

/* --- find ------------------------------------------------------------------------------------ */

static bool is_root(const char *path)
{
    return path_is_folder(memory_print("%s/lib", path)) &&
           path_is_folder(memory_print("%s/releases", path));
}

/* `dir` itself, or the place below it where `make install` puts OTP. */
static const char *root_at(const char *dir)
{
    const char *inner = memory_print("%s/lib/erlang", dir);
    if (is_root(dir)) return path_normal(NULL, dir);
    return is_root(inner) ? path_normal(NULL, inner) : NULL;
}

/* bin/erl is a script with a line "ROOTDIR=/usr/lib/erlang" in it. */
static const char *root_in_script(const char *script)
{
    struct bytes file;
    struct error ignored;
    if (file_read(script, 1 << 20, &file, NULL, &ignored) < 0 || memchr(file.at, 0, file.n))
        return NULL;
    const char *text = (const char *)file.at; /* file_read() leaves a zero behind it */
    while ((text = strstr(text, "ROOTDIR="))) {
        text += strlen("ROOTDIR=");
        text += *text == '"';
        const char *path = memory_text(text, strcspn(text, "\"\n \t"));
        if (path[0] == '/' && is_root(path)) return path;
    }
    return NULL;
}

static const char *root_of_erl(void)
{
    const char *erl = path_of_program("erl");
    if (!erl) return NULL;
    erl = path_real(erl);
    const char *root = root_in_script(erl);
    return root ? root : root_at(path_parent(path_parent(erl)));
}

static int find_root(const char *given, const char **root, struct error *e)
{
    const char *variable = getenv("MOTE_OTP");
    const char *dir = given ? given : variable && *variable ? variable : NULL;
    if (dir) {
        if ((*root = root_at(dir))) return 0;
        return fail(e, 0, "%s %s is not an Erlang/OTP installation: it has no lib/ and releases/",
                    given ? "--otp" : "MOTE_OTP", dir);
    }
    static const char *const usual[] = {"/usr/lib/erlang", "/usr/local/lib/erlang",
                                        "/usr/lib64/erlang"};
    if ((*root = root_of_erl())) return 0;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if ((*root = root_at(usual[i]))) return 0;
    return fail(e, 0,
                "there is no Erlang/OTP here: install it (on Debian: apt-get install "
                "erlang-base), or say where it is with --otp DIR or MOTE_OTP");
}

static const char *first_word(const char *path, unsigned which)
{
    struct bytes file;
    struct error ignored;
    if (file_read(path, 4096, &file, NULL, &ignored) < 0) return NULL;
    const char *at = (const char *)file.at;
    for (;; which--) {
        at += strspn(at, " \t\r\n");
        size_t n = strcspn(at, " \t\r\n");
        if (n == 0) return NULL;
        if (which == 0) return memory_text(at, n);
        at += n;
    }
}

/* lib/erts-VSN/ebin, or erts-VSN/ebin: the highest version of those that are there. */
static const char *find_preloaded(const char *root)
{
    static const char *const places[] = {"lib", "."};
    for (size_t i = 0; i < 2; i++) {
        const char *const *names, *best = NULL, *where = memory_print("%s/%s", root, places[i]);
        size_t n;
        struct error ignored;
        if (folder_list(where, &names, &n, &ignored) < 0) continue;
        for (size_t j = 0; j < n; j++) {
            const char *ebin = memory_print("%s/%s/ebin", where, names[j]);
            if (strncmp(names[j], "erts-", 5) == 0 &&
                path_is_file(memory_print("%s/erlang.beam", ebin)) &&
                (!best || version_compare(names[j] + 5, best + 5) > 0))
                best = names[j];
        }
        if (best) return memory_print("%s/%s/ebin", where, best);
    }
    return NULL;
}

static const char *find_boot(const struct otp *otp)
{
    const char *in_bin = memory_print("%s/bin/start_clean.boot", otp->root);
    const char *in_release =
        memory_print("%s/releases/%s/start_clean.boot", otp->root, otp->release);
    return path_is_file(in_bin) ? in_bin : path_is_file(in_release) ? in_release : NULL;
}

int otp_find(const char *given, struct otp *out, struct error *e)
{
    struct otp otp = {0};
    if (find_root(given, &otp.root, e) < 0) return -1;
    otp.release = first_word(memory_print("%s/releases/start_erl.data", otp.root), 1);
    if (!otp.release)
        return fail(e, 0, "%s/releases/start_erl.data does not say which release this is",
                    otp.root);
    if (atoi(otp.release) < RELEASE_FIRST || atoi(otp.release) > RELEASE_LAST)
        return fail(e, 0, "%s is OTP %s: Mote runs OTP %d to %d", otp.root, otp.release,
                    RELEASE_FIRST, RELEASE_LAST);
    otp.version = first_word(memory_print("%s/releases/%s/OTP_VERSION", otp.root, otp.release), 0);
    if (!otp.version) otp.version = otp.release;

    static const char advice[] = "install all of it (on Debian: apt-get install erlang-base)";
    if (!(otp.preloaded = find_preloaded(otp.root)))
        return fail(e, 0, "%s has no erts-VERSION/ebin with erlang.beam: %s", otp.root, advice);
    const char *erts = path_name(path_parent(otp.preloaded));
    otp.bindir = memory_print("%s/%s/bin", otp.root, erts);
    if (!(otp.boot = find_boot(&otp)))
        return fail(e, 0, "%s has no bin/start_clean.boot: %s", otp.root, advice);
    if (library_add_folder(&otp.library, memory_print("%s/lib", otp.root), true, e) < 0) return -1;
    static const char *const always[] = {"kernel", "stdlib"};
    for (size_t i = 0; i < 2; i++)
        if (!library_find(&otp.library, always[i]))
            return fail(e, 0, "%s/lib has no application %s: %s", otp.root, always[i], advice);
    *out = otp;
    return 0;
}

/* --- into a tree ------------------------------------------------------------------------------- */

static int add_file(struct tree *t, const char *host, const char *path, struct error *e)
{
    struct bytes content;
    struct stat status;
    if (file_read(host, TREE_FILE_MOST, &content, &status, e) < 0) return -1;
    return tree_add_file(t, TREE_GIVEN, path, content, 0444, status.st_mtime, host, e);
}

static int add_if_there(struct tree *t, const char *host, const char *path, struct error *e)
{
    return path_is_file(host) ? add_file(t, host, path, e) : 0;
}

int otp_add_beam(struct tree *t, enum tree_layer layer, const char *host, const char *path,
                 enum otp_files files, struct error *e)
{
    struct bytes content;
    struct stat status;
    if (file_read(host, TREE_FILE_MOST, &content, &status, e) < 0) return -1;
    if (files == OTP_TO_RUN && beam_strip(content, host, &content, e) < 0) return -1;
    return tree_add_file(t, layer, path, content, 0444, status.st_mtime, host, e);
}

/* .beam and .app files; what else lies in an ebin folder (.appup, .boot) is for tools. */
int otp_add_ebin(struct tree *t, const char *host, const char *path, enum otp_files files,
                 struct error *e)
{
    const char *const *names;
    size_t n;
    if (folder_list(host, &names, &n, e) < 0 || tree_add_folder(t, path, host, e) < 0) return -1;
    for (size_t i = 0; i < n; i++) {
        const char *from = memory_print("%s/%s", host, names[i]);
        const char *to = memory_print("%s/%s", path, names[i]);
        int result = 0;
        if (tree_find(t, to)) continue;
        if (text_ends_with(names[i], ".beam"))
            result = otp_add_beam(t, TREE_GIVEN, from, to, files, e);
        else if (text_ends_with(names[i], ".app") || files >= OTP_ALL)
            result = add_if_there(t, from, to, e);
        if (result < 0) return -1;
    }
    return 0;
}

/* priv/ without what only the host's processor and kernel could run. */
int otp_add_priv(struct tree *t, const char *host, const char *path, struct error *e)
{
    const char *const *names;
    size_t n;
    if (!path_is_folder(host)) return 0;
    if (folder_list(host, &names, &n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++) {
        const char *from = memory_print("%s/%s", host, names[i]);
        const char *to = memory_print("%s/%s", path, names[i]);
        struct bytes content;
        if (tree_find(t, to) && !path_is_folder(from)) continue;
        if (path_is_folder(from)) {
            if (otp_add_priv(t, from, to, e) < 0) return -1;
            continue;
        }
        if (!path_is_file(from)) continue;
        struct stat status;
        if (file_read(from, TREE_FILE_MOST, &content, &status, e) < 0) return -1;
        bool native = content.n >= 4 && memcmp(content.at, "\177ELF", 4) == 0;
        if (!native &&
            tree_add_file(t, TREE_GIVEN, to, content, status.st_mode, status.st_mtime, from, e) < 0)
            return -1;
    }
    return 0;
}

int otp_add_app(const struct app *a, struct tree *t, const char *folder, enum otp_files files,
                struct error *e)
{
    static const char *const more[] = {[OTP_ALL] = "include", [OTP_SOURCES] = "src"};
    if (otp_add_ebin(t, memory_print("%s/ebin", a->folder), memory_print("%s/ebin", folder), files,
                     e) < 0 ||
        otp_add_priv(t, memory_print("%s/priv", a->folder), memory_print("%s/priv", folder), e) < 0)
        return -1;
    for (enum otp_files i = OTP_ALL; i <= files; i++) {
        const char *from = memory_print("%s/%s", a->folder, more[i]);
        if (path_is_folder(from) &&
            tree_add_from_host(t, from, memory_print("%s/%s", folder, more[i]), e) < 0)
            return -1;
    }
    return 0;
}

/* Where a module of ours goes: over OTP's of the same name, or into an application `mote`;
 * NULL when it replaces one of an application that this tree does without. */
static const char *place_for(const struct tree *t, const char *root, const char *module,
                             const struct otp *otp)
{
    const char *path = memory_print("%s/%s.beam", OTP_GUEST_PRELOADED, module);
    if (tree_find(t, path)) return path;
    for (size_t i = 0; i < otp->library.n; i++) {
        const struct app *a = otp->library.apps[i];
        if (!path_is_file(memory_print("%s/ebin/%s.beam", a->folder, module))) continue;
        path = memory_print("%s/lib/%s/ebin/%s.beam", root, path_name(a->folder), module);
        return tree_find(t, path) ? path : NULL;
    }
    return memory_print("%s/lib/mote-%s/ebin/%s.beam", root, MOTE_VERSION, module);
}

/* They are as old as the boot script of OTP, so that the time of our own build does not show
 * in images. */
int otp_add_own_modules(const struct otp *otp, struct tree *t, const char *root, struct error *e)
{
    struct stat status;
    if (stat(otp->boot, &status) < 0) return fail(e, errno, "cannot look at %s", otp->boot);
    struct buffer modules = {0};
    for (const struct embedded_module *m = embedded_modules; m->name; m++) {
        struct bytes content = {m->bytes, (size_t)(m->end - m->bytes)};
        const char *path = place_for(t, root, m->name, otp);
        if (!path) continue;
        if (tree_add_file(t, TREE_OURS, path, content, 0444, status.st_mtime,
                          memory_print("Mote's own module %s", m->name), e) < 0)
            return -1;
        if (strstr(path, "/lib/mote-"))
            buffer_add_text(&modules, memory_print("%s%s", modules.n ? ", " : "", m->name));
    }
    buffer_add(&modules, "", 1);
    const char *app = memory_print("{application, mote,\n [{description, \"Mote's own modules\"},\n"
                                   "  {vsn, \"%s\"},\n  {modules, [%s]},\n  {registered, []},\n"
                                   "  {applications, [kernel, stdlib]}]}.\n",
                                   MOTE_VERSION, (const char *)modules.at);
    buffer_drop(&modules);
    struct bytes content = {(const uint8_t *)app, strlen(app)};
    return tree_add_file(t, TREE_OURS,
                         memory_print("%s/lib/mote-%s/ebin/mote.app", root, MOTE_VERSION), content,
                         0444, status.st_mtime, "Mote's own mote.app", e);
}

/* Every boot script of bin/, for `erl -boot start_sasl` and the like. */
static int add_boot_scripts(const struct otp *otp, struct tree *t, const char *root,
                            struct error *e)
{
    const char *const *names, *bin = memory_print("%s/bin", otp->root);
    size_t n;
    if (folder_list(bin, &names, &n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++) {
        const char *path = memory_print("%s/bin/%s", root, names[i]);
        if (text_ends_with(names[i], ".boot") && !tree_find(t, path) &&
            add_if_there(t, memory_print("%s/%s", bin, names[i]), path, e) < 0)
            return -1;
    }
    return 0;
}

/* Which release this is, for the machine; as old as the boot script, as all that is ours. */
static int add_release(const struct otp *otp, struct tree *t, struct error *e)
{
    struct stat status;
    if (stat(otp->boot, &status) < 0) return fail(e, errno, "cannot look at %s", otp->boot);
    const char *erts = path_name(path_parent(otp->preloaded));
    const char *text = memory_print("%s %s\n", otp->release, erts + strlen("erts-"));
    struct bytes content = {(const uint8_t *)text, strlen(text)};
    return tree_add_file(t, TREE_OURS, OTP_GUEST_RELEASE, content, 0444, status.st_mtime,
                         "the release of OTP", e);
}

int otp_add_system(const struct otp *otp, struct tree *t, const char *root, enum otp_files files,
                   struct error *e)
{
    static const char *const plain[] = {"releases/start_erl.data", "releases/RELEASES"};
    if (add_file(t, otp->boot, memory_print("%s/bin/start_clean.boot", root), e) < 0) return -1;
    const char *start = memory_print("%s/bin/start.boot", otp->root);
    if (!path_is_file(start)) start = otp->boot;
    if (add_file(t, start, memory_print("%s/bin/start.boot", root), e) < 0) return -1;
    if (files >= OTP_ALL && add_boot_scripts(otp, t, root, e) < 0) return -1;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (add_if_there(t, memory_print("%s/%s", otp->root, plain[i]),
                         memory_print("%s/%s", root, plain[i]), e) < 0)
            return -1;
    const char *version = memory_print("releases/%s/OTP_VERSION", otp->release);
    if (add_if_there(t, memory_print("%s/%s", otp->root, version),
                     memory_print("%s/%s", root, version), e) < 0 ||
        otp_add_ebin(t, otp->preloaded, OTP_GUEST_PRELOADED, files, e) < 0)
        return -1;
    return add_release(otp, t, e);
}
