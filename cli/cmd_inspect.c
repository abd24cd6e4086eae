/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_inspect.c -- `mote inspect`: what an image holds, read with the same code that runs it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/image_read.h"
#include "cli/launch.h"
#include "cli/command.h"
#include "cli/disassemble.h"
#include "cli/files.h"
#include "cli/image_write.h"
#include "cli/memory.h"
#include "cli/snapshot_pack.h"

enum { FILES, MODULES, VERIFY, DISASM };

const struct option inspect_options[] = {
    [FILES] = {"--files", NULL, NULL, "list every file of the archive"},
    [MODULES] = {"--modules", NULL, NULL, "list every module with its size"},
    [VERIFY] = {"--verify", NULL, NULL, "check the SHA-256, too, not only the fast sum"},
    [DISASM] = {"--disasm", NULL, "MODULE", "print the code of a module: generic, then internal"},
    {0},
};

const char inspect_details[] =
    "Without options: sections, manifest, applications. An image that has been changed since\n"
    "it was built, by one bit or more, is refused.\n";

/* --- parts ------------------------------------------------------------------------------------- */

static void show_sections(const struct image *image)
{
    struct elf elf;
    if (elf_read(image->whole, &elf)) return;
    puts("sections");
    for (unsigned i = 1; i < elf.header.e_shnum; i++) {
        Elf64_Shdr h;
        struct bytes content;
        if (elf_section(&elf, i, &h, &content)) continue;
        printf("  %-18s %10" PRIu64 " bytes", elf_section_name(&elf, &h), (uint64_t)h.sh_size);
        if (h.sh_addr) printf("  at %#" PRIx64, (uint64_t)h.sh_addr);
        putchar('\n');
    }
}

static void show_manifest(const struct image *image)
{
    puts("manifest");
    struct bytes rest = image->manifest;
    struct manifest_line line;
    while (manifest_next(&rest, &line))
        printf("  %.*s %s\n", (int)line.name.n, (const char *)line.name.at,
               line.key == IMAGE_KEY_COOKIE ? "(is there)" : manifest_value(line.value));
}

static bool is_module(const struct archive *a, const struct archive_entry *entry)
{
    return entry->kind == ARCHIVE_FILE && text_ends_with(archive_path(a, entry), ".beam");
}

/* Every ebin folder with the number of modules in it and their size. */
static void show_applications(const struct archive *a)
{
    puts("applications");
    for (uint32_t i = 0; i < a->count; i++) {
        const struct archive_entry *folder = &a->entries[i], *entry = NULL;
        const char *path = archive_path(a, folder);
        if (folder->kind != ARCHIVE_FOLDER || !text_ends_with(path, "/ebin")) continue;
        unsigned modules = 0;
        uint64_t bytes = 0;
        while ((entry = archive_next_child(a, folder, entry))) {
            if (!is_module(a, entry)) continue;
            modules++;
            bytes += entry->bytes;
        }
        printf("  %-36s %4u modules %9" PRIu64 " bytes\n", path, modules, bytes);
    }
}

static void show_modules(const struct archive *a)
{
    puts("modules");
    for (uint32_t i = 0; i < a->count; i++) {
        const struct archive_entry *entry = &a->entries[i];
        size_t n;
        const char *name = archive_name(a, entry, &n);
        if (is_module(a, entry))
            printf("  %-36.*s %9" PRIu64 " bytes\n", (int)n - 5, name, entry->bytes);
    }
}

static void show_files(const struct archive *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct archive_entry *entry = &a->entries[i];
        printf("%c%03o %10" PRIu64 " %" PRId64 " %s\n", entry->kind == ARCHIVE_FOLDER ? 'd' : '-',
               entry->mode, entry->bytes, entry->modified_s, archive_path(a, entry));
    }
}

/* What of it is stored as pages, and what is compressed. */
static void show_snapshot(const struct image *image)
{
    struct snapshot_sizes s;
    struct bytes part;
    if (!image->snapshot_bytes ||
        !bytes_part(image->whole, image->snapshot_at, image->snapshot_bytes, &part) ||
        !snapshot_sizes(part, &s))
        return;
    puts("snapshot");
    printf("  pages              %10" PRIu64 " bytes in %u ranges\n", s.pages, s.ranges);
    printf("  cold pages         %10" PRIu64 " bytes in %u chunks, of %" PRIu64 " bytes\n",
           s.packed, s.chunks, s.unpacked);
    printf("  beside the rest    %10.1f %%\n",
           100.0 * (double)part.n / (double)(image->whole.n - part.n));
}

/* The internal code depends on the runtime: the image's own makes it and prints it. */
static int show_internal_code(const char *path, const struct image *image, const char *module,
                              struct error *e)
{
    struct launch l = {0};
    closes_itself int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(e, errno, "cannot open %s", path);
    l.options.runtime = (struct monitor_file){fd, 0, image->runtime.n};
    l.options.archive = (struct monitor_file){fd, image->archive_at, image->archive_bytes.n};
    l.options.archive_rest.fd = -1;
    l.options.no_input = true;
    keep(&fd);
    launch_argument(&l, "mote");
    launch_argument(&l, "+disasm");
    launch_argument(&l, module);
    printf("\n--- internal code ---\n");
    fflush(stdout);
    return launch_run(&l, e);
}

static int show_code(const struct archive *a, const char *module, struct error *e)
{
    const char *file = memory_print("/%s.beam", module);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct archive_entry *entry = &a->entries[i];
        if (!is_module(a, entry) || !text_ends_with(archive_path(a, entry), file)) continue;
        if (!disasm_module)
            return fail(e, 0, "this mote was built without the disassembler (--disasm)");
        if (disasm_module(archive_content(a, entry), entry->bytes, stdout) < 0)
            return fail(e, 0, "module %s is not a .beam file that can be read", module);
        return 0;
    }
    return fail(e, 0, "the image has no module %s; --modules lists those it has", module);
}

/* --- command ------------------------------------------------------------------------------------- */

struct request {
    const char *path, *module;
    bool files, modules, verify;
};

static int read_request(const struct command *self, int argc, char **argv, struct request *r,
                        struct error *e)
{
    struct arguments a = {argv, argv + argc, self};
    const char *value;
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        switch (option) {
        case ARGUMENT_BAD: return -1;
        case FILES: r->files = true; continue;
        case MODULES: r->modules = true; continue;
        case VERIFY: r->verify = true; continue;
        case DISASM: r->module = value; continue;
        case ARGUMENT_OPERAND:
            if (r->path) return fail(e, 0, "one image at a time: %s or %s?", r->path, value);
            r->path = value;
            continue;
        default: return fail(e, 0, "-- has no meaning here");
        }
    }
    return r->path ? 0 : fail(e, 0, "which image?");
}

static int open_image(const struct request *r, struct image *image, struct archive *a,
                      struct error *e)
{
    closes_itself int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(e, errno, "cannot open %s", r->path);
    struct bytes whole;
    if (file_map(fd, r->path, &whole, e) < 0) return -1;
    const char *wrong = image_read(whole, image);
    if (wrong) return fail(e, 0, "%s is no good image: %s", r->path, wrong);
    if (!image_sum_is_good(image))
        return fail(e, 0, "%s is damaged: its sum is not the one that it was built with", r->path);
    if (r->verify && !image_sha256_is_good(image))
        return fail(e, 0, "%s is damaged: its SHA-256 is not the one that it was built with",
                    r->path);
    wrong = archive_check(image->archive_bytes.at, image->archive_bytes.n, a);
    if (wrong) return fail(e, 0, "%s is no good image: %s", r->path, wrong);
    return 0;
}

int cmd_inspect(const struct command *self, int argc, char **argv, struct error *e)
{
    struct request r = {0};
    struct image image;
    struct archive a;
    if (read_request(self, argc, argv, &r, e) < 0) return COMMAND_MISUSED;
    if (open_image(&r, &image, &a, e) < 0) return COMMAND_FAILED;
    if (r.module && show_code(&a, r.module, e) < 0) return COMMAND_FAILED;
    if (r.module) return show_internal_code(r.path, &image, r.module, e);
    if (r.files || r.modules) {
        if (r.modules) show_modules(&a);
        if (r.files) show_files(&a);
        return 0;
    }
    printf("%s: %zu bytes, sum good%s\nsha256 ", r.path, image.whole.n,
           r.verify ? ", SHA-256 good" : "");
    for (size_t i = 0; i < sizeof image.check.sha256; i++) printf("%02x", image.check.sha256[i]);
    putchar('\n');
    show_sections(&image);
    show_snapshot(&image);
    show_manifest(&image);
    show_applications(&a);
    return 0;
}
