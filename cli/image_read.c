/* SPDX-License-Identifier: Apache-2.0 */
/* image_read.c -- the bounds-checked reader of image files; see image_read.h and doc/image-format.md. */
#include "abi/layout.h"
#include "base/hash.h"
#include "cli/image_read.h"

/* --- ELF ------------------------------------------------------------------------------- */

static const char *check_ident(const Elf64_Ehdr *h)
{
    if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0) return "not an ELF file";
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
        return "not a 64-bit little-endian ELF file";
    if (h->e_machine != EM_X86_64) return "an ELF file for another processor";
    if (h->e_type != ET_EXEC) return "an ELF file, but not a statically linked executable";
    return NULL;
}

const char *elf_read(struct bytes whole, struct elf *out)
{
    struct elf e = {.whole = whole};
    if (!bytes_copy(whole, 0, &e.header, sizeof e.header)) return "shorter than an ELF header";
    const Elf64_Ehdr *h = &e.header;
    const char *wrong = check_ident(h);
    if (wrong) return wrong;

    struct bytes table;
    if (h->e_phnum &&
        (h->e_phentsize != sizeof(Elf64_Phdr) ||
         !bytes_part(whole, h->e_phoff, (uint64_t)h->e_phnum * h->e_phentsize, &table)))
        return "its program headers lie outside the file";
    if (h->e_shnum &&
        (h->e_shentsize != sizeof(Elf64_Shdr) ||
         !bytes_part(whole, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize, &table)))
        return "its section headers lie outside the file";
    if (h->e_shnum) {
        Elf64_Shdr names;
        if ((wrong = elf_section(&e, h->e_shstrndx, &names, &e.names))) return wrong;
        if (e.names.n && e.names.at[e.names.n - 1] != 0) return "its section names have no end";
    }
    *out = e;
    return NULL;
}

const char *elf_section(const struct elf *e, unsigned i, Elf64_Shdr *header, struct bytes *content)
{
    if (i >= e->header.e_shnum) return "it refers to a section that is not there";
    uint64_t at = e->header.e_shoff + (uint64_t)i * sizeof *header;
    if (!bytes_copy(e->whole, at, header, sizeof *header))
        return "its section headers lie outside the file";
    *content = (struct bytes){e->whole.at, 0};
    if (header->sh_type == SHT_NULL || header->sh_type == SHT_NOBITS) return NULL;
    if (!bytes_part(e->whole, header->sh_offset, header->sh_size, content))
        return "a section lies outside the file";
    return NULL;
}

const char *elf_section_name(const struct elf *e, const Elf64_Shdr *header)
{
    return header->sh_name < e->names.n ? (const char *)e->names.at + header->sh_name : "";
}

const char *elf_segment(const struct elf *e, unsigned i, Elf64_Phdr *header)
{
    if (i >= e->header.e_phnum) return "it refers to a segment that is not there";
    uint64_t at = e->header.e_phoff + (uint64_t)i * sizeof *header;
    if (!bytes_copy(e->whole, at, header, sizeof *header))
        return "its program headers lie outside the file";
    struct bytes content;
    if (!bytes_part(e->whole, header->p_offset, header->p_filesz, &content))
        return "a segment lies outside the file";
    if (header->p_type == PT_LOAD && header->p_memsz < header->p_filesz)
        return "a segment is smaller in memory than in the file";
    return NULL;
}

/* --- image ------------------------------------------------------------------------------ */

static const char *read_check(struct image *image)
{
    struct bytes whole = image->whole;
    if (whole.n < sizeof image->check) return "shorter than the check at its end";
    bytes_copy(whole, whole.n - sizeof image->check, &image->check, sizeof image->check);
    if (image->check.magic != IMAGE_CHECK_MAGIC)
        return "not an image, or cut short: the check at its end is missing";
    if (image->check.bytes != whole.n) return "not as long as when it was built";
    return NULL;
}

static const char *take_section(struct image *image, const char *name, const Elf64_Shdr *header,
                                struct bytes content)
{
    if (strcmp(name, IMAGE_MANIFEST) == 0) {
        if (image->manifest.at) return "it has two manifests";
        image->manifest = content;
    } else if (strcmp(name, IMAGE_ARCHIVE) == 0) {
        if (image->archive_bytes.at) return "it has two archives";
        if (header->sh_offset % LAYOUT_PAGE) return "its archive does not begin on a page";
        image->archive_bytes = content;
        image->archive_at = header->sh_offset;
    } else if (strcmp(name, IMAGE_SNAPSHOT) == 0) {
        if (image->snapshot_bytes) return "it has two snapshots";
        if (header->sh_offset % LAYOUT_PAGE) return "its snapshot does not begin on a page";
        image->snapshot_bytes = content.n;
        image->snapshot_at = header->sh_offset;
    }
    return NULL;
}

const char *image_read(struct bytes whole, struct image *out)
{
    struct image image = {.whole = whole};
    const char *wrong = read_check(&image);
    if (wrong) return wrong;
    struct elf elf;
    if ((wrong = elf_read(whole, &elf))) return wrong;

    for (unsigned i = 0; i < elf.header.e_shnum; i++) {
        Elf64_Shdr header;
        struct bytes content;
        if ((wrong = elf_section(&elf, i, &header, &content))) return wrong;
        wrong = take_section(&image, elf_section_name(&elf, &header), &header, content);
        if (wrong) return wrong;
    }
    for (unsigned i = 0; i < elf.header.e_phnum; i++) {
        Elf64_Phdr header;
        if ((wrong = elf_segment(&elf, i, &header))) return wrong;
    }
    if (!image.manifest.at) return "it has no manifest: not made by `mote build`";
    if (!image.archive_bytes.at) return "it has no archive: not made by `mote build`";
    if ((wrong = manifest_check(image.manifest))) return wrong;

    uint64_t end = elf.header.e_shoff + (uint64_t)elf.header.e_shnum * sizeof(Elf64_Shdr);
    if (end > image.archive_at) return "its archive does not stand behind the runtime";
    image.runtime = (struct bytes){whole.at, (size_t)end};
    *out = image;
    return NULL;
}

bool image_sum_is_good(const struct image *image)
{
    size_t covered = image->whole.n - sizeof image->check + offsetof(struct image_check, sum);
    return hash_fast(image->whole.at, covered) == image->check.sum;
}

bool image_sha256_is_good(const struct image *image)
{
    size_t covered = image->whole.n - sizeof image->check + offsetof(struct image_check, sha256);
    struct sha256 s;
    uint8_t found[SHA256_BYTES];
    sha256_start(&s);
    sha256_add(&s, image->whole.at, covered);
    sha256_end(&s, found);
    return memcmp(found, image->check.sha256, sizeof found) == 0;
}

/* --- manifest ------------------------------------------------------------------------------ */

const char *const image_key_text[IMAGE_KEYS_END] = {
#define KEY(name, text, value) [IMAGE_KEY_##name] = text,
    IMAGE_KEYS(KEY)
#undef KEY
};

static int key_of(struct bytes name)
{
    for (int i = 0; i < IMAGE_KEYS_END; i++)
        if (strlen(image_key_text[i]) == name.n && memcmp(image_key_text[i], name.at, name.n) == 0)
            return i;
    return -1;
}

bool manifest_next(struct bytes *rest, struct manifest_line *line)
{
    if (!rest->n) return false;
    const uint8_t *end = memchr(rest->at, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->at) : rest->n;
    const uint8_t *space = n ? memchr(rest->at, ' ', n) : NULL;
    size_t name = space ? (size_t)(space - rest->at) : n;
    line->name = (struct bytes){rest->at, name};
    line->value = (struct bytes){rest->at + name + (space != NULL), n - name - (space != NULL)};
    line->key = key_of(line->name);
    size_t used = n + (end != NULL);
    *rest = (struct bytes){rest->at + used, rest->n - used};
    return true;
}

static const char *check_value(struct bytes value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (value.at[i] == 0) return "its manifest contains a zero byte";
        if (value.at[i] != '\\') continue;
        if (++i == value.n || (value.at[i] != '\\' && value.at[i] != 'n'))
            return "its manifest contains an unknown escape";
    }
    return NULL;
}

const char *manifest_check(struct bytes manifest)
{
    struct bytes rest = manifest;
    struct manifest_line line;
    if (!manifest.n || manifest.at[manifest.n - 1] != '\n') return "its manifest is cut short";
    if (!manifest_next(&rest, &line) || line.key != IMAGE_KEY_IMAGE)
        return "its manifest does not begin with its version";
    if (line.value.n != 1 || line.value.at[0] != '0' + IMAGE_VERSION)
        return "its format is newer or older than this program understands";
    while (manifest_next(&rest, &line)) {
        if (!line.name.n) return "its manifest has a line without a key";
        const char *wrong = check_value(line.value);
        if (wrong) return wrong;
    }
    return NULL;
}
