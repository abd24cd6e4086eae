/* SPDX-License-Identifier: Apache-2.0 */
/* nif_link.c -- compiles native libraries and links a runtime with them.
 *
 * The host's gcc compiles for the machine that a mote is: no operating system, no position independence,
 * musl's headers.  Of each library everything but its entry becomes local, so that no two disturb each
 * other, and its variables are put together, so that they can be made new.  All of it, a table of the
 * libraries, the machine (which this program carries) and a C library make a runtime.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <zlib.h>

#include "cli/files.h"
#include "cli/memory.h"
#include "cli/nif.h"
#include "cli/otp.h"

#define MUSL_HEADERS "/usr/include/x86_64-linux-musl"
#define INSTALL      "install it (on Debian: apt-get install %s)"

struct linker {
    const char *folder; /* where everything is written */
    const char *cc, *cxx, *ld, *objcopy, *gcc_headers;
    bool has_cxx;
    struct error *e;
};

/* --- programs ------------------------------------------------------------------------------------ */

/* `out` (may be -1): where its standard output goes; else to standard error. */
static int run(const char *const *argv, int out, const char *trouble, struct error *e)
{
    pid_t child = fork();
    if (child < 0) return fail(e, errno, "cannot start %s", argv[0]);
    if (child == 0) {
        dup2(out < 0 ? 2 : out, 1);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return fail(e, errno, "cannot wait for %s", argv[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return fail(e, 0, "cannot start %s", argv[0]);
    return fail(e, 0, "%s", trouble);
}

static void add_all(struct names *argv, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) names_append(argv, words[i]);
}
#define ADD(argv, ...)                                                                             \
    add_all(argv, (const char *const[]){__VA_ARGS__},                                              \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* $VARIABLE, or the first of a program's names that the host has. */
static const char *find_program(const char *variable, const char *name)
{
    const char *given = variable ? getenv(variable) : NULL;
    if (given && *given) return strchr(given, '/') ? given : path_of_program(given);
    return path_of_program(name);
}

static int find_tools(struct linker *l)
{
    l->cc = find_program("CC", "gcc");
    l->ld = find_program(NULL, "ld");
    l->objcopy = find_program(NULL, "objcopy");
    if (!l->cc) return fail(l->e, 0, "there is no C compiler for --nif: " INSTALL, "gcc");
    if (!l->ld || !l->objcopy)
        return fail(l->e, 0, "there is no linker (ld, objcopy) for --nif: " INSTALL, "binutils");
    if (!path_is_file(MUSL_HEADERS "/string.h"))
        return fail(l->e, 0, "there are no headers of a C library (musl) for --nif: " INSTALL,
                    "musl-dev");
    if (!l->has_cxx) return 0;
    l->cxx = find_program("CXX", "g++");
    if (!l->cxx) return fail(l->e, 0, "there is no C++ compiler for --nif: " INSTALL, "g++");
    return 0;
}

/* What the compiler prints for an option like -print-file-name=include, without the line feed. */
static const char *ask_compiler(struct linker *l, const char *compiler, const char *question)
{
    struct names argv = {0};
    struct bytes answer;
    const char *path = memory_print("%s/answer", l->folder);
    closes_itself int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return fail(l->e, errno, "cannot write %s", path), NULL;
    ADD(&argv, compiler, question, NULL);
    if (run(argv.at, fd, "the C compiler does not answer", l->e) < 0) return NULL;
    if (file_read(path, 1 << 16, &answer, NULL, l->e) < 0) return NULL;
    size_t n = answer.n;
    while (n && answer.at[n - 1] == '\n') n--;
    return memory_text((const char *)answer.at, n);
}

/* --- what this program carries ----------------------------------------------------------------------- */

static const char *const wrong_file = "this program's own file %s cannot be unpacked";

static int inflate_to(struct buffer *out, const struct embedded_module *m, struct error *e)
{
    uint8_t chunk[1 << 15];
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)m->bytes,
                  .avail_in = (unsigned)(m->end - m->bytes)};
    if (inflateInit2(&z, 15 + 16) != Z_OK) return fail(e, 0, wrong_file, m->name);
    int result;
    do {
        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        result = inflate(&z, Z_NO_FLUSH);
        buffer_add(out, chunk, sizeof chunk - z.avail_out);
    } while (result == Z_OK);
    inflateEnd(&z);
    return result == Z_STREAM_END ? 0 : fail(e, 0, wrong_file, m->name);
}

static int unpack(struct linker *l)
{
    for (const struct embedded_module *m = embedded_files; m->name; m++) {
        size_t n = strlen(m->name);
        bool packed = text_ends_with(m->name, ".gz");
        const char *path = memory_print("%s/%.*s", l->folder, (int)(packed ? n - 3 : n), m->name);
        struct buffer content = {0};
        if (packed && inflate_to(&content, m, l->e) < 0) return -1;
        if (!packed) buffer_add(&content, m->bytes, (size_t)(m->end - m->bytes));
        int result = file_replace(path, content.at, content.n, 0600, l->e);
        buffer_drop(&content);
        if (result < 0) return -1;
    }
    return 0;
}

/* --- compiling ------------------------------------------------------------------------------------------- */

static bool is_cxx(const char *source) { return !text_ends_with(source, ".c"); }

static void add_machine_flags(struct linker *l, struct names *argv)
{
    ADD(argv, "-O2", "-g", "-fno-pic", "-fno-pie", "-mcmodel=small", "-fno-plt", "-fno-common",
        "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables",
        "-fno-unwind-tables", "-fno-omit-frame-pointer", "-ffunction-sections", "-U_FORTIFY_SOURCE",
        memory_print("-I%s", l->folder));
}

static int compile(struct linker *l, const struct nif_library *lib, const char *source,
                   const char *object)
{
    struct names argv = {0};
    bool cxx = is_cxx(source);
    const struct names *flags = cxx ? &lib->cxx_flags : &lib->c_flags;
    ADD(&argv, cxx ? l->cxx : l->cc);
    add_machine_flags(l, &argv);
    if (cxx) /* the standard library's headers want those of the C library it was built with */
        ADD(&argv, "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics");
    else /* a mote has one thread: so has every variable */
        ADD(&argv, "-nostdinc", "-isystem", MUSL_HEADERS, "-isystem", l->gcc_headers,
            "-D__thread=", "-D_Thread_local=");
    ADD(&argv, memory_print("-I%s", lib->folder));
    for (size_t i = 0; i < flags->n; i++) names_append(&argv, flags->at[i]);
    ADD(&argv, "-c", source[0] == '-' ? memory_print("./%s", source) : source, "-o", object, NULL);
    return run(argv.at, -1, memory_print("%s does not compile; the compiler has said why", source),
               l->e);
}

/* One object of all of a library, with three global names: nif_N_init, nif_N_data, nif_N_data_end. */
static int make_library(struct linker *l, const struct nif_library *lib, size_t number)
{
    struct names argv = {0};
    const char *whole = memory_print("%s/nif_%zu.o", l->folder, number);
    const char *script = memory_print("%s/nif_%zu.ld", l->folder, number);
    const char *text = memory_print(
        "SECTIONS { .data.nif : { nif_%zu_data = .; *(.data .data.rel .data.rel.local .data.* .bss "
        ".bss.* COMMON) nif_%zu_data_end = .; } }\n",
        number, number);
    if (file_replace(script, text, strlen(text), 0600, l->e) < 0) return -1;
    ADD(&argv, l->ld, "-r", "-T", script, "-o", whole);
    for (size_t i = 0; i < lib->sources.n; i++) {
        const char *object = memory_print("%s/nif_%zu_%zu.o", l->folder, number, i);
        if (compile(l, lib, lib->sources.at[i], object) < 0) return -1;
        names_append(&argv, object);
    }
    names_append(&argv, NULL);
    if (run(argv.at, -1,
            memory_print("NIF library %s: its parts do not fit together; the linker has said why",
                         lib->name),
            l->e) < 0)
        return -1;
    struct names copy = {0};
    ADD(&copy, l->objcopy, "--redefine-sym", memory_print("nif_init=nif_%zu_init", number),
        memory_print("--keep-global-symbol=nif_%zu_init", number),
        memory_print("--keep-global-symbol=nif_%zu_data", number),
        memory_print("--keep-global-symbol=nif_%zu_data_end", number), "--strip-debug", whole,
        NULL);
    return run(copy.at, -1, "objcopy has failed", l->e);
}

/* struct nif_library of vm/nif/nif.h, of which this is the other side. */
static int make_table(struct linker *l, const struct nifs *nifs)
{
    struct buffer text = {0};
    const char *source = memory_print("%s/table.c", l->folder);
    buffer_add_text(&text, "struct { const char *name; void *(*init)(void); char *data, *end; } "
                           "typedef library;\n#define WEAK __attribute__((weak))\n");
    for (size_t i = 0; i < nifs->n; i++)
        buffer_add_text(&text,
                        memory_print("void *nif_%zu_init(void) WEAK; extern char nif_%zu_data, "
                                     "nif_%zu_data_end;\n",
                                     i, i, i));
    buffer_add_text(&text, "const library image_nifs[] = {\n");
    for (size_t i = 0; i < nifs->n; i++)
        buffer_add_text(&text,
                        memory_print("{\"%s\", nif_%zu_init, &nif_%zu_data, &nif_%zu_data_end},\n",
                                     nifs->at[i].name, i, i, i));
    buffer_add_text(&text, "{0, 0, 0, 0}};\n");
    int result = file_replace(source, text.at, text.n, 0600, l->e);
    buffer_drop(&text);
    const struct nif_library none = {.folder = l->folder};
    return result < 0 ? -1 : compile(l, &none, source, memory_print("%s/table.o", l->folder));
}

/* --- linking ------------------------------------------------------------------------------------------------- */

static int link_all(struct linker *l, const struct nifs *nifs, const char *out)
{
    struct names argv = {0};
    ADD(&argv, l->cc, "-static", "-no-pie", "-nostdlib", "-Wl,--gc-sections", "-Wl,-S",
        memory_print("-Wl,-T,%s/runtime.ld", l->folder), "-Wl,-z,max-page-size=4096",
        "-Wl,-z,noexecstack", "-Wl,--build-id=none", "-Wl,--orphan-handling=error",
        "-Wl,--no-warn-rwx-segments", "-Wl,--defsym,image_has_nifs=1", "-o", out,
        memory_print("%s/runtime.o", l->folder), memory_print("%s/table.o", l->folder));
    for (size_t i = 0; i < nifs->n; i++)
        names_append(&argv, memory_print("%s/nif_%zu.o", l->folder, i));
    ADD(&argv, "-Wl,--start-group", memory_print("%s/libc.a", l->folder));
    if (l->has_cxx) {
        const char *library = ask_compiler(l, l->cxx, "-print-file-name=libstdc++.a");
        if (!library) return -1;
        names_append(&argv, library);
    }
    ADD(&argv, "-lgcc", "-Wl,--end-group", NULL);
    return run(argv.at, -1,
               "the native code does not link; the linker has said why. What it finds undefined is "
               "not in a mote, which has no files, threads, processes or sockets of a host",
               l->e);
}

static int check_names(const struct nifs *nifs, struct error *e)
{
    for (size_t i = 0; i < nifs->n; i++) {
        const char *name = nifs->at[i].name;
        if (!*name || strpbrk(name, "\"\\/\n"))
            return fail(e, 0, "--nif: %s is no name for a library", name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(nifs->at[j].name, name) == 0)
                return fail(e, 0,
                            "--nif: two libraries are called %s; --nif NAME=PATH gives one "
                            "another name",
                            name);
    }
    return 0;
}

int nifs_link(const struct nifs *nifs, struct bytes *runtime, struct error *e)
{
    struct linker l = {.folder = folder_temporary(e), .e = e};
    if (!l.folder || check_names(nifs, e) < 0) return -1;
    for (size_t i = 0; i < nifs->n; i++)
        for (size_t j = 0; j < nifs->at[i].sources.n; j++)
            l.has_cxx = l.has_cxx || is_cxx(nifs->at[i].sources.at[j]);
    if (find_tools(&l) < 0 || unpack(&l) < 0) return -1;
    l.gcc_headers = ask_compiler(&l, l.cc, "-print-file-name=include");
    if (!l.gcc_headers) return -1;
    for (size_t i = 0; i < nifs->n; i++)
        if (make_library(&l, &nifs->at[i], i) < 0) return -1;
    const char *out = memory_print("%s/runtime.elf", l.folder);
    if (make_table(&l, nifs) < 0 || link_all(&l, nifs, out) < 0) return -1;
    return file_read(out, UINT64_C(1) << 28, runtime, NULL, e);
}
