/* SPDX-License-Identifier: Apache-2.0 */
/* disassemble.c -- the emulator flag `+disasm MODULE`: prints the internal code of a module of the
 * archive and ends the mote.  What it prints is what this very runtime would run. */
#include "base/archive.h"
#include "code/disasm.h"
#include "code/load.h"
#include "sched/start.h"

static void print_line(void *context, const char *text)
{
    (void)context;
    plat_console_write(text, strlen(text));
    plat_console_write("\n", 1);
}

static noreturn void give_up(const char *module, const char *why)
{
    struct load_error text;
    load_fail(&text, "module %s: %s", module, why);
    print_line(NULL, text.text);
    plat_exit(1);
}

/* Is this the path of a file .../MODULE.beam? */
static bool is_module(const char *name, size_t n, const char *module)
{
    size_t length = strlen(module);
    return n == length + 5 && !memcmp(name, module, length) && !memcmp(name + length, ".beam", 5);
}

static const struct archive_entry *find(const struct archive *files, const char *module)
{
    for (uint32_t i = 0; i < files->count; i++) {
        size_t n;
        const char *name = archive_name(files, &files->entries[i], &n);
        if (is_module(name, n, module)) return &files->entries[i];
    }
    return NULL;
}

noreturn void disassemble_module(const struct plat_boot *boot, const char *module)
{
    struct archive files;
    struct load_error why;
    const char *wrong = archive_check(boot->image, boot->image_bytes, &files);
    if (wrong) give_up(module, wrong);
    const struct archive_entry *file = find(&files, module);
    if (!file) give_up(module, "not in the image");
    struct prepared *p = code_prepare(archive_content(&files, file), file->bytes, &why);
    if (!p) give_up(module, why.text);
    term name = prepared_module(p);
    if (!code_commit(p)) give_up(module, "out of memory");
    engine_disassemble(module_find(name)->current, print_line, NULL);
    plat_exit(0);
}
