/* SPDX-License-Identifier: Apache-2.0 */
/* image_write.c -- the ELF writer; see image_write.h and, for the order of parts, abi/image.h.
 *
 * The runtime's headers and segments keep their place in the file, so no address and no
 * offset in a program header changes.  What lies behind them is laid out anew.
 */
#include <elf.h>

#include "abi/layout.h"
#include "base/checked.h"
#include "base/hash.h"
#include "cli/image_read.h"
#include "cli/image_write.h"

/* --- manifest ---------------------------------------------------------------------------- */

void manifest_add(struct buffer *manifest, enum image_key key, const char *value)
{
    buffer_add_text(manifest, image_key_text[key]);
    buffer_add_text(manifest, " ");
    for (; *value; value++) {
        if (*value == '\n')
            buffer_add_text(manifest, "\\n");
        else if (*value == '\\')
            buffer_add_text(manifest, "\\\\");
        else
            buffer_add(manifest, value, 1);
    }
    buffer_add_text(manifest, "\n");
}

const char *manifest_value(struct bytes value)
{
    char *out = memory_text((const char *)value.at, value.n), *to = out;
    for (const char *from = out; *from; from++) {
        bool escape = from[0] == '\\' && from[1];
        *to++ = !escape ? *from : from[1] == 'n' ? '\n' : from[1];
        from += escape;
    }
    *to = 0;
    return out;
}

/* --- sections ------------------------------------------------------------------------------ */

struct section {
    const char *name;
    Elf64_Shdr header;
    struct bytes content; /* empty: it lies inside a segment, or is nowhere */
};

struct writer {
    struct elf elf;
    struct section *sections;
    size_t n;
    uint16_t *new_index; /* of each of the runtime's sections; 0: left out */
    struct error *e;
};

static int damaged(struct writer *w, const char *what)
{
    return fail(w->e, 0, "the runtime cannot be packed: %s", what);
}

static struct section *add_section(struct writer *w, const char *name, Elf64_Word type)
{
    struct section *s = &w->sections[w->n++];
    *s = (struct section){.name = name, .header = {.sh_type = type, .sh_addralign = 1}};
    return s;
}

/* The loaded sections and the symbol table with its strings; debug information stays behind. */
static int choose_sections(struct writer *w)
{
    unsigned count = w->elf.header.e_shnum;
    unsigned strings = 0; /* the section of the symbols' names */
    w->new_index = memory_take((count + 1) * sizeof *w->new_index);
    w->sections = memory_take((count + 8) * sizeof *w->sections);
    add_section(w, "", SHT_NULL)->header.sh_addralign = 0;
    for (int pass = 0; pass < 2; pass++) { /* a string table may stand before its symbols */
        for (unsigned i = 1; i < count; i++) {
            Elf64_Shdr h;
            struct bytes content;
            const char *wrong = elf_section(&w->elf, i, &h, &content);
            if (wrong) return damaged(w, wrong);
            bool loaded = h.sh_flags & SHF_ALLOC;
            if (pass == 0 && h.sh_type == SHT_SYMTAB) strings = h.sh_link;
            if (pass == 0 || (!loaded && h.sh_type != SHT_SYMTAB && i != strings)) continue;
            w->new_index[i] = (uint16_t)w->n;
            struct section *s = add_section(w, elf_section_name(&w->elf, &h), h.sh_type);
            s->header = h;
            if (!loaded) s->content = content;
        }
    }
    return 0;
}

/* Sections refer to each other, and symbols to sections, by number. */
static void renumber(struct writer *w)
{
    unsigned count = w->elf.header.e_shnum;
    for (size_t i = 1; i < w->n; i++) {
        struct section *s = &w->sections[i];
        if (s->header.sh_link < count) s->header.sh_link = w->new_index[s->header.sh_link];
        if ((s->header.sh_flags & SHF_INFO_LINK) && s->header.sh_info < count)
            s->header.sh_info = w->new_index[s->header.sh_info];
        if (s->header.sh_type != SHT_SYMTAB) continue;
        size_t n = s->content.n / sizeof(Elf64_Sym);
        Elf64_Sym *symbols = memory_take(s->content.n);
        memcpy(symbols, s->content.at, s->content.n);
        for (size_t j = 0; j < n; j++)
            if (symbols[j].st_shndx < count)
                symbols[j].st_shndx = w->new_index[symbols[j].st_shndx];
        s->content.at = (const uint8_t *)symbols;
    }
}

/* Headers and segments: everything up to the last byte that a program header names. */
static int kept_bytes(struct writer *w, uint64_t *end)
{
    const Elf64_Ehdr *h = &w->elf.header;
    *end = h->e_phoff + (uint64_t)h->e_phnum * sizeof(Elf64_Phdr);
    if (!h->e_phnum) return damaged(w, "it has no program headers");
    for (unsigned i = 0; i < h->e_phnum; i++) {
        Elf64_Phdr p;
        const char *wrong = elf_segment(&w->elf, i, &p);
        if (wrong) return damaged(w, wrong);
        if (p.p_type == PT_GNU_STACK || p.p_filesz == 0) continue;
        if (p.p_offset + p.p_filesz > *end) *end = p.p_offset + p.p_filesz;
    }
    return 0;
}

static void name_sections(struct writer *w, struct buffer *names)
{
    for (size_t i = 0; i < w->n; i++) {
        w->sections[i].header.sh_name = (Elf64_Word)names->n;
        buffer_add(names, w->sections[i].name, strlen(w->sections[i].name) + 1);
    }
}

/* --- the file --------------------------------------------------------------------------------- */

static void write_contents(struct writer *w, struct buffer *out)
{
    for (size_t i = 0; i < w->n; i++) {
        struct section *s = &w->sections[i];
        if (!s->content.n) continue;
        buffer_align(out, 8);
        s->header.sh_offset = out->n;
        s->header.sh_size = s->content.n;
        buffer_add(out, s->content.at, s->content.n);
    }
}

void image_check_of(struct bytes file, struct image_check *check)
{
    struct sha256 s;
    *check = (struct image_check){.magic = IMAGE_CHECK_MAGIC, .bytes = file.n + sizeof *check};
    sha256_start(&s);
    sha256_add(&s, file.at, file.n);
    sha256_add(&s, check, offsetof(struct image_check, sha256));
    sha256_end(&s, check->sha256);
}

static void write_check(struct buffer *out)
{
    struct image_check check;
    size_t at = out->n;
    image_check_of((struct bytes){out->at, out->n}, &check);
    buffer_add(out, &check, sizeof check);
    check.sum = hash_fast(out->at, at + offsetof(struct image_check, sum));
    memcpy(out->at + at + offsetof(struct image_check, sum), &check.sum, sizeof check.sum);
}

/* Where the parts behind the head go. */
static void place(struct section *archive, struct section *snapshot, struct section *check,
                  const struct image_sizes *sizes, struct image_places *places)
{
    *places = (struct image_places){.archive = archive->header.sh_offset};
    archive->header.sh_addr = LAYOUT_ARCHIVE;
    archive->header.sh_addralign = LAYOUT_PAGE;
    archive->header.sh_size = sizes->archive;
    places->check = places->archive + sizes->archive;
    if (snapshot) {
        places->snapshot = layout_pages_up(places->check);
        places->check = places->snapshot + sizes->snapshot;
        snapshot->header.sh_offset = places->snapshot;
        snapshot->header.sh_size = sizes->snapshot;
        snapshot->header.sh_addralign = LAYOUT_PAGE;
    }
    places->check = round_up(places->check, 8);
    check->header.sh_offset = places->check;
    check->header.sh_size = sizeof(struct image_check);
    check->header.sh_addralign = 8;
}

int image_head(struct bytes runtime, struct bytes manifest, const struct image_sizes *sizes,
               struct buffer *out, struct image_places *places, struct error *e)
{
    struct writer w = {.e = e};
    uint64_t kept;
    const char *wrong = elf_read(runtime, &w.elf);
    if (wrong) return damaged(&w, wrong);
    if (kept_bytes(&w, &kept) < 0 || choose_sections(&w) < 0) return -1;
    renumber(&w);

    struct buffer names = {0};
    struct section *manifest_section = add_section(&w, IMAGE_MANIFEST, SHT_PROGBITS);
    struct section *archive = add_section(&w, IMAGE_ARCHIVE, SHT_PROGBITS);
    struct section *snapshot =
        sizes->snapshot ? add_section(&w, IMAGE_SNAPSHOT, SHT_PROGBITS) : NULL;
    struct section *check = add_section(&w, IMAGE_CHECK, SHT_PROGBITS);
    struct section *strings = add_section(&w, ".shstrtab", SHT_STRTAB);
    name_sections(&w, &names);
    strings->content = (struct bytes){names.at, names.n};

    buffer_add(out, runtime.at, kept);
    write_contents(&w, out);
    buffer_align(out, 8);
    size_t headers = out->n;
    buffer_extend(out, w.n * sizeof(Elf64_Shdr));

    manifest_section->header.sh_offset = out->n;
    manifest_section->header.sh_size = manifest.n;
    buffer_add(out, manifest.at, manifest.n);

    buffer_align(out, LAYOUT_PAGE);
    archive->header.sh_offset = out->n;
    place(archive, snapshot, check, sizes, places);
    for (size_t i = 0; i < w.n; i++)
        memcpy(out->at + headers + i * sizeof(Elf64_Shdr), &w.sections[i].header,
               sizeof(Elf64_Shdr));
    Elf64_Ehdr h = w.elf.header;
    h.e_shoff = headers;
    h.e_shnum = (Elf64_Half)w.n;
    h.e_shentsize = sizeof(Elf64_Shdr);
    h.e_shstrndx = (Elf64_Half)(strings - w.sections);
    memcpy(out->at, &h, sizeof h);
    buffer_drop(&names);
    return 0;
}

int image_write(struct bytes runtime, struct bytes manifest, struct tree *t, struct bytes snapshot,
                struct buffer *out, struct error *e)
{
    struct buffer archive = {0};
    struct image_places places;
    tree_write(t, &archive);
    const struct image_sizes sizes = {archive.n, snapshot.n};
    int result = image_head(runtime, manifest, &sizes, out, &places, e);
    if (result == 0) {
        buffer_add(out, archive.at, archive.n);
        if (snapshot.n) {
            buffer_align(out, LAYOUT_PAGE);
            buffer_add(out, snapshot.at, snapshot.n);
        }
        buffer_align(out, 8);
        write_check(out);
    }
    buffer_drop(&archive);
    return result;
}
